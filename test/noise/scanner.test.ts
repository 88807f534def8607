import { describe, expect, it } from 'vitest';
import { median } from '../../src-main/noise/robust.js';
import { volumeOf } from '../imaging/support.js';
import { coilsAround, noiseGain } from './coils.js';
import { PLAIN_SCANNER, type Scanner, simulateScan } from './scanner.js';

const [COLUMNS, ROWS] = [48, 40];

/** Bright all over, so that magnitudes are as good as Gaussian; a dark rim on the left counts as air. */
function bright(rim: number) {
  return volumeOf(
    Float32Array.from({ length: COLUMNS * ROWS * 2 }, (_, i) => (i % COLUMNS < rim ? 0 : 1000)),
    [COLUMNS, ROWS, 2],
  );
}

/** Deviation of many repeats over the map, median over voxels of tissue far from the rim. */
function measuredOverTold(scanner: Partial<Scanner>): number {
  const object = bright(0);
  const repeats = Array.from({ length: 24 }, (_, seed) =>
    simulateScan(object, { ...PLAIN_SCANNER, ...scanner }, 5, seed + 1),
  );
  const ratios = Array.from(object.data, (_, i) => {
    const values = repeats.map(({ noisy }) => noisy.data[i]);
    const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
    const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1);
    return variance / repeats[0].map[i] ** 2;
  });
  return Math.sqrt(ratios.reduce((sum, v) => sum + v, 0) / ratios.length);
}

describe('simulateScan', () => {
  it.each<[string, Partial<Scanner>]>([
    ['one coil', {}],
    ['zero filling', { acquired: [0.6, 0.8] }],
    ['a Fermi window', { window: 'fermi', acquired: [0.8, 0.8] }],
    ['a Hann window', { window: 'hann' }],
    ['a sum of squares', { coils: 4, combination: 'sum-of-squares' }],
    ['normalisation', { coils: 6, normalised: true }],
    ['acceleration', { coils: 8, acceleration: 2, normalised: true }],
  ])('tells the level of its noise: %s', (_, scanner) => {
    expect(measuredOverTold(scanner)).toBeGreaterThan(0.95);
    expect(measuredOverTold(scanner)).toBeLessThan(1.05);
  });

  it('has the level that was asked for in tissue, and less in quiet air', () => {
    const scan = simulateScan(bright(24), { ...PLAIN_SCANNER, airGain: 0.25 }, 7, 1);
    const tissue = [...scan.map].filter((_, i) => i % COLUMNS >= 24);
    expect(median(tissue)).toBeCloseTo(7, 5);
    expect(scan.map[12 + 20 * COLUMNS]).toBeLessThan(0.4 * 7);
  });

  it('gives the same for the same seed, and without noise what the clean image says', () => {
    const scanner = { ...PLAIN_SCANNER, coils: 4, window: 'fermi' } as const;
    expect(simulateScan(bright(8), scanner, 5, 3).noisy.data).toEqual(
      simulateScan(bright(8), scanner, 5, 3).noisy.data,
    );
    const faint = simulateScan(bright(8), scanner, 1e-6, 3);
    faint.noisy.data.forEach((value, i) => {
      expect(value).toBeCloseTo(faint.clean.data[i], 2);
    });
  });

  it('refuses what no scanner does', () => {
    expect(() => simulateScan(bright(0), { ...PLAIN_SCANNER, acceleration: 2 }, 5, 1)).toThrow(/coils/);
    expect(() => simulateScan(bright(0), { ...PLAIN_SCANNER, acquired: [0, 1] }, 5, 1)).toThrow(/k-space/);
    expect(() => simulateScan(bright(0), PLAIN_SCANNER, 0, 1)).toThrow(/level/);
  });
});

describe('noiseGain', () => {
  it('is 1 without acceleration, and rises with it', () => {
    const coils = coilsAround(8, COLUMNS, ROWS);
    expect(new Set(noiseGain(coils, 1))).toEqual(new Set([1]));
    const [twice, four] = [noiseGain(coils, 2), noiseGain(coils, 4)];
    expect(twice.every((gain) => gain >= 1)).toBe(true);
    expect(median(four)).toBeGreaterThan(median(twice));
  });

  it('is that of the inverse of S^H S', () => {
    const coils = coilsAround(3, 4, 8);
    const gain = noiseGain(coils, 2);
    const at = [1 * 4 + 2, 5 * 4 + 2];
    const dot = (a: number, b: number) => {
      let [re, im] = [0, 0];
      for (const field of coils.fields) {
        re += field.re[a] * field.re[b] + field.im[a] * field.im[b];
        im += field.re[a] * field.im[b] - field.im[a] * field.re[b];
      }
      return { re, im };
    };
    const [aa, bb, ab] = [dot(at[0], at[0]).re, dot(at[1], at[1]).re, dot(at[0], at[1])];
    const determinant = aa * bb - (ab.re ** 2 + ab.im ** 2);
    expect(gain[at[0]]).toBeCloseTo(Math.sqrt((bb / determinant) * aa), 6);
  });
});
