import type { Problem } from './errors.js';
import type { LearningPoint } from './models.js';
import type { RunStatus } from './report.js';
import type {
  AnomalyResult,
  CheckTrainingResult,
  CompressResult,
  DecompressResult,
  EvaluateResult,
  FamiliesResult,
  FetchResult,
  GenerateResult,
  InspectResult,
  LatentResult,
  ModelsResult,
  OutputsResult,
  PlanResult,
  PretrainResult,
  SendResult,
  StoppedResult,
  TrainResult,
  TrustOutcome,
} from './results.js';

/**
 * What a job tells while it runs. With `--json` each is one line; series and files appear as ids, never by name.
 * A `Problem` may carry a `place` for the person at the screen: strip it (`forScripts`) before it is written.
 */

/** The stages of a job, in order; what `done` and `total` count is in `unit`. */
export type Stage =
  | 'scan'
  | 'send'
  | 'fetch'
  | 'read'
  | 'noise'
  | 'train'
  | 'denoise'
  | 'simulate'
  | 'apply'
  | 'write'
  | 'report';

export interface ProgressEvent {
  readonly type: 'progress';
  readonly series: string | null;
  readonly stage: Stage;
  readonly unit: 'files' | 'slices' | 'steps' | 'rounds' | 'series';
  readonly done: number;
  /** null: not known yet. */
  readonly total: number | null;
  /** Units a second; null until it can be measured. */
  readonly rate: number | null;
  readonly secondsLeft: number | null;
  /** Training only: mean loss of late steps, and the loss on held-out pixels where it was measured. */
  readonly loss?: number;
  readonly heldOut?: number | null;
}

export interface ScanEvent {
  readonly type: 'scan';
  readonly files: number;
  readonly series: number;
  /** Files that were refused; each comes as a `warning` too. */
  readonly refused: number;
  /** Files that do not claim to be images, such as a LICENSE; nothing is said of each. */
  readonly others: number;
}

interface SeriesStartEvent {
  readonly type: 'series-start';
  readonly series: string;
  /** Counts from 1. */
  readonly index: number;
  readonly of: number;
}

export interface SeriesDoneEvent {
  readonly type: 'series-done';
  readonly series: string;
  /** `kept`: an earlier run had finished it. */
  readonly status: RunStatus;
  /** Why it failed or was skipped. */
  readonly problem: Problem | null;
  readonly seconds: number;
  /** Of `denoise`: what the trust report came to; null or absent where nothing was judged. */
  readonly trust?: TrustOutcome | null;
}

export interface WarningEvent {
  readonly type: 'warning';
  readonly series: string | null;
  /** The id of the file, where one file is meant. */
  readonly file?: string;
  readonly problem: Problem;
}

interface DeviceEvent {
  readonly type: 'device';
  readonly device: string;
  readonly description: string;
}

/** A training was measured on held-out images; the first of a resumed run tells all points that there were before. */
export interface LearningEvent {
  readonly type: 'learning';
  readonly points: readonly LearningPoint[];
  readonly best: { readonly step: number; readonly heldOut: number } | null;
  /** Rebuilt patches that were left for the window; null: none this time. */
  readonly preview: Preview | null;
}

/** What `Resource` 'training-preview' finds. */
export interface Preview {
  readonly step: number;
  /** Patches, and their side in pixels. */
  readonly count: number;
  readonly size: number;
  /** Whether it stays when the next one comes. */
  readonly lasting: boolean;
}

export type ResultEvent =
  | InspectResult
  | OutputsResult
  | EvaluateResult
  | SendResult
  | FetchResult
  | TrainResult
  | PretrainResult
  | CheckTrainingResult
  | FamiliesResult
  | AnomalyResult
  | LatentResult
  | GenerateResult
  | CompressResult
  | DecompressResult
  | ModelsResult
  | PlanResult
  | StoppedResult;

export type JobEvent =
  | ScanEvent
  | SeriesStartEvent
  | ProgressEvent
  | LearningEvent
  | WarningEvent
  | DeviceEvent
  | SeriesDoneEvent
  | ResultEvent;

export type Emit = (event: JobEvent) => void;
