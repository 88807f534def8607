/**
 * The field of a coil by N4 (Tustison et al, IEEE Trans Med Imaging 29:1310, 2010): what the sharpened histogram leaves
 * unexplained is fitted by cubic B-splines, level by level on a finer lattice, again and again until it stays.
 */
import { quantile } from '../../../noise/robust.js';
import { jointVariation } from './joint.js';
import { type Expected, expectedOf, expectedValues } from './sharpen.js';
import type { Shrunk } from './shrink.js';
import { coverage, type Extent, fitted, type Lattice, refined, rowsOf, splineOn } from './spline.js';

/**
 * Iterations of each level, at most. One level fewer than usual, and the last is left early, since fine lattices come to
 * follow anatomy; the coarse ones go on until they stand still, with steps twice as long, since each goes but part of
 * the way.
 */
const ITERATIONS = [50, 50, 20] as const;
const LONGER = 2;
/** A level ends where the field changes by less than this share of itself. */
const CONVERGED = 1e-4;
/** An axis is parted once more while its cells stay at least this long over those of the longest axis. */
const LEAST_CELL = 0.6;
/** Along an axis of fewer places the field is constant. */
const LEAST_PLACES = 4;

/** The mask is told again without the field so often at most, until it changes in this share of the places at most. */
const [PASSES, SETTLED] = [6, 0.001];

/** What was found of a field. */
export interface Found {
  /** Logarithm of the field, of mean 0 over the mask. */
  readonly lattice: Lattice;
  /** Parts of the grid along each axis, as `splineOn` takes them. */
  readonly cells: Extent;
  /** Standard deviation of the logarithm over the mask. */
  readonly spread: number;
  /** The same of what the coarsest lattice tells: of a coil it is most of it, of anatomy little. */
  readonly coarse: number;
  /** Least and greatest logarithm over the mask. */
  readonly range: readonly [number, number];
  /** What tells it. */
  readonly evidence: Evidence;
  /** Coefficient of joint variation of two tissues, as they are and without the field; null: these are not told apart. */
  readonly joint: { readonly before: number | null; readonly after: number | null };
}

/** Of how much a field was told: a pattern of the object passes for one where nothing but it is there. */
interface Evidence {
  /** Places of tissue. */
  readonly places: number;
  /**
   * Standard deviation, over the slices, of what lies at one place of the plane, without the field and beyond what
   * neighbours differ by; in logarithms. One slice, one tissue and a pattern that all slices have come to about 0, a few
   * slices of a head to 0.01 to 0.08, whole heads to 0.15 to 0.25.
   */
  readonly contrast: number;
}

/**
 * The field of an image, told from its histogram alone.
 *
 * @param lengths of the axes in mm
 */
export function fieldOf(image: Shrunk, lengths: Extent): Found {
  let mask = image.mask;
  let within = fieldWithin(image, lengths);
  for (let pass = 1; pass < PASSES; pass++) {
    const better = maskOf(image, within.field);
    if (differing(mask, better) < SETTLED * image.logs.length) break;
    mask = better;
    within = fieldWithin({ ...image, mask }, lengths);
  }
  const { field } = within;
  return {
    ...within.found,
    evidence: evidenceOf({ ...image, mask }, field),
    joint: {
      before: jointVariation(brightnessOf(image, mask, null)),
      after: jointVariation(brightnessOf(image, mask, field)),
    },
  };
}

/** Of tissue, without a field. */
function brightnessOf({ logs }: Shrunk, mask: Float32Array, field: Float32Array | null): Float32Array {
  return logs.map((log, i) => Math.exp(log - (field?.[i] ?? 0))).filter((_, i) => mask[i] !== 0);
}

function evidenceOf({ extent: [columns, rows], logs, mask }: Shrunk, field: Float32Array): Evidence {
  const area = columns * rows;
  const own = logs.map((log, i) => (mask[i] === 0 ? Number.NaN : log - field[i]));
  // What is the same in all slices is taken away: a field is, and so is the pattern of a phantom.
  for (let place = 0; place < area; place++) {
    let [sum, count] = [0, 0];
    for (let i = place; i < own.length; i += area) {
      if (mask[i] === 0) continue;
      sum += own[i];
      count++;
    }
    for (let i = place; i < own.length; i += area) own[i] = count < 2 ? Number.NaN : own[i] - sum / count;
  }
  const steps = own.map((value, i) => ((i + 1) % columns === 0 ? Number.NaN : own[i + 1] - value));
  const noise = spreadAmong(steps.filter(Number.isFinite)) / Math.SQRT2;
  const spread = spreadAmong(own.filter(Number.isFinite));
  return {
    places: mask.reduce((count, one) => count + one, 0),
    contrast: Math.sqrt(Math.max(0, spread ** 2 - noise ** 2)),
  };
}

/** Standard deviation of most of the values; 0 where there are none. */
function spreadAmong(values: Float32Array): number {
  return values.length === 0 ? 0 : (quantile(values, 0.84) - quantile(values, 0.16)) / 2;
}

/** Tissue of the image without the field: what a coil made dark is tissue, too. */
function maskOf({ logs, noise, least }: Shrunk, field: Float32Array): Float32Array {
  return logs.map((log, i) => (log > noise && log - field[i] > least ? 1 : 0));
}

function differing(a: Float32Array, b: Float32Array): number {
  return a.reduce((count, value, i) => count + (value === b[i] ? 0 : 1), 0);
}

interface Within {
  readonly found: Omit<Found, 'evidence' | 'joint'>;
  readonly field: Float32Array;
}

function fieldWithin(image: Shrunk, lengths: Extent): Within {
  const longest = Math.max(...lengths.filter((_, axis) => image.extent[axis] >= LEAST_PLACES));
  let cells = mapped(image.extent, (places) => (places >= LEAST_PLACES ? 1 : 0));
  let total: Lattice | null = null;
  let coarse = 0;
  const field = new Float32Array(image.logs.length);
  for (const [level, iterations] of ITERATIONS.entries()) {
    if (total !== null) {
      const finer = mapped(cells, (count, axis) =>
        count > 0 && lengths[axis] / (2 * count) >= (LEAST_CELL * longest) / 2 ** level ? 1 : 0,
      );
      if (finer.every((one) => one === 0)) continue;
      total = refined(total, [finer[0] === 1, finer[1] === 1, finer[2] === 1]);
      cells = mapped(cells, (count, axis) => count * (1 + finer[axis]));
    }
    total = fittedLevel(image, { cells, iterations }, total, field);
    if (level === 0) coarse = spreadOf(image, field);
  }
  if (total === null) throw new Error('there is at least one level');
  const { mean, least, most } = momentsOf(image, field);
  const found = {
    // B-splines sum to 1 everywhere: what is taken from each control point is taken from the field.
    lattice: { size: total.size, values: total.values.map((value) => value - mean) },
    cells,
    spread: spreadOf(image, field),
    coarse,
    range: [least - mean, most - mean],
  } as const;
  return { found, field: field.map((value) => value - mean) };
}

function mapped(extent: Extent, of: (value: number, axis: number) => number): Extent {
  return [of(extent[0], 0), of(extent[1], 1), of(extent[2], 2)];
}

/** @param field the values of the lattice on the grid, which are kept up with it */
function fittedLevel(
  image: Shrunk,
  { cells, iterations }: { readonly cells: Extent; readonly iterations: number },
  before: Lattice | null,
  field: Float32Array,
): Lattice {
  const spline = splineOn(image.extent, cells);
  const covered = coverage(spline, image.mask);
  const total = before?.values.slice() ?? new Float64Array(covered.length);
  const rest = new Float32Array(field.length);
  const without = new Float32Array(field.length);
  for (let iteration = 0; iteration < iterations; iteration++) {
    for (let i = 0; i < rest.length; i++) without[i] = image.logs[i] - field[i];
    const expected = expectedValues(without, image.mask);
    if (expected === null) break;
    unexplained(without, image.mask, expected, rest);
    const more = fitted(spline, rest, covered);
    for (let i = 0; i < total.length; i++) total[i] += LONGER * more.values[i];
    let at = 0;
    const change = new Moments();
    for (const row of rowsOf(spline, more))
      for (let i = 0; i < row.length; i++, at++) {
        field[at] += LONGER * row[i];
        if (image.mask[at] !== 0) change.add(Math.exp(LONGER * row[i]));
      }
    if (change.variation() < CONVERGED) break;
  }
  return { size: spline.size, values: total };
}

function unexplained(logs: Float32Array, mask: Float32Array, expected: Expected, rest: Float32Array): void {
  for (let i = 0; i < logs.length; i++) rest[i] = mask[i] === 0 ? 0 : logs[i] - expectedOf(expected, logs[i]);
}

/** Mean and spread of values that come one by one. */
class Moments {
  private count = 0;
  private sum = 0;
  private squares = 0;

  add(value: number): void {
    this.count++;
    this.sum += value;
    this.squares += value * value;
  }

  /** Standard deviation over mean. */
  variation(): number {
    const mean = this.sum / this.count;
    return Math.sqrt(Math.max(0, this.squares / this.count - mean * mean)) / mean;
  }
}

function spreadOf(image: Shrunk, field: Float32Array): number {
  const { mean, square } = momentsOf(image, field);
  return Math.sqrt(Math.max(0, square - mean * mean));
}

/** Over the mask. */
function momentsOf({ mask }: Shrunk, field: Float32Array) {
  let [count, sum, squares] = [0, 0, 0];
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < field.length; i++) {
    if (mask[i] === 0) continue;
    count++;
    sum += field[i];
    squares += field[i] * field[i];
    least = Math.min(least, field[i]);
    most = Math.max(most, field[i]);
  }
  return { mean: sum / count, square: squares / count, least, most };
}
