/** Into which slabs a long series is cut. */

import type { SlabNeeds } from '../../denoise/processor.js';
import { sampleSlices } from '../../denoise/sample.js';
import type { SliceRange } from '../../filters/slab.js';
import type { StackInput, StackParts, VolumeSize } from '../../series/input.js';

/** In values of a volume. */
export interface SlabLimits {
  /** A larger one is not held as a whole. */
  readonly whole: number;
  /** Of a slab with the slices around that it needs, and of the sample. */
  readonly slab: number;
  /** Slices of the sample. */
  readonly sample: number;
}

/** The values are those of 183 and 106 slices of 512 x 512. */
export const SLAB_LIMITS: SlabLimits = { whole: 48e6, slab: 28e6, sample: 96 };

/** Fewer slices would be lost in what must be read around them. */
const LEAST_CORE = 12;
/** A sample holds at least so many slices. */
const LEAST_SAMPLE = 24;

/** Slices that are wanted, and those that are read for them. */
export interface SlabPart {
  readonly core: SliceRange;
  readonly read: SliceRange;
}

/** Slabs of a stack, one after the other, whose slices come out as those of the whole. */
export function slabsOf(
  { slices, frames }: Pick<StackParts, 'slices' | 'frames'>,
  area: number,
  { halo, step }: SlabNeeds,
  limits: SlabLimits,
): SlabPart[] {
  const most = Math.floor(limits.slab / (area * frames)) - 2 * halo - (step - 1);
  const core = Math.max(LEAST_CORE, most);
  const slabs: SlabPart[] = [];
  for (let from = 0; from < slices; from += core) {
    const to = Math.min(slices, from + core);
    const first = Math.max(0, from - halo);
    slabs.push({
      core: { from, to },
      read: { from: first - (first % step), to: Math.min(slices, to + halo) },
    });
  }
  return slabs;
}

/** Slices of the sample that stands for a stack. */
export function samplePlaces({ slices, frames }: StackParts, area: number, limits: SlabLimits): number[] {
  const fitting = Math.floor(limits.slab / (area * frames));
  return sampleSlices(slices, Math.max(LEAST_SAMPLE, Math.min(limits.sample, fitting)));
}

/** Slices on each side that the farthest denoiser reads: what memory is asked for before it is known which one runs. */
const FARTHEST: SlabNeeds = { halo: 28, step: 12 };

/** What is held of a stack at a time, at most: a slab, and the sample. */
export function heldSize(parts: StackParts, area: number, limits: SlabLimits): VolumeSize {
  const longest = slabsOf(parts, area, FARTHEST, limits).map(({ read }) => read.to - read.from);
  const slices = Math.max(...longest) + samplePlaces(parts, area, limits).length;
  return { area, values: area * parts.frames * slices };
}

/** How a stack is read in parts, where it is too large to be held; null where it is not, or cannot be. */
export function partsOf(
  { size, parts }: Pick<StackInput, 'size' | 'parts'>,
  limits: SlabLimits,
): StackParts | null {
  return size !== null && size.values > limits.whole ? parts : null;
}
