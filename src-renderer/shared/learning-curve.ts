import type { LearningPoint } from '../../src-main/contract/models.js';
import type { CurvePoint } from '../state/progress.js';

/** Columns of a chart: steps, and for each the running loss, the mean loss since the last measurement, held out. */
export type Columns = readonly [number[], (number | null)[], (number | null)[], (number | null)[]];

/** Points of the running loss that are drawn. */
const MOST_LIVE = 600;

/** @param live the running mean of the training loss; empty where nobody watched */
export function columnsOf(points: readonly LearningPoint[], live: readonly CurvePoint[]): Columns {
  const every = Math.max(1, Math.ceil(live.length / MOST_LIVE));
  const drawn = live.filter((_, i) => i % every === 0 || i === live.length - 1);
  const running = new Map(drawn.map(({ step, loss }) => [step, loss]));
  const measured = new Map(points.map((point) => [point.step, point]));
  const steps = [...new Set([...running.keys(), ...measured.keys()])].sort((a, b) => a - b);
  return [
    steps,
    steps.map((step) => running.get(step) ?? null),
    steps.map((step) => measured.get(step)?.loss ?? null),
    steps.map((step) => measured.get(step)?.heldOut ?? null),
  ];
}

/** Whether all losses are positive, so that their logarithms can be drawn. */
export function canBeLogarithmic([, ...columns]: Columns): boolean {
  return columns.every((column) => column.every((value) => value === null || value > 0));
}

/**
 * Range of losses worth drawing: the first steps may lie far above all that matters, so the running loss counts
 * between its percentiles only.
 */
export function rangeOf([, running, mean, heldOut]: Columns): readonly [number, number] | null {
  const numbers = (column: readonly (number | null)[]) => column.filter((value) => value !== null);
  const live = numbers(running).sort((a, b) => a - b);
  const at = (share: number) => live.slice(Math.round(share * (live.length - 1))).slice(0, 1);
  const all = [...numbers(mean), ...numbers(heldOut), ...at(0.02), ...at(0.95)];
  if (all.length === 0) return null;
  const [low, high] = [Math.min(...all), Math.max(...all)];
  return low === high ? [low * 0.9, high * 1.1] : [low, high];
}
