import { describe, expect, it } from 'vitest';
import { GreyTable } from '../../src-renderer/viewer/image/grey.js';
import {
  blend,
  colourise,
  colourScreen,
  colourTable,
  quantise,
  type ReadLine,
  readBlend,
  readDifferences,
  readSizes,
  readValues,
  valuesOf,
} from '../../src-renderer/viewer/image/pixels.js';
import { type Screen, screenOf } from '../../src-renderer/viewer/image/screen.js';

const plane = { columns: 40, rows: 20 };
const size = { width: 12, height: 9 };
/** 0.2317 device pixels to a pixel, shifted, and so for each way that a viewport turns and flips a plane. */
const step = 0.2317;
const MATRICES = {
  upright: { a: step, b: 0, c: 0, d: step, e: 1.37, f: 2.13 },
  flipped: { a: -step, b: 0, c: 0, d: step, e: 10.63, f: 1.21 },
  turned: { a: 0, b: step, c: -step, d: 0, e: 8.33, f: -0.41 },
  'turned and flipped': { a: 0, b: -step, c: -step, d: 0, e: 6.27, f: 9.44 },
};
const MODES = Object.entries(MATRICES).flatMap(([name, matrix]) =>
  [true, false].map((smooth) => ({ name, matrix, smooth })),
);

function screenFor(matrix: (typeof MODES)[number]['matrix'], smooth: boolean): Screen {
  const screen = screenOf(matrix, size, 1, plane, smooth);
  if (screen === null) throw new Error('it is drawn smaller');
  return screen;
}

/** What a canvas shows that draws a plane of bytes through a matrix: null outside, else the mean by distances. */
function seen(
  { a, b, c, d, e, f }: (typeof MODES)[number]['matrix'],
  smooth: boolean,
  byteAt: (column: number, row: number) => number,
): (number | null)[] {
  const determinant = a * d - b * c;
  return Array.from({ length: size.width * size.height }, (_, i) => {
    const [dx, dy] = [(i % size.width) + 0.5 - e, Math.floor(i / size.width) + 0.5 - f];
    const [x, y] = [(d * dx - c * dy) / determinant, (a * dy - b * dx) / determinant];
    if (x < 0 || y < 0 || x >= plane.columns || y >= plane.rows) return null;
    if (!smooth) return byteAt(Math.floor(x), Math.floor(y));
    const [left, top] = [Math.floor(x - 0.5), Math.floor(y - 0.5)];
    const [right, lower] = [x - 0.5 - left, y - 0.5 - top];
    const at = (column: number, row: number) =>
      byteAt(Math.min(plane.columns - 1, Math.max(0, column)), Math.min(plane.rows - 1, Math.max(0, row)));
    return (
      (1 - lower) * ((1 - right) * at(left, top) + right * at(left + 1, top)) +
      lower * ((1 - right) * at(left, top + 1) + right * at(left + 1, top + 1))
    );
  });
}

/** The words of a screen where they lie in the viewport; null around. */
function placed(screen: Screen, words: Uint32Array): (number | null)[] {
  return Array.from({ length: size.width * size.height }, (_, i) => {
    const [x, y] = [(i % size.width) - screen.left, Math.floor(i / size.width) - screen.top];
    const isInside = x >= 0 && y >= 0 && x < screen.width && y < screen.height;
    return isInside ? words[y * screen.width + x] : null;
  });
}

function expectSeen(
  screen: Screen,
  matrix: (typeof MODES)[number]['matrix'],
  words: Uint32Array,
  wordAt: (column: number, row: number) => number,
): void {
  const drawn = placed(screen, words);
  for (const shift of [0, 8, 16]) {
    const expected = seen(matrix, screen.smooth, (column, row) => (wordAt(column, row) >>> shift) & 255);
    for (const [i, byte] of expected.entries()) {
      const word = drawn[i];
      if (byte === null || word === null) expect(word).toBe(byte);
      else expect(Math.abs(((word >>> shift) & 255) - byte)).toBeLessThanOrEqual(screen.smooth ? 1.6 : 0);
    }
  }
}

const pixels = Int16Array.from({ length: 800 }, (_, i) => ((i * 7919) % 611) - 40);

describe('a plane on a screen', () => {
  it('is left to the browser where it is not drawn smaller', () => {
    const { upright } = MATRICES;
    expect(screenOf({ ...upright, a: 0.7, d: 0.7 }, size, 1, plane, true)).toBeNull();
    expect(screenOf(upright, size, 4, plane, true)).toBeNull();
    expect(screenOf(upright, size, 2, plane, true)).not.toBeNull();
  });

  it('takes only what lies in the viewport', () => {
    const { left, top, width, height } = screenFor({ ...MATRICES.upright, e: -3, f: 7.6 }, true);
    expect([left, top, width, height]).toEqual([0, 8, 6, 1]);
    expect(screenFor({ ...MATRICES.upright, e: 40 }, true).width).toBe(0);
  });

  it.each(MODES)('in greys is what a canvas shows: $name, smooth $smooth', ({ matrix, smooth }) => {
    const screen = screenFor(matrix, smooth);
    const given = { pixels, slope: 2, intercept: -10, minimum: -40, maximum: 570 };
    const scale = { center: 400, width: 700, invert: false };
    const [all, out] = [new Uint32Array(800), new Uint32Array(screen.width * screen.height)];
    const table = new GreyTable();
    table.draw(given, scale, null, all);
    table.draw(given, scale, screen, out);
    expect(out.every((word) => word >>> 24 === 255)).toBe(true);
    expectSeen(screen, matrix, out, (column, row) => all[row * 40 + column]);
  });

  it.each(MODES)('in colours is what a canvas shows: $name, smooth $smooth', ({ matrix, smooth }) => {
    const screen = screenFor(matrix, smooth);
    const table = colourTable((share) => [255 * share, 100, 255 * (1 - share)]);
    const scale = { table, low: 0, high: 500, threshold: 200 };
    const values = Float32Array.from(pixels);
    const [all, out] = [new Uint32Array(800), new Uint32Array(screen.width * screen.height)];
    colourise(values, scale, all);
    colourScreen(readValues(values), scale, screen, out);
    expect(all.filter((word) => word === 0).length).toBeGreaterThan(100);
    if (smooth) expect(out.every((word) => word >>> 24 === 255)).toBe(true);
    expectSeen(screen, matrix, out, (column, row) => all[row * 40 + column]);
  });

  it.each(MODES)(
    'in greys of what is read is what all of it is: $name, smooth $smooth',
    ({ matrix, smooth }) => {
      const screen = screenFor(matrix, smooth);
      const before = { pixels, slope: 0.5, intercept: -10 };
      const after = { pixels: Int16Array.from(pixels, (v) => v / 3), slope: 0.3, intercept: 7 };
      const values = new Float32Array(800);
      blend(valuesOf(before), valuesOf(after), 0.37, values);
      const [low, high] = [-40, 300];
      const whole = () => quantise(values, low, high, new Uint16Array(800));
      const scale = { center: 120, width: 210, invert: smooth };
      const [all, out] = [new Uint32Array(800), new Uint32Array(screen.width * screen.height)];
      const table = new GreyTable();
      const read = readBlend(before, after, 0.37);
      table.draw({ read, low, high, whole }, scale, null, all);
      table.draw({ read, low, high, whole }, scale, screen, out);
      expect(new Set(out).size).toBeGreaterThan(20);
      expectSeen(screen, matrix, out, (column, row) => all[row * 40 + column]);
    },
  );

  it.each([0, 0.4, 1])('reads differences and maps at strength %s, and their sizes', (strength) => {
    const screen = screenFor(MATRICES.turned, true);
    const before = { pixels, slope: 0.1, intercept: -1024 };
    const after = { pixels: Float32Array.from(pixels, (v) => v / 3), slope: 0.3, intercept: -1023 };
    const [b, a] = [valuesOf(before), valuesOf(after)];
    const lineOf = (read: ReadLine) => {
      const line = new Float32Array(4 * screen.width);
      read(screen, 1, line);
      return [...line];
    };
    const differences = b.map((value, i) => strength * (value - a[i]));
    const expected = lineOf(readValues(differences));
    const found = lineOf(readDifferences(before, after, strength));
    for (const [i, value] of found.entries()) expect(value).toBeCloseTo(expected[i], 3);
    expect(lineOf(readSizes(readDifferences(before, after, strength)))).toEqual(found.map(Math.abs));
    const map = lineOf(readValues(b, strength));
    expect(map).toEqual(lineOf(readValues(b)).map((value) => Math.fround(strength * value)));
  });

  it.each([true, false])(
    'has the differences of stored planes in the colours of their values: smooth %s',
    (smooth) => {
      const screen = screenFor(MATRICES.flipped, smooth);
      const before = { pixels, slope: 0.1, intercept: -1024 };
      const after = { pixels: Float32Array.from(pixels, (v) => v / 3), slope: 0.3, intercept: -1023 };
      const [b, a] = [valuesOf(before), valuesOf(after)];
      const scale = { table: colourTable((s) => [255 * s, 9, 200]), low: -9, high: 9, threshold: 0 };
      const outs = [0, 1].map(() => new Uint32Array(screen.width * screen.height));
      colourScreen(readDifferences(before, after), scale, screen, outs[0]);
      colourScreen(readValues(b.map((value, i) => value - a[i])), scale, screen, outs[1]);
      for (const [i, word] of outs[0].entries())
        expect(Math.abs((word & 255) - (outs[1][i] & 255))).toBeLessThanOrEqual(1);
    },
  );
});
