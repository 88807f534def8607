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

  it('come back exactly where they are amounts, and in less room for it', () => {
    const random = new Random(3);
    const amount = () => Math.min(40, Math.max(0, Math.round(20 + 4 * random.normal())));
    const names = planesOf(41, amount);
    const given = { ...names, zero: 20 };
    const bytes = encodeCodes(given);
    expect(decodeCodes(bytes, given)).toEqual(given.indices);
    expect(bytes.length).toBeLessThan(encodeCodes(names).length);
    // log2(4 sqrt(2 pi e)) = 4.05 bits
    expect((8 * bytes.length) / given.indices.length).toBeLessThan(4.4);
  });

  it('take hardly more than their entropy, and far less where neighbours tell of one another', () => {
    const size = (given: ReturnType<typeof planesOf>) =>
      (8 * encodeCodes(given).length) / given.indices.length;
    expect(size(planesOf(4, (_, random) => random.integer(4)))).toBeLessThan(2.2);
    const runs = planesOf(64, (left, random) => (random.integer(20) === 0 ? random.integer(64) : left));
    expect(size(runs)).toBeLessThan(2);
  });
});
