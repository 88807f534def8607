/**
 * What a person or a script asks for: plain data that crosses from the command line or the window to the
 * compute process. Paths are as the person gave them.
 */

export const DEVICE_NAMES = ['auto', 'cpu', 'webgpu', 'cuda', 'dml', 'coreml', 'tensorflow'] as const;
export type DeviceName = (typeof DEVICE_NAMES)[number];

export const NOISE_KINDS = ['rician', 'gaussian'] as const;
export type NoiseKind = (typeof NOISE_KINDS)[number];

/** Artifacts that can be simulated: of MR in k-space or as a field, of CT in the sinogram. */
export const ARTIFACT_NAMES = [
  'bias',
  'ghost',
  'gibbs',
  'motion',
  'ring',
  'spike',
  'starvation',
  'streak',
] as const;
export type ArtifactName = (typeof ARTIFACT_NAMES)[number];

/** What a network learns from: pairs recorrupted with the known noise, or pixels hidden from it. */
export const OBJECTIVE_NAMES = ['recorrupted', 'masked'] as const;
export type ObjectiveName = (typeof OBJECTIVE_NAMES)[number];

export interface InspectRequest {
  readonly type: 'inspect';
  /** Files, folders, DICOMDIRs, zips or NIfTI files. */
  readonly paths: readonly string[];
}

/** Train on the series itself, or use a model file. */
export type ModelChoice = { readonly kind: 'self' } | { readonly kind: 'file'; readonly path: string };

export interface DenoiseRequest {
  readonly type: 'denoise';
  readonly input: string;
  /** Folder: new, empty, or of an earlier run with the same settings. */
  readonly output: string;
  readonly model: ModelChoice;
  readonly objective: ObjectiveName;
  /** Training steps; null lets the training choose. */
  readonly steps: number | null;
  readonly seed: number;
  /** 0 returns the input, 1 the full result. */
  readonly strength: number;
  readonly device: DeviceName;
  readonly errorMap: boolean;
  /** Also write one standard deviation of the error at each voxel; absent: no. */
  readonly uncertainty?: boolean;
  /** Refuse a result whose trust report fails, instead of taking part of it back; absent: no. */
  readonly strict?: boolean;
  /** Also denoise series that Limpid wrote. */
  readonly force: boolean;
  /** Ids of the series to denoise, the rest being left alone; absent: all. */
  readonly only?: readonly string[];
}

export interface EvaluateRequest {
  readonly type: 'evaluate';
  readonly reference: string;
  readonly test: string;
  readonly noisy: string | null;
  readonly mask: { readonly kind: 'auto' } | { readonly kind: 'file'; readonly path: string };
}

export interface SimulateRequest {
  readonly type: 'simulate';
  readonly input: string;
  /** Folder as for denoise; for a NIfTI input also a file that ends in .nii or .nii.gz. */
  readonly output: string;
  /** Added after the artifact; null: no noise. */
  readonly noise: NoiseKind | null;
  /** Standard deviation in percent of the brightest voxel (the convention of BrainWeb). */
  readonly level: number;
  /** Severity in the unit of the artifact (noise/artifacts); null takes the usual one. */
  readonly artifact?: { readonly name: ArtifactName; readonly severity: number | null };
  readonly seed: number;
}

export type JobRequest = InspectRequest | DenoiseRequest | EvaluateRequest | SimulateRequest;
