import { describe, expect, it } from 'vitest';
import {
  besselI0Scaled,
  besselI1Scaled,
  ricianDensity,
  ricianMean,
  ricianVariance,
  sigmaFromMagnitude,
  snrFromMagnitudeRatio,
} from '../../src-main/noise/rician.js';

/** x, scipy.special.i0e(x), scipy.special.i1e(x) of SciPy 1.10. */
const BESSEL = [
  [0, 1, 0],
  [0.1, 0.9071009257823011, 0.045298446808809324],
  [1, 0.46575960759364043, 0.2079104153497085],
  [5, 0.18354081260932834, 0.16397226694454234],
  [20, 0.089780311884826, 0.08750622218328867],
  [29.9, 0.07326921904600191, 0.0720333749118688],
  [30.1, 0.07302329413106094, 0.07179985435101434],
  [100, 0.03994437929909668, 0.03974415302513025],
  [5000, 0.005642036898744589, 0.005641472666838885],
];

/** nu, then mean, variance and density at nu + 0.5 of scipy.stats.rice(nu). */
const RICE = [
  [0, 1.2533141373155003, 0.4292036732051032, 0.44124845129229767],
  [0.5, 1.3304473406107031, 0.47990987386190764, 0.5692416282291917],
  [1, 1.5485724605511455, 0.6019233344225707, 0.4863885328436608],
  [2, 2.2723834280687423, 0.8362735558385506, 0.40493549656397976],
  [5, 5.101069639492126, 0.9790885330516765, 0.370963345167561],
  [20, 20.025015684057216, 0.998746853262503, 0.35654779666966085],
];

describe('Rician distribution', () => {
  it('has the Bessel functions of SciPy', () => {
    for (const [x, i0, i1] of BESSEL) {
      expect(Math.abs(besselI0Scaled(x) / i0 - 1)).toBeLessThan(1e-13);
      expect(Math.abs(besselI1Scaled(x) - i1)).toBeLessThan(1e-13 * Math.max(i1, 1e-3));
    }
  });

  it('has the moments and the density of SciPy, in any units', () => {
    for (const [nu, mean, variance, density] of RICE) {
      expect(ricianMean(7 * nu, 7)).toBeCloseTo(7 * mean, 9);
      expect(ricianVariance(7 * nu, 7)).toBeCloseTo(49 * variance, 8);
      expect(ricianDensity(nu + 0.5, nu, 1)).toBeCloseTo(density, 10);
      expect(ricianDensity(7 * (nu + 0.5), 7 * nu, 7)).toBeCloseTo(density / 7, 10);
    }
  });

  it('keeps its digits at high signal', () => {
    expect(ricianVariance(49.999, 1)).toBeCloseTo(ricianVariance(50.001, 1), 6);
    expect(ricianVariance(1e6, 1)).toBeCloseTo(1, 9);
  });

  it('finds amplitude and channel sigma again from the moments of magnitudes', () => {
    for (const nu of [0.3, 1, 2, 5, 40]) {
      const mean = ricianMean(nu * 3, 3);
      const sd = Math.sqrt(ricianVariance(nu * 3, 3));
      expect(snrFromMagnitudeRatio(mean / sd)).toBeCloseTo(nu, 3);
      expect(sigmaFromMagnitude(mean, sd)).toBeCloseTo(3, 4);
    }
    expect(snrFromMagnitudeRatio(1.5)).toBe(0);
    expect(sigmaFromMagnitude(10, 0)).toBe(0);
  });
});
