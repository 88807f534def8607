import { sharedFloats } from '../base/shared.js';
import { fault } from '../contract/errors.js';
import { type Box, cutValues, floats } from '../imaging/box.js';
import type { Volume } from '../imaging/volume.js';
import { beyondDoubt, lagCovariance } from './autocorrelation.js';
import type { FrameOutliers } from './noise-estimate.js';
import { stabilise, unstabilise } from './vst.js';

/** The part of a noise estimate that the transform into unit noise needs. */
export interface NoiseModel {
  /** Standard deviation of the noise (of one complex channel for magnitudes), in units of the volume. */
  readonly sigma: number;
  /** The same at each voxel of one frame (slices * rows * columns), where it varies; null where it does not. */
  readonly map: Float32Array | null;
  readonly distribution: 'rician' | 'gaussian';
  /** Lag-1 correlation along a row, along a column and across slices. */
  readonly correlation: { readonly x: number; readonly y: number; readonly z: number };
  /** Correlation by distance in the plane, as `NoiseEstimate` has it; absent where it is not known. */
  readonly lags?: readonly number[];
  /** Whether the scanner or a tool set the air to one value. */
  readonly airMasked: boolean;
  /** That value, where the volume is a part of its series and need not hold it; absent: the smallest of the volume. */
  readonly airValue?: number;
  /** Whether the level can be relied on. */
  readonly certain: boolean;
  /**
   * How far it can, from 0 to 1, and by as much of a bias that depends on it is removed; absent: 1 where it is certain,
   * else 0.
   */
  readonly certainty?: number;
  /** Frames that are unlike the others, decided over the whole series; their slices are those of the volume. */
  readonly outliers?: readonly FrameOutliers[];
}

/** A volume in a domain where its noise has standard deviation 1 everywhere: what networks see. */
export interface UnitNoiseImage {
  /** Same order as Volume.data. */
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
  readonly slices: number;
  readonly frames: number;
  /** 1 where the value carries noise; 0 in padding and in masked air, which stay as they are. Null: everywhere. */
  readonly usable: Uint8Array | null;
  /** Lag-1 correlation of the noise along a row and along a column; 0 where it is white. */
  readonly correlation: readonly [number, number];
  /** Correlation by distance, 0 to 7 along a row and along a column, row by row; absent where it is white or not known. */
  readonly lags?: readonly number[];
  /** Whether the noise really has standard deviation 1: false where the level is a guess. */
  readonly certain: boolean;
}

/**
 * Brings a volume to noise of standard deviation 1: Rician magnitudes by stabilisation, others by division.
 *
 * @throws LimpidError E_VALUES when no noise was measured: there is nothing to remove
 */
export function toUnitNoise(volume: Volume, noise: NoiseModel): UnitNoiseImage {
  if (!(noise.sigma > 0)) throw fault('E_VALUES/unmeasured');
  // filters and refining read them in threads, without a copy
  const values = sharedFloats(volume.data.length);
  eachFrame(volume, (from, to) => {
    const [source, target] = [volume.data.subarray(from, to), values.subarray(from, to)];
    if (isStabilised(noise)) stabilise(source, noise.map ?? noise.sigma, target, certaintyOf(noise));
    else scale(source, noise, target, (value, level) => value / level);
  });
  const { rows, columns, slices, frames } = volume;
  const { x, y } = noise.correlation;
  return {
    values,
    rows,
    columns,
    slices,
    frames,
    usable: usableVoxels(volume, noise),
    correlation: [taken(x), taken(y)],
    certain: noise.certain,
    ...(noise.lags === undefined ? {} : withLags(noise.lags, taken(x), taken(y))),
  };
}

/** Correlation in the plane up to which noise is taken for what one lag tells, and from which on for its spectrum. */
const SPECTRAL = [0, 0.2] as const;

/** Part of the noise that counts as white: an estimate of a spectrum need be none of any noise. */
const WHITE = 0.02;

/** In between a part of both, so that no neighbour in correlation is treated otherwise. */
function withLags(
  lags: readonly number[],
  x: number,
  y: number,
): Pick<UnitNoiseImage, 'lags'> | Record<never, never> {
  const side = Math.sqrt(lags.length);
  const share = Math.min(1, (Math.max(Math.abs(x), Math.abs(y)) - SPECTRAL[0]) / (SPECTRAL[1] - SPECTRAL[0]));
  if (!(share > 0)) return {};
  const model = (k: number): number => lagCovariance(x, k % side) * lagCovariance(y, Math.floor(k / side));
  return {
    lags: lags.map((value, k) => (k === 0 ? 1 : (1 - WHITE) * (share * value + (1 - share) * model(k)))),
  };
}

/**
 * Back to real-world values, without bias; in place. Voxels that carry no noise get their source value.
 *
 * @param values restored values in the unit-noise domain, as long as the volume; overwritten and returned
 */
export function fromUnitNoise(values: Float32Array, volume: Volume, noise: NoiseModel): Float32Array {
  eachFrame(volume, (from, to) => {
    const frame = values.subarray(from, to);
    if (isStabilised(noise)) unstabilise(frame, noise.map ?? noise.sigma, frame, certaintyOf(noise));
    else scale(frame, noise, frame, (value, level) => value * level);
  });
  const usable = usableVoxels(volume, noise);
  if (usable !== null)
    for (let i = 0; i < values.length; i++) if (usable[i] === 0) values[i] = volume.data[i];
  return values;
}

/** A wrong level would make the inverse of the stabilisation push weak signal to zero. */
function isStabilised(noise: NoiseModel): boolean {
  return noise.distribution === 'rician' && certaintyOf(noise) > 0;
}

/** How far the level can be relied on, from 0 to 1. */
export function certaintyOf({ certain, certainty }: Pick<NoiseModel, 'certain' | 'certainty'>): number {
  return certainty ?? (certain ? 1 : 0);
}

/** The same noise at `factor` times the level. */
export function withLevel<T extends NoiseModel>(noise: T, factor: number): T {
  return { ...noise, sigma: noise.sigma * factor, map: noise.map?.map((level) => level * factor) ?? null };
}

/** The noise of a part of a volume of this size. */
export function noiseOfBox<T extends NoiseModel>(
  noise: T,
  grid: Pick<Volume, 'columns' | 'rows' | 'slices'>,
  box: Box,
): T {
  const slices = Array.from({ length: box.slices }, (_, k) => box.slice + k);
  return {
    ...noise,
    map: noise.map === null ? null : cutValues(noise.map, grid, box, floats),
    ...outliersOf(noise.outliers, slices),
  };
}

/** Frames that are unlike the others, told of a volume that is made of these slices of the series. */
export function outliersOf(
  outliers: readonly FrameOutliers[] | undefined,
  slices: readonly number[],
): { readonly outliers?: readonly FrameOutliers[] } {
  if (outliers === undefined) return {};
  const within = (some: readonly number[]): number[] =>
    slices.flatMap((slice, place) => (some.includes(slice) ? [place] : []));
  return {
    outliers: outliers.map((one) => ({ ...one, dropOuts: within(one.dropOuts), spikes: within(one.spikes) })),
  };
}

/** The noise level at voxel `index` of a volume whose frames hold `frameLength` voxels. */
export function levelAt(noise: NoiseModel, index: number, frameLength: number): number {
  return noise.map === null ? noise.sigma : noise.map[index % frameLength];
}

/**
 * What counts as noise: not padding and, in masked air, not the one value (the smallest) that was put there. 1 or 0 a
 * voxel; null: everything counts.
 */
export function usableVoxels(
  volume: Volume,
  noise: Pick<NoiseModel, 'airMasked' | 'airValue'>,
): Uint8Array | null {
  if (!noise.airMasked) return volume.measured;
  const usable = volume.measured?.slice() ?? new Uint8Array(volume.data.length).fill(1);
  const masked = noise.airValue ?? smallest(volume.data, usable);
  for (let i = 0; i < usable.length; i++) if (volume.data[i] === masked) usable[i] = 0;
  return usable;
}

function smallest(values: Float32Array, usable: Uint8Array): number {
  let result = Number.POSITIVE_INFINITY;
  for (let i = 0; i < values.length; i++) if (usable[i] === 1 && values[i] < result) result = values[i];
  return result;
}

/** Structure alone makes small correlations; beyond 0.9 the noise is no noise of single pixels any more. */
function taken(rho: number): number {
  return Math.max(-0.9, Math.min(0.9, beyondDoubt(rho)));
}

function eachFrame(volume: Volume, visit: (from: number, to: number) => void): void {
  const length = volume.rows * volume.columns * volume.slices;
  for (let frame = 0; frame < volume.frames; frame++) visit(frame * length, (frame + 1) * length);
}

function scale(
  source: Float32Array,
  noise: NoiseModel,
  target: Float32Array,
  apply: (value: number, level: number) => number,
): void {
  for (let i = 0; i < source.length; i++) target[i] = apply(source[i], levelAt(noise, i, source.length));
}
