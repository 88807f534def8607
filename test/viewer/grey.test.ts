import { describe, expect, it } from 'vitest';
import { GreyTable } from '../../src-renderer/viewer/image/grey.js';

describe('greys', () => {
  const drawn = (
    table: GreyTable,
    pixels: Int16Array,
    [minimum, maximum]: readonly [number, number],
    scale: { center: number; width: number; invert?: boolean },
  ) => {
    const out = new Uint32Array(pixels.length);
    const given = { pixels, slope: 2, intercept: -10, minimum, maximum };
    table.draw(given, { invert: false, ...scale }, null, out);
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
