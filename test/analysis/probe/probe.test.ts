import { describe, expect, it } from 'vitest';
import { compare } from '../../../src-main/analysis/probe/compare.js';
import { heldOutOutputs } from '../../../src-main/analysis/probe/cross-validate.js';
import { foldsByPatient } from '../../../src-main/analysis/probe/folds.js';
import { judgeClasses, judgeNumbers } from '../../../src-main/analysis/probe/judge.js';
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
      const told = [...outputs].map(([row, output]) => ({ output, truth: Math.floor(row / 6) % 2 }));
      return judgeClasses(told, 2).balancedAccuracy;
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
    ].map(([share, truth]) => ({ output: Float64Array.of(share, 1 - share), truth }));
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
      { output: Float64Array.of(1), truth: 1 },
      { output: Float64Array.of(3), truth: 5 },
    ]);
    expect(numbers).toMatchObject({ meanError: 1, explained: 1 - 2 / 4 });
  });
});
