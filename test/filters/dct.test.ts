import { describe, expect, it } from 'vitest';
import { cosines, forward8x8 } from '../../src-main/base/dct.js';
import { Random } from '../../src-main/base/random.js';
import { forward4x4x4, inverse4x4x4, inverse8x8, thresholdBlocks } from '../../src-main/filters/dct.js';
import { classicalDenoiser } from '../../src-main/filters/denoiser.js';
import { noiseField, sigmaOfLevel, simulateNoise } from '../../src-main/noise/simulate.js';
import { CH2, fileLacks } from '../imaging/support.js';
import { brain, largestDifference, noiseOf, quality } from './support.js';

const noCh2 = fileLacks(CH2, 'mricron-data');

/** The transform by its definition: the product of the bases of the axes. */
function plainTransform(block: Float64Array, sides: readonly number[]): Float64Array {
  const bases = sides.map(cosines);
  const [width, height] = sides;
  const place = (k: number) => [k % width, Math.floor(k / width) % height, Math.floor(k / (width * height))];
  return block.map((_, k) => {
    const frequency = place(k);
    return block.reduce((sum, value, i) => {
      const at = place(i);
      return sum + sides.reduce((p, n, axis) => p * bases[axis][frequency[axis] * n + at[axis]], value);
    }, 0);
  });
}

describe('block transforms', () => {
  it.each([
    ['4 x 4 x 4', [4, 4, 4], forward4x4x4, inverse4x4x4],
    ['8 x 8', [8, 8, 1], forward8x8, inverse8x8],
  ] as const)('%s is the orthonormal DCT, and back', (_, sides, forward, inverse) => {
    const random = new Random(2);
    const source = Float64Array.from({ length: 64 }, () => random.normal());
    const block = source.slice();
    forward(block);
    expect(largestDifference(block, plainTransform(source, sides))).toBeLessThan(1e-13);
    inverse(block);
    expect(largestDifference(block, source)).toBeLessThan(1e-13);
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
