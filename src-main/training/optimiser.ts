import * as tf from '@tensorflow/tfjs-core';
import type { NamedArrays, NamedShapes, NamedTensors } from '../graph/types.js';

/**
 * Adam (Kingma and Ba 2015) with bias correction, clipping by global norm, and an exponential moving average of
 * the weights. All state is tensors under prefixed names, so that one step is one graph.
 */
export interface AdamSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Gradients are scaled down to this global L2 norm at most. */
  readonly clipNorm: number;
  /** Decay of the moving average; it warms up as (1 + t) / (10 + t). */
  readonly averageDecay: number;
  /** Share of a filter's weights taken away a step, times the learning rate (AdamW, Loshchilov and Hutter 2019). */
  readonly weightDecay: number;
}

export const ADAM: AdamSettings = {
  beta1: 0.9,
  beta2: 0.99,
  epsilon: 1e-8,
  clipNorm: 10,
  averageDecay: 0.995,
  weightDecay: 0,
};

const WEIGHT = 'weight/';
const FIRST = 'moment1/';
const SECOND = 'moment2/';
const AVERAGE = 'average/';
const STEP = 'step';

/** Shapes of the whole optimiser state for parameters of these shapes. */
export function stateShapes(parameters: NamedShapes): NamedShapes {
  const shapes: Record<string, readonly number[]> = { [STEP]: [] };
  for (const [name, shape] of Object.entries(parameters))
    for (const prefix of [WEIGHT, FIRST, SECOND, AVERAGE]) shapes[prefix + name] = shape;
  return shapes;
}

/** The state before the first step. */
export function initialState(parameters: NamedArrays): NamedArrays {
  const state: Record<string, NamedArrays[string]> = { [STEP]: { data: new Float32Array(1), shape: [] } };
  for (const [name, { data, shape }] of Object.entries(parameters)) {
    state[WEIGHT + name] = { data: data.slice(), shape };
    state[AVERAGE + name] = { data: data.slice(), shape };
    state[FIRST + name] = { data: new Float32Array(data.length), shape };
    state[SECOND + name] = { data: new Float32Array(data.length), shape };
  }
  return state;
}

/** The weights that the next step differentiates. */
export function weights<T>(state: Readonly<Record<string, T>>): Record<string, T> {
  return withPrefix(state, WEIGHT);
}

/** The averaged weights: what is evaluated and kept. */
export function averages<T>(state: Readonly<Record<string, T>>): Record<string, T> {
  return withPrefix(state, AVERAGE);
}

function withPrefix<T>(state: Readonly<Record<string, T>>, prefix: string): Record<string, T> {
  return Object.fromEntries(
    Object.entries(state)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  );
}

/** One update. `gradients` has one tensor a parameter; `learningRate` is a scalar. */
export function adamUpdate(
  settings: AdamSettings,
  state: NamedTensors,
  gradients: NamedTensors,
  learningRate: tf.Tensor,
): { state: NamedTensors; gradientNorm: tf.Tensor } {
  const { beta1, beta2, epsilon } = settings;
  const gradientNorm = globalNorm(gradients);
  const clip = tf.minimum(1, tf.div(settings.clipNorm, tf.add(gradientNorm, 1e-12)));
  const step = tf.add(state[STEP], 1);
  const correction1 = tf.sub(1, tf.pow(beta1, step));
  const correction2 = tf.sub(1, tf.pow(beta2, step));
  const rate = tf.div(learningRate, correction1);
  const decay = tf.minimum(settings.averageDecay, tf.div(tf.add(step, 1), tf.add(step, 10)));
  const next: Record<string, tf.Tensor> = { [STEP]: step };
  for (const [name, raw] of Object.entries(gradients)) {
    const gradient = tf.mul(raw, clip);
    const first = lerp(gradient, state[FIRST + name], beta1);
    const second = lerp(tf.square(gradient), state[SECOND + name], beta2);
    const weight = tf.sub(
      decayed(settings, state[WEIGHT + name], learningRate),
      tf.div(tf.mul(rate, first), tf.add(tf.sqrt(tf.div(second, correction2)), epsilon)),
    );
    next[FIRST + name] = first;
    next[SECOND + name] = second;
    next[WEIGHT + name] = weight;
    next[AVERAGE + name] = tf.add(weight, tf.mul(decay, tf.sub(state[AVERAGE + name], weight)));
  }
  return { state: next, gradientNorm };
}

/** Biases and scales, which have one axis, do not decay. */
function decayed({ weightDecay }: AdamSettings, weight: tf.Tensor, learningRate: tf.Tensor): tf.Tensor {
  if (weightDecay === 0 || weight.rank < 2) return weight;
  return tf.mul(weight, tf.sub(1, tf.mul(learningRate, weightDecay)));
}

function lerp(value: tf.Tensor, previous: tf.Tensor, beta: number): tf.Tensor {
  return tf.add(tf.mul(previous, beta), tf.mul(value, 1 - beta));
}

function globalNorm(tensors: NamedTensors): tf.Tensor {
  const sums = Object.values(tensors).map((tensor) => tf.sum(tf.square(tensor)));
  return tf.sqrt(sums.reduce((total, sum) => tf.add(total, sum)));
}
