import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { openRuntime } from '../../src-main/runtime/device.js';
import { eagerRuntime } from '../../src-main/runtime/eager.js';
import { loadBackend, openTensorflow } from '../../src-main/runtime/tensorflow.js';
import type { Runtime } from '../../src-main/runtime/types.js';
import { forward, initialWeights, unetStep } from '../graph/unet.js';
import { trainingFeeds } from './feeds.js';

const BATCH = 2;
const SIZE = 8;

/** tfjs-backend-cpu's own kernel is wrong for more than one image. */
function mendNearestGradient(): void {
  tf.unregisterKernel('ResizeNearestNeighborGrad', 'cpu');
  tf.registerKernel({
    kernelName: 'ResizeNearestNeighborGrad',
    backendName: 'cpu',
    kernelFunc: ({ inputs }) => {
      const { images, dy } = inputs;
      if (images === undefined || dy === undefined) throw new Error('missing input');
      const [n, h, w, c] = images.shape;
      const factor = dy.shape[1] / h;
      const blocks = tf.reshape(tf.engine().makeTensorFromTensorInfo(dy), [n * h, factor, w * factor * c]);
      const rows = tf.reshape(tf.sum(blocks, 1), [n * h * w, factor, c]);
      return tf.keep(tf.reshape(tf.sum(rows, 1), images.shape));
    },
  });
}

async function train(runtime: Runtime): Promise<{ losses: number[]; weights: Record<string, Float32Array> }> {
  const { definition, initial } = unetStep(2, BATCH, SIZE);
  const program = await runtime.compileStep(definition, initial);
  const losses: number[] = [];
  for (let i = 0; i < 5; i++) losses.push((await program.run(trainingFeeds(BATCH * SIZE * SIZE, i))).loss[0]);
  const state = await program.readState();
  await program.close();
  const weights = Object.entries(state).filter(([name]) => /^[wb]/.test(name));
  return { losses, weights: Object.fromEntries(weights.map(([name, { data }]) => [name, data])) };
}

// The CommonJS build brings its own copy of tfjs-core, just as tfjs-node-gpu does.
const loaded = loadBackend('@tensorflow/tfjs-backend-cpu', 'cpu');
mendNearestGradient();

describe('the eager runtime, on a backend that another copy of tfjs-core registered', () => {
  it('shares the engine', () => {
    expect(loaded).toBe(true);
    const other: { engine(): unknown } = createRequire(import.meta.url)('@tensorflow/tfjs-core');
    expect(other.engine()).toBe(tf.engine());
    expect(other).not.toBe(tf);
  });

  it('trains to the same weights as the traced graph', async () => {
    const direct = await train(eagerRuntime('cpu', { device: 'cpu', description: '', warnings: [] }));
    const runtime = await openRuntime('cpu', { threads: 1 });
    const traced = await train(runtime);
    direct.losses.forEach((loss, i) => {
      expect(traced.losses[i]).toBeCloseTo(loss, 4);
    });
    for (const [name, data] of Object.entries(direct.weights))
      data.forEach((value, i) => {
        expect(Math.abs(value - traced.weights[name][i])).toBeLessThan(1e-3);
      });
    await runtime.close();
  });

  it('infers the same image, leaves no tensors behind, and does not read model files', async () => {
    const eager = eagerRuntime('cpu', { device: 'cpu', description: '', warnings: [] });
    const runtime = await openRuntime('cpu', { threads: 1 });
    const before = tf.memory().numTensors;
    const definition = {
      parameters: initialWeights(2, 1),
      inputs: { image: [1, 8, 8, 1] },
      apply: (
        weights: Readonly<Record<string, tf.Tensor>>,
        { image }: Readonly<Record<string, tf.Tensor>>,
      ) => ({
        clean: forward(2, weights, image),
      }),
    };
    const image = Float32Array.from({ length: 64 }, (_, i) => Math.cos(i));
    const [a, b] = [await eager.compileInference(definition), await runtime.compileInference(definition)];
    const [direct, traced] = [(await a.run({ image })).clean, (await b.run({ image })).clean];
    direct.forEach((value, i) => {
      expect(traced[i]).toBeCloseTo(value, 4);
    });
    await expect(eager.loadModel(new Uint8Array())).rejects.toMatchObject({ code: 'E_DEVICE' });
    await eager.close();
    await runtime.close();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('the device tensorflow', () => {
  it('says what to install when it is missing', async () => {
    const missing = (): boolean => loadBackend('@tensorflow/no-such-package', 'tensorflow');
    const error = await openTensorflow(missing).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'E_DEVICE', remedy: expect.stringContaining('npm install') });
  });
});
