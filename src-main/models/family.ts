import type * as tf from '@tensorflow/tfjs-core';
import type { Random } from '../base/random.js';
import { fault } from '../contract/errors.js';
import type { NamedArrays, NamedTensors, Shape } from '../graph/types.js';
import type { ParameterSpec } from './parameters.js';

/**
 * The vocabulary of the autoencoder families: a family is one file that exports one `Family`, and one line in
 * families.ts. Everything here is a pure function of tensors; random numbers are fed.
 */

/** What a trained model of a family can be asked for. */
type Task = 'reconstruct' | 'denoise' | 'latent' | 'generate' | 'compress';

export type Setting = number | boolean | string;
/** Plain values: they go into the model card and the fingerprint of a run. */
export type FamilySettings = Readonly<Record<string, Setting>>;

/** What an image is turned into by a decoder's last layer; chosen by the loss (see losses.ts). */
export interface Head {
  /** Channels of the decoder's raw output: 1, or one a bin of intensity. */
  readonly channels: number;
  /** Raw output [n, rows, columns, channels] to an image [n, rows, columns, 1]. */
  readonly image: (raw: tf.Tensor4D) => tf.Tensor4D;
  /** Whether the raw output is the image itself. */
  readonly linear: boolean;
}

/** State that no gradient changes: running statistics, a codebook. */
export interface BufferSpec {
  readonly shape: Shape;
  readonly initialiser: 'zeros' | 'ones';
}

/** What is drawn anew for every pass while training: noise, or masks that keep a value with some probability. */
export interface DrawSpec {
  readonly shape: (batch: number, rows: number, columns: number) => Shape;
  readonly kind: 'normal' | 'uniform' | 'keep';
  /** Of 'keep': the probability; kept values are 1 / probability, others 0. While judging, all are 1. */
  readonly probability?: number;
}

/** One forward pass. */
export interface Pass {
  readonly parameters: NamedTensors;
  readonly buffers: NamedTensors;
  /** One tensor a DrawSpec; null once the model is trained: then nothing is random. */
  readonly drawn: NamedTensors | null;
  /** Statistics come from the batch, and buffers may be updated. */
  readonly learning: boolean;
  /** From 0 to 1 over the first `ramp` steps: warms up a penalty. */
  readonly ramp: tf.Tensor | null;
  /** Where blocks put the next value of a buffer while learning. */
  readonly updates: Record<string, tf.Tensor>;
}

export interface Forward {
  /** Raw output of the decoder; `Head.image` makes an image of it. */
  readonly raw: tf.Tensor4D;
  /** Weighted terms that are added to the loss. */
  readonly penalties: Readonly<Record<string, tf.Tensor>>;
  /** Scalars to watch: activation rate, KL, use of the codebook. */
  readonly measures: Readonly<Record<string, tf.Tensor>>;
}

/** How images become codes, and codes images again where these tell enough, for the tasks that need it. */
interface Coder {
  /** Side in pixels of the square that one latent vector stands for. */
  readonly cell: number;
  /** Length of a latent vector. */
  readonly channels: number;
  /**
   * Image [n, rows, columns, channels] to named codes; `latent` [n, rows / cell, columns / cell, channels] is what
   * `decode` takes. Size-free where the model has no `fixedSide`.
   */
  readonly encode: (
    pass: Pass,
    image: tf.Tensor4D,
  ) => Readonly<Record<string, tf.Tensor>> & {
    readonly latent: tf.Tensor4D;
  };
  /** Names of what `encode` gives, each with the axes of the latent. */
  readonly outputs: readonly string[];
  /** Latent to raw output; null: what is rebuilt is not rebuilt from the latent. */
  readonly decode: Decode | null;
  /** Entries of the codebook, when latents are quantised. */
  readonly codebook?: number;
}

type Decode = (pass: Pass, latent: tf.Tensor4D) => tf.Tensor4D;

/** A coder whose latent tells all that is rebuilt. */
export interface TwoWayCoder extends Coder {
  readonly decode: Decode;
}

/** Channels of a folded plane: moved around its edges by half its rows, and by half its columns. */
export const FOLDS = 2;

/**
 * Planes that tell about the image, in order, after the slices:
 * - level: noise over the contrast of the image, that is 1 / (standard deviation of the image in unit noise); a map
 * - mean: mean of the image, in unit noise
 * - correlationX, correlationY: lag-1 correlation of the noise along a row and along a column
 * - context: 1 where the neighbouring slices are to be used, 0 where they are no neighbours
 */
export const CONDITIONS = ['level', 'mean', 'correlationX', 'correlationY', 'context'] as const;
export type Condition = (typeof CONDITIONS)[number];

/** A family with its settings fixed: a pure function of its parameters. With weights it is a model. */
export interface Autoencoder {
  readonly family: string;
  readonly settings: FamilySettings;
  readonly tasks: readonly Task[];
  /** Channels of the input image: 2 * context + 1 slices or frames, FOLDS where it is folded, and the conditions. */
  readonly channels: number;
  /** Neighbouring planes on each side. */
  readonly context: number;
  /** Whether the centre plane follows the slices, moved by half its rows and by half its columns. */
  readonly folded?: boolean;
  /** Where the neighbouring planes are frames, the same slice at other times; absent: slices. */
  readonly along?: 'frames';
  /**
   * Set where images come in units of their noise (noise/domain.ts), and are not scaled to [0, 1]: the planes that tell
   * about the image, all CONDITIONS or none. Such a model is told the noise, and takes it away.
   */
  readonly conditions?: readonly Condition[];
  /** Whether the centre plane is fed, but does not reach the output. */
  readonly blind?: boolean;
  /** Rows and columns must be multiples of this. */
  readonly multiple: number;
  /** The only side that an image may have, in pixels; absent where any multiple will do. */
  readonly fixedSide?: number;
  /** Pixels further away than this (Chebyshev) do not change an output pixel; null: all may. */
  readonly radius: number | null;
  readonly head: Head;
  readonly parameters: Readonly<Record<string, ParameterSpec>>;
  readonly buffers: Readonly<Record<string, BufferSpec>>;
  readonly draws: Readonly<Record<string, DrawSpec>>;
  /** Steps over which Pass.ramp goes from 0 to 1; 0: no ramp. */
  readonly ramp: number;
  readonly forward: (pass: Pass, image: tf.Tensor4D) => Forward;
  readonly coder: Coder | null;
  /** Better start values than random ones, from example patches [n, size, size, channels] of the training images. */
  readonly initialise?: (
    parameters: NamedArrays,
    examples: { readonly data: Float32Array; readonly shape: Shape },
    random: Random,
  ) => NamedArrays;
}

/** What every family is told besides its own settings. */
export interface Build {
  readonly head: Head;
  /** Side of the square training patches, or of whole planes scaled to a square. */
  readonly size: number;
}

export interface Family {
  readonly name: string;
  /** One sentence for people: what it is good for. */
  readonly summary: string;
  /** Learns from whole planes scaled to one size, because its latent vector stands for a plane. */
  readonly wholePlanes: boolean;
  /** Learns from series of several frames only. */
  readonly timeSeries?: true;
  readonly defaults: FamilySettings;
  readonly ranges: Readonly<Record<string, Range | undefined>>;
  /** The setting that `--latent` sets; null: the family has no latent vector. */
  readonly latentSetting: string | null;
  /** @throws LimpidError E_USAGE for a setting that is unknown, of another type or out of range */
  readonly build: (given: FamilySettings, build: Build) => Autoencoder;
}

type Base = Omit<Family, 'defaults' | 'ranges' | 'build'>;

/** From and to, both included; whole numbers where the default is one, unless it says 'real'. Or the choices. */
export type Range = readonly [number, number] | readonly [number, number, 'real'] | readonly string[];

/** Closes over the exact type of a family's settings. `ranges` bound numbers and list the choices of texts. */
export function defineFamily<S extends Record<string, Setting>>(
  base: Base,
  defaults: S,
  ranges: { readonly [K in keyof S]?: Range },
  build: (settings: S, options: Build) => Autoencoder,
): Family {
  return {
    ...base,
    defaults,
    ranges,
    build: (given, options) => build(settle(defaults, given, ranges), options),
  };
}

function settle<S extends Record<string, Setting>>(
  defaults: S,
  given: FamilySettings,
  ranges: { readonly [K in keyof S]?: Range },
): S {
  for (const [name, value] of Object.entries(given)) {
    const range: Range | undefined = ranges[name];
    if (!(name in defaults)) throw fault('E_USAGE/no-setting', { name, choices: Object.keys(defaults) });
    if (typeof value !== typeof defaults[name] || !inRange(value, range, defaults[name]))
      throw fault('E_USAGE/setting', {
        name,
        choices: range === undefined ? [typeof defaults[name]] : range.map(String),
      });
  }
  return Object.assign({}, defaults, given);
}

/** A number whose default is whole must be whole. */
function inRange(value: Setting, range: readonly unknown[] | undefined, standard: Setting): boolean {
  if (typeof value === 'string') return range?.includes(value) ?? true;
  if (typeof value === 'boolean') return true;
  if (!Number.isFinite(value)) return false;
  if (range === undefined) return true;
  const [least, most] = range.map(Number);
  return value >= least && value <= most && (!isWhole(range, standard) || Number.isInteger(value));
}

/** Whether a number within the range must be whole. */
export function isWhole(range: readonly unknown[], standard: Setting): boolean {
  const [least, most] = range.map(Number);
  return !range.includes('real') && [standard, least, most].every(Number.isInteger);
}
