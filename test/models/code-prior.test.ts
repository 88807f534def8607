import { describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { fitCodePrior, priorBytes, readPrior, sampleCodes } from '../../src-main/models/code-prior.js';

/** Codes that only go up by 0 or 1 (of 4, around) from left to right; rows start anywhere. */
function stripes(seed: number) {
  const random = new Random(seed);
  const [rows, columns] = [16, 16];
  const indices = new Uint16Array(rows * columns);
  for (let y = 0; y < rows; y++) {
    let code = random.integer(4);
    for (let x = 0; x < columns; x++) {
      indices[y * columns + x] = code;
      code = (code + random.integer(2)) % 4;
    }
  }
  return { indices, rows, columns };
}

describe('a prior over codes', () => {
  const prior = fitCodePrior(
    Array.from({ length: 20 }, (_, i) => stripes(i)),
    4,
  );

  it('draws planes whose neighbours follow one another as in the planes it was fitted on', () => {
    const { indices, columns } = sampleCodes(prior, new Random(3));
    let [allowed, all] = [0, 0];
    indices.forEach((code, i) => {
      if (i % columns === 0) return;
      all++;
      if ((code - indices[i - 1] + 4) % 4 <= 1) allowed++;
    });
    expect(allowed / all).toBeGreaterThan(0.8);
    expect(new Set(indices).size).toBe(4);
  });

  it('comes back from its bytes, and not from damaged ones', () => {
    const bytes = priorBytes(prior);
    expect(readPrior(bytes)).toEqual(prior);
    expect(readPrior(bytes.subarray(0, bytes.length - 1))).toBeNull();
    const damaged = Uint8Array.from(bytes);
    damaged.fill(255, 16, 26);
    expect(readPrior(damaged)).toBeNull();
  });
});
