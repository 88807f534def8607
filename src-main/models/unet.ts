import * as tf from '@tensorflow/tfjs-core';
import type { NamedTensors } from '../graph/types.js';
import { LEAK, type Network, type NetworkSettings, type ParameterSpec, rank4 } from './network.js';

export interface UnetSettings {
  /** Channels of the first level; doubled at each of the two lower levels. */
  readonly base: number;
  /** Neighbouring slices on each side (0: 2D, 1 or 2: 2.5D). */
  readonly context: number;
  /** Whether the network predicts the noise of the centre slice (residual form) or the image itself. */
  readonly residual: boolean;
  /** Whether the first level's features skip to the last one; blind-spot training goes without (Noise2Void2). */
  readonly topSkip: boolean;
  /** Mean and standard deviation of the stabilised training image: the network sees (image - mean) / scale. */
  readonly mean: number;
  readonly scale: number;
}

const LEVEL_CONVS = [
  'in0',
  'in1',
  'down0',
  'down1',
  'low0',
  'low1',
  'up1a',
  'up1b',
  'up0a',
  'up0b',
  'out',
] as const;
type ConvName = (typeof LEVEL_CONVS)[number];

/**
 * A residual U-Net of three levels: two 3x3 convolutions a level, average pooling (anti-aliased halving),
 * nearest upsampling followed by a convolution (no checkerboard), skips. After Ronneberger et al. 2015; the
 * variant without residual and top skip is that of Noise2Void2 (Hoeck et al. 2022).
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
    multiple: 4,
    radius: RADIUS,
    apply: (values, image) => forward(settings, values, image),
  };
}

/**
 * Receptive field: 2 convolutions reach 2 pixels at full, 2 * 2 at half, 2 * 4 at quarter resolution; on the way
 * up 2 * 2, then 2 + 1 at full; pooling and upsampling add under one cell a level (2 + 4, twice, rounded up).
 */
const RADIUS = 2 + 4 + 8 + 4 + 3 + 7;

function channels({ base, context, topSkip }: UnetSettings): Record<ConvName, readonly [number, number]> {
  return {
    in0: [2 * context + 1, base],
    in1: [base, base],
    down0: [base, 2 * base],
    down1: [2 * base, 2 * base],
    low0: [2 * base, 4 * base],
    low1: [4 * base, 4 * base],
    up1a: [4 * base, 2 * base],
    up1b: [4 * base, 2 * base],
    up0a: [2 * base, base],
    up0b: [topSkip ? 2 * base : base, base],
    out: [base, 1],
  };
}

function forward(settings: UnetSettings, values: NamedTensors, image: tf.Tensor4D): tf.Tensor4D {
  const block = (x: tf.Tensor4D, name: ConvName): tf.Tensor4D => tf.leakyRelu(conv(values, x, name), LEAK);
  const top = block(block(tf.div(tf.sub(image, settings.mean), settings.scale), 'in0'), 'in1');
  const middle = block(block(halve(top), 'down0'), 'down1');
  const low = block(block(halve(middle), 'low0'), 'low1');
  const up1 = block(tf.concat([block(double(low), 'up1a'), middle], 3), 'up1b');
  const up0 = block(double(up1), 'up0a');
  const last = block(settings.topSkip ? tf.concat([up0, top], 3) : up0, 'up0b');
  const output: tf.Tensor4D = tf.mul(conv(values, last, 'out'), settings.scale);
  return settings.residual ? tf.add(centre(image, settings.context), output) : tf.add(output, settings.mean);
}

function conv(values: NamedTensors, x: tf.Tensor4D, name: ConvName): tf.Tensor4D {
  return tf.add(tf.conv2d(x, rank4(values[`${name}.filter`]), 1, 'same'), values[`${name}.bias`]);
}

function halve(x: tf.Tensor4D): tf.Tensor4D {
  return tf.avgPool(x, 2, 2, 'valid');
}

function double(x: tf.Tensor4D): tf.Tensor4D {
  return tf.image.resizeNearestNeighbor(x, [x.shape[1] * 2, x.shape[2] * 2]);
}

function centre(image: tf.Tensor4D, context: number): tf.Tensor4D {
  if (context === 0) return image;
  const [n, rows, columns] = image.shape;
  return tf.slice(image, [0, 0, 0, context], [n, rows, columns, 1]);
}
