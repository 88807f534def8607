import { describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { problemFrom } from '../../src-main/contract/errors.js';
import {
  blurred,
  bodyOf,
  errorScores,
  limitOf,
  normalScores,
  type PlaneScores,
  sliceScore,
} from '../../src-main/trust/unlike.js';

const SIDE = 40;

function disc(radius: number, value: number, background = 0): Float32Array {
  return Float32Array.from({ length: SIDE * SIDE }, (_, i) =>
    Math.hypot((i % SIDE) - 20, Math.floor(i / SIDE) - 20) <= radius ? value : background,
  );
}

describe('the body', () => {
  it('holds the air that it encloses, and not the air around', () => {
    const values = disc(15, 1).map((value, i) => value - disc(5, 1)[i]);
    const body = bodyOf({ values, rows: SIDE, columns: SIDE });
    expect(body).toEqual(Uint8Array.from(disc(15, 1)));
  });
});

describe('scores', () => {
  it('keep what is even, and take noise away', () => {
    const even = blurred({ values: new Float32Array(SIDE * SIDE).fill(3), rows: SIDE, columns: SIDE });
    expect(even.every((value) => Math.abs(value - 3) < 1e-5)).toBe(true);
    const noise = new Random(1).normals(new Float32Array(SIDE * SIDE));
    const left = blurred({ values: noise, rows: SIDE, columns: SIDE });
    const rms = Math.sqrt(left.reduce((sum, value) => sum + value * value, 0) / left.length);
    // A Gaussian of 2 pixels leaves 1 / (2 sqrt(pi) 2) of white noise.
    expect(rms).toBeGreaterThan(0.11);
    expect(rms).toBeLessThan(0.18);
  });

  it('show a blob that was not rebuilt by most of its contrast', () => {
    const plane = { values: disc(6, 0.8, 0.5), rows: SIDE, columns: SIDE };
    const scores = errorScores(plane, new Float32Array(SIDE * SIDE).fill(0.5));
    expect(scores[20 * SIDE + 20]).toBeGreaterThan(0.28);
    expect(scores[20 * SIDE + 2]).toBeLessThan(0.01);
  });
});

describe('limits', () => {
  const random = new Random(2);
  const planes = Array.from({ length: 20 }, (): PlaneScores => {
    const draw = () => Float32Array.from({ length: 5000 }, () => random.uniform());
    return { error: draw(), intensity: draw().map((value) => 2 * value) };
  });
  const normal = normalScores(planes);

  it.each([0.5, 0.1, 0.04, 0.01, 0.004, 0.001])('are passed by a share of %f of normal pixels', (share) => {
    for (const method of ['error', 'intensity'] as const) {
      const limit = limitOf(normal, method, share);
      const above = planes.map((plane) => plane[method].filter((value) => value > limit).length);
      const found = above.reduce((sum, one) => sum + one, 0) / 100_000;
      expect(found).toBeGreaterThan(0.7 * share);
      expect(found).toBeLessThan(1.3 * share);
    }
  });

  it('rank a usual slice among normal ones, and an unusual one above all', () => {
    const limit = limitOf(normal, 'error', 0.01);
    const usual = sliceScore(planes[3].error, normal, 'error', limit);
    expect(usual.rank).toBeGreaterThan(0.04);
    expect(usual.above).toBeCloseTo(0.01, 2);
    const odd = sliceScore(
      planes[3].error.map((value) => 3 * value),
      normal,
      'error',
      limit,
    );
    expect(odd.rank).toBeCloseTo(1 / 21, 10);
    expect(odd.above).toBeGreaterThan(0.6);
  });

  it('are not told from one slice', () => {
    try {
      normalScores(planes.slice(0, 1));
      expect.unreachable();
    } catch (error) {
      expect(problemFrom(error).code).toBe('E_TOO_FEW');
    }
  });
});
