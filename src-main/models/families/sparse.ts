import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '../../base/random.js';
import type { NamedArrays } from '../../graph/types.js';
import { conv, paint } from '../blocks.js';
import { type Autoencoder, defineFamily, type Pass, type TwoWayCoder } from '../family.js';
import { type Examples, LARGEST_CELL, LINEAR, linearStart, withLinear } from '../linear-start.js';
import { rank4 } from '../parameters.js';
import { STACK_DEFAULTS, STACK_RANGES, stack, stackSettings } from '../stacks.js';

/**
 * Sparse autoencoder (Ng 2011; Lee et al. 2008): an overcomplete latent of which few entries are active. Activations
 * are sigmoids. Penalty 'kl': Kullback-Leibler divergence of each unit's mean activation from the target rate;
 * 'l1': how far the mean activation is above the target. As in the convolutional family a linear path runs beside the
 * convolutions: units start in pairs as the two signs of the cells' principal components.
 */
export const sparse = defineFamily(
  {
    name: 'sparse',
    summary: 'Overcomplete features of which few are active: what an image is made of.',
    wholePlanes: false,
    latentSetting: 'latent',
  },
  { ...STACK_DEFAULTS, latent: 64, levels: 2, rate: 0.05, weight: 0.1, penalty: 'kl', linear: true },
  { ...STACK_RANGES, rate: [0.001, 0.5], weight: [0, 100], penalty: ['kl', 'l1'] },
  (settings, { head }): Autoencoder => {
    const net = stack(stackSettings(settings), 1, head.channels, ['latent']);
    const linear = settings.linear && head.linear && net.cell <= LARGEST_CELL;
    const encode = (pass: Pass, image: tf.Tensor4D): tf.Tensor4D => {
      const deep = net.head(pass, net.encode(pass, image), 'latent');
      const drive = linear ? tf.add(deep, conv(pass, image, LINEAR.encoder, net.cell)) : deep;
      return tf.sigmoid(tf.sub(drive, offset(settings.rate)));
    };
    const coder: TwoWayCoder = {
      outputs: ['latent'],
      cell: net.cell,
      channels: settings.latent,
      encode: (pass, image) => ({ latent: encode(pass, image) }),
      decode(pass, latent) {
        const code = spread(latent, settings.rate);
        const deep = net.decode(pass, code);
        return linear ? tf.add(deep, paint(pass, code, LINEAR.decoder)) : deep;
      },
    };
    return {
      family: 'sparse',
      settings: { ...settings, linear },
      tasks: ['reconstruct', 'latent'],
      channels: 1,
      context: 0,
      multiple: net.cell,
      radius: net.radius,
      head,
      parameters: linear ? withLinear(net, settings.latent) : net.parameters,
      buffers: net.buffers,
      draws: net.draws,
      ramp: 0,
      forward(pass, image) {
        const latent = encode(pass, image);
        const rates = tf.mean(latent, [0, 1, 2]);
        const term =
          settings.penalty === 'kl' ? divergence(rates, settings.rate) : excess(rates, settings.rate);
        return {
          raw: coder.decode(pass, latent),
          penalties: { sparsity: tf.mul(term, settings.weight) },
          measures: { activation: tf.mean(rates) },
        };
      },
      coder,
      ...(linear
        ? {
            initialise: (parameters: NamedArrays, examples: Examples, random: Random) =>
              pairedStart(parameters, examples, { ...settings, patch: net.cell }, random),
          }
        : {}),
    };
  },
);

/** How far a component of one standard deviation drives a unit: near zero a sigmoid is almost linear. */
const DRIVE = 0.3;

/**
 * Units 2 k and 2 k + 1 are component k and its negative, for a quarter of the units; the others are free to become what
 * the components miss.
 */
function pairedStart(
  parameters: NamedArrays,
  examples: Examples,
  { patch, latent, rate }: { readonly patch: number; readonly latent: number; readonly rate: number },
  random: Random,
): NamedArrays {
  const components = Math.min(Math.max(1, latent >> 3), patch * patch);
  const names = { encoder: 'encode', decoder: 'decode' };
  const start = linearStart({}, examples, { patch, latent: components, ...names }, random);
  const slope = 2 * DRIVE * Math.sqrt(rate) * (1 - rate);
  const paired = (name: string, factor: number): Float32Array => {
    const { data } = start[name];
    const out = new Float32Array((data.length / components) * latent);
    for (let at = 0; at < data.length; at++) {
      const to = Math.floor(at / components) * latent + 2 * (at % components);
      out[to] = factor * data[at];
      out[to + 1] = -factor * data[at];
    }
    return out;
  };
  const shape = [patch, patch, 1, latent];
  return {
    ...parameters,
    [`${LINEAR.encoder}.filter`]: { data: paired('encode.filter', DRIVE), shape },
    [`${LINEAR.encoder}.bias`]: { data: paired('encode.bias', DRIVE), shape: [latent] },
    [`${LINEAR.decoder}.filter`]: { data: paired('decode.filter', 1 / slope), shape },
    [`${LINEAR.decoder}.bias`]: start['decode.bias'],
  };
}

/** Units start at the target rate: the penalty has nothing to undo. */
function offset(rate: number): number {
  return Math.log((1 - rate) / rate);
}

/** Activations of mean `rate` and values in [0, 1] to about unit size for the decoder. */
function spread(latent: tf.Tensor4D, rate: number): tf.Tensor4D {
  return rank4(tf.div(tf.sub(latent, rate), Math.sqrt(rate)));
}

const EDGE = 1e-6;

/** Mean over units of KL(rate || unit), between Bernoulli variables. */
function divergence(rates: tf.Tensor, target: number): tf.Tensor {
  const safe = tf.clipByValue(rates, EDGE, 1 - EDGE);
  const active = tf.mul(tf.log(tf.div(target, safe)), target);
  const silent = tf.mul(tf.log(tf.div(1 - target, tf.sub(1, safe))), 1 - target);
  return tf.mean(tf.add(active, silent));
}

function excess(rates: tf.Tensor, target: number): tf.Tensor {
  return tf.mean(tf.relu(tf.sub(rates, target)));
}
