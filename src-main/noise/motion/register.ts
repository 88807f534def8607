import { choleskyInPlace, choleskySolved } from '../../base/linear/cholesky.js';
import { median } from '../robust.js';
import { type Level, valueAt } from './levels.js';
import {
  applied,
  cross,
  dot,
  type Frame,
  inverted,
  type Matrix,
  multiplied,
  rigid,
  type Vector,
} from './rigid.js';

/** What frames are held against, at one resolution. */
export interface Template {
  readonly level: Level;
  readonly frame: Frame;
  /** Voxels that are compared, and their values. */
  readonly voxels: Int32Array;
  readonly values: Float64Array;
  /** What one mm or radian of each free parameter changes: voxels * free. */
  readonly change: Float64Array;
  /** Which block each voxel lies in: neighbours err together. */
  readonly blocks: Int32Array;
}

/** How values of the template become those of a frame: gain and offset, or any curve where contrast is another. */
export type Contrast = 'same' | 'other';

export interface Fit {
  readonly motion: Matrix;
  /** Standard deviations of the free parameters, mm and radians; infinite where nothing tells them. */
  readonly deviations: readonly number[];
  /** Correlation of the frame with what the template says of it, where they overlap. */
  readonly correlation: number;
  /** Share of the voxels that lie in the frame. */
  readonly overlap: number;
}

const MOST_VOXELS = 12_000;
const BLOCK = 6;
/** Values of which a curve of the contrast is made. */
const KNOTS = 7;
const MOST_STEPS = 15;
/** Of a voxel at 50 mm from the centre: smaller steps are none. */
const SETTLED = 0.002;
/** Deviations of what does not fit from which on it counts little. */
const UNLIKE = 2.5;

/** Chooses the voxels where motion shows most. */
export function templateOf(level: Level, frame: Frame): Template {
  const { size, data, places } = level;
  const [columns, rows, slices] = size;
  const area = columns * rows;
  const back = inverted(places);
  const gradients = new Float64Array(3 * data.length);
  const energy = new Float64Array(data.length);
  for (let z = 0; z < slices; z++)
    for (let y = 1; y < rows - 1; y++)
      for (let x = 1; x < columns - 1; x++) {
        const i = z * area + y * columns + x;
        const gx = (data[i + 1] - data[i - 1]) / 2;
        const gy = (data[i + columns] - data[i - columns]) / 2;
        const [below, above] = [z > 0 ? i - area : i, z < slices - 1 ? i + area : i];
        const gz = above === below ? 0 : ((data[above] - data[below]) * area) / (above - below);
        for (let k = 0; k < 3; k++) gradients[3 * i + k] = back[k] * gx + back[4 + k] * gy + back[8 + k] * gz;
        energy[i] = gradients[3 * i] ** 2 + gradients[3 * i + 1] ** 2 + gradients[3 * i + 2] ** 2;
      }
  const voxels = steepest(energy);
  const { free, axes, centre } = frame;
  const change = new Float64Array(voxels.length * free.length);
  const across = Math.ceil(columns / BLOCK);
  const blocks = new Int32Array(voxels.length);
  const values = new Float64Array(voxels.length);
  voxels.forEach((i, n) => {
    const at: Vector = [i % columns, Math.floor(i / columns) % rows, Math.floor(i / area)];
    const place = applied(places, at);
    const from: Vector = [place[0] - centre[0], place[1] - centre[1], place[2] - centre[2]];
    const g: Vector = [gradients[3 * i], gradients[3 * i + 1], gradients[3 * i + 2]];
    free.forEach((parameter, k) => {
      const axis = axes[parameter % 3];
      change[n * free.length + k] = dot(g, parameter < 3 ? axis : cross(axis, from));
    });
    const [bx, by, bz] = at.map((value) => Math.floor(value / BLOCK));
    blocks[n] = (bz * Math.ceil(rows / BLOCK) + by) * across + bx;
    values[n] = data[i];
  });
  return { level, frame, voxels, values, change, blocks };
}

/** Up to so many voxels where values change most, ascending. */
function steepest(energy: Float64Array): Int32Array {
  const some = [...energy.keys()].filter((i) => energy[i] > 0);
  if (some.length > MOST_VOXELS) {
    some.sort((a, b) => energy[b] - energy[a]);
    some.length = MOST_VOXELS;
    some.sort((a, b) => a - b);
  }
  return Int32Array.from(some);
}

/**
 * Finds the rigid motion from the template to a frame by Gauss-Newton steps on the template's own gradients (Baker and
 * Matthews, Int J Comput Vis 56:221, 2004), with the contrast between both fitted along, and what does not fit counted
 * less.
 *
 * @param start from which the motion is looked for
 * @param usable slices of the frame that count
 */
export function registered(
  template: Template,
  moved: Level,
  start: Matrix,
  contrast: Contrast,
  usable: (slice: number) => boolean,
): Fit {
  const { frame, level } = template;
  const work = openWork(template, contrast);
  const finest = Math.min(
    ...[0, 1].map((axis) => Math.hypot(level.places[axis], level.places[4 + axis], level.places[8 + axis])),
  );
  let motion = start;
  let before = Number.POSITIVE_INFINITY;
  for (let step = 0; step < MOST_STEPS; step++) {
    sampleFrame(template, moved, motion, usable, work);
    if (work.count < 2 * work.side) break;
    if (step === 0) fitContrast(work);
    weigh(work);
    const found = solve(template, work);
    const values = new Float64Array(6);
    frame.free.forEach((parameter, k) => {
      values[parameter] = found[k];
    });
    // an angle moves what is 50 mm away
    const size =
      Math.hypot(...values.subarray(0, 3), ...values.subarray(3).map((angle) => 50 * angle)) / finest;
    // steps that grow lead nowhere: half of them finds the way back
    const scale = size > before ? 0.5 : 1;
    before = size;
    motion = multiplied(
      motion,
      rigid(
        frame,
        values.map((value) => scale * value),
      ),
    );
    if (size < SETTLED) break;
  }
  sampleFrame(template, moved, motion, usable, work);
  if (work.count < 2 * work.side)
    return {
      motion: start,
      deviations: frame.free.map(() => Number.POSITIVE_INFINITY),
      correlation: 0,
      overlap: 0,
    };
  fitContrast(work);
  weigh(work);
  return {
    motion,
    deviations: deviationsOf(template, work),
    correlation: correlationOf(work),
    overlap: work.count / template.voxels.length,
  };
}

/** How well a frame fits where a motion puts it. */
export function fitOf(
  template: Template,
  moved: Level,
  motion: Matrix,
  contrast: Contrast,
  usable: (slice: number) => boolean,
): number {
  const work = openWork(template, contrast);
  sampleFrame(template, moved, motion, usable, work);
  if (work.count < template.voxels.length / 4 || work.count < 2 * work.side) return 0;
  work.weights.fill(1);
  fitContrast(work);
  return correlationOf(work);
}

interface Work {
  /** Of the motion and of the contrast together. */
  readonly side: number;
  readonly motions: number;
  /** Knots of the contrast's curve, ascending. */
  readonly knots: readonly number[];
  readonly curve: Float64Array;
  /** Of each voxel the knot below, and the share of the next one. */
  readonly below: Int32Array;
  readonly share: Float64Array;
  readonly found: Float64Array;
  readonly weights: Float64Array;
  readonly rest: Float64Array;
  /** Voxels that lie in the frame. */
  count: number;
}

function openWork({ values, voxels, frame }: Template, contrast: Contrast): Work {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  const knots =
    contrast === 'same'
      ? [at(0), at(1)]
      : Array.from({ length: KNOTS }, (_, k) => at(k / (KNOTS - 1))).filter(
          (value, k, all) => k === 0 || value > all[k - 1],
        );
  if (knots.length < 2 || !(knots[1] > knots[0])) knots[1] = knots[0] + 1;
  const below = new Int32Array(voxels.length);
  const share = new Float64Array(voxels.length);
  values.forEach((value, i) => {
    let k = 0;
    while (k < knots.length - 2 && value >= knots[k + 1]) k++;
    below[i] = k;
    share[i] = (value - knots[k]) / (knots[k + 1] - knots[k]);
  });
  return {
    side: frame.free.length + knots.length,
    motions: frame.free.length,
    knots,
    curve: new Float64Array(knots.length),
    below,
    share,
    found: new Float64Array(voxels.length),
    weights: new Float64Array(voxels.length).fill(1),
    rest: new Float64Array(voxels.length),
    count: 0,
  };
}

/** Values of the frame where the motion takes the voxels; NaN outside and in slices that do not count. */
function sampleFrame(
  { voxels, level }: Template,
  moved: Level,
  motion: Matrix,
  usable: (slice: number) => boolean,
  work: Work,
): void {
  const [columns, rows] = level.size;
  const area = columns * rows;
  const m = multiplied(multiplied(inverted(moved.places), motion), level.places);
  let count = 0;
  for (let n = 0; n < voxels.length; n++) {
    const i = voxels[n];
    const [x, y, z] = [i % columns, Math.floor(i / columns) % rows, Math.floor(i / area)];
    const slice = m[8] * x + m[9] * y + m[10] * z + m[11];
    const value = usable(slice)
      ? valueAt(moved, m[0] * x + m[1] * y + m[2] * z + m[3], m[4] * x + m[5] * y + m[6] * z + m[7], slice)
      : Number.NaN;
    work.found[n] = value;
    if (!Number.isNaN(value)) count++;
  }
  work.count = count;
}

/** The curve of least squares from the template's values to those of the frame. */
function fitContrast(work: Work): void {
  const { knots, below, share, found, weights, curve } = work;
  const side = knots.length;
  const gram = new Float64Array(side * side);
  const right = new Float64Array(side);
  for (let n = 0; n < found.length; n++) {
    const value = found[n];
    if (Number.isNaN(value)) continue;
    const [k, s, w] = [below[n], share[n], weights[n]];
    gram[k * side + k] += w * (1 - s) ** 2;
    gram[(k + 1) * side + k] += w * s * (1 - s);
    gram[(k + 1) * side + k + 1] += w * s * s;
    right[k] += w * (1 - s) * value;
    right[k + 1] += w * s * value;
  }
  curve.set(solved(gram, right));
  keepRest(work);
}

function keepRest({ found, below, share, curve, rest }: Work): void {
  for (let n = 0; n < found.length; n++) {
    const k = below[n];
    rest[n] = found[n] - (1 - share[n]) * curve[k] - share[n] * curve[k + 1];
  }
}

function weigh(work: Work): void {
  keepRest(work);
  const { rest, weights } = work;
  const sizes = [];
  const step = Math.max(1, Math.floor(rest.length / 3000));
  for (let n = 0; n < rest.length; n += step) if (!Number.isNaN(rest[n])) sizes.push(Math.abs(rest[n]));
  const limit = UNLIKE * 1.4826 * median(sizes);
  for (let n = 0; n < rest.length; n++) {
    const value = rest[n];
    weights[n] = Number.isNaN(value) ? 0 : limit > 0 ? 1 / (1 + (value / limit) ** 2) ** 2 : 1;
  }
}

/** Sums of the products of what each parameter changes, lower triangle, and of these with what does not fit. */
function normal(
  { change, blocks }: Template,
  work: Work,
  sums: (row: Float64Array, rest: number, weight: number, block: number) => void,
): void {
  const { side, motions, knots, curve, below, share, rest, weights } = work;
  const row = new Float64Array(side);
  for (let n = 0; n < rest.length; n++) {
    const weight = weights[n];
    if (!(weight > 0)) continue;
    const k = below[n];
    const slope = (curve[k + 1] - curve[k]) / (knots[k + 1] - knots[k]);
    row.fill(0);
    for (let p = 0; p < motions; p++) row[p] = slope * change[n * motions + p];
    row[motions + k] = -(1 - share[n]);
    row[motions + k + 1] = -share[n];
    sums(row, rest[n], weight, blocks[n]);
  }
}

/** The step of the free parameters; the curve of the contrast is changed. */
function solve(template: Template, work: Work): Float64Array {
  const { side, motions, curve } = work;
  const gram = new Float64Array(side * side);
  const right = new Float64Array(side);
  normal(template, work, (row, rest, weight) => {
    for (let a = 0; a < side; a++) {
      const value = weight * row[a];
      if (value === 0) continue;
      right[a] -= value * rest;
      for (let b = 0; b <= a; b++) gram[a * side + b] += value * row[b];
    }
  });
  const found = solved(gram, right);
  for (let k = 0; k < curve.length; k++) curve[k] += found[motions + k];
  return found.subarray(0, motions);
}

function solved(gram: Float64Array, right: Float64Array): Float64Array {
  return choleskySolved(factorOf(gram, right.length), right);
}

/** With a trace of a ridge: what nothing tells stays where it is. */
function factorOf(gram: Float64Array, side: number): Float64Array {
  const factor = gram.slice();
  for (let k = 0; k < side; k++) factor[k * side + k] = factor[k * side + k] * (1 + 1e-9) || 1;
  choleskyInPlace(factor, side, Number.MIN_VALUE);
  return factor;
}

/**
 * What the free parameters may be off by, from how far the blocks of the image disagree (White, Econometrica 48:817,
 * 1980, in clusters): of what does not fit much is anatomy, which no level of noise tells.
 */
function deviationsOf(template: Template, work: Work): number[] {
  const { side, motions } = work;
  const gram = new Float64Array(side * side);
  const scores = new Map<number, Float64Array>();
  normal(template, work, (row, rest, weight, block) => {
    let score = scores.get(block);
    if (score === undefined) {
      score = new Float64Array(side);
      scores.set(block, score);
    }
    for (let a = 0; a < side; a++) {
      const value = weight * row[a];
      score[a] += value * rest;
      for (let b = 0; b <= a; b++) gram[a * side + b] += value * row[b];
    }
  });
  const factor = factorOf(gram, side);
  const variances = new Float64Array(motions);
  for (const score of scores.values()) {
    const part = choleskySolved(factor, score);
    for (let k = 0; k < motions; k++) variances[k] += part[k] ** 2;
  }
  const enough = scores.size > side ? scores.size / (scores.size - side) : Number.POSITIVE_INFINITY;
  return Array.from(variances, (variance) => Math.sqrt(variance * enough));
}

function correlationOf({ found, rest, weights }: Work): number {
  let [count, sum, squares, off] = [0, 0, 0, 0];
  for (let n = 0; n < found.length; n++) {
    const value = found[n];
    if (Number.isNaN(value)) continue;
    const weight = weights[n];
    count += weight;
    sum += weight * value;
    squares += weight * value * value;
    off += weight * rest[n] ** 2;
  }
  const variance = squares - (sum * sum) / count;
  return variance > 0 ? Math.sqrt(Math.max(0, 1 - off / variance)) : 0;
}
