import { fault } from '../../contract/errors.js';

/** How stored integers stand for real-world values (PS3.3 sections C.7.6.3 and C.11.1). */
export interface StoredFormat {
  /** real = stored * slope + intercept; slope is not 0. */
  readonly slope: number;
  readonly intercept: number;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  /** 0 unsigned, 1 two's complement. */
  readonly pixelRepresentation: number;
  /** Stored values, both included, that mean padding: no measured pixel may take one (PS3.3 C.7.5.1.1.2). */
  readonly padding?: readonly [number, number];
}

export type StoredPixels = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array;

/** Least and greatest stored value. */
export function storedRange(
  format: Pick<StoredFormat, 'bitsStored' | 'pixelRepresentation'>,
): [number, number] {
  const { bitsStored, pixelRepresentation } = format;
  return pixelRepresentation === 1
    ? [-(2 ** (bitsStored - 1)), 2 ** (bitsStored - 1) - 1]
    : [0, 2 ** bitsStored - 1];
}

/**
 * Real-world values back to stored integers: inverse rescale, rounded to nearest with halves up (so that a
 * whole-number shift of the scale moves no rounding), clamped to BitsStored. Where `measured` is 0 the source's
 * stored value comes back exactly. `real`, `sourceStored` and `measured` have the same length; `clamped` counts
 * the pixels that did not fit by half a step or more.
 *
 * @throws LimpidError E_SHAPE where the lengths differ, E_VALUES on NaN or a slope of 0.
 */
export function toStored(
  real: Float32Array,
  sourceStored: ArrayLike<number>,
  measured: Uint8Array | null,
  format: StoredFormat,
): { stored: StoredPixels; clamped: number } {
  if (sourceStored.length !== real.length || (measured !== null && measured.length !== real.length))
    throw fault('E_SHAPE/image');
  const { slope, intercept } = format;
  if (slope === 0 || !Number.isFinite(slope) || !Number.isFinite(intercept))
    throw fault('E_VALUES/rescale-slope');
  const [low, high] = storedRange(format);
  const avoidPadding = paddingAvoider(format.padding, low, high);
  const stored = allocate(format, real.length);
  let clamped = 0;
  for (let i = 0; i < real.length; i++) {
    if (measured !== null && measured[i] === 0) {
      stored[i] = sourceStored[i];
      continue;
    }
    const value = Math.round((real[i] - intercept) / slope);
    if (Number.isNaN(value)) throw fault('E_VALUES/result');
    if (value < low || value > high) clamped++;
    stored[i] = avoidPadding(Math.min(high, Math.max(low, value)));
  }
  return { stored, clamped };
}

/** Moves a value out of the padding range to its nearer neighbour that can be stored. */
function paddingAvoider(
  padding: readonly [number, number] | undefined,
  low: number,
  high: number,
): (value: number) => number {
  if (padding === undefined) return (value) => value;
  const first = Math.min(...padding);
  const last = Math.max(...padding);
  const canBelow = first - 1 >= low;
  const canAbove = last + 1 <= high;
  return (value) => {
    if (value < first || value > last || !(canBelow || canAbove)) return value;
    const below = canBelow && (!canAbove || value - first < last - value);
    return below ? first - 1 : last + 1;
  };
}

function allocate(format: StoredFormat, length: number): StoredPixels {
  const signed = format.pixelRepresentation === 1;
  switch (format.bitsAllocated) {
    case 8:
      return signed ? new Int8Array(length) : new Uint8Array(length);
    case 16:
      return signed ? new Int16Array(length) : new Uint16Array(length);
    case 32:
      return signed ? new Int32Array(length) : new Uint32Array(length);
    default:
      throw fault('E_NOT_ELIGIBLE/bits', { bits: format.bitsAllocated });
  }
}
