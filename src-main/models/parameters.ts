import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Random } from '../base/random.js';
import type { NamedArrays, Shape } from '../graph/types.js';

/**
 * How a parameter starts: 'he' is He et al. 2015 for leaky ReLU with slope LEAK, 'lecun' has variance 1 / fan-in
 * for what is followed by no ReLU; 'normal' has unit variance.
 */
type Initialiser = 'he' | 'lecun' | 'normal' | 'zeros' | 'ones';

export interface ParameterSpec {
  readonly shape: Shape;
  readonly initialiser: Initialiser;
  /** Values that are summed into one; without it, all but the last axis, as in a convolution's filter. */
  readonly fanIn?: number;
}

/** Negative slope of every leaky ReLU. */
export const LEAK = 0.1;

/** What has parameters: an autoencoder, and parts of one. */
interface Parametric {
  readonly parameters: Readonly<Record<string, ParameterSpec>>;
}

/** Draws start values: one forked generator a parameter, so that adding one moves no other. */
export function initialParameters({ parameters }: Parametric, random: Random): NamedArrays {
  const entries = Object.entries(parameters).map(([name, spec]) => {
    const data = new Float32Array(spec.shape.reduce((product, size) => product * size, 1));
    if (spec.initialiser === 'ones') data.fill(1);
    else if (spec.initialiser !== 'zeros') {
      const scale = scaleOf(spec, data.length);
      random.fork(name).normals(data);
      for (let i = 0; i < data.length; i++) data[i] *= scale;
    }
    return [name, { data, shape: spec.shape }] as const;
  });
  return Object.fromEntries(entries);
}

function scaleOf({ shape, initialiser, fanIn }: ParameterSpec, length: number): number {
  const summed = fanIn ?? length / shape[shape.length - 1];
  if (initialiser === 'normal') return 1;
  return Math.sqrt((initialiser === 'he' ? 2 / (1 + LEAK * LEAK) : 1) / summed);
}

export function parameterCount({ parameters }: Parametric): number {
  return Object.values(parameters).reduce(
    (sum, spec) => sum + spec.shape.reduce((product, size) => product * size, 1),
    0,
  );
}

/** Narrows the type of a tensor that must have four axes. */
export function rank4(tensor: Tensor): Tensor4D {
  if (!hasRank4(tensor)) throw new RangeError(`expected 4 axes, got ${tensor.rank}`);
  return tensor;
}

function hasRank4(tensor: Tensor): tensor is Tensor4D {
  return tensor.rank === 4;
}
