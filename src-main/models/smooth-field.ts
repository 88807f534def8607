import * as tf from '@tensorflow/tfjs-core';
import { double } from './blocks.js';
import { rank4 } from './parameters.js';

/** Images at a coarse grid, and what is smooth from there back to pixels; written for any size. */

const HALVINGS = 2;
/** Pixels on a side that a cell of the coarse grid stands for. */
export const FIELD_STEP = 2 ** HALVINGS;
/** Cells on each side, and standard deviation in cells, of the Gaussian that a field is smoothed with. */
const BLUR_RADIUS = 8;
const BLUR_SD = 3;
/** Pixels that a pixel of the field is away from what it is made of, at most. */
export const FIELD_REACH = FIELD_STEP * (BLUR_RADIUS + 2);
const SMALL = 1e-4;

/** Values under this count little: the logarithm of air says nothing of a field. */
const FLOOR = 0.05;

/** Logarithms of the means over cells: a factor adds to them, whatever the tissue. */
export function coarse(image: tf.Tensor4D): tf.Tensor4D {
  const means: tf.Tensor4D = tf.avgPool(image, FIELD_STEP, FIELD_STEP, 'valid');
  return tf.add(tf.log(tf.add(tf.relu(means), FLOOR)), 1);
}

/**
 * A smooth field at pixels, from what each cell tells of it and how sure it is: the mean over a Gaussian window,
 * weighted (normalised convolution, Knutsson and Westin 1993), so that air and edges can stay silent.
 *
 * @param cells [n, rows, columns, 2]: the field, and a score that softplus makes a weight
 */
export function smoothField(cells: tf.Tensor4D): tf.Tensor4D {
  const [field, score] = tf.split(cells, 2, 3).map(rank4);
  const weight: tf.Tensor4D = tf.softplus(score);
  const mean: tf.Tensor4D = tf.div(blurred(tf.mul(field, weight)), tf.add(blurred(weight), SMALL));
  return refined(mean);
}

function blurred(x: tf.Tensor4D): tf.Tensor4D {
  const length = 2 * BLUR_RADIUS + 1;
  const weights = Float32Array.from({ length }, (_, i) =>
    Math.exp(-((i - BLUR_RADIUS) ** 2) / (2 * BLUR_SD ** 2)),
  );
  const sum = weights.reduce((total, value) => total + value, 0);
  const line = weights.map((value) => value / sum);
  const down = tf.conv2d(x, tf.tensor4d(line, [length, 1, 1, 1]), 1, 'same');
  return tf.conv2d(down, tf.tensor4d(line, [1, length, 1, 1]), 1, 'same');
}

/** From cells to pixels: repeating and then weights of 1 2 1 are linear interpolation to half the step. */
function refined(field: tf.Tensor4D): tf.Tensor4D {
  const filter = tf.tensor4d(
    HALVES.flatMap((a) => HALVES.map((b) => a * b)),
    [3, 3, 1, 1],
  );
  let fine = field;
  for (let i = 0; i < HALVINGS; i++) fine = tf.conv2d(double(fine), filter, 1, 'same');
  return fine;
}

const HALVES = [0.25, 0.5, 0.25];
