import { describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { interquartileMean, median, quantile } from '../../src-main/noise/robust.js';

/** By sorting. */
function plain(values: readonly number[], q: number): number {
  const sorted = Float64Array.from(values).sort();
  const at = q * (sorted.length - 1);
  const i = Math.floor(at);
  return i === at ? sorted[i] : sorted[i] + (at - i) * (sorted[i + 1] - sorted[i]);
}

const random = new Random(4);
const draws = (length: number, draw: (i: number) => number) => Array.from({ length }, (_, i) => draw(i));

describe('quantiles', () => {
  it.each([
    ['normal values', draws(1001, () => random.normal())],
    ['few different values', draws(500, () => Math.round(2 * random.normal()))],
    ['one value', draws(64, () => 3)],
    ['rising values', draws(300, (i) => i)],
    ['falling values', draws(301, (i) => -i)],
    ['up and down', draws(256, (i) => Math.min(i, 255 - i))],
    ['values that are none', draws(200, (i) => (i % 3 === 0 ? Number.NaN : random.normal()))],
    ['the largest there are', [1, Number.POSITIVE_INFINITY, -1, Number.NEGATIVE_INFINITY, 0]],
    ['two values', [5, 2]],
    ['a value', [7]],
  ])('are those of the sorted values, for %s', (_, values) => {
    const before = [...values];
    for (const q of [0, 0.001, 0.1, 0.25, 0.5, 0.66, 0.9, 0.999, 1])
      expect(quantile(values, q)).toBe(plain(values, q));
    expect(values).toEqual(before);
  });

  it('are none of no values', () => {
    expect(median([])).toBeNaN();
  });
});

describe('interquartileMean', () => {
  it('knows nothing of what lies far off, and goes with weights by degrees', () => {
    expect(interquartileMean([4, 1, 3, 2], [1, 1, 1, 1])).toBe(2.5);
    expect(interquartileMean([1, 2, 3, 1e9], [1, 1, 1, 0.1])).toBeLessThan(3);
    const of = (weight: number) => interquartileMean([1, 2, 9], [1, 1, weight]);
    expect(of(0)).toBe(1.5);
    for (let weight = 0; weight < 2; weight += 0.01)
      expect(Math.abs(of(weight + 0.01) - of(weight))).toBeLessThan(0.1);
    expect(interquartileMean([1], [0])).toBeNaN();
  });
});
