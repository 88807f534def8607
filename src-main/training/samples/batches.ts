import type { Random } from '../../base/random.js';
import { type Batch, makeBatch, type Objective } from './objective.js';
import type { PatchSampler } from './samples.js';

/** Which images or pixels count: those that are learnt from, or those that only judge. */
export type Part = 'training' | 'heldOut';

/** A mini-batch as a step is fed it: inputs [n, size, size, channels], targets and weights [n, size, size, 1]. */
export type FedBatch = Readonly<Record<keyof Batch, Float32Array>>;

/**
 * Where mini-batches come from. Everything random is drawn from `random`, so that a resumed run sees the same
 * batches.
 */
export interface BatchSource {
  readonly batch: (random: Random, part: Part, step: number) => FedBatch;
}

/** Batches of patches of a noisy image, made into pairs under a self-supervised objective. */
export function patchBatches(
  plan: { readonly objective: Objective; readonly batchSize: number; readonly size: number },
  sampler: PatchSampler,
): BatchSource {
  return {
    batch: (random, part) => {
      const { objective, batchSize, size } = plan;
      const draw = () => sampler.draw(random, part);
      const { input, target, weight } = makeBatch(objective, draw, batchSize, size, random);
      return { input, target, weight };
    },
  };
}
