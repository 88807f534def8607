import { choleskyInPlace } from '../../src-main/base/linear/cholesky.js';
import { Random } from '../../src-main/base/random.js';
import type { OpenModel } from '../../src-main/model-files/model-file.js';
import type { BatchSource } from '../../src-main/training/samples/batches.js';
import type { CropSampler } from '../../src-main/training/samples/crops.js';
import { FEATURES, planeFeatures, STEP } from '../../src-main/trust/plane-features.js';
import { blurred, bodyOf, type Plane } from '../../src-main/trust/unlike.js';

/** Numbers that describe the cells of a plane, by whatever made them. */
export interface Cells {
  readonly rows: number;
  readonly columns: number;
  /** Numbers a cell. */
  readonly length: number;
  readonly values: Float32Array;
  /** Pixels from cell to cell, and where the first one lies. */
  readonly stride: number;
  readonly first: number;
}

export type Describe = (plane: Plane) => Promise<Cells>;

/** The plain features of the product; planes here are small enough not to be shrunk. */
export const plainFeatures: Describe = async (plane) => {
  const { rows, columns, values } = planeFeatures(plane, null);
  return { rows, columns, values, length: FEATURES, stride: STEP, first: 0 };
};

/** Latents of an encoder at every half cell: the plane goes through it four times, moved. */
export function latentFeatures(model: OpenModel): Describe {
  const { latent } = model.card;
  if (latent === null) throw new Error('The model has no latent.');
  const { cell, channels } = latent;
  const stride = cell / 2;
  return async ({ values, rows, columns }) => {
    const [down, across] = [rows / stride, columns / stride];
    const out = new Float32Array(down * across * channels);
    for (const dy of [0, 1])
      for (const dx of [0, 1]) {
        const moved = values.map((_, i) => {
          const y = Math.min(rows - 1, Math.floor(i / columns) + dy * stride);
          return values[y * columns + Math.min(columns - 1, (i % columns) + dx * stride)];
        });
        const { data, shape } = (await model.encode(moved, rows, columns)).latent;
        for (let y = 0; y < shape[1]; y++)
          for (let x = 0; x < shape[2]; x++) {
            const at = (y * shape[2] + x) * channels;
            out.set(data.subarray(at, at + channels), ((2 * y + dy) * across + 2 * x + dx) * channels);
          }
      }
    return { rows: down, columns: across, values: out, length: channels, stride, first: (cell - 1) / 2 };
  };
}

interface Described extends Cells {
  /** Cells in the body. */
  readonly inside: readonly number[];
  /** Across and down in the box around the body, 0 to 1: two numbers a cell. */
  readonly places: Float32Array;
}

async function described(describe: Describe, plane: Plane): Promise<Described> {
  const cells = await describe(plane);
  const body = bodyOf(plane);
  const at = (cell: number): [number, number] => [
    Math.min(plane.columns - 1, Math.round((cell % cells.columns) * cells.stride + cells.first)),
    Math.min(plane.rows - 1, Math.round(Math.floor(cell / cells.columns) * cells.stride + cells.first)),
  ];
  const inside = Array.from({ length: cells.rows * cells.columns }, (_, i) => i).filter((cell) => {
    const [x, y] = at(cell);
    return body[y * plane.columns + x] !== 0;
  });
  const xs = inside.map((cell) => at(cell)[0]);
  const ys = inside.map((cell) => at(cell)[1]);
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const [width, height] = [Math.max(...xs) - left + 1, Math.max(...ys) - top + 1];
  const places = new Float32Array(2 * cells.rows * cells.columns);
  for (const cell of inside) {
    const [x, y] = at(cell);
    places.set([(x - left) / width, (y - top) / height], 2 * cell);
  }
  return { ...cells, inside, places };
}

function spreadOut(
  { rows, columns, stride, first }: Cells,
  scores: Float32Array,
  plane: Plane,
): Float32Array {
  const near = (pixel: number, count: number): number =>
    Math.min(count - 1, Math.max(0, (pixel - first) / stride));
  const values = plane.values.map((_, i) => {
    const v = near(Math.floor(i / plane.columns), rows);
    const u = near(i % plane.columns, columns);
    const [top, bottom, left, right] = [Math.floor(v), Math.ceil(v), Math.floor(u), Math.ceil(u)];
    const along = (row: number): number =>
      scores[row * columns + left] * (1 - u + left) + scores[row * columns + right] * (u - left);
    return along(top) * (1 - v + top) + along(bottom) * (v - top);
  });
  return blurred({ ...plane, values });
}

export type Scores = (plane: Plane) => Promise<Float32Array>;

/** Like PatchCore (Roth et al. 2022): distance to the nearest of `size` patches of normal planes, its place weighed in. */
export async function nearestPatches(
  planes: readonly Plane[],
  describe: Describe,
  size: number,
  weight: number,
): Promise<Scores> {
  const normal = await Promise.all(planes.map((plane) => described(describe, plane)));
  const { length } = normal[0];
  const all = normal.flatMap((one) => one.inside.map((cell) => ({ one, cell })));
  const [mean, deviation] = momentsOf(normal, length);
  const width = length + 2;
  const vector = (one: Described, cell: number): Float32Array =>
    Float32Array.from({ length: width }, (_, f) =>
      f < length
        ? (one.values[cell * length + f] - mean[f]) / deviation[f]
        : weight * one.places[2 * cell + f - length],
    );
  const chosen = new Random(9).shuffle(all).slice(0, size);
  const bank = new Float32Array(chosen.length * width);
  chosen.forEach(({ one, cell }, i) => {
    bank.set(vector(one, cell), i * width);
  });
  return async (plane) => {
    const one = await described(describe, plane);
    const scores = new Float32Array(one.rows * one.columns);
    for (const cell of one.inside) scores[cell] = nearest(bank, vector(one, cell));
    return spreadOut(one, scores, plane);
  };
}

function nearest(bank: Float32Array, vector: Float32Array): number {
  const width = vector.length;
  let least = Number.POSITIVE_INFINITY;
  for (let at = 0; at < bank.length; at += width) {
    let sum = 0;
    for (let f = 0; f < width && sum < least; f++) sum += (bank[at + f] - vector[f]) ** 2;
    least = Math.min(least, sum);
  }
  return Math.sqrt(least);
}

function momentsOf(normal: readonly Described[], length: number): [Float64Array, Float64Array] {
  const [mean, square] = [new Float64Array(length), new Float64Array(length)];
  let count = 0;
  for (const one of normal)
    for (const cell of one.inside) {
      count++;
      for (let f = 0; f < length; f++) {
        mean[f] += one.values[cell * length + f];
        square[f] += one.values[cell * length + f] ** 2;
      }
    }
  const means = mean.map((sum) => sum / count);
  return [means, square.map((sum, f) => Math.sqrt(Math.max(1e-12, sum / count - means[f] ** 2)))];
}

const GRID = 16;

/** Like PaDiM (Defard et al. 2021): a Gaussian of the numbers at each of 16 x 16 places, with those beside it. */
export async function gaussianPlaces(planes: readonly Plane[], describe: Describe): Promise<Scores> {
  const normal = await Promise.all(planes.map((plane) => described(describe, plane)));
  const { length } = normal[0];
  const placeOf = (one: Described, cell: number): [number, number] => [
    Math.floor(GRID * one.places[2 * cell]),
    Math.floor(GRID * one.places[2 * cell + 1]),
  ];
  const members: number[][] = Array.from({ length: GRID ** 2 }, () => []);
  const vectors = normal.flatMap((one) =>
    one.inside.map((cell) => ({
      place: placeOf(one, cell),
      values: one.values.subarray(cell * length, (cell + 1) * length),
    })),
  );
  vectors.forEach(({ place: [x, y] }, i) => {
    for (let v = Math.max(0, y - 1); v <= Math.min(GRID - 1, y + 1); v++)
      for (let u = Math.max(0, x - 1); u <= Math.min(GRID - 1, x + 1); u++) members[v * GRID + u].push(i);
  });
  const every = gaussian(vectors.map(({ values }) => values));
  const places = members.map((some) =>
    some.length > 4 * length ? gaussian(some.map((i) => vectors[i].values)) : every,
  );
  return async (plane) => {
    const one = await described(describe, plane);
    const scores = new Float32Array(one.rows * one.columns);
    for (const cell of one.inside) {
      const [x, y] = placeOf(one, cell);
      scores[cell] = places[y * GRID + x](one.values.subarray(cell * length, (cell + 1) * length));
    }
    return spreadOut(one, scores, plane);
  };
}

/** Mahalanobis distance to the mean of vectors. */
function gaussian(vectors: readonly Float32Array[]): (vector: Float32Array) => number {
  const { length } = vectors[0];
  const mean = new Float64Array(length);
  for (const vector of vectors) for (let f = 0; f < length; f++) mean[f] += vector[f] / vectors.length;
  const matrix = new Float64Array(length ** 2);
  for (const vector of vectors)
    for (let a = 0; a < length; a++)
      for (let b = 0; b <= a; b++)
        matrix[a * length + b] += ((vector[a] - mean[a]) * (vector[b] - mean[b])) / vectors.length;
  for (let a = 0; a < length; a++) matrix[a * (length + 1)] = 1.02 * matrix[a * (length + 1)] + 1e-9;
  choleskyInPlace(matrix, length, 1e-12);
  return (vector) => {
    const solved = new Float64Array(length);
    let sum = 0;
    for (let a = 0; a < length; a++) {
      let rest = vector[a] - mean[a];
      for (let b = 0; b < a; b++) rest -= matrix[a * length + b] * solved[b];
      solved[a] = rest / matrix[a * length + a];
      sum += solved[a] ** 2;
    }
    return Math.sqrt(sum);
  };
}

const COARSE = 8;

/** What Kascenas et al. (2022) learn to take away: noise of 0.2 on a coarse grid, in the body. */
export function coarseNoise(sampler: CropSampler, size: number, count: number): BatchSource {
  const side = size / COARSE + 2;
  return {
    batch(random, part) {
      const input = new Float32Array(count * size * size);
      const target = new Float32Array(count * size * size);
      for (let n = 0; n < count; n++) {
        const crop = sampler.draw(random, part).target;
        target.set(crop, n * size * size);
        const grid = Float32Array.from({ length: side * side }, () => 0.2 * random.normal());
        const [right, down] = [random.uniform(), random.uniform()];
        crop.forEach((value, i) => {
          const [v, u] = [Math.floor(i / size) / COARSE + down, (i % size) / COARSE + right];
          const [y, x] = [Math.floor(v), Math.floor(u)];
          const along = (row: number): number =>
            grid[row * side + x] * (1 - u + x) + grid[row * side + x + 1] * (u - x);
          const noise = along(y) * (1 - v + y) + along(y + 1) * (v - y);
          input[n * size * size + i] = value + (value > 0.1 ? noise : 0);
        });
      }
      return { input, target, weight: new Float32Array(input.length).fill(1) };
    },
  };
}
