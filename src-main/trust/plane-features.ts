import { bodyOf, type Plane } from './unlike.js';

/**
 * What is around a pixel in eight plain numbers that need no training: means in four neighbourhoods, two mean slopes, and
 * how much values vary in two neighbourhoods. Planes are shrunk to 128 pixels first, so that an image of a finer matrix
 * is described alike.
 */
export const FEATURES = 8;

/** Longer side in pixels that planes are shrunk to; smaller ones stay. */
const SIDE = 128;
/** Pixels of the shrunk plane between cells. */
export const STEP = 2;
/** Cells along a side of the thumbnail. */
export const THUMBNAIL = 12;

/** The features of one plane, on a grid of cells. */
export interface PlaneFeatures {
  readonly rows: number;
  readonly columns: number;
  /** rows * columns * FEATURES */
  readonly values: Float32Array;
  /** 1 where a cell's pixel lies in the body. */
  readonly body: Uint8Array;
  /** Across and down in the box around the body, from 0 to below 1: two numbers a cell. */
  readonly places: Float32Array;
  /** Means over a grid of the box. */
  readonly thumbnail: Float32Array;
  /** Pixels of the plane along a pixel of the shrunk one. */
  readonly shrink: number;
}

/** @param measured 0 where nothing was measured, which is filled from around; null: everything was */
export function planeFeatures(plane: Plane, measured: Uint8Array | null): PlaneFeatures {
  const whole = bodyOf(plane);
  const inside = Float32Array.from(whole, (one, i) => (measured === null || measured[i] !== 0 ? one : 0));
  const shrink = Math.max(1, Math.max(plane.rows, plane.columns) / SIDE);
  const small = shrunk(measured === null ? plane : filled(plane, measured), shrink);
  const body = shrunk({ ...plane, values: inside }, shrink).values.map((share) => (share >= 0.5 ? 1 : 0));
  const box = boxOf(body, small.columns);
  const maps = featureMaps(small);
  const [rows, columns] = [Math.ceil(small.rows / STEP), Math.ceil(small.columns / STEP)];
  const values = new Float32Array(rows * columns * FEATURES);
  const places = new Float32Array(2 * rows * columns);
  const cells = new Uint8Array(rows * columns);
  for (let cell = 0; cell < rows * columns; cell++) {
    const [x, y] = [STEP * (cell % columns), STEP * Math.floor(cell / columns)];
    const at = y * small.columns + x;
    maps.forEach((map, f) => {
      values[cell * FEATURES + f] = map[at];
    });
    cells[cell] = body[at];
    places[2 * cell] = (x - box.left) / box.width;
    places[2 * cell + 1] = (y - box.top) / box.height;
  }
  return { rows, columns, values, body: cells, places, thumbnail: thumbnailOf(small, box), shrink };
}

function featureMaps(plane: Plane): Float32Array[] {
  const [one, two, four, eight] = [1, 2, 4, 8].map((deviation) => blurredBy(plane, deviation));
  const varies = (around: Float32Array, deviation: number): Float32Array =>
    blurredBy({ ...plane, values: plane.values.map((value, i) => (value - around[i]) ** 2) }, deviation).map(
      Math.sqrt,
    );
  return [
    one,
    two,
    four,
    eight,
    blurredBy(slopes({ ...plane, values: one }), 1.5),
    blurredBy(slopes({ ...plane, values: two }), 2),
    varies(two, 2),
    varies(one, 3),
  ];
}

/** How steep the values are: length of the gradient, by differences over two pixels. */
function slopes(plane: Plane): Plane {
  const { values, rows, columns } = plane;
  const at = (x: number, y: number): number =>
    values[Math.min(rows - 1, Math.max(0, y)) * columns + Math.min(columns - 1, Math.max(0, x))];
  return {
    ...plane,
    values: values.map((_, i) => {
      const [x, y] = [i % columns, Math.floor(i / columns)];
      return Math.hypot(at(x + 1, y) - at(x - 1, y), at(x, y + 1) - at(x, y - 1));
    }),
  };
}

/** A separable Gaussian; beyond an edge nothing counts. */
function blurredBy({ values, rows, columns }: Plane, deviation: number): Float32Array {
  const reach = Math.ceil(3 * deviation);
  const kernel = Float64Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-((i - reach) ** 2) / (2 * deviation ** 2)),
  );
  const pass = (from: Float32Array, length: number, lines: number, step: number, next: number) => {
    const out = new Float32Array(from.length);
    for (let line = 0; line < lines; line++)
      for (let i = 0; i < length; i++) {
        let [sum, weight] = [0, 0];
        for (let k = Math.max(-reach, -i); k <= Math.min(reach, length - 1 - i); k++) {
          sum += kernel[k + reach] * from[line * next + (i + k) * step];
          weight += kernel[k + reach];
        }
        out[line * next + i * step] = sum / weight;
      }
    return out;
  };
  return pass(pass(values, columns, rows, 1, columns), rows, columns, columns, 1);
}

/** Deviation of the blur that fills what was not measured, pixels. */
const FILL = 4;

function filled(plane: Plane, measured: Uint8Array): Plane {
  if (measured.every((one) => one !== 0)) return plane;
  const known = Float32Array.from(measured, (one) => (one !== 0 ? 1 : 0));
  const sums = blurredBy({ ...plane, values: plane.values.map((value, i) => value * known[i]) }, FILL);
  const weights = blurredBy({ ...plane, values: known }, FILL);
  const around = (i: number): number => (weights[i] > 1e-6 ? sums[i] / weights[i] : 0);
  return { ...plane, values: plane.values.map((value, i) => (known[i] > 0 ? value : around(i))) };
}

/** Means over squares of `factor` pixels, which need not be whole. */
function shrunk(plane: Plane, factor: number): Plane {
  if (factor === 1) return plane;
  const [rows, columns] = [Math.ceil(plane.rows / factor), Math.ceil(plane.columns / factor)];
  const values = new Float32Array(rows * columns);
  const counts = new Float32Array(rows * columns);
  plane.values.forEach((value, i) => {
    const x = Math.floor((i % plane.columns) / factor);
    const y = Math.floor(Math.floor(i / plane.columns) / factor);
    values[y * columns + x] += value;
    counts[y * columns + x]++;
  });
  return { values: values.map((sum, i) => sum / Math.max(1, counts[i])), rows, columns };
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Around the body; of the first pixel where there is none. */
function boxOf(body: Float32Array, columns: number): Box {
  let [left, right, top, bottom] = [columns, -1, body.length, -1];
  body.forEach((inside, i) => {
    if (inside === 0) return;
    const [x, y] = [i % columns, Math.floor(i / columns)];
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  });
  if (right < 0) return { left: 0, top: 0, width: 1, height: 1 };
  return { left, top, width: right - left + 1, height: bottom - top + 1 };
}

function thumbnailOf({ values, columns }: Plane, { left, top, width, height }: Box): Float32Array {
  const sums = new Float32Array(THUMBNAIL ** 2);
  const counts = new Float32Array(THUMBNAIL ** 2);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const cell = Math.floor((y * THUMBNAIL) / height) * THUMBNAIL + Math.floor((x * THUMBNAIL) / width);
      sums[cell] += values[(top + y) * columns + left + x];
      counts[cell]++;
    }
  return sums.map((sum, i) => sum / Math.max(1, counts[i]));
}
