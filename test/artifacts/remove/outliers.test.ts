import { describe, expect, it } from 'vitest';
import { outlierRemover } from '../../../src-main/artifacts/remove/outliers.js';
import { Random } from '../../../src-main/base/random.js';
import { sliceView } from '../../../src-main/imaging/volume.js';
import { AREA, loseSignal, SIDE, series, spoil, WEIGHTED } from '../../noise/outliers/drawn.js';
import { distance } from '../support.js';

const MR = { modality: 'MR', phase: null };

describe('slices that are unlike those of other volumes', () => {
  it('are replaced by a prediction nearer to the truth by 8 dB or more, each of them', () => {
    const seed = 4;
    const truth = series(seed, {}, 0);
    const volume = series(seed);
    const random = new Random(seed);
    const spoilt = spoil(volume, random, WEIGHTED, (slice) => loseSignal(slice, random));
    expect(spoilt.size).toBeGreaterThan(7);
    const before = volume.data.slice();
    const look = outlierRemover.look(volume, MR);
    expect(look.amount).toBe(spoilt.size);
    const after = look.remove();
    expect(volume.data).toEqual(before);
    const gains = [...spoilt].map((name) => {
      const [frame, slice] = name.split('/').map(Number);
      const [bad, replaced, right] = [volume, after, truth].map((one) => sliceView(one, slice, frame));
      return 20 * Math.log10(distance(bad, right) / distance(replaced, right));
    });
    expect(gains.reduce((sum, gain) => sum + gain, 0) / gains.length).toBeGreaterThan(8);
    expect(Math.min(...gains)).toBeGreaterThan(3);
    expect(look.left?.(after)).toBe(0);
  });

  it('change nothing else, and keep padding', () => {
    const volume = series(5);
    sliceView(volume, 9, 5).forEach((value, i, slice) => {
      slice[i] = 0.4 * value;
    });
    const measured = new Uint8Array(volume.data.length / volume.frames).fill(1);
    measured[9 * AREA + 24 * SIDE + 24] = 0;
    const after = outlierRemover.look({ ...volume, measured }, MR).remove();
    const changed = new Set<number>();
    after.data.forEach((value, i) => {
      if (value !== volume.data[i]) changed.add(Math.floor(i / AREA));
    });
    expect([...changed]).toEqual([5 * volume.slices + 9]);
    expect(sliceView(after, 9, 5)[24 * SIDE + 24]).toBe(sliceView(volume, 9, 5)[24 * SIDE + 24]);
    expect(after.data.every((value) => value >= 0)).toBe(true);
  });

  it('are none where there are none, where volumes are few, and where too little tells', () => {
    const clean = series(6);
    expect(outlierRemover.look(clean, MR).remove()).toBe(clean);
    const few = { ...clean, frames: 3, data: clean.data.slice(0, (3 * clean.data.length) / clean.frames) };
    expect(outlierRemover.look(few, MR).sure).toBe(0);
    const lost = series(7);
    for (let slice = 6; slice < 18; slice++)
      sliceView(lost, slice, 5).forEach((value, i, values) => {
        values[i] = 0.4 * value;
      });
    const after = outlierRemover.look(lost, MR).remove();
    expect(sliceView(after, 11, 5)).toEqual(sliceView(lost, 11, 5));
  });

  it('with displaced volumes are not predicted from these', () => {
    const volume = series(8, { 6: 4, 7: -4 });
    const still = series(8);
    sliceView(volume, 9, 5).forEach((value, i, slice) => {
      slice[i] = 0.4 * value;
    });
    const after = outlierRemover.look(volume, MR).remove();
    const right = sliceView(still, 9, 5);
    expect(distance(sliceView(after, 9, 5), right)).toBeLessThan(
      distance(sliceView(volume, 9, 5), right) / 2,
    );
  });
});
