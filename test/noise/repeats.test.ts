import { describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import type { Volume } from '../../src-main/imaging/volume.js';
import { estimateNoise } from '../../src-main/noise/estimate/estimate.js';
import { volumeOf } from '../imaging/support.js';

const SIDE = 64;
const SLICES = 6;
const SIGMA = 40;

/** A textured disc in air under Rician noise, a frame for each brightness. */
function frames(brightness: readonly number[]): Volume {
  const random = new Random(5);
  const data = Float32Array.from({ length: SIDE * SIDE * SLICES * brightness.length }, (_, at) => {
    const [x, y] = [at % SIDE, Math.floor(at / SIDE) % SIDE];
    const frame = Math.floor(at / (SIDE * SIDE * SLICES));
    const texture = 0.06 * (Math.sin(0.9 * x + 0.3 * y) + Math.sin(0.4 * x - 0.8 * y));
    const inside = Math.hypot(x - SIDE / 2, y - SIDE / 2) < 0.42 * SIDE;
    const signal = inside ? brightness[frame] * (0.75 + texture) : 0;
    return Math.hypot(signal + SIGMA * random.normal(), SIGMA * random.normal());
  });
  return volumeOf(data, [SIDE, SIDE, SLICES, brightness.length]);
}

describe('frames that are few', () => {
  it('of one contrast tell the level as repeats', () => {
    const found = estimateNoise(frames([1000, 1000, 1000]), { modality: 'MR' });
    expect(found.methods.repeats).not.toBeNull();
    expect(Math.abs(found.sigma / SIGMA - 1)).toBeLessThan(0.05);
  });

  it('of other contrasts, as of other flip angles, are no repeats: texture is in their differences', () => {
    const found = estimateNoise(frames([1000, 500, 800]), { modality: 'MR' });
    expect(found.methods.repeats).toBeNull();
    expect(Math.abs(found.sigma / SIGMA - 1)).toBeLessThan(0.1);
  });

  it('whose brightness drifts a little are repeats', () => {
    const found = estimateNoise(frames([1000, 980, 1010]), { modality: 'MR' });
    expect(Math.abs(found.sigma / SIGMA - 1)).toBeLessThan(0.05);
  });
});
