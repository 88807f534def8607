import * as tf from '@tensorflow/tfjs-core';
import { Random } from '../../base/random.js';
import { fault } from '../../contract/errors.js';
import { conv, convSpecs, leaky, paint, paintSpecs } from '../blocks.js';
import { type Autoencoder, defineFamily, type Forward, type Pass } from '../family.js';
import { rank4 } from '../parameters.js';
import {
  block,
  blockSpecs,
  dense,
  denseSpecs,
  layerNorm,
  layerNormSpecs,
  positions,
} from '../transformer.js';

interface MaskedSettings extends Record<string, number> {
  readonly patch: number;
  readonly width: number;
  readonly depth: number;
  readonly heads: number;
  readonly decoderWidth: number;
  readonly decoderDepth: number;
  readonly hidden: number;
}

/** Channels of the layers that turn tokens into a residual image. */
const REFINE = 16;
/** Weight of a visible patch falls by exp(-FALL) with each patch of distance. */
const FALL = 2;

/**
 * Masked autoencoder (He et al. 2022): the image is cut into patches, `hidden` of them are left out, a transformer
 * encodes the visible ones only, a light one rebuilds the rest from these and from where they were. With `hidden` 0
 * nothing is left out and the same encoder predicts what to take away from the image: pretrained on hidden patches,
 * that is fine-tuning for denoising.
 *
 * A trained model with hidden patches is asked several times, each patch being hidden in all passes but one: every
 * patch is rebuilt from others alone. Its latent is what the encoder makes of the patches when it sees them all, less
 * what their places alone make it give.
 */
export const masked = defineFamily(
  {
    name: 'masked',
    summary: 'Rebuilds hidden patches from the others: features, pretraining, maps of what is not expected.',
    wholePlanes: false,
    latentSetting: null,
  },
  { patch: 8, width: 96, depth: 4, heads: 4, decoderWidth: 64, decoderDepth: 1, hidden: 0.75 },
  {
    patch: [2, 32],
    width: [8, 512],
    depth: [1, 12],
    heads: [1, 16],
    decoderWidth: [8, 512],
    decoderDepth: [1, 8],
    hidden: [0, 0.95],
  },
  (settings, { head, size }): Autoencoder => {
    const { patch, width, decoderWidth, hidden } = settings;
    refuseSizes(settings, size);
    const grid = size / patch;
    const net = { ...settings, grid, visible: Math.max(1, Math.round(grid * grid * (1 - hidden))) };
    return {
      family: 'masked',
      settings,
      tasks: hidden === 0 ? ['reconstruct', 'denoise', 'latent'] : ['reconstruct', 'latent'],
      channels: 1,
      context: 0,
      multiple: size,
      fixedSide: size,
      radius: null,
      head,
      parameters: {
        ...convSpecs('embed', patch, 1, width, 'lecun'),
        ...manyBlocks('encode', settings.depth, width),
        ...layerNormSpecs('encode.norm', width),
        ...(hidden === 0
          ? {
              ...paintSpecs('refine.paint', patch, width, REFINE),
              ...convSpecs('refine.join', 3, REFINE + 1, REFINE),
              ...convSpecs('refine.out', 3, REFINE, head.channels, 'zeros'),
            }
          : {
              ...denseSpecs('decode.enter', width, decoderWidth),
              'decode.missing': { shape: [decoderWidth], initialiser: 'zeros' },
              ...manyBlocks('decode', settings.decoderDepth, decoderWidth),
              ...layerNormSpecs('decode.norm', decoderWidth),
              ...paintSpecs('decode.paint', patch, decoderWidth, head.channels, 'zeros'),
            }),
      },
      buffers: {},
      draws: hidden === 0 ? {} : { order: { kind: 'uniform', shape: (batch) => [batch, grid * grid] } },
      ramp: 0,
      forward(pass, image) {
        if (hidden === 0) return takeAway(net, pass, image, head.linear);
        const order = pass.drawn?.order;
        return order === undefined ? rebuildAll(net, pass, image) : rebuildHidden(net, pass, image, order);
      },
      coder: {
        cell: patch,
        channels: width,
        outputs: ['latent'],
        encode: (pass, image) => ({ latent: tf.sub(allTokens(net, pass, image), placeTokens(net, pass)) }),
        // The decoder rebuilds patches from others; with nothing hidden the image itself is needed.
        decode: null,
      },
    };
  },
);

interface Net extends MaskedSettings {
  /** Patches along a side. */
  readonly grid: number;
  /** Patches that the encoder sees. */
  readonly visible: number;
}

function refuseSizes({ patch, width, heads, decoderWidth }: MaskedSettings, size: number): void {
  if (size % patch !== 0 || width % (4 * heads) !== 0 || decoderWidth % (4 * heads) !== 0)
    throw fault('E_USAGE/masked-sizes');
}

function manyBlocks(name: string, depth: number, width: number) {
  return Object.assign({}, ...Array.from({ length: depth }, (_, i) => blockSpecs(`${name}${i}`, width)));
}

/** Patches as tokens with their places: [n, size, size, 1] -> [n, grid * grid, width]. */
function embed({ patch, grid, width }: Net, pass: Pass, image: tf.Tensor4D): tf.Tensor3D {
  const tokens = tf.reshape(conv(pass, image, 'embed', patch), [image.shape[0], grid * grid, width]);
  return tf.add(tokens, positions(grid, width));
}

function encode({ depth, heads }: Net, pass: Pass, tokens: tf.Tensor3D): tf.Tensor3D {
  let x = tokens;
  for (let i = 0; i < depth; i++) x = block(pass, x, `encode${i}`, heads);
  return layerNorm(pass, x, 'encode.norm');
}

/** Which patches are visible. */
interface Shown {
  /** [n, visible, all]: one where visible token k is patch i, else zero. */
  readonly selection: tf.Tensor3D;
  /** [n, all, visible]: how near; each row has the sum 1. */
  readonly weights: tf.Tensor3D;
}

/**
 * Encoded tokens to a raw image. A missing token starts as one learnt token plus the mean of the visible ones weighted by
 * nearness: attention alone takes long to find out what is near.
 */
function decode(net: Net, pass: Pass, encoded: tf.Tensor3D, shown: Shown): tf.Tensor4D {
  const { grid, decoderWidth, decoderDepth, heads } = net;
  const { selection, weights } = shown;
  const entered = dense(pass, encoded, 'decode.enter');
  const present = tf.reshape(tf.sum(selection, 1), [selection.shape[0], grid * grid, 1]);
  const near: tf.Tensor3D = tf.matMul(weights, entered);
  const missing = tf.mul(tf.sub(1, present), tf.add(near, pass.parameters['decode.missing']));
  let x: tf.Tensor3D = tf.add(tf.matMul(selection, entered, true, false), missing);
  x = tf.add(x, positions(grid, decoderWidth));
  for (let i = 0; i < decoderDepth; i++) x = block(pass, x, `decode${i}`, heads);
  const squares = tf.reshape(layerNorm(pass, x, 'decode.norm'), [x.shape[0], grid, grid, decoderWidth]);
  return paint(pass, rank4(squares), 'decode.paint');
}

/** Weights [n, all, visible], each row of sum 1, that fall with the distance between two patches. */
function nearness({ grid }: Net, selection: tf.Tensor3D): tf.Tensor3D {
  const all = grid * grid;
  const distances = Float32Array.from({ length: all * all }, (_, i) => {
    const [a, b] = [Math.floor(i / all), i % all];
    return Math.hypot(Math.floor(a / grid) - Math.floor(b / grid), (a % grid) - (b % grid));
  });
  const [n, visible] = selection.shape;
  const flat = tf.matMul(tf.reshape(selection, [n * visible, all]), tf.tensor2d(distances, [all, all]));
  const fall = tf.transpose(tf.reshape(flat, [n, visible, all]), [0, 2, 1]);
  return tf.softmax(tf.mul(fall, -FALL));
}

/** With nothing hidden: the image less what the tokens say should go. */
function takeAway(net: Net, pass: Pass, image: tf.Tensor4D, linear: boolean): Forward {
  const change = residual(pass, allTokens(net, pass, image), image);
  return { raw: linear ? tf.add(image, change) : change, penalties: {}, measures: {} };
}

/** What the encoder makes of an image of which nothing is hidden: [n, size, size, 1] -> [n, grid, grid, width]. */
function allTokens(net: Net, pass: Pass, image: tf.Tensor4D): tf.Tensor4D {
  const { grid, width } = net;
  const tokens = encode(net, pass, embed(net, pass, image));
  return tf.reshape(tokens, [tokens.shape[0], grid, grid, width]);
}

/** Even images whose tokens are taken for what a place alone gives. */
const EVEN = [0, 0.25, 0.5, 0.75, 1];

/**
 * The mean tokens of even images: [1, grid, grid, width]. More than half of the variance of a trained encoder's tokens
 * came of where in its window a patch lay: planes cut into windows had these in their latents. Without the mean
 * token of its place a quarter did, as with a mean over real images.
 */
function placeTokens(net: Net, pass: Pass): tf.Tensor4D {
  const side = net.grid * net.patch;
  const even = tf.tile(tf.tensor4d(EVEN, [EVEN.length, 1, 1, 1]), [1, side, side, 1]);
  return tf.mean(allTokens(net, pass, even), 0, true);
}

/** Painted tokens beside the image, through two convolutions: they smooth over the borders of the patches. */
function residual(pass: Pass, latent: tf.Tensor4D, image: tf.Tensor4D): tf.Tensor4D {
  const features = leaky(paint(pass, latent, 'refine.paint'));
  const joined = conv(pass, tf.concat([features, image], 3), 'refine.join');
  return conv(pass, leaky(joined), 'refine.out');
}

/** The patches that come first in a random order are visible. [n, all] numbers -> [n, visible, all] of 0 and 1. */
function selectFirst(order: tf.Tensor, visible: number): tf.Tensor3D {
  const [n, all] = order.shape;
  const before = tf.less(tf.reshape(order, [n, 1, all]), tf.reshape(order, [n, all, 1]));
  const rank = tf.sum(tf.cast(before, 'float32'), 2);
  const places = tf.tensor(
    Float32Array.from({ length: visible }, (_, i) => i),
    [1, visible, 1],
  );
  return tf.cast(tf.equal(tf.reshape(rank, [n, 1, all]), places), 'float32');
}

/** 1 where a pixel's patch is visible: [n, size, size, 1]. */
function visiblePixels({ grid, patch }: Net, selection: tf.Tensor3D): tf.Tensor4D {
  const squares: tf.Tensor4D = tf.reshape(tf.sum(selection, 1), [selection.shape[0], grid, grid, 1]);
  return tf.image.resizeNearestNeighbor(squares, [grid * patch, grid * patch]);
}

/** Visible patches come back as they are, so that only hidden ones are judged. */
function rebuildHidden(net: Net, pass: Pass, image: tf.Tensor4D, order: tf.Tensor): Forward {
  const selection = selectFirst(order, net.visible);
  const rebuilt = rebuildFrom(net, pass, image, selection);
  const seen = visiblePixels(net, selection);
  const raw: tf.Tensor4D = tf.add(tf.mul(seen, image), tf.mul(tf.sub(1, seen), rebuilt));
  const hidden = tf.sum(tf.sub(1, seen));
  const error = tf.div(tf.sum(tf.squaredDifference(raw, image)), tf.maximum(hidden, 1));
  return { raw, penalties: {}, measures: { hiddenError: error } };
}

function rebuildFrom(net: Net, pass: Pass, image: tf.Tensor4D, selection: tf.Tensor3D): tf.Tensor4D {
  const visible: tf.Tensor3D = tf.matMul(selection, embed(net, pass, image));
  const weights = nearness(net, selection);
  const decoded = decode(net, pass, encode(net, pass, visible), { selection, weights });
  return tf.add(decoded, filled(net, image, selection, weights));
}

/** What the decoder starts from: mean intensities of visible patches, weighted by nearness, without steps. */
function filled(
  { grid, patch }: Net,
  image: tf.Tensor4D,
  selection: tf.Tensor3D,
  weights: tf.Tensor3D,
): tf.Tensor4D {
  const n = image.shape[0];
  const means = tf.reshape(tf.avgPool(image, patch, patch, 'valid'), [n, grid * grid, 1]);
  const spread = tf.matMul(weights, tf.matMul(selection, means));
  const coarse: tf.Tensor4D = tf.reshape(spread, [n, grid, grid, 1]);
  return tf.image.resizeBilinear(coarse, [grid * patch, grid * patch], false, true);
}

/** Every patch as the mean of what the passes say in which it was hidden. */
function rebuildAll(net: Net, pass: Pass, image: tf.Tensor4D): Forward {
  const n = image.shape[0];
  const passes = groups(net).map((group) => {
    const selection = tf.tile(group, [n, 1, 1]);
    const unseen = tf.sub(1, visiblePixels(net, selection));
    return { unseen, part: tf.mul(unseen, rebuildFrom(net, pass, image, selection)) };
  });
  const sum = passes.map(({ part }) => part).reduce((a, b) => tf.add(a, b));
  const count = passes.map(({ unseen }) => unseen).reduce((a, b) => tf.add(a, b));
  return { raw: rank4(tf.div(sum, tf.maximum(count, 1))), penalties: {}, measures: {} };
}

/** Selections [1, visible, all] that between them show every patch, in a fixed shuffled order. */
function groups({ grid, visible }: Net): tf.Tensor3D[] {
  const all = grid * grid;
  const order = new Random(all).shuffle(Array.from({ length: all }, (_, i) => i));
  return Array.from({ length: Math.ceil(all / visible) }, (_, group) => {
    const values = new Float32Array(visible * all);
    // the last group is filled up from the start
    for (let k = 0; k < visible; k++) values[k * all + order[(group * visible + k) % all]] = 1;
    return tf.tensor3d(values, [1, visible, all]);
  });
}
