import { describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { classicalDenoiser } from '../../src-main/filters/denoiser.js';
import { mpPca } from '../../src-main/filters/mppca.js';
import { noiseVariance } from '../../src-main/noise/components.js';
import { bytesOf, python, pythonLacks, volumeOf } from '../imaging/support.js';
import { largestDifference, noiseOf } from './support.js';

const noDipy = pythonLacks('dipy', 'numpy');
const grid = { columns: 14, rows: 13, slices: 8 };
const voxels = 14 * 13 * 8;

/** Three smooth images that come and go over the frames, on 100. */
function lowRank(frames: number): Float32Array {
  return Float32Array.from({ length: voxels * frames }, (_, i) => {
    const [frame, voxel] = [Math.floor(i / voxels), i % voxels];
    const [x, y, z] = [voxel % 14, Math.floor(voxel / 14) % 13, Math.floor(voxel / 182)];
    return (
      100 +
      8 * Math.sin(x / 3) * Math.cos(frame / 2) +
      6 * Math.cos((y + z) / 4) * Math.sin(frame / 3) +
      5 * Math.sin((x + y) / 5) * Math.cos(1 + frame)
    );
  });
}

function withNoise(clean: Float32Array, seed: number): Float32Array {
  const random = new Random(seed);
  return clean.map((value) => value + random.normal());
}

function meanSquare(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0) / a.length;
}

const settings = {
  radius: 2,
  radiusThrough: 2,
  stride: 1,
  shrink: false,
  mostVariance: Number.POSITIVE_INFINITY,
};

describe('mpPca', () => {
  it.each([12, 30, 150])('takes most of the noise off signals of rank 3 over %d frames', (frames) => {
    const clean = lowRank(frames);
    const stride = frames > 100 ? 3 : 1;
    const out = mpPca(withNoise(clean, 1), frames, grid, { from: 0, to: 8 }, { ...settings, stride });
    // what white noise leaves in 3 components and the mean, less what averaging of windows takes
    expect(meanSquare(out, clean)).toBeLessThan(0.3);
  });

  it('is nearer to the truth where components that hardly rise above the noise are shrunk', () => {
    const weak = lowRank(12).map((value) => 100 + (value - 100) / 8);
    const noisy = withNoise(weak, 3);
    const [kept, shrunk] = [false, true].map((shrink) =>
      meanSquare(mpPca(noisy, 12, grid, { from: 0, to: 8 }, { ...settings, shrink }), weak),
    );
    expect(shrunk).toBeLessThan(0.95 * kept);
  });

  it('hardly touches strong components where these are shrunk', () => {
    const clean = lowRank(12).map((value) => 100 + 100 * (value - 100));
    const out = mpPca(clean, 12, grid, { from: 0, to: 8 }, { ...settings, shrink: true });
    expect(largestDifference(out, clean)).toBeLessThan(0.05);
  });

  it('takes what differs between two frames for noise, unless the level of the noise is known', () => {
    const clean = lowRank(2).map((value) => 100 + 5 * (value - 100));
    const noisy = withNoise(clean, 6);
    const [told, untold] = [1, Number.POSITIVE_INFINITY].map((mostVariance) =>
      meanSquare(mpPca(noisy, 2, grid, { from: 0, to: 8 }, { ...settings, mostVariance }), clean),
    );
    expect(told).toBeLessThan(1);
    expect(untold).toBeGreaterThan(2 * told);
  });

  /** A focus of six voxels that brightens in the last 60 % of the frames, on tissue that fills. */
  function enhancing(frames: number) {
    const focus = new Set([0, 1, 14, 15, 182, 183].map((offset) => 3 * 182 + 6 * 14 + 6 + offset));
    const early = Math.floor(0.4 * frames);
    const clean = Float32Array.from({ length: voxels * frames }, (_, i) => {
      const [frame, voxel] = [Math.floor(i / voxels), i % voxels];
      const filled = (10 + 5 * Math.sin((voxel % 14) / 3)) * (frame / frames);
      return 100 + filled + (focus.has(voxel) && frame >= early ? 6 : 0);
    });
    return { clean, focus, early };
  }

  it.each([12, 30, 150])('moves nothing of a small focus in time, over %d frames', (frames) => {
    const { clean, focus, early } = enhancing(frames);
    const noisy = withNoise(clean, 12);
    const biasOf = (shrink: boolean): number => {
      const out = mpPca(noisy, frames, grid, { from: 0, to: 8 }, { ...settings, shrink });
      let sum = 0;
      for (let frame = 0; frame < early; frame++)
        for (const voxel of focus) sum += out[frame * voxels + voxel] - clean[frame * voxels + voxel];
      return sum / (early * focus.size);
    };
    // of 6; the mean of noise alone has a standard deviation of at most 0.2
    expect(biasOf(true)).toBeLessThan(0.6);
  });

  it('follows a wall that moves over a tenth of the image better than components alone do', () => {
    const frames = 25;
    const clean = Float32Array.from({ length: voxels * frames }, (_, i) => {
      const [frame, voxel] = [Math.floor(i / voxels), i % voxels];
      const radius = 4 + 1.4 * Math.sin((2 * Math.PI * frame) / frames);
      return Math.hypot((voxel % 14) - 7, (Math.floor(voxel / 14) % 13) - 6) < radius ? 100 : 60;
    });
    const noisy = withNoise(clean, 13);
    const planar = { ...settings, radius: 3, radiusThrough: 0 };
    const [plain, weighted] = [false, true].map((shrink) =>
      meanSquare(mpPca(noisy, frames, grid, { from: 0, to: 8 }, { ...planar, shrink }), clean),
    );
    expect(weighted).toBeLessThan(0.95 * plain);
  });

  it('gives the same for a part of the slices', () => {
    const noisy = withNoise(lowRank(12), 1);
    const shrunk = { ...settings, shrink: true };
    const whole = mpPca(noisy, 12, grid, { from: 0, to: 8 }, shrunk);
    const part = mpPca(noisy, 12, grid, { from: 3, to: 5 }, shrunk);
    for (let frame = 0; frame < 12; frame++) {
      const expected = whole.subarray(frame * voxels + 3 * 182, frame * voxels + 5 * 182);
      expect([...part.subarray(frame * 364, (frame + 1) * 364)]).toEqual([...expected]);
    }
  });

  it('leaves no noise where there is nothing else', () => {
    const noise = withNoise(new Float32Array(20 * voxels), 2);
    const out = mpPca(noise, 20, grid, { from: 0, to: 8 }, settings);
    expect(meanSquare(out, new Float32Array(out.length))).toBeLessThan(0.02);
  });

  it('takes constant and empty signals', () => {
    for (const level of [0, 7]) {
      const flat = new Float32Array(12 * voxels).fill(level);
      expect(largestDifference(mpPca(flat, 12, grid, { from: 0, to: 8 }, settings), flat)).toBe(0);
    }
  });

  it.skipIf(noDipy !== '')('agrees with DIPY', () => {
    const frames = 16;
    const noisy = withNoise(lowRank(frames), 4);
    const own = mpPca(noisy, frames, grid, { from: 0, to: 8 }, settings);
    const theirs = python(
      `
import json, numpy
from dipy.denoise.localpca import mppca
noisy = numpy.fromfile('noisy', '<f4').reshape(${frames}, 8, 13, 14).astype(float)
out = mppca(noisy.transpose(3, 2, 1, 0), patch_radius=2)
print(json.dumps(out.transpose(3, 2, 1, 0).ravel().tolist()))`,
      { noisy: bytesOf(noisy) },
    );
    // noise of standard deviation 1
    expect(largestDifference(own, theirs)).toBeLessThan(1e-3);
  });
});

describe('noiseVariance', () => {
  it('finds the level under a few large eigenvalues', () => {
    // quantiles of the Marchenko-Pastur distribution, roughly: 1 +- 2 sqrt(gamma)
    const noise = Array.from({ length: 20 }, (_, i) => 4 * (1 + 0.7 * Math.cos((Math.PI * (19.5 - i)) / 20)));
    expect(noiseVariance(Float64Array.from([...noise, 60, 300]), 125)).toBeCloseTo(4, 1);
  });
});

describe('mppca', () => {
  it('refuses a series of one frame', async () => {
    const volume = volumeOf(lowRank(1), [14, 13, 8, 1]);
    await expect(
      classicalDenoiser('mppca', { threads: 1 })(volume, noiseOf(1, 'gaussian'), false),
    ).rejects.toMatchObject({ code: 'E_NOT_ELIGIBLE' });
  });

  it.each([2, 4, 12])('takes noise off %d frames and keeps what differs between them', async (frames) => {
    const clean = lowRank(frames);
    const noisy = volumeOf(withNoise(clean, 7), [14, 13, 8, frames]);
    const out = await classicalDenoiser('mppca', { threads: 1 })(noisy, noiseOf(1, 'gaussian'), false);
    expect(meanSquare(out.data, clean)).toBeLessThan(1);
  });

  it('lets two slices that are neighbours tell of each other', async () => {
    const frames = 12;
    const clean = lowRank(frames).filter((_, i) => i % voxels < 2 * 182);
    const noisy = volumeOf(withNoise(clean, 9), [14, 13, 2, frames]);
    const [together, apart] = await Promise.all(
      [false, true].map((only2d) =>
        classicalDenoiser('mppca', { threads: 1 })(noisy, noiseOf(1, 'gaussian'), only2d),
      ),
    );
    expect(meanSquare(together.data, clean)).toBeLessThan(0.95 * meanSquare(apart.data, clean));
  });

  it.each([2, 3, 8])(
    'denoises every one of %d slices that are taken one by one, of many frames',
    async (slices) => {
      const frames = 40;
      const clean = lowRank(frames).filter((_, i) => i % voxels < slices * 182);
      const noisy = volumeOf(withNoise(clean, 8), [14, 13, slices, frames]);
      const out = await classicalDenoiser('mppca', { threads: 1 })(noisy, noiseOf(1, 'gaussian'), true);
      for (let slice = 0; slice < slices; slice++) {
        const of = (data: Float32Array) => data.filter((_, i) => Math.floor(i / 182) % slices === slice);
        expect(meanSquare(of(out.data), of(clean))).toBeLessThan(0.5);
      }
    },
  );

  it('works slice by slice where slices are no neighbours', async () => {
    const clean = lowRank(12);
    const noisy = volumeOf(withNoise(clean, 5), [14, 13, 8, 12]);
    const out = await classicalDenoiser('mppca', { threads: 1 })(noisy, noiseOf(1, 'gaussian'), true);
    expect(meanSquare(out.data, clean)).toBeLessThan(0.5);
  });
});
