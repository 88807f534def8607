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
import { OF_A_SERIES } from '../../src-main/model-files/model-card.js';
import { exportModel, openModelFile, readModelWeights } from '../../src-main/model-files/model-file.js';
import { modelCard } from '../../src-main/model-files/trained-card.js';
import { denoiser } from '../../src-main/models/families/unet.js';
import { toUnitNoise } from '../../src-main/noise/domain.js';
import { applyToPlane, encodePlane, scaledStack } from '../../src-main/restore/apply.js';
import { denoiseVolume } from '../../src-main/restore/denoise.js';
import { restorerOfFile } from '../../src-main/restore/restorer.js';
import { restoreScaled } from '../../src-main/restore/scaled.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import type { Runtime } from '../../src-main/runtime/types.js';
import { openModelSource } from '../../src-main/store/model-source.js';
import { denoiserPlan, trainDenoiser } from '../../src-main/training/denoiser.js';
import { trainFamily } from '../../src-main/training/family.js';
import { patchBatches } from '../../src-main/training/samples/batches.js';
import { corpusSeries, intensityScale, splitCorpus } from '../../src-main/training/samples/corpus.js';
import { PatchSampler } from '../../src-main/training/samples/samples.js';
import { decodeWeights } from '../../src-main/training/weights.js';
import { planFor } from '../training/brain.js';
import { drawnVolume, NOISE } from './old/drawn.js';

const OLD = path.join(import.meta.dirname, 'old');
const SETTINGS = { base: 4, levels: 2, context: 1, mean: 20, scale: 4 };
const PLAN = {
  size: 16,
  batchSize: 2,
  steps: 20,
  peakRate: 2e-3,
  seed: 11,
  evaluateEvery: 10,
  patience: 100,
  images: 'drawn',
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
  const restorer = restorerOfFile(await openModelFile(runtime, bytes));
  const result = await denoiseVolume(restorer, volume, NOISE, { strength: 1, seed: 1 });
  await restorer.close();
  return result.denoised.data;
}

describe('a denoiser in the format limpid-model-1', () => {
  const volume = drawnVolume(1);
  const models = {
    recorrupted: denoiser(SETTINGS),
    masked: denoiser({ ...SETTINGS, context: 0, residual: false, topSkip: false }),
    conditioned: denoiser({ ...SETTINGS, context: 2, conditioned: true, mean: 0, scale: 1 }),
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
      const model = models[kind];
      const plan = denoiserPlan(model, { ...PLAN, objective: objectives[kind] });
      const result = { curve: [], bestStep: 20, stepsDone: 20 };
      const trained = { model, plan, kept: weights, result };
      const card = modelCard(trained, { version: '0', device: 'cpu', data: OF_A_SERIES });
      expect(await denoised(exportModel(trained, card), volume)).toEqual(old);
    },
  );

  it('says what the noise level of its series was worth', async () => {
    const { card, close } = await openModelFile(runtime, read('model-1-recorrupted.onnx'));
    await close();
    expect(card.levelFactor).toBe(0.8);
  });

  it('is refused where images are to be rebuilt', async () => {
    const opened = openModelSource(path.join(OLD, 'model-1-masked.onnx'), 'cpu', () => {});
    await expect(opened).rejects.toMatchObject({ code: 'E_MODEL' });
  });

  it('goes on training from its checkpoint to the weights that it had', async () => {
    const model = models.recorrupted;
    const objective = objectives.recorrupted;
    const plan = { ...denoiserPlan(model, { ...PLAN, objective }), objective };
    const sampler = new PatchSampler(toUnitNoise(volume, NOISE), { size: 16, context: 1, seed: 11 });
    const checkpoint = { load: async () => read('model-1.checkpoint'), save: async () => {} };
    const batches = patchBatches(plan, sampler);
    const { kept, result } = await trainDenoiser(runtime, model, plan, batches, null, { checkpoint });
    expect(result.stepsDone).toBe(20);
    const { weights } = decodeWeights(read('model-1-recorrupted.safetensors'));
    for (const [name, { data }] of Object.entries(weights))
      expect(worstDifference(kept[name].data, data)).toBeLessThan(1e-5);
  });
});

describe('a family in the format limpid-autoencoder-1', () => {
  const series = drawnVolume(8);

  it.each(['denoising', 'video', 'foreign'])('opens and takes the same noise away: %s', async (family) => {
    const model = await openModelFile(runtime, read(`autoencoder-1-${family}.onnx`));
    const { data } = await restoreScaled(model, series, intensityScale(series), () => {}, 8);
    await model.close();
    const first = data.subarray(0, series.data.length / series.frames);
    expect(worstDifference(first, series.data.subarray(0, first.length))).toBeGreaterThan(0.5);
    expect(worstDifference(first, pixels(`autoencoder-1-${family}`))).toBeLessThan(ROUNDING);
  });

  it.each(['convolutional', 'vector-quantised'])('opens and rebuilds the same planes: %s', async (family) => {
    const bytes = read(`autoencoder-1-${family}.onnx`);
    const model = await openModelFile(runtime, bytes);
    const reconstruction = await applyToPlane(model, scaledStack(series), 1);
    const { latent } = await encodePlane(model, scaledStack(series), 1);
    const decoded = await model.decode(latent);
    await model.close();
    expect(worstDifference(reconstruction, pixels(`autoencoder-1-${family}`))).toBeLessThan(1e-5);
    expect(worstDifference(decoded.data.subarray(0, reconstruction.length), reconstruction)).toBeLessThan(
      1e-5,
    );
  });

  it('holds weights that training can go on from', () => {
    const { card, weights } = readModelWeights(read('autoencoder-1-denoising.onnx'));
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
    const { weights } = readModelWeights(read('autoencoder-1-denoising.onnx'));
    for (const [name, { data }] of Object.entries(weights))
      expect(worstDifference(kept[name].data, data)).toBeLessThan(1e-5);
  });
});
