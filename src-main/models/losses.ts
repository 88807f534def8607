import * as tf from '@tensorflow/tfjs-core';
import type { Head } from './family.js';

/**
 * Reconstruction losses. Targets are images [n, rows, columns, 1], normalised so that most values lie in [0, 1];
 * weights [n, rows, columns, 1] say which pixels count. Every loss is a weighted mean over pixels.
 */
export const LOSS_NAMES = ['mse', 'l1', 'charbonnier', 'ssim', 'bce', 'categorical'] as const;
export type LossName = (typeof LOSS_NAMES)[number];

/** A sum of losses of one head. */
export interface LossTerm {
  readonly name: LossName;
  readonly weight: number;
}

/** Levels of intensity of the categorical loss. */
const BINS = 32;
const CHARBONNIER = 1e-3;
const SMALL = 1e-6;

/** The last layer that a loss asks for: an image, a probability, or one score a bin of intensity. */
export function headOf(loss: LossName): Head {
  switch (loss) {
    case 'bce':
      return { channels: 1, image: (raw) => tf.sigmoid(raw), linear: false };
    case 'categorical':
      return { channels: BINS, image: expectation, linear: false };
    default:
      return { channels: 1, image: (raw) => raw, linear: true };
  }
}

/** Whether two losses can be added: they need the same head. */
export function sameHead(a: LossName, b: LossName): boolean {
  const special = (name: LossName) => name === 'bce' || name === 'categorical';
  return a === b || (!special(a) && !special(b));
}

export function reconstructionLoss(
  terms: readonly LossTerm[],
  raw: tf.Tensor4D,
  target: tf.Tensor4D,
  weight: tf.Tensor4D,
): tf.Tensor {
  const parts = terms.map(({ name, weight: factor }) => tf.mul(loss(name, raw, target, weight), factor));
  return parts.reduce((sum, part) => tf.add(sum, part));
}

function loss(name: LossName, raw: tf.Tensor4D, target: tf.Tensor4D, weight: tf.Tensor4D): tf.Tensor {
  switch (name) {
    case 'mse':
      return weightedMean(tf.squaredDifference(raw, target), weight);
    case 'l1':
      return weightedMean(tf.abs(tf.sub(raw, target)), weight);
    case 'charbonnier':
      return weightedMean(
        tf.sqrt(tf.add(tf.squaredDifference(raw, target), CHARBONNIER * CHARBONNIER)),
        weight,
      );
    case 'ssim':
      return dissimilarity(raw, target, weight);
    case 'bce':
      return weightedMean(binaryCrossEntropy(raw, tf.clipByValue(target, 0, 1)), weight);
    case 'categorical':
      return weightedMean(categoricalCrossEntropy(raw, tf.clipByValue(target, 0, 1)), weight);
  }
}

/** sum(w e) / sum(w), a scalar. */
function weightedMean(errors: tf.Tensor, weight: tf.Tensor): tf.Tensor {
  return tf.div(tf.sum(tf.mul(errors, weight)), tf.add(tf.sum(weight), SMALL));
}

/** From scores: max(x, 0) - x t + log(1 + exp(-|x|)), which does not overflow. */
function binaryCrossEntropy(scores: tf.Tensor4D, target: tf.Tensor4D): tf.Tensor {
  return tf.add(tf.sub(tf.relu(scores), tf.mul(scores, target)), tf.softplus(tf.neg(tf.abs(scores))));
}

/** Cross entropy against the target's two nearest bins, weighted by nearness, so that no precision is lost. */
function categoricalCrossEntropy(scores: tf.Tensor4D, target: tf.Tensor4D): tf.Tensor {
  const distance = tf.abs(tf.sub(tf.mul(target, BINS - 1), binIndex()));
  const share = tf.relu(tf.sub(1, distance));
  const highest = tf.max(scores, 3, true);
  const shifted = tf.sub(scores, highest);
  const total = tf.log(tf.sum(tf.exp(shifted), 3, true));
  return tf.neg(tf.sum(tf.mul(share, tf.sub(shifted, total)), 3, true));
}

/** The mean intensity under the scores. */
function expectation(scores: tf.Tensor4D): tf.Tensor4D {
  return tf.sum(tf.mul(tf.softmax(scores), tf.div(binIndex(), BINS - 1)), 3, true);
}

function binIndex(): tf.Tensor {
  return tf.tensor(
    Float32Array.from({ length: BINS }, (_, i) => i),
    [1, 1, 1, BINS],
  );
}

const WINDOW = 11;
const WINDOW_SD = 1.5;
const C1 = 0.01 ** 2;
const C2 = 0.03 ** 2;

/** 1 - SSIM (Wang et al. 2004) with an 11 x 11 Gaussian window, data range 1, over windows inside the patch. */
function dissimilarity(image: tf.Tensor4D, target: tf.Tensor4D, weight: tf.Tensor4D): tf.Tensor {
  const filter = tf.tensor4d(gaussianWindow(), [WINDOW, WINDOW, 1, 1]);
  const blur = (x: tf.Tensor4D): tf.Tensor4D => tf.conv2d(x, filter, 1, 'valid');
  const [meanX, meanY] = [blur(image), blur(target)];
  const covariance = tf.sub(blur(tf.mul(image, target)), tf.mul(meanX, meanY));
  const varianceX = tf.sub(blur(tf.square(image)), tf.square(meanX));
  const varianceY = tf.sub(blur(tf.square(target)), tf.square(meanY));
  const likeness = tf.mul(
    tf.div(
      tf.add(tf.mul(tf.mul(meanX, meanY), 2), C1),
      tf.add(tf.add(tf.square(meanX), tf.square(meanY)), C1),
    ),
    tf.div(tf.add(tf.mul(covariance, 2), C2), tf.add(tf.add(varianceX, varianceY), C2)),
  );
  const [n, rows, columns] = likeness.shape;
  const edge = (WINDOW - 1) / 2;
  const centre = tf.slice(weight, [0, edge, edge, 0], [n, rows ?? 1, columns ?? 1, 1]);
  return weightedMean(tf.sub(1, likeness), centre);
}

function gaussianWindow(): Float32Array {
  const edge = (WINDOW - 1) / 2;
  const line = Array.from({ length: WINDOW }, (_, i) => Math.exp(-((i - edge) ** 2) / (2 * WINDOW_SD ** 2)));
  const sum = line.reduce((total, value) => total + value, 0);
  return Float32Array.from({ length: WINDOW * WINDOW }, (_, i) => {
    const [y, x] = [Math.floor(i / WINDOW), i % WINDOW];
    return (line[y] * line[x]) / (sum * sum);
  });
}
