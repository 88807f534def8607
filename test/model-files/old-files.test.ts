/**
 * Model files and checkpoints of version 0.1.0, written when there were two formats of each thing: `limpid-model-1` of
 * a denoiser and `limpid-autoencoder-1` of a family. They lie in old/ with the pixels that 0.1.0 made with them
 * (float32) and, where the file does not hold them by name, their weights.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import type { Volume } from '../../src-main/imaging/volume.js';
import { openFamilyFile, readFamilyWeights } from '../../src-main/model-files/family-file.js';
import { exportModel, openModelFile } from '../../src-main/model-files/model-file.js';
import { unet } from '../../src-main/models/unet.js';
import { toUnitNoise } from '../../src-main/noise/domain.js';
import { denoiseVolume } from '../../src-main/restore/denoise.js';
import { applyToPlane, scaledStack } from '../../src-main/restore/family-apply.js';
import { restoreWithFamily } from '../../src-main/restore/family-restorer.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import type { Runtime } from '../../src-main/runtime/types.js';
import { trainFamily } from '../../src-main/training/family.js';
import { patchBatches } from '../../src-main/training/samples/batches.js';
import { corpusSeries, intensityScale, splitCorpus } from '../../src-main/training/samples/corpus.js';
import { PatchSampler } from '../../src-main/training/samples/samples.js';
import { train } from '../../src-main/training/train.js';
import { decodeWeights } from '../../src-main/training/weights.js';
import { planFor } from '../training/brain.js';
import { drawnVolume, NOISE } from './old/drawn.js';

const OLD = path.join(import.meta.dirname, 'old');
const SETTINGS = {
  base: 4,
  levels: 2,
  context: 1,
  conditioned: false,
  residual: true,
  topSkip: true,
  mean: 20,
  scale: 4,
};
/** Of pixels of 0 to 300: processors round differently. */
const ROUNDING = 2e-3;

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime('cpu', { threads: 1 });
});
afterAll(() => runtime.close());

function read(name: string): Uint8Array {
  return fs.readFileSync(path.join(OLD, name));
}

function pixels(name: string): Float32Array {
  return new Float32Array(new Uint8Array(read(`${name}.f32`)).buffer);
}

function worstDifference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i])), 0);
}

async function denoised(bytes: Uint8Array, volume: Volume): Promise<Float32Array> {
  const { restorer } = await openModelFile(runtime, bytes);
  const result = await denoiseVolume(restorer, volume, NOISE, { strength: 1, seed: 1 });
  await restorer.close();
  return result.denoised.data;
}

describe('a denoiser in the format limpid-model-1', () => {
  const volume = drawnVolume(1);
  const networks = {
    recorrupted: unet(SETTINGS),
    masked: unet({ ...SETTINGS, context: 0, residual: false, topSkip: false }),
    conditioned: unet({ ...SETTINGS, context: 2, conditioned: true, mean: 0, scale: 1 }),
  };
  const objectives = {
    recorrupted: { kind: 'recorrupted', alpha: 0.5, correlation: [0.2, 0.1] },
    masked: { kind: 'masked', cell: 5, span: [1, 0] },
    conditioned: { kind: 'clean' },
  } as const;

  it.each(['recorrupted', 'masked', 'conditioned'] as const)(
    'opens and makes the same pixels: %s',
    async (kind) => {
      const old = await denoised(read(`model-1-${kind}.onnx`), volume);
      expect(worstDifference(old, volume.data)).toBeGreaterThan(1);
      expect(worstDifference(old, pixels(`model-1-${kind}`))).toBeLessThan(ROUNDING);
      // The same weights in a file of today: bit for bit.
      const { weights } = decodeWeights(read(`model-1-${kind}.safetensors`));
      const facts = { seed: 11, steps: 20, patchSize: 16, batchSize: 2 };
      const result = { curve: [], bestStep: 20, stepsDone: 20 };
      const model = {
        network: networks[kind],
        parameters: weights,
        objective: objectives[kind],
        ...facts,
        result,
      };
      expect(await denoised(exportModel(model, '0'), volume)).toEqual(old);
    },
  );

  it('says what the noise level of its series was worth', async () => {
    const { restorer, card } = await openModelFile(runtime, read('model-1-recorrupted.onnx'));
    await restorer.close();
    expect(card.levelFactor).toBe(0.8);
  });

  it('goes on training from its checkpoint to the weights that it had', async () => {
    const plan = {
      network: networks.recorrupted,
      objective: objectives.recorrupted,
      patchSize: 16,
      batchSize: 2,
      steps: 20,
      peakRate: 2e-3,
      seed: 11,
      evaluateEvery: 10,
      patience: 100,
      images: 'drawn',
    };
    const sampler = new PatchSampler(toUnitNoise(volume, NOISE), { size: 16, context: 1, seed: 11 });
    const checkpoint = { load: async () => read('model-1.checkpoint'), save: async () => {} };
    const { parameters, stepsDone } = await train(runtime, plan, patchBatches(plan, sampler), { checkpoint });
    expect(stepsDone).toBe(20);
    const { weights } = decodeWeights(read('model-1-recorrupted.safetensors'));
    for (const [name, { data }] of Object.entries(weights))
      expect(worstDifference(parameters[name].data, data)).toBeLessThan(1e-5);
  });
});

describe('a family in the format limpid-autoencoder-1', () => {
  const series = drawnVolume(8);

  it.each(['denoising', 'video', 'foreign'])('opens and takes the same noise away: %s', async (family) => {
    const model = await openFamilyFile(runtime, read(`autoencoder-1-${family}.onnx`));
    const { data } = await restoreWithFamily(model, series, intensityScale(series), () => {}, 8);
    await model.close();
    const first = data.subarray(0, series.data.length / series.frames);
    expect(worstDifference(first, series.data.subarray(0, first.length))).toBeGreaterThan(0.5);
    expect(worstDifference(first, pixels(`autoencoder-1-${family}`))).toBeLessThan(ROUNDING);
  });

  it.each(['convolutional', 'vector-quantised'])('opens and rebuilds the same planes: %s', async (family) => {
    const bytes = read(`autoencoder-1-${family}.onnx`);
    const model = await openFamilyFile(runtime, bytes);
    const { reconstruction, codes } = await applyToPlane(model, scaledStack(series), 1);
    const decoded = await model.decode(codes.latent);
    await model.close();
    expect(worstDifference(reconstruction, pixels(`autoencoder-1-${family}`))).toBeLessThan(1e-5);
    expect(worstDifference(decoded.data.subarray(0, reconstruction.length), reconstruction)).toBeLessThan(
      1e-5,
    );
  });

  it('holds weights that training can go on from', () => {
    const { card, weights } = readFamilyWeights(read('autoencoder-1-denoising.onnx'));
    expect(card.family).toBe('denoising');
    expect(weights['down0a.filter'].shape).toEqual([3, 3, 1, 4]);
  });

  it('goes on training from its checkpoint to the weights that it had', async () => {
    const corpus = splitCorpus([corpusSeries(series, 'one', null)], 0.25, new Random(1));
    const plan = planFor('denoising', {
      settings: { base: 4, levels: 2, norm: 'batch' },
      objective: { kind: 'gaussian', levels: [3, 10] },
      steps: 20,
      size: 16,
      batchSize: 2,
      seed: 2,
    });
    const checkpoint = { load: async () => read('autoencoder-1.checkpoint'), save: async () => {} };
    const { kept, result } = await trainFamily(runtime, corpus, plan, { checkpoint });
    expect(result.stepsDone).toBe(20);
    const { weights } = readFamilyWeights(read('autoencoder-1-denoising.onnx'));
    for (const [name, { data }] of Object.entries(weights))
      expect(worstDifference(kept[name].data, data)).toBeLessThan(1e-5);
  });
});
