import type { ModelCard } from '../contract/models.js';
import type { Autoencoder } from '../models/family.js';
import { parameterCount } from '../models/parameters.js';
import { SCALE_PERCENTILES } from '../training/samples/corpus.js';
import { removesNoise } from '../training/samples/pairs.js';
import { type TrainedModel, weightsHash } from '../training/train.js';

/** What a trained model says of itself. */

export interface ModelFacts {
  readonly version: string;
  readonly device: string;
  readonly data: ModelCard['data'];
  /** What training found the guessed noise level of its series to be worth; absent: 1. */
  readonly levelFactor?: number;
}

/** @param planeSide side of the square that planes are scaled to; null: none */
export function modelCard(
  { model, plan, result, kept }: TrainedModel,
  facts: ModelFacts,
  planeSide: number | null = null,
): ModelCard {
  const ofSeries = model.conditions !== undefined;
  const denoises = ofSeries || removesNoise(plan.objective);
  const tasks = model.tasks.filter((task) => task !== 'denoise');
  return {
    format: 'limpid-model-2',
    version: facts.version,
    family: model.family,
    settings: model.settings,
    tasks: denoises ? [...tasks, 'denoise'] : tasks,
    objective: plan.objective,
    losses: plan.losses,
    input: inputOf(model, planeSide),
    latent:
      model.coder === null
        ? null
        : {
            cell: model.coder.cell,
            channels: model.coder.channels,
            codebook: model.coder.codebook ?? null,
          },
    data: facts.data,
    training: {
      device: facts.device,
      seed: plan.seed,
      steps: result.stepsDone,
      bestStep: result.bestStep,
      patchSize: plan.size,
      batchSize: plan.batchSize,
      optimiser: plan.optimiser.weightDecay > 0 ? 'adamw' : 'adam',
      peakRate: plan.peakRate,
      parameters: parameterCount(model),
      curve: result.curve,
      ...(plan.from === undefined ? {} : { from: plan.from }),
    },
    ...(facts.levelFactor === undefined ? {} : { levelFactor: facts.levelFactor }),
    weightsSha256: weightsHash(kept),
    intendedUse: `${
      ofSeries
        ? 'Denoising of series like the one it was trained on'
        : `${denoises ? 'Taking noise away from' : 'Rebuilding'} images like those it was trained on`
    }. Research. Not for diagnostic use.`,
  };
}

/** How an autoencoder is fed. */
export function inputOf(model: Autoencoder, planeSide: number | null = null): ModelCard['input'] {
  const { channels, context, conditions, folded, along, multiple, radius, fixedSide } = model;
  return {
    channels,
    context,
    ...(conditions === undefined ? {} : { conditions }),
    ...(folded === true ? { folded } : {}),
    ...(along === undefined ? {} : { along }),
    multiple,
    radius,
    percentiles: conditions === undefined ? SCALE_PERCENTILES : null,
    planeSide,
    ...(fixedSide === undefined ? {} : { fixedSide }),
  };
}
