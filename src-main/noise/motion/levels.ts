import type { Volume } from '../../imaging/volume.js';
import { type Matrix, multiplied, placesOf } from './rigid.js';

/** One frame at one resolution, smoothed. */
export interface Level {
  /** index = (slice * rows + row) * columns + column. */
  readonly data: Float32Array;
  readonly size: Size;
  /** Voxel to mm in patient coordinates. */
  readonly places: Matrix;
}

export type Size = readonly [number, number, number];
type Image = Level;

/** Standard deviation in voxels of what frames are smoothed with: values between voxels can be told then. */
const SMOOTHING = 1;
/** Columns or rows above which half of them do. */
const FINEST = 160;
/** Axes are halved down to as many voxels. */
const COARSEST = 8;
/** An axis is halved where its voxels are no larger than so many times those of the finest axis. */
const EVEN = 1.5;
const MOST_LEVELS = 3;

/**
 * A frame from the finest resolution that is looked at to the coarsest.
 *
 * @param bad slices that count for nothing: those around stand for them, so that smoothing spreads none of them
 */
export function levelsOf(volume: Volume, frame: number, bad: readonly number[]): Level[] {
  let image = withoutSlices(frameImage(volume, frame), bad);
  while (Math.max(image.size[0], image.size[1]) > FINEST) image = halved(image);
  const levels = [smoothed(image)];
  while (levels.length < MOST_LEVELS) {
    const next = halved(image);
    if (next === image) break;
    image = next;
    levels.push(smoothed(image));
  }
  return levels;
}

/** Levels of an image that is smooth already. */
export function coarserOf(finest: Level): Level[] {
  const levels = [finest];
  while (levels.length < MOST_LEVELS) {
    const last = levels[levels.length - 1];
    const next = halved(last);
    if (next === last) break;
    levels.push(next);
  }
  return levels;
}

function frameImage(volume: Volume, frame: number): Image {
  const { columns, rows, slices } = volume;
  const length = columns * rows * slices;
  const data = volume.data.slice(frame * length, (frame + 1) * length);
  for (let i = 0; i < length; i++) if (!Number.isFinite(data[i])) data[i] = 0;
  return { data, size: [columns, rows, slices], places: placesOf(volume) };
}

function withoutSlices(image: Image, bad: readonly number[]): Image {
  const [columns, rows, slices] = image.size;
  const good = Array.from({ length: slices }, (_, slice) => slice).filter((slice) => !bad.includes(slice));
  if (good.length === slices || good.length === 0) return image;
  const area = columns * rows;
  for (const slice of bad) {
    const after = good.find((one) => one > slice) ?? good[good.length - 1];
    const before = good.findLast((one) => one < slice) ?? good[0];
    const share = after === before ? 0 : Math.max(0, Math.min(1, (slice - before) / (after - before)));
    for (let i = 0; i < area; i++)
      image.data[slice * area + i] =
        (1 - share) * image.data[before * area + i] + share * image.data[after * area + i];
  }
  return image;
}

/** Means of neighbours along the axes of the smallest voxels; the very same image where none can be halved. */
function halved(image: Image): Image {
  const { size, places } = image;
  const spacing = [0, 1, 2].map((axis) => Math.hypot(places[axis], places[4 + axis], places[8 + axis]));
  const finest = Math.min(...spacing.filter((_, axis) => size[axis] >= 2 * COARSEST));
  let result = image;
  for (let axis = 0; axis < 3; axis++)
    if (size[axis] >= 2 * COARSEST && spacing[axis] <= EVEN * finest) result = halvedAlong(result, axis);
  return result;
}

function halvedAlong({ data, size, places }: Image, axis: number): Image {
  const length = size[axis] >> 1;
  const next: [number, number, number] = [...size];
  next[axis] = length;
  const [inner, outer] = strides(size, axis);
  const result = new Float32Array(next[0] * next[1] * next[2]);
  for (let o = 0; o < outer; o++)
    for (let k = 0; k < length; k++)
      for (let i = 0; i < inner; i++) {
        const from = (o * size[axis] + 2 * k) * inner + i;
        result[(o * length + k) * inner + i] = (data[from] + data[from + inner]) / 2;
      }
  const scale = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
  scale[5 * axis] = 2;
  scale[4 * axis + 3] = 0.5;
  return { data: result, size: next, places: multiplied(places, scale) };
}

/** Values before the next along an axis, and lines of these. */
function strides(size: Size, axis: number): [number, number] {
  const inner = axis === 0 ? 1 : axis === 1 ? size[0] : size[0] * size[1];
  return [inner, (size[0] * size[1] * size[2]) / (inner * size[axis])];
}

/** With a Gaussian along all axes; the border goes on beyond it. */
export function smoothed(image: Image): Image {
  let { data } = image;
  for (let axis = 0; axis < 3; axis++) if (image.size[axis] > 1) data = smoothedAlong(data, image.size, axis);
  return { ...image, data };
}

const REACH = 3;
const KERNEL = (() => {
  const weights = Array.from({ length: 2 * REACH + 1 }, (_, k) =>
    Math.exp(-((k - REACH) ** 2) / (2 * SMOOTHING ** 2)),
  );
  const sum = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / sum);
})();

function smoothedAlong(data: Float32Array, size: Size, axis: number): Float32Array {
  const [inner, outer] = strides(size, axis);
  const length = size[axis];
  const result = new Float32Array(data.length);
  const line = new Float64Array(length + 2 * REACH);
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < inner; i++) {
      const start = o * length * inner + i;
      for (let k = 0; k < line.length; k++)
        line[k] = data[start + Math.max(0, Math.min(length - 1, k - REACH)) * inner];
      for (let k = 0; k < length; k++) {
        let sum = 0;
        for (let d = 0; d <= 2 * REACH; d++) sum += KERNEL[d] * line[k + d];
        result[start + k * inner] = sum;
      }
    }
  return result;
}

/** Value at a place between voxels, trilinear; NaN outside. */
export function valueAt(
  { data, size: [columns, rows, slices] }: Level,
  x: number,
  y: number,
  z: number,
): number {
  if (!(x >= -EDGE && y >= -EDGE && z >= -EDGE)) return Number.NaN;
  if (x > columns - 1 + EDGE || y > rows - 1 + EDGE || z > slices - 1 + EDGE) return Number.NaN;
  const x0 = Math.max(0, Math.min(columns - 2, Math.floor(x)));
  const y0 = Math.max(0, Math.min(rows - 2, Math.floor(y)));
  const z0 = Math.max(0, Math.min(slices - 2, Math.floor(z)));
  const fx = Math.max(0, Math.min(1, x - x0));
  const fy = Math.max(0, Math.min(1, y - y0));
  const fz = slices < 2 ? 0 : Math.max(0, Math.min(1, z - z0));
  const area = columns * rows;
  const i = z0 * area + y0 * columns + x0;
  const lower = plane(data, i, columns, fx, fy);
  return fz === 0 ? lower : lower + fz * (plane(data, i + area, columns, fx, fy) - lower);
}

/** Of a voxel, that a place may lie outside: rounding puts the border there. */
const EDGE = 0.02;

function plane(data: Float32Array, i: number, columns: number, fx: number, fy: number): number {
  const top = data[i] + fx * (data[i + 1] - data[i]);
  const bottom = data[i + columns] + fx * (data[i + columns + 1] - data[i + columns]);
  return top + fy * (bottom - top);
}
