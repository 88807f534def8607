import type { Volume } from '../../imaging/volume.js';
import { displacements } from './displaced.js';
import { dropOuts } from './drop-outs.js';
import { peersOf, type SliceSignals, sliceSignals } from './signals.js';
import { spikes } from './spikes.js';

/** What is wrong with one frame of a series: with some of its slices, or with where it lies. */
export interface FrameOutliers {
  readonly frame: number;
  /** Slices that lost signal, as by motion under a diffusion gradient, ascending. */
  readonly dropOuts: readonly number[];
  /** Slices with stripes all over, as a spike in k-space makes them, ascending. */
  readonly spikes: readonly number[];
  /** How far the frame lies from where the others do, mm; null where it does not. */
  readonly displaced: number | null;
}

/** Fewer frames do not tell which of them is the odd one. */
const LEAST_JUDGED = 5;

/**
 * Frames of a series that are unlike the others, each with what is wrong: slices that lost signal or have stripes, and
 * heavy displacement. A frame is held against those of most like brightness, so that strong diffusion weighting, which
 * takes signal of all slices, is no loss. Nothing is said of series of fewer than five frames.
 */
export function frameOutliers(volume: Volume): FrameOutliers[] {
  if (volume.frames < LEAST_JUDGED) return [];
  const signals: SliceSignals = sliceSignals(volume);
  const peers = peersOf(signals);
  const lost = dropOuts(signals, peers);
  const striped = spikes(volume, peers);
  const moved = displacements(volume, peers);
  return Array.from({ length: volume.frames }, (_, frame) => ({
    frame,
    dropOuts: lost[frame],
    spikes: striped[frame],
    displaced: moved[frame],
  })).filter((one) => one.dropOuts.length > 0 || one.spikes.length > 0 || one.displaced !== null);
}
