import type * as tf from '@tensorflow/tfjs-core';
import { type Autoencoder, type Coder, defineFamily, type Forward, type Pass } from './family.js';
import { STACK_DEFAULTS, STACK_RANGES, stack, stackSettings } from './stacks.js';

/**
 * Convolutional autoencoder (Masci et al. 2011): strided encoder, bottleneck, decoder of nearest upsampling and
 * convolutions. With skips it is the U-Net of the denoising family.
 */
export const convolutional = defineFamily(
  {
    name: 'convolutional',
    summary: 'Rebuilds images through a spatial bottleneck: error maps, compression, features.',
    wholePlanes: false,
    latentSetting: 'latent',
  },
  { ...STACK_DEFAULTS },
  STACK_RANGES,
  (settings, { head }): Autoencoder => {
    const net = stack(stackSettings(settings), 1, head.channels, ['latent']);
    const coder: Coder = {
      outputs: ['latent'],
      cell: net.cell,
      channels: settings.latent,
      encode: (pass, image) => ({ latent: net.head(pass, net.encode(pass, image), 'latent') }),
      decode: net.decode,
    };
    return {
      family: 'convolutional',
      settings,
      tasks: ['reconstruct', 'latent', 'compress'],
      channels: 1,
      context: 0,
      multiple: net.cell,
      radius: net.radius,
      head,
      parameters: net.parameters,
      buffers: net.buffers,
      draws: net.draws,
      ramp: 0,
      forward: (pass, image) => rebuild(coder, pass, image),
      coder,
    };
  },
);

/** There and back, without a penalty. */
export function rebuild(coder: Coder, pass: Pass, image: tf.Tensor4D): Forward {
  return { raw: coder.decode(pass, coder.encode(pass, image).latent), penalties: {}, measures: {} };
}
