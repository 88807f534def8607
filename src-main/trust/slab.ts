import type { Volume } from '../imaging/volume.js';

/**
 * The denoiser under test: the very same weights, noise and strength on some slices of the series. `first` is the
 * slice of the series at which the volume begins (0 when left out). Same size and geometry back.
 */
export type DenoiseFunction = (volume: Volume, first?: number) => Promise<Volume>;

/** Neighbouring slices of a series, all frames: what the probes run on, to save time. */
export interface Slab {
  readonly first: number;
  readonly slices: number;
}

/** Every probe is a pass over the slab; with four probes a slab of this share costs a fifth of the denoising. */
const SHARE = 0.05;
const MOST = 12;
const LEAST = 3;

/**
 * The slab in the middle of the series, or the one with most foreground where the middle has little. As many slices
 * as a twentieth of the series, at least 3 or the context of one slice (all of a smaller series), at most 12.
 *
 * @param foreground voxels of tissue in each slice, over all frames
 */
export function chooseSlab(foreground: readonly number[], context: number): Slab {
  const total = foreground.length;
  const wanted = Math.max(LEAST, 2 * context + 1, Math.min(MOST, Math.round(SHARE * total)));
  const slices = Math.min(total, wanted);
  const amount = (first: number) =>
    foreground.slice(first, first + slices).reduce((sum, count) => sum + count, 0);
  const firsts = Array.from({ length: total - slices + 1 }, (_, first) => first);
  const best = firsts.reduce((a, b) => (amount(b) > amount(a) ? b : a));
  const middle = Math.floor((total - slices) / 2);
  return { first: 2 * amount(middle) >= amount(best) ? middle : best, slices };
}

/** The slices of a slab as a volume of their own (a copy). */
export function cutSlab(volume: Volume, { first, slices }: Slab): Volume {
  const area = volume.columns * volume.rows;
  const cut = <T extends Float32Array | Uint8Array>(from: T, into: T): T => {
    const frames = from.length / (area * volume.slices);
    for (let frame = 0; frame < frames; frame++) {
      const start = (frame * volume.slices + first) * area;
      into.set(from.subarray(start, start + slices * area), frame * slices * area);
    }
    return into;
  };
  const length = area * slices * volume.frames;
  const { measured, affine } = volume;
  return {
    ...volume,
    slices,
    data: cut(volume.data, new Float32Array(length)),
    measured:
      measured === null ? null : cut(measured, new Uint8Array((measured.length / volume.slices) * slices)),
    affine: affine.map((value, i) => (i % 4 === 3 && i < 12 ? value + first * affine[i - 1] : value)),
  };
}

/** A noise level, one number or one a voxel (of the volume or of one frame), for the slices of a slab. */
export function cutSigma(
  sigma: number | Float32Array,
  volume: Volume,
  { first, slices }: Slab,
): number | Float32Array {
  if (typeof sigma === 'number') return sigma;
  const area = volume.columns * volume.rows;
  const frames = sigma.length / (area * volume.slices);
  const out = new Float32Array(frames * slices * area);
  for (let frame = 0; frame < frames; frame++) {
    const start = (frame * volume.slices + first) * area;
    out.set(sigma.subarray(start, start + slices * area), frame * slices * area);
  }
  return out;
}

/** 1 where a voxel is measured and above the threshold; one value a voxel. */
export function foregroundMask(volume: Volume, threshold: number): Uint8Array {
  const { data, measured } = volume;
  const mask = new Uint8Array(data.length);
  for (let i = 0; i < mask.length; i++)
    if (data[i] > threshold && (measured === null || measured[i % measured.length] !== 0)) mask[i] = 1;
  return mask;
}

/** Foreground voxels of each slice, over all frames. */
export function foregroundOfSlices(volume: Volume, mask: Uint8Array): number[] {
  const area = volume.columns * volume.rows;
  const counts = new Array<number>(volume.slices).fill(0);
  for (let i = 0; i < mask.length; i++) counts[Math.floor(i / area) % volume.slices] += mask[i];
  return counts;
}
