import { describe, expect, it } from 'vitest';
import { classicalDenoiser } from '../../src-main/filters/denoiser.js';
import type { Volume } from '../../src-main/imaging/volume.js';
import { toUnitNoise } from '../../src-main/noise/domain.js';
import { estimateNoise } from '../../src-main/noise/estimate/estimate.js';
import { simulateNoise } from '../../src-main/noise/simulate.js';
import { withToldNoise } from '../../src-main/noise/told/told-noise.js';
import { cleanness } from '../../src-main/trust/clean.js';
import { checkLevel } from '../../src-main/trust/tests/level.js';
import { volumeOf } from '../imaging/support.js';
import { noiseOf } from './support.js';

const SIGMA = 20;

function head(side: number, slices: number): Volume {
  const data = Float32Array.from({ length: side * side * slices }, (_, i) => {
    const x = (2 * (i % side)) / side - 1;
    const y = (2 * (Math.floor(i / side) % side)) / side - 1;
    if (Math.hypot(x / 0.75, y / 0.85) >= 1) return 0;
    return 500 + (Math.hypot(x - 0.1, y + 0.1) < 0.35 ? 250 : 0) + 50 * Math.sin(5 * x) * Math.cos(4 * y);
  });
  return volumeOf(data, [side, side, slices]);
}

const correlations = Array.from({ length: 21 }, (_, i) => 0.02 * i);

/** Root mean square of the difference, in sigma. */
function step(a: Float32Array, b: Float32Array): number {
  return Math.sqrt(a.reduce((sum, v, i) => sum + (v - b[i]) ** 2, 0) / a.length) / SIGMA;
}

describe('a correlation of the noise a little larger', () => {
  const noisy = simulateNoise(head(48, 6), { kind: 'rician', sigma: SIGMA, correlation: 0.9, seed: 3 });
  const modelOf = (rho: number) => ({
    ...noiseOf(SIGMA, 'rician'),
    correlation: { x: rho, y: rho, z: 0 },
  });

  it('changes what is taken for correlation a little', () => {
    const taken = correlations.map((rho) => toUnitNoise(noisy, modelOf(rho)).correlation[0]);
    expect(taken[0]).toBe(0);
    expect(taken.at(-1)).toBeCloseTo(0.4);
    for (let i = 1; i < taken.length; i++) {
      expect(taken[i]).toBeGreaterThanOrEqual(taken[i - 1]);
      expect(taken[i] - taken[i - 1]).toBeLessThan(0.05);
    }
  });

  it('changes what a filter makes of an image a little', async () => {
    const some = correlations.filter((rho) => rho > 0.15 && rho < 0.35);
    const results: Float32Array[] = [];
    for (const rho of some)
      results.push((await classicalDenoiser('dct', { threads: 1 })(noisy, modelOf(rho), false)).data);
    for (let i = 1; i < results.length; i++) expect(step(results[i - 1], results[i])).toBeLessThan(0.05);
  });

  it('changes the second opinion on the level a little', () => {
    const clean = head(48, 6);
    const levels = correlations.map(
      (rho) =>
        checkLevel(noisy, clean, {
          sigma: SIGMA,
          distribution: 'rician',
          noiseCorrelation: { x: rho, y: rho, z: 0 },
        }).measuredOverSigma ?? 0,
    );
    expect(levels[0]).toBeGreaterThan(0.5);
    for (let i = 1; i < levels.length; i++)
      expect(Math.abs(levels[i] / levels[i - 1] - 1)).toBeLessThan(0.05);
  });
});

describe('noise a little stronger or a little more correlated', () => {
  it('is found a little stronger or more correlated, without a jump', () => {
    const found = Array.from({ length: 26 }, (_, i) =>
      estimateNoise(
        simulateNoise(head(72, 6), {
          kind: 'rician',
          sigma: SIGMA * 1.01 ** i,
          correlation: 0.7 + 0.0375 * i,
          seed: 4,
        }),
      ),
    );
    expect(found[0].correlation.x).toBeLessThan(0.2);
    expect(found.at(-1)?.correlation.x).toBeGreaterThan(0.3);
    const ratios = found.map(({ sigma }, i) => sigma / (SIGMA * 1.01 ** i));
    for (const ratio of ratios) expect(Math.abs(ratio - 1)).toBeLessThan(0.05);
    for (let i = 1; i < ratios.length; i++)
      expect(Math.abs(ratios[i] / ratios[i - 1] - 1)).toBeLessThan(0.04);
  });
});

describe('little noise, a little more of it', () => {
  const clean = head(64, 4);
  /** Correlated, with the air cut away: nothing but smooth tissue says how much noise there is. */
  const found = Array.from({ length: 60 }, (_, i) => {
    const noisy = simulateNoise(clean, { kind: 'rician', sigma: 1.2 * 1.06 ** i, correlation: 1.6, seed: 5 });
    const masked = { ...noisy, data: noisy.data.map((value, k) => (clean.data[k] > 0 ? value : 0)) };
    return cleanness(masked, estimateNoise(masked, { modality: 'MR' }));
  });

  it('goes from none that counts to noise by and by, not at once', () => {
    expect(found[0]).toBe(1);
    expect(found.at(-1)).toBe(0);
    for (let i = 1; i < found.length; i++) expect(Math.abs(found[i] - found[i - 1])).toBeLessThan(0.25);
    expect(found.filter((degree) => degree > 0.05 && degree < 0.95).length).toBeGreaterThan(4);
  });

  it('is noise where a person gave its level', () => {
    const noisy = simulateNoise(clean, { kind: 'rician', sigma: 1.2, correlation: 1.6, seed: 5 });
    const estimate = estimateNoise(noisy, { modality: 'MR' });
    expect(cleanness(noisy, withToldNoise(estimate, noisy, { level: 1.2 }))).toBe(0);
  });
});
