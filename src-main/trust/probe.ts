import type { Random } from '../base/random.js';
import type { RetentionReport } from '../contract/trust.js';
import { bytes, cutBox, cutValues, type Place } from '../imaging/box.js';
import type { Volume } from '../imaging/volume.js';
import { beyondDoubt } from '../noise/autocorrelation.js';
import { noiseOfBox } from '../noise/domain.js';
import type { NoiseEstimate } from '../noise/noise-estimate.js';
import { placeProbes, withLesions } from './lesions.js';
import { choosePart, type DenoiseFunction, isWhole, lookedMask } from './part.js';
import { recovered, retentionReport } from './retention.js';
import { noiseModel } from './tests/noise-model.js';
import { uncertaintyMap } from './uncertainty.js';

export interface Probed {
  readonly place: Place;
  readonly retention: RetentionReport | null;
  /** Root mean square of what a second pass changes, over sigma; null without foreground. */
  readonly changeAgain: number | null;
  /** One standard deviation of the error in the box of the place, in units of the volume; 0 where not looked at. */
  readonly uncertainty: Float32Array;
}

/** Four passes of this share, with what they mirror at the border, cost a quarter of the denoising. */
const SHARE = 0.05;

/**
 * Asks the denoiser questions on a part of the series: with faint lesions, on its own output, and with a little more
 * noise. Four passes over the part; three where that is the whole series.
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
  const place = choosePart(before, foreground, { share: SHARE, context });
  const input = cutBox(before, place.box);
  // what a part makes of its border, and its draws, are its own: so the result is compared with one of the part too
  const output = isWhole(before, place) ? cutBox(after, place.box) : await denoise(input, place);
  const tissue = cutValues(foreground, before, place.box, bytes);
  const seen = lookedMask(tissue, input, place);
  const { map, sigma } = noiseOfBox(noise, before, place.box);
  const model = noiseModel(map ?? sigma, noise.distribution);
  const where = { tissue, centres: seen };
  const { lesions, lines } = placeProbes(output, where, model, context, random);
  const inserted = [...lesions, ...lines];
  const withThem = inserted.length === 0 ? output : await denoise(withLesions(input, inserted), place);
  const again = await denoise(output, place);
  return {
    place,
    retention: retentionReport(
      lesions,
      recovered(lesions, output, withThem, seen),
      recovered(lines, output, withThem, seen),
    ),
    changeAgain: changeOverSigma(output, again, seen, model.sigmaAt),
    uncertainty: await uncertaintyMap(denoise, input, output, seen, {
      noise: model,
      correlation: { x: beyondDoubt(noise.correlation.x), y: beyondDoubt(noise.correlation.y) },
      draws: 1,
      random: random.fork('uncertainty'),
      place,
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
