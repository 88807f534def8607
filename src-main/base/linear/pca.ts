import type { Random } from '../random.js';

/** Principal components of row vectors. */
export interface Components {
  /** length */
  readonly mean: Float64Array;
  /** count * length, one unit vector a row, most variance first. */
  readonly vectors: Float64Array;
  /** Variance along each vector. */
  readonly variances: Float64Array;
}

const ROUNDS = 60;
/** Vectors more than asked for, which makes the iteration converge. */
const SPARE = 8;

/**
 * The first `count` principal components of `rows` vectors of `length` values, by orthogonal iteration (Golub and Van
 * Loan, section 7.3) on the covariance, or on the products of the vectors where they are fewer than long (Turk and
 * Pentland 1991); then there are at most as many components as vectors.
 */
export function principalComponents(
  data: Float32Array,
  length: number,
  count: number,
  random: Random,
): Components {
  const mean = meanOf(data, length);
  const rows = Math.floor(data.length / length);
  if (rows >= length) return { mean, ...eigenvectors(covarianceOf(data, mean), length, count, random) };
  const centred = Float64Array.from({ length: rows * length }, (_, i) => data[i] - mean[i % length]);
  const { vectors: weights, variances } = eigenvectors(products(centred, rows), rows, count, random);
  const vectors = new Float64Array(variances.length * length);
  for (let k = 0; k < variances.length; k++) {
    const scale = variances[k] > 0 ? 1 / Math.sqrt(rows * variances[k]) : 0;
    for (let row = 0; row < rows; row++) {
      const weight = scale * weights[k * rows + row];
      for (let i = 0; i < length; i++) vectors[k * length + i] += weight * centred[row * length + i];
    }
  }
  return { mean, vectors, variances };
}

/** Of a symmetric matrix of side `length`, largest eigenvalues first. */
function eigenvectors(
  matrix: Float64Array,
  length: number,
  count: number,
  random: Random,
): Omit<Components, 'mean'> {
  const width = Math.min(length, count + SPARE);
  let basis = orthonormal(
    Float64Array.from({ length: width * length }, () => random.normal()),
    width,
    length,
  );
  for (let round = 0; round < ROUNDS; round++)
    basis = orthonormal(applied(matrix, basis, width, length), width, length);
  const image = applied(matrix, basis, width, length);
  const variances = Float64Array.from({ length: width }, (_, k) => dot(basis, image, k, k, length));
  const order = Array.from({ length: width }, (_, k) => k).sort((a, b) => variances[b] - variances[a]);
  const kept = order.slice(0, Math.min(count, length));
  const vectors = new Float64Array(kept.length * length);
  kept.forEach((k, i) => {
    vectors.set(basis.subarray(k * length, (k + 1) * length), i * length);
  });
  return { vectors, variances: Float64Array.from(kept, (k) => Math.max(0, variances[k])) };
}

/** Dot products of all pairs of rows, over their number. */
function products(centred: Float64Array, rows: number): Float64Array {
  const length = centred.length / rows;
  const out = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++)
    for (let j = i; j < rows; j++) {
      const value = dot(centred, centred, i, j, length) / rows;
      out[i * rows + j] = value;
      out[j * rows + i] = value;
    }
  return out;
}

function meanOf(data: Float32Array, length: number): Float64Array {
  const rows = Math.floor(data.length / length);
  const mean = new Float64Array(length);
  for (let i = 0; i < rows * length; i++) mean[i % length] += data[i] / rows;
  return mean;
}

function covarianceOf(data: Float32Array, mean: Float64Array): Float64Array {
  const length = mean.length;
  const rows = Math.floor(data.length / length);
  const covariance = new Float64Array(length * length);
  const centred = new Float64Array(length);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < length; i++) centred[i] = data[row * length + i] - mean[i];
    for (let i = 0; i < length; i++) {
      const value = centred[i] / rows;
      for (let j = i; j < length; j++) covariance[i * length + j] += value * centred[j];
    }
  }
  for (let i = 0; i < length; i++)
    for (let j = 0; j < i; j++) covariance[i * length + j] = covariance[j * length + i];
  return covariance;
}

function applied(matrix: Float64Array, basis: Float64Array, width: number, length: number): Float64Array {
  const out = new Float64Array(width * length);
  for (let k = 0; k < width; k++)
    for (let i = 0; i < length; i++) {
      let sum = 0;
      for (let j = 0; j < length; j++) sum += matrix[i * length + j] * basis[k * length + j];
      out[k * length + i] = sum;
    }
  return out;
}

/** Gram and Schmidt, twice for precision; a vector that vanishes stays zero. */
function orthonormal(basis: Float64Array, width: number, length: number): Float64Array {
  for (let pass = 0; pass < 2; pass++)
    for (let k = 0; k < width; k++) {
      for (let earlier = 0; earlier < k; earlier++) {
        const along = dot(basis, basis, k, earlier, length);
        for (let i = 0; i < length; i++) basis[k * length + i] -= along * basis[earlier * length + i];
      }
      const norm = Math.sqrt(dot(basis, basis, k, k, length));
      if (norm > 1e-12) for (let i = 0; i < length; i++) basis[k * length + i] /= norm;
    }
  return basis;
}

function dot(a: Float64Array, b: Float64Array, rowA: number, rowB: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += a[rowA * length + i] * b[rowB * length + i];
  return sum;
}
