import { describe, expect, it } from 'vitest';
import { fft2, frequencyOf, inverseFft2 } from '../../src-main/base/fft.js';
import { Random } from '../../src-main/base/random.js';
import { classicalDenoiser } from '../../src-main/filters/denoiser.js';
import { refine } from '../../src-main/filters/refine.js';
import { toUnitNoise } from '../../src-main/noise/domain.js';
import { estimateNoise } from '../../src-main/noise/estimate/estimate.js';
import { volumeOf } from '../imaging/support.js';

const SIDE = 96;
const SLICES = 6;
const AREA = SIDE * SIDE;
const SIGMA = 12;

/** Tissue with edges and fine strands. */
const CLEAN = Float32Array.from({ length: AREA * SLICES }, (_, i) => {
  const [x, y, z] = [(i % SIDE) - 48, (Math.floor(i / SIDE) % SIDE) - 48, Math.floor(i / AREA)];
  const far = Math.hypot(x / 44, y / 46);
  const folds = Math.sin(5 * Math.atan2(y, x) + 9 * far + z / 4);
  const strand = Math.abs(x + y / 3 - 10) < 1 || Math.abs(Math.hypot(x + 12, y - 8) - 9) < 1;
  return far > 1 ? 0 : 220 + (folds > 0.3 ? 110 : 0) + (strand ? -90 : 0);
});

/** Noise of standard deviation 1 that a filter over k-space left, of frequencies in cycles a pixel. */
function filtered(window: (r: number, x: number, y: number) => number): Float32Array {
  const random = new Random(5);
  const weights = Float64Array.from({ length: AREA }, (_, i) => {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)].map((at) => frequencyOf(at, SIDE) / SIDE);
    return window(Math.hypot(x, y), x, y);
  });
  const scale = 1 / Math.sqrt(weights.reduce((sum, w) => sum + w * w, 0) / AREA);
  const out = new Float32Array(AREA * SLICES);
  for (let slice = 0; slice < SLICES; slice++) {
    const re = Float64Array.from({ length: AREA }, () => random.normal());
    const image = { re, im: new Float64Array(AREA), rows: SIDE, columns: SIDE };
    fft2(image);
    for (let i = 0; i < AREA; i++) {
      image.re[i] *= scale * weights[i];
      image.im[i] *= scale * weights[i];
    }
    inverseFft2(image);
    out.set(image.re, slice * AREA);
  }
  return out;
}

function errorOf(values: Float32Array): number {
  let sum = 0;
  values.forEach((value, i) => {
    sum += (SIGMA * value - CLEAN[i]) ** 2;
  });
  return Math.sqrt(sum / values.length);
}

describe('refining with the spectrum of the noise', () => {
  it.each([
    [
      'zero filling',
      (_: number, x: number, y: number) => (Math.max(Math.abs(x), Math.abs(y)) <= 0.3 ? 1 : 0),
    ],
    ['the kernel of a CT', (r: number) => Math.sqrt(r) * Math.exp(-((r / 0.22) ** 2))],
  ])('leaves less of what %s made than with one lag of its correlation', async (_, window) => {
    const noise = filtered(window);
    const volume = {
      ...volumeOf(
        CLEAN.map((v, i) => v + SIGMA * noise[i]),
        [SIDE, SIDE, SLICES],
      ),
      signed: true,
    };
    const estimate = { ...estimateNoise(volume), sigma: SIGMA, map: null };
    const guide = await classicalDenoiser('nlm', { threads: 1 })(volume, estimate, false);
    const image = toUnitNoise(volume, estimate);
    const { lags, ...one } = image;
    expect(lags).toHaveLength(64);
    const range = { from: 0, to: SLICES };
    const [spectrum, lag] = [image, one].map((seen) =>
      refine(
        seen,
        guide.data.map((v) => v / SIGMA),
        1,
        range,
        () => {},
        { threads: 1 },
      ),
    );
    expect(errorOf(await spectrum)).toBeLessThan(0.99 * errorOf(await lag));
  });

  it('takes white noise for white', () => {
    const random = new Random(6);
    const volume = volumeOf(
      CLEAN.map((v) => v + SIGMA * random.normal()),
      [SIDE, SIDE, SLICES],
    );
    const estimate = {
      ...estimateNoise({ ...volume, signed: true }),
      correlation: { x: 0.05, y: 0.02, z: 0 },
    };
    expect(toUnitNoise(volume, estimate).lags).toBeUndefined();
  });
});
