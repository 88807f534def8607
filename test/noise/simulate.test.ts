import { describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import type { Volume } from '../../src-main/imaging/volume.js';
import { RAYLEIGH_MEAN } from '../../src-main/noise/rician.js';
import {
  gainMap,
  noiseField,
  sigmaOfLevel,
  simulateNoise,
  spectralNoise,
} from '../../src-main/noise/simulate.js';

function constant(value: number, columns: number, rows: number, slices: number, frames = 1): Volume {
  return {
    data: new Float32Array(columns * rows * slices * frames).fill(value),
    columns,
    rows,
    slices,
    frames,
    spacing: [1, 1, 1],
    affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
    units: 'a.u.',
    measured: null,
    quantum: 0,
  };
}

function moments(values: Float32Array): { mean: number; sd: number } {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  return { mean, sd: Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length) };
}

function lagOne(field: Float32Array, stride: number): number {
  let top = 0;
  let below = 0;
  for (let i = 0; i + stride < field.length; i++) {
    top += field[i] * field[i + stride];
    below += field[i] * field[i];
  }
  return top / below;
}

/** Standard deviation of pure noise (Rayleigh) of unit channel sigma: 0.655. */
const RAYLEIGH_SD = Math.sqrt(2 - Math.PI / 2);

describe('simulateNoise', () => {
  it('makes Rayleigh noise of air and nearly Gaussian noise of tissue', () => {
    const air = moments(simulateNoise(constant(0, 200, 200, 2), { kind: 'rician', sigma: 4, seed: 1 }).data);
    expect(air.mean / 4 / RAYLEIGH_MEAN).toBeCloseTo(1, 2);
    expect(air.sd / 4 / RAYLEIGH_SD).toBeCloseTo(1, 1.7);
    const tissue = moments(
      simulateNoise(constant(-1000, 200, 200, 2), { kind: 'gaussian', sigma: 4, seed: 1 }).data,
    );
    expect(Math.abs(tissue.mean + 1000)).toBeLessThan(0.06);
    expect(tissue.sd).toBeCloseTo(4, 1);
  });

  it('is the same for the same seed and another for another; frames differ', () => {
    const clean = constant(10, 8, 8, 2, 2);
    const make = (seed: number) => simulateNoise(clean, { kind: 'rician', sigma: 1, seed }).data;
    expect(make(3)).toEqual(make(3));
    expect(make(3)).not.toEqual(make(4));
    expect(make(3).slice(0, 128)).not.toEqual(make(3).slice(128));
  });

  it('keeps sigma when it correlates, at the borders too', () => {
    const random = new Random(2);
    let border = 0;
    for (let i = 0; i < 40; i++) {
      const field = noiseField({ columns: 64, rows: 64, slices: 4 }, random, [2, 1.5, 0]);
      for (let y = 0; y < 64 * 4; y++) border += field[y * 64] ** 2 / (64 * 4 * 40);
    }
    expect(Math.abs(Math.sqrt(border) - 1)).toBeLessThan(0.03);
    const field = noiseField({ columns: 256, rows: 256, slices: 2 }, random, 2);
    expect(Math.abs(moments(field).sd - 1)).toBeLessThan(0.02);
    // autocorrelation of a Gaussian kernel of SD s is exp(-1 / (4 s^2)), s = 2 / 2.3548
    expect(lagOne(field, 1)).toBeCloseTo(Math.exp(-1 / (4 * (2 / 2.3548) ** 2)), 1);
    expect(Math.abs(lagOne(noiseField({ columns: 256, rows: 256, slices: 2 }, random), 1))).toBeLessThan(
      0.02,
    );
  });

  it('follows a map, shared by the frames, and leaves padding alone', () => {
    const clean = constant(1000, 40, 40, 1, 2);
    const measured = new Uint8Array(clean.data.length).fill(1);
    measured[5] = 0;
    const map = Float32Array.from({ length: 1600 }, (_, i) => (i < 800 ? 1 : 10));
    const noisy = simulateNoise({ ...clean, measured }, { kind: 'gaussian', sigma: map, seed: 9 }).data;
    expect(noisy[5]).toBe(1000);
    for (const start of [0, 1600]) {
      expect(Math.abs(moments(noisy.slice(start, start + 800)).sd - 1)).toBeLessThan(0.1);
      expect(Math.abs(moments(noisy.slice(start + 800, start + 1600)).sd / 10 - 1)).toBeLessThan(0.1);
    }
  });

  it('refuses levels and maps without meaning', () => {
    const clean = constant(1, 4, 4, 1);
    expect(() => simulateNoise(clean, { kind: 'rician', sigma: -1, seed: 1 })).toThrow(
      expect.objectContaining({ code: 'E_VALUES' }),
    );
    expect(() => simulateNoise(clean, { kind: 'rician', sigma: new Float32Array(3), seed: 1 })).toThrow(
      expect.objectContaining({ code: 'E_SHAPE' }),
    );
  });

  it('takes the level from the brightest value, as BrainWeb does', () => {
    expect(sigmaOfLevel(constant(250, 2, 2, 1), 9)).toBeCloseTo(22.5, 10);
  });
});

describe('spectralNoise', () => {
  it('has the correlation by distance that it was asked for, and none beyond', () => {
    const [rows, columns] = [96, 80];
    const along = [1, 0.5, 0.1, -0.2];
    const lags = along.flatMap((y) => along.map((x) => x * y));
    const draw = spectralNoise(rows, columns, lags);
    const random = new Random(5);
    const planes = Array.from({ length: 40 }, () => draw(random));
    const correlation = (dx: number, dy: number): number => {
      let sum = 0;
      for (const plane of planes)
        for (let y = 0; y < rows; y++)
          for (let x = 0; x < columns; x++)
            sum += plane[y * columns + x] * plane[((y + dy) % rows) * columns + ((x + dx) % columns)];
      return sum / (planes.length * rows * columns);
    };
    for (const [dx, dy, expected] of [
      [0, 0, 1],
      [1, 0, 0.5],
      [0, 1, 0.5],
      [1, 1, 0.25],
      [2, 0, 0.1],
      [3, 0, -0.2],
      [0, 3, -0.2],
      [6, 0, 0],
    ])
      expect(correlation(dx, dy)).toBeCloseTo(expected, 1);
    const again = draw(new Random(5));
    expect(again).toEqual(planes[0]);
  });
});

describe('gainMap', () => {
  it('is smooth, from 1 to the peak', () => {
    const map = gainMap({ columns: 50, rows: 40, slices: 3 }, 2.5, 7);
    expect(Math.max(...map)).toBeCloseTo(2.5, 5);
    expect(Math.min(...map)).toBeGreaterThanOrEqual(1);
    for (let i = 1; i < 50; i++) expect(Math.abs(map[i] - map[i - 1])).toBeLessThan(0.15);
  });
});
