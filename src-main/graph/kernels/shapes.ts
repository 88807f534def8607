import * as tf from '@tensorflow/tfjs-core';
import { fault } from '../../contract/errors.js';
import { constant, record, reshaped, scalar } from '../tracer.js';
import { type Shape, sizeOf } from '../types.js';
import type { Value } from '../value.js';
import { cast, elementwise } from './elementwise.js';
import { kernel, unsupported } from './register.js';

export function transposed(x: Value, perm: Shape): Value {
  return record(
    { op: 'transpose', perm },
    [x],
    perm.map((axis) => x.shape[axis]),
    x.type,
  );
}

function sliced(x: Value, begin: Shape, size: Shape): Value {
  return record({ op: 'slice', begin, strides: begin.map(() => 1) }, [x], size, x.type);
}

function concatenated(values: readonly Value[], axis: number): Value {
  const shape = [...values[0].shape];
  shape[axis] = values.reduce((sum, value) => sum + value.shape[axis], 0);
  return record({ op: 'concat', axis }, values, shape, values[0].type);
}

kernel('Reshape', (call) => {
  const x = call.input('x');
  return reshaped(x, tf.util.inferFromImplicitShape(call.numbers('shape'), sizeOf(x.shape)));
});
kernel('ExpandDims', (call) => {
  const x = call.input('input');
  const axis = call.number('dim');
  const shape = [...x.shape];
  shape.splice(axis < 0 ? shape.length + 1 + axis : axis, 0, 1);
  return reshaped(x, shape);
});
kernel('Transpose', (call) => transposed(call.input('x'), call.numbers('perm')));
kernel('Slice', (call) => {
  const x = call.input('x');
  const begin = call.numbers('begin');
  const size = call
    .numbers('size')
    .map((length, axis) => (length < 0 ? x.shape[axis] - begin[axis] : length));
  return sliced(x, begin, size);
});
kernel('StridedSlice', (call) => {
  const x = call.input('x');
  const info = tf.slice_util.sliceInfo(
    [...x.shape],
    call.numbers('begin'),
    call.numbers('end'),
    call.numbers('strides'),
    call.number('beginMask', 0),
    call.number('endMask', 0),
    call.number('ellipsisMask', 0),
    call.number('newAxisMask', 0),
    call.number('shrinkAxisMask', 0),
  );
  if (info.strides.some((stride) => stride < 1)) throw unsupported('StridedSlice', 'strides');
  const size = info.begin.map((begin, axis) => Math.ceil((info.end[axis] - begin) / info.strides[axis]));
  const part = record({ op: 'slice', begin: info.begin, strides: info.strides }, [x], size, x.type);
  return reshaped(part, info.finalShape);
});
kernel('Concat', (call) => {
  const values = call.inputs.filter((value) => sizeOf(value.shape) > 0);
  const axis = tf.util.parseAxisParam(call.number('axis'), [...values[0].shape])[0];
  return values.length === 1 ? cast(values[0], values[0].type) : concatenated(values, axis);
});
kernel('SplitV', (call) => {
  const x = call.input('x');
  const axis = tf.util.parseAxisParam(call.number('axis'), [...x.shape])[0];
  const parts = call.raw('numOrSizeSplits');
  const sizes =
    typeof parts === 'number'
      ? Array.from({ length: parts }, () => x.shape[axis] / parts)
      : splitSizes(call.numbers('numOrSizeSplits'), x.shape[axis]);
  let start = 0;
  return sizes.map((length) => {
    const begin = x.shape.map((_, i) => (i === axis ? start : 0));
    start += length;
    return sliced(
      x,
      begin,
      x.shape.map((full, i) => (i === axis ? length : full)),
    );
  });
});
kernel('Pack', (call) => {
  const axis = call.number('axis');
  return concatenated(
    call.inputs.map((value) => {
      const shape = [...value.shape];
      shape.splice(axis, 0, 1);
      return reshaped(value, shape);
    }),
    axis,
  );
});
kernel('Unpack', (call) => {
  const x = call.input('value');
  const axis = tf.util.parseAxisParam(call.number('axis'), [...x.shape])[0];
  return Array.from({ length: x.shape[axis] }, (_, at) => {
    const part = sliced(
      x,
      x.shape.map((_, i) => (i === axis ? at : 0)),
      x.shape.map((full, i) => (i === axis ? 1 : full)),
    );
    return reshaped(
      part,
      x.shape.filter((_, i) => i !== axis),
    );
  });
});
kernel('PadV2', (call) => {
  const x = call.input('x');
  const pairs = call.raw('paddings');
  if (!Array.isArray(pairs)) throw fault('E_OPERATOR/attribute', { kernel: 'PadV2', name: 'paddings' });
  const before = pairs.map((pair: unknown) => (Array.isArray(pair) ? Number(pair[0]) : 0));
  const after = pairs.map((pair: unknown) => (Array.isArray(pair) ? Number(pair[1]) : 0));
  const shape = x.shape.map((length, axis) => length + before[axis] + after[axis]);
  return record({ op: 'pad', before, after, value: call.number('constantValue', 0) }, [x], shape, x.type);
});
kernel('Tile', (call) => {
  const x = call.input('x');
  const reps = call.numbers('reps');
  const shape = x.shape.map((length, axis) => length * reps[axis]);
  const broadcast = reps.every((times, axis) => times === 1 || x.shape[axis] === 1);
  return record(broadcast ? { op: 'broadcast' } : { op: 'tile', reps }, [x], shape, x.type);
});
kernel('Reverse', (call) => {
  const x = call.input('x');
  return record(
    { op: 'reverse', axes: tf.util.parseAxisParam(call.numbers('dims'), [...x.shape]) },
    [x],
    x.shape,
    x.type,
  );
});
kernel('GatherV2', (call) => {
  const x = call.input('x');
  const indices = call.input('indices');
  if (call.number('batchDims', 0) !== 0) throw unsupported('GatherV2', 'batch-dims');
  const axis = tf.util.parseAxisParam(call.number('axis'), [...x.shape])[0];
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  return record({ op: 'gather', axis }, [x, cast(indices, 'int32')], shape, x.type);
});
kernel('OneHot', (call) => {
  const hot = oneHot(call.input('indices'), call.number('depth'));
  const on = call.number('onValue', 1);
  const off = call.number('offValue', 0);
  if (on === 1 && off === 0) return hot;
  return elementwise('Add', [elementwise('Mul', [hot, scalar(on - off)]), scalar(off)]);
});
/** The gradient of gather: row i of x is added to row ids[i], as a product with the one-hot matrix. */
kernel('UnsortedSegmentSum', (call) => {
  const x = call.input('x');
  const ids = call.input('segmentIds');
  const count = call.number('numSegments');
  const rows = ids.shape[0];
  const flat = reshaped(x, [rows, sizeOf(x.shape) / rows]);
  const sums = record(
    { op: 'matMul', transposeA: true, transposeB: false },
    [oneHot(ids, count), flat],
    [count, flat.shape[1]],
  );
  return reshaped(sums, [count, ...x.shape.slice(1)]);
});
kernel('DepthToSpace', (call) => {
  if (call.text('dataFormat') === 'NCHW') throw unsupported('DepthToSpace', 'channels-last');
  const x = call.input('x');
  const block = call.number('blockSize');
  const [n, h, w, c] = x.shape;
  const depth = c / (block * block);
  const split = reshaped(x, [n, h, w, block, block, depth]);
  return reshaped(transposed(split, [0, 1, 3, 2, 4, 5]), [n, h * block, w * block, depth]);
});

/** float32 [...indices.shape, depth] by comparison: providers lack OneHot. */
function oneHot(indices: Value, depth: number): Value {
  const range = constant(
    Int32Array.from({ length: depth }, (_, i) => i),
    [depth],
  );
  const column = reshaped(cast(indices, 'int32'), [...indices.shape, 1]);
  return cast(elementwise('Equal', [column, range], 'bool'), 'float32');
}

function splitSizes(sizes: number[], length: number): number[] {
  const known = sizes.reduce((sum, size) => sum + Math.max(size, 0), 0);
  return sizes.map((size) => (size < 0 ? length - known : size));
}

/** Each axis in turn: the reversed border, the image, the reversed border. */
kernel('MirrorPad', (call) => {
  const pairs = call.raw('paddings');
  if (!Array.isArray(pairs)) throw fault('E_OPERATOR/attribute', { kernel: 'MirrorPad', name: 'paddings' });
  const edge = call.text('mode') === 'reflect' ? 1 : 0;
  return pairs.reduce<Value>(
    (x, pair: unknown, axis) => {
      const [before, after] = Array.isArray(pair) ? [Number(pair[0]), Number(pair[1])] : [0, 0];
      const length = x.shape[axis];
      const border = (start: number, size: number): Value[] => {
        if (size === 0) return [];
        const part = sliced(
          x,
          x.shape.map((_, i) => (i === axis ? start : 0)),
          x.shape.map((full, i) => (i === axis ? size : full)),
        );
        return [record({ op: 'reverse', axes: [axis] }, [part], part.shape, part.type)];
      };
      const parts = [...border(edge, before), x, ...border(length - edge - after, after)];
      return parts.length === 1 ? x : concatenated(parts, axis);
    },
    cast(call.input('x'), 'float32'),
  );
});
