import type { LesionCheck } from './anomaly.js';
import type { ErrorCode, Problem } from './errors.js';
import type { ModelEntry } from './models.js';
import type { PlanFile } from './plan-file.js';
import type { RunStatus } from './report.js';
import type { ArtifactName, JobRequest, PairObjectiveName } from './requests.js';
import type { BlendReport, Verdict } from './trust.js';

/** The last event of a job. */

/** Exit codes of the command line: all done; something failed, the rest done; wrong usage; cancelled. */
export const EXIT = { done: 0, failed: 1, usage: 2, cancelled: 130 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Codes that mean that the request itself was wrong, when they stop a whole job. */
const USAGE_CODES: readonly string[] = [
  'E_USAGE',
  'E_PLAN',
  'E_NOT_FOUND',
  'E_EXISTS',
  'E_INSIDE_SOURCE',
  'E_RESUME',
] satisfies readonly ErrorCode[];

/** The exit code for a problem that stopped a whole job. */
export function exitCodeFor(problem: Problem): ExitCode {
  if (problem.code === 'E_CANCELLED') return EXIT.cancelled;
  return USAGE_CODES.includes(problem.code) ? EXIT.usage : EXIT.failed;
}

/** Refused files that were never images to denoise: leaving them out is no failure. */
const HARMLESS: readonly string[] = ['E_NOT_ELIGIBLE'];

/** Whether what could not be used counts as failed: it may be an image, and it could not be read. */
export function isFailure({ code }: Problem): boolean {
  return code.startsWith('E_') && !HARMLESS.includes(code);
}

/** 0 when something was done and nothing failed; an image that could not be read counts as failed. */
export function exitCodeOf(
  outcomes: readonly { readonly status: string }[],
  problems: readonly Problem[],
): ExitCode {
  const anyDone = outcomes.some(({ status }) => status === 'done' || status === 'kept');
  const anyFailed = outcomes.some(({ status }) => status === 'failed');
  return anyDone && !anyFailed && !problems.some(isFailure) ? EXIT.done : EXIT.failed;
}

export interface NoiseSummary {
  /** Standard deviation, in the units of the volume. */
  readonly sigma: number;
  /** sigma over the median of the foreground, in percent. */
  readonly relative: number;
  readonly distribution: 'rician' | 'gaussian';
  readonly correlated: boolean;
  /** Sigma by each method that had enough to measure; null where it had not. */
  readonly methods: Readonly<Record<string, number | null>>;
  /** False where sigma rests on details of tissue alone and these look correlated: it may be many times too high. */
  readonly certain: boolean;
}

export interface InspectedSeries {
  readonly id: string;
  readonly kind: 'dicom' | 'nifti';
  readonly studyInstanceUid: string | null;
  readonly seriesInstanceUid: string | null;
  readonly seriesNumber: number | null;
  readonly modality: string | null;
  /** Files. */
  readonly instances: number;
  readonly columns: number;
  readonly rows: number;
  readonly slices: number;
  /** Time points, echoes or gradient directions. */
  readonly frames: number;
  /** mm: along a row, along a column, between slices. */
  readonly spacing: readonly [number, number, number];
  /** UIDs; empty for NIfTI. */
  readonly transferSyntaxes: readonly string[];
  /** null where it was not asked for, the series is not eligible or could not be decoded. */
  readonly noise: NoiseSummary | null;
  readonly eligible: boolean;
  readonly why: Problem | null;
  readonly warnings: readonly Problem[];
  /** For the person at the screen only: may hold names. */
  readonly forPerson?: { readonly description: string };
}

export interface InspectResult {
  readonly type: 'result';
  readonly command: 'inspect';
  readonly exitCode: ExitCode;
  readonly series: readonly InspectedSeries[];
  /** Files and paths that were refused. */
  readonly problems: readonly Problem[];
}

export interface SeriesOutcome {
  readonly series: string;
  readonly status: RunStatus;
  readonly problem: Problem | null;
  /**
   * Folders or files below the output folder that hold something of the series now; `*` stands for a name that the
   * tool did not choose. Of a series that failed: what an earlier run made visible.
   */
  readonly outputs: readonly string[];
  readonly derivedSeriesInstanceUid: string | null;
  /** Of `denoise`: what the trust report came to; null where nothing was judged, absent for other commands. */
  readonly trust?: TrustOutcome | null;
  /** The outputs by their names. */
  readonly forPerson?: { readonly outputs: readonly string[] };
}

export interface TrustOutcome {
  readonly verdict: Verdict;
  /** Set where part of the change was taken back. */
  readonly blend: BlendReport | null;
}

/** Of `denoise` and `simulate`. */
export interface OutputsResult {
  readonly type: 'result';
  readonly command: 'denoise' | 'simulate';
  readonly exitCode: ExitCode;
  readonly series: readonly SeriesOutcome[];
  /** Paths below the output folder; null for `simulate`, and where it could not be written. */
  readonly report: { readonly json: string; readonly html: string } | null;
  /** Files that were refused, derived series that lack stacks, a report that could not be written. */
  readonly problems: readonly Problem[];
}

export interface EvaluationNumbers {
  /** dB; null where the images are equal. */
  readonly psnr: number | null;
  readonly ssim: number;
  readonly nrmse: number;
}

export interface EvaluateResult {
  readonly type: 'result';
  readonly command: 'evaluate';
  readonly exitCode: ExitCode;
  /** The rules, in words. */
  readonly protocol: {
    readonly peak: string;
    readonly mask: string;
    readonly ssim: string;
    readonly nrmse: string;
  };
  readonly peak: number;
  readonly maskVoxels: number;
  readonly voxels: number;
  readonly test: EvaluationNumbers;
  readonly noisy: EvaluationNumbers | null;
  /** Test less noisy. */
  readonly gain: EvaluationNumbers | null;
  /** Of trees: each series with its counterpart; the numbers above are means then, the peak is the largest. */
  readonly pairs?: readonly EvaluatedPair[];
  /** Of trees: series without a counterpart. */
  readonly problems?: readonly Problem[];
}

export interface EvaluatedPair
  extends Pick<EvaluateResult, 'peak' | 'maskVoxels' | 'voxels' | 'test' | 'noisy' | 'gain'> {
  /** Ids. */
  readonly reference: string;
  readonly series: string;
  readonly forPerson?: { readonly description: string };
}

export interface SendResult {
  readonly type: 'result';
  readonly command: 'send';
  readonly exitCode: ExitCode;
  /** Instances that the target says it has. */
  readonly sent: number;
  /** Instances of series whose trust report fails, which were not sent. */
  readonly held: number;
  /** Instances that the target did not take, or that could not be read. */
  readonly failed: number;
  /** Files that are no DICOM. */
  readonly others: number;
  readonly bytes: number;
  readonly seconds: number;
  /** Each reason once. */
  readonly problems: readonly Problem[];
}

/** A series that an archive has. */
export interface FoundSeries {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly modality: string | null;
  readonly seriesNumber: number | null;
  /** null where the archive does not say. */
  readonly instances: number | null;
  /** Of this run: null where nothing was to be fetched. */
  readonly fetched: number | null;
  /** What a person knows it by: never logged or reported. */
  readonly forPerson?: { readonly date: string; readonly description: string };
}

export interface FetchResult {
  readonly type: 'result';
  readonly command: 'fetch';
  readonly exitCode: ExitCode;
  readonly series: readonly FoundSeries[];
  /** Instances that were there from an earlier fetch. */
  readonly kept: number;
  readonly fetched: number;
  /** Instances that the archive could not send, or sent in no form that was asked for. */
  readonly failed: number;
  readonly seconds: number;
  /** Each reason once. */
  readonly problems: readonly Problem[];
}

export interface TrainResult {
  readonly type: 'result';
  readonly command: 'train';
  readonly exitCode: ExitCode;
  readonly family: string;
  readonly objective: string;
  readonly parameters: number;
  readonly steps: number;
  readonly bestStep: number;
  readonly heldOut: number | null;
  /** What the family watches, of the kept weights on held-out images; `error` is the loss without penalties. */
  readonly measures: Readonly<Record<string, number>>;
  readonly trainingPlanes: number;
  readonly heldOutPlanes: number;
  readonly seconds: number;
  /** SHA-256 and size of the model file. */
  readonly sha256: string;
  readonly bytes: number;
  /** Id in the library, where it was kept there. */
  readonly kept?: string;
  /** Series that were left out, and why. */
  readonly problems: readonly Problem[];
  readonly forPerson?: WrittenForPerson;
}

/** What a training would be. */
export interface TrainingFacts {
  readonly parameters: number;
  /** null: as many as fit into the minutes. */
  readonly steps: number | null;
  readonly patchSize: number;
  readonly batchSize: number;
  readonly trainingPlanes: number;
  readonly heldOutPlanes: number;
  /** What judges: whole patients, neighbouring slices, or neighbouring time points. */
  readonly split: 'patients' | 'slices' | 'frames';
  readonly settings: FamilyInfo['defaults'];
  /** Length of a latent vector and the pixels on a side that it stands for; null: none. */
  readonly latent: { readonly channels: number; readonly cell: number } | null;
}

export interface CheckTrainingResult {
  readonly type: 'result';
  readonly command: 'check-training';
  readonly exitCode: ExitCode;
  readonly facts: TrainingFacts;
}

/** An autoencoder family as a person chooses it. */
export interface FamilyInfo {
  readonly name: string;
  /** One sentence: what it is good for. */
  readonly summary: string;
  readonly timeSeries: boolean;
  readonly wholePlanes: boolean;
  readonly defaults: Readonly<Record<string, number | boolean | string>>;
  /** From and to of numbers, choices of texts; absent: any of the type of the default. */
  readonly ranges: Readonly<Record<string, SettingRange>>;
  /** The setting that is the length of a latent vector; null: none. */
  readonly latentSetting: string | null;
  /** What it can learn; the first is what it learns unless told. */
  readonly objectives: readonly PairObjectiveName[];
}

export type SettingRange =
  | { readonly from: number; readonly to: number; readonly whole: boolean }
  | { readonly choices: readonly string[] };

export interface FamiliesResult extends FamilyChoices {
  readonly type: 'result';
  readonly command: 'families';
  readonly exitCode: ExitCode;
}

export interface FamilyChoices {
  readonly families: readonly FamilyInfo[];
  /** Artifacts that can be learnt away: usual severity and its unit. */
  readonly artifacts: readonly {
    readonly name: ArtifactName;
    readonly usual: number;
    readonly least: number;
    readonly most: number;
    readonly unit: string;
  }[];
}

export interface PretrainResult {
  readonly type: 'result';
  readonly command: 'pretrain';
  readonly exitCode: ExitCode;
  readonly steps: number;
  readonly bestStep: number;
  /** Mean squared error on procedural images that no step saw, weighted by level. */
  readonly heldOut: number | null;
  readonly seconds: number;
  readonly sha256: string;
  readonly bytes: number;
}

export interface AnomalyResult {
  readonly type: 'result';
  readonly command: 'anomaly';
  readonly exitCode: ExitCode;
  readonly family: string;
  /** Shares of the intensity range above which a pixel is marked, by the model and by the baseline. */
  readonly limits: { readonly error: number; readonly intensity: number };
  readonly series: readonly SeriesOutcome[];
  readonly scores: readonly {
    readonly series: string;
    /** That could be scored. */
    readonly slices: number;
    /** Share of the foreground. */
    readonly marked: number | null;
    readonly lesions: LesionCheck | null;
  }[];
  /** Names in the output folder; of the type `AnomalyReport` (contract/anomaly.ts). */
  readonly report: { readonly json: string; readonly html: string };
  readonly problems: readonly Problem[];
}

export interface LatentResult {
  readonly type: 'result';
  readonly command: 'latent';
  readonly exitCode: ExitCode;
  readonly family: string;
  readonly series: number;
  readonly slices: number;
  /** Numbers a vector. */
  readonly length: number;
  /** Share of the variance along the first two principal components. */
  readonly explained: readonly [number, number];
  /** Slices in each. */
  readonly clusters: readonly number[];
  readonly silhouette: number | null;
  /** Slices that were looked up. */
  readonly queries: number;
  /** Names in the output folder; `latent.json` (contract/latent.ts) last. */
  readonly files: readonly string[];
  /** Series that were left out, and why. */
  readonly problems: readonly Problem[];
}

export interface GenerateResult {
  readonly type: 'result';
  readonly command: 'generate';
  readonly exitCode: ExitCode;
  readonly family: string;
  /** What the latents were drawn from. */
  readonly prior: 'standard normal' | 'Markov mesh of codes';
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
  /** Names in the output folder; `generate.json` last. */
  readonly files: readonly string[];
}

export interface CompressResult {
  readonly type: 'result';
  readonly command: 'compress';
  readonly exitCode: ExitCode;
  /** Of the whole file. */
  readonly bytes: number;
  readonly pixels: number;
  readonly bitsPerPixel: number;
  /** dB of the scaled series, whose 0.5 and 99.5 percentiles are 0 and 1 (the peak); null: nothing was lost. */
  readonly psnr: number | null;
  readonly forPerson?: WrittenForPerson;
}

export interface DecompressResult {
  readonly type: 'result';
  readonly command: 'decompress';
  readonly exitCode: ExitCode;
  readonly columns: number;
  readonly rows: number;
  readonly slices: number;
  readonly frames: number;
  readonly forPerson?: WrittenForPerson;
}

export interface ModelsResult {
  readonly type: 'result';
  readonly command: 'models';
  readonly exitCode: ExitCode;
  readonly action: 'list' | 'show' | 'import' | 'export' | 'delete';
  readonly models: readonly ModelEntry[];
  /** Of `show`: what the file says of itself. */
  readonly card: object | null;
  /** Of `export`. */
  readonly forPerson?: WrittenForPerson;
}

/** The file that was asked for and written: a path, for the one at the screen. */
export interface WrittenForPerson {
  readonly file: string;
}

/** What a denoise would do with a series. */
export interface PlannedSeries {
  readonly id: string;
  readonly kind: 'dicom' | 'nifti';
  readonly seriesInstanceUid: string | null;
  readonly modality: string;
  /** Files. */
  readonly instances: number;
  readonly columns: number;
  readonly rows: number;
  readonly slices: number;
  readonly frames: number;
  readonly action: 'denoise' | 'skip';
  /** Why it would be skipped or fail. */
  readonly why: Problem | null;
  readonly model: string;
  /** What it would take at its peak; null where only reading tells. */
  readonly memoryBytes: number | null;
  /** As long as such runs took on this computer; null where there was none. */
  readonly seconds: number | null;
  /** As of a run; a model is written only where one is trained. */
  readonly outputs: readonly string[];
  readonly warnings: readonly Problem[];
  readonly forPerson?: { readonly description: string; readonly outputs: readonly string[] };
}

/** Of `denoise --dry-run`. */
export interface PlanResult {
  readonly type: 'result';
  readonly command: 'plan';
  readonly version: string;
  readonly exitCode: ExitCode;
  readonly series: readonly PlannedSeries[];
  readonly problems: readonly Problem[];
  readonly forPerson?: { readonly plan: PlanFile };
}

/** A job that ended before it had a result of its own. */
export interface StoppedResult {
  readonly type: 'result';
  readonly command: JobRequest['type'] | null;
  readonly exitCode: ExitCode;
  readonly stopped: Problem;
}
