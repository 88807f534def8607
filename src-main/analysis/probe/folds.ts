import type { Random } from '../../base/random.js';
import type { Samples } from './learners.js';

/** Parts that a cross-validation makes, where there are patients enough. */
export const MOST_FOLDS = 5;

/**
 * Parts of the rows such that all rows of a patient are in one, and classes are spread evenly: the largest patients
 * first, each to the part that then differs least from the others (as StratifiedGroupKFold of scikit-learn). No part is
 * left empty.
 *
 * @param folds at most the number of patients
 * @returns part of each row, from 0
 */
export function foldsByPatient(
  { groups, target, weights }: Pick<Samples, 'groups' | 'target' | 'weights'>,
  chosen: readonly number[],
  folds: number,
  random: Random,
): Map<number, number> {
  const classes = target.kind === 'classes' ? target.classes : 1;
  const classOf = (row: number): number => (target.kind === 'classes' ? target.labels[row] : 0);
  const sizes = new Map<number, Float64Array>();
  const totals = new Float64Array(classes);
  for (const row of chosen) {
    const size = sizes.get(groups[row]) ?? new Float64Array(classes);
    size[classOf(row)] += weights[row];
    totals[classOf(row)] += weights[row];
    sizes.set(groups[row], size);
  }
  const order = [...sizes.keys()].map((group) => ({ group, tie: random.uniform() }));
  const largest = (group: number): number => Math.max(...(sizes.get(group) ?? []));
  order.sort((a, b) => largest(b.group) - largest(a.group) || a.tie - b.tie);
  const held = Array.from({ length: folds }, () => new Float64Array(classes));
  const foldOf = new Map<number, number>();
  for (const [placed, { group }] of order.entries()) {
    const size = sizes.get(group) ?? new Float64Array(classes);
    const empty = folds - new Set(foldOf.values()).size;
    // Beside patients of another class one more is as even as alone: the last would never come to an empty part.
    const mustFill = order.length - placed <= empty;
    const spread = held.map((one, fold) =>
      mustFill && one.some((share) => share > 0)
        ? Number.POSITIVE_INFINITY
        : unevenness(held, totals, fold, size),
    );
    const fold = spread.indexOf(Math.min(...spread));
    foldOf.set(group, fold);
    for (let c = 0; c < classes; c++) held[fold][c] += size[c];
  }
  return new Map(chosen.map((row) => [row, foldOf.get(groups[row]) ?? 0]));
}

/** Squared shares of the classes that the parts would hold, if one part got some more: least where they are even. */
function unevenness(
  held: readonly Float64Array[],
  totals: Float64Array,
  fold: number,
  more: Float64Array,
): number {
  let sum = 0;
  held.forEach((one, i) => {
    for (let c = 0; c < totals.length; c++)
      sum += totals[c] > 0 ? ((one[c] + (i === fold ? more[c] : 0)) / totals[c]) ** 2 : 0;
  });
  return sum;
}

/** How many patients a class has, class by class. */
export function patientsOf({ groups, target }: Pick<Samples, 'groups' | 'target'>): number[] {
  const classes = target.kind === 'classes' ? target.classes : 1;
  const found = Array.from({ length: classes }, () => new Set<number>());
  groups.forEach((group, row) => {
    found[target.kind === 'classes' ? target.labels[row] : 0].add(group);
  });
  return found.map(({ size }) => size);
}
