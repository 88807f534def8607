import * as tf from '@tensorflow/tfjs-core';
import { sha256 } from '../base/files.js';
import type { NamedArrays } from '../graph/types.js';
import { channelsOf, initialParameters, type Network, rank4 } from '../models/network.js';
import type { Runtime } from '../runtime/types.js';
import type { Learner } from './learner.js';
import { type LoopSettings, type TrainingHooks, type TrainingResult, trainLearner } from './loop.js';
import { ADAM } from './optimiser.js';
import type { BatchSource } from './samples/batches.js';

export type { TrainingHooks, TrainingResult } from './loop.js';

/** Everything that decides the result of a training run, besides the images. */
export interface TrainingPlan extends Omit<LoopSettings, 'optimiser' | 'warmupSteps'> {
  readonly network: Network;
  /** Weights to go on from; random ones when absent. */
  readonly start?: NamedArrays;
  /** What the network learns, as plain data: only for the fingerprint. The source of batches acts on it. */
  readonly objective: object;
  readonly patchSize: number;
  readonly batchSize: number;
  /** Fingerprint of the training images. */
  readonly images: string;
}

const WARMUP_STEPS = 50;

/**
 * Trains a network on batches of `source` by the weighted squared error. The same plan, images and device give the
 * same weights, whether or not the run was stopped and resumed in between.
 *
 * @throws LimpidError as trainLearner
 */
export function train(
  runtime: Runtime,
  plan: TrainingPlan,
  source: BatchSource,
  hooks: TrainingHooks = {},
): Promise<TrainingResult> {
  const fingerprint = planFingerprint(plan);
  const settings = { ...plan, optimiser: ADAM, warmupSteps: WARMUP_STEPS };
  return trainLearner(runtime, networkLearner(plan), settings, fingerprint, source, hooks);
}

/** The weighted squared error of a network, for the loop and for whoever judges weights as the loop does. */
export function networkLearner({ network, start, patchSize: size, batchSize }: TrainingPlan): Learner {
  return {
    parameters: network.parameters,
    buffers: {},
    draws: {},
    inputs: {
      input: [batchSize, size, size, channelsOf(network)],
      target: [batchSize, size, size, 1],
      weight: [batchSize, size, size, 1],
    },
    ramp: 0,
    initial: (random) => start ?? initialParameters(network, random),
    /** sum(w (f(input) - target)^2) / sum(w), a scalar. */
    loss({ parameters }, inputs) {
      const output = network.apply(parameters, rank4(inputs.input));
      const errors = tf.mul(tf.squaredDifference(output, inputs.target), inputs.weight);
      const loss = tf.div(tf.sum(errors), tf.add(tf.sum(inputs.weight), 1e-6));
      return { loss, measures: {} };
    },
  };
}

function planFingerprint(plan: TrainingPlan): string {
  const { network, start, ...rest } = plan;
  const from = start === undefined ? {} : { start: weightsHash(start) };
  return sha256(JSON.stringify({ ...rest, ...from, family: network.family, settings: network.settings }));
}

/** SHA-256 over names and values. */
export function weightsHash(parameters: NamedArrays): string {
  return sha256(
    Object.keys(parameters)
      .sort()
      .map((name) => {
        const { data } = parameters[name];
        return `${name} ${sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))}`;
      })
      .join('\n'),
  );
}
