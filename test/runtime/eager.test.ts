import * as fs from 'node:fs/promises';
import { createRequire } from 'node:module';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { told } from '../../src-main/cli/terminal/words.js';
import { problemFrom } from '../../src-main/contract/errors.js';
import { emitInference } from '../../src-main/graph/emit/trace.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import { eagerRuntime } from '../../src-main/runtime/eager.js';
import { loadBackend, openTensorflow } from '../../src-main/runtime/tensorflow.js';
import type { Runtime } from '../../src-main/runtime/types.js';
import { forward, initialWeights, unetStep } from '../graph/unet.js';
import { trainingFeeds } from './feeds.js';

const BATCH = 2;
const SIZE = 8;
const PLAIN = { device: 'cpu', description: '', warnings: [] } as const;

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
    const runtime = await openRuntime('cpu', { threads: 1 });
    const direct = await train(eagerRuntime('cpu', PLAIN, runtime));
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

  it('infers the same image and leaves no tensors behind', async () => {
    const runtime = await openRuntime('cpu', { threads: 1 });
    const eager = eagerRuntime('cpu', PLAIN, await openRuntime('cpu', { threads: 1 }));
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
    await eager.close();
    await runtime.close();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('runs model files on ONNX Runtime, and says so', async () => {
    const eager = eagerRuntime('cpu', PLAIN, await openRuntime('cpu', { threads: 1 }));
    const model = await eager.loadModel(
      emitInference(
        { parameters: {}, inputs: { x: [3] }, apply: (_, { x }) => ({ y: tf.mul(x, 2) }) },
        'cpu',
      ),
    );
    expect(Array.from((await model.run({ x: Float32Array.of(1, 2, 3) })).y)).toEqual([2, 4, 6]);
    expect(eager.files).toMatchObject({
      device: 'cpu',
      warnings: [{ code: 'W_DEVICE_FALLBACK', message: expect.stringContaining('ONNX Runtime') }],
    });
    await expect(eager.loadModel(new Uint8Array())).rejects.toMatchObject({ code: 'E_MODEL' });
    await eager.close();
  });
});

describe('the device tensorflow', () => {
  const files = () => openRuntime('cpu', { threads: 1 });
  beforeEach(async () => {
    process.env.LIMPID_TENSORFLOW = await fs.mkdtemp(path.join(os.tmpdir(), 'limpid-tensorflow-'));
  });
  afterEach(async () => {
    await fs.rm(process.env.LIMPID_TENSORFLOW ?? '', { recursive: true, force: true });
    delete process.env.LIMPID_TENSORFLOW;
  });

  it('says how to set it up when it is missing', async () => {
    const missing = (): boolean => loadBackend('@tensorflow/no-such-package', 'tensorflow');
    const problem = problemFrom(await openTensorflow(files, missing).catch((error: unknown) => error));
    expect(problem.code).toBe('E_DEVICE');
    expect(told(problem).message).toContain('not set up');
    expect(told(problem).remedy).toContain('limpid setup-tensorflow');
  });

  it('is looked for in its folder, and said to be broken where that holds no whole one', async () => {
    const folder = process.env.LIMPID_TENSORFLOW ?? '';
    await fs.writeFile(path.join(folder, 'package.json'), '{}');
    const one = path.join(folder, 'node_modules', '@tensorflow', 'tfjs-node-gpu');
    await fs.mkdir(one, { recursive: true });
    await fs.writeFile(path.join(one, 'index.js'), 'throw new Error("no library")');
    await expect(openTensorflow(files)).rejects.toMatchObject({
      code: 'E_DEVICE',
      message: expect.stringContaining('does not load'),
      cause: expect.objectContaining({ message: 'no library' }),
    });
  });
});
