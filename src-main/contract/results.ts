import { LesionCheck } from './anomaly.js';
import { SegmentClass, SegmentLearnt, SegmentSize } from './encoders/segment.js';
import { ExitCode } from './exit.js';
import { PlanFile } from './plan-file.js';
import { problem } from './problem.js';
import { RunStatus } from './report.js';
import { AnomalyScore, SegmentFeature } from './requests/choices.js';
import { JobType } from './requests/requests.js';
import {
  fieldsOf,
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
  tuple,
} from './schema/schema.js';
import { BlendReport, Verdict } from './trust.js';
import { Trait } from './words/traits.js';

export const NoiseSummary = object({
  /** Standard deviation, in the units of the volume. */
  sigma: number,
  /** sigma over the median of the foreground, in percent. */
  relative: number,
  distribution: oneOf(['rician', 'gaussian']),
  correlated: flag,
  /** Sigma by each method that had enough to measure; null where it had not. */
  methods: fieldsOf(text, nullOr(number)),
  /** False where sigma rests on details of tissue alone and these look correlated: it may be many times too high. */
  certain: flag,
});
export type NoiseSummary = Of<typeof NoiseSummary>;

export const ComplexHalf = object({
  part: oneOf(['magnitude', 'phase', 'real', 'imaginary']),
  /** Id of the series that stands for both halves: magnitudes, or real parts. */
  denoisedAs: text,
  /** Series Number of the other half, where it is in another series. */
  otherSeries: nullOr(number),
});
/** What half of a complex image a series is that is denoised together with the other. */
export type ComplexHalf = Of<typeof ComplexHalf>;

export const InspectedSeries = object({
  id: text,
  kind: oneOf(['dicom', 'nifti']),
  studyInstanceUid: nullOr(text),
  seriesInstanceUid: nullOr(text),
  seriesNumber: nullOr(number),
  modality: nullOr(text),
  /** What tells it from others of one Series Instance UID; absent where it is the only one. */
  traits: optional(list(Trait)),
  /** Files. */
  instances: number,
  columns: number,
  rows: number,
  slices: number,
  /** Time points, echoes or gradient directions. */
  frames: number,
  /** mm: along a row, along a column, between slices. */
  spacing: tuple([number, number, number]),
  /** s/mm2, each once, ascending; absent where no frame states one. */
  bValues: optional(list(number)),
  /** UIDs; empty for NIfTI. */
  transferSyntaxes: list(text),
  /** null where it was not asked for, the series is not eligible or could not be decoded. */
  noise: nullOr(NoiseSummary),
  /** Of a phase, whether its magnitudes are there. */
  eligible: flag,
  why: nullOr(problem),
  complex: optional(ComplexHalf),
  warnings: list(problem),
  /** For the person at the screen only: may hold names. */
  forPerson: optional(object({ description: text })),
});
export type InspectedSeries = Of<typeof InspectedSeries>;

export const InspectResult = object({
  type: only('result'),
  command: only('inspect'),
  exitCode: ExitCode,
  series: list(InspectedSeries),
  /** Files and paths that were refused. */
  problems: list(problem),
});
export type InspectResult = Of<typeof InspectResult>;

export const TrustOutcome = object({
  verdict: Verdict,
  /** Set where part of the change was taken back. */
  blend: nullOr(BlendReport),
});
export type TrustOutcome = Of<typeof TrustOutcome>;

export const SeriesOutcome = object({
  series: text,
  status: RunStatus,
  problem: nullOr(problem),
  /**
   * Folders or files below the output folder that hold something of the series now; `*` stands for a name that the
   * tool did not choose. Of a series that failed: what an earlier run made visible.
   */
  outputs: list(text),
  derivedSeriesInstanceUid: nullOr(text),
  /** Of `denoise`: what the trust report came to; null where nothing was judged, absent for other commands. */
  trust: optional(nullOr(TrustOutcome)),
  /** The outputs by their names. */
  forPerson: optional(object({ outputs: list(text) })),
});
export type SeriesOutcome = Of<typeof SeriesOutcome>;

/** Of `denoise` and `simulate`. */
export const OutputsResult = object({
  type: only('result'),
  command: oneOf(['denoise', 'simulate']),
  exitCode: ExitCode,
  series: list(SeriesOutcome),
  /** Paths below the output folder; null for `simulate`, and where it could not be written. */
  report: nullOr(object({ json: text, html: text })),
  /** Files that were refused, derived series that lack stacks, a report that could not be written. */
  problems: list(problem),
});
export type OutputsResult = Of<typeof OutputsResult>;

export const EvaluationNumbers = object({
  /** dB; null where the images are equal. */
  psnr: nullOr(number),
  ssim: number,
  nrmse: number,
});
export type EvaluationNumbers = Of<typeof EvaluationNumbers>;

const evaluated = {
  peak: number,
  maskVoxels: number,
  voxels: number,
  test: EvaluationNumbers,
  noisy: nullOr(EvaluationNumbers),
  /** Test less noisy. */
  gain: nullOr(EvaluationNumbers),
};

export const EvaluatedPair = object({
  ...evaluated,
  /** Ids. */
  reference: text,
  series: text,
  forPerson: optional(object({ description: text })),
});
export type EvaluatedPair = Of<typeof EvaluatedPair>;

export const EvaluateResult = object({
  type: only('result'),
  command: only('evaluate'),
  exitCode: ExitCode,
  /** The rules, in words. */
  protocol: object({
    peak: text,
    mask: text,
    ssim: text,
    nrmse: text,
  }),
  ...evaluated,
  /** Of trees: each series with its counterpart; the numbers above are means then, the peak is the largest. */
  pairs: optional(list(EvaluatedPair)),
  /** Of trees: series without a counterpart. */
  problems: optional(list(problem)),
});
export type EvaluateResult = Of<typeof EvaluateResult>;

export const EchoResult = object({
  type: only('result'),
  command: only('echo'),
  exitCode: ExitCode,
  /** Until the target had answered. */
  seconds: number,
});
export type EchoResult = Of<typeof EchoResult>;

export const SendResult = object({
  type: only('result'),
  command: only('send'),
  exitCode: ExitCode,
  /** Instances that the target says it has. */
  sent: number,
  /** Instances of series whose trust report fails, which were not sent. */
  held: number,
  /** Instances that the target did not take, or that could not be read. */
  failed: number,
  /** Files that are no DICOM. */
  others: number,
  bytes: number,
  seconds: number,
  /** Each reason once. */
  problems: list(problem),
});
export type SendResult = Of<typeof SendResult>;

/** A series that an archive has. */
export const FoundSeries = object({
  studyInstanceUid: text,
  seriesInstanceUid: text,
  modality: nullOr(text),
  seriesNumber: nullOr(number),
  /** null where the archive does not say. */
  instances: nullOr(number),
  /** Of this run: null where nothing was to be fetched. */
  fetched: nullOr(number),
  /** What a person knows it by: never logged or reported. */
  forPerson: optional(object({ date: text, description: text })),
});
export type FoundSeries = Of<typeof FoundSeries>;

export const FetchResult = object({
  type: only('result'),
  command: only('fetch'),
  exitCode: ExitCode,
  series: list(FoundSeries),
  /** Instances that were there from an earlier fetch. */
  kept: number,
  fetched: number,
  /** Instances that the archive could not send, or sent in no form that was asked for. */
  failed: number,
  seconds: number,
  /** Each reason once. */
  problems: list(problem),
});
export type FetchResult = Of<typeof FetchResult>;

export const AnomalyResult = object({
  type: only('result'),
  command: only('anomaly'),
  exitCode: ExitCode,
  family: text,
  score: AnomalyScore,
  /** Above these a pixel is marked: of the score (the residual's in shares of the intensity range), and of the baseline. */
  limits: object({ error: number, intensity: number }),
  series: list(SeriesOutcome),
  scores: list(
    object({
      series: text,
      /** That could be scored. */
      slices: number,
      /** Share of the foreground. */
      marked: nullOr(number),
      lesions: nullOr(LesionCheck),
    }),
  ),
  /** Names in the output folder; of the type `AnomalyReport` (contract/anomaly.ts). */
  report: object({ json: text, html: text }),
  problems: list(problem),
});
export type AnomalyResult = Of<typeof AnomalyResult>;

export const SegmentResult = object({
  type: only('result'),
  command: only('segment'),
  exitCode: ExitCode,
  /** Of the model; null: none. */
  family: nullOr(text),
  features: list(SegmentFeature),
  classes: list(SegmentClass),
  /** Of labels; null: clusters, or what was learnt before. */
  learnt: nullOr(SegmentLearnt),
  series: list(SeriesOutcome),
  sizes: list(object({ series: text, segments: list(SegmentSize) })),
  /** Names in the output folder besides those of the series; `report.json` (contract/segment-report.ts) last. */
  files: list(text),
  problems: list(problem),
});
export type SegmentResult = Of<typeof SegmentResult>;

/** What a denoise would do with a series. */
export const PlannedSeries = object({
  id: text,
  kind: oneOf(['dicom', 'nifti']),
  seriesInstanceUid: nullOr(text),
  modality: text,
  /** Files. */
  instances: number,
  columns: number,
  rows: number,
  slices: number,
  frames: number,
  action: oneOf(['denoise', 'skip']),
  /** Why it would be skipped or fail. */
  why: nullOr(problem),
  model: text,
  /** What it would take at its peak; null where only reading tells. */
  memoryBytes: nullOr(number),
  /** As long as such runs took on this computer; null where there was none. */
  seconds: nullOr(number),
  /** As of a run; a model is written only where one is trained. */
  outputs: list(text),
  warnings: list(problem),
  forPerson: optional(object({ description: text, outputs: list(text) })),
});
export type PlannedSeries = Of<typeof PlannedSeries>;

/** Of `denoise --dry-run`. */
export const PlanResult = object({
  type: only('result'),
  command: only('plan'),
  version: text,
  exitCode: ExitCode,
  series: list(PlannedSeries),
  problems: list(problem),
  forPerson: optional(object({ plan: PlanFile })),
});
export type PlanResult = Of<typeof PlanResult>;

/** A job that ended before it had a result of its own. */
export const StoppedResult = object({
  type: only('result'),
  command: nullOr(JobType),
  exitCode: ExitCode,
  stopped: problem,
});
export type StoppedResult = Of<typeof StoppedResult>;
