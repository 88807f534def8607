import { record } from '../tracer.js';
import type { Shape } from '../types.js';
import type { Operation, Value, Window } from '../value.js';
import { type Call, kernel, unsupported } from './register.js';

/**
 * Convolutions and pooling over 2 (or 3) spatial axes: x [batch, ...spatial, channels], filters
 * [...kernel, in, out], depthwise filters [...kernel, channels, multiplier].
 */
for (const name of ['Conv2D', 'Conv3D'])
  kernel(name, (call) => convolution(call, call.input('x'), call.input('filter'), false));
for (const name of ['Conv2DBackpropInput', 'Conv3DBackpropInputV2'])
  kernel(name, (call) => inputGradient(call, false));
for (const name of ['Conv2DBackpropFilter', 'Conv3DBackpropFilterV2'])
  kernel(name, (call) => filterGradient(call, false));

kernel('DepthwiseConv2dNative', (call) => convolution(call, call.input('x'), call.input('filter'), true));
kernel('DepthwiseConv2dNativeBackpropInput', (call) => inputGradient(call, true));
kernel('DepthwiseConv2dNativeBackpropFilter', (call) => filterGradient(call, true));

for (const [name, type] of [
  ['AvgPool', 'AveragePool'],
  ['AvgPool3D', 'AveragePool'],
  ['MaxPool', 'MaxPool'],
  ['MaxPool3D', 'MaxPool'],
] as const)
  kernel(name, (call) => {
    const x = call.input('x');
    const spatial = x.shape.slice(1, -1);
    const window = windowOf(call, spatial, perAxis(call.numbers('filterSize'), spatial.length));
    return record(
      { op: 'pool', type, window },
      [x],
      [x.shape[0], ...outputSize(spatial, window), x.shape[x.shape.length - 1]],
    );
  });

for (const [name, op] of [
  ['AvgPoolGrad', 'averagePoolGradient'],
  ['AvgPool3DGrad', 'averagePoolGradient'],
  ['MaxPoolGrad', 'maxPoolGradient'],
  ['MaxPool3DGrad', 'maxPoolGradient'],
] as const)
  kernel(name, (call) => {
    const input = call.input('input');
    const spatial = input.shape.slice(1, -1);
    const window = windowOf(call, spatial, perAxis(call.numbers('filterSize'), spatial.length));
    const operation: Operation = { op, window };
    const values = [call.input('dy'), input];
    return record(
      operation,
      op === 'maxPoolGradient' ? [...values, call.input('output')] : values,
      input.shape,
    );
  });

function convolution(call: Call, x: Value, filter: Value, depthwise: boolean): Value {
  const spatial = x.shape.slice(1, -1);
  const window = windowOf(call, spatial, filter.shape.slice(0, spatial.length));
  const [inner, outer] = filter.shape.slice(spatial.length);
  return record(
    { op: 'conv', window, depthwise },
    [x, filter],
    [x.shape[0], ...outputSize(spatial, window), depthwise ? inner * outer : outer],
  );
}

function inputGradient(call: Call, depthwise: boolean): Value {
  const shape = call.numbers('inputShape');
  const filter = call.input('filter');
  const spatial = shape.slice(1, -1);
  const window = windowOf(call, spatial, filter.shape.slice(0, spatial.length));
  refuseDilation(window);
  return record({ op: 'convInputGradient', window, depthwise }, [call.input('dy'), filter], shape);
}

function filterGradient(call: Call, depthwise: boolean): Value {
  const shape = call.numbers('filterShape');
  const x = call.input('x');
  const spatial = x.shape.slice(1, -1);
  const window = windowOf(call, spatial, shape.slice(0, spatial.length));
  refuseDilation(window);
  return record({ op: 'convFilterGradient', window, depthwise }, [x, call.input('dy')], shape);
}

function refuseDilation(window: Window): void {
  if (window.dilations.some((dilation) => dilation !== 1)) throw unsupported('Conv', 'dilated');
}

/** The padding rules of tfjs: 'valid', 'same', one number, or [[0,0],[top,bottom],[left,right],[0,0]]. */
function windowOf(call: Call, spatial: Shape, kernelSize: Shape): Window {
  const format = call.text('dataFormat');
  if (format !== undefined && format !== 'NHWC' && format !== 'NDHWC')
    throw unsupported('Conv', 'channels-last');
  const strides = perAxis(call.numbers('strides'), spatial.length);
  const given = call.raw('dilations');
  const dilations =
    given === undefined || given === null
      ? spatial.map(() => 1)
      : perAxis(call.numbers('dilations'), spatial.length);
  const pad = call.raw('pad');
  const before = spatial.map(() => 0);
  const after = spatial.map(() => 0);
  spatial.forEach((length, axis) => {
    const extent = (kernelSize[axis] - 1) * dilations[axis] + 1;
    if (pad === 'same') {
      const total = Math.max(0, (Math.ceil(length / strides[axis]) - 1) * strides[axis] + extent - length);
      before[axis] = Math.floor(total / 2);
      after[axis] = total - before[axis];
    } else if (typeof pad === 'number') {
      before[axis] = pad;
      after[axis] = pad;
    } else if (Array.isArray(pad)) {
      const pair: unknown = pad.length === spatial.length + 2 ? pad[axis + 1] : undefined;
      if (!Array.isArray(pair)) throw unsupported('Conv', 'padding-pairs');
      before[axis] = Number(pair[0]);
      after[axis] = Number(pair[1]);
    } else if (pad !== 'valid') throw unsupported('Conv', 'padding');
  });
  return { kernel: [...kernelSize], strides, dilations, before, after };
}

function outputSize(spatial: Shape, window: Window): number[] {
  return spatial.map((length, axis) => {
    const extent = (window.kernel[axis] - 1) * window.dilations[axis] + 1;
    return Math.floor(
      (length + window.before[axis] + window.after[axis] - extent) / window.strides[axis] + 1,
    );
  });
}

function perAxis(values: number[], rank: number): number[] {
  return values.length === 1 ? Array.from({ length: rank }, () => values[0]) : values.slice(-rank);
}
