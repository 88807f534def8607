import { describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { ranking } from '../../src-main/trust/ranking.js';

/** Chance that a positive scores above a negative, ties counting half: by all pairs. */
function byPairs(scores: Float32Array, truth: Uint8Array): number {
  let [sum, pairs] = [0, 0];
  for (let i = 0; i < scores.length; i++)
    for (let j = 0; j < scores.length; j++) {
      if (truth[i] !== 1 || truth[j] !== 0) continue;
      pairs++;
      sum += scores[i] > scores[j] ? 1 : scores[i] === scores[j] ? 0.5 : 0;
    }
  return sum / pairs;
}

describe('ranking', () => {
  it('is that of all pairs, with ties', () => {
    const random = new Random(4);
    const truth = Uint8Array.from({ length: 300 }, () => (random.uniform() < 0.2 ? 1 : 0));
    const scores = Float32Array.from(truth, (one) => Math.round(3 * (random.normal() + one)));
    expect(ranking(scores, truth, 0)?.auroc).toBeCloseTo(byPairs(scores, truth), 10);
  });

  it('is right on a case by hand', () => {
    const scores = Float32Array.of(0.9, 0.8, 0.7, 0.6, 0.5);
    const found = ranking(scores, Uint8Array.of(1, 0, 1, 0, 0), 0.65);
    // Precision is 1 at the first hit and 2/3 at the second; the limit marks three.
    expect(found?.auprc).toBeCloseTo((1 + 2 / 3) / 2, 10);
    expect(found?.auroc).toBeCloseTo(5 / 6, 10);
    expect(found?.dice).toBeCloseTo(4 / 5, 10);
    expect(found?.bestDice).toBeCloseTo(4 / 5, 10);
    expect(found?.falsePositives).toBeCloseTo(1 / 3, 10);
  });

  it('says nothing where there is only one kind', () => {
    expect(ranking(Float32Array.of(1, 2), Uint8Array.of(1, 1), 0)).toBeNull();
    expect(ranking(Float32Array.of(1, 2), Uint8Array.of(0, 0), 0)).toBeNull();
  });
});
