import type { Emit, ProgressEvent, Stage } from '../contract/events.js';

/** At most one progress event in this many milliseconds, besides the first and the last of a stage. */
const INTERVAL = 200;

export interface Meter {
  /** Reports that `done` units of this stage are done. */
  at(done: number, extra?: { loss?: number; heldOut?: number | null; secondsLeft?: number | null }): void;
}

/**
 * Counts one stage of a job: throttles events and adds the rate and the time left.
 *
 * @param total null when it is not known.
 * @param clock milliseconds; a parameter so that tests need not wait.
 */
export function startMeter(
  emit: Emit,
  what: { series: string | null; stage: Stage; unit: ProgressEvent['unit']; total: number | null },
  clock: () => number = () => performance.now(),
): Meter {
  const started = clock();
  let last = Number.NEGATIVE_INFINITY;
  let base: number | null = null;
  return {
    at(done, extra = {}) {
      const now = clock();
      // A resumed stage starts at its checkpoint: only what is done from there on tells the rate.
      base ??= done;
      if (done !== what.total && now - last < INTERVAL) return;
      last = now;
      const seconds = (now - started) / 1000;
      const rate = done > base && seconds > 0 ? (done - base) / seconds : null;
      const left = what.total === null || rate === null ? null : Math.max(0, (what.total - done) / rate);
      emit({
        type: 'progress',
        series: what.series,
        stage: what.stage,
        unit: what.unit,
        done,
        total: what.total,
        rate,
        secondsLeft: left,
        ...extra,
      });
    },
  };
}
