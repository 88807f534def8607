import type { Random } from '../../base/random.js';
import type { ArtifactObjective } from './artifact-pairs.js';
import type { BatchSource, FedBatch } from './batches.js';
import type { Crop, CropSampler } from './crops.js';
import { makeBatch } from './objective.js';

/**
 * What a family learns from crops that are scaled to [0, 1]: pairs of an input and what is to be made of it. Plain
 * data: it goes into the model card and the fingerprint of a run.
 */
export type PairObjective =
  /** The image itself. */
  | { readonly kind: 'reconstruct' }
  /** Noise of a level drawn between these, in percent of the brightest value (BrainWeb's convention). */
  | { readonly kind: 'gaussian' | 'rician'; readonly levels: readonly [number, number] }
  /** Squares of `side` pixels set to the darkest value, over `share` of the image (Vincent et al. 2008). */
  | { readonly kind: 'masking'; readonly share: number; readonly side: number }
  /** Hidden pixels of the noisy image itself (Noise2Void2, Hoeck et al. 2022): needs no clean image. */
  | { readonly kind: 'blind-spot'; readonly cell: number; readonly span: readonly [number, number] }
  /** Pairs of a series and its reference. */
  | { readonly kind: 'supervised' }
  /** A frame of a time series from its neighbours, whose noise is independent of its own: needs no clean image. */
  | { readonly kind: 'frames' }
  | ArtifactObjective;

/** Whether the trained model takes something away, so that it may be applied as a denoiser. */
export function removesNoise({ kind }: { readonly kind: string }): boolean {
  return (
    kind === 'gaussian' ||
    kind === 'rician' ||
    kind === 'blind-spot' ||
    kind === 'supervised' ||
    kind === 'frames' ||
    kind === 'artifact'
  );
}

export function pairBatches(
  objective: Exclude<PairObjective, ArtifactObjective>,
  sampler: CropSampler,
  { size, batchSize }: { readonly size: number; readonly batchSize: number },
): BatchSource {
  return {
    batch(random, part) {
      if (objective.kind === 'blind-spot') {
        const masked = { kind: 'masked', cell: objective.cell, span: objective.span } as const;
        const { input, target, weight } = makeBatch(
          masked,
          () => sampler.draw(random, part),
          batchSize,
          size,
          random,
        );
        return { input, target, weight };
      }
      return stacked(
        Array.from({ length: batchSize }, () => {
          const crop = sampler.draw(random, part);
          return { ...crop, values: corrupted(objective, crop, size, random) };
        }),
      );
    },
  };
}

function corrupted(
  objective: Exclude<PairObjective, ArtifactObjective | { kind: 'blind-spot' }>,
  { values, zero, peak }: Crop,
  size: number,
  random: Random,
): Float32Array {
  switch (objective.kind) {
    case 'reconstruct':
    case 'supervised':
    case 'frames':
      return values;
    case 'masking':
      return masked(values, objective, size, random);
    default: {
      const [least, most] = objective.levels;
      const sigma = ((least + (most - least) * random.uniform()) / 100) * (peak - zero);
      if (objective.kind === 'gaussian') return values.map((value) => value + sigma * random.normal());
      return values.map(
        (value) => zero + Math.hypot(value - zero + sigma * random.normal(), sigma * random.normal()),
      );
    }
  }
}

function masked(
  values: Float32Array,
  { share, side }: { readonly share: number; readonly side: number },
  size: number,
  random: Random,
): Float32Array {
  const out = values.slice();
  const channels = values.length / (size * size);
  for (let top = 0; top < size; top += side)
    for (let left = 0; left < size; left += side) {
      if (random.uniform() >= share) continue;
      for (let y = top; y < Math.min(size, top + side); y++)
        out.fill(0, (y * size + left) * channels, (y * size + Math.min(size, left + side)) * channels);
    }
  return out;
}

function stacked(crops: readonly Crop[]): FedBatch {
  const join = (arrays: readonly Float32Array[]): Float32Array => {
    const out = new Float32Array(arrays.reduce((sum, array) => sum + array.length, 0));
    let at = 0;
    for (const array of arrays) {
      out.set(array, at);
      at += array.length;
    }
    return out;
  };
  return {
    input: join(crops.map(({ values }) => values)),
    target: join(crops.map(({ target }) => target)),
    weight: join(crops.map(({ weight }) => weight)),
  };
}
