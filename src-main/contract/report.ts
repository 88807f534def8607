/**
 * The report of one `limpid denoise` run: what report.json holds and report.html shows. docs/report.md documents
 * every key, and a test keeps it so. Plain data that survives JSON: a number that could not be measured is null,
 * never NaN. No patient attribute, no name of a source file: series and files go by ids, hashes and UIDs.
 */
import type { Calibration } from './calibration.js';
import type { Problem } from './errors.js';
import type { ClassicalName, ModelChoice } from './requests.js';
import type { ResidualReport, TrustReport } from './trust.js';

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
  /** Mixed: both in one tree. */
  readonly input: 'dicom' | 'nifti' | 'mixed';
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

/** What a run did with a series: one that is kept was done by an earlier run. */
export type RunStatus = SeriesStatus | 'kept';

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

interface InputReport {
  /** DICOM instances or NIfTI files. */
  readonly instances: number;
  /** DICOM transfer syntax UIDs; empty for NIfTI. */
  readonly transferSyntaxes: readonly string[];
  /** SHA-256 of every source file, in slice order. */
  readonly sha256: readonly string[];
}

interface GeometryReport {
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
    /** What a person gave instead of an estimate; null where nobody did. */
    readonly told: number | null;
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

/** Denoisers compared on the series itself, without a clean image; see restore/evidence.ts. */
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

export interface StageTiming {
  readonly stage: string;
  readonly seconds: number;
}

export interface OutputReport {
  /** A partner is the other half of a complex image: phase, or imaginary part. A sidecar (bval, bvec, json) is the copy of one beside a NIfTI image. */
  readonly role: 'denoised' | 'partner' | 'error-map' | 'uncertainty' | 'model' | 'sidecar';
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
