import type { TrainRequest } from '../../src-main/contract/requests/training.js';

/** A short training on the CPU. */
export function trainRequest(input: string, output: string, more: Partial<TrainRequest> = {}): TrainRequest {
  return {
    type: 'train',
    inputs: [input],
    references: [],
    output,
    family: 'convolutional',
    settings: { base: 8 },
    objective: 'reconstruct',
    levels: [3, 9],
    losses: [],
    optimiser: 'adam',
    rate: null,
    budget: { unit: 'steps', value: 20 },
    patchSize: 32,
    batchSize: 2,
    heldOut: 0.25,
    patience: 100,
    augmentation: { flips: true, intensity: 0.1, elastic: 1 },
    seed: 4,
    resume: false,
    device: 'cpu',
    force: false,
    ...more,
  };
}
