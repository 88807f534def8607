import { describe, expect, it } from 'vitest';
import { type Axes, turned, turnedBack } from '../../src-main/imaging/axes.js';

const ORDERS: Axes[] = [
  [0, 1, 2],
  [1, 0, 2],
  [2, 0, 1],
  [2, 1, 0],
];
const shape = [2, 3, 4] as const;
const values = Float32Array.from({ length: 24 }, (_, i) => i);

describe('axes of a frame', () => {
  it('change places, and come back', () => {
    for (const axes of ORDERS) {
      const there = turned({ values, shape }, axes);
      expect(there.shape).toEqual(axes.map((axis) => shape[axis]));
      expect(turned(there, turnedBack(axes))).toEqual({ values, shape });
    }
  });

  it('are taken in the order that was asked for', () => {
    const { values: out } = turned({ values, shape }, [2, 0, 1]);
    // column 1, slice 1, row 2 of the result is slice 1, row 2, column 1 of the source
    expect(out[(1 * 2 + 1) * 3 + 2]).toBe(values[(1 * 3 + 2) * 4 + 1]);
  });
});
