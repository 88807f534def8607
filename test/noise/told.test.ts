import { describe, expect, it } from 'vitest';
import type { Volume } from '../../src-main/imaging/volume.js';
import { estimateNoise } from '../../src-main/noise/estimate/estimate.js';
import { simulateNoise } from '../../src-main/noise/simulate.js';
import { levelsAt } from '../../src-main/noise/told/level-map.js';
import { looksLikeNoise, scannedNoise } from '../../src-main/noise/told/scan.js';
import { withToldNoise } from '../../src-main/noise/told/told-noise.js';
import { volumeOf } from '../imaging/support.js';
import { PLAIN_SCANNER, simulateScan } from './scanner.js';

/** A volume on a grid of [5, 4, 3] voxels of 2 x 3 x 4 mm, in the corner of the patient. */
const grid = { columns: 5, rows: 4, slices: 3, affine: [2, 0, 0, 10, 0, 3, 0, 20, 0, 0, 4, 30, 0, 0, 0, 1] };
const levels = Float32Array.from({ length: 60 }, (_, i) => i + 1);
const map = { ...grid, frames: 1, data: levels };

describe('a map of levels', () => {
  it('is taken as it is on its own grid, with the typical level where it says nothing', () => {
    expect(levelsAt(map, grid)).toEqual(levels);
    const holes = Float32Array.from(levels, (level, i) => (i === 7 ? 0 : level));
    expect(levelsAt({ ...map, data: holes }, grid)[7]).toBe(31);
  });

  it('is turned where its axes are stored in another order and direction', () => {
    // rows first, and slices from the last to the first: [4, 5, 3]
    const data = new Float32Array(60);
    for (let z = 0; z < 3; z++)
      for (let y = 0; y < 4; y++)
        for (let x = 0; x < 5; x++) data[((2 - z) * 5 + x) * 4 + y] = levels[(z * 4 + y) * 5 + x];
    const affine = [0, 2, 0, 10, 3, 0, 0, 20, 0, 0, -4, 38, 0, 0, 0, 1];
    expect(levelsAt({ columns: 4, rows: 5, slices: 3, frames: 1, data, affine }, grid)).toEqual(levels);
  });

  const moved = [...grid.affine];
  moved[3] += 2;
  const coarse = grid.affine.map((value, i) => (i % 4 < 3 ? 2 * value : value));
  const nothing = new Float32Array(60);
  it.each([
    ['of another size', { ...map, columns: 4, data: levels.subarray(0, 48) }, 'E_GEOMETRY'],
    [
      'of another size without a place',
      { ...map, rows: 3, affine: null, data: levels.subarray(0, 45) },
      'E_GEOMETRY',
    ],
    ['that lies a voxel aside', { ...map, affine: moved }, 'E_GEOMETRY'],
    ['of other voxels', { ...map, affine: coarse }, 'E_GEOMETRY'],
    ['without orientation', { ...map, affine: new Array(16).fill(0) }, 'E_GEOMETRY'],
    ['of several volumes', { ...map, frames: 2, data: new Float32Array(120).fill(1) }, 'E_GEOMETRY'],
    ['with a negative level', { ...map, data: levels.map((v) => (v === 9 ? -1 : v)) }, 'E_VALUES'],
    [
      'with a level that is no number',
      { ...map, data: levels.map((v) => (v === 9 ? Number.NaN : v)) },
      'E_VALUES',
    ],
    ['with an infinite level', { ...map, data: levels.map((v) => (v === 9 ? 1 / 0 : v)) }, 'E_VALUES'],
    ['of zeros', { ...map, data: nothing }, 'E_VALUES'],
  ])('%s is refused', (_, wrong, code) => {
    expect(() => levelsAt(wrong, grid)).toThrow(expect.objectContaining({ code }));
  });
});

function head(side: number, slices: number): Volume {
  const data = Float32Array.from({ length: side * side * slices }, (_, i) => {
    const x = (2 * (i % side)) / side - 1;
    const y = (2 * (Math.floor(i / side) % side)) / side - 1;
    return Math.hypot(x / 0.75, y / 0.85) < 1 ? 500 + 100 * Math.sin(5 * x) * Math.cos(4 * y) : 0;
  });
  return volumeOf(data, [side, side, slices]);
}

const empty = volumeOf(new Float32Array(64 * 64 * 6), [64, 64, 6]);

describe('a scan without signal', () => {
  it.each([
    ['white', 0, 0],
    ['correlated', 1.2, 0.2],
  ])('tells level and correlation of %s magnitudes', (_, width, least) => {
    const scan = simulateNoise(empty, { kind: 'rician', sigma: 12, correlation: width, seed: 2 });
    expect(looksLikeNoise(scan)).toBe(true);
    const found = scannedNoise(scan);
    expect(Math.abs(found.sigma / 12 - 1)).toBeLessThan(0.05);
    expect(found.correlation.x).toBeGreaterThanOrEqual(least);
    expect(found.correlation.x).toBeLessThan(least + 0.25);
    expect(found.levels).toBeNull();
  });

  it('tells the level of values around zero', () => {
    const scan = simulateNoise(empty, { kind: 'gaussian', sigma: 12, seed: 3 });
    expect(looksLikeNoise(scan)).toBe(true);
    expect(Math.abs(scannedNoise(scan).sigma / 12 - 1)).toBeLessThan(0.05);
  });

  it('has a map where its level varies', () => {
    const gains = (i: number): number => 1 + (i % 64) / 32;
    const even = simulateNoise(empty, { kind: 'rician', sigma: 12, seed: 4 });
    const { levels: found } = scannedNoise({ ...even, data: even.data.map((v, i) => v * gains(i)) });
    const off = Array.from(found ?? [], (level, i) => Math.abs(level / (12 * gains(i)) - 1)).sort(
      (a, b) => a - b,
    );
    expect(off).toHaveLength(empty.data.length);
    expect(off[Math.floor(off.length / 2)]).toBeLessThan(0.1);
  });

  it('is refused where there is something in it', () => {
    const scan = simulateNoise(head(64, 6), { kind: 'rician', sigma: 12, seed: 5 });
    expect(() => scannedNoise(scan)).toThrow(expect.objectContaining({ code: 'E_VALUES' }));
    const signed = simulateNoise(head(64, 6), { kind: 'gaussian', sigma: 12, seed: 5 });
    expect(() => scannedNoise(signed)).toThrow(expect.objectContaining({ code: 'E_VALUES' }));
  });

  it('is no map of levels', () => {
    const scanner = { ...PLAIN_SCANNER, coils: 8, normalised: true };
    const { map: truth, noisy } = simulateScan(head(64, 6), scanner, 12, 6);
    expect(looksLikeNoise({ ...noisy, data: truth })).toBe(false);
  });
});

describe('an estimate with what was told', () => {
  const noisy = simulateNoise(head(64, 6), { kind: 'rician', sigma: 12, seed: 7 });
  const estimate = estimateNoise(noisy, { modality: 'MR' });

  it('has the level that was told, certain, and says where the images show another one', () => {
    const same = withToldNoise(estimate, noisy, { level: 12.5 });
    expect(same).toMatchObject({ sigma: 12.5, map: null, certain: true, methods: { told: 12.5 } });
    expect(same.relative / 12.5).toBeCloseTo(estimate.relative / estimate.sigma, 1);
    expect(same.warnings.map(({ code }) => code)).not.toContain('W_NOISE_DISAGREE');
    const other = withToldNoise(estimate, noisy, { level: 4 });
    const times = `${(estimate.sigma / 4).toFixed(1)} times`;
    expect(other.warnings.find(({ code }) => code === 'W_NOISE_DISAGREE')?.message).toContain(times);
  });

  it('has the map that was told, and its typical level in tissue', () => {
    const level = Float32Array.from({ length: noisy.data.length }, (_, i) => (noisy.data[i] > 200 ? 12 : 3));
    const found = withToldNoise(estimate, noisy, { level, correlation: { x: 0.5, y: 0.1 } });
    expect(found.sigma).toBe(12);
    expect(found.map).toBe(level);
    expect(found.correlated).toBe(true);
    expect(found.correlation).toEqual({ x: 0.5, y: 0.1, z: estimate.correlation.z });
  });
});
