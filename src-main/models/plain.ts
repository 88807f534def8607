import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '../base/random.js';
import type { NamedArrays, Shape } from '../graph/types.js';
import { conv, convSpecs, leaky, paint, paintSpecs } from './blocks.js';
import { rebuild } from './convolutional.js';
import { type Autoencoder, type Coder, defineFamily } from './family.js';
import { principalComponents } from './pca.js';

/**
 * Plain (undercomplete) autoencoder: a dense encoder and decoder on square patches (Hinton and Salakhutdinov 2006).
 * Both have a linear path beside the hidden layer. The linear paths start as the principal components of the
 * training patches and the hidden ones at zero, so training starts where PCA ends. A dense layer on patches is a
 * convolution whose stride is its kernel, so the model runs on images of any size.
 */
export const plain = defineFamily(
  {
    name: 'plain',
    summary: 'Dense, on small patches: the baseline, never worse than PCA with the same latent size.',
    wholePlanes: false,
    latentSetting: 'latent',
  },
  { latent: 32, patch: 16, hidden: 256 },
  { latent: [1, 1024], patch: [4, 32], hidden: [4, 2048] },
  ({ latent, patch, hidden }, { head }): Autoencoder => {
    const coder: Coder = {
      outputs: ['latent'],
      cell: patch,
      channels: latent,
      encode(pass, image) {
        const folded = leaky(conv(pass, image, 'encode.hidden', patch));
        return {
          latent: tf.add(conv(pass, image, 'encode.linear', patch), conv(pass, folded, 'encode.fold')),
        };
      },
      decode(pass, code) {
        const folded = leaky(conv(pass, code, 'decode.hidden'));
        return tf.add(paint(pass, code, 'decode.linear'), paint(pass, folded, 'decode.fold'));
      },
    };
    return {
      family: 'plain',
      settings: { latent, patch, hidden },
      tasks: ['reconstruct', 'latent', 'compress'],
      channels: 1,
      context: 0,
      multiple: patch,
      radius: patch,
      head,
      parameters: {
        ...convSpecs('encode.linear', patch, 1, latent, 'lecun'),
        ...convSpecs('encode.hidden', patch, 1, hidden),
        ...convSpecs('encode.fold', 1, hidden, latent, 'zeros'),
        ...paintSpecs('decode.linear', patch, latent, head.channels, 'lecun'),
        ...convSpecs('decode.hidden', 1, latent, hidden),
        ...paintSpecs('decode.fold', patch, hidden, head.channels, 'zeros'),
      },
      buffers: {},
      draws: {},
      ramp: 0,
      forward: (pass, image) => rebuild(coder, pass, image),
      coder,
      // A probability or scores of bins are no linear function of intensity: there PCA is no good start.
      ...(head.linear
        ? {
            initialise: (parameters: NamedArrays, examples: Examples, random: Random) =>
              fromComponents(parameters, examples, patch, latent, random),
          }
        : {}),
    };
  },
);

interface Examples {
  readonly data: Float32Array;
  readonly shape: Shape;
}

/** Latents of unit variance: z_k = v_k . (x - mean) / s_k, x = mean + sum of s_k z_k v_k. */
function fromComponents(
  parameters: NamedArrays,
  examples: Examples,
  patch: number,
  latent: number,
  random: Random,
): NamedArrays {
  const length = patch * patch;
  const { mean, vectors, variances } = principalComponents(cells(examples, patch), length, latent, random);
  // Patches are cut anywhere, so every pixel has the same mean.
  const centre = mean.reduce((sum, value) => sum + value, 0) / length;
  const encoder = new Float32Array(length * latent);
  const bias = new Float32Array(latent);
  const decoder = new Float32Array(length * latent);
  for (let k = 0; k < Math.min(latent, variances.length); k++) {
    const deviation = Math.max(1e-3, Math.sqrt(variances[k]));
    for (let i = 0; i < length; i++) {
      const value = vectors[k * length + i];
      encoder[i * latent + k] = value / deviation;
      decoder[i * latent + k] = value * deviation;
      bias[k] -= (value * centre) / deviation;
    }
  }
  return {
    ...parameters,
    'encode.linear.filter': { data: encoder, shape: [patch, patch, 1, latent] },
    'encode.linear.bias': { data: bias, shape: [latent] },
    'decode.linear.filter': { data: decoder, shape: [patch, patch, 1, latent] },
    'decode.linear.bias': { data: Float32Array.of(centre), shape: [1] },
  };
}

/** Cuts images [n, size, size, 1] into patches, one a row. */
export function cells({ data, shape }: Examples, patch: number): Float32Array {
  const [count, rows, columns] = shape;
  const out = new Float32Array(
    count * Math.floor(rows / patch) * Math.floor(columns / patch) * patch * patch,
  );
  let at = 0;
  for (let n = 0; n < count; n++)
    for (let top = 0; top + patch <= rows; top += patch)
      for (let left = 0; left + patch <= columns; left += patch)
        for (let y = 0; y < patch; y++)
          for (let x = 0; x < patch; x++) out[at++] = data[(n * rows + top + y) * columns + left + x];
  return out;
}
