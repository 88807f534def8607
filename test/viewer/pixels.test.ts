import { describe, expect, it } from 'vitest';
import { divergingColour, errorColour } from '../../src-renderer/ui/palette.js';
import {
  blend,
  colourise,
  colourTable,
  followsStrength,
  LEVELS,
  multiply,
  quantise,
  rangeOf,
  roundLimit,
  smoothNoise,
  subtract,
  subtractStored,
  valuesOf,
} from '../../src-renderer/viewer/image/pixels.js';
import {
  autoWindow,
  draggedWindow,
  followedWindow,
  initialWindow,
  numberedPresets,
  percentiles,
  presetsOf,
} from '../../src-renderer/viewer/image/window.js';
import { brainSet, emptyCard } from './series.js';

const brain = brainSet();
const before = valuesOf({ ...brain.before.frames[9].header, pixels: brain.before.frames[9].pixels });
const after = valuesOf({ ...brain.after.frames[9].header, pixels: brain.after.frames[9].pixels });

describe('planes', () => {
  it('rescales what is stored', () => {
    const values = valuesOf({ pixels: Int16Array.of(-1, 0, 1000), slope: 0.5, intercept: -1024 });
    expect([...values]).toEqual([-1024.5, -1024, -524]);
  });

  it('blends: nothing at 0, all at 1, and before + s (after - before) between', () => {
    const out = new Float32Array(before.length);
    blend(before, after, 0, out);
    expect(out).toEqual(before);
    blend(before, after, 1, out);
    expect(out).toEqual(after);
    blend(before, after, 0.35, out);
    for (const i of [0, 20_000, 33_333, 65_535])
      expect(out[i]).toBeCloseTo(0.65 * before[i] + 0.35 * after[i], 3);
    const residual = new Float32Array(before.length);
    subtract(before, out, residual);
    for (const i of [20_000, 33_333]) expect(residual[i]).toBeCloseTo(0.35 * (before[i] - after[i]), 3);
  });

  it('prepares floats for drawing within half a step, and what is no number as the lowest', () => {
    const values = Float32Array.of(-3, 0.5, 12, Number.NaN);
    const plane = quantise(values, -3, 12, new Uint16Array(4));
    const step = 15 / (LEVELS - 1);
    for (const i of [0, 1, 2])
      expect(Math.abs(plane.pixels[i] * plane.slope + plane.intercept - values[i])).toBeLessThanOrEqual(
        step / 2 + 1e-6,
      );
    expect(plane.pixels[3]).toBe(0);
    expect(rangeOf(values)).toEqual({ low: -3, high: 12 });
    expect(rangeOf(Float32Array.of(Number.NaN))).toEqual({ low: 0, high: 1 });
  });

  it('lets neither sign of a residual stand out: both are as light', () => {
    const lightness = (share: number): number => {
      const [r, g, b] = divergingColour(share).map((value) => {
        const c = value / 255;
        return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
      });
      const y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
      return y > 0.008856 ? 116 * Math.cbrt(y) - 16 : 903.3 * y;
    };
    for (let share = 0; share <= 0.5; share += 0.1)
      expect(Math.abs(lightness(share) - lightness(1 - share))).toBeLessThan(1);
    expect(lightness(0)).toBeGreaterThan(70);
  });

  it('shows nothing of an error map under two sigma, and more up to five', () => {
    expect(errorColour(1.9)).toEqual(errorColour(0));
    expect(errorColour(-1.9)).toEqual(errorColour(0));
    expect(errorColour(2.1)).not.toEqual(errorColour(0));
    expect(errorColour(4.5)).not.toEqual(errorColour(5));
    expect(errorColour(5)).toEqual(errorColour(8));
  });

  it('keeps noise as large as it was when it smooths, and lifts what hangs together out of it', () => {
    const [columns, rows] = [96, 64];
    let state = 7;
    const uniform = (): number => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
      return state / 0x7fffffff;
    };
    const noise = Float32Array.from(
      { length: columns * rows },
      () => (Math.sqrt(12) * (uniform() + uniform() + uniform() - 1.5)) / Math.sqrt(3),
    );
    const out = new Float32Array(noise.length);
    smoothNoise(noise, columns, rows, out);
    const sd = Math.sqrt(out.reduce((sum, value) => sum + value * value, 0) / out.length);
    expect(sd).toBeGreaterThan(0.85);
    expect(sd).toBeLessThan(1.15);
    const spot = new Float32Array(noise.length);
    for (const [x, y] of [
      [40, 30],
      [41, 30],
      [40, 31],
      [41, 31],
      [39, 30],
      [40, 29],
    ])
      spot[y * columns + x] = 2;
    smoothNoise(spot, columns, rows, out);
    expect(out[30 * columns + 40]).toBeGreaterThan(2);
    spot[0] = Number.NaN;
    smoothNoise(spot, columns, rows, out);
    expect(out.every(Number.isFinite)).toBe(true);
  });

  it('colours by value, clear below the threshold', () => {
    const table = colourTable(divergingColour);
    const out = new Uint32Array(6);
    const values = Float32Array.of(-10, -4, 4, 10, 99, Number.NaN);
    const scale = { table, low: -10, high: 10, threshold: 5 };
    colourise(values, scale, out);
    expect([...out]).toEqual([table[0], 0, 0, table[511], table[511], 0]);
    const [r, , b] = divergingColour(0);
    // little-endian: R is the lowest byte, alpha the highest
    expect([table[0] & 255, (table[0] >> 16) & 255, table[0] >>> 24]).toEqual([r, b, 255]);
  });

  it('colours what lies beyond the scale as its ends, and what is no number not at all', () => {
    const table = colourTable(divergingColour);
    const out = new Uint32Array(6);
    const values = Float32Array.of(-1e30, -Infinity, 1e30, Infinity, Number.NaN, 0);
    colourise(values, { table, low: -10, high: 10, threshold: 0 }, out);
    expect([...out.subarray(0, 5)]).toEqual([table[0], table[0], table[511], table[511], 0]);
    expect([table[255], table[256]]).toContain(out[5]);
  });

  it('begins to colour at the threshold, to a thousandth of the scale', () => {
    const table = colourTable(divergingColour);
    const out = new Uint32Array(4);
    colourise(Float32Array.of(1.995, 2.005, -1.995, -2.005), { table, low: -5, high: 5, threshold: 2 }, out);
    expect([...out].map((word) => word !== 0)).toEqual([false, true, false, true]);
  });

  it('subtracts stored planes to the same numbers as their values', () => {
    const [b, a] = [
      { pixels: Int16Array.of(-3, 7, 1000, 12), slope: 0.1, intercept: -1024 },
      { pixels: Float32Array.of(1.1, -2.7, 900.3, Number.NaN), slope: 0.3, intercept: 0.7 },
    ];
    const [all, out] = [new Float32Array(4), new Float32Array(4)];
    subtract(valuesOf(b), valuesOf(a), all);
    subtractStored(b, a, out);
    expect([...out]).toEqual([...all]);
  });

  it('rounds limits up to what a legend can say', () => {
    expect([0.013, 0.2, 3.7, 51, 0].map(roundLimit)).toEqual([0.02, 0.2, 5, 100, 1]);
  });
});

describe('windows', () => {
  it('finds percentiles as sorting does', () => {
    const sorted = Float32Array.from(before).sort();
    const [low, high] = percentiles(before, [0.01, 0.995]);
    expect(low).toBe(sorted[Math.round(0.01 * (sorted.length - 1))]);
    expect(high).toBe(sorted[Math.round(0.995 * (sorted.length - 1))]);
    expect(autoWindow(before)).toEqual({ center: (low + high) / 2, width: high - low });
    expect(percentiles(Float32Array.of(Number.NaN), [0.5])).toEqual([0]);
  });

  it('opens with the window of the file, else by modality', () => {
    const card = emptyCard('c', 256, 256, 1);
    const named = { ...card, windows: [{ center: 40, width: 80, name: 'BRAIN' }] };
    expect(initialWindow(named, before)).toEqual({ center: 40, width: 80 });
    expect(initialWindow({ ...card, modality: 'CT' }, before)).toEqual({ center: 50, width: 400 });
    expect(initialWindow({ ...card, modality: 'MR' }, before)).toEqual(autoWindow(before));
  });

  it('offers customary windows for CT only, and none twice', () => {
    const ct = {
      ...emptyCard('c', 256, 256, 1),
      modality: 'CT',
      windows: [{ center: 40, width: 80, name: '' }],
    };
    const presets = presetsOf(ct, before);
    expect(presets[0]).toEqual({ id: 'file-0', name: null, center: 40, width: 80 });
    expect(presets.some(({ id }) => id === 'lung')).toBe(true);
    // its keys are those of every CT series, whatever the file names
    expect(numberedPresets(presets)[0]).toMatchObject({ center: 40, width: 80 });
    expect(numberedPresets(presets)[2]).toMatchObject({ id: 'lung' });
    expect(presets.filter(({ center, width }) => center === 40 && width === 80)).toHaveLength(1);
    expect(presetsOf({ ...ct, modality: 'MR' }, before).map(({ id }) => id)).not.toContain('lung');
  });

  it('drags: right is wider, down is a higher level, and the width stays positive', () => {
    const window = { center: 100, width: 250 };
    expect(draggedWindow(window, 10, 20)).toEqual({ center: 120, width: 260 });
    expect(draggedWindow(window, -1e6, 0).width).toBeGreaterThan(0);
  });
});

describe('an error map at a strength', () => {
  it('falls with it where it is the change over the noise, and only there', () => {
    const map = (explanation: string) => ({ label: '', explanation });
    expect(followsStrength(map('|input - output| over the noise level; not a lesion map'))).toBe(true);
    expect(followsStrength(undefined)).toBe(true);
    expect(followsStrength(map('Rebuild error over its normal limit; not a lesion map'))).toBe(false);
    expect(followsStrength(map('Standard deviation of the error, in units of the image'))).toBe(false);
    const out = new Float32Array(3);
    multiply(Float32Array.of(0, 2, 5), 0.5, out);
    expect([...out]).toEqual([0, 1, 2.5]);
  });
});

describe('the window of another frame', () => {
  const [b0, b1500] = [[{ center: 1200, width: 2400 }], [{ center: 90, width: 180 }]];

  it('is its own where that of the last one was in use', () => {
    expect(followedWindow(b0[0], b0, b1500)).toEqual(b1500[0]);
    const second = [...b0, { center: 40, width: 80 }];
    expect(followedWindow({ center: 40, width: 80 }, second, [...b1500, { center: 50, width: 70 }])).toEqual({
      center: 50,
      width: 70,
    });
  });

  it('stays what a person has set, or where the frame names none', () => {
    const own = { center: 300, width: 100 };
    expect(followedWindow(own, b0, b1500)).toBe(own);
    expect(followedWindow(b0[0], b0, [])).toBe(b0[0]);
  });
});
