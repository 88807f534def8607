/**
 * What is known of a model file: the card that stands in its ONNX metadata, and how it appears in the model library.
 * Plain data without patient attributes; the renderer may import it.
 */

import {
  fieldsOf,
  list,
  modelId,
  nullOr,
  number,
  type Of,
  object,
  oneOf,
  optional,
  text,
  tuple,
  whole,
} from './schema/schema.js';

export const MODEL_TASKS = ['reconstruct', 'denoise', 'latent', 'generate', 'compress'] as const;
export const ModelTask = oneOf(MODEL_TASKS);
export type ModelTask = Of<typeof ModelTask>;

export const LearningPoint = object({
  step: whole,
  loss: number,
  heldOut: nullOr(number),
  measures: optional(fieldsOf(text, number)),
});
export type LearningPoint = Of<typeof LearningPoint>;

/** The card of a model, in the metadata `limpid` of its ONNX file. */
export interface ModelCard {
  readonly format: 'limpid-model-2';
  /** Of Limpid. */
  readonly version: string;
  readonly family: string;
  readonly settings: Readonly<Record<string, number | boolean | string>>;
  readonly tasks: readonly ModelTask[];
  /** What it learnt, as plain data; `kind` names it. */
  readonly objective: { readonly kind: string } & Readonly<Record<string, unknown>>;
  readonly losses: readonly { readonly name: string; readonly weight: number }[];
  /** How an image is fed. */
  readonly input: {
    /** Slices (or frames), the middle one of which is rebuilt, then planes that are folded or are conditions. */
    readonly channels: number;
    readonly context: number;
    /** The centre plane follows, moved around its edges by half its rows, and by half its columns. */
    readonly folded?: true;
    /** The neighbours are frames, the same slice at other times; absent: slices. */
    readonly along?: 'frames';
    /** Rows and columns are multiples of this. */
    readonly multiple: number;
    /** Reach in pixels; null: the whole image. */
    readonly radius: number | null;
    /** Planes that tell about the image, by name; absent: none. */
    readonly conditions?: readonly string[];
    /** These percentiles of a series become 0 and 1; null: values are in units of their noise. */
    readonly percentiles: readonly [number, number] | null;
    /** Planes are squares scaled to this side; null: any size. */
    readonly planeSide: number | null;
    /** The file takes windows of this side only; larger images are cut. Absent: any multiple of `multiple`. */
    readonly fixedSide?: number;
  };
  /** null: the model has no latent. */
  readonly latent: {
    /** Pixels on a side that one vector stands for. */
    readonly cell: number;
    readonly channels: number;
    /** Entries of the codebook; null: not quantised. */
    readonly codebook: number | null;
  } | null;
  /** What it was trained on, without patient data. */
  readonly data: {
    readonly series: number;
    readonly trainingPlanes: number;
    readonly heldOutPlanes: number;
    readonly modalities: readonly string[];
    /** Noise level in percent of the median foreground, smallest and largest; null: not measured. */
    readonly noise: readonly [number, number] | null;
  };
  readonly training: {
    readonly device: string;
    readonly seed: number;
    readonly steps: number;
    readonly bestStep: number;
    readonly patchSize: number;
    readonly batchSize: number;
    readonly optimiser: 'adam' | 'adamw';
    readonly peakRate: number;
    readonly parameters: number;
    readonly curve: readonly LearningPoint[];
    /** SHA-256 of the weights that it went on from; absent: random ones. */
    readonly from?: string;
  };
  /** What is usual in images that it was not trained on; absent where there were too few. */
  readonly normal?: NormalScores;
  /** The same of how far features are from what is usual at their place, where the file knows that. */
  readonly normalFeatures?: NormalScores;
  /** What training found the guessed noise level of its series to be worth; absent: 1. */
  readonly levelFactor?: number;
  /** Of weights and buffers; empty where the file does not tell. */
  readonly weightsSha256: string;
  readonly intendedUse: string;
  /** Only of a model that others trained: how it is fed and what it gives. */
  readonly foreign?: {
    readonly layout: 'nchw' | 'nhwc';
    readonly gives: 'image' | 'noise';
    readonly white: number;
  };
}

/** What a model was trained on, without patient data. */
const TrainingData = object({
  series: whole,
  trainingPlanes: whole,
  heldOutPlanes: whole,
  modalities: list(text),
  /** Noise level in percent of the median foreground, smallest and largest; null: not measured. */
  noise: nullOr(tuple([number, number])),
});

/** A model as a list shows it. */
export const ModelEntry = object({
  /** First 12 hex digits of the SHA-256 of the file. */
  id: modelId,
  name: text,
  bytes: whole,
  sha256: text,
  /** ISO 8601; null: it ships with the program, or is a file that is not kept. */
  addedAt: nullOr(text),
  origin: oneOf(['shipped', 'trained', 'imported', 'foreign']),
  family: text,
  tasks: list(ModelTask),
  objective: text,
  /** Held-out loss of the kept weights; null: unknown. */
  heldOut: nullOr(number),
  /** null: the file does not say. */
  data: nullOr(TrainingData),
});
export type ModelEntry = Of<typeof ModelEntry>;

/** A model with all that is known of it; the card is what the file holds. */
export interface ModelDetails {
  readonly entry: ModelEntry;
  readonly card: object;
}

/**
 * Where images are unlike those that a model was trained on: what `limpid anomaly` writes as report.json. Plain data
 * without patient attributes or file names; the renderer may import it. Errors and intensities are shares of the
 * intensity range of their series (percentiles 0.5 to 99.5).
 */

/** What is usual in normal images that the model was not trained on; in the model card, or of `--normal`. */
export interface NormalScores {
  readonly planes: number;
  /** Shares of the foreground pixels, falling; `error` (or the distance of features) and `intensity` say what such a share exceeds. */
  readonly shares: readonly number[];
  readonly error: readonly number[];
  /** Of the baseline: distance of the intensity from the median of the foreground. */
  readonly intensity: readonly number[];
  /** Scores of the slices, rising. */
  readonly errorSlices: readonly number[];
  readonly intensitySlices: readonly number[];
}
