import { unet } from '../models/unet.js';
import type { Runtime } from '../runtime/types.js';
import { proceduralBatches } from './procedural/batches.js';
import { type TrainingHooks, type TrainingPlan, type TrainingResult, train } from './train.js';

export interface PretrainOptions {
  readonly seed: number;
  readonly steps: number;
}

/** What the shipped model was trained with. */
export const PRETRAINING: PretrainOptions = { seed: 1, steps: 26_000 };

export const PRETRAINED_NETWORK = unet({
  base: 16,
  levels: 4,
  context: 2,
  conditioned: true,
  residual: true,
  topSkip: true,
  mean: 0,
  scale: 1,
});
const PATCH_SIZE = 64;
const BATCH_SIZE = 8;
const PEAK_RATE = 1e-3;
const EVALUATE_EVERY = 250;

export interface PretrainedModel {
  readonly plan: TrainingPlan;
  readonly result: TrainingResult;
}

/**
 * Trains the general denoiser on procedural images: no person's scan goes in. The same options and device give the
 * same weights, however often the run is stopped and resumed.
 *
 * @throws as `train`
 */
export async function pretrain(
  runtime: Runtime,
  options: PretrainOptions,
  hooks: TrainingHooks = {},
): Promise<PretrainedModel> {
  const plan: TrainingPlan = {
    network: PRETRAINED_NETWORK,
    objective: { kind: 'procedural' },
    patchSize: PATCH_SIZE,
    batchSize: BATCH_SIZE,
    steps: options.steps,
    peakRate: PEAK_RATE,
    seed: options.seed,
    evaluateEvery: EVALUATE_EVERY,
    // the rate falls to the end: a late measurement may be the best one after many that were not
    patience: Number.MAX_SAFE_INTEGER,
    images: 'procedural-1',
  };
  const source = proceduralBatches({
    size: PATCH_SIZE,
    count: BATCH_SIZE,
    context: PRETRAINED_NETWORK.context,
    seed: options.seed,
  });
  const result = await train(runtime, plan, source, hooks);
  return { plan, result };
}
