import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '../../base/random.js';
import type { NamedArrays } from '../../graph/types.js';
import { conv, convSpecs, leaky, paint, paintSpecs } from '../blocks.js';
import { type Autoencoder, defineFamily, type TwoWayCoder } from '../family.js';
import { type Examples, linearStart } from '../linear-start.js';
import { rebuild } from '../rebuild.js';

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
    const coder: TwoWayCoder = {
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
              linearStart(parameters, examples, { patch, latent, ...LINEAR }, random),
          }
        : {}),
    };
  },
);

/** Names of the linear layers. */
const LINEAR = { encoder: 'encode.linear', decoder: 'decode.linear' };
