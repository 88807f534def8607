import * as tf from '@tensorflow/tfjs-core';
import type { InferenceDefinition } from '../../src-main/graph/types.js';

/** Operators without a slope to test: the traced graph gives what tfjs computes. x is [4, 6], y is [6]. */
export const OPERATOR_CASES: Readonly<Record<string, (x: tf.Tensor, y: tf.Tensor) => tf.Tensor>> = {
  argMax: (x) => tf.argMax(x, 1),
  argMin: (x) => tf.argMin(x, 0),
  'all and any': (x) => tf.concat([tf.all(tf.greater(x, 0), 1), tf.any(tf.less(x, 0.9), 1)], 0),
  ceil: (x) => tf.ceil(tf.mul(x, 3)),
  floor: (x) => tf.floor(tf.mul(x, 3)),
  round: (x) => tf.round(tf.mul(x, 3)),
  'cast to int32 and back': (x) => tf.cast(tf.cast(tf.mul(x, 3), 'int32'), 'float32'),
  'cast to bool': (x) => tf.cast(tf.cast(tf.relu(x), 'bool'), 'float32'),
  comparisons: (x, y) =>
    tf.addN(
      [tf.equal(x, y), tf.notEqual(x, y), tf.greaterEqual(x, y), tf.lessEqual(x, y), tf.less(x, y)].map(
        (mask, i) => tf.mul(tf.cast(mask, 'float32'), 2 ** i),
      ),
    ),
  'logical operators': (x, y) => {
    const [a, b] = [tf.greater(x, 0), tf.greater(y, 0)];
    return tf.add(
      tf.cast(tf.logicalAnd(a, tf.logicalNot(b)), 'float32'),
      tf.mul(2, tf.cast(tf.logicalOr(a, tf.broadcastTo(b, x.shape)), 'float32')),
    );
  },
  'fill, zeros and ones': (x) => tf.add(tf.add(tf.zerosLike(x), tf.onesLike(x)), tf.fill(x.shape, 2.5)),
  floorDiv: (x, y) => tf.floorDiv(tf.mul(x, 10), tf.add(tf.abs(y), 1)),
  mod: (x, y) => tf.mod(tf.mul(x, 10), tf.add(tf.abs(y), 1)),
  oneHot: (x) => tf.oneHot(tf.argMax(x, 1), 6, 3, -1),
  prod: (x) => tf.prod(x, 1),
  stridedSlice: (x) => tf.stridedSlice(x, [0, 1], [4, 6], [2, 3]),
  squeeze: (x) => tf.squeeze(tf.expandDims(x, 1)),
  'unchanged input': (x) => x,
  'a constant': () => tf.tensor2d([1, 2, 3, 4], [2, 2]),
  'a constant in a layout': (x) => {
    const kernel = tf.tensor4d(
      Float32Array.from({ length: 18 }, (_, i) => Math.sin(i)),
      [3, 3, 1, 2],
    );
    return tf.conv2d(tf.reshape<tf.Rank.R4>(x, [1, 4, 6, 1]), kernel, 1, 'same');
  },
};

export function definitionOf(apply: (x: tf.Tensor, y: tf.Tensor) => tf.Tensor): InferenceDefinition {
  return {
    parameters: {},
    inputs: { x: [4, 6], y: [6] },
    apply: (_, { x, y }) => ({ result: tf.cast(apply(x, y), 'float32') }),
  };
}
