import * as tf from '@tensorflow/tfjs-core';
import type { BufferSpec, DrawSpec, Pass } from './family.js';
import { LEAK, type ParameterSpec, rank4 } from './parameters.js';

/** Layers shared by the families. Each has a function that lists its parameters and one that applies them. */

export type Specs = Record<string, ParameterSpec>;
export type Normalisation = 'none' | 'group' | 'batch';

/** A square convolution with bias. `initialiser` 'he' where a leaky ReLU follows. */
export function convSpecs(
  name: string,
  kernel: number,
  from: number,
  to: number,
  initialiser: 'he' | 'lecun' | 'zeros' = 'he',
): Specs {
  return {
    [`${name}.filter`]: { shape: [kernel, kernel, from, to], initialiser },
    [`${name}.bias`]: { shape: [to], initialiser: 'zeros' },
  };
}

/** Same padding for stride 1 and 2; a kernel as wide as its stride cuts the image into cells. */
export function conv(pass: Pass, x: tf.Tensor4D, name: string, stride = 1): tf.Tensor4D {
  const filter = rank4(pass.parameters[`${name}.filter`]);
  const pad = filter.shape[0] === stride ? 'valid' : 'same';
  return tf.add(tf.conv2d(x, filter, stride, pad), pass.parameters[`${name}.bias`]);
}

/** The transpose of a convolution that cuts into cells: one vector paints one square, squares do not overlap. */
export function paintSpecs(
  name: string,
  cell: number,
  from: number,
  to: number,
  initialiser: 'he' | 'lecun' | 'zeros' = 'he',
): Specs {
  return {
    [`${name}.filter`]: { shape: [cell, cell, to, from], initialiser, fanIn: from },
    [`${name}.bias`]: { shape: [to], initialiser: 'zeros' },
  };
}

export function paint(pass: Pass, x: tf.Tensor4D, name: string): tf.Tensor4D {
  const filter = rank4(pass.parameters[`${name}.filter`]);
  const [cell, , to] = filter.shape;
  const [n, rows, columns] = x.shape;
  const painted = tf.conv2dTranspose(x, filter, [n, rows * cell, columns * cell, to], cell, 'valid');
  return tf.add(painted, pass.parameters[`${name}.bias`]);
}

/** Nearest neighbours, twice the size: a convolution after it leaves no checkerboard (Odena et al. 2016). */
export function double(x: tf.Tensor4D): tf.Tensor4D {
  return tf.image.resizeNearestNeighbor(x, [x.shape[1] * 2, x.shape[2] * 2]);
}

export function leaky(x: tf.Tensor4D): tf.Tensor4D {
  return tf.leakyRelu(x, LEAK);
}

export function normSpecs(name: string, kind: Normalisation, channels: number): Specs {
  if (kind === 'none') return {};
  return {
    [`${name}.scale`]: { shape: [channels], initialiser: 'ones' },
    [`${name}.shift`]: { shape: [channels], initialiser: 'zeros' },
  };
}

export function normBuffers(name: string, kind: Normalisation, channels: number): Record<string, BufferSpec> {
  if (kind !== 'batch') return {};
  return {
    [`${name}.mean`]: { shape: [channels], initialiser: 'zeros' },
    [`${name}.variance`]: { shape: [channels], initialiser: 'ones' },
  };
}

const GROUPS = 4;
const NORM_EPSILON = 1e-5;
/** Share of the old running statistics that a step keeps. */
const NORM_MEMORY = 0.95;

/** Group norm (Wu and He 2018) over GROUPS groups, or batch norm (Ioffe and Szegedy 2015) with running statistics. */
export function norm(pass: Pass, x: tf.Tensor4D, name: string, kind: Normalisation): tf.Tensor4D {
  if (kind === 'none') return x;
  const { mean, variance } = kind === 'group' ? groupMoments(x) : batchMoments(pass, x, name);
  const unit = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, NORM_EPSILON)));
  return tf.add(tf.mul(unit, pass.parameters[`${name}.scale`]), pass.parameters[`${name}.shift`]);
}

interface Moments {
  readonly mean: tf.Tensor;
  readonly variance: tf.Tensor;
}

/** [n, 1, 1, channels]. Means over a group are a 1x1 convolution, which holds no length of the image. */
function groupMoments(x: tf.Tensor4D): Moments {
  const channels = x.shape[3];
  const width = channels / GROUPS;
  const mixing = Float32Array.from({ length: channels * channels }, (_, i) =>
    Math.floor(i / channels / width) === Math.floor((i % channels) / width) ? 1 / width : 0,
  );
  const filter = tf.tensor4d(mixing, [1, 1, channels, channels]);
  const grouped = (values: tf.Tensor): tf.Tensor4D =>
    tf.conv2d(rank4(tf.mean(values, [1, 2], true)), filter, 1, 'valid');
  const mean = grouped(x);
  return { mean, variance: grouped(tf.square(tf.sub(x, mean))) };
}

function batchMoments(pass: Pass, x: tf.Tensor4D, name: string): Moments {
  const running = { mean: pass.buffers[`${name}.mean`], variance: pass.buffers[`${name}.variance`] };
  if (!pass.learning) return running;
  const mean = tf.mean(x, [0, 1, 2]);
  const variance = tf.mean(tf.square(tf.sub(x, mean)), [0, 1, 2]);
  const blend = (old: tf.Tensor, now: tf.Tensor) =>
    tf.add(tf.mul(old, NORM_MEMORY), tf.mul(now, 1 - NORM_MEMORY));
  pass.updates[`${name}.mean`] = blend(running.mean, mean);
  pass.updates[`${name}.variance`] = blend(running.variance, variance);
  return { mean, variance };
}

/** Whole channels are dropped (Tompson et al. 2015): single pixels are too alike to their neighbours. */
export function dropoutDraws(name: string, rate: number, channels: number): Record<string, DrawSpec> {
  if (rate === 0) return {};
  return { [name]: { kind: 'keep', probability: 1 - rate, shape: (batch) => [batch, 1, 1, channels] } };
}

export function dropout(pass: Pass, x: tf.Tensor4D, name: string): tf.Tensor4D {
  const mask = pass.drawn?.[name];
  return mask === undefined ? x : tf.mul(x, mask);
}

/** The value itself, through which no gradient flows. */
export function stopGradient<T extends tf.Tensor>(x: T): T {
  return tf.customGrad<T>(() => ({ value: tf.clone(x), gradFunc: (dy) => tf.zerosLike(dy) }))(x);
}
