import type { LinearMap } from '../../base/linear/logistic.js';
import type { Random } from '../../base/random.js';
import type { ProbeMethod, Scaling } from '../../contract/encoders/probe.js';
import { foldsByPatient } from './folds.js';
import {
  allRows,
  fitLinear,
  linearPredictor,
  lossOf,
  nearestPredictor,
  PENALTIES,
  type Predictor,
  type Samples,
  scalingOf,
} from './learners.js';

/** Parts of a training part that choose the penalty. */
const INNER_FOLDS = 3;
/** Neighbours that vote. */
const NEIGHBOURS = 5;

/** A linear probe and what it scales vectors by. */
export interface LinearProbe {
  readonly map: LinearMap;
  readonly scaling: Scaling;
}

/**
 * What is told of every row by a learner that saw no row of its patient.
 *
 * @param folds part of each row, as `foldsByPatient` gives it
 * @returns outputs by row
 */
export function heldOutOutputs(
  samples: Samples,
  folds: ReadonlyMap<number, number>,
  method: ProbeMethod,
  random: Random,
): Map<number, Float64Array> {
  const rows = allRows(samples.rows);
  const outputs = new Map<number, Float64Array>();
  for (const fold of new Set(folds.values())) {
    const learnt = rows.filter((row) => folds.get(row) !== fold);
    const predict = predictorOf(samples, learnt, method, random.fork(`${fold}`));
    for (const row of rows) if (folds.get(row) === fold) outputs.set(row, predict(samples.rows, row));
  }
  return outputs;
}

function predictorOf(
  samples: Samples,
  learnt: readonly number[],
  method: ProbeMethod,
  random: Random,
): Predictor {
  if (method === 'nearest')
    return nearestPredictor(samples, learnt, scalingOf(samples.rows, learnt), NEIGHBOURS);
  const { map, scaling } = linearProbe(samples, learnt, random);
  return linearPredictor(map, scaling, samples.target.kind);
}

/** Learns with the penalty that does best on patients of `learnt` that are held out in turn. */
export function linearProbe(samples: Samples, learnt: readonly number[], random: Random): LinearProbe {
  const scaling = scalingOf(samples.rows, learnt);
  const best = bestPenalty(samples, learnt, random);
  return { map: fitLinear(samples, learnt, scaling)[best], scaling };
}

/** Index into `PENALTIES`; the middle one where there are too few patients to tell. */
function bestPenalty(samples: Samples, learnt: readonly number[], random: Random): number {
  const patients = new Set(learnt.map((row) => samples.groups[row])).size;
  if (patients < 2) return PENALTIES.length >> 1;
  const folds = foldsByPatient(samples, learnt, Math.min(INNER_FOLDS, patients), random);
  const outputs = PENALTIES.map(() => new Map<number, Float64Array>());
  for (const fold of new Set(folds.values())) {
    const inner = learnt.filter((row) => folds.get(row) !== fold);
    const scaling = scalingOf(samples.rows, inner);
    fitLinear(samples, inner, scaling).forEach((map, i) => {
      const predict = linearPredictor(map, scaling, samples.target.kind);
      for (const row of learnt) if (folds.get(row) === fold) outputs[i].set(row, predict(samples.rows, row));
    });
  }
  const losses = outputs.map((one) => lossOf(samples, learnt, one));
  return losses.indexOf(Math.min(...losses));
}
