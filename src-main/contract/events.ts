import {
  CheckTrainingResult,
  CompressResult,
  DecompressResult,
  FamiliesResult,
  GenerateResult,
  IndexResult,
  LatentResult,
  LikeResult,
  ModelsResult,
  PretrainResult,
  ProbeResult,
  TrainResult,
} from './model-results.js';
import { LearningPoint } from './models.js';
import { MotionResult } from './motion.js';
import { problem } from './problem.js';
import { CleanedDid, CleanedName, RunStatus } from './report.js';
import {
  AnomalyResult,
  EchoResult,
  EvaluateResult,
  FetchResult,
  InspectResult,
  OutputsResult,
  PlanResult,
  SegmentResult,
  SendResult,
  StoppedResult,
  TrustOutcome,
} from './results.js';
import {
  flag,
  list,
  nullOr,
  number,
  type Of,
  object,
  oneOf,
  only,
  optional,
  text,
  variants,
} from './schema/schema.js';

/**
 * What a job tells while it runs. With `--json` each is one line; series and files appear as ids, never by name.
 * A `Problem` may carry a `place` for the person at the screen: strip it (`forScripts`) before it is written.
 */

/** The stages of a job, in order; what `done` and `total` count is in `unit`. */
export const Stage = oneOf([
  'scan',
  'send',
  'fetch',
  'read',
  'noise',
  'choose',
  'train',
  'denoise',
  'clean',
  'judge',
  'simulate',
  'apply',
  'write',
  'report',
]);
export type Stage = Of<typeof Stage>;

export const ProgressEvent = object({
  type: only('progress'),
  series: nullOr(text),
  stage: Stage,
  unit: oneOf(['files', 'slices', 'steps', 'rounds', 'series']),
  /** 0 while `total` is null: nothing is told but that the stage has begun. */
  done: number,
  /** null: not known yet. */
  total: nullOr(number),
  /** Units a second; null until it can be measured. */
  rate: nullOr(number),
  secondsLeft: nullOr(number),
  /** Training only: mean loss of late steps, and the loss on held-out pixels where it was measured. */
  loss: optional(number),
  heldOut: optional(nullOr(number)),
});
export type ProgressEvent = Of<typeof ProgressEvent>;

export const ScanEvent = object({
  type: only('scan'),
  files: number,
  series: number,
  /** Files that were refused; each comes as a `warning` too. */
  refused: number,
  /** Files that do not claim to be images, such as a LICENSE; nothing is said of each. */
  others: number,
});
export type ScanEvent = Of<typeof ScanEvent>;

const SeriesStartEvent = object({
  type: only('series-start'),
  series: text,
  /** Counts from 1. */
  index: number,
  of: number,
});

export const SeriesDoneEvent = object({
  type: only('series-done'),
  series: text,
  /** `kept`: an earlier run had finished it. */
  status: RunStatus,
  /** Why it failed or was skipped. */
  problem: nullOr(problem),
  seconds: number,
  /** Of `denoise`: what the trust report came to; null or absent where nothing was judged. */
  trust: optional(nullOr(TrustOutcome)),
  /** What was looked for and what was done with it; absent: nothing was to be removed but noise. */
  cleaned: optional(list(object({ name: CleanedName, did: CleanedDid }))),
});
export type SeriesDoneEvent = Of<typeof SeriesDoneEvent>;

export const WarningEvent = object({
  type: only('warning'),
  series: nullOr(text),
  /** The id of the file, where one file is meant. */
  file: optional(text),
  problem: problem,
});
export type WarningEvent = Of<typeof WarningEvent>;

const DeviceEvent = object({
  type: only('device'),
  device: text,
  description: text,
});

/** What `Resource` 'training-preview' finds. */
export const Preview = object({
  step: number,
  /** Patches, and their side in pixels. */
  count: number,
  size: number,
  /** Whether it stays when the next one comes. */
  lasting: flag,
});
export type Preview = Of<typeof Preview>;

/** A training was measured on held-out images; the first of a resumed run tells all points that there were before. */
export const LearningEvent = object({
  type: only('learning'),
  points: list(LearningPoint),
  best: nullOr(object({ step: number, heldOut: number })),
  /** Rebuilt patches that were left for the window; null: none this time. */
  preview: nullOr(Preview),
});
export type LearningEvent = Of<typeof LearningEvent>;

export const ResultEvent = variants('command', [
  InspectResult,
  OutputsResult,
  EvaluateResult,
  EchoResult,
  SendResult,
  FetchResult,
  TrainResult,
  PretrainResult,
  CheckTrainingResult,
  FamiliesResult,
  AnomalyResult,
  MotionResult,
  LatentResult,
  ProbeResult,
  SegmentResult,
  IndexResult,
  LikeResult,
  GenerateResult,
  CompressResult,
  DecompressResult,
  ModelsResult,
  PlanResult,
  StoppedResult,
]);
export type ResultEvent = Of<typeof ResultEvent>;

export const JobEvent = variants('type', [
  ScanEvent,
  SeriesStartEvent,
  ProgressEvent,
  LearningEvent,
  WarningEvent,
  DeviceEvent,
  SeriesDoneEvent,
  ResultEvent,
]);
export type JobEvent = Of<typeof JobEvent>;

export type Emit = (event: JobEvent) => void;
