import { describe, expect, it } from 'vitest';
import { eigenWorkspace, symmetricEigen } from '../../../src-main/base/linear/eigen.js';
import { Random } from '../../../src-main/base/random.js';

/** Largest entry of A V - V D, and of V' V - 1. */
function residuals(matrix: Float64Array, n: number): { equation: number; orthonormal: number } {
  const work = eigenWorkspace(n);
  work.matrix.set(matrix);
  symmetricEigen(work);
  const { matrix: v, values } = work;
  let [equation, orthonormal] = [0, 0];
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      let [product, inner] = [0, 0];
      for (let k = 0; k < n; k++) {
        product += matrix[i * n + k] * v[k * n + j];
        inner += v[k * n + i] * v[k * n + j];
      }
      equation = Math.max(equation, Math.abs(product - v[i * n + j] * values[j]));
      orthonormal = Math.max(orthonormal, Math.abs(inner - (i === j ? 1 : 0)));
    }
  expect([...values]).toEqual([...values].sort((a, b) => a - b));
  return { equation, orthonormal };
}

function symmetric(n: number, random: Random): Float64Array {
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      matrix[i * n + j] = random.normal();
      matrix[j * n + i] = matrix[i * n + j];
    }
  return matrix;
}

describe('symmetricEigen', () => {
  it.each([1, 2, 3, 13, 50])('solves a random matrix of size %d', (n) => {
    const { equation, orthonormal } = residuals(symmetric(n, new Random(n)), n);
    expect(equation).toBeLessThan(1e-12 * n);
    expect(orthonormal).toBeLessThan(1e-12);
  });

  it('solves what has repeated eigenvalues, no rank or a huge range', () => {
    const n = 6;
    const outer = Float64Array.from({ length: 36 }, (_, i) => (1 + Math.floor(i / n)) * (1 + (i % n)));
    const scaled = Float64Array.from({ length: 36 }, (_, i) => (i % 7 === 0 ? 10 ** (i / 7 - 3) : 0));
    const identity = Float64Array.from({ length: 36 }, (_, i) => (i % 7 === 0 ? 1 : 0));
    for (const matrix of [outer, scaled, identity, new Float64Array(36)]) {
      const { equation, orthonormal } = residuals(matrix, n);
      expect(equation).toBeLessThan(1e-10);
      expect(orthonormal).toBeLessThan(1e-12);
    }
  });

  it('finds the eigenvalues of a known matrix', () => {
    // second differences: 2 - 2 cos(k pi / (n + 1))
    const n = 9;
    const work = eigenWorkspace(n);
    for (let i = 0; i < n; i++) {
      work.matrix[i * n + i] = 2;
      if (i > 0) work.matrix[i * n + i - 1] = work.matrix[(i - 1) * n + i] = -1;
    }
    symmetricEigen(work);
    for (let k = 0; k < n; k++)
      expect(work.values[k]).toBeCloseTo(2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1)), 12);
  });
});
