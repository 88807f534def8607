import { filled, list, type Of, object, optional, whole } from '../contract/schema/schema.js';

/** Names of the two queues in Redis: series to be denoised, and what is told of those that are done. */
export const SERIES_QUEUE = 'series';
export const ROLL_UP_QUEUE = 'roll-up';
export const PREFIX = 'limpid';

/**
 * All that Redis holds of a series, beside its outcome: the shared output folder, and where in its file of plans the
 * one of the unit stands. No name of a source file, no attribute, no UID.
 */
export const SeriesJob = object({
  batch: filled,
  out: filled,
  unit: filled,
  at: whole,
  bytes: whole,
});
export type SeriesJob = Of<typeof SeriesJob>;

/** Of a study, or of a batch: what it waited for is done. */
export const RollUpJob = object({
  batch: filled,
  out: filled,
  /** Units that are still to be waited for: they were put into the queue again after the batch was told. */
  again: optional(list(filled)),
});
export type RollUpJob = Of<typeof RollUpJob>;

/** The same for the same unit of a batch: a batch that is submitted twice is there once. */
export function seriesJobId(batch: string, unit: string): string {
  return `${batch}.${unit}`;
}

/** A roll-up that could not be written is tried again for longer than a share is usually gone. */
export const ROLL_UP_TRIES = {
  attempts: 20,
  backoff: { type: 'exponential', delay: 2000, jitter: 0.5 },
} as const;
