import { describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { decodeCodes, encodeCodes } from '../../src-main/imaging/code-stream.js';

function planesOf(codes: number, next: (left: number, random: Random) => number) {
  const random = new Random(codes);
  const indices = new Uint16Array(3 * 40 * 50);
  for (let i = 0; i < indices.length; i++) indices[i] = next(i > 0 ? indices[i - 1] : 0, random);
  return { indices, planes: 3, rows: 40, columns: 50, codes };
}

describe('coded planes of numbers', () => {
  it.each([2, 3, 64, 256, 4096])('come back exactly, of %i codes', (codes) => {
    for (const next of [
      (_: number, random: Random) => random.integer(codes),
      (left: number, random: Random) => (random.integer(20) === 0 ? random.integer(codes) : left),
      () => codes - 1,
    ]) {
      const given = planesOf(codes, next);
      expect(decodeCodes(encodeCodes(given), given)).toEqual(given.indices);
    }
  });

  it('take hardly more than their entropy, and far less where neighbours tell of one another', () => {
    const size = (given: ReturnType<typeof planesOf>) =>
      (8 * encodeCodes(given).length) / given.indices.length;
    expect(size(planesOf(4, (_, random) => random.integer(4)))).toBeLessThan(2.2);
    const runs = planesOf(64, (left, random) => (random.integer(20) === 0 ? random.integer(64) : left));
    expect(size(runs)).toBeLessThan(2);
  });
});
