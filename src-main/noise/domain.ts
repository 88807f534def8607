import type { Volume } from '../imaging/volume.js';
import { stabilise, unstabilise } from './vst.js';

/** The part of a noise estimate that the transform into unit noise needs. */
export interface NoiseModel {
  /** Standard deviation of the noise (of one complex channel for magnitudes), in units of the volume. */
  readonly sigma: number;
  /** The same for every voxel, where it varies in space; null where it does not. */
  readonly map: Float32Array | null;
  readonly distribution: 'rician' | 'gaussian';
  /** Lag-1 correlation along a row, along a column and across slices. */
  readonly correlation: { readonly x: number; readonly y: number; readonly z: number };
  /** Whether the scanner or a tool set the air to exactly zero. */
  readonly airMasked: boolean;
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
}

/** Below this a measured correlation is not told from chance, and the noise is taken as white. */
const WHITE = 0.1;

/** Brings a volume to noise of standard deviation 1: Rician magnitudes by stabilisation, others by division. */
export function toUnitNoise(volume: Volume, noise: NoiseModel): UnitNoiseImage {
  const level = noise.map ?? noise.sigma;
  const values = noise.distribution === 'rician' ? stabilise(volume.data, level) : divide(volume.data, level);
  const { rows, columns, slices, frames } = volume;
  const clean = (rho: number): number => (Math.abs(rho) < WHITE ? 0 : Math.max(-0.9, Math.min(0.9, rho)));
  return {
    values,
    rows,
    columns,
    slices,
    frames,
    usable: usableVoxels(volume, noise),
    correlation: [clean(noise.correlation.x), clean(noise.correlation.y)],
  };
}

/**
 * Back to real-world values, without bias; in place. Voxels that carry no noise get their source value.
 *
 * @param values restored values in the unit-noise domain, as long as the volume; overwritten and returned
 */
export function fromUnitNoise(values: Float32Array, volume: Volume, noise: NoiseModel): Float32Array {
  const level = noise.map ?? noise.sigma;
  if (noise.distribution === 'rician') unstabilise(values, level, values);
  else multiply(values, level);
  const usable = usableVoxels(volume, noise);
  if (usable !== null)
    for (let i = 0; i < values.length; i++) if (usable[i] === 0) values[i] = volume.data[i];
  return values;
}

function usableVoxels(volume: Volume, noise: NoiseModel): Uint8Array | null {
  if (!noise.airMasked) return volume.measured;
  const usable = volume.measured?.slice() ?? new Uint8Array(volume.data.length).fill(1);
  for (let i = 0; i < usable.length; i++) if (volume.data[i] === 0) usable[i] = 0;
  return usable;
}

function divide(values: Float32Array, level: number | Float32Array): Float32Array {
  return typeof level === 'number' ? values.map((v) => v / level) : values.map((v, i) => v / level[i]);
}

function multiply(values: Float32Array, level: number | Float32Array): void {
  if (typeof level === 'number') for (let i = 0; i < values.length; i++) values[i] *= level;
  else for (let i = 0; i < values.length; i++) values[i] *= level[i];
}
