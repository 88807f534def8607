import { describe, expect, it } from 'vitest';
import { guidedNoise, measuredNoise } from '../../src-main/filters/guided-noise.js';
import type { Volume } from '../../src-main/imaging/volume.js';
import { estimateNoise } from '../../src-main/noise/estimate/estimate.js';
import { simulateNoise } from '../../src-main/noise/simulate.js';
import { volumeOf } from '../imaging/support.js';

const SIDE = 128;

/** Tissue throughout: fine weak stripes in every direction, and flat patches between them. */
function tissue(stripes: number): Volume {
  const data = Float32Array.from({ length: SIDE * SIDE * 4 }, (_, i) => {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE) % SIDE];
    const isFlat = Math.floor(x / 21) % 3 === 0 && Math.floor(y / 21) % 2 === 0;
    const turn = Math.floor(x / 21) + 2 * Math.floor(y / 21);
    const along = x * Math.cos(turn) + y * Math.sin(turn);
    return 600 + (isFlat ? 0 : stripes * Math.sin((2 * Math.PI * along) / 5));
  });
  return volumeOf(data, [SIDE, SIDE, 4]);
}

describe('the level where tissue alone tells it', () => {
  it('does not count structure that correlated noise hides', async () => {
    const noisy = simulateNoise(tissue(16), { kind: 'rician', sigma: 20, correlation: 1.6, seed: 3 });
    const plain = estimateNoise(noisy, { modality: 'MR' });
    const guided = await guidedNoise(noisy, plain, { modality: 'MR' });
    expect(plain.sigma / 20).toBeGreaterThan(1.1);
    expect(Math.abs(guided.sigma / 20 - 1)).toBeLessThan(0.07);
    expect(guided.relative / plain.relative).toBeCloseTo(guided.sigma / plain.sigma, 5);
  });

  it.each([0, 1.6])('is within a tenth where all is flat, correlation %s', async (correlation) => {
    const noisy = simulateNoise(tissue(0), { kind: 'rician', sigma: 20, correlation, seed: 4 });
    const { sigma } = await measuredNoise(noisy, { modality: 'MR' });
    expect(Math.abs(sigma / 20 - 1)).toBeLessThan(0.1);
  });

  it('is left alone where repeats or air tell it, or nothing does', async () => {
    const noisy = simulateNoise(tissue(16), { kind: 'rician', sigma: 20, seed: 3 });
    const plain = estimateNoise(noisy, { modality: 'MR' });
    const byRepeats = { ...plain, methods: { ...plain.methods, repeats: 19 } };
    expect(await guidedNoise(noisy, byRepeats)).toBe(byRepeats);
    const byAir = { ...plain, methods: { ...plain.methods, background: plain.sigma } };
    expect(await guidedNoise(noisy, byAir)).toBe(byAir);
    const unknown = { ...plain, sigma: 0 };
    expect(await guidedNoise(noisy, unknown)).toBe(unknown);
  });
});
