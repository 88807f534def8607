import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '../base/random.js';
import type { NamedArrays, NamedShapes, NamedTensors, Shape } from '../graph/types.js';
import type { Autoencoder, BufferSpec, DrawSpec, Pass } from '../models/family.js';
import { type LossTerm, reconstructionLoss } from '../models/losses.js';
import { initialParameters, type ParameterSpec, rank4 } from '../models/parameters.js';
import type { Part } from './samples/batches.js';

/** A function to minimise, with its parameters: what the training loop knows of a model. */
export interface Learner {
  readonly parameters: Readonly<Record<string, ParameterSpec>>;
  readonly buffers: Readonly<Record<string, BufferSpec>>;
  readonly draws: Readonly<Record<string, Omit<DrawSpec, 'shape'> & { readonly shape: Shape }>>;
  /** Of a mini-batch: input, target, weight. */
  readonly inputs: NamedShapes;
  /** Steps over which Pass.ramp goes from 0 to 1; 0: no ramp. */
  readonly ramp: number;
  readonly initial: (random: Random) => NamedArrays;
  /** `error` alone is what held-out images are judged by, with the penalties that belong to the bound. */
  readonly loss: (pass: Pass, inputs: NamedTensors) => Loss;
}

export interface Loss {
  readonly loss: tf.Tensor;
  readonly measures: NamedTensors;
}

export interface BatchShape {
  readonly size: number;
  readonly batchSize: number;
}

/** Examples for start values that depend on the data. */
export interface Examples {
  readonly data: Float32Array;
  readonly shape: Shape;
}

/** Learns a family's reconstruction loss and penalties. */
export function autoencoderLearner(
  model: Autoencoder,
  terms: readonly LossTerm[],
  { size, batchSize }: BatchShape,
  examples: Examples | null,
): Learner {
  return {
    parameters: model.parameters,
    buffers: model.buffers,
    draws: Object.fromEntries(
      Object.entries(model.draws).map(([name, draw]) => [
        name,
        { ...draw, shape: draw.shape(batchSize, size, size) },
      ]),
    ),
    inputs: {
      input: [batchSize, size, size, model.channels],
      target: [batchSize, size, size, 1],
      weight: [batchSize, size, size, 1],
    },
    ramp: model.ramp,
    initial(random) {
      const parameters = initialParameters(model, random);
      if (model.initialise === undefined || examples === null) return parameters;
      return model.initialise(parameters, examples, random.fork('examples'));
    },
    loss(pass, inputs) {
      const { raw, penalties, measures } = model.forward(pass, rank4(inputs.input));
      const error = reconstructionLoss(terms, raw, rank4(inputs.target), rank4(inputs.weight));
      const loss = Object.values(penalties).reduce<tf.Tensor>((sum, term) => tf.add(sum, term), error);
      // A denoiser has no penalties: its loss is its error.
      return { loss, measures: model.conditions === undefined ? { error, ...measures } : measures };
    },
  };
}

/** Values of every draw for one pass. While judging, nothing is dropped. */
export function drawAll(learner: Learner, random: Random, part: Part): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(learner.draws).map(([name, { shape, kind, probability = 1 }]) => {
      const data = new Float32Array(shape.reduce((product, length) => product * length, 1));
      const own = random.fork(name);
      if (kind === 'normal') own.normals(data);
      else if (kind === 'uniform') for (let i = 0; i < data.length; i++) data[i] = own.uniform();
      else if (part === 'heldOut') data.fill(1);
      else for (let i = 0; i < data.length; i++) data[i] = own.uniform() < probability ? 1 / probability : 0;
      return [DRAW + name, data];
    }),
  );
}

export function drawShapes(learner: Learner): NamedShapes {
  return Object.fromEntries(Object.entries(learner.draws).map(([name, { shape }]) => [DRAW + name, shape]));
}

/** Splits what a step is fed into the draws, by their own names. */
export function drawnOf(inputs: NamedTensors): NamedTensors {
  return Object.fromEntries(
    Object.entries(inputs)
      .filter(([name]) => name.startsWith(DRAW))
      .map(([name, tensor]) => [name.slice(DRAW.length), tensor]),
  );
}

const DRAW = 'draw/';
