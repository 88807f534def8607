import { choleskyInPlace, choleskySolved } from './cholesky.js';
import type { LearningRows, LinearMap } from './logistic.js';

/**
 * Ridge regression (Hoerl and Kennard 1970): the mean squared error plus penalty times the squared factors; the
 * constant is free.
 *
 * @param values one a row
 */
export function fitRidge(
  { data, length, weights }: LearningRows,
  values: Float64Array,
  penalty: number,
): LinearMap {
  let [total, mean] = [0, 0];
  const centre = new Float64Array(length);
  for (let i = 0; i < values.length; i++) {
    total += weights[i];
    mean += weights[i] * values[i];
    for (let j = 0; j < length; j++) centre[j] += weights[i] * data[i * length + j];
  }
  mean /= total;
  for (let j = 0; j < length; j++) centre[j] /= total;
  const matrix = new Float64Array(length * length);
  const right = new Float64Array(length);
  const row = new Float64Array(length);
  for (let i = 0; i < values.length; i++) {
    const weight = weights[i] / total;
    for (let j = 0; j < length; j++) row[j] = data[i * length + j] - centre[j];
    for (let j = 0; j < length; j++) {
      right[j] += weight * row[j] * (values[i] - mean);
      for (let k = 0; k <= j; k++) matrix[j * length + k] += weight * row[j] * row[k];
    }
  }
  for (let j = 0; j < length; j++) matrix[j * length + j] += penalty;
  choleskyInPlace(matrix, length, 1e-12);
  const found = choleskySolved(matrix, right);
  let constant = mean;
  for (let j = 0; j < length; j++) constant -= found[j] * centre[j];
  return { factors: Float64Array.from([...found, constant]), outputs: 1 };
}
