import { describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { automaticMask, evaluate, psnr, ssim } from '../../src-main/imaging/metrics.js';
import { withData } from '../../src-main/imaging/volume.js';
import { bytesOf, python, pythonLacks, volumeOf } from './support.js';

/** A smooth blob on black, and the same with noise. */
function pair(seed: number, columns = 40, rows = 31, slices = 2) {
  const random = new Random(seed);
  const clean = Float32Array.from({ length: columns * rows * slices }, (_, i) => {
    const x = (i % columns) - columns / 2;
    const y = (Math.floor(i / columns) % rows) - rows / 2;
    return 200 * Math.max(0, 1 - (x * x + y * y) / 250);
  });
  const noise = (sd: number) => clean.map((value) => value + sd * random.normal());
  const reference = volumeOf(clean, [columns, rows, slices]);
  return { reference, test: withData(reference, noise(5)), noisy: withData(reference, noise(15)) };
}

describe('scores', () => {
  it('PSNR is that of its definition, in the mask only', () => {
    const reference = Float32Array.of(0, 100, 50);
    const test = Float32Array.of(70, 101, 49);
    expect(psnr(reference, test, Uint8Array.of(0, 1, 1), 100)).toBeCloseTo(40, 6);
    expect(psnr(reference, reference, null, 100)).toBe(Number.POSITIVE_INFINITY);
  });

  it('the automatic mask is what is brighter than 10/255 of the maximum', () => {
    expect([...automaticMask(Float32Array.of(0, 10, 10.01, 255))]).toEqual([0, 0, 1, 1]);
  });

  it('states the protocol and the gain over the noisy image', () => {
    const { reference, test, noisy } = pair(1);
    const result = evaluate(reference, test, noisy);
    expect(result.protocol.mask).toBe('reference > 10/255 of its maximum');
    expect(result.peak).toBeCloseTo(200, 0);
    expect(result.maskVoxels).toBeGreaterThan(100);
    expect(result.maskVoxels).toBeLessThan(result.voxels);
    expect(result.gain?.psnr).toBeCloseTo(20 * Math.log10(3), 0);
    expect(result.gain?.ssim).toBeGreaterThan(0.1);
    expect(result.gain?.nrmse).toBeLessThan(0);
    const same = evaluate(reference, reference, noisy);
    expect(same.test).toEqual({ psnr: null, ssim: 1, nrmse: 0 });
    expect(same.gain?.psnr).toBeNull();
  });

  it('takes a mask, and refuses what cannot be compared', () => {
    const { reference, test } = pair(2);
    const mask = new Uint8Array(reference.data.length);
    mask[20 + 15 * 40] = 1;
    expect(evaluate(reference, test, undefined, mask)).toMatchObject({
      maskVoxels: 1,
      protocol: { mask: 'given' },
    });
    const code = (expected: string) => expect.objectContaining({ code: expected });
    expect(() => evaluate(reference, pair(2, 41).test)).toThrow(code('E_SHAPE'));
    expect(() => evaluate(reference, test, undefined, new Uint8Array(3))).toThrow(code('E_SHAPE'));
    expect(() => evaluate(reference, test, undefined, mask.fill(0))).toThrow(code('E_VALUES'));
    const constant = withData(reference, new Float32Array(reference.data.length).fill(3));
    expect(() => evaluate(constant, test)).toThrow(code('E_VALUES'));
    const broken = withData(
      test,
      test.data.map((v, i) => (i === 7 ? Number.NaN : v)),
    );
    expect(() => evaluate(reference, broken)).toThrow(code('E_VALUES'));
  });

  const lacking = pythonLacks('skimage', 'numpy');
  it.skipIf(lacking)('agree with scikit-image', () => {
    const { reference, noisy } = pair(3);
    const mask = automaticMask(reference.data);
    const peak = Math.max(...reference.data);
    const result = python(
      `
import json, numpy as np
from skimage.metrics import structural_similarity, peak_signal_noise_ratio, normalized_root_mse
a = np.fromfile('a', '<f4').reshape(2, 31, 40).astype(float)
b = np.fromfile('b', '<f4').reshape(2, 31, 40).astype(float)
m = np.fromfile('m', 'u1').reshape(2, 31, 40) > 0
peak = a.max()
maps = np.stack([structural_similarity(x, y, gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
    data_range=peak, full=True)[1] for x, y in zip(a, b)])
print(json.dumps([maps[m].mean(), maps.mean(), peak_signal_noise_ratio(a[m], b[m], data_range=peak),
    normalized_root_mse(a[m], b[m])]))`,
      { a: bytesOf(reference.data), b: bytesOf(noisy.data), m: mask },
    );
    const { test } = evaluate(reference, noisy);
    const ours = [test.ssim, ssim(reference, noisy, null, peak), test.psnr ?? 0, test.nrmse];
    expect(result).toHaveLength(4);
    result.forEach((value, i) => {
      expect(ours[i]).toBeCloseTo(value, 6);
    });
  });
});
