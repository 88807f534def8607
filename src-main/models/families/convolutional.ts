import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '../../base/random.js';
import type { NamedArrays } from '../../graph/types.js';
import { conv, paint } from '../blocks.js';
import { type Autoencoder, defineFamily, type TwoWayCoder } from '../family.js';
import { type Examples, LARGEST_CELL, LINEAR, linearStart, withLinear } from '../linear-start.js';
import { rebuild } from '../rebuild.js';
import { STACK_DEFAULTS, STACK_RANGES, stack, stackSettings } from '../stacks.js';

/**
 * Convolutional autoencoder (Masci et al. 2011): strided encoder, bottleneck, decoder of nearest upsampling and
 * convolutions. With skips it is the U-Net of the denoising family. Beside the convolutions runs a linear path that
 * starts as the principal components of the cells, while the last convolutions start at zero: training starts where
 * PCA of cells ends, and learns what neighbouring cells tell.
 */
export const convolutional = defineFamily(
  {
    name: 'convolutional',
    summary: 'Rebuilds images through a spatial bottleneck: error maps, compression, features.',
    wholePlanes: false,
    latentSetting: 'latent',
  },
  { ...STACK_DEFAULTS, linear: true },
  STACK_RANGES,
  (settings, { head }): Autoencoder => {
    const { latent } = settings;
    const net = stack(stackSettings(settings), 1, head.channels, ['latent']);
    // A probability or scores of bins are no linear function of intensity; components of large cells take too long.
    const linear = settings.linear && head.linear && net.cell <= LARGEST_CELL;
    const coder: TwoWayCoder = {
      outputs: ['latent'],
      cell: net.cell,
      channels: latent,
      encode(pass, image) {
        const deep = net.head(pass, net.encode(pass, image), 'latent');
        return { latent: linear ? tf.add(deep, conv(pass, image, LINEAR.encoder, net.cell)) : deep };
      },
      decode(pass, code) {
        const deep = net.decode(pass, code);
        return linear ? tf.add(deep, paint(pass, code, LINEAR.decoder)) : deep;
      },
    };
    return {
      family: 'convolutional',
      settings: { ...settings, linear },
      tasks: ['reconstruct', 'latent', 'compress'],
      channels: 1,
      context: 0,
      multiple: net.cell,
      radius: net.radius,
      head,
      parameters: linear ? withLinear(net, latent) : net.parameters,
      buffers: net.buffers,
      draws: net.draws,
      ramp: 0,
      forward: (pass, image) => rebuild(coder, pass, image),
      coder,
      ...(linear
        ? {
            initialise: (parameters: NamedArrays, examples: Examples, random: Random) =>
              linearStart(parameters, examples, { patch: net.cell, latent, ...LINEAR }, random),
          }
        : {}),
    };
  },
);
