import type { CurvePoint } from '../../src-main/contract/report.js';

/** Round numbers within [low, high], about `count` of them. */
export function ticks(low: number, high: number, count: number): number[] {
  if (!(high > low)) return [low];
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10) * power;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** The longest of 1, 2, 5, 10, ... mm that is at most `most` mm long. */
export function scaleBarLength(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most));
  return ([5, 2, 1].find((factor) => factor * power <= most) ?? 1) * power;
}

/** At most `limit` points, each the mean of its neighbours; heldOut is kept where it was measured. */
export function thinned(points: readonly CurvePoint[], limit: number): CurvePoint[] {
  const size = Math.ceil(points.length / limit);
  if (size <= 1) return [...points];
  const out: CurvePoint[] = [];
  for (let i = 0; i < points.length; i += size) {
    const group = points.slice(i, i + size);
    const measured = group.map((point) => point.heldOut).filter((value) => value !== null);
    out.push({
      step: group[group.length - 1].step,
      loss: mean(group.map((point) => point.loss)),
      heldOut: measured.length > 0 ? mean(measured) : null,
    });
  }
  return out;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
