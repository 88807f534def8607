import * as tf from '@tensorflow/tfjs-core';
import { type Autoencoder, defineFamily, FOLDS } from '../family.js';
import { rank4 } from '../parameters.js';
import { coarse, FIELD_REACH, FIELD_STEP, smoothField } from '../smooth-field.js';
import { normalisationOf, STACK_RANGES } from '../stacks.js';
import { unet } from '../unet.js';

/**
 * Denoising autoencoder (Vincent et al. 2008) as a U-Net, the convolutional family with skips: it learns to undo the
 * corruption that its input was given. In residual form it predicts what to take away. Without residual and top
 * skip it is that of Noise2Void2 (Hoeck et al. 2022), for hidden pixels. Folded, it also sees the plane moved by half
 * its rows and by half its columns, where an N/2 ghost comes from. With a field it sees the plane at a coarse grid only
 * and predicts the logarithm of a smooth factor, as the fields of coils are.
 */
export const denoising = defineFamily(
  {
    name: 'denoising',
    summary: 'Takes noise or an artifact away: the family to choose for clear images.',
    wholePlanes: false,
    latentSetting: null,
  },
  {
    base: 16,
    levels: 3,
    context: 0,
    residual: true,
    topSkip: true,
    folded: false,
    field: false,
    norm: 'none',
    dropout: 0,
  },
  {
    base: [4, 64],
    levels: [2, 5],
    context: [0, 3],
    norm: STACK_RANGES.norm,
    dropout: STACK_RANGES.dropout,
  },
  (given, { head }): Autoencoder => {
    const { base, levels, context, topSkip, folded } = given;
    const field = given.field && head.linear;
    const linear = given.residual && head.linear && !field;
    const regularisation = { norm: normalisationOf(given.norm), dropout: given.dropout };
    const net = unet(
      {
        base,
        levels,
        context,
        ...(folded ? { extra: FOLDS } : {}),
        conditioned: false,
        residual: linear,
        topSkip,
        mean: 0,
        scale: 1,
      },
      regularisation,
    );
    const spread = head.channels > 1;
    return {
      family: 'denoising',
      settings: { base, levels, context, residual: linear, topSkip, folded, field, ...regularisation },
      tasks: ['reconstruct', 'denoise'],
      channels: 2 * context + 1 + (folded ? FOLDS : 0),
      context,
      folded,
      multiple: net.multiple * (field ? FIELD_STEP : 1),
      radius: field ? FIELD_STEP * net.radius + FIELD_REACH : net.radius,
      head,
      parameters: field
        ? // the factor is 1 before the first step
          {
            ...net.parameters,
            'out.filter': { shape: [3, 3, base, 2], initialiser: 'zeros' },
            'out.bias': { shape: [2], initialiser: 'zeros' },
          }
        : spread
          ? {
              ...net.parameters,
              'bins.filter': { shape: [1, 1, 1, head.channels], initialiser: 'lecun' },
              'bins.bias': { shape: [head.channels], initialiser: 'zeros' },
            }
          : net.parameters,
      buffers: net.buffers,
      draws: net.draws,
      ramp: 0,
      forward(pass, image) {
        if (field) {
          const gain = tf.exp(smoothField(net.apply(pass, coarse(image))));
          const centre = tf.slice(image, [0, 0, 0, context], [...image.shape.slice(0, 3), 1]);
          return { raw: tf.mul(rank4(centre), gain), penalties: {}, measures: {} };
        }
        const { 'bins.filter': filter, 'bins.bias': bias } = pass.parameters;
        const out = net.apply(pass, image);
        const raw: tf.Tensor4D = spread
          ? tf.add(tf.mul(out, tf.reshape(filter, [head.channels])), bias)
          : out;
        return { raw, penalties: {}, measures: {} };
      },
      coder: null,
    };
  },
);
