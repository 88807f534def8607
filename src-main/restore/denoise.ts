import { Random } from '../base/random.js';
import { sharedFloats } from '../base/shared.js';
import type { Effort } from '../contract/requests/choices.js';
import { type Looked, refine } from '../filters/refine.js';
import { turned, turnedBack } from '../imaging/axes.js';
import { spacingRatio, type Volume, withData } from '../imaging/volume.js';
import {
  fromUnitNoise,
  levelAt,
  type NoiseModel,
  toUnitNoise,
  type UnitNoiseImage,
} from '../noise/domain.js';
import { type Conditions, conditionsOf } from '../training/samples/conditions.js';
import { type PlaneStack, Predictor, type PredictSettings } from './predict.js';
import type { Restorer } from './restorer.js';
import type { View } from './views.js';

export interface DenoiseOptions {
  /** 0 gives the input back, 1 the full result; in between a blend. */
  readonly strength: number;
  /** Decides the draws that a recorrupted model averages over. */
  readonly seed: number;
  /** Neighbouring slices are no neighbours in space: a conditioned network leaves them out. */
  readonly only2d?: boolean;
  /** How a conditioned network sees the volume (views.ts); absent: slice by slice, under all eight symmetries. */
  readonly views?: readonly View[];
  /** What a conditioned network is told; left out: what the volume itself says. A part is told of its series. */
  readonly conditions?: Conditions;
  /** Refine what the network makes with the noisy image (filters/refine.ts); absent: no. */
  readonly refine?: boolean;
  /** Share of the result, from 0 to 1, that stays as it was before it was refined; absent: 0. */
  readonly unrefined?: number;
  /** How much work refining is; absent: as usual. */
  readonly effort?: Effort;
  /** Slices to restore, from `from` to those before `to`; the others come back as they are. Left out: all. */
  readonly looked?: Looked;
  /** The volume in unit noise, where it was made already; it is not changed. */
  readonly image?: UnitNoiseImage;
  /** Longest side of a window in pixels; only memory depends on it. */
  readonly tileLimit?: number;
}

export interface DenoiseResult {
  /** Restored values in the units of the input; voxels without noise are bit for bit those of the input. */
  readonly denoised: Volume;
  /** Makes the map of |input - output| over the noise level, dimensionless, one value a voxel. */
  readonly errorMap: () => Float32Array;
}

const DEFAULT_TILE_LIMIT = 640;

/** Denoises a volume plane by plane. The restorer stays open. `onProgress` gets planes done and in all. */
export async function denoiseVolume(
  restorer: Restorer,
  volume: Volume,
  noise: NoiseModel,
  options: DenoiseOptions,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<DenoiseResult> {
  const image = options.image ?? toUnitNoise(volume, noise);
  const isConditioned = restorer.conditions > 0;
  const settings: PredictSettings = {
    tileLimit: options.tileLimit ?? DEFAULT_TILE_LIMIT,
    conditions: isConditioned ? (options.conditions ?? conditionsOf(image, options.only2d ?? false)) : null,
  };
  const random = new Random(options.seed).fork('denoise');
  const whole = { from: 0, to: volume.slices };
  const looked = options.looked ?? whole;
  const steps = options.refine === true ? 2 : 1;
  const network: Progress = (done, total) => onProgress(Math.floor(done / steps), total);
  const [view, ...others] = isConditioned ? (options.views ?? []) : [];
  const restored =
    view === undefined || others.length === 0
      ? await restoreSlices(
          restorer,
          image,
          view === undefined ? settings : { ...settings, symmetries: view.symmetries },
          // groups of patches reach into the other slices
          options.refine === true ? whole : looked,
          random,
          network,
        )
      : await restoreViews(restorer, image, [view, ...others], settings, random, network);
  const planes = volume.slices * volume.frames;
  const { unrefined = 0 } = options;
  const before = options.refine === true && unrefined > 0 ? restored.slice() : null;
  const refined =
    options.refine === true
      ? await refine(
          image,
          restored,
          spacingRatio(volume, options.only2d ?? false),
          looked,
          (share) => onProgress(Math.floor((planes * (1 + share)) / 2), planes),
          options.effort === undefined ? {} : { effort: options.effort },
        )
      : restored;
  if (before !== null)
    for (let i = 0; i < refined.length; i++) refined[i] += unrefined * (before[i] - refined[i]);
  const full = withData(volume, fromUnitNoise(refined, volume, noise));
  keepOthers(full, volume, looked.from, looked.to);
  return finished(volume, full, noise, options.strength);
}

type Progress = (done: number, total: number) => void;

/** Slice by slice, as each model expects its neighbours. */
export async function restoreSlices(
  restorer: Restorer,
  stack: PlaneStack,
  settings: PredictSettings,
  looked: { readonly from: number; readonly to: number },
  random: Random,
  onProgress: Progress,
): Promise<Float32Array> {
  const predictor = new Predictor(restorer, settings);
  const restored = sharedFloats(stack.values.length);
  const total = stack.slices * (stack.frames ?? 1);
  for (let plane = 0; plane < total; plane++) {
    const slice = plane % stack.slices;
    if (slice >= looked.from && slice < looked.to) {
      const values = await predictor.plane(stack, plane, random.fork(`plane ${plane}`));
      restored.set(values, plane * values.length);
    }
    onProgress(plane + 1, total);
  }
  return restored;
}

/** Frame by frame, the mean over the views. */
async function restoreViews(
  restorer: Restorer,
  { values, slices, rows, columns, frames }: UnitNoiseImage,
  views: readonly View[],
  settings: PredictSettings,
  random: Random,
  onProgress: Progress,
): Promise<Float32Array> {
  const shape = [slices, rows, columns] as const;
  const length = slices * rows * columns;
  const passes = frames * views.reduce((count, { axes }) => count + shape[axes[0]], 0);
  const mean = sharedFloats(values.length);
  let done = 0;
  for (let frame = 0; frame < frames; frame++) {
    const block = { values: values.subarray(frame * length, (frame + 1) * length), shape };
    const into = mean.subarray(frame * length, (frame + 1) * length);
    for (const view of views) {
      const seen = turned(block, view.axes);
      const [planes, height, width] = seen.shape;
      const restored = await restoreSlices(
        restorer,
        { values: seen.values, slices: planes, rows: height, columns: width },
        { ...settings, symmetries: view.symmetries },
        { from: 0, to: planes },
        random,
        () => onProgress(Math.floor((++done / passes) * slices * frames), slices * frames),
      );
      const back = turned({ values: restored, shape: seen.shape }, turnedBack(view.axes)).values;
      for (let i = 0; i < length; i++) into[i] += back[i] / views.length;
    }
  }
  return mean;
}

/** Slices that were not restored get their source values. */
function keepOthers({ data }: Volume, source: Volume, from: number, to: number): void {
  if (to - from === source.slices) return;
  const area = source.rows * source.columns;
  for (let i = 0; i < data.length; i++) {
    const slice = Math.floor(i / area) % source.slices;
    if (slice < from || slice >= to) data[i] = source.data[i];
  }
}

/** Blends what any denoiser made of a volume by strength (over `full`), and maps what it changed. */
export function finished(volume: Volume, full: Volume, noise: NoiseModel, strength: number): DenoiseResult {
  const output = blend(volume.data, full.data, strength);
  return { denoised: withData(volume, output), errorMap: () => errorMap(volume, output, noise) };
}

/** input + strength (output - input), written over `output`. */
function blend(input: Float32Array, output: Float32Array, strength: number): Float32Array {
  if (strength === 1) return output;
  for (let i = 0; i < output.length; i++) output[i] = input[i] + strength * (output[i] - input[i]);
  return output;
}

function errorMap(volume: Volume, output: Float32Array, noise: NoiseModel): Float32Array {
  const frame = volume.rows * volume.columns * volume.slices;
  return volume.data.map((value, i) => Math.abs(value - output[i]) / levelAt(noise, i, frame));
}
