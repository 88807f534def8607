import type { LearningEvent, Preview } from '../../src-main/contract/events.js';
import type { LearningPoint } from '../../src-main/contract/models.js';

/** What is known of how a model learns, folded from the events of its training. */
export interface Learning {
  readonly points: readonly LearningPoint[];
  readonly best: LearningEvent['best'];
  /** Pictures that can be looked at, in the order of their steps. */
  readonly previews: readonly Preview[];
}

export const NOTHING_LEARNT: Learning = { points: [], best: null, previews: [] };

/** A run that was resumed tells again what it had measured: later points take the place of earlier ones. */
export function withLearning(learning: Learning, { points, best, preview }: LearningEvent): Learning {
  const from = points[0]?.step ?? Number.POSITIVE_INFINITY;
  const kept = learning.points.filter(({ step }) => step < from);
  return {
    points: [...kept, ...points],
    best,
    previews:
      preview === null
        ? learning.previews
        : [...learning.previews.filter(({ lasting, step }) => lasting && step < preview.step), preview],
  };
}
