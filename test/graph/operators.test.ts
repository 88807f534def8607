import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRuntime } from '../../src-main/runtime/device.js';
import { eagerRuntime } from '../../src-main/runtime/eager.js';
import type { Runtime } from '../../src-main/runtime/types.js';
import { spacedValues } from './cases.js';
import { definitionOf, OPERATOR_CASES } from './operators.js';

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
  it.each(Object.entries(OPERATOR_CASES))('%s', async (_, apply) => {
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
