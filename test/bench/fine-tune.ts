import type { Runtime } from '../../src-main/runtime/types.js';
import { type TrainedFamily, trainFamily } from '../../src-main/training/family.js';
import type { CorpusSeries } from '../../src-main/training/samples/corpus.js';
import { planFor } from '../training/brain.js';

/** A masked autoencoder that learnt to denoise in `steps` steps, from scratch and from pretrained weights. */
export interface FineTuned {
  readonly pretrained: TrainedFamily;
  readonly scratch: TrainedFamily;
}

/** @param size side of the patches that it learns from, which is the only size it takes */
export async function fineTuned(
  runtime: Runtime,
  corpus: readonly CorpusSeries[],
  from: TrainedFamily,
  steps: number,
  size: number,
): Promise<FineTuned> {
  const plan = planFor('masked', {
    steps,
    size,
    settings: { ...from.model.settings, hidden: 0 },
    objective: { kind: 'rician', levels: [3, 10] },
    peakRate: 1e-3,
    batchSize: 16,
  });
  return {
    pretrained: await trainFamily(runtime, corpus, plan, {}, null, from.kept),
    scratch: await trainFamily(runtime, corpus, plan),
  };
}
