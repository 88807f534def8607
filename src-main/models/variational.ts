import * as tf from '@tensorflow/tfjs-core';
import { type Autoencoder, type Coder, defineFamily, type Pass } from './family.js';
import { STACK_DEFAULTS, STACK_RANGES, stack, stackSettings } from './stacks.js';

/**
 * Variational autoencoder (Kingma and Welling 2014) with beta (Higgins et al. 2017). The latent is one vector for a
 * plane scaled to `size`, or for a square of it. The reconstruction loss is a mean over pixels; the likelihood has
 * the fixed standard deviation `sigma`, so that the bound is error / (2 sigma^2) + beta KL / pixels, here times
 * 2 sigma^2. KL is warmed up over `warmup` steps (Bowman et al. 2016).
 */
export const variational = defineFamily(
  {
    name: 'variational',
    summary: 'A smooth latent with a known distribution: generates new images, scores unusual ones.',
    wholePlanes: true,
    latentSetting: 'latent',
  },
  { ...STACK_DEFAULTS, latent: 32, whole: true, beta: 1, sigma: 0.1, warmup: 500 },
  { ...STACK_RANGES, beta: [0, 1000, 'real'], sigma: [0.001, 1], warmup: [0, 1_000_000] },
  (settings, { head, size }): Autoencoder => {
    const merge = settings.whole ? Math.max(1, Math.floor(size / 2 ** settings.levels)) : settings.merge;
    const net = stack({ ...stackSettings(settings), merge }, 1, head.channels, ['mean', 'spread']);
    const pixels = net.cell ** 2;
    const encode = (pass: Pass, image: tf.Tensor4D) => {
      const features = net.encode(pass, image);
      const mean = net.head(pass, features, 'mean');
      const logVariance = tf.clipByValue(net.head(pass, features, 'spread'), -12, 6);
      return { mean, logVariance };
    };
    const coder: Coder = {
      outputs: ['latent', 'logVariance'],
      cell: net.cell,
      channels: settings.latent,
      encode(pass, image) {
        const { mean, logVariance } = encode(pass, image);
        return { latent: mean, logVariance };
      },
      decode: net.decode,
    };
    return {
      family: 'variational',
      settings: { ...settings, merge },
      tasks: ['reconstruct', 'latent', 'generate'],
      channels: 1,
      context: 0,
      multiple: net.cell,
      radius: null,
      head,
      parameters: net.parameters,
      buffers: net.buffers,
      draws: {
        ...net.draws,
        epsilon: {
          kind: 'normal',
          shape: (batch, rows, columns) => [batch, rows / net.cell, columns / net.cell, settings.latent],
        },
      },
      ramp: settings.warmup,
      forward(pass, image) {
        const { mean, logVariance } = encode(pass, image);
        const epsilon = pass.drawn?.epsilon;
        const latent: tf.Tensor4D =
          epsilon === undefined ? mean : tf.add(mean, tf.mul(tf.exp(tf.mul(logVariance, 0.5)), epsilon));
        const each = tf.mul(
          tf.sub(tf.add(tf.square(mean), tf.exp(logVariance)), tf.add(logVariance, 1)),
          0.5,
        );
        const perUnit = tf.mean(each, [0, 1, 2]);
        const kl = tf.sum(perUnit);
        const factor = (2 * settings.sigma ** 2 * settings.beta) / pixels;
        const penalty = tf.mul(kl, factor);
        return {
          raw: net.decode(pass, latent),
          penalties: { kl: pass.ramp === null ? penalty : tf.mul(penalty, pass.ramp) },
          measures: { kl, active: tf.mean(tf.cast(tf.greater(perUnit, ACTIVE), 'float32')) },
        };
      },
      coder,
    };
  },
);

/** Nats from which a latent is said to carry something. */
const ACTIVE = 0.01;
