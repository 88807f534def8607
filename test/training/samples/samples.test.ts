import { describe, expect, it } from 'vitest';
import { Random } from '../../../src-main/base/random.js';
import {
  contextPlanes,
  dihedral,
  PatchSampler,
  type TrainingImage,
} from '../../../src-main/training/samples/samples.js';

const ROWS = 96;
const COLUMNS = 80;

function image(usable: Uint8Array | null = null): TrainingImage {
  const values = Float32Array.from({ length: 3 * ROWS * COLUMNS }, (_, i) => i);
  return { values, rows: ROWS, columns: COLUMNS, slices: 3, frames: 1, usable };
}

describe('patches', () => {
  it('weigh each pixel for training or for the held-out loss, never for both', () => {
    const sampler = new PatchSampler(image(), { size: 32, context: 0, seed: 4 });
    const seen = { training: new Set<number>(), heldOut: new Set<number>() };
    for (const part of ['training', 'heldOut'] as const) {
      const random = new Random(part.length);
      for (let k = 0; k < 200; k++) {
        const patch = sampler.draw(random, part);
        patch.weight.forEach((weight, i) => {
          if (weight === 1) seen[part].add(patch.values[i]);
        });
      }
    }
    expect(seen.heldOut.size).toBeGreaterThan(200);
    expect(seen.training.size).toBeGreaterThan(8 * seen.heldOut.size);
    expect([...seen.heldOut].filter((value) => seen.training.has(value))).toEqual([]);
  });

  it('give no weight to padding', () => {
    const usable = new Uint8Array(3 * ROWS * COLUMNS).map((_, i) => (i % COLUMNS < 40 ? 1 : 0));
    const sampler = new PatchSampler(image(usable), { size: 32, context: 0, seed: 4 });
    const random = new Random(2);
    for (let k = 0; k < 50; k++) {
      const patch = sampler.draw(random, 'training');
      patch.weight.forEach((weight, i) => {
        if (weight === 1) expect(patch.values[i] % COLUMNS).toBeLessThan(40);
      });
    }
  });

  it('carry the neighbouring slices of the same place as channels', () => {
    const sampler = new PatchSampler(image(), { size: 16, context: 1, seed: 4 });
    const random = new Random(8);
    const plane = ROWS * COLUMNS;
    for (let k = 0; k < 50; k++) {
      const { values } = sampler.draw(random, 'training');
      const inPlane = new Set([values[0] % plane, values[1] % plane, values[2] % plane]);
      expect(inPlane.size).toBe(1);
      expect(values[0]).not.toBe(values[1]);
    }
  });

  it('come in all eight symmetries, each a permutation', () => {
    for (let turn = 0; turn < 8; turn++) {
      const cells = new Set<number>();
      for (let y = 0; y < 4; y++)
        for (let x = 0; x < 4; x++) {
          const [v, u] = dihedral(turn, y, x, 4);
          cells.add(v * 4 + u);
        }
      expect(cells.size).toBe(16);
    }
  });
});

describe('context planes', () => {
  it('mirror at both ends of a frame and never leave it', () => {
    expect(contextPlanes({ slices: 5 }, 0, 2)).toEqual([2, 1, 0, 1, 2]);
    expect(contextPlanes({ slices: 5 }, 9, 2)).toEqual([7, 8, 9, 8, 7]);
    expect(contextPlanes({ slices: 1 }, 3, 1)).toEqual([3, 3, 3]);
  });
});
