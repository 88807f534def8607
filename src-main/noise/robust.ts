/** Robust statistics of samples; none changes its input. */

/** The q-quantile (0..1) by linear interpolation; NaN for no values. */
export function quantile(values: ArrayLike<number>, q: number): number {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) return Number.NaN;
  const at = q * (sorted.length - 1);
  const i = Math.floor(at);
  const next = sorted[Math.min(i + 1, sorted.length - 1)];
  return sorted[i] + (at - i) * (next - sorted[i]);
}

export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}

const CLIP = 2.5;
/** Standard deviation of a standard normal cut at +-CLIP. */
const CLIPPED_SD = 0.9546;

/**
 * Standard deviation about zero of values that are mostly normal: starts from the median absolute deviation, then
 * cuts at 2.5 deviations until it settles. Unlike the median absolute deviation alone it does not jump between
 * grey levels where the noise is about as small as they are.
 */
export function clippedSd(values: ArrayLike<number>): number {
  if (values.length === 0) return 0;
  const absolute = Float64Array.from(values, Math.abs);
  let sd = Math.max(1.4826 * median(absolute), rootMeanSquare(absolute, Number.POSITIVE_INFINITY) / 10);
  for (let i = 0; i < 20; i++) {
    const next = rootMeanSquare(absolute, CLIP * sd) / CLIPPED_SD;
    if (Math.abs(next - sd) <= 1e-4 * sd) return next;
    sd = next;
  }
  return sd;
}

function rootMeanSquare(values: Float64Array, limit: number): number {
  let sum = 0;
  let count = 0;
  for (const value of values)
    if (value <= limit) {
      sum += value * value;
      count++;
    }
  return count > 0 ? Math.sqrt(sum / count) : 0;
}

/** Correlation of two samples from the clipped deviations of their sums and differences. */
export function robustCorrelation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const sums = new Float64Array(a.length);
  const differences = new Float64Array(a.length);
  for (let i = 0; i < a.length; i++) {
    sums[i] = a[i] + b[i];
    differences[i] = a[i] - b[i];
  }
  const up = clippedSd(sums) ** 2;
  const down = clippedSd(differences) ** 2;
  return up + down > 0 ? (up - down) / (up + down) : 0;
}
