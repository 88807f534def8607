import * as tf from '@tensorflow/tfjs-core';
import { record } from '../tracer.js';
import type { Reduction, Value } from '../value.js';
import { cast } from './elementwise.js';
import { type Call, kernel } from './register.js';

const REDUCTIONS: Readonly<Record<string, { type: Reduction; attribute: string }>> = {
  Sum: { type: 'ReduceSum', attribute: 'axis' },
  Mean: { type: 'ReduceMean', attribute: 'axis' },
  Max: { type: 'ReduceMax', attribute: 'reductionIndices' },
  Min: { type: 'ReduceMin', attribute: 'axis' },
  Prod: { type: 'ReduceProd', attribute: 'axis' },
};

for (const [name, { type, attribute }] of Object.entries(REDUCTIONS))
  kernel(name, (call) => {
    const given = call.input('x');
    const x = given.type === 'bool' ? cast(given, 'int32') : given;
    return reduce(x, type, axesOf(call, attribute, x), call.boolean('keepDims'));
  });

/** Any and All are the largest and the smallest of zeros and ones. */
for (const [name, type] of [
  ['Any', 'ReduceMax'],
  ['All', 'ReduceMin'],
] as const)
  kernel(name, (call) => {
    const x = call.input('x');
    const numbers = cast(x, 'float32');
    return cast(reduce(numbers, type, axesOf(call, 'axis', x), call.boolean('keepDims')), 'bool');
  });

for (const type of ['ArgMax', 'ArgMin'] as const)
  kernel(type, (call) => {
    const x = call.input('x');
    const axis = axesOf(call, 'axis', x)[0];
    return record(
      { op: 'argument', type, axis },
      [x],
      x.shape.filter((_, i) => i !== axis),
      'int32',
    );
  });

kernel('Softmax', (call) => {
  const logits = call.input('logits');
  const axis = tf.util.parseAxisParam(call.number('dim', -1), [...logits.shape])[0];
  return record({ op: 'softmax', axis }, [logits], logits.shape);
});

kernel('Cumsum', (call) => {
  const x = call.input('x');
  const axis = axesOf(call, 'axis', x)[0];
  return record(
    { op: 'cumsum', axis, exclusive: call.boolean('exclusive'), reverse: call.boolean('reverse') },
    [x],
    x.shape,
    x.type,
  );
});

kernel('BatchMatMul', (call) => {
  const [a, b] = [call.input('a'), call.input('b')];
  return matMul(a, b, call.boolean('transposeA'), call.boolean('transposeB'));
});

/** Batched matrix product over the last two axes; the leading axes broadcast. */
export function matMul(a: Value, b: Value, transposeA = false, transposeB = false): Value {
  const rows = a.shape[a.shape.length - (transposeA ? 1 : 2)];
  const columns = b.shape[b.shape.length - (transposeB ? 2 : 1)];
  const batch = tf.backend_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  return record({ op: 'matMul', transposeA, transposeB }, [a, b], [...batch, rows, columns]);
}

function reduce(x: Value, type: Reduction, axes: number[], keepDims: boolean): Value {
  if (axes.length === 0) return cast(x, x.type);
  const shape = x.shape.flatMap((length, axis) => {
    if (!axes.includes(axis)) return [length];
    return keepDims ? [1] : [];
  });
  return record({ op: 'reduce', type, axes, keepDims }, [x], shape, x.type);
}

function axesOf(call: Call, attribute: string, x: Value): number[] {
  const given = call.raw(attribute);
  const axes =
    given === undefined || given === null ? x.shape.map((_, axis) => axis) : call.numbers(attribute);
  return tf.util.parseAxisParam(axes, [...x.shape]);
}
