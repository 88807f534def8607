import { type Rows, rowCount, squaredDistance } from '../../base/linear/clusters.js';
import {
  fitLogistic,
  type LearningRows,
  type LinearMap,
  linearOutputs,
  probabilities,
} from '../../base/linear/logistic.js';
import { fitRidge } from '../../base/linear/ridge.js';
import type { Scaling } from '../../contract/encoders/probe.js';

/** What is learnt of each row: one of some classes, or a number. */
export type Target =
  | { readonly kind: 'classes'; readonly labels: Int32Array; readonly classes: number }
  | { readonly kind: 'numbers'; readonly values: Float64Array };

/** Row vectors and what is known of them. */
export interface Samples {
  readonly rows: Rows;
  readonly target: Target;
  /** How much a row counts: all rows of a series together as much as one. */
  readonly weights: Float64Array;
  /** Patient of each row, from 0. */
  readonly groups: Int32Array;
}

/** Outputs for one row: probabilities of the classes, or the number. */
export type Predictor = (rows: Rows, row: number) => Float64Array;

/** Penalties that are tried, strongest first so that a weaker one starts from it. */
export const PENALTIES = [1, 0.1, 0.01, 0.001, 0.0001] as const;

/** Mean and standard deviation of each number over the rows; where there is none, 1. */
export function scalingOf({ data, length }: Rows, rows: readonly number[]): Scaling {
  const mean = new Float64Array(length);
  const square = new Float64Array(length);
  for (const row of rows) for (let j = 0; j < length; j++) mean[j] += data[row * length + j] / rows.length;
  for (const row of rows)
    for (let j = 0; j < length; j++) square[j] += (data[row * length + j] - mean[j]) ** 2 / rows.length;
  return {
    mean: [...mean],
    deviation: Array.from(square, (value) => (value > 1e-18 ? Math.sqrt(value) : 1)),
  };
}

function scaledRow({ data, length }: Rows, row: number, { mean, deviation }: Scaling): Float64Array {
  return Float64Array.from({ length }, (_, j) => (data[row * length + j] - mean[j]) / deviation[j]);
}

function learningRows({ rows, weights }: Samples, chosen: readonly number[], scaling: Scaling): LearningRows {
  const data = new Float64Array(chosen.length * rows.length);
  chosen.forEach((row, i) => {
    data.set(scaledRow(rows, row, scaling), i * rows.length);
  });
  return { data, length: rows.length, weights: Float64Array.from(chosen, (row) => weights[row]) };
}

/** A linear learner of some rows for each penalty of `PENALTIES`, in that order. */
export function fitLinear(samples: Samples, chosen: readonly number[], scaling: Scaling): LinearMap[] {
  const rows = learningRows(samples, chosen, scaling);
  const { target } = samples;
  if (target.kind === 'numbers') {
    const values = Float64Array.from(chosen, (row) => target.values[row]);
    return PENALTIES.map((penalty) => fitRidge(rows, values, penalty));
  }
  const labels = Int32Array.from(chosen, (row) => target.labels[row]);
  const maps: LinearMap[] = [];
  for (const penalty of PENALTIES)
    maps.push(fitLogistic(rows, labels, target.classes, penalty, maps.at(-1) ?? null));
  return maps;
}

export function linearPredictor(map: LinearMap, scaling: Scaling, kind: Target['kind']): Predictor {
  return (rows, row) => {
    const values = scaledRow(rows, row, scaling);
    return kind === 'classes' ? probabilities(map, values) : linearOutputs(map, values);
  };
}

/**
 * Votes of the nearest rows that were learnt from, by Euclidean distance of scaled vectors, each neighbour counting
 * the same; or the mean of their numbers.
 */
export function nearestPredictor(
  samples: Samples,
  chosen: readonly number[],
  scaling: Scaling,
  neighbours: number,
): Predictor {
  const { data, length } = learningRows(samples, chosen, scaling);
  const { target } = samples;
  return (rows, row) => {
    const near = nearestOf({ data, length }, scaledRow(rows, row, scaling), neighbours);
    if (target.kind === 'numbers')
      return Float64Array.of(near.reduce((sum, i) => sum + target.values[chosen[i]], 0) / near.length);
    const votes = new Float64Array(target.classes);
    for (const i of near) votes[target.labels[chosen[i]]] += 1 / near.length;
    return votes;
  };
}

function nearestOf(
  { data, length }: Pick<LearningRows, 'data' | 'length'>,
  wanted: Float64Array,
  count: number,
): number[] {
  const distances = Float64Array.from({ length: data.length / length }, (_, i) =>
    squaredDistance(data, i * length, wanted, 0, length),
  );
  const order = [...distances.keys()].sort((a, b) => distances[a] - distances[b] || a - b);
  return order.slice(0, count);
}

/** Mean loss of outputs: cross entropy, or the squared error; weighted. */
export function lossOf(
  { target, weights }: Samples,
  chosen: readonly number[],
  outputs: ReadonlyMap<number, Float64Array>,
): number {
  let [sum, total] = [0, 0];
  for (const row of chosen) {
    const out = outputs.get(row);
    if (out === undefined) continue;
    const loss =
      target.kind === 'classes'
        ? -Math.log(Math.max(out[target.labels[row]], 1e-12))
        : (out[0] - target.values[row]) ** 2;
    sum += weights[row] * loss;
    total += weights[row];
  }
  return sum / total;
}

export function allRows(rows: Rows): number[] {
  return Array.from({ length: rowCount(rows) }, (_, i) => i);
}
