/** Arithmetic on planes of values: strength, residual, what is drawn of them. All planes have rows * columns values. */

import type { SeriesCard } from '../../../src-main/contract/window/opened.js';
import { eachRow, type Sampling } from './sampling.js';

/** A plane as a Frame carries it: value = pixel * slope + intercept. */
export interface StoredPlane {
  readonly pixels: Int16Array | Uint16Array | Float32Array;
  readonly slope: number;
  readonly intercept: number;
}

/** Levels of a plane prepared for drawing: many times those of a screen within any window of use. */
export const LEVELS = 16_384;

/** Whole numbers to draw by a table: value = pixel * slope + intercept. */
export interface DrawnPlane {
  readonly pixels: Int16Array | Uint16Array;
  readonly slope: number;
  readonly intercept: number;
  /** Smallest and largest pixel. */
  readonly minimum: number;
  readonly maximum: number;
}

/** Values in the units of the series. */
export function valuesOf({ pixels, slope, intercept }: StoredPlane): Float32Array {
  if (pixels instanceof Float32Array && slope === 1 && intercept === 0) return pixels;
  const values = new Float32Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) values[i] = pixels[i] * slope + intercept;
  return values;
}

/**
 * Whether a map is |before - after| over the noise level, which falls with the strength as the change does. What a
 * model could not rebuild, and an uncertainty, do not. A NIfTI map says nothing, and comes from a denoising run only.
 */
export function followsStrength(map: SeriesCard['map']): boolean {
  return map === undefined || /\|input - output\|/.test(map.explanation);
}

/** factor * values, written to `out`. */
export function multiply(values: Float32Array, factor: number, out: Float32Array): void {
  for (let i = 0; i < out.length; i++) out[i] = factor * values[i];
}

/** before + strength (after - before), written to `out`. */
export function blend(before: Float32Array, after: Float32Array, strength: number, out: Float32Array): void {
  for (let i = 0; i < out.length; i++) out[i] = before[i] + strength * (after[i] - before[i]);
}

/** before - after, written to `out`. */
export function subtract(before: Float32Array, after: Float32Array, out: Float32Array): void {
  for (let i = 0; i < out.length; i++) out[i] = before[i] - after[i];
}

/**
 * before - after of stored planes at the pixels that are sampled, written to `out`: the same numbers as of their values,
 * which are not made.
 */
export function subtractStored(
  before: StoredPlane,
  after: StoredPlane,
  sampling: Sampling,
  size: { readonly columns: number; readonly rows: number },
  out: Float32Array,
): void {
  eachRow(sampling, size, (start) => {
    subtractLine(before, after, start, sampling.columns, size.columns, out);
  });
}

/** One row of it: a function of its own, so that its loops are compiled as they stand. */
function subtractLine(
  { pixels: b, slope: bSlope, intercept: bIntercept }: StoredPlane,
  { pixels: a, slope: aSlope, intercept: aIntercept }: StoredPlane,
  start: number,
  columns: Int32Array | null,
  width: number,
  out: Float32Array,
): void {
  const count = columns === null ? width : columns.length;
  for (let k = 0; k < count; k++) {
    const i = start + (columns === null ? k : columns[k]);
    out[i] = Math.fround(b[i] * bSlope + bIntercept) - Math.fround(a[i] * aSlope + aIntercept);
  }
}

/** Smallest and largest finite value; 0 and 1 where there is none. */
export function rangeOf(...planes: readonly Float32Array[]): { low: number; high: number } {
  let low = Infinity;
  let high = -Infinity;
  for (const values of planes)
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (value < low && value > -Infinity) low = value;
      if (value > high && value < Infinity) high = value;
    }
  return low <= high ? { low, high } : { low: 0, high: 1 };
}

/** Values as LEVELS whole numbers between low and high, written to `pixels`; what is not a number becomes the lowest. */
export function quantise(values: Float32Array, low: number, high: number, pixels: Uint16Array): DrawnPlane {
  const slope = high > low ? (high - low) / (LEVELS - 1) : 1;
  const factor = 1 / slope;
  for (let i = 0; i < values.length; i++) {
    const level = (values[i] - low) * factor + 0.5;
    pixels[i] = level > 0 ? (level < LEVELS ? level : LEVELS - 1) : 0;
  }
  return { pixels, slope, intercept: low, minimum: 0, maximum: LEVELS - 1 };
}

/** Colours of a plane: entry i of `table` is for the i-th of equal steps from low to high, RGBA as in ImageData. */
export interface ColourScale {
  readonly table: Uint32Array;
  readonly low: number;
  readonly high: number;
  /** Values nearer to zero than this, and what is not a number, stay clear. */
  readonly threshold: number;
}

/** Colours of the values that are sampled, written to `out`; 0 is clear. */
export function colourise(
  values: Float32Array,
  scale: ColourScale,
  sampling: Sampling,
  size: { readonly columns: number; readonly rows: number },
  out: Uint32Array,
): void {
  eachRow(sampling, size, (start) => {
    colourLine(values, scale, start, sampling.columns, size.columns, out);
  });
}

function colourLine(
  values: Float32Array,
  { table, low, high, threshold }: ColourScale,
  start: number,
  columns: Int32Array | null,
  width: number,
  out: Uint32Array,
): void {
  const last = table.length - 1;
  const factor = high > low ? last / (high - low) : 0;
  const count = columns === null ? width : columns.length;
  for (let k = 0; k < count; k++) {
    const i = start + (columns === null ? k : columns[k]);
    const value = values[i];
    if (value >= threshold || value <= -threshold) {
      const step = (value - low) * factor + 0.5;
      out[i] = table[step > 0 ? (step < last ? step | 0 : last) : 0];
    } else out[i] = 0;
  }
}

/** A table of `steps` colours, as the words of an ImageData on a little-endian machine; opaque without `alpha` (0 to 1). */
export function colourTable(
  colour: (share: number) => readonly [number, number, number],
  alpha: (share: number) => number = () => 1,
  steps = 512,
): Uint32Array {
  return Uint32Array.from({ length: steps }, (_, i) => {
    const [r, g, b] = colour(i / (steps - 1));
    return (
      ((Math.round(255 * alpha(i / (steps - 1))) << 24) |
        (Math.round(b) << 16) |
        (Math.round(g) << 8) |
        Math.round(r)) >>>
      0
    );
  });
}

/** The 99.5th percentile of the size of `values`, rounded up to 1, 2 or 5 times a power of ten. */
export function roundLimit(percentile: number): number {
  if (!(percentile > 0) || !Number.isFinite(percentile)) return 1;
  const power = 10 ** Math.floor(Math.log10(percentile));
  const factor = [1, 2, 5, 10].find((f) => f * power >= percentile * 0.999) ?? 10;
  return Number((factor * power).toPrecision(6));
}

/** Standard deviation of the means, pixels, and their weights from the middle on. */
const SMOOTH = 1.2;
const WEIGHTS = Array.from({ length: 5 }, (_, i) => Math.exp(-((i / SMOOTH) ** 2) / 2));

/**
 * Means over small neighbourhoods, times what makes white noise as large as it was: what is larger than before hangs
 * together. What is not a number counts as 0. Written to `out`, which is not `values`.
 */
export function smoothNoise(values: Float32Array, columns: number, rows: number, out: Float32Array): void {
  const energy = WEIGHTS.reduce((sum, weight, i) => sum + (i === 0 ? 1 : 2) * weight * weight, 0);
  const scale = 1 / Math.sqrt(energy);
  const along = new Float32Array(values.length);
  for (let i = 0, x = 0; i < values.length; i++, x = x + 1 === columns ? 0 : x + 1) {
    let sum = 0;
    for (let k = 1 - WEIGHTS.length; k < WEIGHTS.length; k++)
      if (x + k >= 0 && x + k < columns) sum += WEIGHTS[Math.abs(k)] * (values[i + k] || 0);
    along[i] = scale * sum;
  }
  for (let i = 0; i < values.length; i++) {
    const y = Math.floor(i / columns);
    let sum = 0;
    for (let k = 1 - WEIGHTS.length; k < WEIGHTS.length; k++)
      if (y + k >= 0 && y + k < rows) sum += WEIGHTS[Math.abs(k)] * along[i + k * columns];
    out[i] = scale * sum;
  }
}
