import { describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import type { Volume } from '../../src-main/imaging/volume.js';
import { componentsNoise } from '../../src-main/noise/components.js';
import { estimateNoise } from '../../src-main/noise/estimate/estimate.js';
import { samplePlanes } from '../../src-main/noise/planes.js';
import { volumeOf } from '../imaging/support.js';

const COLUMNS = 40;
const SLICES = 10;
const AREA = COLUMNS * COLUMNS;
const SIGMA = 10;

/** Gaussian noise of which neighbours along rows and columns share `rho`. */
function noise(random: Random, rho: number): Float64Array {
  const a = rho === 0 ? 0 : (1 - Math.sqrt(1 - 4 * rho * rho)) / (2 * rho);
  let values = Float64Array.from({ length: AREA * SLICES }, () => random.normal());
  for (const step of [1, COLUMNS])
    values = values.map((v, i) => (v + a * values[(i + step) % values.length]) / Math.hypot(1, a));
  return values;
}

/** A ball whose signal changes from frame to frame in three ways, as with other gradients. */
function diffusion(frames: number, signal: number, rho: number): Volume {
  const random = new Random(3);
  const waves = [0, 1, 2].map(() => [0.4, 0.3, 0.5].map((scale) => scale * random.normal()));
  const data = new Float32Array(AREA * SLICES * frames);
  for (let frame = 0; frame < frames; frame++) {
    const [re, im] = [noise(random, rho), noise(random, rho)];
    const weights = waves.map(() => random.normal());
    for (let i = 0; i < AREA * SLICES; i++) {
      const [x, y, z] = [i % COLUMNS, Math.floor(i / COLUMNS) % COLUMNS, Math.floor(i / AREA)];
      const inside = (x - 20) ** 2 + (y - 20) ** 2 < 300 ? 1 : 0;
      const maps = waves.map(([u, v, w]) => Math.sin(u * x + v * y + w * z));
      const change = maps.reduce((sum, map, k) => sum + 0.15 * weights[k] * map, 0.25 * maps[0]);
      data[frame * AREA * SLICES + i] = Math.hypot(
        inside * signal * SIGMA * (1 + change) + SIGMA * re[i],
        SIGMA * im[i],
      );
    }
  }
  return volumeOf(data, [COLUMNS, COLUMNS, SLICES, frames]);
}

describe('componentsNoise', () => {
  for (const frames of [7, 13])
    for (const signal of [4, 20])
      for (const rho of [0, 0.4])
        it(`tells the level of ${frames} frames that are no repeats, ${signal} times the noise, correlation ${rho}`, () => {
          const volume = diffusion(frames, signal, rho);
          const found = componentsNoise(volume, samplePlanes(volume), true);
          expect(found).toBeGreaterThan(0.93 * SIGMA);
          expect(found).toBeLessThan(1.07 * SIGMA);
        });

  it.each([
    ['a copy of its neighbour', 1, 1],
    ['a mean of its neighbours, rounded', 2, 0.5],
    ['every second one a copy', 3, 1],
  ] as const)('tells the level where a frame is %s', (_, kind, weight) => {
    const volume = diffusion(13, 20, 0);
    const length = AREA * SLICES;
    const made = kind === 3 ? [1, 3, 5, 7, 9, 11] : [6];
    const data = volume.data.slice();
    for (const frame of made)
      for (let i = 0; i < length; i++) {
        const [before, after] = [-1, 1].map((step) => Math.round(volume.data[(frame + step) * length + i]));
        data[frame * length + i] = Math.round(weight * before + (1 - weight) * after);
      }
    const stored = { ...volume, data: data.map(Math.round), quantum: 1 };
    const found = componentsNoise(stored, samplePlanes(stored), true);
    expect(found).toBeGreaterThan(0.9 * SIGMA);
    expect(found).toBeLessThan(1.5 * SIGMA);
    const estimate = estimateNoise(stored, { modality: 'MR' });
    expect(estimate.sigma).toBeGreaterThan(0.8 * SIGMA);
    expect(estimate.warnings.map(({ code }) => code)).not.toContain('W_CLEAN');
  });

  it('says nothing of few frames', () => {
    const volume = diffusion(5, 20, 0);
    expect(componentsNoise(volume, samplePlanes(volume), true)).toBeNull();
  });
});

describe('estimateNoise of frames', () => {
  it('is not misled by frames that differ by far more than noise', () => {
    const estimate = estimateNoise(diffusion(13, 20, 0.4), { modality: 'MR' });
    expect(estimate.sigma / SIGMA).toBeGreaterThan(0.9);
    expect(estimate.sigma / SIGMA).toBeLessThan(1.1);
    expect(estimate.certain).toBe(true);
  });
});
