import { Random } from '../base/random.js';
import { fault, LimpidError } from '../contract/errors.js';
import { tilePlane } from '../imaging/tiles.js';
import { type Volume, withData } from '../imaging/volume.js';
import type { FamilyModel } from '../model-files/family-file.js';
import type { Restorer } from '../model-files/restorer.js';
import { FOLDS } from '../models/family.js';
import { type IntensityScale, requireFrames, scaled, unscaled } from '../training/samples/corpus.js';
import { Predictor } from './predict.js';

const TILE_LIMIT = 640;

/**
 * What a trained family makes of a volume, plane by plane, averaged over the eight symmetries of the square. The
 * volume is scaled as the training images were. Padding stays as it is. The model stays open.
 *
 * @param scale `intensityScale` of the whole series
 * @param sigma standard deviation of the noise in units of the volume, for models of others that are told it
 * @throws LimpidError E_MODEL for a model that takes nothing away, or that sees planes only at one size; E_TOO_FEW
 * for a model of time series and a volume of too few frames
 */
export async function restoreWithFamily(
  model: FamilyModel,
  volume: Volume,
  scale: IntensityScale,
  onProgress: (done: number, total: number) => void = () => {},
  sigma = 0,
): Promise<Volume> {
  const restorer = familyRestorer(model, sigma / (scale.high - scale.low));
  if (restorer.along === 'frames') requireFrames(volume);
  const values = scaled(volume.data, volume.measured, scale);
  const { rows, columns, slices, frames } = volume;
  const stack = { values, rows, columns, slices, frames };
  const predictor = new Predictor(restorer, {
    tileLimit: model.whole === true ? Number.MAX_SAFE_INTEGER : TILE_LIMIT,
    conditions: null,
  });
  const restored = new Float32Array(values.length);
  const planes = slices * frames;
  // These models draw nothing: the generator is only asked for.
  const random = new Random(1);
  for (let plane = 0; plane < planes; plane++) {
    restored.set(await predictor.plane(stack, plane, random), plane * rows * columns);
    onProgress(plane + 1, planes);
  }
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

function familyRestorer({ card, run }: FamilyModel, sigma: number): Restorer {
  const { context, multiple, radius, channels, planeSide, fixedSide, along, folded = false } = card.input;
  if (!card.tasks.includes('denoise'))
    throw new LimpidError(
      'E_MODEL',
      `This ${card.family} model rebuilds images: it was not trained to take anything away from them.`,
      'Use a model that was trained with an objective like rician or artifact, or --model self.',
    );
  const usable = planeSide === null && (radius !== null || fixedSide !== undefined);
  if (!usable || channels !== 2 * context + 1 + (folded ? FOLDS : 0)) throw fault('E_MODEL/one-size');
  return {
    context,
    folded,
    ...(along === undefined ? {} : { along }),
    multiple,
    radius: radius ?? 0,
    conditions: 0,
    objective: { kind: 'clean' },
    restore: async (window, rows, columns) =>
      fixedSide === undefined
        ? (await run(window, rows, columns, sigma)).reconstruction.data
        : overlapped(run, { side: fixedSide, channels }, window, rows, columns),
    close: async () => {},
  };
}

/** A model of one size, in windows that overlap: what lies near the edge of a window is taken from the next one. */
async function overlapped(
  run: FamilyModel['run'],
  { side, channels }: { readonly side: number; readonly channels: number },
  image: Float32Array,
  rows: number,
  columns: number,
): Promise<Float32Array> {
  const halo = side >> 2;
  const out = new Float32Array(rows * columns);
  const window = new Float32Array(side * side * channels);
  for (const { row, column, keep } of tilePlane(rows, columns, { limit: side, halo, multiple: halo }).tiles) {
    for (let y = 0; y < side; y++) {
      const from = ((row + y) * columns + column) * channels;
      window.set(image.subarray(from, from + side * channels), y * side * channels);
    }
    const { data } = (await run(window, side, side)).reconstruction;
    for (let y = keep.top; y < keep.bottom; y++) {
      const from = (y - row) * side - column;
      out.set(data.subarray(from + keep.left, from + keep.right), y * columns + keep.left);
    }
  }
  return out;
}
