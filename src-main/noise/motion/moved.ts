import { type Box, wholeBox } from '../../imaging/box.js';
import type { Volume } from '../../imaging/volume.js';
import type { SeriesMotion } from './motion.js';
import { type Image, resampled } from './resample.js';
import { IDENTITY, inverted, type Matrix, multiplied, placesOf } from './rigid.js';

/** What a frame shows of its group's mean. */
interface MovedFrame {
  /** Mean over time of the frames of like brightness, as they lie in the first of them. */
  readonly mean: Image;
  /** From the voxels of the frame to those of the mean. */
  readonly back: Matrix;
}

/** Of each frame; null where nothing tells its pose, or too few frames are like it. */
export type MovedMeans = readonly (MovedFrame | null)[];

/** Of fewer frames a mean has much of the noise of each. */
const LEAST_FRAMES = 4;

/**
 * Means over time in one pose, a mean for each group of frames of like brightness: poses between groups are less exact,
 * and nothing is held across them.
 *
 * @param odd frames that no mean is made of, since they lack signal or have stripes
 */
export function movedMeans(volume: Volume, { poses }: SeriesMotion, odd: ReadonlySet<number>): MovedMeans {
  const places = placesOf(volume);
  const inverse = inverted(places);
  const result: (MovedFrame | null)[] = poses.map(() => null);
  for (const group of new Set(poses.map((pose) => pose.group))) {
    const members = poses.flatMap((pose, frame) =>
      pose.group === group && pose.motion !== null ? [{ frame, motion: pose.motion }] : [],
    );
    const used = members.filter(({ frame }) => !odd.has(frame));
    if (used.length < LEAST_FRAMES) continue;
    const origin = inverted(used[0].motion);
    const there = ({ motion }: { readonly motion: Matrix }): Matrix =>
      multiplied(multiplied(inverse, multiplied(motion, origin)), places);
    const mean = meanIn(
      volume,
      used.map((one) => ({ frame: one.frame, there: there(one) })),
    );
    for (const one of members) result[one.frame] = { mean, back: inverted(there(one)) };
  }
  return result;
}

function meanIn(volume: Volume, used: readonly { readonly frame: number; readonly there: Matrix }[]): Image {
  const { columns, rows, slices } = volume;
  const length = columns * rows * slices;
  const sum = new Float64Array(length);
  const finite = new Float32Array(length);
  for (const { frame, there } of used) {
    // what is not a number would spread
    volume.data.subarray(frame * length, (frame + 1) * length).forEach((value, i) => {
      finite[i] = Number.isFinite(value) ? value : 0;
    });
    resampled({ data: finite, columns, rows, slices }, there, wholeBox(volume)).forEach((value, i) => {
      sum[i] += value;
    });
  }
  return { data: Float32Array.from(sum, (value) => value / used.length), columns, rows, slices };
}

/** In a box: what the mean shows in the frame, and what it shows where nothing moves. */
export function meanInFrame(
  { mean, back }: MovedFrame,
  box: Box,
): { moved: Float32Array; still: Float32Array } {
  return { moved: resampled(mean, back, box), still: resampled(mean, IDENTITY, box) };
}
