import { describe, expect, it } from 'vitest';
import { cosines } from '../../src-main/base/linear/dct.js';
import { Random } from '../../src-main/base/random.js';
import { thresholdBlocks, wienerBlocks } from '../../src-main/filters/dct.js';
import { classicalDenoiser } from '../../src-main/filters/denoiser.js';
import { noiseField, sigmaOfLevel, simulateNoise } from '../../src-main/noise/simulate.js';
import { CH2, fileLacks } from '../imaging/support.js';
import { brain, largestDifference, noiseOf, quality } from './support.js';

const noCh2 = fileLacks(CH2, 'mricron-data');

type Shrink = (coefficients: Float64Array, pilot: Float64Array) => number;

/** Every block by itself: the orthonormal transform by its definition, what is made of it, and back. */
function plainly(
  frame: Float32Array,
  pilot: Float32Array,
  [columns, rows, slices]: readonly number[],
  sides: readonly number[],
  shrink: Shrink,
): Float64Array {
  const bases = sides.map(cosines);
  const [width, height] = sides;
  const place = (k: number) => [k % width, Math.floor(k / width) % height, Math.floor(k / (width * height))];
  const basis = Array.from({ length: 64 }, (_, k) =>
    Float64Array.from({ length: 64 }, (__, i) =>
      sides.reduce((p, n, axis) => p * bases[axis][place(k)[axis] * n + place(i)[axis]], 1),
    ),
  );
  const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  const sums = new Float64Array(frame.length);
  const weights = new Float64Array(frame.length);
  for (let z = 0; z + sides[2] <= slices; z++)
    for (let y = 0; y + height <= rows; y++)
      for (let x = 0; x + width <= columns; x++) {
        const at = Array.from({ length: 64 }, (_, i) => {
          const [dx, dy, dz] = place(i);
          return ((z + dz) * rows + y + dy) * columns + x + dx;
        });
        const of = (image: Float32Array) => {
          const block = Float64Array.from(at, (i) => image[i]);
          return Float64Array.from(basis, (row) => dot(row, block));
        };
        const coefficients = of(frame);
        const weight = shrink(coefficients, of(pilot));
        for (const [i, voxel] of at.entries()) {
          sums[voxel] += weight * basis.reduce((sum, row, k) => sum + row[i] * coefficients[k], 0);
          weights[voxel] += weight;
        }
      }
  return sums.map((value, i) => value / weights[i]);
}

describe('blocks that share their columns', () => {
  const thresholded: Shrink = (coefficients) => {
    let kept = 1;
    for (let k = 1; k < 64; k++)
      if (Math.abs(coefficients[k]) < 2.7) coefficients[k] = 0;
      else kept++;
    return 1 / (1 + kept);
  };
  const guided: Shrink = (coefficients, pilot) => {
    let energy = 1;
    for (let k = 1; k < 64; k++) {
      const gain = pilot[k] ** 2 / (pilot[k] ** 2 + 1);
      coefficients[k] *= gain;
      energy += gain * gain;
    }
    return 1 / energy;
  };

  it.each([
    ['4 x 4 x 4', [9, 7, 6], [4, 4, 4]],
    ['8 x 8', [13, 10, 2], [8, 8, 1]],
    ['as wide as the image', [4, 6, 4], [4, 4, 4]],
  ] as const)('%s: the same as each block by itself', (_, shape, sides) => {
    const [columns, rows, slices] = shape;
    const random = new Random(2);
    const drawn = () => random.normals(new Float32Array(columns * rows * slices)).map((value) => 3 * value);
    const [frame, pilot] = [drawn(), drawn()];
    const grid = { columns, rows, slices };
    const settings = { planar: sides[2] === 1, correlation: [0, 0, 0] } as const;
    const all = { from: 0, to: slices };
    const hard = plainly(frame, pilot, shape, sides, thresholded);
    expect(largestDifference(thresholdBlocks(frame, grid, all, settings), hard)).toBeLessThan(1e-5);
    const soft = plainly(frame, pilot, shape, sides, guided);
    expect(largestDifference(wienerBlocks(frame, pilot, grid, all, settings), soft)).toBeLessThan(1e-5);
    // some of the slices come out as they do in all
    const part = wienerBlocks(frame, pilot, grid, { from: 1, to: slices }, settings);
    expect(largestDifference(part, soft.subarray(columns * rows))).toBeLessThan(1e-5);
  });
});

describe('thresholdBlocks', () => {
  const grid = { columns: 40, rows: 40, slices: 12 };
  const all = { from: 0, to: 12 };

  it('leaves a ramp as it is', () => {
    const ramp = Float32Array.from({ length: 19_200 }, (_, i) => 50 * (i % 40));
    const out = thresholdBlocks(ramp, grid, all, { planar: false, correlation: [0, 0, 0] });
    expect(largestDifference(out, ramp)).toBeLessThan(4);
  });

  it('takes off correlated noise once it is told so', () => {
    const noise = noiseField(grid, new Random(1), [2, 2, 0]);
    // a Gaussian kernel of this width
    const rho = Math.exp(-1 / (4 * (2 / 2.3548) ** 2));
    const left = (correlation: readonly [number, number, number]) => {
      const out = thresholdBlocks(noise, grid, all, { planar: false, correlation });
      return out.reduce((sum, value) => sum + value * value, 0) / out.length;
    };
    expect(rho).toBeGreaterThan(0.6);
    expect(left([rho, rho, 0])).toBeLessThan(0.7 * left([0, 0, 0]));
  });
});

describe.skipIf(noCh2 !== '')('dct', () => {
  it('beats non-local means on a brain with Rician noise', async () => {
    const clean = brain(10);
    const sigma = sigmaOfLevel(clean, 7);
    const noisy = simulateNoise(clean, { kind: 'rician', sigma, seed: 3 });
    const run = async (kind: 'nlm' | 'dct', planar: boolean) =>
      quality(clean, await classicalDenoiser(kind, { threads: 1 })(noisy, noiseOf(sigma, 'rician'), planar));
    expect(await run('dct', false)).toBeGreaterThan((await run('nlm', false)) + 0.4);
    expect(await run('dct', true)).toBeGreaterThan(quality(clean, noisy) + 4);
  });

  it('gives clean images back', async () => {
    const clean = brain(8);
    const peak = clean.data.reduce((high, value) => Math.max(high, value), 0);
    const out = await classicalDenoiser('dct', { threads: 1 })(
      clean,
      noiseOf(peak / 2000, 'gaussian'),
      false,
    );
    expect(quality(clean, out)).toBeGreaterThan(60);
  });
});
