import * as tf from '@tensorflow/tfjs-core';
import { principalComponents } from '../../base/linear/pca.js';
import type { Random } from '../../base/random.js';
import type { NamedArrays } from '../../graph/types.js';
import { conv, convSpecs, paint, paintSpecs, type Specs } from '../blocks.js';
import { type Autoencoder, defineFamily, type Pass, type TwoWayCoder } from '../family.js';
import { cells, type Examples, LINEAR } from '../linear-start.js';
import { STACK_DEFAULTS, STACK_RANGES, stack, stackSettings } from '../stacks.js';

/**
 * Variational autoencoder (Kingma and Welling 2014) with beta (Higgins et al. 2017). The latent is one vector for a
 * plane scaled to `size`, or for a square of it. The reconstruction loss is a mean over pixels; the likelihood has
 * the fixed standard deviation `sigma`, so that the bound is error / (2 sigma^2) + beta KL / pixels, here times
 * 2 sigma^2. KL is warmed up over `warmup` steps (Bowman et al. 2016). Beside the convolutions runs a linear path that
 * starts as the mean of the cells and their principal components, which is what a linear one learns (Lucas et al.
 * 2019): a draw of latents is a plausible image from the first step on, and latents paint nothing that training has
 * never seen.
 */
export const variational = defineFamily(
  {
    name: 'variational',
    summary: 'A smooth latent with a known distribution: generates new images, scores unusual ones.',
    wholePlanes: true,
    latentSetting: 'latent',
  },
  { ...STACK_DEFAULTS, latent: 32, whole: true, beta: 1, sigma: 0.1, warmup: 500, linear: true },
  { ...STACK_RANGES, beta: [0, 1000, 'real'], sigma: [0.001, 1], warmup: [0, 1_000_000] },
  (settings, { head, size }): Autoencoder => {
    const merge = settings.whole ? Math.max(1, Math.floor(size / 2 ** settings.levels)) : settings.merge;
    const net = stack({ ...stackSettings(settings), merge }, 1, head.channels, ['mean', 'spread']);
    const pixels = net.cell ** 2;
    const linear = settings.linear && head.linear && net.cell <= LARGEST_PLANE;
    const encode = (pass: Pass, image: tf.Tensor4D) => {
      const features = net.encode(pass, image);
      const deep = net.head(pass, features, 'mean');
      const mean: tf.Tensor4D = linear
        ? tf.add(deep, conv(pass, tf.div(image, net.cell), LINEAR.encoder, net.cell))
        : deep;
      const logVariance = tf.clipByValue(net.head(pass, features, 'spread'), -12, 6);
      return { mean, logVariance };
    };
    const coder: TwoWayCoder = {
      outputs: ['latent', 'logVariance'],
      cell: net.cell,
      channels: settings.latent,
      encode(pass, image) {
        const { mean, logVariance } = encode(pass, image);
        return { latent: mean, logVariance };
      },
      decode(pass, latent) {
        const deep = net.decode(pass, latent);
        return linear ? tf.add(deep, paint(pass, withOne(latent), LINEAR.decoder)) : deep;
      },
    };
    return {
      family: 'variational',
      settings: { ...settings, merge, linear },
      tasks: ['reconstruct', 'latent', 'generate'],
      channels: 1,
      context: 0,
      multiple: net.cell,
      radius: null,
      head,
      parameters: linear
        ? {
            ...net.parameters,
            ...zeroed(net.parameters, ['head.mean.filter', 'head.spread.filter', 'out.filter']),
            ...convSpecs(LINEAR.encoder, net.cell, 1, settings.latent, 'lecun'),
            ...paintSpecs(LINEAR.decoder, net.cell, settings.latent + 1, 1, 'lecun'),
          }
        : net.parameters,
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
          raw: coder.decode(pass, latent),
          penalties: { kl: pass.ramp === null ? penalty : tf.mul(penalty, pass.ramp) },
          measures: { kl, active: tf.mean(tf.cast(tf.greater(perUnit, ACTIVE), 'float32')) },
        };
      },
      coder,
      ...(linear
        ? {
            initialise: (parameters: NamedArrays, examples: Examples, random: Random) =>
              principalStart(parameters, examples, { cell: net.cell, latent: settings.latent }, random),
          }
        : {}),
    };
  },
);

/** Principal components of larger cells take too long. */
const LARGEST_PLANE = 128;
/** Planes that are enough to start from: products of all pairs take time. */
const FEW_PLANES = 192;
/** Of the latents at the start, as a logarithm: far enough under the variance 1 of what they tell. */
const START_VARIANCE = -3;

/** Latents and one value that is always 1: what it paints is the mean. By a convolution, to be written for any size. */
function withOne(latent: tf.Tensor4D): tf.Tensor4D {
  const channels = latent.shape[3];
  const same = Float32Array.from({ length: channels * (channels + 1) }, (_, i) =>
    Math.floor(i / (channels + 1)) === i % (channels + 1) ? 1 : 0,
  );
  const last = Float32Array.from({ length: channels + 1 }, (_, i) => (i === channels ? 1 : 0));
  const widened = tf.conv2d(latent, tf.tensor4d(same, [1, 1, channels, channels + 1]), 1, 'valid');
  return tf.add(widened, tf.tensor1d(last));
}

function zeroed(parameters: Specs, names: readonly string[]): Specs {
  return Object.fromEntries(names.map((name) => [name, { ...parameters[name], initialiser: 'zeros' }]));
}

/** z_k = v_k . (x - mean) / s_k of each cell, and x = mean + sum of s_k z_k v_k. */
function principalStart(
  parameters: NamedArrays,
  examples: Examples,
  { cell, latent }: { readonly cell: number; readonly latent: number },
  random: Random,
): NamedArrays {
  const length = cell * cell;
  const all = cells(examples, cell);
  const some = all.length >= length * length ? all : all.subarray(0, FEW_PLANES * length);
  const { mean, vectors, variances } = principalComponents(some, length, latent, random);
  const encoder = new Float32Array(length * latent);
  const bias = new Float32Array(latent);
  const decoder = new Float32Array(length * (latent + 1));
  for (let i = 0; i < length; i++) decoder[i * (latent + 1) + latent] = mean[i];
  for (let k = 0; k < variances.length; k++) {
    const deviation = Math.sqrt(variances[k]);
    if (deviation < LEAST_DEVIATION) continue;
    for (let i = 0; i < length; i++) {
      const value = vectors[k * length + i];
      // of an image over the side of its cell: steps of all these weights together must not throw the latents about
      encoder[i * latent + k] = (value * cell) / deviation;
      decoder[i * (latent + 1) + k] = value * deviation;
      bias[k] -= (value * mean[i]) / deviation;
    }
  }
  return {
    ...parameters,
    [`${LINEAR.encoder}.filter`]: { data: encoder, shape: [cell, cell, 1, latent] },
    [`${LINEAR.encoder}.bias`]: { data: bias, shape: [latent] },
    [`${LINEAR.decoder}.filter`]: { data: decoder, shape: [cell, cell, 1, latent + 1] },
    [`${LINEAR.decoder}.bias`]: { data: new Float32Array(1), shape: [1] },
    'head.spread.bias': { data: new Float32Array(latent).fill(START_VARIANCE), shape: [latent] },
  };
}

/** Of a component of a whole cell, under which there is nothing to tell. */
const LEAST_DEVIATION = 1e-3;

/** Nats from which a latent is said to carry something. */
const ACTIVE = 0.01;
