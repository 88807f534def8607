import { describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { alignmentOf } from '../../src-main/filters/alignment.js';
import { addChange } from '../../src-main/filters/change.js';
import { classicalDenoiser } from '../../src-main/filters/denoiser.js';
import { mpPca, pcaRisk } from '../../src-main/filters/mppca.js';
import { type Box, cutValues, floats, wholeBox } from '../../src-main/imaging/box.js';
import type { Volume } from '../../src-main/imaging/volume.js';
import type { NoiseModel } from '../../src-main/noise/domain.js';
import { resampled } from '../../src-main/noise/motion/resample.js';
import { volumeOf } from '../imaging/support.js';

const [SIDE, SLICES, FRAMES] = [28, 8, 10];
const SIGMA = 2;
const NOISE: NoiseModel = {
  sigma: SIGMA,
  map: null,
  distribution: 'gaussian',
  correlation: { x: 0, y: 0, z: 0 },
  airMasked: false,
  certain: true,
};

/** A folded ball that lies elsewhere in each frame, by up to `most` voxels along each axis. */
function series(most: number): { noisy: Volume; clean: Float32Array } {
  const random = new Random(3);
  const length = SIDE * SIDE * SLICES;
  const clean = new Float32Array(length * FRAMES);
  for (let f = 0; f < FRAMES; f++) {
    const [a, b, c] = [0, 1, 2].map(() => most * (2 * random.uniform() - 1));
    for (let i = 0; i < length; i++) {
      const x = (i % SIDE) - a - (SIDE - 1) / 2;
      const y = (Math.floor(i / SIDE) % SIDE) - b - (SIDE - 1) / 2;
      const z = Math.floor(i / SIDE ** 2) - c - (SLICES - 1) / 2;
      const edge = 1 / (1 + Math.exp(2 * (Math.hypot(x, y, z) - 10)));
      const folds = Math.sin(x / 1.3 + 1) * Math.cos(y / 1.5) * Math.cos(z / 2 + 0.4);
      clean[f * length + i] = edge * (100 + 35 * folds + 15 * Math.sin(x / 4 + y / 5));
    }
  }
  const data = clean.map((value) => value + SIGMA * random.normal());
  return { noisy: volumeOf(data, [SIDE, SIDE, SLICES, FRAMES]), clean };
}

function errorOf(found: Float32Array, truth: Float32Array): number {
  return Math.sqrt(found.reduce((sum, value, i) => sum + (value - truth[i]) ** 2, 0) / truth.length);
}

describe('MP-PCA of series that move', () => {
  it('comes closer to the truth where each frame lies otherwise', async () => {
    const { noisy, clean } = series(0.6);
    const found = alignmentOf(noisy, NOISE, false);
    expect(found?.share).toBeGreaterThan(0.5);
    const before = await classicalDenoiser('mppca', { threads: 1 })(noisy, NOISE, false);
    const motion = found === null ? {} : { motion: { ...found, box: wholeBox(noisy) } };
    const after = await classicalDenoiser('mppca', { ...motion, threads: 1 })(noisy, NOISE, false);
    expect(errorOf(after.data, clean)).toBeLessThan(0.93 * errorOf(before.data, clean));
  });

  it('is what it was where nothing moves', () => {
    expect(alignmentOf(series(0).noisy, NOISE, false)).toBeNull();
  });

  it('tells nothing of planes and series that are too small', () => {
    expect(alignmentOf(volumeOf(new Float32Array(4 * 8 * 8 * 8), [8, 8, 8, 4]), NOISE, false)).toBeNull();
    expect(alignmentOf(volumeOf(new Float32Array(3 * 4096), [16, 16, 16, 3]), NOISE, false)).toBeNull();
  });

  it('takes the same change off a part as off the whole', () => {
    const { noisy } = series(0.6);
    const found = alignmentOf(noisy, NOISE, false);
    if (found === null) throw new Error('motion is there');
    const whole = new Float32Array(noisy.data.length);
    addChange(whole, noisy, NOISE, { ...found, box: wholeBox(noisy) }, 1);
    const box: Box = { column: 5, row: 3, slice: 2, columns: 9, rows: 11, slices: 4 };
    const part: Volume = { ...noisy, ...box, data: cutValues(noisy.data, noisy, box, floats) };
    const own = new Float32Array(part.data.length);
    addChange(own, part, NOISE, { ...found, box }, 1);
    expect(own).toEqual(cutValues(whole, noisy, box, floats));
    expect(Math.max(...own)).toBeGreaterThan(1);
    addChange(own, part, NOISE, { ...found, box }, -1);
    expect(own.every((value) => Math.abs(value) < 1e-5)).toBe(true);
  });
});

describe('pcaRisk', () => {
  it('expects the error that is there', () => {
    const random = new Random(7);
    const grid = { columns: 20, rows: 20, slices: 10 };
    const length = 4000;
    const clean = new Float32Array(length * 12);
    for (let f = 0; f < 12; f++)
      for (let i = 0; i < length; i++)
        clean[f * length + i] = 6 * Math.sin(i / 3) * Math.cos(f) + 4 * Math.cos(i / 7) * Math.sin(2 * f);
    const values = clean.map((value) => value + random.normal());
    // windows that lie side by side, so that no mean over several of them makes the error less
    const settings = { radius: 2, radiusThrough: 2, stride: 5, shrink: true, mostVariance: 1e9 };
    const made = mpPca(values, 12, grid, { from: 0, to: 10 }, settings);
    const { error } = pcaRisk(values, 12, grid, settings, null);
    expect(error / errorOf(made, clean) ** 2).toBeGreaterThan(0.85);
    expect(error / errorOf(made, clean) ** 2).toBeLessThan(1.15);
  });
});

describe('resampled', () => {
  const image = {
    data: Float32Array.from({ length: 8 * 7 * 6 }, (_, i) => (i % 8) * 3 + (Math.floor(i / 8) % 7) * 2),
    columns: 8,
    rows: 7,
    slices: 6,
  };

  it('gives the very same values where nothing moves, and those between on a slope', () => {
    const still = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
    expect(resampled(image, still, wholeBox(image))).toEqual(image.data);
    const shifted = [1, 0, 0, 0.25, 0, 1, 0, 0.5, 0, 0, 1, 0.3, 0, 0, 0, 1];
    const inner = { column: 2, row: 2, slice: 2, columns: 1, rows: 1, slices: 1 };
    expect(resampled(image, shifted, inner)[0]).toBeCloseTo(3 * 2.25 + 2 * 2.5, 5);
  });

  it('goes on beyond the border with what is there', () => {
    const far = [1, 0, 0, -20, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
    const first = { column: 0, row: 3, slice: 1, columns: 4, rows: 1, slices: 1 };
    expect([...resampled(image, far, first)]).toEqual([6, 6, 6, 6]);
  });
});
