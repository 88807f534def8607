import { type Axis, frequencyOf } from '../base/fft.js';
import { type ArtifactModel, type ArtifactPlane, between, magnitudeOfKSpace, toKSpace } from './plane.js';

/** A pose held from one line of k-space on until the next one begins. */
export interface Pose {
  /** First line, in cycles over the field of view, from the most negative on. */
  readonly from: number;
  /** Shift in pixels along a row and along a column, and rotation about the middle in degrees. */
  readonly shiftX: number;
  readonly shiftY: number;
  readonly degrees: number;
}

/**
 * In-plane rigid motion between segments of k-space: the lines of each segment come from the moved image, and are
 * taken for lines of one image (Batchelor et al, Magn Reson Med 54:1273, 2005). Lines before the first pose are
 * those of the image at rest.
 */
export function motion(plane: ArtifactPlane, axis: Axis, poses: readonly Pose[]): Float32Array {
  const { rows, columns } = plane;
  const kSpace = toKSpace(plane);
  for (const [i, pose] of poses.entries()) {
    const moved = toKSpace({ ...plane, values: rotate(plane, pose.degrees) });
    const to = poses[i + 1]?.from ?? Number.POSITIVE_INFINITY;
    for (let y = 0, at = 0; y < rows; y++)
      for (let x = 0; x < columns; x++, at++) {
        const [kx, ky] = [frequencyOf(x, columns), frequencyOf(y, rows)];
        const line = axis === 'y' ? ky : kx;
        if (line < pose.from || line >= to) continue;
        const angle = -2 * Math.PI * ((kx * pose.shiftX) / columns + (ky * pose.shiftY) / rows);
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        kSpace.re[at] = moved.re[at] * c - moved.im[at] * s;
        kSpace.im[at] = moved.re[at] * s + moved.im[at] * c;
      }
  }
  return magnitudeOfKSpace(kSpace);
}

/** Rotation about the middle by cubic convolution (Keys 1981); the outside is 0. */
export function rotate({ values, rows, columns }: ArtifactPlane, degrees: number): Float32Array {
  if (degrees === 0) return values;
  const [c, s] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const [middleX, middleY] = [(columns - 1) / 2, (rows - 1) / 2];
  const out = new Float32Array(values.length);
  for (let y = 0, i = 0; y < rows; y++)
    for (let x = 0; x < columns; x++, i++) {
      const [dx, dy] = [x - middleX, y - middleY];
      out[i] = cubic(values, rows, columns, middleX + c * dx + s * dy, middleY - s * dx + c * dy);
    }
  return out;
}

function cubic(values: Float32Array, rows: number, columns: number, x: number, y: number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  let sum = 0;
  for (let j = -1; j <= 2; j++) {
    const row = top + j;
    if (row < 0 || row >= rows) continue;
    const weightY = keys(y - row);
    for (let i = -1; i <= 2; i++) {
      const column = left + i;
      if (column >= 0 && column < columns) sum += weightY * keys(x - column) * values[row * columns + column];
    }
  }
  return sum;
}

function keys(distance: number): number {
  const d = Math.abs(distance);
  if (d < 1) return (1.5 * d - 2.5) * d * d + 1;
  return d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0;
}

/** Movements outside the middle twelfth of the lines: a move there moves the image and makes no artifact. */
const STILL = 1 / 12;
const MOST_MOVES = 4;

export const motionModel: ArtifactModel = {
  severity: {
    unit: 'pixels',
    meaning: 'largest shift along each axis, and largest rotation in degrees, between segments of k-space',
    usual: 3,
    least: 0,
    most: 30,
  },
  prepare: (severity) => (plane, random) => {
    const moves = 1 + random.integer(MOST_MOVES);
    const early = random.integer(moves + 1);
    const half = plane.rows / 2;
    // more often near the middle, where the signal is and where a movement shows
    const lines = Array.from({ length: moves }, () => half * between(random, Math.sqrt(STILL), 1) ** 2);
    const before = lines.slice(0, early).map((line) => -line);
    const after = lines.slice(early);
    const pose = (from: number): Pose => ({
      from,
      shiftX: between(random, -severity, severity),
      shiftY: between(random, -severity, severity),
      degrees: between(random, -severity, severity),
    });
    const bounds = before.sort((a, b) => a - b);
    const start = bounds.map((_, i) => pose(i === 0 ? Number.NEGATIVE_INFINITY : bounds[i - 1]));
    const still = { from: bounds.at(-1) ?? Number.NEGATIVE_INFINITY, shiftX: 0, shiftY: 0, degrees: 0 };
    const late = after.sort((a, b) => a - b).map(pose);
    return motion(plane, 'y', [...start, still, ...late]);
  },
};
