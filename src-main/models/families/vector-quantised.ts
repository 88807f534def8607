import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from '../blocks.js';
import { type Autoencoder, type DrawSpec, defineFamily, type Pass, type TwoWayCoder } from '../family.js';
import { rank4 } from '../parameters.js';
import { STACK_DEFAULTS, STACK_RANGES, stack, stackSettings } from '../stacks.js';

/**
 * Vector-quantised autoencoder (van den Oord et al. 2017): every latent vector is replaced by the nearest of a
 * codebook; the gradient passes straight through. The codebook follows the latents by a moving average (appendix A
 * of the paper), or by a gradient. Codes that are hardly used are moved to latents of the batch (Dhariwal et al.
 * 2020).
 */
export const vectorQuantised = defineFamily(
  {
    name: 'vector-quantised',
    summary: 'Images as a few discrete codes: compression, generation.',
    wholePlanes: false,
    latentSetting: 'latent',
  },
  { ...STACK_DEFAULTS, latent: 16, levels: 2, codes: 256, commitment: 0.25, codebook: 'average' },
  { ...STACK_RANGES, codes: [2, 4096], commitment: [0, 10], codebook: ['average', 'gradient'] },
  (settings, { head }): Autoencoder => {
    const { latent: width, codes } = settings;
    const net = stack(stackSettings(settings), 1, head.channels, ['latent']);
    const averaged = settings.codebook === 'average';
    const bookOf = (pass: Pass): tf.Tensor => (averaged ? pass.buffers.codebook : pass.parameters.codebook);
    const encode = (pass: Pass, image: tf.Tensor4D) => net.head(pass, net.encode(pass, image), 'latent');
    const coder: TwoWayCoder = {
      outputs: ['latent', 'codes'],
      cell: net.cell,
      channels: width,
      codebook: codes,
      encode(pass, image) {
        const { quantised, chosen } = quantise(encode(pass, image), bookOf(pass));
        return { latent: quantised, codes: indexOf(chosen) };
      },
      decode: net.decode,
    };
    const draws: Record<string, DrawSpec> = averaged
      ? { ...net.draws, revival: { kind: 'uniform', shape: () => [codes] } }
      : net.draws;
    return {
      family: 'vector-quantised',
      settings,
      tasks: ['reconstruct', 'latent', 'generate', 'compress'],
      channels: 1,
      context: 0,
      multiple: net.cell,
      radius: net.radius,
      head,
      parameters: averaged
        ? net.parameters
        : { ...net.parameters, codebook: { shape: [codes, width], initialiser: 'lecun', fanIn: codes } },
      buffers: averaged
        ? {
            ...net.buffers,
            codebook: { shape: [codes, width], initialiser: 'zeros' },
            uses: { shape: [codes], initialiser: 'zeros' },
            sums: { shape: [codes, width], initialiser: 'zeros' },
          }
        : net.buffers,
      draws,
      ramp: 0,
      forward(pass, image) {
        const latent = encode(pass, image);
        const { quantised, chosen } = quantise(latent, bookOf(pass));
        const counts = tf.sum(chosen, [0, 1, 2]);
        if (averaged && pass.learning) followLatents(pass, latent, chosen, counts);
        const commit = tf.mean(tf.squaredDifference(latent, stopGradient(quantised)));
        const straight: tf.Tensor4D = tf.add(latent, stopGradient(tf.sub(quantised, latent)));
        return {
          raw: net.decode(pass, straight),
          penalties: {
            commitment: tf.mul(commit, settings.commitment),
            ...(averaged ? {} : { codebook: tf.mean(tf.squaredDifference(quantised, stopGradient(latent))) }),
          },
          measures: usage(counts),
        };
      },
      coder,
    };
  },
);

interface Quantised {
  readonly quantised: tf.Tensor4D;
  readonly chosen: tf.Tensor4D;
}

/**
 * Nearest codes, with 1x1 convolutions and a comparison so that it is written for any size: `chosen` is one-hot
 * [n, rows, columns, codes].
 */
function quantise(latent: tf.Tensor4D, codebook: tf.Tensor): Quantised {
  const [codes, width] = codebook.shape;
  const keys = tf.reshape<tf.Rank.R4>(tf.transpose(codebook), [1, 1, width, codes]);
  const values = tf.reshape<tf.Rank.R4>(codebook, [1, 1, codes, width]);
  const lengths = tf.sum(tf.square(codebook), 1);
  const products = tf.conv2d(stopGradient<tf.Tensor4D>(latent), stopGradient<tf.Tensor4D>(keys), 1, 'valid');
  const distance = tf.sub(lengths, tf.mul(products, 2));
  const nearest = tf.cast(tf.equal(distance, tf.min(distance, 3, true)), 'float32');
  // Of equal distances, which only copies of a code have, the mean is taken.
  const chosen = stopGradient(rank4(tf.div(nearest, tf.sum(nearest, 3, true))));
  return { quantised: tf.conv2d(chosen, values, 1, 'valid'), chosen };
}

/** Indices of the codes as floats [n, rows, columns, 1]. */
function indexOf(chosen: tf.Tensor4D): tf.Tensor4D {
  const codes = chosen.shape[3];
  const index = tf.tensor(
    Float32Array.from({ length: codes }, (_, i) => i),
    [1, 1, 1, codes],
  );
  return rank4(tf.sum(tf.mul(chosen, index), 3, true));
}

/** Share of the old averages that a step keeps. */
const MEMORY = 0.98;
/** A code that is used less than this share of its fair number is moved to a latent of the batch. */
const DEAD = 0.05;

function followLatents(pass: Pass, latent: tf.Tensor4D, chosen: tf.Tensor4D, counts: tf.Tensor): void {
  const [n, rows, columns, codes] = chosen.shape;
  const width = latent.shape[3];
  const vectors = n * rows * columns;
  const flat = tf.reshape<tf.Rank.R2>(stopGradient(latent), [vectors, width]);
  const picks = tf.reshape<tf.Rank.R2>(chosen, [vectors, codes]);
  const blend = (old: tf.Tensor, now: tf.Tensor) => tf.add(tf.mul(old, MEMORY), tf.mul(now, 1 - MEMORY));
  const uses = blend(pass.buffers.uses, counts);
  const sums = blend(pass.buffers.sums, tf.matMul(picks, flat, true, false));
  const fair = vectors / codes;
  const dead = tf.cast(tf.less(uses, DEAD * fair), 'float32');
  const alive = tf.sub(1, dead);
  const drawn = pass.drawn?.revival;
  const places = tf.cast(tf.floor(tf.mul(drawn ?? tf.zeros([codes]), vectors)), 'int32');
  const fresh = tf.gather(flat, tf.reshape<tf.Rank.R1>(places, [codes]));
  const column = (x: tf.Tensor) => tf.reshape(x, [codes, 1]);
  const revivedUses = tf.add(tf.mul(uses, alive), tf.mul(dead, fair));
  const revivedSums = tf.add(tf.mul(sums, column(alive)), tf.mul(fresh, column(tf.mul(dead, fair))));
  pass.updates.uses = revivedUses;
  pass.updates.sums = revivedSums;
  pass.updates.codebook = tf.div(revivedSums, column(tf.add(revivedUses, 1e-6)));
}

/** Entropy of the codes in bits, and the share of the codebook that the entropy fills (perplexity / codes). */
function usage(counts: tf.Tensor): Record<string, tf.Tensor> {
  const share = tf.div(counts, tf.add(tf.sum(counts), 1e-6));
  const bits = tf.neg(tf.div(tf.sum(tf.mul(share, tf.log(tf.add(share, 1e-10)))), Math.LN2));
  const used = tf.mean(tf.cast(tf.greater(counts, 0), 'float32'));
  return { bits, used };
}
