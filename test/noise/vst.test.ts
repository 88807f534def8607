import { describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { ricianDensity, ricianMean } from '../../src-main/noise/rician.js';
import { stabilise, unstabilise } from '../../src-main/noise/vst.js';

/** Magnitudes over the whole density of amplitude `nu`, sigma 1, and their probabilities: a quadrature of its own. */
function density(nu: number): { x: Float32Array; p: Float64Array } {
  const low = Math.max(0, nu - 9);
  const count = 4000;
  const step = (nu + 9 - low) / count;
  const x = Float32Array.from({ length: count }, (_, i) => low + (i + 0.5) * step);
  const p = Float64Array.from(x, (at) => ricianDensity(at, nu, 1) * step);
  return { x, p };
}

function moments(values: Float32Array, p: Float64Array): { mean: number; variance: number } {
  const mean = values.reduce((sum, v, i) => sum + v * p[i], 0);
  return { mean, variance: values.reduce((sum, v, i) => sum + (v - mean) ** 2 * p[i], 0) };
}

const AMPLITUDES = Array.from({ length: 101 }, (_, i) => i / 10);

describe('variance stabilisation', () => {
  it('gives a variance of 1 within 5 % for every amplitude from 0 to 10 sigma', () => {
    for (const nu of AMPLITUDES) {
      const { x, p } = density(nu);
      const { variance } = moments(stabilise(x, 1), p);
      expect(Math.abs(variance - 1), `nu = ${nu}`).toBeLessThan(0.05);
    }
  });

  it('holds on drawn samples too, in other units', () => {
    const random = new Random(5);
    const sigma = 12;
    for (const nu of [0, 1, 2.5, 6]) {
      const drawn = Float32Array.from({ length: 40_000 }, () =>
        Math.hypot(sigma * (nu + random.normal()), sigma * random.normal()),
      );
      const even = new Float64Array(drawn.length).fill(1 / drawn.length);
      const { mean, variance } = moments(stabilise(drawn, sigma), even);
      expect(Math.abs(variance - 1), `nu = ${nu}`).toBeLessThan(0.06);
      const back = unstabilise(Float32Array.of(mean), sigma)[0];
      if (nu >= 1) expect(Math.abs(back / sigma - nu), `nu = ${nu}`).toBeLessThan(0.03);
    }
  });

  it('is inverted without bias: within 1 % of sigma for every amplitude', () => {
    for (const nu of [...AMPLITUDES, 12, 20, 23.9, 24.1, 40, 300]) {
      const { x, p } = density(nu);
      const { mean } = moments(stabilise(x, 1), p);
      expect(Math.abs(unstabilise(Float32Array.of(mean), 1)[0] - nu), `nu = ${nu}`).toBeLessThan(0.01);
    }
  });

  it('goes over to plain division by degrees, where the level is less and less certain', () => {
    const steps = Array.from({ length: 21 }, (_, k) => k / 20);
    for (const nu of [0, 0.5, 1, 2, 4, 23.9, 24.1, 40]) {
      const { x, p } = density(nu);
      const results = steps.map((certainty) => {
        const { mean } = moments(stabilise(x, 1, undefined, certainty), p);
        return unstabilise(Float32Array.of(mean), 1, undefined, certainty)[0];
      });
      // in between what stays of the floor is the part that the level is not trusted with
      for (const [k, found] of results.entries())
        expect(Math.abs(found - (steps[k] * nu + (1 - steps[k]) * ricianMean(nu, 1)))).toBeLessThan(0.02);
    }
    const low = Float32Array.of(0.2, 1, 1.3, 2);
    const plain = unstabilise(low, 1, undefined, 0);
    expect(Math.max(...plain.map((value, i) => Math.abs(value - low[i])))).toBeLessThan(0.01);
  });

  it('removes the noise floor that the mean magnitude has', () => {
    const { x, p } = density(1);
    const { mean } = moments(stabilise(x, 1), p);
    expect(ricianMean(1, 1)).toBeGreaterThan(1.5);
    expect(unstabilise(Float32Array.of(mean), 1)[0]).toBeCloseTo(1, 3);
  });

  it('is increasing and tends to value / sigma', () => {
    const x = Float32Array.from({ length: 4000 }, (_, i) => i / 100 - 1);
    const f = stabilise(x, 1);
    for (let i = 1; i < f.length; i++) expect(f[i]).toBeGreaterThan(f[i - 1]);
    expect(stabilise(Float32Array.of(5000), 2)[0]).toBeCloseTo(2500, 3);
  });

  it('takes a map, writes in place, and refuses what has no meaning', () => {
    const values = Float32Array.of(3, 30, 300);
    const map = Float32Array.of(1, 10, 100);
    const out = stabilise(values, map, values);
    expect(out).toBe(values);
    expect(out[1]).toBeCloseTo(out[0], 5);
    expect(out[2]).toBeCloseTo(out[0], 5);
    expect(() => stabilise(values, 0)).toThrow(expect.objectContaining({ code: 'E_VALUES' }));
    expect(() => stabilise(values, Float32Array.of(1, 0, 1))).toThrow(
      expect.objectContaining({ code: 'E_VALUES' }),
    );
    expect(() => unstabilise(values, Float32Array.of(1))).toThrow(
      expect.objectContaining({ code: 'E_SHAPE' }),
    );
    expect(() => stabilise(values, 1, new Float32Array(2))).toThrow(
      expect.objectContaining({ code: 'E_SHAPE' }),
    );
  });
});
