import { principalComponents } from '../base/linear/pca.js';
import type { Random } from '../base/random.js';
import type { NamedArrays, Shape } from '../graph/types.js';
import { convSpecs, paintSpecs, type Specs } from './blocks.js';
import type { Stack } from './stacks.js';

export interface Examples {
  readonly data: Float32Array;
  readonly shape: Shape;
}

/** Principal components of larger cells take too long. */
export const LARGEST_CELL = 32;
/** Names of a linear path beside the convolutions of a stack. */
export const LINEAR = { encoder: 'linear.encode', decoder: 'linear.decode' };

/** The parameters of a stack with a linear path beside it; the convolutions start by adding nothing to it. */
export function withLinear(net: Stack, latent: number): Specs {
  const parameters: Specs = {
    ...net.parameters,
    ...convSpecs(LINEAR.encoder, net.cell, 1, latent, 'lecun'),
    ...paintSpecs(LINEAR.decoder, net.cell, latent, 1, 'lecun'),
  };
  for (const name of ['head.latent.filter', 'out.filter'])
    parameters[name] = { ...parameters[name], initialiser: 'zeros' };
  return parameters;
}

/**
 * A linear encoder and decoder of patches as their principal components, with latents of unit variance:
 * z_k = v_k . (x - mean) / s_k, x = mean + sum of s_k z_k v_k.
 */
export function linearStart(
  parameters: NamedArrays,
  examples: Examples,
  {
    patch,
    latent,
    encoder: encoderName,
    decoder: decoderName,
  }: { readonly patch: number; readonly latent: number; readonly encoder: string; readonly decoder: string },
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
    [`${encoderName}.filter`]: { data: encoder, shape: [patch, patch, 1, latent] },
    [`${encoderName}.bias`]: { data: bias, shape: [latent] },
    [`${decoderName}.filter`]: { data: decoder, shape: [patch, patch, 1, latent] },
    [`${decoderName}.bias`]: { data: Float32Array.of(centre), shape: [1] },
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
