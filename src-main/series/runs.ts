import type { SliceRange } from '../filters/slab.js';

/** Values that are read or written at a time: 16 slices of 512 x 512. */
const VALUES = 16 * 512 * 512;
/** More slices would not be faster. */
const MOST = 32;

/**
 * All slices in runs of some, to go through a stack without holding it.
 *
 * @param values of one slice, all frames
 */
export function runsOf(slices: number, values: number): SliceRange[] {
  const length = Math.max(1, Math.min(MOST, Math.floor(VALUES / values)));
  return Array.from({ length: Math.ceil(slices / length) }, (_, k) => ({
    from: k * length,
    to: Math.min(slices, (k + 1) * length),
  }));
}
