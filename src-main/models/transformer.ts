import * as tf from '@tensorflow/tfjs-core';
import type { Specs } from './blocks.js';
import type { Pass } from './family.js';

/**
 * Transformer layers (Vaswani et al. 2017) on tokens [n, count, width], in the pre-norm form of vision transformers
 * (Dosovitskiy et al. 2021).
 */

const NORM_EPSILON = 1e-5;
/** Width of the hidden layer over that of a token. */
const EXPANSION = 4;

export function denseSpecs(name: string, from: number, to: number): Specs {
  return {
    [`${name}.matrix`]: { shape: [from, to], initialiser: 'lecun' },
    [`${name}.bias`]: { shape: [to], initialiser: 'zeros' },
  };
}

/** [n, count, from] -> [n, count, to]. */
export function dense(pass: Pass, x: tf.Tensor3D, name: string): tf.Tensor3D {
  const matrix = pass.parameters[`${name}.matrix`];
  const [n, count, from] = x.shape;
  const to = matrix.shape[1] ?? 0;
  const flat = tf.matMul(tf.reshape(x, [n * count, from]), matrix);
  return tf.reshape(tf.add(flat, pass.parameters[`${name}.bias`]), [n, count, to]);
}

export function layerNormSpecs(name: string, width: number): Specs {
  return {
    [`${name}.scale`]: { shape: [width], initialiser: 'ones' },
    [`${name}.shift`]: { shape: [width], initialiser: 'zeros' },
  };
}

/** Layer norm (Ba et al. 2016) over the width of each token. */
export function layerNorm(pass: Pass, x: tf.Tensor3D, name: string): tf.Tensor3D {
  const centred = tf.sub(x, tf.mean(x, 2, true));
  const unit = tf.div(centred, tf.sqrt(tf.add(tf.mean(tf.square(centred), 2, true), NORM_EPSILON)));
  return tf.add(tf.mul(unit, pass.parameters[`${name}.scale`]), pass.parameters[`${name}.shift`]);
}

export function blockSpecs(name: string, width: number): Specs {
  return {
    ...layerNormSpecs(`${name}.before`, width),
    ...denseSpecs(`${name}.query`, width, width),
    ...denseSpecs(`${name}.key`, width, width),
    ...denseSpecs(`${name}.value`, width, width),
    ...denseSpecs(`${name}.mix`, width, width),
    ...layerNormSpecs(`${name}.between`, width),
    ...denseSpecs(`${name}.widen`, width, EXPANSION * width),
    ...denseSpecs(`${name}.narrow`, EXPANSION * width, width),
  };
}

/** Self-attention of `heads` heads, then a hidden layer, each added to its input. */
export function block(pass: Pass, x: tf.Tensor3D, name: string, heads: number): tf.Tensor3D {
  const mixed: tf.Tensor3D = tf.add(x, attention(pass, layerNorm(pass, x, `${name}.before`), name, heads));
  const widened = gelu(dense(pass, layerNorm(pass, mixed, `${name}.between`), `${name}.widen`));
  return tf.add(mixed, dense(pass, widened, `${name}.narrow`));
}

function attention(pass: Pass, x: tf.Tensor3D, name: string, heads: number): tf.Tensor3D {
  const [n, count, width] = x.shape;
  const size = width / heads;
  const split = (part: string): tf.Tensor4D =>
    tf.transpose(tf.reshape(dense(pass, x, `${name}.${part}`), [n, count, heads, size]), [0, 2, 1, 3]);
  const likeness: tf.Tensor4D = tf.matMul(split('query'), split('key'), false, true);
  const shares: tf.Tensor4D = tf.softmax(tf.mul(likeness, 1 / Math.sqrt(size)));
  const attended: tf.Tensor4D = tf.matMul(shares, split('value'));
  const joined: tf.Tensor3D = tf.reshape(tf.transpose(attended, [0, 2, 1, 3]), [n, count, width]);
  return dense(pass, joined, `${name}.mix`);
}

/** Gaussian error linear unit (Hendrycks and Gimpel 2016). */
function gelu(x: tf.Tensor3D): tf.Tensor3D {
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
}

/**
 * Sines and cosines of the row and of the column, [1, grid * grid, width], of wavelengths from 2 pi to 4 pi grid;
 * `width` is a multiple of 4.
 */
export function positions(grid: number, width: number): tf.Tensor3D {
  const quarter = width / 4;
  const values = new Float32Array(grid * grid * width);
  for (let row = 0, at = 0; row < grid; row++)
    for (let column = 0; column < grid; column++)
      for (const place of [row, column])
        for (let i = 0; i < quarter; i++) {
          const angle = place / (2 * grid) ** (i / quarter);
          values[at++] = Math.sin(angle);
          values[at++] = Math.cos(angle);
        }
  return tf.tensor3d(values, [1, grid * grid, width]);
}
