import { type Shape, sizeOf } from '../types.js';
import type { Value, Window } from '../value.js';
import { addNode, integers, scalarConstant } from './builder.js';
import {
  channelsFirst,
  type Emission,
  filtersFirst,
  identity,
  type Physical,
  placeChannelsFirst,
  placeLogical,
  placeValue,
  reshape,
  stored,
  storedLogical,
} from './layout.js';

/** One convolution's sizes: x [batch, ...input, channels] -> y [batch, ...output, filters]. */
interface Sizes {
  readonly batch: number;
  readonly input: Shape;
  readonly output: Shape;
  readonly channels: number;
  readonly filters: number;
}

export function emitConvolution(
  emission: Emission,
  value: Value,
  window: Window,
  depthwise: boolean,
  [x, filter]: readonly Value[],
  bias?: string,
): Physical {
  const weights = depthwise ? depthwiseFilter(emission, filter) : denseFilter(emission, filter);
  const group = depthwise ? { group: { int: x.shape[x.shape.length - 1] } } : {};
  const name = addNode(
    emission.builder,
    'Conv',
    [placeChannelsFirst(emission, x), weights, ...(bias === undefined ? [] : [bias])],
    {
      kernel_shape: window.kernel,
      strides: window.strides,
      dilations: window.dilations,
      pads: [...window.before, ...window.after],
      ...group,
    },
  );
  return stored(name, channelsFirst(value.shape.length));
}

/** Conv takes the bias of the sum that follows it. */
export function biasedConvolution(emission: Emission, convolution: Value, bias: Value): Physical {
  const { source } = convolution;
  if (source.kind !== 'operation' || source.operation.op !== 'conv')
    throw new Error('only a convolution takes a bias');
  const { window, depthwise } = source.operation;
  return emitConvolution(
    emission,
    convolution,
    window,
    depthwise,
    source.inputs,
    placeValue(emission, bias, [0]),
  );
}

/**
 * The gradient of the input, also the transposed convolution. Stride 1: a convolution with the flipped filter,
 * which is faster than ConvTranspose. Otherwise ConvTranspose; on WebGPU its 3-D form fails and its grouped form
 * gives wrong numbers, so zeros are inserted there instead.
 */
export function emitInputGradient(
  emission: Emission,
  value: Value,
  window: Window,
  depthwise: boolean,
  [dy, filter]: readonly Value[],
): Physical {
  const rank = value.shape.length;
  const sizes = sizesOf(value.shape, dy.shape);
  const unit = window.strides.every((stride) => stride === 1);
  const gradient = placeChannelsFirst(emission, dy);
  if (unit || (emission.target === 'webgpu' && (depthwise || rank > 4)))
    return stored(
      flippedConvolution(emission, window, sizes, depthwise, gradient, filter),
      channelsFirst(rank),
    );
  const weights = depthwise ? depthwiseFilter(emission, filter) : denseFilter(emission, filter);
  const extra = sizes.input.map(
    (length, axis) =>
      length +
      window.before[axis] +
      window.after[axis] -
      ((sizes.output[axis] - 1) * window.strides[axis] + window.kernel[axis]),
  );
  // What the window never reached at the far end: output_padding may not exceed the stride, so pads give way.
  const after = window.after.map((pad, axis) => pad - extra[axis]);
  const name = addNode(emission.builder, 'ConvTranspose', [gradient, weights], {
    kernel_shape: window.kernel,
    strides: window.strides,
    pads: [...window.before, ...after.map((pad) => Math.max(0, pad))],
    output_padding: after.map((pad) => Math.max(0, -pad)),
    ...(depthwise ? { group: { int: sizes.channels } } : {}),
  });
  return stored(name, channelsFirst(rank));
}

function flippedConvolution(
  emission: Emission,
  window: Window,
  sizes: Sizes,
  depthwise: boolean,
  gradient: string,
  filter: Value,
): string {
  const { builder } = emission;
  const spatial = identity(window.kernel.length);
  let dilated = gradient;
  const shape = [sizes.batch, sizes.filters, ...sizes.output];
  for (const axis of spatial) {
    dilated = insertZeros(emission, dilated, shape, axis + 2, window.strides[axis]);
    shape[axis + 2] *= window.strides[axis];
  }
  // [in, out, ...kernel]; of a depthwise filter [channels, multiplier, ...kernel], a group for each channel.
  const rank = filter.shape.length;
  const swapped = placeValue(emission, filter, [rank - 2, rank - 1, ...spatial]);
  const flipped = addNode(builder, 'Slice', [
    swapped,
    integers(
      builder,
      spatial.map(() => -1),
    ),
    integers(
      builder,
      window.kernel.map((length) => -length - 1),
    ),
    integers(
      builder,
      spatial.map((axis) => axis + 2),
    ),
    integers(
      builder,
      spatial.map(() => -1),
    ),
  ]);
  const before = window.kernel.map((length, axis) => length - 1 - window.before[axis]);
  const after = spatial.map(
    (axis) => sizes.input[axis] - shape[axis + 2] - before[axis] + window.kernel[axis] - 1,
  );
  return addNode(
    builder,
    'Conv',
    [
      padded(
        emission,
        dilated,
        shape,
        before.map((pad) => Math.min(0, pad)),
        after.map((pad) => Math.min(0, pad)),
      ),
      flipped,
    ],
    {
      kernel_shape: window.kernel,
      pads: [...before.map((pad) => Math.max(0, pad)), ...after.map((pad) => Math.max(0, pad))],
      ...(depthwise ? { group: { int: sizes.channels } } : {}),
    },
  );
}

/** `factor - 1` zeros after each element along `axis`. */
export function insertZeros(
  emission: Emission,
  name: string,
  shape: Shape,
  axis: number,
  factor: number,
): string {
  if (factor === 1) return name;
  const { builder } = emission;
  const outer = sizeOf(shape.slice(0, axis + 1));
  const inner = sizeOf(shape.slice(axis + 1));
  const column = reshape(emission, name, [outer, 1, inner]);
  const spread = addNode(builder, 'Pad', [
    column,
    integers(builder, [0, 0, 0, 0, factor - 1, 0]),
    scalarConstant(builder, 0),
  ]);
  return reshape(
    emission,
    spread,
    shape.map((length, i) => (i === axis ? length * factor : length)),
  );
}

/** Zero padding of the spatial axes of a channels-first tensor; negative numbers crop. */
export function padded(
  emission: Emission,
  name: string,
  shape: Shape,
  before: Shape,
  after: Shape,
  value = 0,
): string {
  const { builder } = emission;
  const axes = identity(before.length);
  let result = name;
  const cropped = axes.filter((axis) => before[axis] < 0 || after[axis] < 0);
  if (cropped.length > 0)
    result = addNode(builder, 'Slice', [
      result,
      integers(
        builder,
        cropped.map((axis) => Math.max(0, -before[axis])),
      ),
      integers(
        builder,
        cropped.map((axis) => shape[axis + 2] + Math.min(0, after[axis])),
      ),
      integers(
        builder,
        cropped.map((axis) => axis + 2),
      ),
    ]);
  const pads = [
    0,
    0,
    ...before.map((pad) => Math.max(0, pad)),
    0,
    0,
    ...after.map((pad) => Math.max(0, pad)),
  ];
  if (pads.every((pad) => pad === 0)) return result;
  return addNode(builder, 'Pad', [result, integers(builder, pads), scalarConstant(builder, value)]);
}

export function emitFilterGradient(
  emission: Emission,
  value: Value,
  window: Window,
  depthwise: boolean,
  [x, dy]: readonly Value[],
): Physical {
  if (depthwise) return depthwiseFilterGradient(emission, value, window, x, dy);
  return emission.target === 'cpu'
    ? filterGradientAsConvolution(emission, value, window, x, dy)
    : filterGradientAsProduct(emission, value, window, x, dy);
}

/**
 * One convolution with the batch as its channels: x [1, N, ..., W*C] with the kernel dy [F, N, ...output], dilated
 * by the strides (and by C along the last axis), gives [1, F, ...kernel*C]. The fastest on CPU.
 */
function filterGradientAsConvolution(
  emission: Emission,
  value: Value,
  window: Window,
  x: Value,
  dy: Value,
): Physical {
  const rank = x.shape.length;
  const { batch, input, output, channels, filters } = sizesOf(x.shape, dy.shape);
  const last = input.length - 1;
  const needed = output.map((length, axis) => (length - 1) * window.strides[axis] + window.kernel[axis]);
  const after = needed.map((length, axis) => length - window.before[axis] - input[axis]);
  const folded = [1, batch, ...input.slice(0, last), input[last] * channels];
  const wide = (pads: Shape): number[] => pads.map((pad, axis) => (axis === last ? pad * channels : pad));
  const rows = padded(
    emission,
    reshape(emission, placeLogical(emission, x), folded),
    folded,
    input.map(() => 0),
    wide(after.map((pad) => Math.min(0, pad))),
  );
  const kernel = placeValue(emission, dy, [rank - 1, ...identity(rank - 1)]);
  const product = addNode(emission.builder, 'Conv', [rows, kernel], {
    kernel_shape: output,
    dilations: wide(window.strides),
    pads: [...wide(window.before), ...wide(after.map((pad) => Math.max(0, pad)))],
  });
  const split = reshape(emission, product, [filters, ...window.kernel, channels]);
  const perm = [0, rank - 1, ...identity(rank - 2).map((axis) => axis + 1)];
  const name = addNode(emission.builder, 'Transpose', [split], { perm });
  return stored(name, filtersFirst(value.shape.length));
}

/** Shifted copies of x as rows of one batched matrix product with dy, summed over the batch. */
function filterGradientAsProduct(
  emission: Emission,
  value: Value,
  window: Window,
  x: Value,
  dy: Value,
): Physical {
  const { builder } = emission;
  const { batch, output, channels, filters } = sizesOf(x.shape, dy.shape);
  const taps = shifted(emission, window, x, output);
  const stacked = taps.length === 1 ? taps[0] : addNode(builder, 'Concat', taps, { axis: { int: 1 } });
  const rows = reshape(emission, stacked, [batch, taps.length * channels, sizeOf(output)]);
  const gradient = reshape(emission, placeChannelsFirst(emission, dy), [batch, filters, sizeOf(output)]);
  const columns = addNode(builder, 'Transpose', [gradient], { perm: [0, 2, 1] });
  const products = addNode(builder, 'MatMul', [rows, columns]);
  const sum = addNode(builder, 'ReduceSum', [products, integers(builder, [0])], { keepdims: { int: 0 } });
  return storedLogical(reshape(emission, sum, value.shape), value.shape.length);
}

/** Each tap of the filter is the sum over batch and space of a shifted copy of x times dy. */
function depthwiseFilterGradient(
  emission: Emission,
  value: Value,
  window: Window,
  x: Value,
  dy: Value,
): Physical {
  const { builder } = emission;
  const { batch, output, channels, filters } = sizesOf(x.shape, dy.shape);
  const places = sizeOf(output);
  const gradient = reshape(emission, placeChannelsFirst(emission, dy), [
    batch,
    channels,
    filters / channels,
    places,
  ]);
  const sums = shifted(emission, window, x, output).map((tap) => {
    const product = addNode(builder, 'Mul', [reshape(emission, tap, [batch, channels, 1, places]), gradient]);
    const sum = addNode(builder, 'ReduceSum', [product, integers(builder, [0, 3])], { keepdims: { int: 0 } });
    return reshape(emission, sum, [1, channels, filters / channels]);
  });
  const all = sums.length === 1 ? sums[0] : addNode(builder, 'Concat', sums, { axis: { int: 0 } });
  return storedLogical(reshape(emission, all, value.shape), value.shape.length);
}

/** For each offset in the window, row-major: x at that offset from every output place, channels first. */
export function shifted(emission: Emission, window: Window, x: Value, output: Shape, padding = 0): string[] {
  const { builder } = emission;
  const axes = identity(output.length);
  const shape = channelsFirst(x.shape.length).map((axis) => x.shape[axis]);
  const whole = padded(
    emission,
    placeChannelsFirst(emission, x),
    shape,
    window.before,
    window.after,
    padding,
  );
  return offsets(window.kernel).map((offset) =>
    addNode(builder, 'Slice', [
      whole,
      integers(builder, offset),
      integers(
        builder,
        offset.map((start, axis) => start + (output[axis] - 1) * window.strides[axis] + 1),
      ),
      integers(
        builder,
        axes.map((axis) => axis + 2),
      ),
      integers(builder, window.strides),
    ]),
  );
}

export function offsets(kernel: Shape): number[][] {
  return kernel.reduce<number[][]>(
    (all, length) => all.flatMap((prefix) => identity(length).map((at) => [...prefix, at])),
    [[]],
  );
}

export function sizesOf(x: Shape, y: Shape): Sizes {
  return {
    batch: x[0],
    input: x.slice(1, -1),
    output: y.slice(1, -1),
    channels: x[x.length - 1],
    filters: y[y.length - 1],
  };
}

function denseFilter(emission: Emission, filter: Value): string {
  return placeValue(emission, filter, filtersFirst(filter.shape.length));
}

/** [channels * multiplier, 1, ...kernel] of the logical [...kernel, channels, multiplier]. */
function depthwiseFilter(emission: Emission, filter: Value): string {
  const rank = filter.shape.length;
  const spatial = identity(rank - 2);
  const name = placeValue(emission, filter, [rank - 2, rank - 1, ...spatial]);
  const [channels, multiplier] = filter.shape.slice(-2);
  return reshape(emission, name, [channels * multiplier, 1, ...spatial.map((axis) => filter.shape[axis])]);
}
