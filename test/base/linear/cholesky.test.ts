import { describe, expect, it } from 'vitest';
import { choleskyInPlace, choleskySolved } from '../../../src-main/base/linear/cholesky.js';

/** L L^T of L = [[2, 0, 0], [1, 3, 0], [-1, 2, 4]], with nothing above the diagonal. */
const MATRIX = [4, 0, 0, 2, 10, 0, -2, 5, 21];

describe('the Cholesky factor', () => {
  it('is that of a matrix that was made of it, and leaves what stands above the diagonal', () => {
    const matrix = Float64Array.from(MATRIX);
    matrix[1] = 7;
    expect([...choleskyInPlace(matrix, 3)]).toEqual([4, 9, 16]);
    expect([...matrix]).toEqual([2, 7, 0, 1, 3, 0, -1, 2, 4]);
  });

  it('solves a system', () => {
    const matrix = Float64Array.from(MATRIX);
    choleskyInPlace(matrix, 3);
    const [x, y, z] = [1, -2, 0.5];
    const right = Float64Array.of(4 * x + 2 * y - 2 * z, 2 * x + 10 * y + 5 * z, -2 * x + 5 * y + 21 * z);
    const solved = choleskySolved(matrix, right);
    [x, y, z].forEach((value, i) => {
      expect(solved[i]).toBeCloseTo(value, 12);
    });
  });

  it('has pivots no smaller than asked for, and no number where the matrix has no factor', () => {
    expect([...choleskyInPlace(Float64Array.of(1, 0, 1, 1), 2, 1e-6)]).toEqual([1, 1e-6]);
    const indefinite = Float64Array.of(1, 0, 2, 1);
    choleskyInPlace(indefinite, 2);
    expect(indefinite[3]).toBeNaN();
  });
});
