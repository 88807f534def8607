import type { NamedArrays } from '../graph/types.js';
import type { Autoencoder } from '../models/family.js';
import type { LossTerm } from '../models/losses.js';
import type { Runtime } from '../runtime/types.js';
import type { TrainingHooks } from './loop.js';
import { ADAM } from './optimiser.js';
import type { BatchSource } from './samples/batches.js';
import { type ModelPlan, type TrainedModel, trainModel, weightsHash } from './train.js';

/** Of a run on images in units of their noise. */
export interface DenoiserPlan extends ModelPlan {
  /** Fingerprint of the images. */
  readonly images: string;
}

export type TrainedDenoiser = TrainedModel<DenoiserPlan>;

type Common = 'losses' | 'batchSize' | 'optimiser' | 'warmupSteps';
type Chosen = Omit<DenoiserPlan, Common | 'family' | 'settings' | 'from'> &
  Partial<Pick<DenoiserPlan, 'batchSize'>>;

const WARMUP_STEPS = 50;
const BATCH_SIZE = 8;
/** The weighted squared error, whose minimiser is the clean image. */
const LOSSES: readonly LossTerm[] = [{ name: 'mse', weight: 1 }];

/** A plan with what all denoisers have in common. `start`: weights to go on from; null: random ones. */
export function denoiserPlan(
  { family, settings }: Autoencoder,
  chosen: Chosen,
  start: NamedArrays | null = null,
): DenoiserPlan {
  const from = start === null ? {} : { from: weightsHash(start) };
  const common = { losses: LOSSES, batchSize: BATCH_SIZE, optimiser: ADAM, warmupSteps: WARMUP_STEPS };
  return { family, settings, ...common, ...chosen, ...from };
}

/** @throws LimpidError as trainModel */
export function trainDenoiser(
  runtime: Runtime,
  model: Autoencoder,
  plan: DenoiserPlan,
  source: BatchSource,
  start: NamedArrays | null = null,
  hooks: TrainingHooks = {},
): Promise<TrainedDenoiser> {
  return trainModel(runtime, plan, { model, source, identity: identityOf(plan), start }, hooks);
}

/** In the words and the order of version 0.1.0, so that its checkpoints go on. */
function identityOf({ size, from, family, settings, ...plan }: DenoiserPlan): object {
  const { objective, batchSize, steps, peakRate, seed, evaluateEvery, patience, images } = plan;
  return {
    objective,
    patchSize: size,
    batchSize,
    steps,
    peakRate,
    seed,
    evaluateEvery,
    patience,
    images,
    ...(from === undefined ? {} : { start: from }),
    family,
    settings,
  };
}
