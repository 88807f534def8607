import * as tf from '@tensorflow/tfjs-core';
import type { NamedTensors } from '../graph/types.js';
import {
  dropout,
  dropoutDraws,
  type Normalisation,
  norm,
  normBuffers,
  normSpecs,
  type Specs,
} from './blocks.js';
import type { BufferSpec, DrawSpec, Pass } from './family.js';
import { LEAK, type Network, type NetworkSettings, type ParameterSpec, rank4 } from './network.js';

export interface UnetSettings {
  /** Channels of the first level; doubled at each lower level. */
  readonly base: number;
  /** Resolutions, at least 2; each halves the one before. */
  readonly levels: number;
  /** Neighbouring slices on each side (0: 2D, 1 or 2: 2.5D). */
  readonly context: number;
  /** More planes after the slices, which the network sees as they are; absent: none. */
  readonly extra?: number;
  /** Whether planes after the slices tell the network about the image: CONDITIONS. */
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
 * Planes of a conditioned network, in order, after the slices:
 * - level: noise over the contrast of the image, that is 1 / (standard deviation of the image in unit noise); a map
 * - mean: mean of the image, in unit noise
 * - correlationX, correlationY: lag-1 correlation of the noise along a row and along a column
 * - context: 1 where the neighbouring slices are to be used, 0 where they are no neighbours
 */
export const CONDITIONS = ['level', 'mean', 'correlationX', 'correlationY', 'context'] as const;
export type Condition = (typeof CONDITIONS)[number];

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
    conditions: settings.conditioned ? CONDITIONS.length : 0,
    multiple: 2 ** (settings.levels - 1),
    radius: radiusOf(settings.levels),
    apply: (values, image) => forward(settings, values, image),
  };
}

/** Against overfitting. A group norm sees its window as a whole: beyond the radius too. */
export interface Regularisation {
  /** After every convolution but the last. */
  readonly norm: Normalisation;
  /** Share of the channels of the lowest level that are dropped. */
  readonly dropout: number;
}

/** A U-Net for the families, which draw, and keep state, in a pass. */
export interface FamilyUnet {
  readonly parameters: Specs;
  readonly buffers: Record<string, BufferSpec>;
  readonly draws: Record<string, DrawSpec>;
  readonly multiple: number;
  readonly radius: number;
  readonly apply: (pass: Pass, image: tf.Tensor4D) => tf.Tensor4D;
}

export function familyUnet(settings: UnetSettings, regularisation: Regularisation): FamilyUnet {
  const { norm: kind, dropout: rate } = regularisation;
  const { parameters, multiple, radius } = unet(settings);
  const normed = Object.entries(channels(settings)).filter(([name]) => name !== 'out');
  const lowest = settings.base * 2 ** (settings.levels - 1);
  return {
    parameters: Object.assign(
      { ...parameters },
      ...normed.map(([name, [, to]]) => normSpecs(name, kind, to)),
    ),
    buffers: Object.assign({}, ...normed.map(([name, [, to]]) => normBuffers(name, kind, to))),
    draws: dropoutDraws(DROP, rate, lowest),
    multiple,
    radius,
    apply: (pass, image) =>
      forward(settings, pass.parameters, image, {
        normed: (x, name) => rank4(norm(pass, x, name, kind)),
        lowest: (x) => dropout(pass, x, DROP),
      }),
  };
}

const DROP = 'drop.low';

/** What is done to the features on their way; nothing where a network is the same in training and after. */
interface Between {
  readonly normed: (x: tf.Tensor4D, name: string) => tf.Tensor4D;
  readonly lowest: (x: tf.Tensor4D) => tf.Tensor4D;
}

const NOTHING: Between = { normed: (x) => x, lowest: (x) => x };

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

function forward(
  settings: UnetSettings,
  values: NamedTensors,
  image: tf.Tensor4D,
  between: Between = NOTHING,
): tf.Tensor4D {
  const { mean, scale, residual } = settings;
  if (settings.conditioned) {
    const { input, level } = conditionedInput(settings, image);
    return tf.add(channel(image, settings.context), tf.div(body(settings, values, input, between), level));
  }
  const output = tf.mul(body(settings, values, tf.div(tf.sub(image, mean), scale), between), scale);
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
function body(
  settings: UnetSettings,
  values: NamedTensors,
  input: tf.Tensor4D,
  between: Between,
): tf.Tensor4D {
  const block = (x: tf.Tensor4D, name: string): tf.Tensor4D =>
    tf.leakyRelu(between.normed(conv(values, x, name), name), LEAK);
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
  return conv(values, x, 'out');
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

function channel(image: tf.Tensor4D, index: number): tf.Tensor4D {
  const [n, rows, columns, channels] = image.shape;
  return channels === 1 ? image : tf.slice(image, [0, 0, 0, index], [n, rows, columns, 1]);
}
