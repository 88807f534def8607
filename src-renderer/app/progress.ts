import type { JobEvent, ProgressEvent, SeriesDoneEvent } from '../../src-main/contract/events.js';
import { type Learning, NOTHING_LEARNT, withLearning } from '../training/learning.js';

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
      return { ...view, device: event.description };
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

/** An SVG path through the points, in a box of width x height; steps along x. */
export function curvePath(
  points: readonly (readonly [number, number])[],
  box: { readonly width: number; readonly height: number },
  range: { readonly steps: number; readonly low: number; readonly high: number },
): string {
  const x = (step: number) => (step / Math.max(1, range.steps)) * box.width;
  const spread = range.high - range.low || 1;
  const y = (loss: number) => {
    const inside = Math.min(range.high, Math.max(range.low, loss));
    return box.height - ((inside - range.low) / spread) * box.height;
  };
  return points
    .map(([step, loss], i) => `${i === 0 ? 'M' : 'L'}${x(step).toFixed(1)} ${y(loss).toFixed(1)}`)
    .join('');
}

/** The range of losses worth drawing: the first steps may lie far above all that matters. */
export function lossRange(curve: readonly CurvePoint[]): { low: number; high: number } {
  const all = curve
    .flatMap(({ loss, heldOut }) => (heldOut === null ? [loss] : [loss, heldOut]))
    .sort((a, b) => a - b);
  if (all.length === 0) return { low: 0, high: 1 };
  const high = all[Math.floor(0.95 * (all.length - 1))] * 1.05;
  return { low: Math.min(all[0], 0.98 * high), high };
}
