import { median, quantile } from '../robust.js';
import type { Peers, SliceSignals } from './signals.js';

/** Slices on each side whose loss is compared: what weakens all of them is contrast. */
const AROUND = 4;
/** Drop-outs only take, so that of the slices around the better ones tell what is usual. */
const USUAL = 0.6;
/** Logarithm of the signal that a slice loses at least, and in deviations of that slice over the frames. */
const LEAST_LOSS = 0.12;
const DEVIATIONS = 5;
/** The same where no other frame is as bright, and slices differ by contrast. */
const LEAST_LOSS_UNLIKE = 0.35;
const LEAST_DEVIATION = 0.01;

/**
 * Slices that lost signal against the slices around them and the same slice of other frames: for each frame their
 * numbers, ascending.
 */
export function dropOuts(signals: SliceSignals, peers: readonly Peers[]): number[][] {
  const { telling, frames } = signals;
  if (telling.length < 3) return Array.from({ length: frames }, () => []);
  const change = peers.map((own, frame) => changeOf(signals, frame, own));
  const deviation = telling.map((_, k) => deviationOf(change.map((of) => of[k])));
  const common = median(deviation);
  return change.map((of, frame) => {
    const { alike } = peers[frame];
    return telling.filter((_, k) => {
      const chance = DEVIATIONS * Math.max(deviation[k], common, LEAST_DEVIATION);
      return of[k] < -Math.max(alike ? LEAST_LOSS : LEAST_LOSS_UNLIKE, chance);
    });
  });
}

/** Of each telling slice the logarithm of its signal over what peers have and what slices around show as usual. */
function changeOf({ log, slices, telling }: SliceSignals, frame: number, { frames }: Peers): number[] {
  const against = telling.map(
    (slice) =>
      log[frame * slices + slice] - median(Float64Array.from(frames, (peer) => log[peer * slices + slice])),
  );
  return against.map((own, k) => {
    const around = against.slice(Math.max(0, k - AROUND), k + AROUND + 1);
    return own - quantile(around, USUAL);
  });
}

function deviationOf(values: readonly number[]): number {
  const centre = median(values);
  return 1.4826 * median(values.map((value) => Math.abs(value - centre)));
}
