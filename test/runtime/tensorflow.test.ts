import { existsSync } from 'node:fs';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tensorflowFolder } from '../../src-main/base/home.js';
import { Random } from '../../src-main/base/random.js';
import type { NamedArrays } from '../../src-main/graph/types.js';
import { FAMILIES } from '../../src-main/models/families/families.js';
import type { Family } from '../../src-main/models/family.js';
import { headOf } from '../../src-main/models/losses.js';
import { rank4 } from '../../src-main/models/parameters.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import type { Feeds, Runtime } from '../../src-main/runtime/types.js';
import { autoencoderLearner, drawAll, type Learner } from '../../src-main/training/learner.js';
import { ADAM } from '../../src-main/training/optimiser.js';
import { initialLearnerState, learnerStep } from '../../src-main/training/step.js';
import { type Case, GRADIENT_CASES, gradientStep, inputsOf, spacedValues } from '../graph/cases.js';
import { definitionOf, OPERATOR_CASES } from '../graph/operators.js';
import { BATCH, SIZE, scenes, small } from '../models/scenes.js';

const missing = existsSync(path.join(tensorflowFolder(), 'package.json'))
  ? undefined
  : 'TensorFlow is not set up here: `limpid setup-tensorflow`, or LIMPID_TENSORFLOW=FOLDER';
if (missing !== undefined) console.warn(`skipped: TensorFlow equals the ONNX engine (${missing})`);

const STEPS = 4;
/**
 * Of the gradient of a parameter, as a whole. A unit whose input rounds to the other side of zero lets its gradient
 * through in one engine only, one of thousands of pixels: kernels alone, where that is kept from happening, agree a
 * thousand times closer.
 */
const FAMILY_TOLERANCE = 1e-2;
/** Kernels that only name, or make constants: nothing is computed that could differ. */
const PLAIN = ['Identity', 'Reshape', 'Fill', 'ZerosLike', 'OnesLike', 'Cast', 'Complex', 'Real'];

const LARGE_IMAGE = [2, 64, 64, 16];
/** Other algorithms may be taken where there is more to compute: convolutions of the size that models have. */
const LARGE: readonly Case[] = [
  {
    name: 'conv2d of 16 channels of 64 x 64',
    shapes: [LARGE_IMAGE, [3, 3, 16, 16]],
    apply: (x, w) => tf.conv2d(rank4(x), rank4(w), 1, 'same'),
  },
  {
    name: 'conv2d of 16 channels of 64 x 64, stride 2',
    shapes: [LARGE_IMAGE, [3, 3, 16, 32]],
    apply: (x, w) => tf.conv2d(rank4(x), rank4(w), 2, 'same'),
  },
  {
    name: 'conv2d and nearest x2 of 16 channels',
    shapes: [LARGE_IMAGE, [3, 3, 16, 8]],
    apply: (x, w) => tf.conv2d(tf.image.resizeNearestNeighbor(rank4(x), [128, 128]), rank4(w), 1, 'same'),
  },
];

const called = new Set<string>();

/** Lets every kernel of TensorFlow tell that it was called. */
function watchKernels(): void {
  for (const config of tf.getKernelsForBackend('tensorflow')) {
    const { kernelName, kernelFunc } = config;
    tf.unregisterKernel(kernelName, 'tensorflow');
    tf.registerKernel({
      ...config,
      kernelFunc: (call) => {
        called.add(kernelName);
        return kernelFunc(call);
      },
    });
  }
}

async function kernelsOf(body: () => Promise<void>): Promise<string[]> {
  called.clear();
  await body();
  return [...called];
}

/** Largest difference, relative to the largest value; NaN counts as infinite. */
function apart(a: Float32Array, b: Float32Array): number {
  const scale = a.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-6);
  return a.reduce((most, x, i) => {
    const error = Math.abs(x - b[i]) / scale;
    return error <= most ? most : Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
  }, 0);
}

function learnerOf(family: Family): Learner {
  const model = family.build(small(family), { head: headOf('mse'), size: SIZE });
  const examples = { data: scenes(new Random(5)).input, shape: [BATCH, SIZE, SIZE, 1] };
  return autoencoderLearner(model, [{ name: 'mse', weight: 1 }], { size: SIZE, batchSize: BATCH }, examples);
}

function feedsAt(learner: Learner, step: number): Feeds {
  const random = new Random(3).fork(`step ${step}`);
  const channels = learner.inputs.input[3];
  return {
    ...scenes(random, channels),
    ...drawAll(learner, random, 'training'),
    ...(learner.ramp > 0 ? { ramp: Float32Array.of(Math.min(1, (step + 1) / learner.ramp)) } : {}),
    learningRate: Float32Array.of(1e-3),
  };
}

describe.skipIf(missing !== undefined)('TensorFlow', () => {
  let onnx: Runtime;
  let tensorflow: Runtime;
  const compared = new Set<string>(PLAIN);
  beforeAll(async () => {
    onnx = await openRuntime('cpu', { threads: 1 });
    tensorflow = await openRuntime('tensorflow', { threads: 1 });
    watchKernels();
  });
  afterAll(async () => {
    await onnx.close();
    await tensorflow.close();
  });

  it('says what computes', () => {
    expect(tensorflow.choice.description).toMatch(/^TensorFlow on the (CPU|GPU)$/);
    expect(tensorflow.files.device).toBe('cpu');
  });

  it.each(GRADIENT_CASES.filter((item) => item.tensorflow === false))('refuses $name', async (item) => {
    const direct = await tensorflow.compileStep(gradientStep(item), {});
    await expect(direct.run(inputsOf(item))).rejects.toThrow();
  });

  it.each(Object.entries(OPERATOR_CASES))('%s: the values of the ONNX engine', async (_, apply) => {
    const definition = definitionOf(apply);
    const inputs = { x: spacedValues(24, 1), y: spacedValues(6, 2) };
    const expected = (await (await onnx.compileInference(definition)).run(inputs)).result;
    let got = new Float32Array();
    for (const name of await kernelsOf(async () => {
      got = Float32Array.from((await (await tensorflow.compileInference(definition)).run(inputs)).result);
    }))
      compared.add(name);
    expect(apart(expected, got)).toBeLessThan(1e-6);
  });

  it.each([...GRADIENT_CASES.filter((item) => item.tensorflow !== false), ...LARGE])(
    '$name: the gradient of the ONNX engine',
    async (item) => {
      const inputs = inputsOf(item);
      const [traced, direct] = [
        await onnx.compileStep(gradientStep(item), {}),
        await tensorflow.compileStep(gradientStep(item), {}),
      ];
      const expected = await traced.run(inputs);
      let got: Feeds = {};
      for (const name of await kernelsOf(async () => {
        got = await direct.run(inputs);
      }))
        compared.add(name);
      // The terms of the large sums cancel: what is left of them is rounding.
      for (const name of Object.keys(expected).filter((one) => one !== 'loss' || !LARGE.includes(item)))
        expect(apart(expected[name], got[name]), name).toBeLessThan(2e-5);
      await traced.close();
      await direct.close();
    },
  );

  it.each(FAMILIES.map((family) => [family.name, family] as const))(
    '%s: the steps of the ONNX engine, each from its state',
    async (_, family) => {
      const learner = learnerOf(family);
      const definition = learnerStep(learner, ADAM);
      const initial = initialLearnerState(learner, new Random(7));
      const [traced, direct] = [
        await onnx.compileStep(definition, initial),
        await tensorflow.compileStep(definition, initial),
      ];
      const kernels = new Set<string>();
      for (let step = 0; step < STEPS; step++) {
        const feeds = feedsAt(learner, step);
        const { loss } = await traced.run(feeds);
        for (const name of await kernelsOf(async () => {
          expect(apart(loss, (await direct.run(feeds)).loss), `loss of step ${step}`).toBeLessThan(1e-5);
        }))
          kernels.add(name);
        const [expected, got] = [await traced.readState(), await direct.readState()];
        for (const [name, error] of Object.entries(gradientErrors(expected, got)))
          expect(error, `${name} after step ${step}`).toBeLessThan(FAMILY_TOLERANCE);
        await direct.writeState(expected);
      }
      // What models use is what was compared above, kernel by kernel.
      expect([...kernels].filter((name) => !compared.has(name))).toEqual([]);
      await traced.close();
      await direct.close();
    },
  );
});

/** Of Adam's first moments, which are the gradients' averages, and of buffers: the norm of the difference over the norm. */
function gradientErrors(expected: NamedArrays, got: NamedArrays): Record<string, number> {
  const names = Object.keys(expected).filter((name) => /^moment1\/|^buffer/.test(name));
  return Object.fromEntries(names.map((name) => [name, distance(expected[name].data, got[name].data)]));
}

function distance(a: Float32Array, b: Float32Array): number {
  const norm = (values: Float32Array): number => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));
  return norm(a.map((x, i) => x - b[i])) / Math.max(norm(a), 1e-6);
}
