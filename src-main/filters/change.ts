import type { Box } from '../imaging/box.js';
import { type Volume, withData } from '../imaging/volume.js';
import { type NoiseModel, toUnitNoise } from '../noise/domain.js';
import { type MovedMeans, meanInFrame } from '../noise/motion/moved.js';

/** Motion of a series, for a part of it. */
export interface PartMotion {
  readonly means: MovedMeans;
  /** How much of the change is taken off and given back, from 0 to 1. */
  readonly share: number;
  /** Where the part lies in the series. */
  readonly box: Box;
}

/**
 * Adds to each frame what motion changes in it: what the mean over time shows where the frame lies, less what it shows
 * where nothing moves. Frames are not resampled, and the mean only once.
 *
 * @param values the part in unit noise, all frames: changed in place
 * @param volume the part @param noise of the part
 * @param times 1 gives the change back, -1 takes it off
 */
export function addChange(
  values: Float32Array,
  volume: Volume,
  noise: NoiseModel,
  { means, share, box }: PartMotion,
  times: 1 | -1,
): void {
  const length = volume.columns * volume.rows * volume.slices;
  const frame = { ...volume, frames: 1, measured: null };
  const inUnits = (data: Float32Array): Float32Array => toUnitNoise(withData(frame, data), noise).values;
  for (const [at, mean] of means.entries()) {
    if (mean === null) continue;
    const { moved, still } = meanInFrame(mean, box);
    const [there, here] = [inUnits(moved), inUnits(still)];
    const own = values.subarray(at * length, (at + 1) * length);
    for (let i = 0; i < length; i++) {
      const change = times * share * (there[i] - here[i]);
      if (Number.isFinite(change)) own[i] += change;
    }
  }
}
