/**
 * Discrete Fourier transforms of any length, double precision, in place. Our own, because MR matrices are rarely
 * powers of two: the small packages (fft.js, ml-fft, fourier-transform) handle nothing else.
 */

interface Plan {
  readonly length: number;
  readonly transform: (re: Float64Array, im: Float64Array) => void;
}

const plans = new Map<number, Plan>();

/** Unitary forward transform: X[k] = sum_j x[j] exp(-2 pi i j k / n) / sqrt(n), in place. */
export function fft(re: Float64Array, im: Float64Array): void {
  planFor(re.length).transform(re, im);
  scale(re, im);
}

/** Unitary inverse of `fft`, in place. */
export function inverseFft(re: Float64Array, im: Float64Array): void {
  planFor(re.length).transform(im, re);
  scale(re, im);
}

/** A complex image, x fastest: rows * columns values each. */
export interface ComplexImage {
  readonly re: Float64Array;
  readonly im: Float64Array;
  readonly rows: number;
  readonly columns: number;
}

export type Axis = 'x' | 'y';
type Transform = (re: Float64Array, im: Float64Array) => void;

/** Transforms every line along one axis, in place: 'x' along a row, 'y' along a column. */
export function alongAxis({ re, im, rows, columns }: ComplexImage, axis: Axis, transform: Transform): void {
  const [count, length, step, stride] =
    axis === 'x' ? [rows, columns, 1, columns] : [columns, rows, columns, 1];
  const lineRe = new Float64Array(length);
  const lineIm = new Float64Array(length);
  for (let line = 0; line < count; line++) {
    const start = line * stride;
    for (let i = 0; i < length; i++) {
      lineRe[i] = re[start + i * step];
      lineIm[i] = im[start + i * step];
    }
    transform(lineRe, lineIm);
    for (let i = 0; i < length; i++) {
      re[start + i * step] = lineRe[i];
      im[start + i * step] = lineIm[i];
    }
  }
}

/** Unitary 2D transform, in place. Index 0 of each axis is frequency 0. */
export function fft2(image: ComplexImage): void {
  alongAxis(image, 'x', fft);
  alongAxis(image, 'y', fft);
}

/** Unitary inverse of `fft2`, in place. */
export function inverseFft2(image: ComplexImage): void {
  alongAxis(image, 'x', inverseFft);
  alongAxis(image, 'y', inverseFft);
}

/** Signed frequency of bin `index` in cycles over the whole length: 0, 1, ..., -1. */
export function frequencyOf(index: number, length: number): number {
  return index < (length + 1) >> 1 ? index : index - length;
}

function scale(re: Float64Array, im: Float64Array): void {
  const factor = 1 / Math.sqrt(re.length);
  for (let i = 0; i < re.length; i++) {
    re[i] *= factor;
    im[i] *= factor;
  }
}

function planFor(length: number): Plan {
  const known = plans.get(length);
  if (known !== undefined) return known;
  const transform = (length & (length - 1)) === 0 ? radix2(length) : bluestein(length);
  const plan = { length, transform };
  plans.set(length, plan);
  return plan;
}

/** Cooley and Tukey 1965, decimation in time, for powers of two. */
function radix2(length: number): Transform {
  const half = length >> 1;
  const cos = Float64Array.from({ length: half }, (_, i) => Math.cos((2 * Math.PI * i) / length));
  const sin = Float64Array.from({ length: half }, (_, i) => Math.sin((2 * Math.PI * i) / length));
  const reversed = bitReversal(length);
  return (re, im) => {
    permute(re, reversed);
    permute(im, reversed);
    for (let size = 2; size <= length; size *= 2) {
      const reach = size >> 1;
      const step = length / size;
      for (let block = 0; block < length; block += size)
        for (let j = 0, twiddle = 0; j < reach; j++, twiddle += step) {
          const a = block + j;
          const b = a + reach;
          // no pairs here and below: each would be an array, and to collect them took a third of the time
          const c = cos[twiddle];
          const s = sin[twiddle];
          const re1 = re[b] * c + im[b] * s;
          const im1 = im[b] * c - re[b] * s;
          re[b] = re[a] - re1;
          im[b] = im[a] - im1;
          re[a] += re1;
          im[a] += im1;
        }
    }
  };
}

function bitReversal(length: number): Uint32Array {
  const reversed = new Uint32Array(length);
  for (let i = 1; i < length; i++) reversed[i] = (reversed[i >> 1] >> 1) | (i & 1 ? length >> 1 : 0);
  return reversed;
}

function permute(values: Float64Array, reversed: Uint32Array): void {
  for (let i = 0; i < values.length; i++) {
    const j = reversed[i];
    if (j <= i) continue;
    const kept = values[i];
    values[i] = values[j];
    values[j] = kept;
  }
}

/** What Bluestein's transform (1970) multiplies lines with, and what it convolves them with in between. */
export interface Chirp {
  /** exp(-i pi k^2 / length): `length` values. */
  readonly re: Float64Array;
  readonly im: Float64Array;
  /** Its conjugate for distances of both signs, around the border: `size` values. */
  readonly kernelRe: Float64Array;
  readonly kernelIm: Float64Array;
}

/** @param size of the circular convolution, at least 2 length - 1 */
export function chirpOf(length: number, size: number): Chirp {
  const [re, im] = [new Float64Array(length), new Float64Array(length)];
  const [kernelRe, kernelIm] = [new Float64Array(size), new Float64Array(size)];
  for (let i = 0; i < length; i++) {
    // i^2 modulo the period keeps the angle exact for long lines
    const angle = (Math.PI * ((i * i) % (2 * length))) / length;
    re[i] = kernelRe[i] = kernelRe[(size - i) % size] = Math.cos(angle);
    im[i] = -Math.sin(angle);
    kernelIm[i] = kernelIm[(size - i) % size] = -im[i];
  }
  return { re, im, kernelRe, kernelIm };
}

/** Bluestein 1970: any length as a circular convolution with a chirp, of a length that is a power of two. */
function bluestein(length: number): Transform {
  let size = 1;
  while (size < 2 * length - 1) size *= 2;
  const inner = radix2(size);
  const { re: chirpRe, im: chirpIm, kernelRe, kernelIm } = chirpOf(length, size);
  inner(kernelRe, kernelIm);
  const bufferRe = new Float64Array(size);
  const bufferIm = new Float64Array(size);
  return (re, im) => {
    bufferRe.fill(0);
    bufferIm.fill(0);
    for (let i = 0; i < length; i++) {
      bufferRe[i] = re[i] * chirpRe[i] - im[i] * chirpIm[i];
      bufferIm[i] = re[i] * chirpIm[i] + im[i] * chirpRe[i];
    }
    inner(bufferRe, bufferIm);
    for (let i = 0; i < size; i++) {
      const real = bufferRe[i] * kernelRe[i] - bufferIm[i] * kernelIm[i];
      bufferIm[i] = bufferRe[i] * kernelIm[i] + bufferIm[i] * kernelRe[i];
      bufferRe[i] = real;
    }
    inner(bufferIm, bufferRe);
    for (let i = 0; i < length; i++) {
      const real = bufferRe[i] / size;
      const imaginary = bufferIm[i] / size;
      re[i] = real * chirpRe[i] - imaginary * chirpIm[i];
      im[i] = real * chirpIm[i] + imaginary * chirpRe[i];
    }
  };
}
