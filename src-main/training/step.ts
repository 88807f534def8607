import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '../base/random.js';
import type { NamedArrays, NamedShapes, NamedTensors, Shape, StepDefinition } from '../graph/types.js';
import type { Pass } from '../models/family.js';
import { drawnOf, drawShapes, type Learner, type Loss } from './learner.js';
import { type AdamSettings, adamUpdate, averages, initialState, stateShapes, weights } from './optimiser.js';

/** Prefix of buffers among what `judged` gives. */
export const BUFFER = 'buffer/';
const BUFFER_AVERAGE = 'bufferAverage/';

/** A step of the optimiser on the loss of a batch, as one function of its state. */
export function learnerStep(learner: Learner, optimiser: AdamSettings): StepDefinition {
  return {
    state: { ...stateShapes(shapesOf(learner.parameters)), ...bufferShapes(learner) },
    inputs: { ...lossInputs(learner), learningRate: [] },
    step: (state, inputs) => {
      const current = weights(state);
      const names = Object.keys(current);
      const updates: Record<string, tf.Tensor> = {};
      const { value, grads } = tf.valueAndGrads((...values: tf.Tensor[]) => {
        const parameters = Object.fromEntries(names.map((name, i) => [name, values[i]]));
        const pass = passOf(learner, parameters, withPrefix(state, BUFFER), inputs, true);
        const { loss } = learner.loss(pass, inputs);
        // tfjs disposes of whatever this function does not return.
        for (const [name, tensor] of Object.entries(pass.updates)) updates[name] = tf.keep(tensor);
        return loss;
      })(names.map((name) => current[name]));
      const gradients = Object.fromEntries(names.map((name, i) => [name, grads[i]]));
      const optimised = adamUpdate(optimiser, state, gradients, inputs.learningRate);
      const buffers = nextBuffers(learner, optimiser, state, updates);
      return { state: { ...optimised.state, ...buffers }, outputs: { loss: value } };
    },
  };
}

/** The loss without learning; the state is what `judged` gives. */
export function judgeStep(learner: Learner): StepDefinition {
  return {
    state: { ...shapesOf(learner.parameters), ...prefixed(BUFFER, shapesOf(learner.buffers)) },
    inputs: lossInputs(learner),
    step: (state, inputs) => {
      const parameters = Object.fromEntries(
        Object.entries(state).filter(([name]) => !name.startsWith(BUFFER)),
      );
      const pass = passOf(learner, parameters, withPrefix(state, BUFFER), inputs, false);
      const { loss, measures }: Loss = learner.loss(pass, inputs);
      return { state, outputs: { ...prefixed(MEASURE, measures), loss } };
    },
  };
}

/** Prefix of the outputs of `judgeStep` that are watched, not judged by. */
export const MEASURE = 'measure/';

/** Averaged weights by their names, and averaged buffers as buffers. */
export function judged(state: NamedArrays): NamedArrays {
  return { ...averages(state), ...prefixed(BUFFER, withPrefix(state, BUFFER_AVERAGE)) };
}

/** Splits what `judged` gives, and a trained model keeps, into weights and buffers. */
export function splitBuffers<T>(kept: Readonly<Record<string, T>>): {
  parameters: Record<string, T>;
  buffers: Record<string, T>;
} {
  return {
    parameters: Object.fromEntries(Object.entries(kept).filter(([name]) => !name.startsWith(BUFFER))),
    buffers: withPrefix(kept, BUFFER),
  };
}

/** A pass of a trained model over what `judged` gives: nothing drawn, nothing learnt. */
export function restingPass(kept: NamedTensors): Pass {
  return { ...splitBuffers(kept), drawn: null, learning: false, ramp: null, updates: {} };
}

export function initialLearnerState(learner: Learner, random: Random): NamedArrays {
  const state: Record<string, NamedArrays[string]> = { ...initialState(learner.initial(random)) };
  for (const [name, { shape, initialiser }] of Object.entries(learner.buffers)) {
    const size = shape.reduce((product, length) => product * length, 1);
    for (const prefix of [BUFFER, BUFFER_AVERAGE])
      state[prefix + name] = { data: new Float32Array(size).fill(initialiser === 'ones' ? 1 : 0), shape };
  }
  return state;
}

/** Buffers that the pass did not touch stay; each has a moving average, as the weights have. */
function nextBuffers(
  learner: Learner,
  { averageDecay }: AdamSettings,
  state: NamedTensors,
  updates: Readonly<Record<string, tf.Tensor>>,
): NamedTensors {
  const next: Record<string, tf.Tensor> = {};
  const decay = tf.minimum(averageDecay, tf.div(tf.add(state.step, 2), tf.add(state.step, 11)));
  for (const name of Object.keys(learner.buffers)) {
    const update = updates[name];
    const value = update === undefined ? state[BUFFER + name] : tf.clone(update);
    const average = state[BUFFER_AVERAGE + name];
    next[BUFFER + name] = value;
    next[BUFFER_AVERAGE + name] = tf.add(value, tf.mul(decay, tf.sub(average, value)));
    update?.dispose();
  }
  return next;
}

function passOf(
  learner: Learner,
  parameters: NamedTensors,
  buffers: NamedTensors,
  inputs: NamedTensors,
  learning: boolean,
): Pass {
  const ramp = learner.ramp > 0 ? inputs.ramp : null;
  return { parameters, buffers, drawn: drawnOf(inputs), learning, ramp, updates: {} };
}

function lossInputs(learner: Learner): NamedShapes {
  return { ...learner.inputs, ...drawShapes(learner), ...(learner.ramp > 0 ? { ramp: [] } : {}) };
}

function bufferShapes(learner: Learner): NamedShapes {
  const shapes = shapesOf(learner.buffers);
  return { ...prefixed(BUFFER, shapes), ...prefixed(BUFFER_AVERAGE, shapes) };
}

function shapesOf(specs: Readonly<Record<string, { readonly shape: Shape }>>): NamedShapes {
  return Object.fromEntries(Object.entries(specs).map(([name, { shape }]) => [name, shape]));
}

function prefixed<T>(prefix: string, record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [prefix + name, value]));
}

function withPrefix<T>(record: Readonly<Record<string, T>>, prefix: string): Record<string, T> {
  return Object.fromEntries(
    Object.entries(record)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  );
}
