import { sliceView, type Volume } from '../imaging/volume.js';
import { median, quantile } from './robust.js';

/** One slice of one frame, with what the estimators ask of it. */
export interface Plane {
  readonly values: Float32Array;
  readonly columns: number;
  readonly rows: number;
  readonly slice: number;
  readonly frame: number;
  /** 1 where the value may be used: measured, finite, not in a solid patch of one value. */
  readonly usable: Uint8Array;
}

/** Enough slices for a steady estimate, few enough for any size of series. */
export const PAIRS = 10;
const FRAMES = 3;
/** Frames that a mean is taken of: enough for a steady one, few enough for series of hundreds. */
export const MOST_FRAMES = 40;

/**
 * Pairs of neighbouring slices spread over the volume and over some frames, each slice once: what all estimators
 * look at, so that their cost does not grow with the series. Slices of which nothing was measured (one that is missing
 * from the stack, nothing but padding) say nothing, and are left out where there are others.
 */
export function samplePlanes(volume: Volume): Plane[] {
  const chosen = sampledSlices(volume.slices);
  const planes = spread(volume.frames, FRAMES).flatMap((frame) =>
    chosen.map((slice) => planeOf(volume, slice, frame)),
  );
  const measured = planes.filter(({ slice, frame }) => isMeasured(volume, slice, frame));
  return measured.length > 0 ? measured : planes;
}

function isMeasured({ measured, slices, columns, rows }: Volume, slice: number, frame: number): boolean {
  const area = columns * rows;
  const start = (frame * slices + slice) * area;
  return measured === null || measured.subarray(start, start + area).includes(1);
}

/** Slices that are looked at of so many, ascending. Of these alone all are. */
export function sampledSlices(slices: number): number[] {
  const pairs = Math.max(1, Math.min(PAIRS, Math.floor(slices / 2)));
  const chosen = new Set<number>();
  for (let i = 0; i < pairs; i++) {
    const first = Math.floor((i * slices) / pairs + (slices / pairs - 2) / 2);
    for (const slice of [first, first + 1]) if (slice >= 0 && slice < slices) chosen.add(slice);
  }
  return [...chosen].sort((a, b) => a - b);
}

/** Up to `count` integers spread evenly over [0, length). */
export function spread(length: number, count: number): number[] {
  const n = Math.min(length, count);
  return Array.from({ length: n }, (_, i) => Math.floor(((i + 0.5) * length) / n));
}

export function planeOf(volume: Volume, slice: number, frame: number): Plane {
  const { columns, rows } = volume;
  const values = sliceView(volume, slice, frame);
  const start = (frame * volume.slices + slice) * columns * rows;
  const usable = new Uint8Array(values.length);
  for (let y = 0, i = 0; y < rows; y++)
    for (let x = 0; x < columns; x++, i++)
      if (
        Number.isFinite(values[i]) &&
        volume.measured?.[start + i] !== 0 &&
        !solid(values, columns, rows, x, y)
      )
        usable[i] = 1;
  return { values, columns, rows, slice, frame, usable };
}

/** Mean over time of one slice: the foreground of frames that are too dark to show it themselves. */
export function meanPlane(volume: Volume, slice: number): Plane {
  const values = new Float32Array(volume.columns * volume.rows);
  const frames = spread(volume.frames, MOST_FRAMES);
  for (const frame of frames) {
    const view = sliceView(volume, slice, frame);
    for (let i = 0; i < values.length; i++) values[i] += view[i] / frames.length;
  }
  const usable = planeOf(volume, slice, frames[0]).usable.slice();
  for (const frame of frames.slice(1)) {
    const other = planeOf(volume, slice, frame).usable;
    for (let i = 0; i < usable.length; i++) usable[i] &= other[i];
  }
  return { values, columns: volume.columns, rows: volume.rows, slice, frame: 0, usable };
}

/** True inside a patch of one value: masked air, padding, saturation. */
function solid(values: Float32Array, columns: number, rows: number, x: number, y: number): boolean {
  const i = y * columns + x;
  const value = values[i];
  return (
    values[x > 0 ? i - 1 : i] === value &&
    values[x + 1 < columns ? i + 1 : i] === value &&
    values[y > 0 ? i - columns : i] === value &&
    values[y + 1 < rows ? i + columns : i] === value
  );
}

/** Values of up to `count` voxels of the planes, evenly spread; all of them, or only the usable. */
export function sampleValues(planes: readonly Plane[], count: number, usableOnly: boolean): Float32Array {
  const total = planes.reduce((sum, plane) => sum + plane.values.length, 0);
  let stride = Math.max(1, Math.floor(total / count));
  while (stride > 1 && planes.some((plane) => plane.columns % stride === 0)) stride++;
  const out = new Float32Array(
    planes.reduce((sum, { values }) => sum + Math.ceil(values.length / stride), 0),
  );
  let kept = 0;
  for (const { values, usable, slice } of planes)
    for (let i = slice % stride; i < values.length; i += stride)
      if (usableOnly ? usable[i] === 1 : Number.isFinite(values[i])) out[kept++] = values[i];
  return out.subarray(0, kept);
}

/** A tenth of the way from the first to the 99th percentile: tissue is above, air below. Units of the values. */
export function foregroundLevel(planes: readonly Plane[]): number {
  const values = sampleValues(planes, 200_000, false);
  const low = quantile(values, 0.01);
  return low + 0.1 * (quantile(values, 0.99) - low);
}

const AIR_HU = -1000;

/**
 * The value that brightness counts from: that of air in CT, 0 of magnitudes, and where values lie on both sides of 0, as
 * of subtracted images or of a scale with an offset, the first percentile. Where all lie far from 0, they have an offset:
 * brightness counts from as far below the first percentile as the last lies above it. Units of the values.
 */
export function darkLevel(planes: readonly Plane[], ct: boolean): number {
  if (ct) return AIR_HU;
  const values = sampleValues(planes, 200_000, false);
  const [dark, bright] = [quantile(values, 0.01), quantile(values, 0.99)];
  return Math.max(Math.min(0, dark), dark - (bright - dark));
}

/** Share of the values that are under zero. */
export function negativeShare(planes: readonly Plane[]): number {
  const values = sampleValues(planes, 100_000, true);
  return values.reduce((count, value) => (value < 0 ? count + 1 : count), 0) / Math.max(1, values.length);
}

/** Shorter sides than this have no patches: each of their values is one. */
const LEAST_SIDE = 8;

/** Whether most of the tissue lies in patches of one value, which have no noise: that is known then. */
export function isSolid(planes: readonly Plane[], level: number): boolean {
  let [solid, other] = [0, 0];
  for (const { values, usable } of planes.filter((one) => Math.min(one.columns, one.rows) >= LEAST_SIDE))
    for (let i = 0; i < values.length; i++)
      if (values[i] > level) {
        if (usable[i] === 0) solid++;
        else other++;
      }
  return solid > other;
}

/** Share of the values that lie in patches of one value, or were not measured. */
export function solidShare(planes: readonly Plane[]): number {
  let solid = 0;
  let total = 0;
  for (const { usable } of planes) {
    total += usable.length;
    for (const flag of usable) if (flag === 0) solid++;
  }
  return total > 0 ? solid / total : 0;
}

/** The first percentile of Rayleigh noise is 0.12 of its median. */
const NEAR_ZERO = 0.2;

/**
 * Whether values without a sign come as near to zero as magnitudes of noise do. Where tissue is not brighter than its
 * noise no valley parts it from air, and nothing else tells of a NIfTI image that it holds magnitudes.
 */
export function reachesZero(planes: readonly Plane[]): boolean {
  const values = sampleValues(planes, 200_000, true);
  return values.length > 0 && quantile(values, 0.01) < NEAR_ZERO * median(values);
}
