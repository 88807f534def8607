import { describe, expect, it } from 'vitest';
import { simulateArtifact } from '../../src-main/artifacts/artifacts.js';
import { ghostRemover } from '../../src-main/artifacts/remove/ghost.js';
import { Random } from '../../src-main/base/random.js';
import { type Volume, withData } from '../../src-main/imaging/volume.js';
import { cleaningTrust } from '../../src-main/trust/cleaning.js';
import { acquiredPhantom, stackOf } from '../artifacts/remove/support.js';

const SIDE = 96;
const plane = acquiredPhantom(SIDE, 95).means.map((value) => Math.max(0, value));
const volume = stackOf([plane, plane, plane], SIDE);

/** Means over squares, in part: what a bad remover would do to small things. */
function blurred(given: Volume, reach: number, share: number): Volume {
  const area = given.rows * given.columns;
  return withData(
    given,
    given.data.map((value, i) => {
      const [x, y] = [i % given.columns, Math.floor((i % area) / given.columns)];
      if (Math.min(x, y, given.columns - 1 - x, given.rows - 1 - y) < reach) return value;
      let sum = 0;
      for (let dy = -reach; dy <= reach; dy++)
        for (let dx = -reach; dx <= reach; dx++) sum += given.data[i + dy * given.columns + dx];
      return (1 - share) * value + (share * sum) / (2 * reach + 1) ** 2;
    }),
  );
}

const judged = (before: Volume, again: (part: Volume) => Volume, after = again(before)) =>
  cleaningTrust({ before, after, again, sigma: 0, random: new Random(1) });

describe('trust in what took an artifact away', () => {
  it('fails where small lesions went with it, and warns where a part of them did', async () => {
    const gone = await judged(volume, (part) => blurred(part, 4, 1));
    expect(gone.lesions).toBeGreaterThan(5);
    expect(gone.kept).toBeLessThan(60);
    expect(gone.verdict).toBe('fail');
    const less = await judged(volume, (part) => blurred(part, 4, 0.45));
    expect(less.kept).toBeGreaterThan(60);
    expect(less.kept).toBeLessThan(80);
    expect(less.verdict).toBe('warn');
  });

  it('lets a veil over air go, and fails where the image is gone', async () => {
    // A small head, so that most of what is seen is the veil.
    const small = volume.data.map((value, i) => {
      const [x, y] = [i % SIDE, Math.floor((i % (SIDE * SIDE)) / SIDE)];
      return Math.hypot(x - 48, y - 48) < 24 ? value : 0;
    });
    const veiled = withData(
      volume,
      small.map((value, i) => Math.hypot(value, 150 + 10 * Math.sin(i))),
    );
    const tissue = (part: Volume) =>
      withData(
        part,
        part.data.map((value, i) => (small[i % (SIDE * SIDE)] > 0 ? value : 0)),
      );
    expect((await judged(veiled, tissue)).verdict).toBe('pass');
    const fainter = (part: Volume) =>
      withData(
        part,
        part.data.map((value) => value / 20),
      );
    expect((await judged(veiled, fainter)).verdict).toBe('fail');
  });

  it('says how much of the contrast is left: of half of all values half', async () => {
    const half = await judged(volume, (part) =>
      withData(
        part,
        part.data.map((value) => value / 2),
      ),
    );
    expect(half.kept).toBeCloseTo(50, 3);
  });

  it('counts contrast that an artifact had hidden as kept, not as more than all of it', async () => {
    const more = await judged(volume, (part) =>
      withData(
        part,
        part.data.map((value) => 1.5 * value),
      ),
    );
    expect(more.kept).toBe(100);
    const about = { modality: 'MR', phase: null };
    const many = stackOf(new Array<Float32Array>(8).fill(plane), SIDE);
    const ghosted = simulateArtifact(many, { artifact: 'ghost', severity: 40, seed: 4 });
    const trust = await judged(ghosted, (part) => ghostRemover.look(part, about).remove());
    expect(trust.lesions).toBeGreaterThan(5);
    expect(trust.kept).toBeGreaterThan(90);
    expect(trust.kept).toBeLessThanOrEqual(100);
  });

  it('puts no lesion where there is an artifact alone', async () => {
    // Beside the tissue a second, fainter one, which goes: nothing of a lesion would be left there.
    const twice = withData(
      volume,
      volume.data.map((value, i) => {
        const [x, row] = [i % SIDE, i - (i % SIDE)];
        return value + 0.6 * volume.data[row + ((x + SIDE / 2) % SIDE)];
      }),
    );
    const without = (part: Volume) =>
      withData(
        part,
        part.data.map((value, i) => (volume.data[i % (SIDE * SIDE)] > 100 ? 0.99 * value : 0)),
      );
    const trust = await judged(twice, without);
    expect(trust.lesions).toBeGreaterThan(5);
    expect(trust.kept).toBeCloseTo(99, 1);
  });

  it('tells nothing of lesions where the slices that they are put into are not changed again', async () => {
    const removed = withData(
      volume,
      volume.data.map((value) => 0.95 * value),
    );
    expect(await judged(volume, (part) => part, removed)).toMatchObject({ kept: null, lesions: 0 });
    const copied = (part: Volume) => withData(part, part.data.slice());
    expect(await judged(volume, copied, removed)).toMatchObject({ kept: null, lesions: 0 });
  });

  it('counts slices and frames of the places from 1', async () => {
    const frames = { ...volume, slices: 1, frames: 3 };
    const area = SIDE * SIDE;
    const removed = withData(
      frames,
      frames.data.map((value, i) => (i < 2 * area ? value : 0.9 * value)),
    );
    const { places } = await judged(frames, (part) => part, removed);
    expect(places.length).toBeGreaterThan(0);
    for (const place of places) expect(place).toMatchObject({ slice: 1, frame: 3 });
  });
});
