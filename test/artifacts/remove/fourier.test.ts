import { describe, expect, it } from 'vitest';
import {
  fastLength,
  forward,
  inverse,
  placeImage,
} from '../../../src-main/artifacts/remove/planes/fourier.js';
import { floatsAt, Layout } from '../../../src-main/artifacts/remove/planes/memory.js';
import { fft2 } from '../../../src-main/base/fft.js';
import { Random } from '../../../src-main/base/random.js';

/** An image by chance, transformed by the kernel and by double precision, and what the kernel makes of its inverse. */
function transformed(rows: number, columns: number) {
  const layout = new Layout();
  const { image, write } = placeImage(layout, { rows, columns });
  const kernel = layout.open();
  write(kernel);
  const parts = [image.re, image.im].map((at) => floatsAt(kernel, at, image.length));
  const random = new Random(7);
  const given = parts.map(() => Float64Array.from({ length: rows * columns }, () => random.uniform() - 0.3));
  for (const [k, part] of parts.entries())
    for (let y = 0; y < rows; y++)
      part.set(given[k].subarray(y * columns, (y + 1) * columns), y * image.pitch);
  const read = () =>
    parts.map((part) =>
      Float64Array.from(
        { length: rows * columns },
        (_, i) => part[Math.floor(i / columns) * image.pitch + (i % columns)],
      ),
    );
  const exact = { re: given[0].slice(), im: given[1].slice(), rows, columns };
  fft2(exact);
  forward(kernel, image);
  const there = read();
  inverse(kernel, image);
  return { given, exact: [exact.re, exact.im], there, back: read() };
}

function error(found: readonly Float64Array[], right: readonly Float64Array[]): number {
  const sum = (some: readonly Float64Array[]) =>
    some.reduce((all, one) => all + one.reduce((s, v) => s + v * v, 0), 0);
  return Math.sqrt(sum(found.map((one, k) => one.map((value, i) => value - right[k][i]))) / sum(right));
}

describe('the transform of planes', () => {
  // Each factor, odd counts of passes, lengths of other factors, and primes.
  it.each([
    [8, 16],
    [60, 90],
    [75, 128],
    [49, 37],
    [1, 2],
    [181, 217],
  ])('of %i x %i is that of double precision, and its inverse brings the image back', (rows, columns) => {
    const { given, exact, there, back } = transformed(rows, columns);
    expect(error(there, exact)).toBeLessThan(1e-6);
    expect(error(back, given)).toBeLessThan(1e-6);
  });

  it('is fast for multiples of 8 without large factors', () => {
    expect([5, 57, 129, 445, 449].map(fastLength)).toEqual([8, 64, 144, 480, 480]);
  });
});
