/**
 * Filters that answer to small spots and to short thin lines in a plane of noise, each divided by what the noise alone
 * makes of it: a spot is seen by a Gaussian of its size less a wider one (Lindeberg 1998), so that what changes slowly
 * says nothing; a line by such filters in a row, in eight directions.
 */

/** Standard deviations of the Gaussians, pixels; a spot of one of the first has the one two places on around it. */
const SCALES = [0.8, 1.2, 1.8, 2.7, 4.05, 6.1] as const;
const SPOTS = 4;
const AROUND = 2;
/** Lines are as wide as the smallest spots. */
const LINES = 2;
const DIRECTIONS = 8;
/** Points of a line, as many as `sumAlong` has terms, and their distance over the standard deviation across it. */
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
  /** Answers of the detectors of spots to a plane, not divided by anything: rows * columns each. */
  spots(plane: Float32Array): readonly Float32Array[];
  /**
   * Calls back with the answers of each detector to the plane that has these spots, in a buffer that the next one
   * overwrites. All answers are linear: the spots of a mean of planes are the mean of theirs.
   */
  answers(spots: readonly Float32Array[], visit: (answers: Float32Array, detector: number) => void): void;
}

/** Side of the plane that the answers to one point are kept in; even the widest are small at its rim. */
const POINT_SIDE = 71;

/** @param noise lag-1 correlation of the noise along rows and columns, which falls off as in an AR(1) series */
export function detectorBank(
  columns: number,
  rows: number,
  noise: { readonly x: number; readonly y: number },
): DetectorBank {
  return { detectors: measured(noise), ...answersOf(columns, rows) };
}

function measured(noise: { readonly x: number; readonly y: number }): Detector[] {
  const side = POINT_SIDE;
  const middle = (side - 1) / 2;
  const point = new Float32Array(side * side);
  point[middle * side + middle] = 1;
  const found: Detector[] = [];
  const bank = answersOf(side, side);
  bank.answers(bank.spots(point), (kernel, at) => {
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

function answersOf(columns: number, rows: number): Pick<DetectorBank, 'spots' | 'answers'> {
  const area = columns * rows;
  const blurred = SCALES.map(() => new Float32Array(area));
  const spare = new Float32Array(area);
  const framed = framedPlane(columns, rows);
  const kernels = SCALES.map((scale, k) =>
    gaussian(k === 0 ? scale : Math.sqrt(scale * scale - SCALES[k - 1] * SCALES[k - 1])),
  );
  const lines = Array.from({ length: LINES * DIRECTIONS }, (_, k) =>
    linePoints(SCALES[Math.floor(k / DIRECTIONS)], angleOf(k % DIRECTIONS)),
  );
  return {
    spots(plane) {
      for (const [k, kernel] of kernels.entries()) {
        const from = k === 0 ? plane : blurred[k - 1];
        blurRows(from, spare, columns, rows, kernel);
        blurColumns(spare, blurred[k], columns, rows, kernel);
      }
      return Array.from({ length: SPOTS }, (_, k) => {
        const [spot, outer] = [blurred[k].slice(), blurred[k + AROUND]];
        for (let i = 0; i < area; i++) spot[i] -= outer[i];
        return spot;
      });
    },
    answers(spots, visit) {
      for (const [k, spot] of spots.entries()) visit(spot, k);
      for (const [k, points] of lines.entries()) {
        if (k % DIRECTIONS === 0) framed.fill(spots[k / DIRECTIONS]);
        framed.sumAlong(points, spare);
        visit(spare, SPOTS + k);
      }
    },
  };
}

/** Half of a normalised kernel: the weight of the middle, then of each distance from it. */
function gaussian(deviation: number): Float64Array {
  const reach = Math.max(1, Math.ceil(3 * deviation));
  const half = Float64Array.from({ length: reach + 1 }, (_, i) => Math.exp(-((i / deviation) ** 2) / 2));
  const sum = half.reduce((total, weight, i) => total + (i === 0 ? weight : 2 * weight), 0);
  return half.map((weight) => weight / sum);
}

/** Nothing lies beyond the borders. */
function blurRows(
  from: Float32Array,
  to: Float32Array,
  columns: number,
  rows: number,
  kernel: Float64Array,
): void {
  const reach = kernel.length - 1;
  for (let row = 0; row < rows; row++) {
    const start = row * columns;
    for (let x = 0; x < columns; x++) {
      const at = start + x;
      let sum = kernel[0] * from[at];
      if (x >= reach && x + reach < columns)
        for (let k = 1; k <= reach; k++) sum += kernel[k] * (from[at - k] + from[at + k]);
      else
        for (let k = 1; k <= reach; k++)
          sum += kernel[k] * ((x >= k ? from[at - k] : 0) + (x + k < columns ? from[at + k] : 0));
      to[at] = sum;
    }
  }
}

function blurColumns(
  from: Float32Array,
  to: Float32Array,
  columns: number,
  rows: number,
  kernel: Float64Array,
): void {
  const reach = kernel.length - 1;
  for (let row = 0; row < rows; row++) {
    const start = row * columns;
    for (let x = 0; x < columns; x++) to[start + x] = kernel[0] * from[start + x];
    for (let k = 1; k <= reach; k++) {
      const [above, below] = [start - k * columns, start + k * columns];
      if (row >= k && row + k < rows) addBoth(from, above, below, to, start, columns, kernel[k]);
      else if (row >= k) addScaled(from, above, to, start, columns, kernel[k]);
      else if (row + k < rows) addScaled(from, below, to, start, columns, kernel[k]);
    }
  }
}

function addScaled(
  from: Float32Array,
  at: number,
  to: Float32Array,
  start: number,
  count: number,
  weight: number,
): void {
  for (let i = 0; i < count; i++) to[start + i] += weight * from[at + i];
}

function addBoth(
  from: Float32Array,
  above: number,
  below: number,
  to: Float32Array,
  start: number,
  count: number,
  weight: number,
): void {
  for (let i = 0; i < count; i++) to[start + i] += weight * (from[above + i] + from[below + i]);
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

/** Pixels around a plane that no point of a line lies beyond. */
const RIM = Math.ceil((STEP * (POINTS - 1) * SCALES[LINES - 1]) / 2);

/** A plane with zeros around it, so that all points of a line are added at once and no border is asked about. */
function framedPlane(columns: number, rows: number) {
  const width = columns + 2 * RIM;
  const values = new Float32Array(width * (rows + 2 * RIM));
  const startOf = (row: number): number => (row + RIM) * width + RIM;
  return {
    fill(plane: Float32Array): void {
      for (let row = 0; row < rows; row++)
        values.set(plane.subarray(row * columns, (row + 1) * columns), startOf(row));
    },
    sumAlong(points: readonly LinePoint[], to: Float32Array): void {
      const [a, b, c, d, e, f, g] = points.map(({ x, y }) => y * width + x);
      for (let row = 0; row < rows; row++) {
        const [start, out] = [startOf(row), row * columns];
        for (let x = 0; x < columns; x++) {
          const at = start + x;
          to[out + x] =
            values[at + a] +
            values[at + b] +
            values[at + c] +
            values[at + d] +
            values[at + e] +
            values[at + f] +
            values[at + g];
        }
      }
    },
  };
}
