import { describe, expect, it } from 'vitest';
import { Random } from '../../../src-main/base/random.js';
import { choleskyInPlace, solveInPlace } from '../../../src-main/noise/classical/algebra.js';
import { type BayesSettings, bayesSums, origins } from '../../../src-main/noise/classical/bayes.js';
import type { Grid } from '../../../src-main/noise/classical/slab.js';

const grid: Grid = { columns: 11, rows: 10, slices: 5 };
const length = grid.columns * grid.rows * grid.slices;
const settings: BayesSettings = {
  patch: [3, 2, 2],
  step: 2,
  reach: 3,
  reachThrough: 1,
  group: 9,
  restored: 6,
  correlation: [0, 0, 0],
};

/** An edge that runs through all slices, and what a first filter might make of it. */
function images(): { frame: Float32Array; pilot: Float32Array } {
  const random = new Random(3);
  const truth = Float32Array.from({ length }, (_, i) => ((i % 11) + (Math.floor(i / 11) % 10) > 9 ? 12 : 4));
  return {
    frame: truth.map((value) => value + random.normal()),
    pilot: truth.map((value) => value + 0.3 * random.normal()),
  };
}

/** The formula as it is written, by an inverse from Gauss and Jordan. */
function byTheBook(
  frame: Float32Array,
  pilot: Float32Array,
  layer: number,
  { patch, step, reach, reachThrough, group, restored, correlation }: BayesSettings,
): Float64Array {
  const [width, height, depth] = patch;
  const cells = Array.from({ length: width * height * depth }, (_, k) => [
    k % width,
    Math.floor(k / width) % height,
    Math.floor(k / (width * height)),
  ]);
  const patchAt = (image: Float32Array, [x, y, z]: number[]) =>
    cells.map(([dx, dy, dz]) => image[((z + dz) * grid.rows + y + dy) * grid.columns + x + dx]);
  const covariance = (lag: number, rho: number) => (lag === 0 ? 1 : lag === 1 ? rho : 0);
  const noise = cells.map((a) =>
    cells.map(
      (b) => 1.3 * [0, 1, 2].reduce((p, i) => p * covariance(Math.abs(a[i] - b[i]), correlation[i]), 1),
    ),
  );
  const sums = new Float64Array(2 * length);
  for (const y of origins(grid.rows, height, step))
    for (const x of origins(grid.columns, width, step)) {
      const own = patchAt(pilot, [x, y, layer]);
      if (Math.max(...own) - Math.min(...own) < 0.5) continue;
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
              (guides.length - 1) +
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
          sums[i] += noisy[j][k] - noise[k].reduce((s, value, l) => s + value * solved[l], 0);
          sums[length + i]++;
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

describe('non-local Bayes', () => {
  it.each([
    ['white', [0, 0, 0]],
    ['correlated', [0.4, 0.3, 0]],
  ] as const)('is the formula, for %s noise', (_, correlation) => {
    const { frame, pilot } = images();
    for (const layer of [0, 3]) {
      const expected = byTheBook(frame, pilot, layer, { ...settings, correlation });
      const found = bayesSums(frame, pilot, grid, layer, { ...settings, correlation });
      expect(expected.subarray(length).some((count) => count > 2)).toBe(true);
      expect([...found.subarray(length)]).toEqual([...expected.subarray(length)]);
      for (let i = 0; i < length; i++) expect(found[i]).toBeCloseTo(expected[i], 3);
    }
  });

  it('leaves alone where the estimate is flat', () => {
    const { frame } = images();
    const sums = bayesSums(frame, new Float32Array(length).fill(7), grid, 0, settings);
    expect(sums.every((value) => value === 0)).toBe(true);
  });

  it('puts the last patch at the border', () => {
    expect(origins(11, 4, 4)).toEqual([0, 4, 7]);
    expect(origins(12, 4, 4)).toEqual([0, 4, 8]);
    expect(origins(4, 4, 4)).toEqual([0]);
    expect(origins(3, 4, 4)).toEqual([]);
  });

  it('solves four systems at once', () => {
    const random = new Random(5);
    const n = 7;
    const a = Array.from({ length: n }, () => Array.from({ length: n }, () => random.normal()));
    const matrix = a.map((row, i) =>
      a.map((other, j) => row.reduce((s, v, k) => s + v * other[k], i === j ? 1 : 0)),
    );
    const solution = Float64Array.from({ length: 4 * n }, () => random.normal());
    const sides = solution.map((_, at) =>
      matrix[Math.floor(at / 4)].reduce((s, value, l) => s + value * solution[4 * l + (at % 4)], 0),
    );
    const factor = Float64Array.from(matrix.flat());
    choleskyInPlace(factor, n);
    solveInPlace(factor, sides, n);
    sides.forEach((value, i) => {
      expect(value).toBeCloseTo(solution[i], 9);
    });
  });
});
