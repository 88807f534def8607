import type { Ranking } from '../contract/anomaly.js';

/**
 * How well scores tell positives from negatives, exact with ties: area under the ROC curve (Hanley and McNeil 1982),
 * average precision, Dice at a limit and at the best one. null without positives or without negatives.
 *
 * @param truth 1 positive, 0 negative; as long as the scores
 */
export function ranking(scores: Float32Array, truth: Uint8Array, limit: number): Ranking | null {
  const order = Uint32Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a]);
  const positives = truth.reduce((sum, one) => sum + one, 0);
  const negatives = truth.length - positives;
  if (positives === 0 || negatives === 0) return null;
  let [hits, alarms] = [0, 0];
  let [area, precision, bestDice] = [0, 0, 0];
  let [hitsAtLimit, alarmsAtLimit] = [0, 0];
  for (let i = 0; i < order.length; ) {
    const score = scores[order[i]];
    const [hitsBefore, alarmsBefore] = [hits, alarms];
    // Equal scores are one step of the curve.
    for (; i < order.length && scores[order[i]] === score; i++)
      if (truth[order[i]] !== 0) hits++;
      else alarms++;
    area += ((alarms - alarmsBefore) * (hits + hitsBefore)) / 2;
    precision += ((hits - hitsBefore) * hits) / (hits + alarms);
    bestDice = Math.max(bestDice, dice(hits, alarms, positives));
    if (score > limit) [hitsAtLimit, alarmsAtLimit] = [hits, alarms];
  }
  return {
    auroc: area / (positives * negatives),
    auprc: precision / positives,
    dice: dice(hitsAtLimit, alarmsAtLimit, positives),
    bestDice,
    falsePositives: alarmsAtLimit / negatives,
  };
}

function dice(hits: number, alarms: number, positives: number): number {
  return (2 * hits) / (hits + alarms + positives);
}
