/**
 * What a person or a script asks for: plain data that crosses from the command line or the window to the
 * compute process. Paths are as the person gave them.
 */
import {
  either,
  filled,
  flag,
  level,
  list,
  nullOr,
  number,
  type Of,
  object,
  oneNamed,
  oneOf,
  only,
  optional,
  share,
  some,
  texts,
  tuple,
  variants,
  whole,
} from '../schema/schema.js';
import {
  Align,
  AnomalyScore,
  ArtifactChoice,
  CHOSEN_SERIES,
  Cleaning,
  DeviceName,
  Effort,
  ForeignModel,
  ModelChoice,
  ModelPart,
  NoiseKind,
  NoiseLevel,
  ObjectiveName,
} from './choices.js';
import { IndexRequest, LikeRequest, ProbeRequest, SegmentRequest } from './encoders.js';
import { EchoRequest, FetchRequest, SendRequest } from './network.js';
import { CheckTrainingRequest, FamiliesRequest, PretrainRequest, TrainRequest } from './training.js';

export const InspectRequest = object({
  type: only('inspect'),
  /** Files, folders, DICOMDIRs, zips or NIfTI files. */
  paths: some,
  /** Also read the pixels: the noise level, and damage that hides in them. */
  noise: optional(flag),
  ...CHOSEN_SERIES,
});
export type InspectRequest = Of<typeof InspectRequest>;

export const DenoiseRequest = object({
  type: only('denoise'),
  input: filled,
  /** Folder: new, empty, or of an earlier run with the same settings. */
  output: filled,
  model: ModelChoice,
  /** Artifacts that are removed too; absent: none. */
  clean: optional(Cleaning),
  objective: ObjectiveName,
  /** Training steps; null lets the training choose. */
  steps: nullOr(whole),
  /** Of the models `auto` and `general`: whether, and for how many steps, the network is fine-tuned (`on`: the usual number); absent is `off`. */
  adapt: optional(either([oneOf(['off', 'on']), whole])),
  /** Refine what the network makes by groups of like patches of the noisy image; absent: yes. Not of the families. */
  refine: optional(flag),
  /** Absent: `auto`. */
  align: optional(Align),
  /** Of networks: no race and a pass less of refining; absent: both. */
  effort: optional(Effort),
  seed: whole,
  /** 0 returns the input, 1 the full result. */
  strength: share,
  device: DeviceName,
  errorMap: flag,
  /** Also write one standard deviation of the error at each voxel; absent: no. */
  uncertainty: optional(flag),
  /** Instead of an estimate; absent: the noise is measured. */
  noiseLevel: optional(NoiseLevel),
  /** Where maps of the noise level that was used are written: a new NIfTI file for one NIfTI image, else a folder. */
  noiseMap: optional(filled),
  /** The same of the bias field by which the images are divided, which is 1 where none is removed; needs `clean`. */
  fieldMap: optional(filled),
  /** Refuse a result whose trust report fails, instead of taking part of it back; absent: no. */
  strict: optional(flag),
  /** Also denoise series that Limpid wrote. */
  force: flag,
  /** Ids of the series to denoise, the rest being left alone; absent: all. */
  only: optional(some),
  /** Write NIfTI results as derivatives of the Brain Imaging Data Structure; absent: no. */
  bids: optional(flag),
  /** Further inputs beside the first: all are one input then. */
  more: optional(some),
  /** The same by ids or Series Instance UIDs. */
  series: optional(some),
  /** A condition on attributes (base/condition) that series to denoise meet; absent: all do. */
  where: optional(filled),
  /** Only say what would be done with each series. */
  dryRun: optional(flag),
  /** Of a dry run: also make a plan file; there is no output. */
  planFile: optional(flag),
  /** The input is a plan file: what it says is done, or a share of it, K of N from 1. */
  plan: optional(object({ shard: nullOr(tuple([whole, whole])) })),
});
export type DenoiseRequest = Of<typeof DenoiseRequest>;

export const EvaluateRequest = object({
  type: only('evaluate'),
  reference: filled,
  test: filled,
  noisy: nullOr(filled),
  mask: variants('kind', [object({ kind: only('auto') }), object({ kind: only('file'), path: filled })]),
  ...CHOSEN_SERIES,
});
export type EvaluateRequest = Of<typeof EvaluateRequest>;

export const SimulateRequest = object({
  type: only('simulate'),
  input: filled,
  /** Folder as for denoise; for a NIfTI input also a file that ends in .nii or .nii.gz. */
  output: filled,
  /** Added after the artifact; null: no noise. */
  noise: nullOr(NoiseKind),
  /** Standard deviation in percent of the brightest voxel (the convention of BrainWeb). */
  level: level,
  /** Severity in the unit of the artifact (artifacts); null takes the usual one. */
  artifact: optional(ArtifactChoice),
  seed: whole,
});
export type SimulateRequest = Of<typeof SimulateRequest>;

/** Models kept in the user's data folder, by id or name. */
const models = only('models');
export const ModelsRequest = variants('action', [
  object({ type: models, action: only('list') }),
  object({ type: models, action: only('show'), model: filled }),
  object({
    type: models,
    action: only('import'),
    path: filled,
    /** null: made of family and id. */
    name: nullOr(filled),
    /** null: a model of Limpid, which has a card. */
    foreign: nullOr(ForeignModel),
  }),
  object({
    type: models,
    action: only('export'),
    model: filled,
    path: filled,
    /** Instead of the whole model: the encoder (image in, latent out) or the decoder (latent in, image out). */
    part: ModelPart,
  }),
  object({ type: models, action: only('delete'), model: filled }),
]);
export type ModelsRequest = Of<typeof ModelsRequest>;

/** Where series differ from the images that a model was trained on. */
export const AnomalyRequest = object({
  type: only('anomaly'),
  /** File, or id or name from the library. */
  model: filled,
  input: filled,
  /** Folder: new or empty. */
  output: filled,
  /** Normal images to calibrate on, that the model was not trained on; empty: what the model file says of its own. */
  normal: texts,
  /** Share of normal foreground that the mask may mark by mistake. */
  falsePositiveRate: share,
  /** What marks: features unlike those of their place, or what the model rebuilds badly; absent: features where the model knows them. */
  score: optional(AnomalyScore),
  /** Also insert lesions of known size and contrast into the input, and measure how they are told. */
  lesions: flag,
  seed: whole,
  device: DeviceName,
  /** Also look at series that Limpid derived. */
  force: flag,
  ...CHOSEN_SERIES,
});
export type AnomalyRequest = Of<typeof AnomalyRequest>;

/** How far frames of 4D series moved. */
export const MotionRequest = object({
  type: only('motion'),
  input: filled,
  /** Folder: new or empty. */
  output: filled,
  ...CHOSEN_SERIES,
});
export type MotionRequest = Of<typeof MotionRequest>;

/** Where the slices of series lie in the latent space of a model. */
export const LatentRequest = object({
  type: only('latent'),
  /** File, or id or name from the library. */
  model: filled,
  inputs: some,
  /** Folder: new or empty. */
  output: filled,
  /** Number of k-means clusters; null chooses by the silhouette. */
  clusters: nullOr(whole),
  /** A file or folder whose slices are looked up among those of the inputs; null: none. */
  nearest: nullOr(filled),
  /** Also what the model decodes along each axis of its latent; absent: not. */
  traverse: optional(flag),
  seed: whole,
  device: DeviceName,
  /** Also series that Limpid derived. */
  force: flag,
  /** One for each input: the id of the one series of it that is meant, null for all; absent: all of every input. */
  only: optional(list(nullOr(filled))),
  ...CHOSEN_SERIES,
});
export type LatentRequest = Of<typeof LatentRequest>;

/** New images from a variational or vector-quantised model, marked as synthetic. */
export const GenerateRequest = object({
  type: only('generate'),
  /** File, or id or name from the library. */
  model: filled,
  /** Folder: new or empty. */
  output: filled,
  count: whole,
  seed: whole,
  device: DeviceName,
});
export type GenerateRequest = Of<typeof GenerateRequest>;

/** One series as codes of a model: lossy. */
export const CompressRequest = object({
  type: only('compress'),
  input: filled,
  /** New file. */
  output: filled,
  model: filled,
  /** dB that rounding the latents of a model without codebook may cost; absent: 0.3. */
  rounding: optional(number),
  device: DeviceName,
  force: flag,
});
export type CompressRequest = Of<typeof CompressRequest>;

export const DecompressRequest = object({
  type: only('decompress'),
  input: filled,
  /** New .nii or .nii.gz file. */
  output: filled,
  /** The one that it was compressed with. */
  model: filled,
  device: DeviceName,
});
export type DecompressRequest = Of<typeof DecompressRequest>;

export const JobRequest = variants('type', [
  InspectRequest,
  DenoiseRequest,
  EvaluateRequest,
  EchoRequest,
  SendRequest,
  FetchRequest,
  SimulateRequest,
  TrainRequest,
  CheckTrainingRequest,
  FamiliesRequest,
  PretrainRequest,
  AnomalyRequest,
  MotionRequest,
  LatentRequest,
  ProbeRequest,
  SegmentRequest,
  IndexRequest,
  LikeRequest,
  GenerateRequest,
  CompressRequest,
  DecompressRequest,
  ModelsRequest,
]);
export type JobRequest = Of<typeof JobRequest>;
/** By name: the compiler asks for all of them. */
const JOB_TYPES: { readonly [T in JobRequest['type']]: T } = {
  inspect: 'inspect',
  denoise: 'denoise',
  evaluate: 'evaluate',
  echo: 'echo',
  send: 'send',
  fetch: 'fetch',
  simulate: 'simulate',
  train: 'train',
  'check-training': 'check-training',
  families: 'families',
  pretrain: 'pretrain',
  anomaly: 'anomaly',
  motion: 'motion',
  latent: 'latent',
  probe: 'probe',
  segment: 'segment',
  index: 'index',
  like: 'like',
  generate: 'generate',
  compress: 'compress',
  decompress: 'decompress',
  models: 'models',
};
export const JobType = oneNamed(JOB_TYPES);
