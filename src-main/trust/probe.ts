import type { Random } from '../base/random.js';
import type { RetentionReport } from '../contract/report.js';
import type { Volume } from '../imaging/volume.js';
import type { NoiseEstimate } from '../noise/estimate.js';
import { placeLesions, withLesions } from './lesions.js';
import { noiseModel } from './noise-model.js';
import { recovered, retentionReport } from './retention.js';
import {
  chooseSlab,
  cutSigma,
  cutSlab,
  type DenoiseFunction,
  foregroundOfSlices,
  type Slab,
} from './slab.js';
import { uncertaintyMap } from './uncertainty.js';

export interface Probed {
  readonly slab: Slab;
  readonly retention: RetentionReport | null;
  /** Root mean square of what a second pass changes, over sigma; null without foreground. */
  readonly changeAgain: number | null;
  /** One standard deviation of the error in the slab, in units of the volume. */
  readonly uncertainty: Float32Array;
}

/** Draws of noise for the numbers of a series; one where the slab is a large part of it and a pass costs much. */
const DRAWS = 2;
const LARGE = 0.1;

/**
 * Asks the denoiser questions on a few slices in the middle of the series: with faint lesions, on its own output, and
 * with a little more noise. Five passes over the slab; four where the slab is the whole series.
 *
 * @param foreground 1 where `after` is tissue
 */
export async function probe(
  denoise: DenoiseFunction,
  before: Volume,
  after: Volume,
  foreground: Uint8Array,
  noise: NoiseEstimate,
  context: number,
  random: Random,
): Promise<Probed> {
  const slab = chooseSlab(foregroundOfSlices(before, foreground), context);
  const input = cutSlab(before, slab);
  const whole = slab.slices === before.slices;
  // the draws inside a denoiser are those of the slab, so the result is compared with one of the slab too
  const output = whole ? after : await denoise(input, slab.first);
  const mask = cutSlab({ ...after, data: Float32Array.from(foreground) }, slab);
  const tissue = Uint8Array.from(mask.data);
  const model = noiseModel(cutSigma(noise.map ?? noise.sigma, before, slab), noise.distribution);
  const lesions = placeLesions(output, tissue, model, context, random.fork('lesions'));
  const withThem = lesions.length === 0 ? output : await denoise(withLesions(input, lesions), slab.first);
  const again = await denoise(output, slab.first);
  return {
    slab,
    retention: retentionReport(lesions, recovered(lesions, output, withThem)),
    changeAgain: changeOverSigma(output, again, tissue, model.sigmaAt),
    uncertainty: await uncertaintyMap(denoise, input, output, tissue, {
      noise: model,
      correlation: noise.correlated ? noise.correlation : { x: 0, y: 0 },
      draws: slab.slices > LARGE * before.slices ? 1 : DRAWS,
      random: random.fork('uncertainty'),
      first: slab.first,
    }),
  };
}

function changeOverSigma(
  before: Volume,
  after: Volume,
  foreground: Uint8Array,
  sigmaAt: (index: number) => number,
): number | null {
  let energy = 0;
  let count = 0;
  for (let i = 0; i < foreground.length; i++) {
    if (foreground[i] === 0) continue;
    energy += ((after.data[i] - before.data[i]) / sigmaAt(i)) ** 2;
    count++;
  }
  return count === 0 ? null : Math.sqrt(energy / count);
}
