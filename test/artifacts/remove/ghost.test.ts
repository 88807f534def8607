import { describe, expect, it } from 'vitest';
import { simulateArtifact } from '../../../src-main/artifacts/artifacts.js';
import { ghostRemover } from '../../../src-main/artifacts/remove/ghost.js';
import { SURE } from '../../../src-main/artifacts/remove/remover.js';
import { Random } from '../../../src-main/base/random.js';
import { simulateNoise } from '../../../src-main/noise/simulate.js';
import { distance } from '../support.js';
import { acquiredPhantom, stackOf } from './support.js';

const MR = { modality: 'MR', phase: null };
const plane = acquiredPhantom(64, 63).means.map((value) => Math.max(0, value));
const clean = stackOf([plane, plane, plane], 64);
const ghosted = (severity: number) => simulateArtifact(clean, { artifact: 'ghost', severity, seed: 4 });
const gain = (before: Float32Array, after: Float32Array) =>
  20 * Math.log10(distance(before, clean.data) / distance(after, clean.data));

/** What lines of tissue spread along the phase encoding over air: the less the farther it is. */
function lightOf(values: Float32Array): Float32Array {
  return values.map((_, i) => {
    const [x, y] = [i % 64, Math.floor(i / 64)];
    let sum = 0;
    for (let at = 0; at < 64; at++) sum += values[at * 64 + x] / (64 * (1 + Math.abs(at - y) / 6));
    return 0.45 * sum;
  });
}

describe('an N/2 ghost', () => {
  it.each([5, 20, 40])('of %d %% is found, measured and subtracted: at least 12 dB', (severity) => {
    const volume = ghosted(severity);
    const look = ghostRemover.look(volume, MR);
    expect(look.sure).toBeGreaterThan(SURE);
    expect(Math.abs((look.amount ?? 0) / severity - 1)).toBeLessThan(0.15);
    const after = look.remove();
    expect(gain(volume.data, after.data)).toBeGreaterThan(12);
    expect(look.left?.(after)).toBeLessThan(severity / 4);
  });

  it.each([3, 20])('of more than a third of its parent is found in %d slices', (slices) => {
    const many = stackOf(new Array<Float32Array>(slices).fill(plane), 64);
    for (const severity of [40, 60]) {
      const volume = simulateArtifact(many, { artifact: 'ghost', severity, seed: 4 });
      const look = ghostRemover.look(volume, MR);
      expect(look.sure).toBeGreaterThan(SURE);
      expect(Math.abs((look.amount ?? 0) / severity - 1)).toBeLessThan(0.1);
      const left = distance(look.remove().data, many.data);
      expect(20 * Math.log10(distance(volume.data, many.data) / left)).toBeGreaterThan(15);
    }
  });

  it('is found along rows, and only there where the files say that phase was encoded along columns', () => {
    const turned = (values: Float32Array) =>
      values.map((_, i) => {
        const [p, y, x] = [Math.floor(i / 4096), Math.floor(i / 64) % 64, i % 64];
        return values[p * 4096 + x * 64 + y];
      });
    const volume = { ...clean, data: turned(ghosted(20).data) };
    const look = ghostRemover.look(volume, MR);
    expect(look.words).toContain('along rows');
    const after = turned(look.remove().data);
    expect(gain(ghosted(20).data, after)).toBeGreaterThan(12);
    expect(ghostRemover.look(volume, { ...MR, phase: 'y' }).sure).toBe(0);
  });

  it('is found and measured under noise', () => {
    const noisy = simulateNoise(ghosted(20), { kind: 'rician', sigma: 20, seed: 1 });
    const look = ghostRemover.look(noisy, MR);
    expect(look.sure).toBeGreaterThan(SURE);
    expect(Math.abs((look.amount ?? 0) - 20)).toBeLessThan(4);
  });

  it('is not taken for deeper by light that lines of tissue spread over air', () => {
    const isOfTissue = (x: number) => plane.some((value, i) => i % 64 === x && value > 100);
    const lines = Array.from({ length: 64 }, (_, x) => isOfTissue(x));
    const { data, ...rest } = ghosted(5);
    const lit = data.map((value, i) => (lines[i % 64] ? Math.hypot(value, 40) : value));
    const look = ghostRemover.look({ ...rest, data: lit }, { ...MR, phase: 'y' });
    expect(look.amount).toBeGreaterThan(0);
    expect(look.amount).toBeLessThan(5.5);
  });

  it.each([0, 2.5, 5, 10])(
    'of %d %% is told beside light that falls off from the tissue, and from it',
    (severity) => {
      // Tissue with texture, as heads have it; its light is the brighter the nearer and the brighter the tissue is.
      const random = new Random(8);
      const textured = plane.map((value) => (value > 100 ? value * (0.6 + 0.8 * random.uniform()) : 0));
      const light = lightOf(textured);
      const head = stackOf([textured, textured, textured], 64);
      const { data, ...rest } = simulateArtifact(head, { artifact: 'ghost', severity, seed: 4 });
      const lit = data.map((value, i) => Math.hypot(value, light[i % light.length]));
      const look = ghostRemover.look({ ...rest, data: lit }, { ...MR, phase: 'y' });
      if (severity < 2) expect(look.sure).toBe(0);
      else expect(Math.abs((look.amount ?? 0) - severity)).toBeLessThan(0.7);
    },
  );

  it.each([10, 20, 40])(
    'of %d %% is told where the head fills its field of view but at its sides, so that dark tissue passes for air',
    (severity) => {
      const random = new Random(3);
      const head = Float32Array.from({ length: 64 * 64 }, (_, i) => {
        const [x, y] = [i % 64, Math.floor(i / 64)];
        const [across, along] = [Math.abs(x - 31.5), Math.abs(y - 31.5)];
        if (across > 26) return 0;
        const bright = 500 + 500 * random.uniform();
        // At the sides air is half a field of view away; in the middle dark tissue of all shades is, which has no ghost.
        const shade = across > 14 ? 0 : 0.45 * random.uniform();
        return along < 14 ? bright : bright * shade;
      });
      const full = stackOf([head, head, head], 64);
      const harmed = simulateArtifact(full, { artifact: 'ghost', severity, seed: 4 });
      const look = ghostRemover.look(harmed, { ...MR, phase: 'y' });
      expect(Math.abs((look.amount ?? 0) / severity - 1)).toBeLessThan(0.12);
    },
  );

  it('goes by degrees from where it is not told to where all of it is removed', () => {
    const left = [1.5, 2.2, 2.5, 2.8, 3.5].map((severity) => {
      const volume = ghosted(severity);
      return (
        distance(ghostRemover.look(volume, MR).remove().data, clean.data) / distance(volume.data, clean.data)
      );
    });
    expect(left[0]).toBe(1);
    for (let i = 1; i < left.length; i++) expect(left[i]).toBeLessThan(left[i - 1]);
    expect(left[left.length - 1]).toBeLessThan(0.2);
  });

  it('leaves no holes in the noise of air', () => {
    const noisy = simulateNoise(ghosted(20), { kind: 'rician', sigma: 20, seed: 1 });
    const after = ghostRemover.look(noisy, MR).remove();
    const holes = ({ data }: typeof noisy) => data.filter((value) => value < 1).length;
    expect(holes(after)).toBeLessThan(holes(noisy) + 10);
  });

  it('is measured under strong noise, which air has too', () => {
    const noisy = simulateNoise(ghosted(40), { kind: 'rician', sigma: 70, seed: 1 });
    const look = ghostRemover.look(noisy, MR);
    expect(look.sure).toBeGreaterThan(SURE);
    expect(Math.abs((look.amount ?? 0) - 40)).toBeLessThan(5);
  });

  it.each([1, 2, 3])('is not found in noise alone, which has no tissue: draw %d', (seed) => {
    const random = new Random(seed);
    const noise = () => Float32Array.from({ length: 64 * 64 }, () => Math.abs(100 * random.normal()));
    const volume = stackOf(Array.from({ length: 18 }, noise), 64);
    expect(ghostRemover.look(volume, MR).sure).toBe(0);
  });

  it('is not found where there is none, with and without noise, and nothing is changed', () => {
    const noisy = [30, 90].map((sigma) => simulateNoise(clean, { kind: 'rician', sigma, seed: 1 }));
    for (const volume of [clean, ...noisy]) {
      const look = ghostRemover.look(volume, MR);
      expect(look.sure).toBe(0);
      expect(look.remove()).toBe(volume);
    }
  });

  it.each([0, 20])(
    'is not found where dark tissue of all shades lies half a field of view from bright tissue, noise %d',
    (sigma) => {
      const random = new Random(5);
      const shades = Float32Array.from({ length: 64 * 64 }, (_, i) => {
        const y = Math.floor(i / 64);
        return y < 4 || y >= 60 ? 0 : y < 32 ? 350 + 600 * random.uniform() : 350 * random.uniform();
      });
      const tissue = stackOf([shades, shades], 64);
      const volume = sigma === 0 ? tissue : simulateNoise(tissue, { kind: 'rician', sigma, seed: 1 });
      expect(ghostRemover.look(volume, { ...MR, phase: 'y' }).sure).toBe(0);
    },
  );
});
