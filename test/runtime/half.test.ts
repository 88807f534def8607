import { describe, expect, it } from 'vitest';
import { fromHalves, toHalves } from '../../src-main/runtime/half.js';

const toHalf = (value: number): number => toHalves(Float32Array.of(value))[0];

describe('halves', () => {
  it.each([
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [65519, 0x7bff],
    [65520, 0x7c00],
    [Number.NEGATIVE_INFINITY, 0xfc00],
    // 2^-14, the largest below it, 2^-24, half of that (a tie to even) and a little more
    [2 ** -14, 0x0400],
    [2 ** -14 - 2 ** -24, 0x03ff],
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000],
    [2 ** -25 * 1.001, 0x0001],
    [-0, 0x8000],
    // ties between neighbours of 1 go to the even one, and a carry into the exponent
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [2 - 2 ** -12, 0x4000],
    [1 / 3, 0x3555],
  ])('of %d is as IEEE 754 says', (value, half) => {
    expect(toHalf(value)).toBe(half);
  });

  it('come back as they were, all of them', () => {
    const all = Uint16Array.from({ length: 1 << 16 }, (_, i) => i);
    const back = toHalves(fromHalves(all));
    const isNaN16 = (half: number): boolean => (half & 0x7fff) > 0x7c00;
    expect(all.filter((half, i) => !isNaN16(half) && back[i] !== half)).toHaveLength(0);
    expect(fromHalves(all.filter(isNaN16)).every(Number.isNaN)).toBe(true);
  });
});
