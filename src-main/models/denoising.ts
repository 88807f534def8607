import * as tf from '@tensorflow/tfjs-core';
import { type Autoencoder, defineFamily, FOLDS } from './family.js';
import { unet } from './unet.js';

/**
 * Denoising autoencoder (Vincent et al. 2008) as a U-Net, the convolutional family with skips: it learns to undo the
 * corruption that its input was given. In residual form it predicts what to take away. Without residual and top
 * skip it is that of Noise2Void2 (Hoeck et al. 2022), for hidden pixels. Folded, it also sees the plane moved by half
 * its rows and by half its columns, where an N/2 ghost comes from.
 */
export const denoising = defineFamily(
  {
    name: 'denoising',
    summary: 'Takes noise or an artifact away: the family to choose for clear images.',
    wholePlanes: false,
    latentSetting: null,
  },
  { base: 16, levels: 3, context: 0, residual: true, topSkip: true, folded: false },
  { base: [4, 64], levels: [2, 5], context: [0, 3] },
  ({ base, levels, context, residual, topSkip, folded }, { head }): Autoencoder => {
    const linear = residual && head.linear;
    const net = unet({
      base,
      levels,
      context,
      ...(folded ? { extra: FOLDS } : {}),
      conditioned: false,
      residual: linear,
      topSkip,
      mean: 0,
      scale: 1,
    });
    const spread = head.channels > 1;
    return {
      family: 'denoising',
      settings: { base, levels, context, residual: linear, topSkip, folded },
      tasks: ['reconstruct', 'denoise'],
      channels: 2 * context + 1 + (folded ? FOLDS : 0),
      context,
      folded,
      multiple: net.multiple,
      radius: net.radius,
      head,
      parameters: spread
        ? {
            ...net.parameters,
            'bins.filter': { shape: [1, 1, 1, head.channels], initialiser: 'lecun' },
            'bins.bias': { shape: [head.channels], initialiser: 'zeros' },
          }
        : net.parameters,
      buffers: {},
      draws: {},
      ramp: 0,
      forward(pass, image) {
        const { 'bins.filter': filter, 'bins.bias': bias, ...own } = pass.parameters;
        const out = net.apply(own, image);
        const raw: tf.Tensor4D = spread
          ? tf.add(tf.mul(out, tf.reshape(filter, [head.channels])), bias)
          : out;
        return { raw, penalties: {}, measures: {} };
      },
      coder: null,
    };
  },
);
