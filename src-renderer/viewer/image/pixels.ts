/** Arithmetic on planes of values: strength, residual, what is drawn of them. All planes have rows * columns values. */

import type { SeriesCard } from '../../../src-main/contract/window/opened.js';
import type { Screen } from './screen.js';

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

/** Values that are made whole numbers to draw, in LEVELS steps from low to high: those that a screen takes, or all. */
export interface ReadPlane {
  readonly read: ReadLine;
  readonly low: number;
  readonly high: number;
  readonly whole: () => DrawnPlane;
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

/** before - after of stored planes, written to `out`: the same numbers as of their values, which are not made. */
export function subtractStored(
  { pixels: b, slope: bSlope, intercept: bIntercept }: StoredPlane,
  { pixels: a, slope: aSlope, intercept: aIntercept }: StoredPlane,
  out: Float32Array,
): void {
  for (let i = 0; i < out.length; i++)
    out[i] = Math.fround(b[i] * bSlope + bIntercept) - Math.fround(a[i] * aSlope + aIntercept);
}

/**
 * Puts the values that one row of a screen takes into a line: one for each device pixel, or where the screen is smooth
 * four, those of its two columns in its first row before those in its second.
 */
export type ReadLine = (screen: Screen, y: number, line: Float32Array) => void;

/** Values of a plane, times a factor. */
export function readValues(values: Float32Array, factor = 1): ReadLine {
  return (screen, y, line) => {
    valuesLine(values, screen, y, line);
    if (factor !== 1) multiply(line, factor, line);
  };
}

/** strength * (before - after) of stored planes. */
export function readDifferences(before: StoredPlane, after: StoredPlane, strength = 1): ReadLine {
  return readSum(before, strength, after, -strength);
}

/** before + strength (after - before) of stored planes. */
export function readBlend(before: StoredPlane, after: StoredPlane, strength: number): ReadLine {
  return readSum(before, 1 - strength, after, strength);
}

/** The sizes of what is read, without signs. */
export function readSizes(read: ReadLine): ReadLine {
  return (screen, y, line) => {
    read(screen, y, line);
    for (let i = 0; i < line.length; i++) line[i] = Math.abs(line[i]);
  };
}

function readSum(one: StoredPlane, oneWeight: number, other: StoredPlane, otherWeight: number): ReadLine {
  const first = { pixels: one.pixels, factor: oneWeight * one.slope };
  const second = { pixels: other.pixels, factor: otherWeight * other.slope };
  const constant = oneWeight * one.intercept + otherWeight * other.intercept;
  return (screen, y, line) => sumLine(first, second, constant, screen, y, line);
}

function valuesLine(
  values: Float32Array,
  { across: { first, second }, down, width, smooth }: Screen,
  y: number,
  line: Float32Array,
): void {
  const upper = down.first[y];
  const lower = down.second[y];
  if (!smooth) {
    for (let x = 0; x < width; x++) line[x] = values[upper + first[x]];
    return;
  }
  for (let x = 0, k = 0; x < width; x++, k += 4) {
    const i = first[x];
    const j = second[x];
    line[k] = values[upper + i];
    line[k + 1] = values[upper + j];
    line[k + 2] = values[lower + i];
    line[k + 3] = values[lower + j];
  }
}

interface Weighted {
  readonly pixels: StoredPlane['pixels'];
  readonly factor: number;
}

function sumLine(
  { pixels: p, factor: f }: Weighted,
  { pixels: q, factor: g }: Weighted,
  constant: number,
  { across: { first, second }, down, width, smooth }: Screen,
  y: number,
  line: Float32Array,
): void {
  const upper = down.first[y];
  const lower = down.second[y];
  if (!smooth) {
    for (let x = 0; x < width; x++) {
      const i = upper + first[x];
      line[x] = p[i] * f + q[i] * g + constant;
    }
    return;
  }
  for (let x = 0, k = 0; x < width; x++, k += 4) {
    const i = first[x];
    const j = second[x];
    line[k] = p[upper + i] * f + q[upper + i] * g + constant;
    line[k + 1] = p[upper + j] * f + q[upper + j] * g + constant;
    line[k + 2] = p[lower + i] * f + q[lower + i] * g + constant;
    line[k + 3] = p[lower + j] * f + q[lower + j] * g + constant;
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

/** What LEVELS whole numbers between low and high stand for. */
export function levelsBetween(low: number, high: number): Omit<DrawnPlane, 'pixels'> {
  const slope = high > low ? (high - low) / (LEVELS - 1) : 1;
  return { slope, intercept: low, minimum: 0, maximum: LEVELS - 1 };
}

/** Values as LEVELS whole numbers between low and high, written to `pixels`; what is not a number becomes the lowest. */
export function quantise(values: Float32Array, low: number, high: number, pixels: Uint16Array): DrawnPlane {
  const levels = levelsBetween(low, high);
  const factor = 1 / levels.slope;
  for (let i = 0; i < values.length; i++) {
    const level = (values[i] - low) * factor + 0.5;
    pixels[i] = level > 0 ? (level < LEVELS ? level : LEVELS - 1) : 0;
  }
  return { pixels, ...levels };
}

/** Colours of a plane: entry i of `table` is for the i-th of equal steps from low to high, RGBA as in ImageData. */
export interface ColourScale {
  readonly table: Uint32Array;
  readonly low: number;
  readonly high: number;
  /** Values nearer to zero than this, and what is not a number, stay clear. */
  readonly threshold: number;
}

/** Steps of a scale that are told apart: finer than its table, so that the threshold lies where it is said to. */
const STEPS = 4096;

/** The table of a scale in steps from low to high, from entry 1 on, clear below the threshold; entry 0, of no number, is clear. */
function stepsOf({ table, low, high, threshold }: ColourScale): Uint32Array {
  const steps = new Uint32Array(STEPS + 1);
  const width = (high - low) / (STEPS - 1);
  const ratio = high > low ? (table.length - 1) / (STEPS - 1) : 0;
  for (let step = 0; step < STEPS; step++)
    if (Math.abs(low + step * width) >= threshold - width / 2)
      steps[step + 1] = table[Math.round(step * ratio)];
  return steps;
}

/** Colours of the first `out.length` values, written to `out`; 0 is clear. */
export function colourise(values: Float32Array, scale: ColourScale, out: Uint32Array): void {
  colourBySteps(values, stepsOf(scale), scale, out);
}

/** No choice in it is between what noise makes equally likely: the processor would guess wrong at every other pixel. */
function colourBySteps(
  values: Float32Array,
  steps: Uint32Array,
  { low, high }: ColourScale,
  out: Uint32Array,
): void {
  const factor = high > low ? (STEPS - 1) / (high - low) : 0;
  const start = 1.5 - low * factor;
  for (let i = 0; i < out.length; i++) {
    const step = values[i] * factor + start;
    out[i] = steps[step > 1 ? (step < STEPS ? step | 0 : STEPS) : step <= 1 ? 1 : 0];
  }
}

/** Colours of a screen, written to `out`. Where four are mixed, clear ones count as black, and what comes of them is opaque. */
export function colourScreen(read: ReadLine, scale: ColourScale, screen: Screen, out: Uint32Array): void {
  const { width, height, smooth } = screen;
  const values = new Float32Array(width * (smooth ? 4 : 1));
  const words = new Uint32Array(values.length);
  const steps = stepsOf(scale);
  for (let y = 0; y < height; y++) {
    read(screen, y, values);
    colourBySteps(values, steps, scale, words);
    if (smooth) mixLine(words, screen, y, out);
    else out.set(words, y * width);
  }
}

function mixLine(
  words: Uint32Array,
  { across: { weight }, down, width }: Screen,
  y: number,
  out: Uint32Array,
): void {
  const lower = down.weight[y];
  for (let x = 0, k = 0; x < width; x++, k += 4) {
    const right = weight[x];
    // parts of 256
    const d = (right * lower + 128) >> 8;
    const c = lower - d;
    const b = right - d;
    const a = 256 - right - lower + d;
    const one = words[k] | 0;
    const two = words[k + 1] | 0;
    const three = words[k + 2] | 0;
    const four = words[k + 3] | 0;
    // red and blue at once: each has eight bits of room above it
    const redBlue =
      Math.imul(one & 0xff00ff, a) +
      Math.imul(two & 0xff00ff, b) +
      Math.imul(three & 0xff00ff, c) +
      Math.imul(four & 0xff00ff, d) +
      0x800080;
    const green =
      Math.imul(one & 0xff00, a) +
      Math.imul(two & 0xff00, b) +
      Math.imul(three & 0xff00, c) +
      Math.imul(four & 0xff00, d) +
      0x8000;
    out[y * width + x] = 0xff000000 | ((redBlue >>> 8) & 0xff00ff) | ((green >>> 8) & 0xff00);
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
