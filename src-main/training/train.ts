import { sha256 } from '../base/files.js';
import { fault } from '../contract/errors.js';
import type { NamedArrays } from '../graph/types.js';
import type { Autoencoder, FamilySettings } from '../models/family.js';
import type { LossTerm } from '../models/losses.js';
import type { Runtime } from '../runtime/types.js';
import { autoencoderLearner, type Examples, type Learner } from './learner.js';
import { type LoopSettings, type TrainingHooks, type TrainingResult, trainLearner } from './loop.js';
import type { BatchSource } from './samples/batches.js';

/** Everything that decides the result of a run, besides the images and the device. Plain data. */
export interface ModelPlan extends LoopSettings {
  readonly family: string;
  readonly settings: FamilySettings;
  readonly losses: readonly LossTerm[];
  /** What is learnt; `kind` names it. The source of batches acts on it. */
  readonly objective: { readonly kind: string };
  /** Side of the square training patches. */
  readonly size: number;
  readonly batchSize: number;
  /** SHA-256 of the weights that the training goes on from; absent: random ones. */
  readonly from?: string;
}

/** An autoencoder with its weights. */
export interface Model {
  readonly model: Autoencoder;
  /** Weights by name, and buffers. */
  readonly kept: NamedArrays;
}

/** A model, and how it came to be. */
export interface TrainedModel<Plan extends ModelPlan = ModelPlan> extends Model {
  readonly plan: Plan;
  readonly result: Omit<TrainingResult, 'parameters'>;
}

/** What a run is given besides its plan. */
export interface Materials {
  readonly model: Autoencoder;
  readonly source: BatchSource;
  /** Plain data that tells the run from every other: plan and images. Checkpoints are known by it. */
  readonly identity: object;
  /** For start values that depend on the images; absent: none do. */
  readonly examples?: Examples | null;
  /** Weights to go on from, where names and shapes are those of the model. */
  readonly start?: NamedArrays | null;
}

/**
 * Trains an autoencoder on batches of `source`. The same plan, images and device give the same weights, whether or not
 * the run was stopped and resumed in between.
 *
 * @throws LimpidError E_MODEL when nothing of `start` fits; as trainLearner
 */
export async function trainModel<Plan extends ModelPlan>(
  runtime: Runtime,
  plan: Plan,
  { model, source, identity, examples = null, start = null }: Materials,
  hooks: TrainingHooks = {},
): Promise<TrainedModel<Plan>> {
  const fresh = autoencoderLearner(model, plan.losses, plan, examples);
  const learner = start === null ? fresh : startingFrom(fresh, start);
  const fingerprint = sha256(JSON.stringify(identity));
  const { parameters, ...result } = await trainLearner(runtime, learner, plan, fingerprint, source, hooks);
  return { plan, model, kept: parameters, result };
}

/** The learner with the weights that fit; the others stay as they start without. */
function startingFrom(learner: Learner, start: NamedArrays): Learner {
  const fitting = Object.entries(start).filter(
    ([name, { shape }]) => learner.parameters[name]?.shape.join() === shape.join(),
  );
  if (fitting.length === 0) throw fault('E_MODEL/no-weights-fit');
  return {
    ...learner,
    initial: (random) => ({ ...learner.initial(random), ...Object.fromEntries(fitting) }),
  };
}

/** SHA-256 over names and values. */
export function weightsHash(weights: NamedArrays): string {
  return sha256(
    Object.keys(weights)
      .sort()
      .map((name) => {
        const { data } = weights[name];
        return `${name} ${sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))}`;
      })
      .join('\n'),
  );
}
