import * as tf from '@tensorflow/tfjs-core';
import { convSpecs } from '../blocks.js';
import {
  type Autoencoder,
  type Build,
  defineFamily,
  type Forward,
  type Pass,
  type TwoWayCoder,
} from '../family.js';
import { rank4 } from '../parameters.js';
import { STACK_DEFAULTS, STACK_RANGES, stack, stackSettings } from '../stacks.js';

/**
 * Contractive autoencoder (Rifai et al. 2011): penalises the squared Frobenius norm of the encoder's Jacobian, so
 * that the latent moves little when the image does. Dense: sigmoid units on patches with tied weights, where the
 * norm is exact, sum over units of (h (1 - h))^2 |w|^2. Convolutional: the unbiased estimate |J v|^2 with v a unit
 * normal image, by a forward difference, which needs first derivatives only.
 */
export const contractive = defineFamily(
  {
    name: 'contractive',
    summary: 'A latent that barely moves under small changes of the image: steady features.',
    wholePlanes: false,
    latentSetting: 'latent',
  },
  { ...STACK_DEFAULTS, latent: 64, kind: 'dense', patch: 16, weight: 0.1 },
  { ...STACK_RANGES, kind: ['dense', 'convolutional'], patch: [4, 32], weight: [0, 1000] },
  (settings, build): Autoencoder =>
    settings.kind === 'dense' ? dense(settings, build) : convolutionalForm(settings, build),
);

interface DenseSettings {
  readonly latent: number;
  readonly patch: number;
  readonly weight: number;
}

function dense(settings: DenseSettings & Autoencoder['settings'], { head }: Build): Autoencoder {
  const { latent, patch, weight } = settings;
  const encode = (pass: Pass, image: tf.Tensor4D): tf.Tensor4D =>
    tf.sigmoid(
      tf.add(
        tf.conv2d(image, rank4(pass.parameters['tied.filter']), patch, 'valid'),
        pass.parameters['tied.bias'],
      ),
    );
  const coder: TwoWayCoder = {
    outputs: ['latent'],
    cell: patch,
    channels: latent,
    encode: (pass, image) => ({ latent: encode(pass, image) }),
    decode(pass, code) {
      const [n, rows, columns] = code.shape;
      const filter = rank4(pass.parameters['tied.filter']);
      const size: [number, number, number, number] = [n, rows * patch, columns * patch, 1];
      const painted = tf.conv2dTranspose(code, filter, size, patch, 'valid');
      const raw = tf.add(painted, pass.parameters['out.bias']);
      return head.channels === 1
        ? rank4(raw)
        : tf.add(
            tf.conv2d(rank4(raw), rank4(pass.parameters['spread.filter']), 1, 'valid'),
            pass.parameters['spread.bias'],
          );
    },
  };
  return {
    family: 'contractive',
    settings,
    tasks: ['reconstruct', 'latent', 'compress'],
    channels: 1,
    context: 0,
    multiple: patch,
    radius: patch,
    head,
    parameters: {
      'tied.filter': { shape: [patch, patch, 1, latent], initialiser: 'lecun' },
      'tied.bias': { shape: [latent], initialiser: 'zeros' },
      'out.bias': { shape: [1], initialiser: 'zeros' },
      ...(head.channels === 1 ? {} : convSpecs('spread', 1, 1, head.channels, 'lecun')),
    },
    buffers: {},
    draws: {},
    ramp: 0,
    forward(pass, image): Forward {
      const code = encode(pass, image);
      const norms = tf.sum(tf.square(pass.parameters['tied.filter']), [0, 1, 2]);
      const slopes = tf.square(tf.mul(code, tf.sub(1, code)));
      const jacobian = tf.mean(tf.sum(tf.mul(slopes, norms), 3));
      return {
        raw: coder.decode(pass, code),
        // Per pixel of the patch, as the reconstruction loss is.
        penalties: { contraction: tf.mul(jacobian, weight / (patch * patch)) },
        measures: { jacobian },
      };
    },
    coder,
  };
}

/** Step of the forward difference: small against images in [0, 1], large against float32. */
const STEP = 1e-2;

function convolutionalForm(
  settings: Parameters<typeof stackSettings>[0] & { readonly weight: number } & Autoencoder['settings'],
  { head }: Build,
): Autoencoder {
  const net = stack(stackSettings(settings), 1, head.channels, ['latent']);
  const encode = (pass: Pass, image: tf.Tensor4D) => net.head(pass, net.encode(pass, image), 'latent');
  const coder: TwoWayCoder = {
    outputs: ['latent'],
    cell: net.cell,
    channels: settings.latent,
    encode: (pass, image) => ({ latent: encode(pass, image) }),
    decode: net.decode,
  };
  return {
    family: 'contractive',
    settings,
    tasks: ['reconstruct', 'latent', 'compress'],
    channels: 1,
    context: 0,
    multiple: net.cell,
    radius: net.radius,
    head,
    parameters: net.parameters,
    buffers: net.buffers,
    draws: {
      ...net.draws,
      direction: { kind: 'normal', shape: (batch, rows, columns) => [batch, rows, columns, 1] },
    },
    ramp: 0,
    forward(pass, image) {
      const code = encode(pass, image);
      const raw = net.decode(pass, code);
      const direction = pass.drawn?.direction;
      if (direction === undefined) return { raw, penalties: {}, measures: {} };
      const moved = encode(pass, tf.add(image, tf.mul(direction, STEP)));
      const change = tf.div(tf.sub(moved, code), STEP);
      const jacobian = tf.mean(tf.sum(tf.square(change), 3));
      return {
        raw,
        penalties: { contraction: tf.mul(jacobian, settings.weight / net.cell ** 2) },
        measures: { jacobian },
      };
    },
    coder,
  };
}
