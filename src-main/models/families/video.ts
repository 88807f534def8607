import * as tf from '@tensorflow/tfjs-core';
import { type Autoencoder, defineFamily } from '../family.js';
import { rank4 } from '../parameters.js';
import { normalisationOf, STACK_RANGES } from '../stacks.js';
import { unet } from '../unet.js';

/** What the network is given of the middle frame: all of it, in residual form; all of it; nothing. */
const MIDDLE = ['base', 'seen', 'unseen'] as const;

/**
 * Denoising in two dimensions and time: a U-Net sees a frame with its neighbours in time, of the same slice, as
 * channels. The noise of frames is independent, what they show is nearly the same. Without clean images the middle
 * frame is told from its neighbours alone (`unseen`; blind in time as UDVD, Sheth et al. 2021) or with hidden pixels
 * (`seen`): the network then corrects a learnt mixture of the neighbours, at first their mean. With clean images it corrects the middle frame
 * itself (`base`).
 */
export const video = defineFamily(
  {
    name: 'video',
    summary:
      'Takes noise away from time series (cine, EPI, DWI): neighbouring frames tell signal from noise.',
    wholePlanes: false,
    timeSeries: true,
    latentSetting: null,
  },
  { base: 16, levels: 3, context: 2, middle: 'base', norm: 'none', dropout: 0 },
  {
    base: [4, 64],
    levels: [2, 5],
    context: [1, 4],
    middle: MIDDLE,
    norm: STACK_RANGES.norm,
    dropout: STACK_RANGES.dropout,
  },
  ({ base, levels, context, middle, ...given }, { head }): Autoencoder => {
    const regularisation = { norm: normalisationOf(given.norm), dropout: given.dropout };
    const blind = middle === 'unseen';
    const frames = 2 * context + 1;
    const net = unet(
      {
        base,
        levels,
        context: 0,
        extra: (blind ? frames - 1 : frames) - 1,
        conditioned: false,
        residual: false,
        topSkip: true,
        mean: 0,
        scale: 1,
      },
      regularisation,
    );
    const spread = head.channels > 1;
    return {
      family: 'video',
      settings: { base, levels, context, middle, ...regularisation },
      tasks: ['reconstruct', 'denoise'],
      channels: frames,
      context,
      along: 'frames',
      blind,
      multiple: net.multiple,
      radius: net.radius,
      head,
      parameters: {
        ...net.parameters,
        // added to equal weights
        ...(middle === 'base' || !head.linear
          ? {}
          : { 'neighbours.weights': { shape: [frames - 1], initialiser: 'zeros' } }),
        // what is corrected comes out as it is before the first step
        ...(head.linear ? { 'out.filter': { shape: [3, 3, base, 1], initialiser: 'zeros' } } : {}),
        ...(spread
          ? {
              'bins.filter': { shape: [1, 1, 1, head.channels], initialiser: 'lecun' },
              'bins.bias': { shape: [head.channels], initialiser: 'zeros' },
            }
          : {}),
      },
      buffers: net.buffers,
      draws: net.draws,
      ramp: 0,
      forward(pass, image) {
        const { 'bins.filter': filter, 'bins.bias': bias, 'neighbours.weights': weights } = pass.parameters;
        const [before, centre, after] = tf.split(image, [context, 1, context], 3).map(rank4);
        const others: tf.Tensor4D = tf.concat([before, after], 3);
        const out = net.apply(pass, blind ? others : image);
        const mixture = (): tf.Tensor => tf.sum(tf.mul(others, tf.add(weights, 1 / (frames - 1))), 3, true);
        const raw = head.linear
          ? tf.add(middle === 'base' ? centre : mixture(), out)
          : spread
            ? tf.add(tf.mul(out, tf.reshape(filter, [head.channels])), bias)
            : out;
        return { raw: rank4(raw), penalties: {}, measures: {} };
      },
      coder: null,
    };
  },
);
