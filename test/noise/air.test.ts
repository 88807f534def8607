import { describe, expect, it } from 'vitest';
import { airNoise } from '../../src-main/noise/air.js';
import { tissueThreshold } from '../../src-main/noise/foreground.js';
import { samplePlanes } from '../../src-main/noise/planes.js';
import { sigmaOfLevel } from '../../src-main/noise/simulate.js';
import { slab } from '../imaging/support.js';
import { drawnHead } from '../support/drawn-head.js';
import { PLAIN_SCANNER, type Scanner, simulateScan } from './scanner.js';

function airOf(settings: Partial<Scanner>, percent: number) {
  const head = slab(drawnHead(), 8, 12);
  const sigma = sigmaOfLevel(head, percent);
  const { noisy } = simulateScan(head, { ...PLAIN_SCANNER, ...settings }, sigma, 3);
  const planes = samplePlanes(noisy);
  const air = airNoise(planes, tissueThreshold(planes).level);
  return air === null ? null : { ...air, level: air.sigma / sigma };
}

describe('noise of the air', () => {
  it.each([4, 8, 12])('tells that the squares of %i coils were summed, beside dark bone', (coils) => {
    const air = airOf({ coils, combination: 'sum-of-squares' }, 5);
    expect(air?.level).toBeGreaterThan(0.95);
    expect(air?.level).toBeLessThan(1.06);
    expect(air?.channels).toBeGreaterThan(0.85 * coils);
    expect(air?.channels).toBeLessThan(1.1 * coils);
  });

  it('tells the same where the noise is correlated', () => {
    const air = airOf({ coils: 8, combination: 'sum-of-squares', window: 'fermi', acquired: [0.7, 0.7] }, 5);
    expect(air?.level).toBeGreaterThan(0.95);
    expect(air?.level).toBeLessThan(1.06);
    expect(air?.correlation.x).toBeGreaterThan(0.5);
    expect(air?.correlation.x).toBeLessThan(0.7);
  });

  it('tells one magnitude from many', () => {
    const air = airOf({}, 5);
    expect(air?.channels).toBe(1);
    expect(air?.level).toBeCloseTo(1, 1);
  });
});
