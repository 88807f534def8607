import { describe, expect, it } from 'vitest';
import { runRace } from '../../src-main/denoise/race.js';
import { cutValues, floats } from '../../src-main/imaging/box.js';
import { withData } from '../../src-main/imaging/volume.js';
import { estimateNoise } from '../../src-main/noise/estimate/estimate.js';
import { simulateNoise } from '../../src-main/noise/simulate.js';
import type { UnitDenoiser } from '../../src-main/restore/evidence.js';
import { volumeOf } from '../imaging/support.js';

const SIDE = 64;
const SIGMA = 10;

describe('the race of auto', () => {
  const clean = volumeOf(
    Float32Array.from(
      { length: SIDE * SIDE * 4 },
      (_, i) => 200 + 40 * Math.sin((i % SIDE) / 4) * Math.sin(Math.floor(i / SIDE) / 5),
    ),
    [SIDE, SIDE, 4],
  );
  const noisy = simulateNoise(clean, { kind: 'gaussian', sigma: SIGMA, seed: 3 });
  const found = estimateNoise(noisy, { modality: 'CT' });

  /** Knows the truth, and has lost a part of what varies in it. */
  const losing =
    (part: number): UnitDenoiser =>
    async (input, _, { box }) => {
      const truth = cutValues(clean.data, clean, box, floats);
      const scale = SIGMA * Math.sqrt(1.25);
      return withData(
        input,
        truth.map((value) => (200 + (1 - part) * (value - 200)) / scale),
      );
    };

  const shareAt = async (x: number): Promise<number> => {
    const noise = { ...found, sigma: SIGMA, map: null, correlation: { x, y: 0, z: 0 } };
    const network = { denoise: losing(0.15), unrefined: losing(0), context: 0, crosses: false };
    return (await runRace({ volume: noisy, noise, only2d: false }, network, 1)).unrefined;
  };

  it('leaves the network as it is where refining loses structure, less so the more noise is not as it is drawn', async () => {
    const shares: number[] = [];
    for (const x of [0, 0.19, 0.22, 0.25, 0.4]) shares.push(await shareAt(x));
    const [white, ...correlated] = shares;
    expect(white).toBeGreaterThan(0.8);
    expect(correlated).toEqual([...correlated].sort((a, b) => b - a));
    expect(correlated[0]).toBeGreaterThan(0.3);
    expect(correlated[1]).toBeGreaterThan(0.1);
    expect(correlated[3]).toBe(0);
  });
});
