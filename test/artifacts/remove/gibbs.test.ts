import { describe, expect, it } from 'vitest';
import { acquiredGrid } from '../../../src-main/artifacts/remove/acquired.js';
import { gibbsRemover } from '../../../src-main/artifacts/remove/gibbs.js';
import { SURE } from '../../../src-main/artifacts/remove/remover.js';
import { Random } from '../../../src-main/base/random.js';
import { acquiredPhantom, psnr, stackOf } from './support.js';

const MR = { modality: 'MR', phase: null };
const magnitude = (values: Float32Array) => values.map(Math.abs);

function rician(values: Float32Array, sigma: number): Float32Array {
  const random = new Random(7);
  return values.map((value) => Math.hypot(value + sigma * random.normal(), sigma * random.normal()));
}

describe('ringing of truncated k-space', () => {
  it('is gone from zero-filled images: means over acquired voxels are nearer by 6 dB', () => {
    const { ringing, means } = acquiredPhantom(128, 63);
    const image = magnitude(ringing);
    const look = gibbsRemover.look(stackOf([image, image], 128), MR);
    expect(look.sure).toBeGreaterThan(SURE);
    const after = look.remove().data.subarray(0, image.length);
    expect(psnr(after, means) - psnr(image, means)).toBeGreaterThan(6);
  });

  it('is less on the acquired grid, too, where it is asked for', () => {
    const { ringing, means } = acquiredPhantom(95, 95);
    const image = magnitude(ringing);
    const look = gibbsRemover.look(stackOf([image, image, image], 95), MR);
    expect(look.sure).toBeLessThan(SURE);
    const after = look.remove().data.subarray(2 * image.length);
    expect(psnr(after, means) - psnr(image, means)).toBeGreaterThan(1.5);
  });

  it('keeps padding, and magnitudes without sign', () => {
    const { ringing } = acquiredPhantom(128, 63);
    const volume = stackOf([magnitude(ringing)], 128);
    const measured = new Uint8Array(volume.data.length).fill(1);
    volume.data[5] = 77;
    measured[5] = 0;
    const after = gibbsRemover.look({ ...volume, measured }, MR).remove();
    expect(after.data[5]).toBe(77);
    expect(Math.min(...after.data)).toBeGreaterThanOrEqual(0);
  });

  it.each([0, 10, 40])('has a border in k-space that is found under noise of %d', (sigma) => {
    const { ringing } = acquiredPhantom(128, 63);
    // The noise is of the scanner: it has the same border.
    const volume = stackOf([rician(ringing, sigma)], 128);
    const { x, y } = acquiredGrid(volume);
    if (sigma <= 10) expect([x.highest, y.highest]).toEqual([31, 31]);
    else expect([x.most, y.most]).toEqual([63, 63]);
  });

  it('has no border where noise or structure goes on to the end', () => {
    const { ringing } = acquiredPhantom(95, 95);
    for (const sigma of [0, 10, 40]) {
      const { x, y } = acquiredGrid(stackOf([rician(ringing, sigma)], 95));
      expect([x.highest, y.highest]).toEqual([47, 47]);
    }
  });

  it('is not looked for in CT', () => {
    const { ringing } = acquiredPhantom(95, 95);
    const volume = stackOf([ringing], 95);
    expect(() => gibbsRemover.look(volume, { ...MR, modality: 'CT' })).toThrow(/none/);
    expect(() => gibbsRemover.look({ ...volume, units: 'HU' }, MR)).toThrow(/none/);
  });
});
