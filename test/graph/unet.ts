import * as tf from '@tensorflow/tfjs-core';
import { Random } from '../../src-main/base/random.js';
import type { NamedArray, NamedArrays, NamedTensors, StepDefinition } from '../../src-main/graph/types.js';

/** The layers [in, out, stride] of a small U-Net with `base` channels: encoder, decoder, head. */
function layersOf(base: number): [number, number, number][] {
  return [
    [1, base, 1],
    [base, base, 1],
    [base, 2 * base, 2],
    [2 * base, 2 * base, 1],
    [2 * base, 4 * base, 2],
    [4 * base, 4 * base, 1],
    [4 * base, 2 * base, 1],
    [4 * base, 2 * base, 1],
    [2 * base, base, 1],
    [2 * base, base, 1],
    [base, 1, 1],
  ];
}

export function initialWeights(base: number, seed: number): Record<string, NamedArray> {
  const random = new Random(seed);
  const weights: Record<string, NamedArray> = {};
  layersOf(base).forEach(([inner, outer], i) => {
    const data = random.normals(new Float32Array(9 * inner * outer));
    const scale = Math.sqrt(2 / (9 * inner));
    weights[`w${i}`] = { data: data.map((x) => x * scale), shape: [3, 3, inner, outer] };
    weights[`b${i}`] = { data: new Float32Array(outer), shape: [outer] };
  });
  return weights;
}

function rank4(tensor: tf.Tensor): tf.Tensor4D {
  const [a, b, c, d] = tensor.shape;
  return tf.reshape<tf.Rank.R4>(tensor, [a, b, c, d]);
}

export function forward(base: number, weights: NamedTensors, image: tf.Tensor): tf.Tensor4D {
  const strides = layersOf(base).map(([, , stride]) => stride);
  const conv = (x: tf.Tensor4D, i: number): tf.Tensor4D =>
    tf.add(tf.conv2d(x, rank4(weights[`w${i}`]), strides[i], 'same'), weights[`b${i}`]);
  const layer = (x: tf.Tensor4D, i: number): tf.Tensor4D => tf.relu(conv(x, i));
  const up = (x: tf.Tensor4D): tf.Tensor4D =>
    tf.image.resizeNearestNeighbor(x, [x.shape[1] * 2, x.shape[2] * 2]);
  const a = layer(layer(rank4(image), 0), 1);
  const m = layer(layer(a, 2), 3);
  const z = layer(layer(m, 4), 5);
  const u = layer(tf.concat([layer(up(z), 6), m], 3), 7);
  const v = layer(tf.concat([layer(up(u), 8), a], 3), 9);
  return conv(v, 10);
}

/** Adam (Kingma and Ba 2015) without bias correction, Charbonnier loss, clipping by the global norm. */
export function unetStep(
  base: number,
  batch: number,
  size: number,
): { definition: StepDefinition; initial: NamedArrays } {
  const weights = initialWeights(base, 7);
  const names = Object.keys(weights);
  const initial: Record<string, NamedArray> = {};
  for (const name of names) {
    const { shape, data } = weights[name];
    initial[name] = weights[name];
    for (const kind of ['m', 'v'])
      initial[`${kind}.${name}`] = { shape, data: new Float32Array(data.length) };
  }
  initial.step = { shape: [], data: new Float32Array(1) };
  const state = Object.fromEntries(Object.entries(initial).map(([name, { shape }]) => [name, shape]));
  return {
    initial,
    definition: {
      state,
      inputs: { x: [batch, size, size, 1], y: [batch, size, size, 1], rate: [] },
      step: (current, { x, y, rate }) => {
        const loss = (...ws: tf.Tensor[]): tf.Scalar => {
          const named = Object.fromEntries(names.map((name, i) => [name, ws[i]]));
          const error = tf.sub(forward(base, named, x), y);
          return tf.mean(tf.sqrt(tf.add(tf.square(error), 1e-6)));
        };
        const { value, grads } = tf.valueAndGrads(loss)(names.map((name) => current[name]));
        const norm = tf.sqrt(tf.addN(grads.map((g) => tf.sum(tf.square(g)))));
        const scale = tf.minimum(1, tf.div(1, tf.add(norm, 1e-6)));
        const next: Record<string, tf.Tensor> = { step: tf.add(current.step, 1) };
        names.forEach((name, i) => {
          const g = tf.mul(grads[i], scale);
          const m = tf.add(tf.mul(current[`m.${name}`], 0.9), tf.mul(g, 0.1));
          const v = tf.add(tf.mul(current[`v.${name}`], 0.999), tf.mul(tf.square(g), 0.001));
          next[`m.${name}`] = m;
          next[`v.${name}`] = v;
          next[name] = tf.sub(current[name], tf.mul(rate, tf.div(m, tf.add(tf.sqrt(v), 1e-6))));
        });
        return { state: next, outputs: { loss: value, norm } };
      },
    },
  };
}
