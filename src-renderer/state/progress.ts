import type { JobEvent, ProgressEvent, SeriesDoneEvent } from '../../src-main/contract/events.js';
import { type Learning, NOTHING_LEARNT, withLearning } from './learning.js';

/** What the window knows of a running job, folded from its events. */
export interface JobView {
  readonly index: number;
  /** 0: not known. */
  readonly of: number;
  readonly series: string | null;
  readonly progress: ProgressEvent | null;
  readonly device: string | null;
  readonly done: readonly SeriesDoneEvent[];
  readonly curve: readonly CurvePoint[];
  /** Of a training: what was measured, and pictures of it. */
  readonly learning: Learning;
  readonly warnings: number;
}

export interface CurvePoint {
  readonly step: number;
  readonly loss: number;
  readonly heldOut: number | null;
}

export const NO_EVENTS: JobView = {
  index: 0,
  of: 0,
  series: null,
  progress: null,
  device: null,
  done: [],
  curve: [],
  learning: NOTHING_LEARNT,
  warnings: 0,
};

export function withEvent(view: JobView, event: JobEvent): JobView {
  switch (event.type) {
    case 'series-start':
      return {
        ...view,
        index: event.index,
        of: event.of,
        series: event.series,
        progress: null,
        curve: event.series === view.series ? view.curve : [],
      };
    case 'progress':
      return { ...view, progress: event, curve: withPoint(view.curve, event) };
    case 'learning':
      return { ...view, learning: withLearning(view.learning, event) };
    case 'series-done':
      return { ...view, done: [...view.done.filter(({ series }) => series !== event.series), event] };
    case 'device':
      return { ...view, device: event.device };
    case 'warning':
      return { ...view, warnings: view.warnings + 1 };
    default:
      return view;
  }
}

function withPoint(curve: readonly CurvePoint[], event: ProgressEvent): readonly CurvePoint[] {
  if (event.stage !== 'train' || event.loss === undefined) return curve;
  const point = { step: event.done, loss: event.loss, heldOut: event.heldOut ?? null };
  // A resumed or a second training starts anew.
  const kept = curve.filter(({ step }) => step < point.step);
  return [...kept, point];
}

/** Share of the stage that is done, 0 to 1; null where its end is not known. */
export function shareOf(progress: ProgressEvent | null): number | null {
  if (progress === null || progress.total === null || progress.total === 0) return null;
  return Math.min(1, progress.done / progress.total);
}
