import { Random } from '../base/random.js';
import { type Volume, withData } from '../imaging/volume.js';
import { fromUnitNoise, levelAt, type NoiseModel, toUnitNoise } from '../noise/domain.js';
import { conditionsOf } from '../training/conditions.js';
import { Predictor } from './predict.js';
import type { Restorer } from './restorer.js';

export interface DenoiseOptions {
  /** 0 gives the input back, 1 the full result; in between a blend. */
  readonly strength: number;
  /** Decides the draws that a recorrupted model averages over. */
  readonly seed: number;
  /** Neighbouring slices are no neighbours in space: a conditioned network leaves them out. */
  readonly only2d?: boolean;
  /** Longest side of a window in pixels; only memory depends on it. */
  readonly tileLimit?: number;
}

export interface DenoiseResult {
  /** Restored values in the units of the input; voxels without noise are bit for bit those of the input. */
  readonly denoised: Volume;
  /** |input - output| over the noise level, dimensionless, one value a voxel. */
  readonly errorMap: Float32Array;
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
  const image = toUnitNoise(volume, noise);
  const restored = new Float32Array(volume.data.length);
  const planes = volume.slices * volume.frames;
  const area = volume.rows * volume.columns;
  const random = new Random(options.seed).fork('denoise');
  const predictor = new Predictor(restorer, {
    tileLimit: options.tileLimit ?? DEFAULT_TILE_LIMIT,
    conditions: restorer.conditions > 0 ? conditionsOf(image, options.only2d ?? false) : null,
  });
  for (let plane = 0; plane < planes; plane++) {
    restored.set(await predictor.plane(image, plane, random.fork(`plane ${plane}`)), plane * area);
    onProgress(plane + 1, planes);
  }
  const full = withData(volume, fromUnitNoise(restored, volume, noise));
  return finished(volume, full, noise, options.strength);
}

/** Blends what any denoiser made of a volume by strength (over `full`), and maps what it changed. */
export function finished(volume: Volume, full: Volume, noise: NoiseModel, strength: number): DenoiseResult {
  const output = blend(volume.data, full.data, strength);
  return { denoised: withData(volume, output), errorMap: errorMap(volume, output, noise) };
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
