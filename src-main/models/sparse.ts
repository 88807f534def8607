import * as tf from '@tensorflow/tfjs-core';
import { type Autoencoder, type Coder, defineFamily, type Pass } from './family.js';
import { rank4 } from './network.js';
import { STACK_DEFAULTS, STACK_RANGES, stack, stackSettings } from './stacks.js';

/**
 * Sparse autoencoder (Ng 2011; Lee et al. 2008): an overcomplete latent of which few entries are active. Activations
 * are sigmoids. Penalty 'kl': Kullback-Leibler divergence of each unit's mean activation from the target rate;
 * 'l1': how far the mean activation is above the target.
 */
export const sparse = defineFamily(
  {
    name: 'sparse',
    summary: 'Overcomplete features of which few are active: what an image is made of.',
    wholePlanes: false,
    latentSetting: 'latent',
  },
  { ...STACK_DEFAULTS, latent: 64, levels: 2, rate: 0.05, weight: 0.1, penalty: 'kl' },
  { ...STACK_RANGES, rate: [0.001, 0.5], weight: [0, 100], penalty: ['kl', 'l1'] },
  (settings, { head }): Autoencoder => {
    const net = stack(stackSettings(settings), 1, head.channels, ['latent']);
    const encode = (pass: Pass, image: tf.Tensor4D): tf.Tensor4D =>
      tf.sigmoid(tf.sub(net.head(pass, net.encode(pass, image), 'latent'), offset(settings.rate)));
    const coder: Coder = {
      outputs: ['latent'],
      cell: net.cell,
      channels: settings.latent,
      encode: (pass, image) => ({ latent: encode(pass, image) }),
      decode: (pass, latent) => net.decode(pass, spread(latent, settings.rate)),
    };
    return {
      family: 'sparse',
      settings,
      tasks: ['reconstruct', 'latent'],
      channels: 1,
      context: 0,
      multiple: net.cell,
      radius: net.radius,
      head,
      parameters: net.parameters,
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
    };
  },
);

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
