/**
 * The report of one `limpid denoise` run: what report.json holds and report.html shows. docs/report.md documents
 * every key, and a test keeps it so. Plain data that survives JSON: a number that could not be measured is null,
 * never NaN. No patient attribute, no name of a source file: series and files go by ids, hashes and UIDs.
 */
import type { Calibration } from './calibration.js';
import type { Problem } from './errors.js';
import type { ClassicalName, ModelChoice } from './requests.js';

/** Raised by one whenever a key changes its meaning or goes; new keys alone do not raise it. */
export const REPORT_SCHEMA_VERSION = 1;

export const NOTICE = 'Not for diagnostic use';

export interface Report {
  readonly schemaVersion: typeof REPORT_SCHEMA_VERSION;
  readonly notice: typeof NOTICE;
  readonly tool: { readonly name: 'limpid'; readonly version: string };
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** Wall time of the whole run; s. */
  readonly seconds: number;
  readonly request: RequestReport;
  readonly device: DeviceReport;
  /** What concerns the run as a whole; what concerns one series stands there. */
  readonly warnings: readonly Problem[];
  readonly series: readonly SeriesReport[];
}

export interface RequestReport {
  readonly input: 'dicom' | 'nifti';
  readonly model: {
    /** `self`: trained on the series itself; `file`: an ONNX file was given; others: no network. */
    readonly kind: ModelChoice['kind'];
    /** SHA-256 of the model file; null where there is none. */
    readonly sha256: string | null;
  };
  /** What training learnt from. */
  readonly objective: 'recorrupted' | 'masked';
  /** What a network makes is to be refined by groups of like patches; not of families and filters. */
  readonly refine: boolean;
  /** Training steps asked for; null where the default rule chose. */
  readonly steps: number | null;
  readonly seed: number;
  /** 0 leaves the image as it is, 1 removes all that the model takes for noise. */
  readonly strength: number;
  readonly device: string;
  readonly errorMap: boolean;
  /** Uncertainty map written. */
  readonly uncertainty: boolean;
  readonly force: boolean;
  /** A failed trust report refuses the result instead of taking part of it back. */
  readonly strict: boolean;
}

export interface DeviceReport {
  /** The one that ran: cpu, webgpu, cuda, ... */
  readonly name: string;
  readonly description: string;
  /** Why it is not the one that was asked for, where it is not. */
  readonly warnings: readonly Problem[];
}

export type SeriesStatus = 'done' | 'failed' | 'skipped';

export interface SeriesReport {
  /** The tool's own id of the series, unique in the report. */
  readonly id: string;
  /** DICOM modality (MR, CT, ...), or NIFTI. */
  readonly modality: string;
  readonly status: SeriesStatus;
  /** Why the series failed or was skipped; null when done. */
  readonly problem: Problem | null;
  readonly input: InputReport;
  readonly geometry: GeometryReport | null;
  readonly noise: NoiseReport | null;
  /** How `auto` chose its denoiser; null for other models, and where there was nothing to choose. */
  readonly race: RaceReport | null;
  readonly training: TrainingReport | null;
  readonly residual: ResidualReport | null;
  /** Whether the result can be trusted; null where no denoiser ran. */
  readonly trust: TrustReport | null;
  readonly timings: readonly StageTiming[];
  readonly warnings: readonly Problem[];
  readonly outputs: readonly OutputReport[];
}

export interface InputReport {
  /** DICOM instances or NIfTI files. */
  readonly instances: number;
  /** DICOM transfer syntax UIDs; empty for NIfTI. */
  readonly transferSyntaxes: readonly string[];
  /** SHA-256 of every source file, in slice order. */
  readonly sha256: readonly string[];
}

export interface GeometryReport {
  readonly columns: number;
  readonly rows: number;
  readonly slices: number;
  readonly frames: number;
  /** Between voxel centres along a row, along a column and between slices; mm, where `calibration` is not 'none'. */
  readonly spacing: readonly [number, number, number];
  /** What the lengths in the plane are; 'none': no file tells the size of a pixel, and lengths are in pixels. */
  readonly calibration: Calibration;
  /** What the values are: HU, a.u., ... */
  readonly units: string;
}

/** A noise estimate without its arrays. */
export interface NoiseReport {
  /** Standard deviation of the Gaussian noise in each channel of the complex signal; units of the volume. */
  readonly sigma: number;
  readonly distribution: 'rician' | 'gaussian';
  /** The same level by each method; null where it does not apply. */
  readonly methods: {
    readonly background: number | null;
    readonly wavelet: number | null;
    readonly spectrum: number | null;
    readonly repeats: number | null;
    /** From the loss that training could not get under; null where the level was certain without. */
    readonly training: number | null;
  };
  /** sigma over the median foreground; %. */
  readonly relative: number;
  /** Lag-1 correlation of the noise along each axis; 0 is white. */
  readonly correlation: { readonly x: number; readonly y: number; readonly z: number };
  readonly correlated: boolean;
  /** False where the level is a guess: then training did without it. */
  readonly certain: boolean;
  /** Relative spread of the spatial noise map; 0 is uniform. */
  readonly mapVariation: number;
  readonly airMasked: boolean;
  /** Distinct values and the smallest step between them. */
  readonly quantisation: { readonly levels: number; readonly step: number };
  /** Share of voxels in the foreground, 0 to 1. */
  readonly foreground: number;
  readonly warnings: readonly Problem[];
}

export interface TrainingReport {
  /** Autoencoder family, for example residual-unet. */
  readonly family: string;
  readonly parameters: number;
  readonly steps: number;
  readonly seed: number;
  /** The step whose weights were kept; null where nothing was held out. */
  readonly bestStep: number | null;
  readonly seconds: number;
  readonly curves: readonly CurvePoint[];
}

export interface CurvePoint {
  readonly step: number;
  readonly loss: number;
  /** Loss on voxels that training never saw; null at steps where it was not measured. */
  readonly heldOut: number | null;
}

/** What took part: the shipped network, the same adapted to the series, or a filter. */
export type ContenderName = 'general' | 'adapted' | ClassicalName;

/** Denoisers compared on the series itself, without a clean image; see denoise/evidence.ts. */
export interface RaceReport {
  readonly winner: ContenderName;
  /** recorrupted: held-out loss under added noise; repeats: against frames that no contender saw. */
  readonly evidence: 'recorrupted' | 'repeats';
  /** Whether the lead of the winner is more than two standard errors. */
  readonly clear: boolean;
  /** False where the evidence rests on a noise level that is a guess. */
  readonly reliable: boolean;
  /** Best first. */
  readonly contenders: readonly ContenderReport[];
  /** What the race cannot tell, in words; empty where nothing is in its way. */
  readonly limits: readonly string[];
}

export interface ContenderReport {
  readonly name: ContenderName;
  /** Mean squared error over the noise variance, estimated; 1 is the noisy image. */
  readonly error: number;
  /** Of the difference to the winner. */
  readonly standardError: number;
  /** The same in dB: how much more noise it takes away than the noisy image has; null where the error is under 0. */
  readonly gain: number | null;
  readonly seconds: number;
}

export type Verdict = 'pass' | 'warn' | 'fail';

/** Statistics of the residual, input minus output, in the foreground; see trust/residual.ts for each. */
export interface ResidualReport {
  readonly verdict: Verdict;
  readonly reasons: readonly ResidualReason[];
  readonly voxels: number;
  /** Standard deviation over sigma; about 1 or less. */
  readonly sdOverSigma: number | null;
  /** Mean over sigma; 0 without bias. */
  readonly meanOverSigma: number | null;
  /** Lag-1 correlation along each axis; that of the noise, 0 where it is white. */
  readonly correlation: { readonly x: number | null; readonly y: number | null; readonly z: number | null };
  /** Pearson correlation of |residual| with the gradient magnitude of the output; 0 where no edge was touched. */
  readonly edgeCorrelation: number | null;
  /** SD of the residual at the steepest tenth of the foreground over that in its flattest half; 1 for noise. */
  readonly edgeRatio: number | null;
  /** SD of the means of 8 x 8 blocks over what noise of this level would give; 1 for noise. */
  readonly localMeanRatio: number | null;
  /** Disc sums that one in a thousand exceeds, over those of pure noise; more than 1 is small things removed. */
  readonly faintRatio: number | null;
}

export type ResidualMeasure =
  | 'sdOverSigma'
  | 'meanOverSigma'
  | 'correlation'
  | 'edgeCorrelation'
  | 'edgeRatio'
  | 'localMeanRatio'
  | 'faintRatio'
  | 'voxels'
  | 'sigma';

export interface ResidualReason {
  readonly measure: ResidualMeasure;
  readonly verdict: 'warn' | 'fail';
  readonly value: number;
  /** The threshold that the value crossed. */
  readonly limit: number;
  readonly message: string;
}

/** The tests of a denoiser and its result, and what they lead to; see trust/assess.ts. */
export interface TrustReport {
  /** Of what was written: never pass where something was taken back. */
  readonly verdict: Verdict;
  /** What the tests found in the full result, before anything was taken back; worst first. */
  readonly reasons: readonly TrustReason[];
  /** Set where the full result failed, or had nothing to remove: the part of the change that was written. */
  readonly blend: BlendReport | null;
  /** Slices that the denoiser was run on again, from 1; null where it could not be. */
  readonly probe: { readonly first: number; readonly slices: number } | null;
  readonly signal: SignalReport;
  readonly level: LevelReport | null;
  readonly retention: RetentionReport | null;
  /** What a second pass over the result changes. */
  readonly again: { readonly changeOverSigma: number | null } | null;
  /** Whether the input had noise to remove. */
  readonly clean: CleanReport;
  readonly uncertainty: UncertaintyReport | null;
  /** Distance from what the model was trained on; null where the model does not tell. */
  readonly familiarity: FamiliarityReport | null;
  /** Error against repeats; null without repeats. */
  readonly umse: UmseReport | null;
}

/** Whether the full result still shows what the source shows; see trust/signal.ts. */
export interface SignalReport {
  /** Tissue of the source. */
  readonly voxels: number;
  /** Share of it that is not dark in the result; null without any. */
  readonly left: number | null;
  /** Pearson correlation of source and result; null where the source shows noise alone. */
  readonly alike: number | null;
  /** Root mean square change there, over what noise makes; null where the level of the noise is not known. */
  readonly changeOverSigma: number | null;
  /** Share of the result that are no numbers. */
  readonly notFinite: number;
}

export type TrustTest =
  | 'signal'
  | 'residual'
  | 'level'
  | 'correlation'
  | 'remaining'
  | 'retention'
  | 'again'
  | 'clean'
  | 'familiarity'
  | 'umse'
  | 'airMasked'
  | 'probe';

export interface TrustReason {
  readonly test: TrustTest;
  /** A note does not count against the result. */
  readonly verdict: 'note' | 'warn' | 'fail';
  /** null for notes without a number. */
  readonly value: number | null;
  readonly limit: number | null;
  readonly message: string;
  readonly remedy: string;
}

export interface BlendReport {
  /** 0 is the input, 1 the full result. */
  readonly share: number;
  readonly why: 'fail' | 'clean';
}

export interface CleanReport {
  readonly recognised: boolean;
  /** Range of the input over the change that was written, in the foreground; dB; null where nothing changed. */
  readonly psnr: number | null;
}

export interface UncertaintyReport {
  /** Mean of the standard deviation of the error over sigma, in the foreground of the probed slices. */
  readonly meanOverSigma: number;
  readonly calibration: {
    readonly factor: number;
    /** What the factor was set on. */
    readonly source: string;
    /** Share of voxels within the 90 % interval on other images of known truth: least and greatest. */
    readonly coverage: readonly [number, number];
    readonly coverageSource: string;
  };
}

/** What a model was trained on, in numbers; in the card of the model. */
export interface TrainingStatistics {
  readonly features: readonly string[];
  readonly mean: readonly number[];
  readonly spread: readonly number[];
  /** Of the features between slices. */
  readonly covariance: readonly (readonly number[])[];
  readonly slices: number;
  /** Distance above which a series counts as foreign. */
  readonly limit: number;
}

export interface FamiliarityReport {
  readonly distance: number;
  /** Above this the series is foreign to the model. */
  readonly limit: number;
  /** The feature that is furthest off. */
  readonly furthest: string;
}

/** Mean squared errors over sigma squared, from repeats; see trust/umse.ts. */
export interface UmseReport {
  readonly input: number;
  readonly output: number;
  /** dB; null where an error is too small to measure. */
  readonly gain: number | null;
  /** Repeats that were looked at. */
  readonly frames: number;
}

/** A second opinion on the noise, measured where the output is flat; see trust/level.ts. null: too little tissue. */
export interface LevelReport {
  /** Noise that the input shows over the level that was used; 1 where that was right. */
  readonly measuredOverSigma: number | null;
  /** Noise that the output still has over the level that was used. */
  readonly remainingOverSigma: number | null;
  /** Lag-1 correlation of the input's noise. */
  readonly correlation: { readonly x: number | null; readonly y: number | null };
}

/** How much of inserted faint lesions survives the denoiser; see trust/retention.ts. */
export interface RetentionReport {
  readonly lesions: number;
  /**
   * The lesions whose matched-filter signal-to-noise ratio is 5 or more; mean over their sizes and contrasts, in percent
   * of what was inserted.
   */
  readonly visible: {
    readonly count: number;
    readonly mean: number | null;
    /** Standard error of the mean: so far may it be off for the places that were drawn. */
    readonly error: number | null;
  };
  readonly rows: readonly RetentionRow[];
}

export interface RetentionRow {
  /** mm; pixels of a series that is not calibrated. */
  readonly diameter: number;
  /** Amplitude over sigma. */
  readonly contrast: number;
  readonly count: number;
  /** Contrast recovered, percent. */
  readonly mean: number;
  /** Standard deviation between places; percent. */
  readonly spread: number;
  /** Mean of those brighter and of those darker than the tissue; null where there is none. */
  readonly bright: number | null;
  readonly dark: number | null;
}

export interface StageTiming {
  readonly stage: string;
  readonly seconds: number;
}

export interface OutputReport {
  readonly role: 'denoised' | 'error-map' | 'uncertainty' | 'model';
  /** Relative to the report, with forward slashes; the tool made the name (for NIfTI: from the input's). */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** null for NIfTI. */
  readonly seriesInstanceUid: string | null;
  readonly sopInstanceUid: string | null;
}

/** Pictures of one series for report.html; they are not in report.json. */
export interface SeriesImages {
  readonly seriesId: string;
  readonly columns: number;
  readonly rows: number;
  /** Along a row and along a column; mm, or only their ratio where `calibration` is 'none'. */
  readonly spacing: readonly [number, number];
  readonly calibration: Calibration;
  readonly units: string;
  /** Value shown black and value shown white, the same before and after. */
  readonly window: { readonly low: number; readonly high: number };
  /** Units of the volume. */
  readonly sigma: number;
  /** Residual in sigma that the extreme grey of a residual picture stands for: grey 128 is 0. */
  readonly residualRange: number;
  /** Standard deviation of the error in sigma that the white of an uncertainty picture stands for. */
  readonly uncertaintyRange: number;
  /** Patient direction at each border (L, R, A, P, H, F); empty strings where unknown. */
  readonly borders: Borders;
  readonly slices: readonly SliceImages[];
}

export interface Borders {
  readonly left: string;
  readonly right: string;
  readonly top: string;
  readonly bottom: string;
}

/** 8-bit grey PNG data URLs at native resolution. */
export interface SliceImages {
  /** From 1, in the order of the volume. */
  readonly number: number;
  readonly of: number;
  readonly before: string;
  readonly after: string;
  /** grey = 128 + 127 * residual / (residualRange * sigma), clipped to 1..255. */
  readonly residual: string;
  /** grey = 255 * standard deviation of the error / (uncertaintyRange * sigma), clipped; null where it was not measured. */
  readonly uncertainty: string | null;
}

/** What report.html embeds. */
export interface ReportPage {
  readonly report: Report;
  readonly images: readonly SeriesImages[];
  /** Series done whose pictures were left out to keep the file small enough to open. */
  readonly imagesLeftOut: number;
}
