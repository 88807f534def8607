import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InferenceDefinition } from '../../src-main/graph/types.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import { eagerRuntime } from '../../src-main/runtime/eager.js';
import type { Runtime } from '../../src-main/runtime/types.js';
import { spacedValues } from './cases.js';

/** Operators without a slope to test: the traced graph gives what tfjs computes. x is [4, 6], y is [6]. */
const CASES: Readonly<Record<string, (x: tf.Tensor, y: tf.Tensor) => tf.Tensor>> = {
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

function definitionOf(apply: (x: tf.Tensor, y: tf.Tensor) => tf.Tensor): InferenceDefinition {
  return {
    parameters: {},
    inputs: { x: [4, 6], y: [6] },
    apply: (_, { x, y }) => ({ result: tf.cast(apply(x, y), 'float32') }),
  };
}

let cpu: Runtime;
let eager: Runtime;
beforeAll(async () => {
  cpu = await openRuntime('cpu', { threads: 1 });
  eager = eagerRuntime('cpu', { device: 'cpu', description: 'tfjs', warnings: [] }, cpu);
});
afterAll(async () => {
  await cpu.close();
});

describe('traced operators', () => {
  it.each(Object.entries(CASES))('%s', async (_, apply) => {
    const definition = definitionOf(apply);
    const inputs = { x: spacedValues(24, 1), y: spacedValues(6, 2) };
    const [traced, direct] = [
      await cpu.compileInference(definition),
      await eager.compileInference(definition),
    ];
    const [got, expected] = [(await traced.run(inputs)).result, (await direct.run(inputs)).result];
    expect(got.length).toBe(expected.length);
    expected.forEach((value, i) => {
      expect(got[i]).toBeCloseTo(value, 5);
    });
  });

  const image = (x: tf.Tensor) => tf.reshape<tf.Rank.R4>(x, [1, 4, 6, 1]);
  it.each<[string, (x: tf.Tensor, y: tf.Tensor) => tf.Tensor]>([
    ['channels first', (x) => tf.depthToSpace(tf.reshape<tf.Rank.R4>(x, [1, 4, 2, 3]), 2, 'NCHW')],
    ['batch dimensions', (x) => tf.gather(x, tf.zeros([4, 2], 'int32'), 1, 1)],
    [
      'the gradient of a dilated convolution',
      (x) => tf.grad((a: tf.Tensor) => tf.conv2d(image(a), tf.ones([2, 2, 1, 1]), 1, 'same', 'NHWC', 2))(x),
    ],
  ])('refuse %s with E_OPERATOR', async (_, apply) => {
    await expect(cpu.compileInference(definitionOf(apply))).rejects.toMatchObject({ code: 'E_OPERATOR' });
  });
});
