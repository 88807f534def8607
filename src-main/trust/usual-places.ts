import { choleskyInPlace } from '../base/linear/cholesky.js';
import { kMeans, squaredDistance } from '../base/linear/clusters.js';
import type { Random } from '../base/random.js';
import { FEATURES, type PlaneFeatures, planeFeatures, STEP, THUMBNAIL } from './plane-features.js';
import { blurred, type Plane } from './unlike.js';

/**
 * What is usual at each place of normal planes: a Gaussian of the features there (PaDiM, Defard et al. 2021, on plain
 * features instead of those of a classifier), for each of a few kinds of planes. Places are those of a grid over the box
 * around the body. No plane can be told from it, only means of many.
 */
export interface UsualPlaces {
  readonly kinds: number;
  /** Thumbnails of the kinds: kinds * THUMBNAIL squared. */
  readonly thumbnails: Float32Array;
  /** kinds * GRID squared Gaussians: means (FEATURES), then the lower triangles of Cholesky factors by rows. */
  readonly means: Float32Array;
  readonly factors: Float32Array;
}

/** Places along a side. */
const GRID = 16;
const TRIANGLE = (FEATURES * (FEATURES + 1)) / 2;
const MOST_KINDS = 4;
/** Planes that a kind should have. */
const PLANES_A_KIND = 12;
/** Cells for which the covariance of all places counts, and the shares of it: of their weight, and of what is added. */
const PRIOR = 10;
const PRIOR_SHARE = 0.1;
const FLOOR = 0.01;

/** Sums over cells: their number, features, products. */
class Sums {
  count = 0;
  readonly first = new Float64Array(FEATURES);
  readonly second = new Float64Array(FEATURES ** 2);

  add(values: Float32Array, at: number): void {
    this.count++;
    for (let a = 0; a < FEATURES; a++) {
      this.first[a] += values[at + a];
      for (let b = 0; b <= a; b++) this.second[a * FEATURES + b] += values[at + a] * values[at + b];
    }
  }

  join({ count, first, second }: Sums): void {
    this.count += count;
    for (let i = 0; i < first.length; i++) this.first[i] += first[i];
    for (let i = 0; i < second.length; i++) this.second[i] += second[i];
  }

  mean(): Float64Array {
    return this.first.map((sum) => sum / Math.max(1, this.count));
  }

  /** Lower triangle of side FEATURES. */
  covariance(): Float64Array {
    const mean = this.mean();
    return this.second.map(
      (sum, i) => sum / Math.max(1, this.count) - mean[Math.floor(i / FEATURES)] * mean[i % FEATURES],
    );
  }
}

/** What is usual in normal planes; null where none has a body. */
export function fitPlaces(given: readonly PlaneFeatures[], random: Random): UsualPlaces | null {
  const planes = given.filter(({ body }) => body.includes(1));
  if (planes.length === 0) return null;
  const kinds = Math.max(1, Math.min(MOST_KINDS, Math.floor(planes.length / PLANES_A_KIND)));
  const data = new Float32Array(planes.length * THUMBNAIL ** 2);
  planes.forEach(({ thumbnail }, i) => {
    data.set(thumbnail, i * THUMBNAIL ** 2);
  });
  const clusters = kMeans({ data, length: THUMBNAIL ** 2 }, kinds, random);
  const sums = Array.from({ length: kinds * GRID ** 2 }, () => new Sums());
  planes.forEach((plane, i) => {
    for (let cell = 0; cell < plane.body.length; cell++)
      if (plane.body[cell] !== 0)
        sums[clusters.labels[i] * GRID ** 2 + placeOf(plane, cell)].add(plane.values, cell * FEATURES);
  });
  const all = new Sums();
  for (const one of sums) all.join(one);
  return { kinds, thumbnails: Float32Array.from(clusters.centres), ...gaussians(sums, all) };
}

function gaussians(sums: readonly Sums[], all: Sums): Pick<UsualPlaces, 'means' | 'factors'> {
  const means = new Float32Array(sums.length * FEATURES);
  const factors = new Float32Array(sums.length * TRIANGLE);
  const wide = all.covariance();
  sums.forEach((_, i) => {
    // With the places beside it: heads do not lie quite alike.
    const around = new Sums();
    for (const place of besides(i)) around.join(sums[place]);
    const known = around.count > 0;
    const own = around.covariance();
    const matrix = wide.map((every, k) => {
      const floor = k % (FEATURES + 1) === 0 ? FLOOR * every : 0;
      if (!known) return every + floor;
      return (around.count * own[k] + PRIOR * PRIOR_SHARE * every) / (around.count + PRIOR) + floor;
    });
    choleskyInPlace(matrix, FEATURES, 1e-12);
    means.set((known ? around : all).mean(), i * FEATURES);
    let at = i * TRIANGLE;
    for (let a = 0; a < FEATURES; a++) for (let b = 0; b <= a; b++) factors[at++] = matrix[a * FEATURES + b];
  });
  return { means, factors };
}

function besides(index: number): number[] {
  const [kind, place] = [Math.floor(index / GRID ** 2), index % GRID ** 2];
  const [row, column] = [Math.floor(place / GRID), place % GRID];
  const found: number[] = [];
  for (let y = Math.max(0, row - 1); y <= Math.min(GRID - 1, row + 1); y++)
    for (let x = Math.max(0, column - 1); x <= Math.min(GRID - 1, column + 1); x++)
      found.push(kind * GRID ** 2 + y * GRID + x);
  return found;
}

function placeOf({ places }: PlaneFeatures, cell: number): number {
  const [column, row] = [0, 1].map((k) =>
    Math.min(GRID - 1, Math.max(0, Math.floor(GRID * places[2 * cell + k]))),
  );
  return row * GRID + column;
}

/**
 * How far the features around each pixel are from what is usual at its place, in standard deviations (Mahalanobis
 * distance), blurred as the scores by errors are; rows * columns.
 *
 * @param measured 0 where nothing was measured; null: everything was
 */
export function featureScores(usual: UsualPlaces, plane: Plane, measured: Uint8Array | null): Float32Array {
  const features = planeFeatures(plane, measured);
  const kind = nearestKind(usual, features.thumbnail);
  const distances = new Float32Array(features.body.length);
  for (let cell = 0; cell < distances.length; cell++)
    if (features.body[cell] !== 0)
      distances[cell] = distance(
        usual,
        kind * GRID ** 2 + placeOf(features, cell),
        features.values,
        cell * FEATURES,
      );
  return blurred({ ...plane, values: spreadOut(features, distances, plane) });
}

function nearestKind({ kinds, thumbnails }: UsualPlaces, thumbnail: Float32Array): number {
  const length = THUMBNAIL ** 2;
  const far = Array.from({ length: kinds }, (_, kind) =>
    squaredDistance(thumbnails, kind * length, thumbnail, 0, length),
  );
  return far.indexOf(Math.min(...far));
}

function distance(
  { means, factors }: UsualPlaces,
  gaussian: number,
  values: Float32Array,
  at: number,
): number {
  const solved = new Float64Array(FEATURES);
  let [sum, entry] = [0, gaussian * TRIANGLE];
  for (let a = 0; a < FEATURES; a++) {
    let rest = values[at + a] - means[gaussian * FEATURES + a];
    for (let b = 0; b < a; b++) rest -= factors[entry++] * solved[b];
    solved[a] = rest / factors[entry++];
    sum += solved[a] ** 2;
  }
  return Math.sqrt(sum);
}

/** Bilinear, from cells to the pixels of the plane. */
function spreadOut(
  { rows, columns, shrink }: PlaneFeatures,
  cells: Float32Array,
  plane: Plane,
): Float32Array {
  const out = new Float32Array(plane.rows * plane.columns);
  const cellAt = (pixel: number, count: number): number =>
    Math.min(count - 1, Math.max(0, ((pixel + 0.5) / shrink - 0.5) / STEP));
  for (let y = 0; y < plane.rows; y++) {
    const v = cellAt(y, rows);
    const [top, bottom] = [Math.floor(v), Math.ceil(v)];
    for (let x = 0; x < plane.columns; x++) {
      const u = cellAt(x, columns);
      const [left, right] = [Math.floor(u), Math.ceil(u)];
      const along = (row: number): number =>
        cells[row * columns + left] * (1 - u + left) + cells[row * columns + right] * (u - left);
      out[y * plane.columns + x] = along(top) * (1 - v + top) + along(bottom) * (v - top);
    }
  }
  return out;
}

/** Little-endian 32-bit floats after one byte for the kinds and three that are zero. */
export function placesBytes({ kinds, thumbnails, means, factors }: UsualPlaces): Uint8Array {
  const bytes = Buffer.alloc(4 + 4 * (thumbnails.length + means.length + factors.length));
  bytes.writeUInt8(kinds, 0);
  [thumbnails, means, factors].reduce((at, values) => {
    values.forEach((value, i) => {
      bytes.writeFloatLE(value, at + 4 * i);
    });
    return at + 4 * values.length;
  }, 4);
  return bytes;
}

/** null for bytes that are none: a model file may come from anywhere. */
export function readPlaces(given: Uint8Array): UsualPlaces | null {
  const bytes = Buffer.from(given);
  const kinds = bytes.length > 4 ? bytes.readUInt8(0) : 0;
  const lengths = [THUMBNAIL ** 2, GRID ** 2 * FEATURES, GRID ** 2 * TRIANGLE].map((one) => one * kinds);
  if (kinds < 1 || kinds > MOST_KINDS || bytes.length !== 4 + 4 * lengths.reduce((a, b) => a + b, 0))
    return null;
  let at = 4;
  const [thumbnails, means, factors] = lengths.map((length) => {
    const values = Float32Array.from({ length }, (_, i) => bytes.readFloatLE(at + 4 * i));
    at += 4 * length;
    return values;
  });
  if ([thumbnails, means, factors].some((values) => !values.every(Number.isFinite))) return null;
  return { kinds, thumbnails, means, factors };
}
