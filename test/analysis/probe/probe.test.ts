import { describe, expect, it } from 'vitest';
import { compare } from '../../../src-main/analysis/probe/compare.js';
import { heldOutOutputs } from '../../../src-main/analysis/probe/cross-validate.js';
import { foldsByPatient } from '../../../src-main/analysis/probe/folds.js';
import { judgeClasses, judgeNumbers, judgeRows } from '../../../src-main/analysis/probe/judge.js';
import { allRows, type Samples } from '../../../src-main/analysis/probe/learners.js';
import { Random } from '../../../src-main/base/random.js';

/** Rows of patients: `signal` of their vectors tells the class, the rest tells who it is. */
function drawn(patients: number, each: number, signal: number): Samples {
  const random = new Random(11);
  const length = 6;
  const count = patients * each;
  const data = new Float32Array(count * length);
  const labels = new Int32Array(count);
  const groups = new Int32Array(count);
  for (let patient = 0; patient < patients; patient++) {
    const own = Array.from({ length }, () => 3 * random.normal());
    for (let i = 0; i < each; i++) {
      const row = patient * each + i;
      groups[row] = patient;
      labels[row] = patient % 2;
      for (let j = 0; j < length; j++)
        data[row * length + j] = own[j] + 0.1 * random.normal() + (j === 0 ? signal * (patient % 2) : 0);
    }
  }
  return {
    rows: { data, length },
    target: { kind: 'classes', labels, classes: 2 },
    weights: new Float64Array(count).fill(1 / each),
    groups,
  };
}

describe('folds by patient', () => {
  it('never put a patient into two parts, and give every part both classes where there are enough', () => {
    const samples = drawn(20, 7, 0);
    const folds = foldsByPatient(samples, allRows(samples.rows), 5, new Random(1));
    const of = Array.from(
      { length: 20 },
      (_, p) => new Set(Array.from({ length: 7 }, (_, i) => folds.get(7 * p + i))),
    );
    expect(of.every(({ size }) => size === 1)).toBe(true);
    for (let fold = 0; fold < 5; fold++) {
      const patients = [...of.keys()].filter((p) => of[p].has(fold));
      expect(patients).toHaveLength(4);
      expect(patients.filter((p) => p % 2 === 1)).toHaveLength(2);
    }
  });
});

describe('few patients', () => {
  it('fill every part that there is, also in the choice of a penalty', () => {
    for (const patients of [4, 5, 6, 8]) {
      const samples = drawn(patients, 3, 60);
      const folds = foldsByPatient(samples, allRows(samples.rows), Math.min(5, patients), new Random(1));
      expect(new Set(folds.values()).size).toBe(Math.min(5, patients));
      expect(heldOutOutputs(samples, folds, 'linear', new Random(2)).size).toBe(3 * patients);
      // Folds of a table may leave a patient of each class to learn from.
      const halves = new Map(allRows(samples.rows).map((row) => [row, row < 6 ? 0 : 1]));
      expect(heldOutOutputs(samples, halves, 'linear', new Random(2)).size).toBe(3 * patients);
    }
  });
});

describe('a probe', () => {
  it('tells nothing where only who it is can be told, and all where the class can', () => {
    const balanced = (signal: number, method: 'linear' | 'nearest'): number => {
      const samples = drawn(20, 6, signal);
      const folds = foldsByPatient(samples, allRows(samples.rows), 5, new Random(1));
      const outputs = heldOutOutputs(samples, folds, method, new Random(2));
      expect(outputs.size).toBe(120);
      const scores = judgeRows(samples, outputs);
      return scores.kind === 'classes' ? scores.balancedAccuracy : Number.NaN;
    };
    for (const method of ['linear', 'nearest'] as const) {
      expect(balanced(0, method)).toBeLessThan(0.75);
      expect(balanced(60, method)).toBeGreaterThan(0.9);
    }
  });

  it('is called better only where patients agree', () => {
    const samples = drawn(20, 6, 0);
    const right = new Map(allRows(samples.rows).map((row) => [row, oneHot(Math.floor(row / 6) % 2)]));
    const guess = new Map(allRows(samples.rows).map((row) => [row, oneHot(0)]));
    expect(compare(samples, right, guess, new Random(1))).toMatchObject({
      difference: 0.5,
      verdict: 'better',
    });
    expect(compare(samples, guess, right, new Random(1)).verdict).toBe('worse');
    const onePatient = new Map([...right].map(([row, output]) => [row, row < 6 ? oneHot(1) : output]));
    expect(compare(samples, right, onePatient, new Random(1)).verdict).toBe('not told apart');
  });
});

function oneHot(at: number): Float64Array {
  return Float64Array.from([0, 1], (c) => Number(c === at));
}

describe('the judgement', () => {
  it('counts what was told, the area under the curve with ties, and how far probabilities are off', () => {
    const told = [
      [0.9, 0],
      [0.8, 0],
      [0.8, 1],
      [0.3, 1],
    ].map(([share, truth]) => ({ output: Float64Array.of(share, 1 - share), truth, weight: 1 }));
    const scores = judgeClasses(told, 2);
    expect(scores.confusion).toEqual([
      [2, 0],
      [1, 1],
    ]);
    expect(scores).toMatchObject({ accuracy: 0.75, balancedAccuracy: 0.75 });
    // Of four pairs three are in order and one is a tie.
    expect(scores.roc[0].auc).toBeCloseTo(3.5 / 4, 12);
    // Bins: 0.9 right; 0.8 twice, half right; 0.7 right.
    expect(scores.calibrationError).toBeCloseTo((0.1 + 2 * 0.3 + 0.3) / 4, 6);
    const numbers = judgeNumbers([
      { output: Float64Array.of(1), truth: 1, weight: 1 },
      { output: Float64Array.of(3), truth: 5, weight: 1 },
    ]);
    expect(numbers).toMatchObject({ meanError: 1, explained: 1 - 2 / 4 });
  });

  it('weighs all slices of a series together as one, as the comparison does', () => {
    // Series of 1, 3, 2 and 6 slices of two classes; what is told is right of the short ones only.
    const sizes = [1, 3, 2, 6];
    const groups = Int32Array.from(sizes.flatMap((size, series) => Array<number>(size).fill(series)));
    const weights = Float64Array.from(groups, (series) => 1 / sizes[series]);
    const rows = { data: new Float32Array(groups.length), length: 1 };
    const labels = Int32Array.from(groups, (series) => series >> 1);
    const classes: Samples = { rows, groups, weights, target: { kind: 'classes', classes: 2, labels } };
    const ofShort = new Map(
      [...groups.entries()].map(([row, series]) => [
        row,
        oneHot(series % 2 === 0 ? series >> 1 : 1 - (series >> 1)),
      ]),
    );
    const first = new Map(allRows(rows).map((row) => [row, oneHot(0)]));
    const [ours, theirs] = [judgeRows(classes, ofShort), judgeRows(classes, first)];
    if (ours.kind !== 'classes' || theirs.kind !== 'classes') throw new Error('no classes');
    expect(ours.accuracy).toBeCloseTo(0.5, 12);
    expect(ours.balancedAccuracy).toBeCloseTo(0.5, 12);
    expect(ours.calibrationError).toBeCloseTo(0.5, 12);
    expect(ours.confusion.flat()).toEqual([3, 3, 3, 3].map((count) => expect.closeTo(count, 12)));
    expect(ours.roc[0].auc).toBeCloseTo(0.5, 12);
    expect(compare(classes, ofShort, first, new Random(1)).difference).toBeCloseTo(
      ours.balancedAccuracy - theirs.balancedAccuracy,
      12,
    );
    const values = Float64Array.from(groups);
    const numbers: Samples = { rows, groups, weights, target: { kind: 'numbers', values } };
    const off = new Map([...groups.entries()].map(([row, series]) => [row, Float64Array.of(series * 2)]));
    // Each series counts once: errors 0, 1, 2 and 3 about a mean of 1.5.
    expect(judgeRows(numbers, off)).toMatchObject({
      count: 12,
      meanError: expect.closeTo(1.5, 12),
      rootMeanSquare: expect.closeTo(Math.sqrt(3.5), 12),
      explained: expect.closeTo(1 - 3.5 / 1.25, 12),
      correlation: expect.closeTo(1, 12),
    });
  });

  it('gives slices of series that are all as long a weight of exactly 1, whatever their number', () => {
    for (const size of [3, 24, 49]) {
      const groups = Int32Array.from({ length: 4 * size }, (_, row) => Math.floor(row / size));
      const labels = Int32Array.from(groups, (series) => series % 2);
      const samples: Samples = {
        rows: { data: new Float32Array(groups.length), length: 1 },
        groups,
        weights: Float64Array.from(groups, () => 1 / size),
        target: { kind: 'classes', classes: 2, labels },
      };
      const scores = judgeRows(samples, new Map([...labels.entries()].map(([row, at]) => [row, oneHot(at)])));
      expect(scores).toMatchObject({
        accuracy: 1,
        confusion: [
          [2 * size, 0],
          [0, 2 * size],
        ],
      });
    }
  });
});
