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
  /** Also read the pixels: the noise level, and damage that hides in them. */
  readonly noise?: boolean;
}

/** Denoisers without a network: non-local means, overlapping DCT blocks, principal components of many frames. */
export const CLASSICAL_NAMES = ['nlm', 'dct', 'mppca'] as const;
export type ClassicalName = (typeof CLASSICAL_NAMES)[number];
/** Images of each place that principal components need: repeats, echoes, time points or directions. */
export const MPPCA_LEAST_FRAMES = 2;

/**
 * Whatever does best on the series, the shipped model adapted to it, one trained on the series itself, a model file,
 * or no network at all.
 */
export type ModelChoice =
  | { readonly kind: 'auto' }
  | { readonly kind: 'general' }
  | { readonly kind: 'self' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: ClassicalName };

export interface DenoiseRequest {
  readonly type: 'denoise';
  readonly input: string;
  /** Folder: new, empty, or of an earlier run with the same settings. */
  readonly output: string;
  readonly model: ModelChoice;
  readonly objective: ObjectiveName;
  /** Training steps; null lets the training choose. */
  readonly steps: number | null;
  /** Of the models `auto` and `general`: whether, and for how many steps, the network is fine-tuned (`on`: the usual number); absent is `off`. */
  readonly adapt?: 'off' | 'on' | number;
  /** Refine what the network makes by groups of like patches of the noisy image; absent: yes. Not of the families. */
  readonly refine?: boolean;
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
  /** Write NIfTI results as derivatives of the Brain Imaging Data Structure; absent: no. */
  readonly bids?: boolean;
  /** Further inputs beside the first: all are one input then. */
  readonly more?: readonly string[];
  /** The same by ids or Series Instance UIDs. */
  readonly series?: readonly string[];
  /** A condition on attributes (base/condition) that series to denoise meet; absent: all do. */
  readonly where?: string;
  /** Only say what would be done with each series. */
  readonly dryRun?: boolean;
}

export interface EvaluateRequest {
  readonly type: 'evaluate';
  readonly reference: string;
  readonly test: string;
  readonly noisy: string | null;
  readonly mask: { readonly kind: 'auto' } | { readonly kind: 'file'; readonly path: string };
}

/** Where a DICOM application listens, and how it is called. */
export interface SendTarget {
  readonly title: string;
  readonly host: string;
  readonly port: number;
  /** PEM files; null: without TLS. */
  readonly tls: {
    readonly authority: string | null;
    readonly certificate: string | null;
    readonly key: string | null;
  } | null;
}

export interface SendRequest {
  readonly type: 'send';
  /** Output folders of `denoise`, or any folders and files with DICOM. */
  readonly inputs: readonly string[];
  readonly target: SendTarget;
  /** Our own application entity title. */
  readonly calling: string;
  /** Whether series whose trust report fails are sent too. */
  readonly all: boolean;
  /** How often a broken connection is tried again. */
  readonly retries: number;
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
  /** Severity in the unit of the artifact (artifacts); null takes the usual one. */
  readonly artifact?: { readonly name: ArtifactName; readonly severity: number | null };
  readonly seed: number;
}

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
export type PairObjectiveName = (typeof PAIR_OBJECTIVE_NAMES)[number];

/** What a family learns unless it is told. */
export function usualObjective(family: string): PairObjectiveName {
  if (family === 'video') return 'frames';
  return family === 'denoising' ? 'rician' : 'reconstruct';
}

export const LOSS_CHOICES = ['mse', 'l1', 'charbonnier', 'ssim', 'bce', 'categorical'] as const;
export type LossChoice = (typeof LOSS_CHOICES)[number];

interface OptimiserTuning {
  /** Of AdamW, times the learning rate. */
  readonly weightDecay?: number;
  /** Steps until the learning rate is at its peak. */
  readonly warmup?: number;
  /** Global norm of the gradients at most. */
  readonly clip?: number;
  /** Decay of the moving average of the weights, which is what is kept; 0: the weights themselves. */
  readonly average?: number;
}

export interface TrainRequest {
  readonly type: 'train';
  /** Folders, files, DICOMDIRs, zips or NIfTI files. */
  readonly inputs: readonly string[];
  /** Clean images for the objective 'supervised', one for each input, in the same order; else empty. */
  readonly references: readonly string[];
  /** One for each input: the id of the one series of it to learn from, null for all; absent: all of every input. */
  readonly only?: readonly (string | null)[];
  /** The same for the references. */
  readonly onlyReferences?: readonly (string | null)[];
  /** New file that ends in .onnx. */
  readonly output: string;
  /** Keep the model in the library under this name; `output` is then where it is made, and nothing stays there. */
  readonly keepAs?: string;
  /** Folder for what a window shows of the run: patches as they are rebuilt, the model card. Absent: nothing is left. */
  readonly record?: string;
  readonly family: string;
  /** Settings of the family, besides its defaults. */
  readonly settings: Readonly<Record<string, number | boolean | string>>;
  readonly objective: PairObjectiveName;
  /** Noise in percent of the brightest value, from and to; for gaussian and rician. */
  readonly levels: readonly [number, number];
  /** For the objective 'artifact', and only there: what is to be taken away; severity null takes the usual one. */
  readonly artifact?: { readonly name: ArtifactName; readonly severity: number | null };
  /** A model that `limpid train` wrote, of the same family, whose weights are gone on from: file, id or name. */
  readonly from?: string;
  /** They are added. */
  readonly losses: readonly { readonly name: LossChoice; readonly weight: number }[];
  readonly optimiser: 'adam' | 'adamw';
  /** Peak learning rate; null takes the usual one. */
  readonly rate: number | null;
  /** Of the optimiser; what is absent is as usual. */
  readonly tuning?: OptimiserTuning;
  /** How long; null takes the usual number of steps. */
  readonly budget: { readonly unit: 'steps' | 'epochs' | 'minutes'; readonly value: number } | null;
  /** Side of the patches, or of whole planes; null lets the family choose. */
  readonly patchSize: number | null;
  readonly batchSize: number;
  /** Share of the images that only judge. */
  readonly heldOut: number;
  /** Stop after this many measurements without a better held-out loss. */
  readonly patience: number;
  readonly augmentation: {
    readonly flips: boolean;
    readonly intensity: number;
    /** Pixels. */
    readonly elastic: number;
  };
  readonly seed: number;
  /** Go on with a run that was stopped. */
  readonly resume: boolean;
  readonly device: DeviceName;
  /** Also learn from series that Limpid derived. */
  readonly force: boolean;
}

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
export interface TrainingShape {
  readonly rows: number;
  readonly columns: number;
  readonly slices: number;
  readonly frames: number;
  /** The same for all series of a patient. */
  readonly group: string;
}

/** Whether a training can be started as asked, and what it would be; no image is read. */
export interface CheckTrainingRequest {
  readonly type: 'check-training';
  readonly request: TrainRequest;
  readonly series: readonly TrainingShape[];
}

/** What there is to choose from. */
interface FamiliesRequest {
  readonly type: 'families';
}

/** A foreign ONNX denoiser: one image in, and the noise level where it asks for one; one image of the same size out. */
export interface ForeignModel {
  /** Order of the axes; 'auto' tells it by the axis of length 1. */
  readonly layout: 'auto' | 'nchw' | 'nhwc';
  /** Whether it gives the image or the noise (as the published DnCNN). */
  readonly gives: 'image' | 'noise';
  /** What it expects white to be, for instance 1 or 255. */
  readonly white: number;
}

/** Models kept in the user's data folder, by id or name. */
export type ModelsRequest = { readonly type: 'models' } & (
  | { readonly action: 'list' }
  | { readonly action: 'show'; readonly model: string }
  | {
      readonly action: 'import';
      readonly path: string;
      /** null: made of family and id. */
      readonly name: string | null;
      /** null: a model of Limpid, which has a card. */
      readonly foreign: ForeignModel | null;
    }
  | {
      readonly action: 'export';
      readonly model: string;
      readonly path: string;
      /** Write the decoder (latent in, image out) and not the whole model. */
      readonly decoder: boolean;
    }
  | { readonly action: 'delete'; readonly model: string }
);

/** Makes the general denoiser anew, from procedural images. */
export interface PretrainRequest {
  readonly type: 'pretrain';
  /** New safetensors file; a checkpoint stands beside it while the run lasts. */
  readonly output: string;
  /** null: as the shipped one. */
  readonly steps: number | null;
  readonly seed: number;
  readonly device: DeviceName;
}

/** Where series differ from the images that a model was trained on. */
export interface AnomalyRequest {
  readonly type: 'anomaly';
  /** File, or id or name from the library. */
  readonly model: string;
  readonly input: string;
  /** Folder: new or empty. */
  readonly output: string;
  /** Normal images to calibrate on, that the model was not trained on; empty: what the model file says of its own. */
  readonly normal: readonly string[];
  /** Share of normal foreground that the mask may mark by mistake. */
  readonly falsePositiveRate: number;
  /** Also insert lesions of known size and contrast into the input, and measure how they are told. */
  readonly lesions: boolean;
  readonly seed: number;
  readonly device: DeviceName;
  /** Also look at series that Limpid derived. */
  readonly force: boolean;
}

/** Where the slices of series lie in the latent space of a model. */
export interface LatentRequest {
  readonly type: 'latent';
  /** File, or id or name from the library. */
  readonly model: string;
  readonly inputs: readonly string[];
  /** Folder: new or empty. */
  readonly output: string;
  /** Number of k-means clusters; null chooses by the silhouette. */
  readonly clusters: number | null;
  /** A file or folder whose slices are looked up among those of the inputs; null: none. */
  readonly nearest: string | null;
  readonly seed: number;
  readonly device: DeviceName;
  /** Also series that Limpid derived. */
  readonly force: boolean;
  /** One for each input: the id of the one series of it that is meant, null for all; absent: all of every input. */
  readonly only?: readonly (string | null)[];
}

/** New images from a variational or vector-quantised model, marked as synthetic. */
export interface GenerateRequest {
  readonly type: 'generate';
  /** File, or id or name from the library. */
  readonly model: string;
  /** Folder: new or empty. */
  readonly output: string;
  readonly count: number;
  readonly seed: number;
  readonly device: DeviceName;
}

/** One series as codes of a model: lossy. */
export interface CompressRequest {
  readonly type: 'compress';
  readonly input: string;
  /** New file. */
  readonly output: string;
  readonly model: string;
  /** dB that rounding the latents of a model without codebook may cost; absent: 0.3. */
  readonly rounding?: number;
  readonly device: DeviceName;
  readonly force: boolean;
}

export interface DecompressRequest {
  readonly type: 'decompress';
  readonly input: string;
  /** New .nii or .nii.gz file. */
  readonly output: string;
  /** The one that it was compressed with. */
  readonly model: string;
  readonly device: DeviceName;
}

export type JobRequest =
  | InspectRequest
  | DenoiseRequest
  | EvaluateRequest
  | SendRequest
  | SimulateRequest
  | TrainRequest
  | CheckTrainingRequest
  | FamiliesRequest
  | PretrainRequest
  | AnomalyRequest
  | LatentRequest
  | GenerateRequest
  | CompressRequest
  | DecompressRequest
  | ModelsRequest;
