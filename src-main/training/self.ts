import { sha256 } from '../base/files.js';
import { LimpidError } from '../contract/errors.js';
import type { InferenceDefinition, NamedArrays, Shape } from '../graph/types.js';
import { type Network, rank4 } from '../models/network.js';
import { unet } from '../models/unet.js';
import type { UnitNoiseImage } from '../noise/domain.js';
import type { Runtime } from '../runtime/types.js';
import { patchBatches } from './samples/batches.js';
import { moments } from './samples/conditions.js';
import type { CleanObjective, Objective } from './samples/objective.js';
import { PatchSampler } from './samples/samples.js';
import { type TrainingHooks, type TrainingPlan, type TrainingResult, train } from './train.js';

/** What a person can choose; the rest follows from the series and its noise. */
export interface SelfTrainingOptions {
  readonly seed: number;
  /** Steps of the optimiser; null takes the default. */
  readonly steps: number | null;
  /** Recorrupted pairs rely on the noise level; blind spots do not, and blur more. */
  readonly objective: Objective['kind'];
  /** Set where neighbouring slices are no neighbours in space (gaps, duplicates, tilt). */
  readonly only2d: boolean;
}

/** A network with weights, ready to denoise, and how it came to be. */
export interface TrainedModel {
  readonly network: Network;
  readonly parameters: NamedArrays;
  readonly objective: Objective | CleanObjective;
  readonly seed: number;
  readonly steps: number;
  readonly patchSize: number;
  readonly batchSize: number;
  readonly result: Omit<TrainingResult, 'parameters'>;
}

interface SelfTrainingPlan extends TrainingPlan {
  readonly objective: Objective;
}

const DEFAULT_STEPS = 1200;
const BASE_CHANNELS = 16;
const LEVELS = 3;
const BATCH_SIZE = 8;
const PATCH_SIZE = 64;
const SMALLEST_SIDE = 16;
const PEAK_RATE = 2e-3;
/** Pang et al. 2021 find the result flat around one half. */
export const RECORRUPTION = 0.5;
/** One hidden pixel in 5 x 5: 4 % of the pixels. */
const MASK_CELL = 5;
const EVALUATE_EVERY = 50;
const PATIENCE = 8;

/**
 * Trains a denoiser on the noisy series itself, without any clean image.
 *
 * @throws LimpidError E_TOO_SMALL for planes under 16 pixels; as `train`
 */
export async function trainSelf(
  runtime: Runtime,
  image: UnitNoiseImage,
  options: SelfTrainingOptions,
  hooks: TrainingHooks = {},
): Promise<TrainedModel> {
  const plan = planFor(image, options);
  const sampler = new PatchSampler(image, {
    size: plan.patchSize,
    context: plan.network.context,
    seed: plan.seed,
  });
  const { parameters, ...result } = await train(runtime, plan, patchBatches(plan, sampler), hooks);
  const { network, objective, seed, steps, patchSize, batchSize } = plan;
  return { network, parameters, objective, seed, steps, patchSize, batchSize, result };
}

/** Chooses network, objective and sizes for a series. */
function planFor(image: UnitNoiseImage, options: SelfTrainingOptions): SelfTrainingPlan {
  const patchSize = Math.min(PATCH_SIZE, multipleOf4(Math.min(image.rows, image.columns)));
  if (patchSize < SMALLEST_SIDE)
    throw new LimpidError(
      'E_TOO_SMALL',
      `The planes are under ${SMALLEST_SIDE} pixels wide or high: too little to learn from.`,
      'Leave this series as it is, or use a model file.',
    );
  const context = options.only2d || image.slices < 3 ? 0 : 1;
  const { mean, deviation } = moments(image);
  const objective = objectiveFor(options.objective, image);
  return {
    network: unet({
      base: BASE_CHANNELS,
      levels: LEVELS,
      context,
      conditioned: false,
      residual: objective.kind === 'recorrupted',
      topSkip: objective.kind === 'recorrupted',
      mean,
      scale: deviation,
    }),
    objective,
    patchSize,
    batchSize: BATCH_SIZE,
    steps: options.steps ?? DEFAULT_STEPS,
    peakRate: PEAK_RATE,
    seed: options.seed,
    evaluateEvery: EVALUATE_EVERY,
    patience: PATIENCE,
    images: sha256(new Uint8Array(image.values.buffer, image.values.byteOffset, image.values.byteLength)),
  };
}

function objectiveFor(kind: Objective['kind'], { correlation }: UnitNoiseImage): Objective {
  if (kind === 'recorrupted') return { kind, alpha: RECORRUPTION, correlation };
  const [x, y] = correlation;
  return { kind, cell: MASK_CELL, span: [spanOf(x), spanOf(y)] };
}

/** Neighbours to hide on each side: the distance over which the correlation, falling as rho^d, is above a tenth. */
function spanOf(rho: number): number {
  return rho <= 0 ? 0 : Math.min(4, Math.ceil(Math.log(0.1) / Math.log(rho)));
}

function multipleOf4(size: number): number {
  return size - (size % 4);
}

/** The trained network as a function: `image` of `shape` [1, rows, columns, channels] in, `restored` out. */
export function inferenceDefinition(model: TrainedModel, shape: Shape): InferenceDefinition {
  return {
    parameters: model.parameters,
    inputs: { image: shape },
    apply: (parameters, inputs) => ({ restored: model.network.apply(parameters, rank4(inputs.image)) }),
  };
}
