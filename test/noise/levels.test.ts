import { describe, expect, it } from 'vitest';
import { classicalDenoiser } from '../../src-main/filters/denoiser.js';
import { levelCertainty, SURE } from '../../src-main/noise/levels.js';
import { simulateNoise } from '../../src-main/noise/simulate.js';
import { volumeOf } from '../imaging/support.js';

type Evidence = Parameters<typeof levelCertainty>[0];

/** All that tells of structure, and nothing against it. */
const DOUBTFUL: Evidence = {
  sigma: 10,
  air: null,
  structured: 0,
  rho: 0.4,
  wavelet: 10,
  spectrum: { sigma: 10, rise: 1.4 },
  typical: 10,
};
const AIR = { sigma: 10, even: 1 };

/** Certainties along a way from 0 to 1 in hundredths. */
const along = (at: (share: number) => Partial<Evidence>) =>
  Array.from({ length: 101 }, (_, k) => levelCertainty({ ...DOUBTFUL, ...at(k / 100) }));

describe('how certain a level is', () => {
  it.each<[string, (share: number) => Partial<Evidence>]>([
    ['correlation that structure may make', (share) => ({ rho: 0.1 + 0.3 * share })],
    ['blocks that are less and less alike', (share) => ({ spectrum: { sigma: 10, rise: 1 + 0.4 * share } })],
    [
      'methods that agree less and less',
      (share) => ({ spectrum: { sigma: 10 * (1 + share), rise: 1 }, rho: 0.4 }),
    ],
    ['structure, beside air with ghosts', (share) => ({ structured: share, air: { sigma: 30, even: 0 } })],
    [
      'ghosts in the air',
      (share) => ({ structured: 1, air: { ...AIR, even: 1 - share }, typical: 30, sigma: 10 }),
    ],
    [
      'air that is quieter and quieter',
      (share) => ({ structured: 1, air: { sigma: 10 - 5 * share, even: 1 } }),
    ],
  ])('goes down by degrees with %s', (_, at) => {
    const found = along(at);
    expect(found[0]).toBe(1);
    expect(found[100]).toBe(0);
    const steps = found.slice(1).map((value, k) => found[k] - value);
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...steps)).toBeLessThan(0.11);
  });

  it.each(['nlm', 'dct'] as const)(
    'decides by degrees how much of the floor of magnitudes %s takes',
    async (name) => {
      const side = 32;
      const clean = volumeOf(
        Float32Array.from({ length: side * side * 4 }, (_, i) => (i % side < side / 2 ? 5 : 60)),
        [side, side, 4],
      );
      const noisy = simulateNoise(clean, { kind: 'rician', sigma: 10, seed: 5 });
      const darkOf = async (certainty: number) => {
        const noise = {
          sigma: 10,
          map: null,
          distribution: 'rician' as const,
          correlation: { x: 0, y: 0, z: 0 },
          airMasked: false,
          certain: certainty >= SURE,
          certainty,
        };
        const { data } = await classicalDenoiser(name, { threads: 1 })(noisy, noise, false);
        const dark = data.filter((_, i) => i % side < side / 2 - 4);
        return dark.reduce((sum, value) => sum + value, 0) / dark.length;
      };
      const found: number[] = [];
      for (const certainty of [0, 0.05, 0.25, 0.49, 0.51, 0.75, 0.95, 1]) found.push(await darkOf(certainty));
      // all of the floor stays without a level, and little of it with one
      expect(found[0]).toBeGreaterThan(12);
      expect(found[7]).toBeLessThan(8);
      expect(Math.abs(found[4] - found[3])).toBeLessThan(0.4);
      for (const [near, far] of [
        [0, 1],
        [7, 6],
      ])
        expect(Math.abs(found[near] - found[far])).toBeLessThan(1);
    },
  );
});
