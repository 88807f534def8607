import { describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { decodeCodes, encodeCodes } from '../../src-main/imaging/code-stream.js';

function numbersOf(codes: number, next: (before: number, random: Random) => number): Uint16Array {
  const random = new Random(codes);
  const numbers = new Uint16Array(3 * 40 * 50);
  for (let i = 0; i < numbers.length; i++) numbers[i] = next(i > 0 ? numbers[i - 1] : 0, random);
  return numbers;
}

describe('coded numbers', () => {
  it.each([2, 3, 64, 256, 257, 4096, 65536])('come back exactly, of %i codes', (codes) => {
    for (const next of [
      (_: number, random: Random) => random.integer(codes),
      (before: number, random: Random) => (random.integer(20) === 0 ? random.integer(codes) : before),
      () => codes - 1,
    ]) {
      const given = numbersOf(codes, next);
      expect(decodeCodes(encodeCodes(given), given.length)).toEqual(given);
    }
  });

  it('take hardly more than their entropy, and far less where one tells of the next', () => {
    const size = (given: Uint16Array) => (8 * encodeCodes(given).length) / given.length;
    expect(size(numbersOf(4, (_, random) => random.integer(4)))).toBeLessThan(2.2);
    const runs = numbersOf(64, (before, random) => (random.integer(20) === 0 ? random.integer(64) : before));
    expect(size(runs)).toBeLessThan(1.2);
  });

  it('are refused where they are fewer, more, or none', () => {
    const given = numbersOf(64, (_, random) => random.integer(64));
    const bytes = encodeCodes(given);
    for (const count of [given.length - 1, given.length + 1, given.length / 3])
      expect(decodeCodes(bytes, count)).toBeNull();
    expect(decodeCodes(bytes.subarray(0, bytes.length >> 1), given.length)).toBeNull();
    expect(decodeCodes(new Uint8Array(30), given.length)).toBeNull();
  });
});
