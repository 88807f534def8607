import type { Random } from '../../base/random.js';
import type { ProbeComparison } from '../../contract/encoders/probe.js';
import { chosen } from './judge.js';
import type { Samples } from './learners.js';

const ROUNDS = 1000;
const TAIL = 0.025;

/** What one way makes of the rows of a patient: sums that add up over patients. */
interface Tally {
  /** Of classes: how much was told right, by class; of numbers: the error saved. */
  readonly right: Float64Array;
  readonly count: Float64Array;
}

/**
 * Whether one way of telling beats another, on patients drawn with replacement (bootstrap of clusters): the difference
 * of balanced accuracies, or of mean absolute errors, above 0 where the first is better.
 */
export function compare(
  samples: Samples,
  first: ReadonlyMap<number, Float64Array>,
  second: ReadonlyMap<number, Float64Array>,
  random: Random,
): Omit<ProbeComparison, 'against'> {
  const [ours, theirs] = [first, second].map((outputs) => talliesOf(samples, outputs));
  const patients = [...ours.keys()];
  const sign = samples.target.kind === 'classes' ? 1 : -1;
  const difference = (drawn: readonly number[]): number =>
    sign * (scoreOf(drawn.map((at) => ours[at])) - scoreOf(drawn.map((at) => theirs[at])));
  const found = Float64Array.from({ length: ROUNDS }, () =>
    difference(patients.map(() => random.integer(patients.length))),
  ).sort();
  const interval: [number, number] = [
    found[Math.floor(TAIL * ROUNDS)],
    found[Math.ceil((1 - TAIL) * ROUNDS) - 1],
  ];
  return {
    difference: difference(patients),
    interval,
    verdict: interval[0] > 0 ? 'better' : interval[1] < 0 ? 'worse' : 'not told apart',
  };
}

function talliesOf(
  { target, groups, weights }: Samples,
  outputs: ReadonlyMap<number, Float64Array>,
): Tally[] {
  const classes = target.kind === 'classes' ? target.classes : 1;
  const patients = 1 + groups.reduce((most, group) => Math.max(most, group), -1);
  const tallies = Array.from({ length: patients }, () => ({
    right: new Float64Array(classes),
    count: new Float64Array(classes),
  }));
  for (const [row, output] of outputs) {
    const { right, count } = tallies[groups[row]];
    const at = target.kind === 'classes' ? target.labels[row] : 0;
    const score =
      target.kind === 'classes'
        ? Number(chosen(output) === target.labels[row])
        : Math.abs(output[0] - target.values[row]);
    right[at] += weights[row] * score;
    count[at] += weights[row];
  }
  return tallies;
}

/** Mean over the classes that were drawn. */
function scoreOf(tallies: readonly Tally[]): number {
  const classes = tallies[0]?.count.length ?? 0;
  let [sum, there] = [0, 0];
  for (let c = 0; c < classes; c++) {
    let [right, count] = [0, 0];
    for (const tally of tallies) {
      right += tally.right[c];
      count += tally.count[c];
    }
    if (count === 0) continue;
    sum += right / count;
    there++;
  }
  return there > 0 ? sum / there : 0;
}
