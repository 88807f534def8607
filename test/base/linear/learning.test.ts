import { describe, expect, it } from 'vitest';
import { fitLogistic, linearOutputs, probabilities } from '../../../src-main/base/linear/logistic.js';
import { fitRidge } from '../../../src-main/base/linear/ridge.js';
import { Random } from '../../../src-main/base/random.js';

const rowsOf = (data: Float64Array, length: number) => ({
  data,
  length,
  weights: new Float64Array(data.length / length).fill(1),
});

describe('logistic regression', () => {
  it('finds the probabilities that classes were drawn with', () => {
    const random = new Random(3);
    const count = 4000;
    const data = Float64Array.from({ length: 2 * count }, () => random.normal());
    const labels = new Int32Array(count);
    const truth = (x: number, y: number): number => 1 / (1 + Math.exp(-(1.5 * x - 0.8 * y + 0.4)));
    for (let i = 0; i < count; i++)
      labels[i] = random.uniform() < truth(data[2 * i], data[2 * i + 1]) ? 1 : 0;
    const map = fitLogistic(rowsOf(data, 2), labels, 2, 1e-6);
    for (const [x, y] of [
      [0, 0],
      [1, 0],
      [0, 1],
      [-1, 2],
    ])
      expect(probabilities(map, [x, y])[1]).toBeCloseTo(truth(x, y), 1);
  });

  it('meets the counts of each class at its optimum, whose constants are free', () => {
    const random = new Random(5);
    const data = Float64Array.from({ length: 3 * 60 }, () => random.normal());
    const labels = Int32Array.from({ length: 60 }, (_, i) => (i % 5 === 0 ? 0 : i % 2 === 0 ? 1 : 2));
    const map = fitLogistic(rowsOf(data, 3), labels, 3, 0.05);
    const mean = new Float64Array(3);
    for (let i = 0; i < 60; i++)
      probabilities(map, data.subarray(3 * i, 3 * i + 3)).forEach((share, k) => {
        mean[k] += share;
      });
    for (let k = 0; k < 3; k++) expect(mean[k]).toBeCloseTo(labels.filter((label) => label === k).length, 2);
  });
});

describe('ridge regression', () => {
  it('finds a plane without penalty, and shrinks slopes as the penalty over the variance says', () => {
    const random = new Random(2);
    const data = Float64Array.from({ length: 2 * 50 }, () => random.normal());
    const values = Float64Array.from({ length: 50 }, (_, i) => 2 * data[2 * i] - 3 * data[2 * i + 1] + 7);
    const plane = fitRidge(rowsOf(data, 2), values, 0);
    expect([...plane.factors].map((value) => Math.round(1e6 * value) / 1e6)).toEqual([2, -3, 7]);
    expect(linearOutputs(plane, [1, 1])[0]).toBeCloseTo(6, 6);
    const line = Float64Array.from([-1, 1, -1, 1]);
    expect(fitRidge(rowsOf(line, 1), Float64Array.from([0, 4, 0, 4]), 1).factors[0]).toBeCloseTo(1, 9);
  });
});
