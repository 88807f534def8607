import { Pair } from '../../base/linear/pair.js';
import type {
  ClassScores,
  NumberScores,
  ProbeScores,
  ReliabilityBin,
  RocCurve,
} from '../../contract/encoders/probe.js';
import type { Samples } from './learners.js';

/** Something that was told, and what it is. */
export interface Told<T> {
  /** Probabilities of the classes, or the number. */
  readonly output: Float64Array;
  readonly truth: T;
  /** How much it counts; 1 on the mean. */
  readonly weight: number;
}

const BINS = 10;
/** Points of a curve that are kept. */
const CURVE_POINTS = 101;

/**
 * What was told of rows, weighed as they are learnt from and as `compare` weighs them: the difference of two tables is
 * the one that it finds.
 *
 * @param outputs by row
 */
export function judgeRows(
  { target, weights }: Pick<Samples, 'target' | 'weights'>,
  outputs: ReadonlyMap<number, Float64Array>,
): ProbeScores {
  const rows = [...outputs.keys()];
  const shares = evenly(rows.map((row) => weights[row]));
  const told = [...outputs].map(([row, output], i) => ({
    output,
    truth: target.kind === 'classes' ? target.labels[row] : target.values[row],
    weight: shares[i],
  }));
  return target.kind === 'classes' ? judgeClasses(told, target.classes) : judgeNumbers(told);
}

/** The same ratios with a mean of 1: exactly 1 each where all are the same. */
function evenly(weights: readonly number[]): number[] {
  const most = weights.reduce((largest, weight) => Math.max(largest, weight), 0);
  const shares = weights.map((weight) => weight / most);
  const total = sumOf(shares);
  return shares.map((share) => (share * shares.length) / total);
}

export function judgeClasses(told: readonly Told<number>[], classes: number): ClassScores {
  const confusion = Array.from({ length: classes }, () => Array<number>(classes).fill(0));
  const total = sumOf(told.map(({ weight }) => weight));
  let entropy = 0;
  for (const { output, truth, weight } of told) {
    confusion[truth][chosen(output)] += weight;
    entropy -= (weight * Math.log(Math.max(output[truth], 1e-12))) / total;
  }
  const roc = Array.from({ length: classes }, (_, c) => rocOf(told, c));
  const areas = roc.flatMap(({ auc }) => auc ?? []);
  const reliability = reliabilityOf(told);
  return {
    kind: 'classes',
    count: told.length,
    accuracy: confusion.reduce((sum, row, c) => sum + row[c], 0) / total,
    balancedAccuracy: balanced(confusion),
    auc: areas.length === 0 ? null : mean(areas),
    crossEntropy: entropy,
    calibrationError: reliability.reduce(
      (sum, { count, confidence, accuracy }) => sum + (count / total) * Math.abs(confidence - accuracy),
      0,
    ),
    confusion,
    roc,
    reliability,
  };
}

export function judgeNumbers(told: readonly Told<number>[]): NumberScores {
  const total = sumOf(told.map(({ weight }) => weight));
  const centre = sumOf(told.map(({ truth, weight }) => weight * truth)) / total;
  const pair = new Pair();
  let [absolute, square, all] = [0, 0, 0];
  for (const { output, truth, weight } of told) {
    const error = output[0] - truth;
    absolute += (weight * Math.abs(error)) / total;
    square += (weight * error ** 2) / total;
    all += (weight * (truth - centre) ** 2) / total;
    pair.add(output[0], truth, weight);
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
    const count = sumOf(row);
    return count > 0 ? [row[c] / count] : [];
  });
  return mean(shares);
}

/** Of one class against the others: ranks with ties (Hanley and McNeil 1982), and the curve thinned out. */
function rocOf(told: readonly Told<number>[], of: number): RocCurve {
  const positives = sumOf(told.map(({ truth, weight }) => (truth === of ? weight : 0)));
  const negatives = sumOf(told.map(({ truth, weight }) => (truth === of ? 0 : weight)));
  if (positives === 0 || negatives === 0) return { auc: null, points: [] };
  const order = [...told].sort((a, b) => b.output[of] - a.output[of]);
  const points: [number, number][] = [[0, 0]];
  let [right, wrong, area] = [0, 0, 0];
  for (let i = 0; i < order.length; ) {
    const score = order[i].output[of];
    const [rightBefore, wrongBefore] = [right, wrong];
    for (; i < order.length && order[i].output[of] === score; i++)
      if (order[i].truth === of) right += order[i].weight;
      else wrong += order[i].weight;
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
  for (const { output, truth, weight } of told) {
    const choice = chosen(output);
    const bin = bins[Math.min(BINS - 1, Math.floor(output[choice] * BINS))];
    bin.count += weight;
    bin.confidence += weight * output[choice];
    if (choice === truth) bin.right += weight;
  }
  return bins.map(({ count, confidence, right }) => ({
    count,
    confidence: count > 0 ? confidence / count : 0,
    accuracy: count > 0 ? right / count : 0,
  }));
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : sumOf(values) / values.length;
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
