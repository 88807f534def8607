import { Pair } from '../../base/linear/pair.js';
import type { ClassScores, NumberScores, ReliabilityBin, RocCurve } from '../../contract/encoders/probe.js';

/** Something that was told, and what it is. */
export interface Told<T> {
  /** Probabilities of the classes, or the number. */
  readonly output: Float64Array;
  readonly truth: T;
}

const BINS = 10;
/** Points of a curve that are kept. */
const CURVE_POINTS = 101;

export function judgeClasses(told: readonly Told<number>[], classes: number): ClassScores {
  const confusion = Array.from({ length: classes }, () => Array<number>(classes).fill(0));
  let entropy = 0;
  for (const { output, truth } of told) {
    confusion[truth][chosen(output)]++;
    entropy -= Math.log(Math.max(output[truth], 1e-12)) / told.length;
  }
  const roc = Array.from({ length: classes }, (_, c) => rocOf(told, c));
  const areas = roc.flatMap(({ auc }) => auc ?? []);
  const reliability = reliabilityOf(told);
  return {
    kind: 'classes',
    count: told.length,
    accuracy: confusion.reduce((sum, row, c) => sum + row[c], 0) / told.length,
    balancedAccuracy: balanced(confusion),
    auc: areas.length === 0 ? null : mean(areas),
    crossEntropy: entropy,
    calibrationError: reliability.reduce(
      (sum, { count, confidence, accuracy }) => sum + (count / told.length) * Math.abs(confidence - accuracy),
      0,
    ),
    confusion,
    roc,
    reliability,
  };
}

export function judgeNumbers(told: readonly Told<number>[]): NumberScores {
  const centre = mean(told.map(({ truth }) => truth));
  const pair = new Pair();
  let [absolute, square, all] = [0, 0, 0];
  for (const { output, truth } of told) {
    const error = output[0] - truth;
    absolute += Math.abs(error) / told.length;
    square += error ** 2 / told.length;
    all += (truth - centre) ** 2 / told.length;
    pair.add(output[0], truth);
  }
  return {
    kind: 'numbers',
    count: told.length,
    meanError: absolute,
    rootMeanSquare: Math.sqrt(square),
    explained: all > 0 ? 1 - square / all : 0,
    correlation: pair.correlation(),
  };
}

/** The most probable class; the first of several. */
export function chosen(output: Float64Array): number {
  return output.indexOf(Math.max(...output));
}

/** Mean over the classes that are there of the share that was told right. */
function balanced(confusion: readonly (readonly number[])[]): number {
  const shares = confusion.flatMap((row, c) => {
    const count = row.reduce((sum, value) => sum + value, 0);
    return count > 0 ? [row[c] / count] : [];
  });
  return mean(shares);
}

/** Of one class against the others: ranks with ties (Hanley and McNeil 1982), and the curve thinned out. */
function rocOf(told: readonly Told<number>[], of: number): RocCurve {
  const positives = told.filter(({ truth }) => truth === of).length;
  const negatives = told.length - positives;
  if (positives === 0 || negatives === 0) return { auc: null, points: [] };
  const order = [...told].sort((a, b) => b.output[of] - a.output[of]);
  const points: [number, number][] = [[0, 0]];
  let [right, wrong, area] = [0, 0, 0];
  for (let i = 0; i < order.length; ) {
    const score = order[i].output[of];
    const [rightBefore, wrongBefore] = [right, wrong];
    for (; i < order.length && order[i].output[of] === score; i++)
      if (order[i].truth === of) right++;
      else wrong++;
    area += ((wrong - wrongBefore) * (right + rightBefore)) / 2;
    points.push([wrong / negatives, right / positives]);
  }
  const step = Math.max(1, Math.ceil(points.length / CURVE_POINTS));
  return {
    auc: area / (positives * negatives),
    points: points.filter((_, i) => i % step === 0 || i === points.length - 1),
  };
}

function reliabilityOf(told: readonly Told<number>[]): ReliabilityBin[] {
  const bins = Array.from({ length: BINS }, () => ({ count: 0, confidence: 0, right: 0 }));
  for (const { output, truth } of told) {
    const choice = chosen(output);
    const bin = bins[Math.min(BINS - 1, Math.floor(output[choice] * BINS))];
    bin.count++;
    bin.confidence += output[choice];
    if (choice === truth) bin.right++;
  }
  return bins.map(({ count, confidence, right }) => ({
    count,
    confidence: count > 0 ? confidence / count : 0,
    accuracy: count > 0 ? right / count : 0,
  }));
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
