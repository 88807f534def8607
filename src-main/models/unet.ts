import * as tf from '@tensorflow/tfjs-core';
import type { NamedTensors } from '../graph/types.js';
import { LEAK, type Network, type NetworkSettings, type ParameterSpec, rank4 } from './network.js';

export interface UnetSettings {
  /** Channels of the first level; doubled at each lower level. */
  readonly base: number;
  /** Resolutions, at least 2; each halves the one before. */
  readonly levels: number;
  /** Neighbouring slices on each side (0: 2D, 1 or 2: 2.5D). */
  readonly context: number;
  /** Planes after the slices that tell the network about the image; see Network.conditions. */
  readonly conditions: number;
  /** Whether the network predicts the noise of the centre slice (residual form) or the image itself. */
  readonly residual: boolean;
  /** Whether the first level's features skip to the last one; blind-spot training goes without (Noise2Void2). */
  readonly topSkip: boolean;
  /** Mean and standard deviation of the stabilised training image: the network sees (image - mean) / scale. */
  readonly mean: number;
  readonly scale: number;
}

/**
 * A residual U-Net: two 3x3 convolutions a level, average pooling (anti-aliased halving), nearest upsampling
 * followed by a convolution (no checkerboard), skips. After Ronneberger et al. 2015; the variant without residual
 * and top skip is that of Noise2Void2 (Hoeck et al. 2022).
 */
export function unet(settings: UnetSettings): Network {
  const parameters: Record<string, ParameterSpec> = {};
  for (const [name, [from, to]] of Object.entries(channels(settings))) {
    parameters[`${name}.filter`] = {
      shape: [3, 3, from, to],
      // A residual network starts as the identity: its last filter is zero.
      initialiser: name === 'out' && settings.residual ? 'zeros' : 'he',
    };
    parameters[`${name}.bias`] = { shape: [to], initialiser: 'zeros' };
  }
  return {
    family: 'unet',
    settings: { ...settings } satisfies NetworkSettings,
    parameters,
    context: settings.context,
    conditions: settings.conditions,
    multiple: 2 ** (settings.levels - 1),
    radius: radiusOf(settings.levels),
    apply: (values, image) => forward(settings, values, image),
  };
}

/**
 * Receptive field: at each resolution 2 cells on the way down and, but for the lowest, 2 on the way up, 1 more for
 * the last convolution; pooling and upsampling add under one cell of the lower resolution each, twice.
 */
function radiusOf(levels: number): number {
  let radius = 1;
  for (let level = 0; level < levels; level++) {
    const cell = 2 ** level;
    radius += (level === levels - 1 ? 2 : 4) * cell;
    if (level > 0) radius += 2 * cell - cell / 2;
  }
  return Math.ceil(radius);
}

/** Input and output channels of each convolution. */
function channels(settings: UnetSettings): Readonly<Record<string, readonly [number, number]>> {
  const { base, levels, context, conditions, topSkip } = settings;
  const width = (level: number): number => base * 2 ** level;
  const table: Record<string, readonly [number, number]> = {};
  for (let level = 0; level < levels; level++) {
    table[`down${level}a`] = [level === 0 ? 2 * context + 1 + conditions : width(level - 1), width(level)];
    table[`down${level}b`] = [width(level), width(level)];
  }
  for (let level = levels - 2; level >= 0; level--) {
    table[`up${level}a`] = [width(level + 1), width(level)];
    table[`up${level}b`] = [level > 0 || topSkip ? 2 * width(level) : width(level), width(level)];
  }
  table.out = [base, 1];
  return table;
}

function forward(settings: UnetSettings, values: NamedTensors, image: tf.Tensor4D): tf.Tensor4D {
  const block = (x: tf.Tensor4D, name: string): tf.Tensor4D => tf.leakyRelu(conv(values, x, name), LEAK);
  const skips: tf.Tensor4D[] = [];
  let x = normalised(settings, image);
  for (let level = 0; level < settings.levels; level++) {
    x = block(block(level === 0 ? x : halve(x), `down${level}a`), `down${level}b`);
    skips.push(x);
  }
  for (let level = settings.levels - 2; level >= 0; level--) {
    const up = block(double(x), `up${level}a`);
    x = block(level > 0 || settings.topSkip ? tf.concat([up, skips[level]], 3) : up, `up${level}b`);
  }
  const output: tf.Tensor4D = tf.mul(conv(values, x, 'out'), settings.scale);
  return settings.residual ? tf.add(centre(image, settings.context), output) : tf.add(output, settings.mean);
}

/** Slices as (image - mean) / scale; conditions as they are. */
function normalised({ context, conditions, mean, scale }: UnetSettings, image: tf.Tensor4D): tf.Tensor4D {
  if (conditions === 0) return tf.div(tf.sub(image, mean), scale);
  if (mean === 0 && scale === 1) return image;
  const [n, rows, columns, all] = image.shape;
  const slices = 2 * context + 1;
  return tf.concat(
    [
      tf.div(tf.sub(tf.slice(image, [0, 0, 0, 0], [n, rows, columns, slices]), mean), scale),
      tf.slice(image, [0, 0, 0, slices], [n, rows, columns, all - slices]),
    ],
    3,
  );
}

function conv(values: NamedTensors, x: tf.Tensor4D, name: string): tf.Tensor4D {
  return tf.add(tf.conv2d(x, rank4(values[`${name}.filter`]), 1, 'same'), values[`${name}.bias`]);
}

function halve(x: tf.Tensor4D): tf.Tensor4D {
  return tf.avgPool(x, 2, 2, 'valid');
}

function double(x: tf.Tensor4D): tf.Tensor4D {
  return tf.image.resizeNearestNeighbor(x, [x.shape[1] * 2, x.shape[2] * 2]);
}

function centre(image: tf.Tensor4D, context: number): tf.Tensor4D {
  const [n, rows, columns, channels] = image.shape;
  return channels === 1 ? image : tf.slice(image, [0, 0, 0, context], [n, rows, columns, 1]);
}
