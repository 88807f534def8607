/** What jobs about models answer: training, latents and what is made of them, codes, the library. */

import { ProbeLearnt, ProbeTold } from './encoders/probe.js';
import { LikeFound } from './encoders/retrieval.js';
import { ExitCode } from './exit.js';
import { ModelEntry } from './models.js';
import { problem } from './problem.js';
import { FamilyChoices, TrainingFacts } from './requests/families.js';
import {
  anyObject,
  fieldsOf,
  list,
  nullOr,
  number,
  type Of,
  object,
  oneOf,
  only,
  optional,
  text,
  tuple,
} from './schema/schema.js';

/** The file that was asked for and written: a path, for the one at the screen. */
export const WrittenForPerson = object({
  file: text,
});
export type WrittenForPerson = Of<typeof WrittenForPerson>;

export const TrainResult = object({
  type: only('result'),
  command: only('train'),
  exitCode: ExitCode,
  family: text,
  objective: text,
  parameters: number,
  steps: number,
  bestStep: number,
  heldOut: nullOr(number),
  /** What the family watches, of the kept weights on held-out images; `error` is the loss without penalties. */
  measures: fieldsOf(text, number),
  trainingPlanes: number,
  heldOutPlanes: number,
  seconds: number,
  /** SHA-256 and size of the model file. */
  sha256: text,
  bytes: number,
  /** Id in the library, where it was kept there. */
  kept: optional(text),
  /** Series that were left out, and why. */
  problems: list(problem),
  forPerson: optional(WrittenForPerson),
});
export type TrainResult = Of<typeof TrainResult>;

export const CheckTrainingResult = object({
  type: only('result'),
  command: only('check-training'),
  exitCode: ExitCode,
  facts: TrainingFacts,
});
export type CheckTrainingResult = Of<typeof CheckTrainingResult>;

export const FamiliesResult = object({
  ...FamilyChoices.entries,
  type: only('result'),
  command: only('families'),
  exitCode: ExitCode,
});
export type FamiliesResult = Of<typeof FamiliesResult>;

export const PretrainResult = object({
  type: only('result'),
  command: only('pretrain'),
  exitCode: ExitCode,
  steps: number,
  bestStep: number,
  /** Mean squared error on procedural images that no step saw, weighted by level. */
  heldOut: nullOr(number),
  seconds: number,
  sha256: text,
  bytes: number,
});
export type PretrainResult = Of<typeof PretrainResult>;

export const LatentResult = object({
  type: only('result'),
  command: only('latent'),
  exitCode: ExitCode,
  family: text,
  series: number,
  slices: number,
  /** Numbers a vector. */
  length: number,
  /** Share of the variance along the first two principal components. */
  explained: tuple([number, number]),
  /** Slices in each. */
  clusters: list(number),
  silhouette: nullOr(number),
  /** Slices that were looked up. */
  queries: number,
  /** Names in the output folder; `latent.json` (contract/encoders/latent.ts) last. */
  files: list(text),
  /** Series that were left out, and why. */
  problems: list(problem),
});
export type LatentResult = Of<typeof LatentResult>;

export const ProbeResult = object({
  type: only('result'),
  command: only('probe'),
  exitCode: ExitCode,
  family: text,
  series: number,
  slices: number,
  /** Of learning: how well, on patients that were not learnt from; null where a probe was applied. */
  learnt: nullOr(ProbeLearnt),
  /** Of applying: what each series is told to be; empty where one was learnt. */
  told: list(ProbeTold),
  /** Names in the output folder, what is written last at the end. */
  files: list(text),
  /** Series that were left out, and why; labels that fit none. */
  problems: list(problem),
});
export type ProbeResult = Of<typeof ProbeResult>;

export const IndexResult = object({
  type: only('result'),
  command: only('index'),
  exitCode: ExitCode,
  family: text,
  /** Series that this run added, and those of the input that were in the index before. */
  added: number,
  kept: number,
  /** In the index now. */
  series: number,
  slices: number,
  problems: list(problem),
});
export type IndexResult = Of<typeof IndexResult>;

export const LikeResult = object({
  type: only('result'),
  command: only('like'),
  exitCode: ExitCode,
  searched: object({ series: number, slices: number }),
  /** Of the search alone. */
  milliseconds: number,
  /** Nearest first. */
  found: list(LikeFound),
  /** Names in the output folder; empty without. */
  files: list(text),
  problems: list(problem),
});
export type LikeResult = Of<typeof LikeResult>;

export const GenerateResult = object({
  type: only('result'),
  command: only('generate'),
  exitCode: ExitCode,
  family: text,
  /** What the latents were drawn from. */
  prior: oneOf(['standard normal', 'components of code planes', 'Markov mesh of codes']),
  count: number,
  rows: number,
  columns: number,
  /** Names in the output folder; `generate.json` last. */
  files: list(text),
});
export type GenerateResult = Of<typeof GenerateResult>;

export const CompressResult = object({
  type: only('result'),
  command: only('compress'),
  exitCode: ExitCode,
  /** Of the whole file. */
  bytes: number,
  pixels: number,
  bitsPerPixel: number,
  /** dB of the scaled series, whose 0.5 and 99.5 percentiles are 0 and 1 (the peak); null: nothing was lost. */
  psnr: nullOr(number),
  forPerson: optional(WrittenForPerson),
});
export type CompressResult = Of<typeof CompressResult>;

export const DecompressResult = object({
  type: only('result'),
  command: only('decompress'),
  exitCode: ExitCode,
  columns: number,
  rows: number,
  slices: number,
  frames: number,
  forPerson: optional(WrittenForPerson),
});
export type DecompressResult = Of<typeof DecompressResult>;

export const ModelsResult = object({
  type: only('result'),
  command: only('models'),
  exitCode: ExitCode,
  action: oneOf(['list', 'show', 'import', 'export', 'delete']),
  models: list(ModelEntry),
  /** Of `show`: what the file says of itself. */
  card: nullOr(anyObject),
  /** Of `export`. */
  forPerson: optional(WrittenForPerson),
});
export type ModelsResult = Of<typeof ModelsResult>;
