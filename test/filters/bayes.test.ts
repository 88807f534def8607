import { describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { type BayesSettings, bayesSums, origins } from '../../src-main/filters/bayes.js';
import type { Grid } from '../../src-main/filters/slab.js';

const grid: Grid = { columns: 11, rows: 10, slices: 5 };
const settings: BayesSettings = {
  patch: [3, 2, 2],
  step: 2,
  reach: 3,
  reachThrough: 1,
  group: 9,
  restored: 6,
  enough: Number.POSITIVE_INFINITY,
  correlation: [0, 0, 0],
};

const voxelsOf = ({ columns, rows, slices }: Grid) => columns * rows * slices;

/** An edge that runs through all slices, and what a first filter might make of it; steps in sigma. */
function images(grid: Grid, step = 8): { frame: Float32Array; pilot: Float32Array } {
  const random = new Random(3);
  const { columns, rows } = grid;
  const truth = Float32Array.from({ length: voxelsOf(grid) }, (_, i) =>
    (i % columns) + (Math.floor(i / columns) % rows) > (columns + rows) / 2 - 1 ? 4 + step : 4,
  );
  return {
    frame: truth.map((value) => value + random.normal()),
    pilot: truth.map((value) => value + 0.3 * random.normal()),
  };
}

/** The formula as it is written, by an inverse from Gauss and Jordan. */
function byTheBook(
  frame: Float32Array,
  pilot: Float32Array,
  grid: Grid,
  layer: number,
  { patch, step, reach, reachThrough, group, restored, enough, correlation }: BayesSettings,
): Float64Array {
  const length = voxelsOf(grid);
  const [width, height, depth] = patch;
  const cells = Array.from({ length: width * height * depth }, (_, k) => [
    k % width,
    Math.floor(k / width) % height,
    Math.floor(k / (width * height)),
  ]);
  const patchAt = (image: Float32Array, [x, y, z]: number[]) =>
    cells.map(([dx, dy, dz]) => image[((z + dz) * grid.rows + y + dy) * grid.columns + x + dx]);
  const covariance = (lag: number, rho: number) =>
    lag === 0 ? 1 : lag === 1 ? rho : rho > 0.5 ? rho ** lag : 0;
  const noise = cells.map((a) =>
    cells.map(
      (b) => 1.3 * [0, 1, 2].reduce((p, i) => p * covariance(Math.abs(a[i] - b[i]), correlation[i]), 1),
    ),
  );
  const sums = new Float64Array(2 * length);
  for (const y of origins(grid.rows, height, step))
    for (const x of origins(grid.columns, width, step)) {
      const middle =
        ((layer + (depth >> 1)) * grid.rows + y + (height >> 1)) * grid.columns + x + (width >> 1);
      if (sums[length + middle] > enough) continue;
      const own = patchAt(pilot, [x, y, layer]);
      const say = Math.min(1, (Math.max(...own) - Math.min(...own)) / 0.7 - 1);
      if (say <= 0) continue;
      const places: { at: number[]; distance: number; far: number }[] = [];
      for (
        let z = Math.max(0, layer - reachThrough);
        z <= Math.min(grid.slices - depth, layer + reachThrough);
        z++
      )
        for (let v = Math.max(0, y - reach); v <= Math.min(grid.rows - height, y + reach); v++)
          for (let u = Math.max(0, x - reach); u <= Math.min(grid.columns - width, x + reach); u++) {
            const distance = patchAt(pilot, [u, v, z]).reduce(
              (sum, value, k) => sum + (value - own[k]) ** 2,
              0,
            );
            places.push({ at: [u, v, z], distance, far: 0 });
          }
      const chosen = places.sort((a, b) => a.distance - b.distance).slice(0, group);
      const guides = chosen.map(({ at }) => patchAt(pilot, at));
      const noisy = chosen.map(({ at }) => patchAt(frame, at));
      const meanOf = (rows: number[][]) =>
        cells.map((_, k) => rows.reduce((sum, row) => sum + row[k], 0) / rows.length);
      const [guideMean, mean] = [meanOf(guides), meanOf(noisy)];
      const sum = cells.map((_, k) =>
        cells.map(
          (_, l) =>
            guides.reduce((s, row) => s + (row[k] - guideMean[k]) * (row[l] - guideMean[l]), 0) /
              Math.max(1, guides.length - 1) +
            noise[k][l],
        ),
      );
      const inverse = inverted(sum);
      chosen.slice(0, restored).forEach(({ at: [u, v, z] }, j) => {
        const solved = inverse.map((row) =>
          row.reduce((s, value, l) => s + value * (noisy[j][l] - mean[l]), 0),
        );
        cells.forEach(([dx, dy, dz], k) => {
          const i = ((z + dz) * grid.rows + v + dy) * grid.columns + u + dx;
          const half = (at: number, side: number) => Math.sin((Math.PI * (at + 0.5)) / side);
          const weight = say * half(dx, width) * half(dy, height) * half(dz, depth);
          sums[i] += weight * (noisy[j][k] - noise[k].reduce((s, value, l) => s + value * solved[l], 0));
          sums[length + i] += weight;
        });
      });
    }
  return sums;
}

function inverted(matrix: number[][]): number[][] {
  const n = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let k = 0; k < n; k++) {
    const pivot = rows[k][k];
    rows[k] = rows[k].map((value) => value / pivot);
    for (let i = 0; i < n; i++) {
      const factor = rows[i][k];
      if (i !== k) rows[i] = rows[i].map((value, j) => value - factor * rows[k][j]);
    }
  }
  return rows.map((row) => row.slice(n));
}

/** The largest difference to the formula, in sigma; groups must be the same. */
function largestError(grid: Grid, layers: readonly number[], changed: Partial<BayesSettings>, step?: number) {
  const all = { ...settings, ...changed };
  const length = voxelsOf(grid);
  const { frame, pilot } = images(grid, step);
  let largest = 0;
  for (const layer of layers) {
    const expected = byTheBook(frame, pilot, grid, layer, all);
    const found = bayesSums(frame, pilot, grid, layer, all);
    const counts = [...expected.subarray(length)];
    expect(counts.some((count) => count > 0)).toBe(true);
    for (let i = 0; i < length; i++) {
      expect(found[length + i]).toBeCloseTo(counts[i], 3);
      largest = Math.max(largest, Math.abs(found[i] - expected[i]) / Math.max(1, counts[i]));
    }
  }
  return largest;
}

describe('non-local Bayes', () => {
  it.each<[string, Partial<BayesSettings>]>([
    ['white noise', {}],
    ['correlated noise', { correlation: [0.4, 0.3, 0] }],
    ['strongly correlated noise', { correlation: [0.6, 0.6, 0] }],
    ['groups of whole vectors', { group: 16, restored: 16 }],
    ['a group of all there is', { group: 900, restored: 900 }],
    ['patches of the default', { patch: [4, 4, 4], step: 4, group: 40, restored: 40 }],
    ['patches that other groups told of', { enough: 0.7 }],
    ['larger patches', { patch: [5, 5, 4], step: 4, group: 60, restored: 30, correlation: [0.6, 0.6, 0] }],
  ])('is the formula, for %s', (_, changed) => {
    const last = grid.slices - (changed.patch ?? settings.patch)[2];
    expect(largestError(grid, [0, last], changed)).toBeLessThan(5e-5);
  });

  it.each<[string, Grid, Partial<BayesSettings>]>([
    [
      'a slice',
      { columns: 30, rows: 23, slices: 1 },
      { patch: [5, 5, 1], reach: 6, group: 60, restored: 60 },
    ],
    ['larger patches', { columns: 30, rows: 23, slices: 1 }, { patch: [7, 7, 1], reach: 9, group: 60 }],
    ['an image narrower than a vector', { columns: 3, rows: 21, slices: 3 }, {}],
    ['an image of one patch', { columns: 3, rows: 2, slices: 2 }, { group: 1, restored: 1 }],
  ])('is the formula, for %s', (_, grid, changed) => {
    expect(largestError(grid, [0], { ...changed, reachThrough: 0 })).toBeLessThan(5e-5);
  });

  it.each([
    ['white', 100],
    ['white', 5000],
    ['correlated', 100],
    ['correlated', 5000],
  ] as const)('keeps to it in %s noise, where an edge is %i sigma high', (name, step) => {
    const correlation = name === 'white' ? ([0, 0, 0] as const) : ([0.6, 0.6, 0] as const);
    const changed = { patch: [4, 4, 4], step: 4, group: 40, restored: 40, correlation } as const;
    expect(largestError(grid, [0, 1], changed, step)).toBeLessThan(0.01);
  });

  it('asks no group for a patch of which others told enough', () => {
    const { frame, pilot } = images(grid);
    const sayOf = (enough: number) => {
      const sums = bayesSums(frame, pilot, grid, 0, { ...settings, enough });
      return sums.subarray(voxelsOf(grid));
    };
    const [some, all] = [sayOf(0.7), sayOf(Number.POSITIVE_INFINITY)];
    const total = (says: Float32Array) => says.reduce((sum, say) => sum + say, 0);
    expect(total(some)).toBeLessThan(0.8 * total(all));
    expect(total(some)).toBeGreaterThan(0.2 * total(all));
  });

  it('leaves alone where the estimate is flat', () => {
    const { frame } = images(grid);
    const flat = new Float32Array(voxelsOf(grid)).fill(7);
    expect(bayesSums(frame, flat, grid, 0, settings).every((value) => value === 0)).toBe(true);
  });

  it('keeps nothing from the task before', () => {
    const small = { columns: 8, rows: 7, slices: 2 };
    const { frame, pilot } = images(small);
    const first = bayesSums(frame, pilot, small, 0, settings);
    const large = images(grid);
    bayesSums(large.frame, large.pilot, grid, 2, { ...settings, patch: [5, 5, 1], group: 40 });
    expect(bayesSums(frame, pilot, small, 0, settings)).toEqual(first);
  });

  it('puts the last patch at the border', () => {
    expect(origins(11, 4, 4)).toEqual([0, 4, 7]);
    expect(origins(12, 4, 4)).toEqual([0, 4, 8]);
    expect(origins(4, 4, 4)).toEqual([0]);
    expect(origins(3, 4, 4)).toEqual([]);
  });
});
