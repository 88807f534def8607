import { describe, expect, it } from 'vitest';
import { Random } from '../../../src-main/base/random.js';
import { classicalDenoiser } from '../../../src-main/filters/denoiser.js';
import { sliceView, type Volume, withData } from '../../../src-main/imaging/volume.js';
import { noiseOfBox } from '../../../src-main/noise/domain.js';
import { estimateNoise } from '../../../src-main/noise/estimate/estimate.js';
import { frameOutliers, OutlierSearch } from '../../../src-main/noise/outliers/frame-outliers.js';
import { withOutliers } from '../../../src-main/noise/outliers/outlier-warnings.js';
import { volumeOf } from '../../imaging/support.js';
import { AREA, loseSignal, SIDE, SIGMA, SIGNALS, SLICES, series, spoil, WEIGHTED } from './drawn.js';

function shares(found: readonly string[], true_: ReadonlySet<string>): { hit: number; false_: number } {
  const hits = found.filter((name) => true_.has(name)).length;
  return { hit: hits / true_.size, false_: (found.length - hits) / (SIGNALS.length * SLICES) };
}

describe('frameOutliers', () => {
  it('takes neither attenuation nor direction for a loss', () => {
    for (const seed of [1, 2, 3]) expect(frameOutliers(series(seed))).toEqual([]);
  });

  it('finds slices that lost a fifth of their signal or more', () => {
    const names: string[] = [];
    const spoilt = new Set<string>();
    for (const seed of [4, 5, 6, 7]) {
      const volume = series(seed);
      const random = new Random(seed);
      const here = spoil(volume, random, WEIGHTED, (slice) => loseSignal(slice, random));
      for (const name of here) spoilt.add(`${seed} ${name}`);
      for (const { frame, dropOuts, spikes } of frameOutliers(volume)) {
        names.push(...dropOuts.map((slice) => `${seed} ${frame}/${slice}`));
        expect(spikes).toEqual([]);
      }
    }
    const { hit, false_ } = shares(names, spoilt);
    expect(spoilt.size).toBeGreaterThan(30);
    expect(hit).toBeGreaterThanOrEqual(0.95);
    expect(false_ / 4).toBeLessThanOrEqual(0.01);
  });

  it('finds slices with stripes of twice the noise', () => {
    const volume = series(8);
    const random = new Random(8);
    const spoilt = spoil(volume, random, WEIGHTED, (slice) => {
      const [kx, ky] = [6 + Math.floor(16 * random.uniform()), 6 + Math.floor(16 * random.uniform())];
      const phase = 6 * random.uniform();
      for (let i = 0; i < AREA; i++) {
        const at = phase + (2 * Math.PI * (kx * (i % SIDE) + ky * Math.floor(i / SIDE))) / SIDE;
        slice[i] = Math.hypot(slice[i] + 2 * SIGMA * Math.cos(at), 2 * SIGMA * Math.sin(at));
      }
    });
    const found = frameOutliers(volume).flatMap(({ frame, spikes }) =>
      spikes.map((slice) => `${frame}/${slice}`),
    );
    const { hit, false_ } = shares(found, spoilt);
    expect(hit).toBeGreaterThanOrEqual(0.95);
    expect(false_).toBeLessThanOrEqual(0.01);
  });

  it('finds a frame that lies three voxels away, and no other', () => {
    const found = frameOutliers(series(9, { 6: 3 }));
    expect(found.map(({ frame }) => frame)).toEqual([6]);
    expect(found[0].displaced).toBeGreaterThan(2);
    expect(found[0].displaced).toBeLessThan(4);
  });

  it('names volumes and slices, counted from 1', () => {
    const volume = series(10);
    sliceView(volume, 9, 5).forEach((v, i, slice) => {
      slice[i] = 0.4 * v;
    });
    const { warnings } = withOutliers(estimateNoise(volume, { modality: 'MR' }), frameOutliers(volume));
    const told = warnings.find(({ code }) => code === 'W_OUTLIERS');
    expect(told?.facts).toEqual({ count: 1, volumes: '6 [10]' });
  });
});

const noiseOf = (volume: Volume) =>
  withOutliers(
    { ...estimateNoise(volume, { modality: 'MR' }), sigma: SIGMA, map: null },
    frameOutliers(volume),
  );

/** Slices of all frames. */
function slicesOf(volume: Volume, from: number, to: number): Volume {
  const data = new Float32Array(volume.frames * (to - from) * AREA);
  for (let frame = 0; frame < volume.frames; frame++)
    for (let slice = from; slice < to; slice++)
      data.set(sliceView(volume, slice, frame), (frame * (to - from) + slice - from) * AREA);
  return { ...withData(volume, data), slices: to - from };
}

/** A series with a slice that lost signal, one with stripes, and a frame that lies elsewhere. */
function spoilt(seed: number): Volume {
  const volume = series(seed, { 12: 3 });
  sliceView(volume, 9, 5).forEach((v, i, slice) => {
    slice[i] = 0.3 * v;
  });
  sliceView(volume, 16, 7).forEach((v, i, slice) => {
    slice[i] = Math.abs(v + 30 * Math.cos((2 * Math.PI * 11 * i) / SIDE));
  });
  return volume;
}

describe('frames that lie where the others do', () => {
  it('are not called displaced where a slab of a head is shaded unlike, or no air ends an axis', () => {
    const length = SLICES * AREA;
    for (const ends of [true, false]) {
      const random = new Random(21);
      const data = Float32Array.from({ length: 9 * length }, (_, k) => {
        const [frame, i] = [Math.floor(k / length), k % length];
        const [x, y, z] = [(i % SIDE) - 24, (Math.floor(i / SIDE) % SIDE) - 24, Math.floor(i / AREA) - 12];
        const inside = Math.hypot(x / 17, (ends ? y : 0) / 20) < 1;
        // a coil whose sensitivity drifts along the slices, and along what is cut at both ends
        const shade = 1 + 0.1 * Math.sin(z / 5 + frame / 2) + (ends ? 0 : 0.1 * Math.sin(y / 6 + frame / 2));
        const tissue = inside ? 500 * shade * (1 + 0.1 * Math.sin(x / 3)) : 0;
        return Math.hypot(tissue + SIGMA * random.normal(), SIGMA * random.normal());
      });
      const volume = volumeOf(data, [SIDE, SIDE, SLICES, 9]);
      expect(frameOutliers(volume).filter(({ displaced }) => displaced !== null)).toEqual([]);
    }
  });

  it('are told from one that lies elsewhere along an axis with air at one end alone', () => {
    const whole = series(25);
    // all frames cut where the head is widest, one of them two slices higher
    const [from, depth] = [8, 14];
    const data = new Float32Array(SIGNALS.length * depth * AREA);
    const random = new Random(25);
    for (let frame = 0; frame < SIGNALS.length; frame++)
      for (let slice = 0; slice < depth; slice++) {
        const source = from + slice + (frame === 7 ? 2 : 0);
        const target = data.subarray((frame * depth + slice) * AREA, (frame * depth + slice + 1) * AREA);
        if (source < SLICES - 4) target.set(sliceView(whole, source, frame));
        else
          for (let i = 0; i < AREA; i++)
            target[i] = Math.hypot(SIGMA * random.normal(), SIGMA * random.normal());
      }
    const found = frameOutliers(volumeOf(data, [SIDE, SIDE, depth, SIGNALS.length]));
    expect(found.filter(({ displaced }) => displaced !== null).map(({ frame }) => frame)).toEqual([7]);
  });

  it('are named by as far as they lie away, up to a quarter of the field of view', () => {
    const moved = frameOutliers(series(22, { 4: 6, 9: -5, 15: 2 })).filter(
      ({ displaced }) => displaced !== null,
    );
    expect(moved.map(({ frame }) => frame)).toEqual([4, 9, 15]);
    expect(moved.map(({ displaced }) => Math.round(displaced ?? 0))).toEqual([6, 5, 2]);
  });
});

describe('OutlierSearch', () => {
  it('finds in parts what it finds in the whole', () => {
    const volume = spoilt(20);
    const whole = frameOutliers(volume);
    expect(whole.map(({ frame }) => frame)).toEqual([5, 7, 12]);
    const search = new OutlierSearch(volume, SLICES);
    for (const from of [0, 5, 11, 17])
      search.add(
        slicesOf(volume, from, Math.min(SLICES, from + (from === 0 ? 5 : from === 17 ? 7 : 6))),
        from,
      );
    expect(search.found()).toEqual(whole);
  });
});

describe('mppca', () => {
  it('gives slices the same in a slab as in the whole, though all that is odd lies outside', async () => {
    const volume = spoilt(23);
    const noise = noiseOf(volume);
    const mppca = classicalDenoiser('mppca', { threads: 1 });
    const all = await mppca(volume, noise, false);
    const box = { column: 0, row: 0, slice: 0, columns: SIDE, rows: SIDE, slices: 8 };
    const slab = await mppca(slicesOf(volume, 0, 8), noiseOfBox(noise, volume, box), false);
    for (const frame of [0, 5, 7, 12, 17])
      for (const slice of [0, 2, 3])
        expect(sliceView(slab, slice, frame), `${frame}/${slice}`).toEqual(sliceView(all, slice, frame));
  });

  it('leaves bad slices as they are though too few frames are left to do without them', async () => {
    const all = series(24);
    const volume = { ...withData(all, all.data.slice(2 * SLICES * AREA, 8 * SLICES * AREA)), frames: 6 };
    sliceView(volume, 9, 5).forEach((v, i, slice) => {
      slice[i] = 0.3 * v;
    });
    const out = await classicalDenoiser('mppca', { threads: 1 })(volume, noiseOf(volume), false);
    expect(sliceView(out, 9, 5)).toEqual(sliceView(volume, 9, 5));
    expect(sliceView(out, 9, 4)).not.toEqual(sliceView(volume, 9, 4));
  });

  it('uses no odd frame for the others, and leaves bad slices as they are', async () => {
    const volume = series(11);
    sliceView(volume, 9, 5).forEach((v, i, slice) => {
      slice[i] = 0.3 * v;
    });
    // Decided over the whole series, held on the seven slices around.
    const box = { column: 0, row: 0, slice: 6, columns: SIDE, rows: SIDE, slices: 7 };
    const noise = noiseOfBox(noiseOf(volume), volume, box);
    const part = slicesOf(volume, 6, 13);
    const mppca = classicalDenoiser('mppca', { threads: 1 });
    const all = await mppca(part, noise, false);
    const length = 7 * AREA;
    const good = SIGNALS.map((_, frame) => frame).filter((frame) => frame !== 5);
    const data = new Float32Array(good.length * length);
    for (const [k, frame] of good.entries())
      data.set(part.data.subarray(frame * length, (frame + 1) * length), k * length);
    const { outliers: _, ...plain } = noise;
    const without = await mppca({ ...withData(part, data), frames: good.length }, plain, false);
    for (const [k, frame] of good.entries())
      expect(all.data.subarray(frame * length, (frame + 1) * length)).toEqual(
        without.data.subarray(k * length, (k + 1) * length),
      );
    expect(sliceView(all, 3, 5)).toEqual(sliceView(part, 3, 5));
    expect(sliceView(all, 6, 5)).not.toEqual(sliceView(part, 6, 5));
  });
});
