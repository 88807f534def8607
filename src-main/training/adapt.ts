import type { Random } from '../base/random.js';
import { fault } from '../contract/errors.js';
import type { TrainingStatistics } from '../contract/trust.js';
import type { NamedArrays } from '../graph/types.js';
import { type Autoencoder, CONDITIONS } from '../models/family.js';
import type { UnitNoiseImage } from '../noise/domain.js';
import type { Runtime } from '../runtime/types.js';
import { type DenoiserPlan, denoiserPlan, type TrainedDenoiser, trainDenoiser } from './denoiser.js';
import { HeldOutJudge } from './judge.js';
import { autoencoderLearner } from './learner.js';
import type { TrainingHooks } from './loop.js';
import type { BatchSource, FedBatch } from './samples/batches.js';
import {
  type Conditions,
  conditionsOf,
  fillConditions,
  recorruptedConditions,
} from './samples/conditions.js';
import { drawNoise, makeBatch, type RecorruptedObjective } from './samples/objective.js';
import { PatchSampler } from './samples/samples.js';
import { imagesHash, RECORRUPTION } from './self.js';
import type { Model } from './train.js';

/** A conditioned denoiser whose weights were trained on other images. */
export interface GeneralModel extends Model {
  /** What the training images looked like, where the card tells. */
  readonly statistics?: TrainingStatistics;
}

export interface AdaptOptions {
  readonly seed: number;
  /** null takes the default. */
  readonly steps: number | null;
  readonly only2d: boolean;
}

export interface Adapted {
  readonly model: TrainedDenoiser;
  /** Loss on held-out pixels of the series, in units of the noise variance: before and after. */
  readonly before: number;
  readonly after: number;
  /** False where the general weights judged better on this series: they are what `model` holds then. */
  readonly kept: boolean;
}

const DEFAULT_STEPS = 300;
const PATCH_SIZE = 64;
const SMALLEST_SIDE = 16;
const PEAK_RATE = 1e-3;
const EVALUATE_EVERY = 50;
const PATIENCE = 4;

/**
 * Fine-tunes a general denoiser on one noisy series, without any clean image, by recorruption (Pang et al. 2021): the
 * network restores y + alpha z, brought back to unit noise, and is judged against y - z / alpha. Because it was trained
 * for all noise levels, what it learns at one it does at the other. Kept only where held-out pixels say so.
 *
 * @throws LimpidError E_TOO_SMALL for planes under 16 pixels; as `trainModel`
 */
export async function adapt(
  runtime: Runtime,
  general: GeneralModel,
  image: UnitNoiseImage,
  options: AdaptOptions,
  hooks: TrainingHooks = {},
): Promise<Adapted> {
  const plan = planFor(general, image, options);
  const source = recorruptedBatches(general, plan, image, options.only2d);
  const before = await judge(runtime, general.model, plan, source, general.kept);
  const trained = await trainDenoiser(runtime, general.model, plan, source, general.kept, hooks);
  const after = await judge(runtime, general.model, plan, source, trained.kept);
  const kept = after < before;
  const model: TrainedDenoiser = {
    ...trained,
    // It goes on taking noisy images as they are.
    plan: { ...plan, objective: { kind: 'clean' } },
    ...(kept ? {} : { kept: general.kept, result: { ...trained.result, bestStep: 0 } }),
  };
  return { model, before, after, kept };
}

/** Whether a patch of the least size fits into the planes. */
export function isAdaptable({ model }: GeneralModel, image: UnitNoiseImage): boolean {
  return patchSizeFor(model, image) >= SMALLEST_SIDE;
}

function patchSizeFor({ multiple }: Autoencoder, image: UnitNoiseImage): number {
  const side = Math.min(PATCH_SIZE, image.rows, image.columns);
  return side - (side % multiple);
}

function planFor({ model, kept }: GeneralModel, image: UnitNoiseImage, options: AdaptOptions): DenoiserPlan {
  const size = patchSizeFor(model, image);
  if (size < SMALLEST_SIDE) throw fault('E_TOO_SMALL/adapt', { least: SMALLEST_SIDE });
  const chosen = {
    objective: recorruption(image),
    size,
    steps: options.steps ?? DEFAULT_STEPS,
    peakRate: PEAK_RATE,
    seed: options.seed,
    evaluateEvery: EVALUATE_EVERY,
    patience: PATIENCE,
    images: imagesHash(image),
  };
  return denoiserPlan(model, chosen, kept);
}

function recorruption({ correlation }: UnitNoiseImage): RecorruptedObjective {
  return { kind: 'recorrupted', alpha: RECORRUPTION, correlation };
}

async function judge(
  runtime: Runtime,
  model: Autoencoder,
  plan: DenoiserPlan,
  source: BatchSource,
  weights: NamedArrays,
): Promise<number> {
  const learner = autoencoderLearner(model, plan.losses, plan, null);
  const held = await HeldOutJudge.create(runtime, learner, plan.seed, source);
  try {
    return (await held.loss(weights)).heldOut;
  } finally {
    await held.close();
  }
}

/** Recorrupted pairs, in which the noise of the input has standard deviation 1 again, with their conditions. */
function recorruptedBatches(
  { model: { context } }: GeneralModel,
  { size, batchSize, seed }: DenoiserPlan,
  image: UnitNoiseImage,
  only2d: boolean,
): BatchSource {
  const sampler = new PatchSampler(image, { size, context, seed });
  const objective = recorruption(image);
  const noise = Math.sqrt(1 + RECORRUPTION ** 2);
  const conditions = recorruptedConditions(conditionsOf(image, only2d), noise);
  return {
    batch(random, part): FedBatch {
      const pairs = makeBatch(objective, () => sampler.draw(random, part), batchSize, size, random);
      return inUnitNoise(pairs, { noise, context, conditions, objective, size }, random);
    },
  };
}

interface UnitNoise {
  /** Standard deviation of the noise of a recorrupted slice. */
  readonly noise: number;
  readonly context: number;
  readonly conditions: Conditions;
  readonly objective: RecorruptedObjective;
  readonly size: number;
}

/** Recorrupts the neighbouring slices too, divides all by the noise, and adds the conditions. */
function inUnitNoise(pairs: FedBatch, how: UnitNoise, random: Random): FedBatch {
  const { noise, context, conditions, objective, size } = how;
  const slices = 2 * context + 1;
  const channels = slices + CONDITIONS.length;
  const area = size * size;
  const input = new Float32Array(pairs.target.length * channels);
  for (let start = 0; start < pairs.target.length; start += area)
    for (let c = 0; c < slices; c++) {
      const drawn = c === context ? null : drawNoise(size, size, objective.correlation, random);
      for (let i = 0; i < area; i++) {
        const added = drawn === null ? 0 : objective.alpha * drawn[i];
        input[(start + i) * channels + c] = (pairs.input[(start + i) * slices + c] + added) / noise;
      }
    }
  fillConditions(input, slices, conditions);
  return { input, target: pairs.target.map((value) => value / noise), weight: pairs.weight };
}
