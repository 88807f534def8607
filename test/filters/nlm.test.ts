import { describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { classicalDenoiser } from '../../src-main/filters/denoiser.js';
import { nonLocalMeans } from '../../src-main/filters/nlm.js';
import { sigmaOfLevel, simulateNoise } from '../../src-main/noise/simulate.js';
import { bytesOf, CH2, fileLacks, python, pythonLacks } from '../imaging/support.js';
import { brain, largestDifference, noiseOf, quality } from './support.js';

const noCh2 = fileLacks(CH2, 'mricron-data');
const noDipy = pythonLacks('dipy', 'numpy');

/** The definition, voxel by voxel and patch by patch. */
function plainMeans(frame: Float32Array, [columns, rows, slices]: number[], reach: number, planar: boolean) {
  const mirror = (at: number, n: number) => (at < 0 ? -at : at >= n ? 2 * (n - 1) - at : at);
  const at = (x: number, y: number, z: number) =>
    frame[(mirror(z, slices) * rows + mirror(y, rows)) * columns + mirror(x, columns)];
  const steps = (radius: number) => Array.from({ length: 2 * radius + 1 }, (_, i) => i - radius);
  const across = (radius: number) => (planar ? [0] : steps(radius));
  const distance = (p: number[], q: number[]) => {
    let sum = 0;
    let count = 0;
    for (const c of across(1))
      for (const b of steps(1))
        for (const a of steps(1)) {
          sum += (at(p[0] + a, p[1] + b, p[2] + c) - at(q[0] + a, q[1] + b, q[2] + c)) ** 2;
          count++;
        }
    return sum / count;
  };
  return frame.map((_, i) => {
    const p = [i % columns, Math.floor(i / columns) % rows, Math.floor(i / (columns * rows))];
    let [sum, weights] = [0, 0];
    for (const dz of across(reach))
      for (const dy of steps(reach))
        for (const dx of steps(reach)) {
          const q = [p[0] + dx, p[1] + dy, p[2] + dz];
          const w = Math.exp(-distance(p, q) / Math.SQRT2);
          sum += w * at(q[0], q[1], q[2]);
          weights += w;
        }
    return sum / weights;
  });
}

describe('nonLocalMeans', () => {
  it.each([
    [2, false],
    [3, true],
  ])('is what its definition says, reach %d, planar %s', (reach, planar) => {
    const size = [9, 8, 7];
    const random = new Random(5);
    const frame = Float32Array.from({ length: 504 }, (_, i) => (i % 9 > 4 ? 6 : 0) + random.normal());
    const grid = { columns: size[0], rows: size[1], slices: size[2] };
    const settings = { reach, reachThrough: planar ? 0 : reach, floor: 0 };
    const out = nonLocalMeans(frame, grid, { from: 0, to: 7 }, settings);
    expect(largestDifference(out, plainMeans(frame, size, reach, planar))).toBeLessThan(1e-4);
    const part = nonLocalMeans(frame, grid, { from: 2, to: 5 }, settings);
    expect([...part]).toEqual([...out.subarray(2 * 72, 5 * 72)]);
  });

  it.skipIf(noCh2 !== '' || noDipy !== '').each([3, 5] as const)(
    'agrees with DIPY on Rician noise, block radius %d',
    async (blockRadius) => {
      const clean = brain(8);
      const sigma = sigmaOfLevel(clean, 7);
      const noisy = simulateNoise(clean, { kind: 'rician', sigma, seed: 3 });
      const denoiser = classicalDenoiser('nlm', { threads: 1, blockRadius });
      const own = await denoiser(noisy, noiseOf(sigma, 'rician'), false);
      const theirs = python(
        `
import json, numpy
from dipy.denoise.nlmeans import nlmeans
noisy = numpy.fromfile('noisy', '<f4').reshape(8, 56, 64).astype(float)
out = nlmeans(noisy, sigma=${sigma}, patch_radius=1, block_radius=${blockRadius}, rician=True)
print(json.dumps(out.ravel().tolist()))`,
        { noisy: bytesOf(noisy.data) },
      );
      expect(largestDifference(own.data, theirs) / sigma).toBeLessThan(0.005);
    },
  );

  it.skipIf(noCh2 !== '')('takes Gaussian noise off a brain, in 3D and slice by slice', async () => {
    const clean = brain(8);
    const sigma = sigmaOfLevel(clean, 7);
    const noisy = simulateNoise(clean, { kind: 'gaussian', sigma, seed: 3 });
    const denoiser = classicalDenoiser('nlm', { threads: 1 });
    const before = quality(clean, noisy);
    const volume = quality(clean, await denoiser(noisy, noiseOf(sigma, 'gaussian'), false));
    const planar = quality(clean, await denoiser(noisy, noiseOf(sigma, 'gaussian'), true));
    expect(volume).toBeGreaterThan(before + 6);
    expect(planar).toBeGreaterThan(before + 4);
  });
});
