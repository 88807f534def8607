import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { classicalDenoiser } from '../../src-main/filters/denoiser.js';
import { refine, refineContext } from '../../src-main/filters/refine.js';
import { withData } from '../../src-main/imaging/volume.js';
import { type NoiseModel, toUnitNoise } from '../../src-main/noise/domain.js';
import { noiseField } from '../../src-main/noise/simulate.js';
import { CH2, fileLacks, volumeOf } from '../imaging/support.js';
import { brain, buildWorker, noiseOf, quality } from './support.js';

let worker: Awaited<ReturnType<typeof buildWorker>>;
beforeAll(async () => {
  worker = await buildWorker();
});
afterAll(() => worker.remove());

const SIGMA = 10;
const noCh2 = fileLacks(CH2, 'mricron-data') !== '';
// Blank where all that would look at it is skipped.
const clean = noCh2 ? volumeOf(new Float32Array(64 * 56 * 6), [64, 56, 6]) : brain(6);
/** Distance of slices, in pixels. */
const CUBES = 1;
const APART = Number.POSITIVE_INFINITY;
const whole = { from: 0, to: 6 };
const noise = noiseOf(SIGMA, 'gaussian');

/** Noisy slices in unit noise, and what a filter makes of them. */
async function estimated(
  model: NoiseModel = noise,
  fwhm: readonly [number, number, number] = [0, 0, 0],
  only2d = false,
) {
  const field = noiseField(clean, new Random(2), fwhm);
  const noisy = withData(
    clean,
    clean.data.map((value, i) => value + SIGMA * field[i]),
  );
  const first = await classicalDenoiser('dct', { threads: 1 })(noisy, model, only2d);
  return { image: toUnitNoise(noisy, model), estimate: toUnitNoise(first, model).values };
}

const dB = (values: Float32Array) =>
  quality(
    clean,
    withData(
      clean,
      values.map((value) => SIGMA * value),
    ),
  );

describe.skipIf(noCh2)('refining an estimate', () => {
  it('brings back what the estimate has blurred', async () => {
    const { image, estimate } = await estimated();
    const refined = await refine(image, estimate.slice(), CUBES, whole, undefined, { threads: 1 });
    expect(dB(refined)).toBeGreaterThan(dB(estimate) + 0.5);
  });

  it('does with less work, and loses little by it', async () => {
    const { image, estimate } = await estimated();
    const [fast, usual] = await Promise.all(
      ([{ effort: 'fast' }, {}] as const).map(async (effort) =>
        dB(await refine(image, estimate.slice(), CUBES, whole, undefined, { threads: 1, ...effort })),
      ),
    );
    console.info(`fast ${fast.toFixed(2)} dB, as usual ${usual.toFixed(2)}`);
    expect(fast).toBeGreaterThan(dB(estimate) + 0.3);
    expect(usual).toBeGreaterThan(fast);
  });

  it('does so slice by slice, where slices are no neighbours', async () => {
    const { image, estimate } = await estimated(noise, [0, 0, 0], true);
    const refined = await refine(image, estimate.slice(), APART, whole, undefined, { threads: 1 });
    expect(dB(refined)).toBeGreaterThan(dB(estimate));
    const second = { ...image, slices: 1, values: image.values.slice(64 * 56, 2 * 64 * 56) };
    const alone = await refine(
      second,
      estimate.slice(64 * 56, 2 * 64 * 56),
      APART,
      { from: 0, to: 1 },
      undefined,
      {
        threads: 1,
      },
    );
    expect(alone).toEqual(refined.slice(64 * 56, 2 * 64 * 56));
  });

  it('takes slices for themselves that lie many pixels apart, and mixes those that lie some apart', async () => {
    const { image, estimate } = await estimated(noise, [0, 0, 0], true);
    const [alone, far, some] = await Promise.all(
      [APART, 12, 3].map((ratio) => refine(image, estimate.slice(), ratio, whole, undefined, { threads: 1 })),
    );
    expect(far).toEqual(alone);
    expect(some).not.toEqual(alone);
    expect(dB(some)).toBeGreaterThan(dB(estimate));
  });

  it('finds patches that are alike in the slices beside, where these lie up to ten pixels apart', async () => {
    const { image, estimate } = await estimated(noise, [0, 0, 0], true);
    const [alone, beside] = await Promise.all(
      [APART, 8].map((ratio) => refine(image, estimate.slice(), ratio, whole, undefined, { threads: 1 })),
    );
    expect(dB(beside)).toBeGreaterThan(dB(alone) + 0.1);
  });

  it('says how many slices have a say in one', () => {
    expect([1, 3, 8, 12, APART].map((ratio) => refineContext(ratio))).toEqual([12, 6, 2, 0, 0]);
  });

  it('gives the same bits in one thread and in three, and tells how far it is', async () => {
    const { image, estimate } = await estimated();
    const shares: number[] = [];
    const one = await refine(image, estimate.slice(), CUBES, whole, (share) => shares.push(share), {
      threads: 1,
    });
    const three = await refine(image, estimate.slice(), CUBES, whole, undefined, {
      threads: 3,
      worker: worker.url,
    });
    expect(Buffer.from(three.buffer).equals(Buffer.from(one.buffer))).toBe(true);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
  });

  it('knows correlated noise from structure', async () => {
    const fwhm = [1.6, 1.6, 0] as const;
    const { x, y } = { x: 0.55, y: 0.55 };
    const { image, estimate } = await estimated({ ...noise, correlation: { x, y, z: 0 } }, fwhm);
    const told = await refine(image, estimate.slice(), CUBES, whole, undefined, { threads: 1 });
    const untold = { ...image, correlation: [0, 0] as const };
    const white = await refine(untold, estimate.slice(), CUBES, whole, undefined, { threads: 1 });
    expect(dB(told)).toBeGreaterThan(dB(white) + 0.3);
  });

  it('refines the frames of a series each by itself', async () => {
    const { image, estimate } = await estimated();
    const twice = (values: Float32Array) => Float32Array.from([...values, ...values]);
    const both = await refine(
      { ...image, frames: 2, values: twice(image.values) },
      twice(estimate),
      CUBES,
      whole,
      undefined,
      { threads: 1 },
    );
    const one = await refine(image, estimate.slice(), CUBES, whole, undefined, { threads: 1 });
    expect(both).toEqual(twice(one));
  });

  it('refines at least the slices that are wanted', async () => {
    const { image, estimate } = await estimated();
    const refined = await refine(image, estimate.slice(), CUBES, { from: 1, to: 4 }, undefined, {
      threads: 1,
    });
    const area = 64 * 56;
    const changed = (slice: number) =>
      refined
        .subarray(slice * area, (slice + 1) * area)
        .some((value, i) => value !== estimate[slice * area + i]);
    expect([1, 2, 3].every(changed)).toBe(true);
  });

  it('gives images back that hold no patch', async () => {
    const { image, estimate } = await estimated();
    const small = { ...image, columns: 4, rows: 64 * 14 };
    expect(await refine(small, estimate, CUBES, whole)).toBe(estimate);
  });
});

describe('refining flat tissue', () => {
  it('leaves no steps: groups that few patches speak for do not stand out of their surroundings', async () => {
    const [side, slices] = [64, 8];
    const random = new Random(5);
    const at = (i: number) => [(i % side) - 32, (Math.floor(i / side) % side) - 32];
    const truth = Float32Array.from({ length: side * side * slices }, (_, i) =>
      Math.hypot(...at(i)) < 28 ? 11 : 1,
    );
    const phantom = volumeOf(truth, [side, side, slices]);
    const noisy = withData(
      phantom,
      truth.map((value) => value + random.normal()),
    );
    const model = noiseOf(1, 'gaussian');
    const estimate = (await classicalDenoiser('dct', { threads: 1 })(noisy, model, false)).data;
    const all = { from: 0, to: slices };
    const image = toUnitNoise(noisy, model);
    const refined = await refine(image, estimate.slice(), CUBES, all, undefined, { threads: 1 });
    const change = refined.map((value, i) => value - estimate[i]);
    const inside = Array.from(change.keys()).filter((i) => Math.hypot(...at(i)) < 16);
    const steps = inside.map((i) => Math.abs(change[i] - change[i + 1]));
    expect(change.some((value) => value !== 0)).toBe(true);
    expect(Math.max(...steps)).toBeLessThan(0.1);
  });
});
