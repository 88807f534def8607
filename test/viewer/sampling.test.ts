import { describe, expect, it } from 'vitest';
import { GreyTable } from '../../src-renderer/viewer/image/grey.js';
import { eachRow, samplingOf, WHOLE } from '../../src-renderer/viewer/image/sampling.js';

const plane = { columns: 40, rows: 20 };
const size = { width: 10, height: 5 };
/** A quarter as large: a device pixel for each CSS pixel has its middle between the second and third of four. */
const quarter = { a: 0.25, b: 0, c: 0, d: 0.25, e: 0, f: 0 };

/** Pixels of each row of four that are sampled. */
function pattern(indices: Int32Array | null): number[] {
  return [...new Set([...(indices ?? [])].map((index) => index % 4))].sort();
}

describe('what of a plane reaches the screen', () => {
  it('is all of it where it is drawn large', () => {
    expect(samplingOf({ ...quarter, a: 0.7, d: 2 }, size, 1, plane)).toBe(WHOLE);
    expect(samplingOf(quarter, size, 4, plane)).toBe(WHOLE);
  });

  it('is what lies beside the middles of the pixels of the screen where it is drawn small', () => {
    const { columns, rows } = samplingOf(quarter, size, 1, plane);
    expect(pattern(columns)).toEqual([1, 2]);
    expect(pattern(rows)).toEqual([1, 2]);
    expect(columns).toHaveLength(20);
    expect([...(rows ?? [])]).toEqual([1, 2, 5, 6, 9, 10, 13, 14, 17, 18]);
  });

  it('follows shifts, flips and quarter turns', () => {
    const shifted = samplingOf({ ...quarter, e: 0.25 }, size, 1, plane);
    expect(pattern(shifted.columns)).toEqual([0, 1]);
    const flipped = samplingOf({ ...quarter, a: -0.25, e: 10 }, size, 1, plane);
    expect(flipped.columns).toEqual(samplingOf(quarter, size, 1, plane).columns);
    const turned = samplingOf(
      { a: 0, b: 0.25, c: -0.25, d: 0, e: 5, f: 0 },
      { width: 5, height: 10 },
      1,
      plane,
    );
    expect(turned.columns).toHaveLength(20);
    expect(turned.rows).toHaveLength(10);
  });

  it('leaves out what lies outside of the viewport', () => {
    const { columns } = samplingOf({ ...quarter, e: -5 }, size, 1, plane);
    expect(columns?.[0]).toBeGreaterThan(18);
  });

  it('names each row once', () => {
    const starts: number[] = [];
    eachRow(WHOLE, { columns: 3, rows: 2 }, (start) => starts.push(start));
    expect(starts).toEqual([0, 3]);
  });
});

describe('greys', () => {
  const drawn = (
    table: GreyTable,
    pixels: Int16Array,
    [minimum, maximum]: readonly [number, number],
    scale: { center: number; width: number; invert?: boolean },
  ) => {
    const out = new Uint32Array(pixels.length);
    const given = { pixels, slope: 2, intercept: -10, minimum, maximum };
    table.draw(given, { invert: false, ...scale }, WHOLE, { columns: pixels.length, rows: 1 }, out);
    return [...out].map((word) => {
      expect(word >>> 24).toBe(255);
      expect((word >> 8) & 255).toBe(word & 255);
      return word & 255;
    });
  };

  it('follow the window, round and clip, and are inverted', () => {
    const values = [-100, -10, 0, 5, 10, 100];
    const pixels = Int16Array.from(values, (value) => (value + 10) / 2);
    const levels = [...pixels].map((pixel) => ((2 * pixel - 10) / 20 + 0.5) * 255);
    const expected = [...Uint8ClampedArray.from(levels)];
    const table = new GreyTable();
    expect(drawn(table, pixels, [-45, 55], { center: 0, width: 20 })).toEqual(expected);
    const inverted = drawn(table, pixels, [-45, 55], { center: 0, width: 20, invert: true });
    for (const [i, grey] of inverted.entries())
      expect(Math.abs(255 - expected[i] - grey)).toBeLessThanOrEqual(1);
  });

  it('are right for a plane of another range and another window, with the same table', () => {
    const table = new GreyTable();
    for (const [low, high] of [
      [0, 10],
      [-20, 5],
      [4, 300],
      [0, 10],
    ] as const) {
      const pixels = Int16Array.of(low, high);
      const once = drawn(new GreyTable(), pixels, [low, high], { center: 3, width: 400 });
      expect(drawn(table, pixels, [low, high], { center: 3, width: 400 })).toEqual(once);
    }
    expect(drawn(table, Int16Array.of(5), [5, 5], { center: 0, width: 1 })).toEqual([128]);
  });
});
