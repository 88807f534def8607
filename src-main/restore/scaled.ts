import { Random } from '../base/random.js';
import { type Volume, withData } from '../imaging/volume.js';
import type { OpenModel } from '../model-files/model-file.js';
import { type IntensityScale, requireFrames, scaled, unscaled } from '../training/samples/corpus.js';
import { restoreSlices } from './denoise.js';
import { restorerOfFile } from './restorer.js';

const TILE_LIMIT = 640;

/**
 * What a model of images of unknown noise makes of a volume, plane by plane, averaged over the eight symmetries of the square. The
 * volume is scaled as the training images were. Padding stays as it is. The model stays open.
 *
 * @param scale `intensityScale` of the whole series
 * @param sigma standard deviation of the noise in units of the volume, for models of others that are told it
 * @throws LimpidError E_MODEL for a model that takes nothing away, or that sees planes only at one size; E_TOO_FEW
 * for a model of time series and a volume of too few frames
 */
export async function restoreScaled(
  model: OpenModel,
  volume: Volume,
  scale: IntensityScale,
  onProgress: (done: number, total: number) => void = () => {},
  sigma = 0,
): Promise<Volume> {
  const restorer = restorerOfFile(model, sigma / (scale.high - scale.low));
  if (restorer.along === 'frames') requireFrames(volume);
  const values = scaled(volume.data, volume.measured, scale);
  const { rows, columns, slices, frames } = volume;
  const stack = { values, rows, columns, slices, frames };
  const settings = {
    tileLimit: model.whole === true ? Number.MAX_SAFE_INTEGER : TILE_LIMIT,
    conditions: null,
  };
  const whole = { from: 0, to: slices };
  // These models draw nothing: the generator is only asked for.
  const restored = await restoreSlices(restorer, stack, settings, whole, new Random(1), onProgress);
  const data = unscaled(model.card.settings.field === true ? atLevelOf(values, restored) : restored, scale);
  for (let i = 0; i < data.length; i++) if (volume.measured?.[i] === 0) data[i] = volume.data[i];
  return withData(volume, data);
}

/**
 * A field is known but for a factor: the volume is kept at the level that it had (as N4 does, Tustison et al, IEEE Trans
 * Med Imaging 29:1310, 2010), times the factor that brings it nearest to what it was.
 */
function atLevelOf(before: Float32Array, after: Float32Array): Float32Array {
  let [product, square] = [0, 0];
  for (let i = 0; i < after.length; i++) {
    product += before[i] * after[i];
    square += after[i] ** 2;
  }
  return square > 0 && product > 0 ? after.map((value) => (value * product) / square) : after;
}
