/**
 * Filters that answer to small spots and to short thin lines in a plane of noise, each divided by what the noise alone
 * makes of it: a spot is seen by a Gaussian of its size less a wider one (Lindeberg 1998), so that what changes slowly
 * says nothing; a line by such filters in a row, in eight directions. The loops are WebAssembly (kernel/answers.ts).
 */
import { fault } from '../../contract/errors.js';
import { instantiate, type Kernel } from './kernel/answers.ts?wasm';

/** Standard deviations of the Gaussians, pixels; a spot of one of the first has the one two places on around it. */
const SCALES = [0.8, 1.2, 1.8, 2.7, 4.05, 6.1] as const;
const SPOTS = 4;
const AROUND = 2;
/** Lines are as wide as the smallest spots. */
const LINES = 2;
const DIRECTIONS = 8;
const DETECTORS = SPOTS + LINES * DIRECTIONS;
/** Points of a line, and their distance over the standard deviation across it. */
const POINTS = 7;
const STEP = 1.6;
/** Full width at half maximum of a Gaussian of standard deviation 1. */
const FULL_WIDTH = 2.3548;
/** Correlations of neighbours above are as this one. */
const MOST_CORRELATION = 0.95;

interface Detector {
  readonly shape: 'spot' | 'line';
  /** Full width at half maximum across, and the length of a line along it; pixels. */
  readonly width: number;
  readonly length: number;
  /** Standard deviation of the answer to the noise. */
  readonly deviation: number;
  /** Answer to such a thing of amplitude 1. */
  readonly gain: number;
}

export interface DetectorBank {
  readonly detectors: readonly Detector[];
  /** Answers of the detectors of spots to a plane of rows * columns, not divided by anything, for `answers` and `strongest`. */
  spots(plane: Float32Array): Spots;
  /**
   * Calls back with the answers of each detector to the mean of the planes that have these spots, rows * columns, in a
   * buffer that the next one overwrites. All answers are linear: the spots of a mean are the mean of the spots.
   */
  answers(planes: readonly Spots[], visit: (answers: Float32Array, detector: number) => void): void;
  /**
   * Of each pixel the largest answer among those to several means of planes.
   *
   * @param spread standard deviation of the answers, by mean and detector; infinite: not asked
   * @param shown that a result can be too bright by at most, rows * columns
   * @returns in buffers that the next call overwrites
   */
  strongest(
    means: readonly (readonly Spots[])[],
    spread: readonly (readonly number[])[],
    shown: Float32Array,
  ): Strongest;
}

/** As the kernel keeps them: a plane with a rim for each size. */
export type Spots = Float32Array;

interface Strongest {
  /** The answer over its standard deviation. */
  readonly sizes: Float32Array;
  /** Of what was removed, in the units of the plane. */
  readonly amplitudes: Float32Array;
  readonly detectors: Int32Array;
}

/** Side of the plane that the answers to one point are kept in; even the widest are small at its rim. */
const POINT_SIDE = 71;

/** @param noise lag-1 correlation of the noise along rows and columns, which falls off as in an AR(1) series */
export function detectorBank(
  columns: number,
  rows: number,
  noise: { readonly x: number; readonly y: number },
): DetectorBank {
  const detectors = measured(noise);
  return { detectors, ...answersOf(columns, rows, detectors) };
}

function measured(noise: { readonly x: number; readonly y: number }): Detector[] {
  const side = POINT_SIDE;
  const middle = (side - 1) / 2;
  const point = new Float32Array(side * side);
  point[middle * side + middle] = 1;
  const found: Detector[] = [];
  const bank = answersOf(side, side, []);
  bank.answers([bank.spots(point)], (kernel, at) => {
    const scale = at < SPOTS ? SCALES[at] : SCALES[Math.floor((at - SPOTS) / DIRECTIONS)];
    const length = at < SPOTS ? 0 : (POINTS - 1) * STEP * scale;
    const angle = at < SPOTS ? 0 : angleOf((at - SPOTS) % DIRECTIONS);
    found.push({
      shape: at < SPOTS ? 'spot' : 'line',
      width: FULL_WIDTH * scale,
      length,
      deviation: Math.sqrt(dot(kernel, correlated(kernel, side, noise))),
      gain: dot(kernel, drawn(side, scale, length, angle)),
    });
  });
  return found;
}

function dot(a: Float32Array | Float64Array, b: Float32Array | Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** The kernel under the covariance of the noise. */
function correlated(
  kernel: Float32Array,
  side: number,
  { x, y }: { readonly x: number; readonly y: number },
): Float64Array {
  const rows = alongAxis(Float64Array.from(kernel), side, 1, side, x);
  return alongAxis(rows, side, side, 1, y);
}

function alongAxis(
  values: Float64Array,
  side: number,
  step: number,
  next: number,
  correlation: number,
): Float64Array {
  const rho = Math.min(MOST_CORRELATION, Math.max(0, correlation));
  const out = new Float64Array(values.length);
  for (let line = 0; line < side; line++) {
    // what comes from one side, then from the other, each as a recursion
    let sum = 0;
    for (let i = 0; i < side; i++) {
      const at = line * next + i * step;
      sum = rho * sum + values[at];
      out[at] = sum;
    }
    sum = 0;
    for (let i = side - 1; i >= 0; i--) {
      const at = line * next + i * step;
      out[at] += rho * sum;
      sum = rho * sum + values[at];
    }
  }
  return out;
}

/** A spot or a line of amplitude 1 in the middle of a plane. */
function drawn(side: number, scale: number, length: number, angle: number): Float64Array {
  const middle = (side - 1) / 2;
  const out = new Float64Array(side * side);
  const [along, across] = [Math.cos(angle), Math.sin(angle)];
  for (let i = 0; i < out.length; i++) {
    const [x, y] = [(i % side) - middle, Math.floor(i / side) - middle];
    const beyond = Math.max(0, Math.abs(x * along + y * across) - length / 2);
    const off = y * along - x * across;
    out[i] = Math.exp(-(off * off + beyond * beyond) / (2 * scale * scale));
  }
  return out;
}

function angleOf(direction: number): number {
  return (Math.PI * direction) / DIRECTIONS;
}

function answersOf(
  columns: number,
  rows: number,
  detectors: readonly Detector[],
): Omit<DetectorBank, 'detectors'> {
  const kernel = opened(columns, rows);
  const area = columns * rows;
  const { framed } = kernel;
  const weights = SCALES.map((scale, k) =>
    gaussian(k === 0 ? scale : Math.sqrt(scale * scale - SCALES[k - 1] * SCALES[k - 1])),
  );
  const floats = (at: number, length: number) => new Float32Array(kernel.memory.buffer, at, length);
  const answer = (detector: number): void => {
    if (detector < SPOTS) kernel.answer(detector, 0, 1);
    else {
      const line = detector - SPOTS;
      kernel.answer(Math.floor(line / DIRECTIONS), 1 + POINTS * line, POINTS);
    }
  };
  const look = (planes: readonly Spots[]): void => {
    for (const [k, spots] of planes.entries()) {
      floats(kernel.blurred.value, spots.length).set(spots);
      kernel.add(SPOTS, 1 / planes.length, k === 0);
    }
  };
  return {
    spots(plane) {
      for (let row = 0; row < rows; row++)
        floats(kernel.plane.value + 4 * startOf(kernel, row), columns).set(
          plane.subarray(row * columns, (row + 1) * columns),
        );
      for (const [k, half] of weights.entries()) {
        floats(kernel.weights.value, half.length).set(half);
        const to = kernel.blurred.value + 4 * framed.value * k;
        kernel.blur(k === 0 ? kernel.plane.value : to - 4 * framed.value, to, half.length - 1);
      }
      kernel.differ(SPOTS, AROUND);
      return floats(kernel.blurred.value, SPOTS * framed.value).slice();
    },
    answers(planes, visit) {
      look(planes);
      for (let detector = 0; detector < DETECTORS; detector++) {
        answer(detector);
        visit(floats(kernel.answers.value, area), detector);
      }
    },
    strongest(means, spread, shown) {
      floats(kernel.shown.value, area).set(shown);
      const sizes = floats(kernel.sizes.value, area).fill(0);
      for (const [k, planes] of means.entries()) {
        look(planes);
        for (const [detector, { gain }] of detectors.entries()) {
          if (spread[k][detector] === Number.POSITIVE_INFINITY) continue;
          answer(detector);
          kernel.keepLarger(detector, 1 / spread[k][detector], 1 / gain);
        }
      }
      return {
        sizes,
        amplitudes: floats(kernel.amplitudes.value, area),
        detectors: new Int32Array(kernel.memory.buffer, kernel.detectors.value, area),
      };
    },
  };
}

/** The kernel with its memory laid out, and the points of all detectors: the pixel itself, then those of each line. */
function opened(columns: number, rows: number): Kernel {
  const kernel = instantiate();
  const count = 1 + LINES * DIRECTIONS * POINTS;
  if (kernel.prepare(columns, rows, SCALES.length, SPOTS, count) === 0) throw fault('E_INTERNAL/refining');
  const points = Array.from({ length: LINES * DIRECTIONS }, (_, k) =>
    linePoints(SCALES[Math.floor(k / DIRECTIONS)], angleOf(k % DIRECTIONS)),
  ).flat();
  const at = new Int32Array(kernel.memory.buffer, kernel.points.value, count);
  at.set([0, ...points.map(({ x, y }) => 4 * (y * kernel.pitch.value + x))]);
  return kernel;
}

/** Where a row of a plane begins, behind its rim. */
function startOf({ pitch, RIM }: Kernel, row: number): number {
  return (row + RIM.value) * pitch.value + RIM.value;
}

/** Half of a normalised kernel: the weight of the middle, then of each distance from it. */
function gaussian(deviation: number): Float64Array {
  const reach = Math.max(1, Math.ceil(3 * deviation));
  const half = Float64Array.from({ length: reach + 1 }, (_, i) => Math.exp(-((i / deviation) ** 2) / 2));
  const sum = half.reduce((total, weight, i) => total + (i === 0 ? weight : 2 * weight), 0);
  return half.map((weight) => weight / sum);
}

interface LinePoint {
  readonly x: number;
  readonly y: number;
}

/** Whole pixels nearest to the points of a line through 0; they lie alike on both sides of it. */
function linePoints(scale: number, angle: number): LinePoint[] {
  const half = (POINTS - 1) / 2;
  return Array.from({ length: POINTS }, (_, i) => {
    const along = (i - half) * STEP * scale;
    return { x: Math.round(along * Math.cos(angle)), y: Math.round(along * Math.sin(angle)) };
  });
}
