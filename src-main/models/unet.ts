import * as tf from '@tensorflow/tfjs-core';
import {
  conv,
  convSpecs,
  double,
  dropout,
  dropoutDraws,
  leaky,
  type Normalisation,
  norm,
  normBuffers,
  normSpecs,
  type Specs,
} from './blocks.js';
import { type BufferSpec, CONDITIONS, type Condition, type DrawSpec, type Pass } from './family.js';
import { rank4 } from './parameters.js';

export interface UnetSettings {
  /** Channels of the first level; doubled at each lower level. */
  readonly base: number;
  /** Resolutions, at least 2; each halves the one before. */
  readonly levels: number;
  /** Neighbouring slices on each side (0: 2D, 1 or 2: 2.5D). */
  readonly context: number;
  /** More planes after the slices, which the network sees as they are; absent: none. */
  readonly extra?: number;
  /** Whether planes after the slices tell about the image: CONDITIONS. */
  readonly conditioned: boolean;
  /** Whether the network predicts the noise of the centre slice (residual form) or the image itself. */
  readonly residual: boolean;
  /** Whether the first level's features skip to the last one; blind-spot training goes without (Noise2Void2). */
  readonly topSkip: boolean;
  /**
   * Mean and standard deviation of the stabilised training image: the network sees (image - mean) / scale. A
   * conditioned network takes them from its planes instead.
   */
  readonly mean: number;
  readonly scale: number;
}

/**
 * A residual U-Net: two 3x3 convolutions a level, average pooling (anti-aliased halving), nearest upsampling
 * followed by a convolution (no checkerboard), skips. After Ronneberger et al. 2015; the variant without residual
 * and top skip is that of Noise2Void2 (Hoeck et al. 2022).
 */
export function unet(settings: UnetSettings, regularisation: Regularisation = UNREGULARISED): Unet {
  const { norm: kind, dropout: rate } = regularisation;
  const parameters: Specs = {};
  const table = Object.entries(channels(settings));
  for (const [name, [from, to]] of table) {
    // A residual network starts as the identity: its last filter is zero.
    const initialiser = name === 'out' && settings.residual ? 'zeros' : 'he';
    Object.assign(parameters, convSpecs(name, 3, from, to, initialiser));
  }
  const normed = table.filter(([name]) => name !== 'out');
  const lowest = settings.base * 2 ** (settings.levels - 1);
  return {
    parameters: Object.assign(parameters, ...normed.map(([name, [, to]]) => normSpecs(name, kind, to))),
    buffers: Object.assign({}, ...normed.map(([name, [, to]]) => normBuffers(name, kind, to))),
    draws: dropoutDraws(DROP, rate, lowest),
    multiple: 2 ** (settings.levels - 1),
    radius: radiusOf(settings.levels),
    apply: (pass, image) =>
      forward(settings, pass, image, {
        normed: (x, name) => rank4(norm(pass, x, name, kind)),
        lowest: (x) => dropout(pass, x, DROP),
      }),
  };
}

/** Against overfitting. A group norm sees its window as a whole: beyond the radius too. */
export interface Regularisation {
  /** After every convolution but the last. */
  readonly norm: Normalisation;
  /** Share of the channels of the lowest level that are dropped. */
  readonly dropout: number;
}

const UNREGULARISED: Regularisation = { norm: 'none', dropout: 0 };

/** What families are made of. */
export interface Unet {
  readonly parameters: Specs;
  readonly buffers: Record<string, BufferSpec>;
  readonly draws: Record<string, DrawSpec>;
  readonly multiple: number;
  /** Pixels further away than this (Chebyshev) do not change an output pixel. */
  readonly radius: number;
  /** [n, rows, columns, planes] -> [n, rows, columns, 1]. */
  readonly apply: (pass: Pass, image: tf.Tensor4D) => tf.Tensor4D;
}

const DROP = 'drop.low';

/** What is done to the features on their way. */
interface Between {
  readonly normed: (x: tf.Tensor4D, name: string) => tf.Tensor4D;
  readonly lowest: (x: tf.Tensor4D) => tf.Tensor4D;
}

/**
 * Receptive field: at each resolution 2 cells on the way down and, but for the lowest, 2 on the way up, 1 more for
 * the last convolution; pooling and upsampling add under one cell of the lowest resolution each.
 */
function radiusOf(levels: number): number {
  let radius = 1;
  for (let level = 0; level < levels; level++) radius += (level === levels - 1 ? 2 : 4) * 2 ** level;
  return radius + 2 ** levels - 1;
}

/** Input and output channels of each convolution. */
function channels(settings: UnetSettings): Readonly<Record<string, readonly [number, number]>> {
  const { base, levels, context, extra = 0, conditioned, topSkip } = settings;
  // the mean is only subtracted
  const planes = 2 * context + 1 + extra + (conditioned ? CONDITIONS.length - 1 : 0);
  const width = (level: number): number => base * 2 ** level;
  const table: Record<string, readonly [number, number]> = {};
  for (let level = 0; level < levels; level++) {
    table[`down${level}a`] = [level === 0 ? planes : width(level - 1), width(level)];
    table[`down${level}b`] = [width(level), width(level)];
  }
  for (let level = levels - 2; level >= 0; level--) {
    table[`up${level}a`] = [width(level + 1), width(level)];
    table[`up${level}b`] = [level > 0 || topSkip ? 2 * width(level) : width(level), width(level)];
  }
  table.out = [base, 1];
  return table;
}

function forward(settings: UnetSettings, pass: Pass, image: tf.Tensor4D, between: Between): tf.Tensor4D {
  const { mean, scale, residual } = settings;
  if (settings.conditioned) {
    const { input, level } = conditionedInput(settings, image);
    return tf.add(channel(image, settings.context), tf.div(body(settings, pass, input, between), level));
  }
  const output = tf.mul(body(settings, pass, tf.div(tf.sub(image, mean), scale), between), scale);
  return tf.add(residual ? channel(image, settings.context) : mean, output);
}

/** Slices as level * (slice - mean), the neighbours only where there is context, then all planes but the mean. */
function conditionedInput(
  { context }: UnetSettings,
  image: tf.Tensor4D,
): { input: tf.Tensor4D; level: tf.Tensor4D } {
  const slices = 2 * context + 1;
  const plane = (name: Condition): tf.Tensor4D => channel(image, slices + CONDITIONS.indexOf(name));
  const [level, mean, used] = [plane('level'), plane('mean'), plane('context')];
  const channels: tf.Tensor4D[] = [];
  for (let i = 0; i < slices; i++) {
    const slice: tf.Tensor4D = tf.mul(tf.sub(channel(image, i), mean), level);
    channels.push(i === context ? slice : tf.mul(slice, used));
  }
  return {
    input: tf.concat([...channels, level, plane('correlationX'), plane('correlationY'), used], 3),
    level,
  };
}

/** The U-Net itself: what it adds to the centre slice, or the image. */
function body(settings: UnetSettings, pass: Pass, input: tf.Tensor4D, between: Between): tf.Tensor4D {
  const block = (x: tf.Tensor4D, name: string): tf.Tensor4D =>
    leaky(between.normed(conv(pass, x, name), name));
  const skips: tf.Tensor4D[] = [];
  let x = input;
  for (let level = 0; level < settings.levels; level++) {
    x = block(block(level === 0 ? x : halve(x), `down${level}a`), `down${level}b`);
    if (level === settings.levels - 1) x = between.lowest(x);
    skips.push(x);
  }
  for (let level = settings.levels - 2; level >= 0; level--) {
    const up = block(double(x), `up${level}a`);
    x = block(level > 0 || settings.topSkip ? tf.concat([up, skips[level]], 3) : up, `up${level}b`);
  }
  return conv(pass, x, 'out');
}

function halve(x: tf.Tensor4D): tf.Tensor4D {
  return tf.avgPool(x, 2, 2, 'valid');
}

function channel(image: tf.Tensor4D, index: number): tf.Tensor4D {
  const [n, rows, columns, channels] = image.shape;
  return channels === 1 ? image : tf.slice(image, [0, 0, 0, index], [n, rows, columns, 1]);
}
