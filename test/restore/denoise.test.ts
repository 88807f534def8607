import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { cutBox } from '../../src-main/imaging/box.js';
import type { Volume } from '../../src-main/imaging/volume.js';
import { OF_A_SERIES } from '../../src-main/model-files/model-card.js';
import { exportModel, openModelFile } from '../../src-main/model-files/model-file.js';
import { modelCard } from '../../src-main/model-files/trained-card.js';
import { type NoiseModel, toUnitNoise } from '../../src-main/noise/domain.js';
import { denoiseVolume } from '../../src-main/restore/denoise.js';
import { restorerOf, restorerOfFile } from '../../src-main/restore/restorer.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import type { Runtime } from '../../src-main/runtime/types.js';
import { trainSelf } from '../../src-main/training/self.js';
import type { TrainedModel } from '../../src-main/training/train.js';

const COLUMNS = 150;
const ROWS = 130;
const SIGMA = 8;
const NOISE: NoiseModel = {
  sigma: SIGMA,
  map: null,
  distribution: 'rician',
  correlation: { x: 0, y: 0, z: 0 },
  airMasked: false,
  certain: true,
};

function volumeOf(data: Float32Array, measured: Uint8Array | null = null): Volume {
  return {
    data,
    columns: COLUMNS,
    rows: ROWS,
    slices: 3,
    frames: 1,
    spacing: [1, 1, 1],
    affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
    units: 'a.u.',
    measured,
    quantum: 0,
  };
}

/** Overlapping ellipses of several grey levels in air. */
function phantom(): Float32Array {
  const random = new Random(4);
  const ellipses = Array.from({ length: 25 }, () => ({
    y: ROWS * random.uniform(),
    x: COLUMNS * random.uniform(),
    a: 8 + 25 * random.uniform(),
    b: 8 + 25 * random.uniform(),
    level: 40 + 160 * random.uniform(),
  }));
  return Float32Array.from({ length: 3 * ROWS * COLUMNS }, (_, i) => {
    const [z, y, x] = [Math.floor(i / (ROWS * COLUMNS)), Math.floor(i / COLUMNS) % ROWS, i % COLUMNS];
    let value = 0;
    for (const e of ellipses)
      if (((y - e.y - z) / e.a) ** 2 + ((x - e.x - z) / e.b) ** 2 < 1) value = e.level;
    return value;
  });
}

function rician(clean: Float32Array): Float32Array {
  const random = new Random(6);
  return clean.map((value) => Math.hypot(value + SIGMA * random.normal(), SIGMA * random.normal()));
}

function meanSquare(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0) / a.length;
}

describe('denoising', () => {
  const clean = phantom();
  const noisy = volumeOf(rician(clean));
  let runtime: Runtime;
  let model: TrainedModel;

  beforeAll(async () => {
    runtime = await openRuntime('cpu', { threads: 2 });
    model = await trainSelf(runtime, toUnitNoise(noisy, NOISE), {
      seed: 1,
      steps: 120,
      objective: 'recorrupted',
      only2d: false,
    });
  });
  afterAll(() => runtime.close());

  const run = async (strength: number, tileLimit: number, volume = noisy, noise = NOISE) => {
    const restorer = restorerOf(runtime, model, model.plan.objective);
    const result = await denoiseVolume(restorer, volume, noise, { strength, seed: 1, tileLimit });
    await restorer.close();
    return result;
  };

  it('removes at least two thirds of the squared error, having seen the noisy series only', async () => {
    const { denoised, errorMap } = await run(1, 640);
    expect(meanSquare(denoised.data, clean)).toBeLessThan(0.33 * meanSquare(noisy.data, clean));
    const changes = errorMap();
    const meanError = changes.reduce((sum, value) => sum + value, 0) / changes.length;
    expect(meanError).toBeGreaterThan(0.5);
    expect(meanError).toBeLessThan(1.2);
  });

  it('gives the same pixels whatever the size of the windows', async () => {
    const part = cutBox(noisy, { column: 20, row: 20, slice: 0, columns: 104, rows: 72, slices: 3 });
    const whole = await run(1, 640, part);
    const { denoised } = await run(1, 64, part);
    expect(denoised.data).toEqual(whole.denoised.data);
  });

  it('blends by strength, and returns the input at 0', async () => {
    const full = await run(1, 640);
    const half = await run(0.5, 640);
    const none = await run(0, 640);
    expect(none.denoised.data).toEqual(noisy.data);
    const i = 60 * COLUMNS + 70;
    expect(half.denoised.data[i]).toBeCloseTo(0.5 * (noisy.data[i] + full.denoised.data[i]), 3);
  });

  it('leaves padding and masked air bit for bit', async () => {
    const measured = new Uint8Array(noisy.data.length).map((_, i) => (i % COLUMNS < 10 ? 0 : 1));
    const data = noisy.data.map((value, i) => (i % COLUMNS < 10 ? -2000 : i % COLUMNS < 30 ? 0 : value));
    const volume = volumeOf(data, measured);
    const { denoised } = await run(1, 640, volume, { ...NOISE, airMasked: true });
    expect(denoised.data.every((value, i) => i % COLUMNS >= 30 || value === data[i])).toBe(true);
  });

  it('refuses a series without noise', async () => {
    await expect(run(1, 640, noisy, { ...NOISE, sigma: 0 })).rejects.toMatchObject({ code: 'E_VALUES' });
  });

  it('gives the same image through a model file', async () => {
    const facts = { version: '0.0.0', device: 'cpu', data: OF_A_SERIES };
    const file = await openModelFile(runtime, exportModel(model, modelCard(model, facts)));
    const restorer = restorerOfFile(file);
    const result = await denoiseVolume(restorer, noisy, NOISE, { strength: 1, seed: 1 });
    await restorer.close();
    const direct = await run(1, 640);
    let worst = 0;
    for (let i = 0; i < noisy.data.length; i++)
      worst = Math.max(worst, Math.abs(result.denoised.data[i] - direct.denoised.data[i]));
    expect(worst).toBeLessThan(1e-3 * SIGMA);
    expect(file.card.training).toMatchObject({ seed: 1, steps: 120 });
  });

  it('says what is wrong with a file that is no model', async () => {
    const open = openModelFile(runtime, new Uint8Array([1, 2, 3]));
    await expect(open).rejects.toMatchObject({ code: 'E_MODEL' });
  });
});
