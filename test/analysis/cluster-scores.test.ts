import { describe, expect, test } from 'vitest';
import { adjustedRand, matchedDice } from '../bench/cluster-scores.js';

describe('how clusters agree with classes', () => {
  const classes = [0, 0, 0, 1, 1, 2];

  test('names of clusters do not matter', () => {
    expect(adjustedRand(classes, [2, 2, 2, 0, 0, 1])).toBe(1);
    expect(matchedDice(classes, [2, 2, 2, 0, 0, 1])).toBe(1);
  });

  test('pairs that are together in both count over those expected by chance', () => {
    // Pairs together: 2 in both, 4 in the classes, 4 in the clusters, 15 in all.
    const clusters = [0, 0, 1, 1, 1, 2];
    expect(adjustedRand(classes, clusters)).toBeCloseTo((2 - 16 / 15) / (4 - 16 / 15), 10);
  });

  test('one cluster for all tells nothing', () => {
    expect(adjustedRand(classes, [0, 0, 0, 0, 0, 0])).toBe(0);
    expect(matchedDice(classes, [0, 0, 0, 0, 0, 0])).toBeCloseTo((2 * 3) / 9 / 3, 10);
  });
});
