import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLASSICAL_NAMES } from '../../src-main/contract/requests/choices.js';
import { classicalContext, classicalDenoiser } from '../../src-main/filters/denoiser.js';
import { partsOf } from '../../src-main/filters/pool.js';
import { withData } from '../../src-main/imaging/volume.js';
import { simulateNoise } from '../../src-main/noise/simulate.js';
import { volumeOf } from '../imaging/support.js';
import { buildWorker, noiseOf } from './support.js';

let worker: Awaited<ReturnType<typeof buildWorker>>;
beforeAll(async () => {
  worker = await buildWorker();
});
afterAll(() => worker.remove());

/** Two bright blocks on a ramp, brighter from frame to frame. */
function series(frames: number) {
  const data = Float32Array.from({ length: 24 * 20 * 9 * frames }, (_, i) => {
    const [x, y] = [i % 24, Math.floor(i / 24) % 20];
    return 100 + 2 * x + (x > 8 && x < 16 && y > 5 ? 80 : 0) + 3 * Math.floor(i / 4320);
  });
  return simulateNoise(volumeOf(data, [24, 20, 9, frames]), { kind: 'rician', sigma: 8, seed: 1 });
}

describe.each(CLASSICAL_NAMES)('%s', (kind) => {
  const noise = noiseOf(8, 'rician');

  it('gives the same bits in one thread and in three', async () => {
    const volume = series(kind === 'mppca' ? 11 : 2);
    const progress: [number, number][] = [];
    const one = await classicalDenoiser(kind, { threads: 1 })(volume, noise, false, (done, total) =>
      progress.push([done, total]),
    );
    const three = await classicalDenoiser(kind, { threads: 3, worker: worker.url })(volume, noise, false);
    expect(Buffer.from(three.data.buffer).equals(Buffer.from(one.data.buffer))).toBe(true);
    const total = volume.slices * volume.frames;
    expect(progress.at(-1)).toEqual([total, total]);
    expect(progress).toEqual([...progress].sort(([a], [b]) => a - b));
  });

  it('leaves padding alone and takes a map of the noise', async () => {
    const volume = series(11);
    const measured = Uint8Array.from(volume.data, (_, i) => (i % 24 < 3 ? 0 : 1));
    const padded = {
      ...withData(
        volume,
        volume.data.map((v, i) => (measured[i] === 1 ? v : 0)),
      ),
      measured,
    };
    const map = new Float32Array(4320).fill(8);
    const out = await classicalDenoiser(kind, { threads: 1 })(padded, { ...noise, map }, true);
    expect(out.data.every((value) => Number.isFinite(value) && value >= 0)).toBe(true);
    expect(out.data.every((value, i) => measured[i] === 1 || value === 0)).toBe(true);
    expect(out.data.some((value, i) => measured[i] === 1 && value !== padded.data[i])).toBe(true);
  });

  it('refuses what has no noise level', async () => {
    await expect(
      classicalDenoiser(kind, { threads: 1 })(series(11), noiseOf(0, 'gaussian'), false),
    ).rejects.toMatchObject({ code: 'E_VALUES' });
  });

  it('says how far a slice looks', () => {
    expect(classicalContext(kind, series(1), true)).toBe(0);
    expect(classicalContext(kind, series(1), false)).toBeGreaterThan(2);
  });
});

describe('dct', () => {
  it('refuses images smaller than a block', async () => {
    const tiny = volumeOf(new Float32Array(6 * 6 * 2).fill(5), [6, 6, 2]);
    await expect(
      classicalDenoiser('dct', { threads: 1 })(tiny, noiseOf(1, 'gaussian'), false),
    ).rejects.toMatchObject({ code: 'E_TOO_SMALL' });
  });
});

describe('the pool', () => {
  it('tells when a thread fails', async () => {
    const broken = new URL('data:text/javascript,throw new Error("no")');
    await expect(
      classicalDenoiser('nlm', { threads: 2, worker: broken })(series(1), noiseOf(8, 'rician'), false),
    ).rejects.toMatchObject({ code: 'E_INTERNAL' });
  });

  it('cuts slices into parts that follow one another', () => {
    for (const [slices, threads] of [
      [24, 2],
      [5, 8],
      [1, 2],
      [200, 3],
    ]) {
      const parts = partsOf(slices, threads, 8);
      expect(parts[0].from).toBe(0);
      expect(parts.at(-1)?.to).toBe(slices);
      for (const [i, { from, to }] of parts.entries()) {
        expect(to - from).toBeGreaterThan(0);
        expect(to - from).toBeLessThanOrEqual(8);
        if (i > 0) expect(from).toBe(parts[i - 1].to);
      }
    }
  });
});

describe('mppca of a series in which frames are copies of others', () => {
  it('makes of them what their originals become without them', async () => {
    const volume = series(7);
    const length = volume.data.length / volume.frames;
    const order = [0, 0, 1, 2, 2, 3, 4, 5, 6, 1];
    const data = new Float32Array(order.length * length);
    for (const [k, frame] of order.entries())
      data.set(volume.data.subarray(frame * length, (frame + 1) * length), k * length);
    const twice = { ...withData(volume, data), frames: order.length };
    const noise = noiseOf(8, 'rician');
    const denoise = classicalDenoiser('mppca', { threads: 1 });
    const [alone, together] = [await denoise(volume, noise, false), await denoise(twice, noise, false)];
    expect(alone.data).not.toEqual(volume.data);
    for (const [k, frame] of order.entries())
      expect(together.data.subarray(k * length, (k + 1) * length)).toEqual(
        alone.data.subarray(frame * length, (frame + 1) * length),
      );
  });
});
