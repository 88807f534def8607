import type * as tf from '@tensorflow/tfjs-core';
import type { Forward, Pass, TwoWayCoder } from './family.js';

/** There and back, without a penalty. */
export function rebuild(coder: TwoWayCoder, pass: Pass, image: tf.Tensor4D): Forward {
  return { raw: coder.decode(pass, coder.encode(pass, image).latent), penalties: {}, measures: {} };
}
