import {
  either,
  filled,
  list,
  nullOr,
  number,
  type Of,
  object,
  oneOf,
  only,
  optional,
  positive,
  type Schema,
  some,
  variants,
} from '../schema/schema.js';

export const ANOMALY_SCORES = ['features', 'residual'] as const;
/** What marks: how far features are from what is usual at their place, or what a model rebuilds badly. */
export const AnomalyScore = oneOf(ANOMALY_SCORES);
export type AnomalyScore = Of<typeof AnomalyScore>;

export const DEVICE_NAMES = ['auto', 'cpu', 'webgpu', 'cuda', 'dml', 'coreml', 'tensorflow'] as const;
export const DeviceName = oneOf(DEVICE_NAMES);
export type DeviceName = Of<typeof DeviceName>;

export const NOISE_KINDS = ['rician', 'gaussian'] as const;
export const NoiseKind = oneOf(NOISE_KINDS);
export type NoiseKind = Of<typeof NoiseKind>;

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
export const ArtifactName = oneOf(ARTIFACT_NAMES);
export type ArtifactName = Of<typeof ArtifactName>;

/** Severity in the unit of the artifact (artifacts); null takes the usual one. */
export const ArtifactChoice = object({ name: ArtifactName, severity: nullOr(number) });

/** What a network learns from: pairs recorrupted with the known noise, or pixels hidden from it. */
export const OBJECTIVE_NAMES = ['recorrupted', 'masked'] as const;
export const ObjectiveName = oneOf(OBJECTIVE_NAMES);
export type ObjectiveName = Of<typeof ObjectiveName>;

/** Denoisers without a network: non-local means, overlapping DCT blocks, principal components of many frames. */
export const CLASSICAL_NAMES = ['nlm', 'dct', 'mppca'] as const;
export const ClassicalName = oneOf(CLASSICAL_NAMES);
export type ClassicalName = Of<typeof ClassicalName>;

/** Images of each place that principal components need: repeats, echoes, time points or directions. */
export const MPPCA_LEAST_FRAMES = 2;

/** Artifacts that are removed without training; in this order, and noise where `denoise` says. */
export const CLEAN_NAMES = ['spike', 'zipper', 'ghost', 'ring', 'outliers', 'gibbs', 'bias'] as const;
export const CleanName = oneOf(CLEAN_NAMES);
export type CleanName = Of<typeof CleanName>;

/** Whatever is found of all that there is, or these. */
export const Cleaning = either([only('auto'), list(CleanName)]);
export type Cleaning = Of<typeof Cleaning>;

/**
 * Whatever does best on the series, the shipped model adapted to it, one trained on the series itself, a model file,
 * or no network at all; `none` leaves the noise, so that only artifacts are removed.
 */
export const ModelChoice = variants('kind', [
  object({ kind: only('auto') }),
  object({ kind: only('general') }),
  object({ kind: only('self') }),
  object({ kind: only('file'), path: filled }),
  object({ kind: only('none') }),
  object({ kind: ClassicalName }),
]);
export type ModelChoice = Of<typeof ModelChoice>;

export const ModelKind: Schema<ModelChoice['kind']> = oneOf([
  'auto',
  'general',
  'self',
  'file',
  'none',
  ...CLASSICAL_NAMES,
]);

/**
 * The noise level as a person knows it: a number in the units of the images, a map of levels (NIfTI or Parametric
 * Map), a scan without signal, or a file that is one of these two: noise is rough, a map is smooth.
 */
export const NoiseLevel = variants('kind', [
  object({ kind: only('number'), sigma: number }),
  object({ kind: only('map'), path: filled }),
  object({ kind: only('scan'), path: filled }),
  object({ kind: only('file'), path: filled }),
]);
export type NoiseLevel = Of<typeof NoiseLevel>;

/** How much work a result is worth; without one, what pays for itself. More than that has brought 0.03 dB at most. */
export const Effort = oneOf(['fast']);
export type Effort = Of<typeof Effort>;

/** Of MP-PCA: whether what motion between frames changes is taken off before and given back after, where it pays. */
export const Align = oneOf(['off', 'auto']);
export type Align = Of<typeof Align>;

/** A foreign ONNX denoiser: one image in, and the noise level where it asks for one; one image of the same size out. */
export const ForeignModel = object({
  /** Order of the axes; 'auto' tells it by the axis of length 1. */
  layout: oneOf(['auto', 'nchw', 'nhwc']),
  /** Whether it gives the image or the noise (as the published DnCNN). */
  gives: oneOf(['image', 'noise']),
  /** What it expects white to be, for instance 1 or 255. */
  white: positive,
});
export type ForeignModel = Of<typeof ForeignModel>;

/** What of a model file is written out. */
export const ModelPart = oneOf(['whole', 'encoder', 'decoder']);
export type ModelPart = Of<typeof ModelPart>;

/** Which series of the inputs are meant, in a request: those that meet both. */
export const CHOSEN_SERIES = {
  /** Ids or Series Instance UIDs of the series that are meant; absent: all. */
  series: optional(some),
  /** A condition on attributes (base/condition) that series meet; absent: all do. */
  where: optional(filled),
};

/** What describes a pixel that is to be marked: latents of the model; principal components of patches; intensities as they are and blurred; places in the image. */
export const SEGMENT_FEATURES = ['latent', 'components', 'intensity', 'place'] as const;
export const SegmentFeature = oneOf(SEGMENT_FEATURES);
export type SegmentFeature = Of<typeof SegmentFeature>;
