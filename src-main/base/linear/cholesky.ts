/**
 * Cholesky factor of a symmetric positive definite matrix, L with L L^T = A (Golub and Van Loan, section 4.2), written
 * over its lower triangle.
 *
 * @param matrix side * side by rows; what stands above the diagonal is neither read nor changed
 * @param least what pivots are raised to, for matrices that are singular but for rounding
 * @returns pivots: the squares of the diagonal of L
 */
export function choleskyInPlace(
  matrix: Float64Array,
  side: number,
  least = Number.NEGATIVE_INFINITY,
): Float64Array {
  const pivots = new Float64Array(side);
  for (let i = 0; i < side; i++)
    for (let j = 0; j <= i; j++) {
      let rest = matrix[i * side + j];
      for (let k = 0; k < j; k++) rest -= matrix[i * side + k] * matrix[j * side + k];
      if (j < i) matrix[i * side + j] = rest / matrix[j * side + j];
      else {
        pivots[i] = Math.max(rest, least);
        matrix[i * side + i] = Math.sqrt(pivots[i]);
      }
    }
  return pivots;
}

/** Solves L L^T x = right, with L as `choleskyInPlace` leaves it. */
export function choleskySolved(factor: Float64Array, right: Float64Array): Float64Array<ArrayBuffer> {
  const side = right.length;
  const x = Float64Array.from(right);
  for (let i = 0; i < side; i++) {
    for (let k = 0; k < i; k++) x[i] -= factor[i * side + k] * x[k];
    x[i] /= factor[i * side + i];
  }
  for (let i = side - 1; i >= 0; i--) {
    for (let k = i + 1; k < side; k++) x[i] -= factor[k * side + i] * x[k];
    x[i] /= factor[i * side + i];
  }
  return x;
}
