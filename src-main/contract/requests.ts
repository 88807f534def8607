/**
 * What a person or a script asks for: plain data that crosses from the command line or the window to the
 * compute process. Paths are as the person gave them.
 */
import {
  either,
  fieldsOf,
  filled,
  flag,
  level,
  line,
  list,
  nullOr,
  number,
  type Of,
  object,
  oneNamed,
  oneOf,
  only,
  optional,
  positive,
  type Schema,
  share,
  some,
  text,
  texts,
  tuple,
  variants,
  whole,
} from './schema.js';

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
const ArtifactChoice = object({ name: ArtifactName, severity: nullOr(number) });

/** What a network learns from: pairs recorrupted with the known noise, or pixels hidden from it. */
export const OBJECTIVE_NAMES = ['recorrupted', 'masked'] as const;
export const ObjectiveName = oneOf(OBJECTIVE_NAMES);
export type ObjectiveName = Of<typeof ObjectiveName>;

export const InspectRequest = object({
  type: only('inspect'),
  /** Files, folders, DICOMDIRs, zips or NIfTI files. */
  paths: some,
  /** Also read the pixels: the noise level, and damage that hides in them. */
  noise: optional(flag),
  /** Ids or Series Instance UIDs of the series that are meant; absent: all. */
  series: optional(some),
  /** A condition on attributes (base/condition) that series meet; absent: all do. */
  where: optional(filled),
});
export type InspectRequest = Of<typeof InspectRequest>;

/** Denoisers without a network: non-local means, overlapping DCT blocks, principal components of many frames. */
export const CLASSICAL_NAMES = ['nlm', 'dct', 'mppca'] as const;
export const ClassicalName = oneOf(CLASSICAL_NAMES);
export type ClassicalName = Of<typeof ClassicalName>;
/** Images of each place that principal components need: repeats, echoes, time points or directions. */
export const MPPCA_LEAST_FRAMES = 2;

/** Artifacts that are removed without training; in this order, and noise where `denoise` says. */
export const CLEAN_NAMES = ['spike', 'ghost', 'gibbs'] as const;
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

/** How much work a result is worth; without one, what pays for itself. */
export const Effort = oneOf(['fast', 'best']);
export type Effort = Of<typeof Effort>;

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
  /** Of networks: no race and a pass less of refining, or all that gains anything; absent: neither. */
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
  /** Ids or Series Instance UIDs of the series that are meant; absent: all. */
  series: optional(some),
  /** A condition on attributes (base/condition) that series meet; absent: all do. */
  where: optional(filled),
});
export type EvaluateRequest = Of<typeof EvaluateRequest>;

/** Where a DICOM application listens, and how it is called. */
export const SendTarget = object({
  title: filled,
  host: filled,
  port: whole,
  /** PEM files; null: without TLS. */
  tls: nullOr(
    object({
      authority: nullOr(filled),
      certificate: nullOr(filled),
      key: nullOr(filled),
    }),
  ),
});
export type SendTarget = Of<typeof SendTarget>;

export const SendRequest = object({
  type: only('send'),
  /** Output folders of `denoise`, or any folders and files with DICOM. */
  inputs: some,
  target: SendTarget,
  /** Our own application entity title. */
  calling: filled,
  /** Whether series whose trust report fails are sent too. */
  all: flag,
  /** How often a broken connection is tried again. */
  retries: whole,
});
export type SendRequest = Of<typeof SendRequest>;

/** What is asked of an archive, as its keys take it: wildcards in texts, ranges in dates. At least one is given. */
export const FetchQuery = object({
  study: optional(filled),
  series: optional(filled),
  accession: optional(filled),
  patientId: optional(filled),
  /** 20260131, or 20260101-20260131. */
  date: optional(filled),
  modality: optional(filled),
  studyDescription: optional(filled),
  seriesDescription: optional(filled),
});
export type FetchQuery = Of<typeof FetchQuery>;

export const FetchRequest = object({
  type: only('fetch'),
  source: SendTarget,
  /** Our own application entity title. */
  calling: filled,
  query: FetchQuery,
  /** New, empty or of an earlier fetch; null: only say what matches. */
  into: nullOr(filled),
  /** Hours of the day between which series are begun, from and until; null: always. */
  between: nullOr(tuple([whole, whole])),
  retries: whole,
});
export type FetchRequest = Of<typeof FetchRequest>;

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

/** What an autoencoder learns from images that are taken as clean, unless the name says otherwise. */
export const PAIR_OBJECTIVE_NAMES = [
  'reconstruct',
  'gaussian',
  'rician',
  'masking',
  'blind-spot',
  'supervised',
  'frames',
  'artifact',
] as const;
export const PairObjectiveName = oneOf(PAIR_OBJECTIVE_NAMES);
export type PairObjectiveName = Of<typeof PairObjectiveName>;

/** What a family learns unless it is told. */
export function usualObjective(family: string): PairObjectiveName {
  if (family === 'video') return 'frames';
  return family === 'denoising' ? 'rician' : 'reconstruct';
}

export const LOSS_CHOICES = ['mse', 'l1', 'charbonnier', 'ssim', 'bce', 'categorical'] as const;
export const LossChoice = oneOf(LOSS_CHOICES);
export type LossChoice = Of<typeof LossChoice>;

const OptimiserTuning = object({
  /** Of AdamW, times the learning rate. */
  weightDecay: optional(number),
  /** Steps until the learning rate is at its peak. */
  warmup: optional(whole),
  /** Global norm of the gradients at most. */
  clip: optional(number),
  /** Decay of the moving average of the weights, which is what is kept; 0: the weights themselves. */
  average: optional(share),
});

export const TrainRequest = object({
  type: only('train'),
  /** Folders, files, DICOMDIRs, zips or NIfTI files. */
  inputs: some,
  /** Clean images for the objective 'supervised', one for each input, in the same order; else empty. */
  references: texts,
  /** One for each input: the id of the one series of it to learn from, null for all; absent: all of every input. */
  only: optional(list(nullOr(filled))),
  /** The same for the references. */
  onlyReferences: optional(list(nullOr(filled))),
  /** New file that ends in .onnx. */
  output: filled,
  /** Keep the model in the library under this name; `output` is then where it is made, and nothing stays there. */
  keepAs: optional(line),
  /** Folder for what a window shows of the run: patches as they are rebuilt, the model card. Absent: nothing is left. */
  record: optional(filled),
  family: filled,
  /** Settings of the family, besides its defaults. */
  settings: fieldsOf(text, either([number, flag, text])),
  objective: PairObjectiveName,
  /** Noise in percent of the brightest value, from and to; for gaussian and rician. */
  levels: tuple([level, level]),
  /** For the objective 'artifact', and only there: what is to be taken away; severity null takes the usual one. */
  artifact: optional(ArtifactChoice),
  /** A model that `limpid train` wrote, of the same family, whose weights are gone on from: file, id or name. */
  from: optional(filled),
  /** They are added. */
  losses: list(object({ name: LossChoice, weight: number })),
  optimiser: oneOf(['adam', 'adamw']),
  /** Peak learning rate; null takes the usual one. */
  rate: nullOr(number),
  /** Of the optimiser; what is absent is as usual. */
  tuning: optional(OptimiserTuning),
  /** How long; null takes the usual number of steps. */
  budget: nullOr(object({ unit: oneOf(['steps', 'epochs', 'minutes']), value: number })),
  /** Side of the patches, or of whole planes; null lets the family choose. */
  patchSize: nullOr(whole),
  batchSize: whole,
  /** Share of the images that only judge. */
  heldOut: share,
  /** Stop after this many measurements without a better held-out loss. */
  patience: whole,
  augmentation: object({
    flips: flag,
    intensity: number,
    /** Pixels. */
    elastic: number,
  }),
  seed: whole,
  /** Go on with a run that was stopped. */
  resume: flag,
  device: DeviceName,
  /** Also learn from series that Limpid derived. */
  force: flag,
  /** Ids or Series Instance UIDs of the series that are meant; absent: all. */
  series: optional(some),
  /** A condition on attributes (base/condition) that series meet; absent: all do. */
  where: optional(filled),
});
export type TrainRequest = Of<typeof TrainRequest>;

/** What a training is unless it is told otherwise, but for its family, inputs and output. */
export const USUAL_TRAINING = {
  type: 'train',
  inputs: [],
  references: [],
  output: '',
  settings: {},
  levels: [1, 10],
  losses: [],
  optimiser: 'adam',
  rate: null,
  budget: null,
  patchSize: null,
  batchSize: 8,
  heldOut: 0.15,
  patience: 10,
  augmentation: { flips: true, intensity: 0.1, elastic: 0 },
  seed: 1,
  resume: false,
  device: 'auto',
  force: false,
} as const satisfies Omit<TrainRequest, 'family' | 'objective'>;

/** Sizes of a series that is to be learnt from, as far as a check needs them. */
export const TrainingShape = object({
  rows: whole,
  columns: whole,
  slices: whole,
  frames: whole,
  /** The same for all series of a patient. */
  group: text,
});
export type TrainingShape = Of<typeof TrainingShape>;

/** Whether a training can be started as asked, and what it would be; no image is read. */
export const CheckTrainingRequest = object({
  type: only('check-training'),
  request: TrainRequest,
  series: list(TrainingShape),
});
export type CheckTrainingRequest = Of<typeof CheckTrainingRequest>;

/** What there is to choose from. */
const FamiliesRequest = object({
  type: only('families'),
});

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
    /** Write the decoder (latent in, image out) and not the whole model. */
    decoder: flag,
  }),
  object({ type: models, action: only('delete'), model: filled }),
]);
export type ModelsRequest = Of<typeof ModelsRequest>;

/** Makes the general denoiser anew, from procedural images. */
export const PretrainRequest = object({
  type: only('pretrain'),
  /** New safetensors file; a checkpoint stands beside it while the run lasts. */
  output: filled,
  /** null: as the shipped one. */
  steps: nullOr(whole),
  seed: whole,
  device: DeviceName,
});
export type PretrainRequest = Of<typeof PretrainRequest>;

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
  /** Also insert lesions of known size and contrast into the input, and measure how they are told. */
  lesions: flag,
  seed: whole,
  device: DeviceName,
  /** Also look at series that Limpid derived. */
  force: flag,
  /** Ids or Series Instance UIDs of the series that are meant; absent: all. */
  series: optional(some),
  /** A condition on attributes (base/condition) that series meet; absent: all do. */
  where: optional(filled),
});
export type AnomalyRequest = Of<typeof AnomalyRequest>;

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
  seed: whole,
  device: DeviceName,
  /** Also series that Limpid derived. */
  force: flag,
  /** One for each input: the id of the one series of it that is meant, null for all; absent: all of every input. */
  only: optional(list(nullOr(filled))),
  /** Ids or Series Instance UIDs of the series that are meant; absent: all. */
  series: optional(some),
  /** A condition on attributes (base/condition) that series meet; absent: all do. */
  where: optional(filled),
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
  SendRequest,
  FetchRequest,
  SimulateRequest,
  TrainRequest,
  CheckTrainingRequest,
  FamiliesRequest,
  PretrainRequest,
  AnomalyRequest,
  LatentRequest,
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
  send: 'send',
  fetch: 'fetch',
  simulate: 'simulate',
  train: 'train',
  'check-training': 'check-training',
  families: 'families',
  pretrain: 'pretrain',
  anomaly: 'anomaly',
  latent: 'latent',
  generate: 'generate',
  compress: 'compress',
  decompress: 'decompress',
  models: 'models',
};
export const JobType = oneNamed(JOB_TYPES);
