import type { CurvePoint } from '../../src-main/contract/report.js';

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
