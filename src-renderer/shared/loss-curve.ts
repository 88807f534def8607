import type { CurvePoint } from '../state/progress.js';

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
  const [lowest] = all;
  const top = all[Math.floor(0.95 * (all.length - 1))];
  if (lowest === undefined || top === undefined) return { low: 0, high: 1 };
  const high = top * 1.05;
  return { low: Math.min(lowest, 0.98 * high), high };
}
