import { describe, expect, it } from 'vitest';
import { Random } from '../../../src-main/base/random.js';
import { areRepeats } from '../../../src-main/trust/tests/umse.js';
import { volumeOf } from '../../imaging/support.js';

const LENGTH = 24 * 20 * 3;
const SIGMA = 2;
const all = (frames: number) => new Uint8Array(frames * LENGTH).fill(1);
const estimate = {
  sigma: SIGMA,
  methods: {
    background: null,
    wavelet: null,
    spectrum: null,
    guided: null,
    learnt: null,
    repeats: SIGMA,
    training: null,
    told: null,
  },
};

/** Frames of an image whose contrast a factor a frame changes, with noise. */
function series(contrasts: readonly number[]) {
  const random = new Random(4);
  const values = contrasts.flatMap((contrast) =>
    Array.from(
      { length: LENGTH },
      (_, i) => 100 + 30 * contrast * Math.sin(i / 50) + SIGMA * random.normal(),
    ),
  );
  return volumeOf(Float32Array.from(values), [24, 20, 3, contrasts.length]);
}

describe('areRepeats', () => {
  it('takes frames that differ by noise alone', () => {
    expect(areRepeats(series([1, 1, 1, 1, 1]), all(5), estimate)).toBe(true);
  });

  it('wants four of them, and a level that comes from them', () => {
    expect(areRepeats(series([1, 1, 1]), all(3), estimate)).toBe(false);
    const none = { ...estimate, methods: { ...estimate.methods, repeats: null } };
    expect(areRepeats(series([1, 1, 1, 1, 1]), all(5), none)).toBe(false);
  });

  it('refuses a series with one image of another contrast, as diffusion series begin with', () => {
    expect(areRepeats(series([2, 1, 1, 1, 1, 1, 1, 1]), all(8), estimate)).toBe(false);
  });

  it('refuses a series that changes slowly', () => {
    expect(areRepeats(series([1, 1.03, 1.06, 1.09, 1.12, 1.15, 1.18, 1.21]), all(8), estimate)).toBe(false);
  });
});
