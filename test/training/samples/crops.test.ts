import { describe, expect, it } from 'vitest';
import { Random } from '../../../src-main/base/random.js';
import {
  type CorpusSeries,
  corpusSeries,
  SLICE_JUDGES,
  SLICE_TRAINS,
} from '../../../src-main/training/samples/corpus.js';
import { type Augmentation, CropSampler } from '../../../src-main/training/samples/crops.js';
import { volumeOf } from '../../imaging/support.js';

const SIZE = 8;
const [COLUMNS, ROWS, SLICES] = [20, 16, 6];
const AREA = COLUMNS * ROWS;
const NONE: Augmentation = { flips: false, turns: false, intensity: 0, elastic: 0 };

/** Every pixel has a value of its own; the last two slices judge, one pixel is padding. */
function series(): CorpusSeries {
  const data = Float32Array.from({ length: AREA * SLICES }, (_, i) => i);
  const usable = new Uint8Array(data.length).fill(1);
  usable[AREA + 3 * COLUMNS + 4] = 0;
  const corpus = corpusSeries(volumeOf(data, [COLUMNS, ROWS, SLICES]), 'one', null);
  const roles = Uint8Array.from({ length: SLICES }, (_, i) => (i < 4 ? SLICE_TRAINS : SLICE_JUDGES));
  return { ...corpus, values: data, usable, roles, zero: 0, peak: 1 };
}

const sampler = (augmentation: Partial<Augmentation>, context = 0) =>
  new CropSampler([series()], { size: SIZE, context, augmentation: { ...NONE, ...augmentation } });

describe('crops', () => {
  it('show a square of one plane as it is, and only planes that learn', () => {
    const [crops, random] = [sampler({}), new Random(1)];
    for (let n = 0; n < 50; n++) {
      const { values, target, weight } = crops.draw(random, 'training');
      const [first] = values;
      expect(Math.floor(first / AREA)).toBeLessThan(4);
      for (let i = 0; i < SIZE * SIZE; i++) {
        expect(values[i]).toBe(first + Math.floor(i / SIZE) * COLUMNS + (i % SIZE));
        expect(weight[i]).toBe(values[i] === AREA + 3 * COLUMNS + 4 ? 0 : 1);
      }
      expect(target).toEqual(values);
    }
  });

  it('are never changed where they judge', () => {
    const [plain, random] = [
      sampler({ flips: true, turns: true, intensity: 0.5, elastic: 2 }),
      new Random(2),
    ];
    for (let n = 0; n < 50; n++) {
      const { values } = plain.draw(random, 'heldOut');
      expect(Math.floor(values[0] / AREA)).toBeGreaterThan(3);
      expect(values[SIZE + 1] - values[0]).toBe(COLUMNS + 1);
    }
  });

  it('come in all eight symmetries, or mirrored only, of all channels alike', () => {
    const kinds = (augmentation: Partial<Augmentation>): Set<string> => {
      const [crops, random] = [sampler(augmentation, 1), new Random(3)];
      const seen = new Set<string>();
      for (let n = 0; n < 200; n++) {
        const { values, target } = crops.draw(random, 'training');
        const step = (channel: number, pixels: number) => values[3 * pixels + channel] - values[channel];
        for (const channel of [0, 2])
          expect([step(channel, 1), step(channel, SIZE)]).toEqual([step(1, 1), step(1, SIZE)]);
        expect(target[0]).toBe(values[1]);
        expect(new Set(values).size).toBeGreaterThanOrEqual(SIZE * SIZE);
        seen.add(`${step(1, 1)} ${step(1, SIZE)}`);
      }
      return seen;
    };
    expect(kinds({ flips: true, turns: true }).size).toBe(8);
    expect(kinds({ flips: true })).toEqual(new Set([`1 ${COLUMNS}`, `-1 ${COLUMNS}`]));
  });

  it('vary in brightness as asked, input and target together', () => {
    const [crops, random] = [sampler({ intensity: 0.2 }), new Random(4)];
    const gains = Array.from({ length: 100 }, () => {
      const { values, target, peak, zero } = crops.draw(random, 'training');
      expect(target).toEqual(values);
      expect(values[1] - values[0]).toBeCloseTo(peak - zero, 2);
      return peak - zero;
    });
    expect(Math.min(...gains)).toBeGreaterThanOrEqual(0.8);
    expect(Math.max(...gains)).toBeLessThanOrEqual(1.2);
    expect(Math.max(...gains) - Math.min(...gains)).toBeGreaterThan(0.3);
  });

  it('bend smoothly by about the pixels asked for, and not by default', () => {
    const deviation = (elastic: number): number => {
      const [crops, random] = [sampler({ elastic }), new Random(5)];
      let squares = 0;
      for (let n = 0; n < 100; n++) {
        const { values } = crops.draw(random, 'training');
        const columns = Array.from(values, (value) => value % COLUMNS);
        const mean = columns.reduce((a, b) => a + b) / columns.length;
        squares += columns.reduce((sum, value) => sum + (value - mean) ** 2, 0) / columns.length;
      }
      return squares / 100;
    };
    expect(deviation(0)).toBeCloseTo((SIZE ** 2 - 1) / 12, 5);
    expect(deviation(1)).toBeGreaterThan((SIZE ** 2 - 1) / 12 + 0.1);
  });
});
