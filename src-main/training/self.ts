import { sha256 } from '../base/files.js';
import { fault } from '../contract/errors.js';
import { denoiser } from '../models/families/unet.js';
import type { Autoencoder } from '../models/family.js';
import type { UnitNoiseImage } from '../noise/domain.js';
import type { Runtime } from '../runtime/types.js';
import { type DenoiserPlan, denoiserPlan, type TrainedDenoiser, trainDenoiser } from './denoiser.js';
import type { TrainingHooks } from './loop.js';
import { patchBatches } from './samples/batches.js';
import { moments } from './samples/conditions.js';
import type { Objective } from './samples/objective.js';
import { PatchSampler } from './samples/samples.js';

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

interface SelfTrainingPlan extends DenoiserPlan {
  readonly objective: Objective;
}

const DEFAULT_STEPS = 1200;
const BASE_CHANNELS = 16;
const LEVELS = 3;
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
 * @throws LimpidError E_TOO_SMALL for planes under 16 pixels; as `trainModel`
 */
export async function trainSelf(
  runtime: Runtime,
  image: UnitNoiseImage,
  options: SelfTrainingOptions,
  hooks: TrainingHooks = {},
): Promise<TrainedDenoiser> {
  const { model, plan } = planFor(image, options);
  const { size, seed } = plan;
  const sampler = new PatchSampler(image, { size, context: model.context, seed });
  return trainDenoiser(runtime, model, plan, patchBatches(plan, sampler), null, hooks);
}

/** Chooses autoencoder, objective and sizes for a series. */
function planFor(
  image: UnitNoiseImage,
  options: SelfTrainingOptions,
): { readonly model: Autoencoder; readonly plan: SelfTrainingPlan } {
  const size = Math.min(PATCH_SIZE, multipleOf4(Math.min(image.rows, image.columns)));
  if (size < SMALLEST_SIDE) throw fault('E_TOO_SMALL/self', { least: SMALLEST_SIDE });
  const context = options.only2d || image.slices < 3 ? 0 : 1;
  const { mean, deviation } = moments(image);
  const objective = objectiveFor(options.objective, image);
  const model = denoiser({
    base: BASE_CHANNELS,
    levels: LEVELS,
    context,
    residual: objective.kind === 'recorrupted',
    topSkip: objective.kind === 'recorrupted',
    mean,
    scale: deviation,
  });
  const chosen = {
    objective,
    size,
    steps: options.steps ?? DEFAULT_STEPS,
    peakRate: PEAK_RATE,
    seed: options.seed,
    evaluateEvery: EVALUATE_EVERY,
    patience: PATIENCE,
    images: imagesHash(image),
  };
  return { model, plan: { ...denoiserPlan(model, chosen), objective } };
}

/** Fingerprint of an image in units of its noise. */
export function imagesHash({ values }: UnitNoiseImage): string {
  return sha256(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
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
