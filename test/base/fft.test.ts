import { describe, expect, it } from 'vitest';
import { fft, fft2, frequencyOf, inverseFft, inverseFft2 } from '../../src-main/base/fft.js';
import { Random } from '../../src-main/base/random.js';
import { distance, energy } from '../artifacts/support.js';

function signal(length: number, seed = 1): Float64Array {
  const random = new Random(seed);
  return Float64Array.from({ length }, () => random.normal());
}

/** The definition, term by term. */
function slow(re: Float64Array, im: Float64Array): { re: Float64Array; im: Float64Array } {
  const n = re.length;
  const out = { re: new Float64Array(n), im: new Float64Array(n) };
  for (let k = 0; k < n; k++)
    for (let j = 0; j < n; j++) {
      const angle = (-2 * Math.PI * k * j) / n;
      out.re[k] += (re[j] * Math.cos(angle) - im[j] * Math.sin(angle)) / Math.sqrt(n);
      out.im[k] += (re[j] * Math.sin(angle) + im[j] * Math.cos(angle)) / Math.sqrt(n);
    }
  return out;
}

describe('fft', () => {
  it.each([1, 2, 3, 8, 17, 60, 64, 181, 217])('is the definition at length %i', (length) => {
    const [re, im] = [signal(length, 1), signal(length, 2)];
    const expected = slow(re, im);
    fft(re, im);
    expect(distance(re, expected.re)).toBeLessThan(1e-12);
    expect(distance(im, expected.im)).toBeLessThan(1e-12);
  });

  it.each([1, 5, 256, 1000, 509])('goes there and back and keeps the energy at length %i', (length) => {
    const [re, im] = [signal(length, 3), signal(length, 4)];
    const before = [re.slice(), im.slice()];
    fft(re, im);
    expect((energy(re) + energy(im)) / (energy(before[0]) + energy(before[1]))).toBeCloseTo(1, 12);
    inverseFft(re, im);
    expect(distance(re, before[0])).toBeLessThan(1e-12);
    expect(distance(im, before[1])).toBeLessThan(1e-12);
  });

  it('puts a plane wave into one bin of an oblong image', () => {
    const [rows, columns] = [12, 20];
    const re = Float64Array.from({ length: rows * columns }, (_, i) =>
      Math.cos(2 * Math.PI * ((3 * (i % columns)) / columns + (5 * Math.floor(i / columns)) / rows)),
    );
    const image = { re, im: new Float64Array(re.length), rows, columns };
    fft2(image);
    const half = Math.sqrt(rows * columns) / 2;
    expect(image.re[5 * columns + 3]).toBeCloseTo(half, 10);
    expect(image.re[(rows - 5) * columns + columns - 3]).toBeCloseTo(half, 10);
    expect(energy(image.re) + energy(image.im)).toBeCloseTo(2 * half * half, 8);
    inverseFft2(image);
    expect(image.re[0]).toBeCloseTo(1, 12);
  });

  it('numbers frequencies as the transform does', () => {
    expect([0, 1, 2, 3, 4].map((i) => frequencyOf(i, 5))).toEqual([0, 1, 2, -2, -1]);
    expect([0, 1, 2, 3].map((i) => frequencyOf(i, 4))).toEqual([0, 1, -2, -1]);
  });
});
