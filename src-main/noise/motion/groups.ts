import { Pair } from '../../base/linear/pair.js';
import { sliceView, type Volume } from '../../imaging/volume.js';
import { signalsOf, tissueLevel } from '../outliers/signals.js';
import { sampledSlices } from '../planes.js';
import { median } from '../robust.js';

/** Frames that are held against one another. */
export interface Group {
  /** Ascending. */
  readonly frames: readonly number[];
  /** Frame that the others are first held against. */
  readonly reference: number;
}

/** Logarithm of the brightness by which frames of one group differ at most. */
const ALIKE = 0.35;
const BLOCK = 4;

/** Frames of like brightness, the largest group first. */
export function groupsOf(volume: Volume): Group[] {
  const level = tissueLevel(volume);
  const signals = sampledSlices(volume.slices).flatMap((slice) => signalsOf(volume, slice, level) ?? []);
  const bright = Array.from({ length: volume.frames }, (_, frame) =>
    signals.length === 0 ? 0 : median(signals.map((of) => of[frame])),
  );
  const order = [...bright.keys()].sort((a, b) => bright[b] - bright[a]);
  const groups: number[][] = [];
  for (const frame of order) {
    const last = groups[groups.length - 1];
    if (last !== undefined && bright[last[0]] - bright[frame] < ALIKE) last.push(frame);
    else groups.push([frame]);
  }
  return groups
    .sort((a, b) => b.length - a.length)
    .map((frames) => {
      frames.sort((a, b) => a - b);
      return { frames, reference: referenceOf(volume, frames) };
    });
}

/** Of the half that is most like the median of all, the frame that is next to the middle in time. */
function referenceOf(volume: Volume, frames: readonly number[]): number {
  const means = frames.map((frame) => blockMeans(volume, frame));
  const usual = means[0].map((_, i) => median(means.map((of) => of[i])));
  const likeness = means.map((own) => {
    const pair = new Pair();
    own.forEach((value, i) => {
      pair.add(value, usual[i]);
    });
    return pair.correlation() ?? 0;
  });
  const least = median(likeness);
  const middle = frames.length >> 1;
  let best = likeness.indexOf(Math.max(...likeness));
  likeness.forEach((one, k) => {
    if (one >= least && Math.abs(k - middle) < Math.abs(best - middle)) best = k;
  });
  return frames[best];
}

/** Of squares in the slices that an estimate of the noise looks at. */
function blockMeans(volume: Volume, frame: number): Float64Array {
  const { columns, rows } = volume;
  const means: number[] = [];
  for (const slice of sampledSlices(volume.slices)) {
    const view = sliceView(volume, slice, frame);
    for (let top = 0; top + BLOCK <= rows; top += BLOCK)
      for (let left = 0; left + BLOCK <= columns; left += BLOCK) {
        let sum = 0;
        for (let y = top; y < top + BLOCK; y++)
          for (let i = y * columns + left; i < y * columns + left + BLOCK; i++)
            sum += Number.isFinite(view[i]) ? view[i] : 0;
        means.push(sum);
      }
  }
  return Float64Array.from(means);
}
