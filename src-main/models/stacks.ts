import type * as tf from '@tensorflow/tfjs-core';
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
  paint,
  paintSpecs,
  type Specs,
} from './blocks.js';
import type { BufferSpec, DrawSpec, Pass } from './family.js';

/** A convolutional encoder and decoder without skips, shared by the families that have a spatial latent. */
export interface StackSettings {
  /** Channels of the first level; doubled at each lower level, up to 8 times. */
  readonly base: number;
  /** Times that the image is halved. */
  readonly levels: number;
  /** Length of a latent vector. */
  readonly latent: number;
  /** Side, in cells of the lowest level, of the square that becomes one latent vector. */
  readonly merge: number;
  readonly norm: Normalisation;
  /** Share of channels dropped before the latent and after it. */
  readonly dropout: number;
}

export interface Stack {
  readonly parameters: Specs;
  readonly buffers: Record<string, BufferSpec>;
  readonly draws: Record<string, DrawSpec>;
  /** Pixels on a side that one latent vector stands for. */
  readonly cell: number;
  readonly radius: number;
  /** Image to features [n, rows / cell, columns / cell, width of `heads`]. */
  readonly encode: (pass: Pass, image: tf.Tensor4D) => tf.Tensor4D;
  /** One of the linear maps from features to latents. */
  readonly head: (pass: Pass, features: tf.Tensor4D, name: string) => tf.Tensor4D;
  readonly decode: (pass: Pass, latent: tf.Tensor4D) => tf.Tensor4D;
}

const WIDEST = 8;

/**
 * @param channels of the input image
 * @param out channels of the raw output
 * @param heads names of the linear maps from the features to a latent, of settings.latent channels each
 */
export function stack(
  settings: StackSettings,
  channels: number,
  out: number,
  heads: readonly string[],
): Stack {
  const { base, levels, latent, merge, norm: kind } = settings;
  const width = (level: number): number => base * Math.min(WIDEST, 2 ** level);
  const top = width(levels);
  const blocks: { name: string; from: number; to: number }[] = [{ name: 'in', from: channels, to: width(0) }];
  for (let level = 1; level <= levels; level++) {
    blocks.push({ name: `down${level}`, from: width(level - 1), to: width(level) });
    blocks.push({ name: `up${level}`, from: width(level), to: width(level - 1) });
  }
  blocks.push({ name: 'low', from: top, to: top }, { name: 'high', from: top, to: top });
  const parameters: Specs = {};
  const buffers: Record<string, BufferSpec> = {};
  for (const { name, from, to } of blocks) {
    Object.assign(parameters, convSpecs(name, 3, from, to), normSpecs(name, kind, to));
    Object.assign(buffers, normBuffers(name, kind, to));
  }
  for (const name of heads) Object.assign(parameters, convSpecs(`head.${name}`, merge, top, latent, 'lecun'));
  Object.assign(
    parameters,
    paintSpecs('unmerge', merge, latent, top),
    convSpecs('out', 3, base, out, 'lecun'),
  );
  return {
    parameters,
    buffers,
    draws: {
      ...dropoutDraws('drop.low', settings.dropout, top),
      ...dropoutDraws('drop.high', settings.dropout, top),
    },
    cell: merge * 2 ** levels,
    radius: reach(levels, merge),
    encode(pass, image) {
      let x = block(pass, image, 'in', kind);
      for (let level = 1; level <= levels; level++) x = block(pass, x, `down${level}`, kind, 2);
      return dropout(pass, block(pass, x, 'low', kind), 'drop.low');
    },
    head: (pass, features, name) => conv(pass, features, `head.${name}`, merge),
    decode(pass, code) {
      const painted = dropout(pass, leaky(paint(pass, code, 'unmerge')), 'drop.high');
      let x = block(pass, painted, 'high', kind);
      for (let level = levels; level >= 1; level--) x = block(pass, double(x), `up${level}`, kind);
      return conv(pass, x, 'out');
    },
  };
}

function block(pass: Pass, x: tf.Tensor4D, name: string, kind: Normalisation, stride = 1): tf.Tensor4D {
  return leaky(norm(pass, conv(pass, x, name, stride), name, kind));
}

/** Pixels that the input can be away from the output: 3x3 convolutions on each level down and up, and the merge. */
function reach(levels: number, merge: number): number {
  let radius = 2;
  for (let level = 1; level <= levels; level++) radius += 2 ** (level - 1) + 2 * 2 ** level;
  return radius + (2 + merge) * 2 ** levels;
}

export const STACK_DEFAULTS = { base: 16, levels: 3, latent: 8, merge: 1, norm: 'none', dropout: 0 };

export const STACK_RANGES = {
  base: [4, 64],
  levels: [1, 5],
  latent: [1, 1024],
  merge: [1, 32],
  norm: ['none', 'group', 'batch'],
  dropout: [0, 0.9],
} as const;

/** The settings of a stack out of those of a family, whose texts are only known to be texts. */
export function stackSettings(settings: {
  readonly base: number;
  readonly levels: number;
  readonly latent: number;
  readonly merge: number;
  readonly norm: string;
  readonly dropout: number;
}): StackSettings {
  const { base, levels, latent, merge, norm: kind, dropout: rate } = settings;
  return {
    base,
    levels,
    latent,
    merge,
    norm: normalisationOf(kind),
    dropout: rate,
  };
}

export function normalisationOf(kind: string): Normalisation {
  return kind === 'group' || kind === 'batch' ? kind : 'none';
}
