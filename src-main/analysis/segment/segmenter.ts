import { kMeans, squaredDistance } from '../../base/linear/clusters.js';
import { type LinearMap, linearOutputs } from '../../base/linear/logistic.js';
import type { Random } from '../../base/random.js';
import type { Scaling } from '../../contract/encoders/probe.js';
import { linearProbe } from '../probe/cross-validate.js';
import { allRows, scalingOf } from '../probe/learners.js';

/** Pixels that were chosen to learn from. */
export interface PixelSamples {
  /** Row by row: count * length. */
  readonly data: Float32Array;
  readonly length: number;
  /** Class of each, from 0. */
  readonly classes: Int32Array;
  /** How many pixels each stands for. */
  readonly weights: Float64Array;
  /** Pixels of one group are learnt from together or not at all. */
  readonly groups: Int32Array;
}

/** Tells a class of vectors: by a linear function of them and their squares, or by the nearest centre. */
export type PixelTeller =
  | {
      readonly kind: 'linear';
      /** Of the vectors, and then of these beside their squares. */
      readonly first: Scaling;
      readonly scaling: Scaling;
      readonly map: LinearMap;
    }
  | { readonly kind: 'clusters'; readonly scaling: Scaling; readonly centres: Float64Array };

/**
 * The linear probe of pixels, with the penalty that does best on groups held out in turn. It reads squares too: of a
 * tissue that is neither dark nor bright the values alone tell little.
 */
export function learnClasses(
  samples: PixelSamples,
  classes: number,
  random: Random,
  chosen: readonly number[] = allRows(samples),
): PixelTeller {
  const first = scalingOf(samples, chosen);
  const rows = { data: withSquares(samples.data, first), length: 2 * samples.length };
  const target = { kind: 'classes', labels: samples.classes, classes } as const;
  const { weights, groups } = samples;
  const learnt = linearProbe({ rows, target, weights, groups }, chosen, random);
  return { kind: 'linear', first, ...learnt };
}

/** Clusters of scaled vectors; equal vectors may leave fewer than are asked for. */
export function learnClusters(
  samples: Pick<PixelSamples, 'data' | 'length'>,
  count: number,
  random: Random,
): Extract<PixelTeller, { kind: 'clusters' }> {
  const scaling = scalingOf(samples, allRows(samples));
  const { length } = samples;
  const data = samples.data.map(
    (value, i) => (value - scaling.mean[i % length]) / scaling.deviation[i % length],
  );
  return { kind: 'clusters', scaling, centres: kMeans({ data, length }, count, random).centres };
}

/** The class of each vector, from 0. */
export function tellClasses(teller: PixelTeller, vectors: Float32Array): Uint8Array {
  if (teller.kind === 'clusters') return told(vectors, teller.scaling, (row) => nearest(teller.centres, row));
  const squares = withSquares(vectors, teller.first);
  return told(squares, teller.scaling, (row) => largest(linearOutputs(teller.map, row)));
}

function told(
  vectors: Float32Array,
  { mean, deviation }: Scaling,
  tell: (row: Float64Array) => number,
): Uint8Array {
  const { length } = mean;
  const out = new Uint8Array(vectors.length / length);
  const row = new Float64Array(length);
  for (let i = 0; i < out.length; i++) {
    for (let j = 0; j < length; j++) row[j] = (vectors[i * length + j] - mean[j]) / deviation[j];
    out[i] = tell(row);
  }
  return out;
}

function withSquares(vectors: Float32Array, { mean, deviation }: Scaling): Float32Array {
  const { length } = mean;
  const out = new Float32Array(2 * vectors.length);
  for (let i = 0; i < vectors.length; i++) {
    const j = i % length;
    const at = 2 * (i - j) + j;
    const value = (vectors[i] - mean[j]) / deviation[j];
    out[at] = value;
    out[at + length] = value * value;
  }
  return out;
}

function largest(values: Float64Array): number {
  let best = 0;
  for (let k = 1; k < values.length; k++) if (values[k] > values[best]) best = k;
  return best;
}

function nearest(centres: Float64Array, row: Float64Array): number {
  const { length } = row;
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  for (let k = 0; k < centres.length / length; k++) {
    const distance = squaredDistance(centres, k * length, row, 0, length);
    if (distance < least) [best, least] = [k, distance];
  }
  return best;
}
