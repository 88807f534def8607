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
  oneOf,
  only,
  optional,
  share,
  some,
  text,
  texts,
  tuple,
  whole,
} from '../schema/schema.js';
import { ArtifactChoice, CHOSEN_SERIES, DeviceName } from './choices.js';

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
  ...CHOSEN_SERIES,
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
export const FamiliesRequest = object({
  type: only('families'),
});

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
