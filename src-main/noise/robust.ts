/** Robust statistics of samples; none changes its input. */

/** The q-quantile (0..1) by linear interpolation; NaN for no values. Values that are NaN count as the largest. */
export function quantile(values: ArrayLike<number>, q: number): number {
  // Not by Float64Array.from, which goes through an iterator: that took longer than the selection.
  const some = new Float64Array(values);
  if (some.length === 0) return Number.NaN;
  const numbers = numbersFirst(some);
  const at = q * (some.length - 1);
  const i = Math.floor(at);
  if (i >= numbers) return Number.NaN;
  select(some, i, numbers);
  if (at === i || i + 1 === some.length) return some[i];
  let next = i + 1 < numbers ? some[i + 1] : Number.NaN;
  for (let k = i + 2; k < numbers; k++) if (some[k] < next) next = some[k];
  return some[i] + (at - i) * (next - some[i]);
}

/** Those that sorting would put at these places, all of numbers. */
export function ranked(values: ArrayLike<number>, places: readonly number[]): number[] {
  const some = new Float64Array(values);
  return places.map((place) => {
    select(some, place, some.length);
    return some[place];
  });
}

/** How many are not NaN; these come first. */
function numbersFirst(values: Float64Array): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i])) values[count++] = values[i];
  return count;
}

/** Puts the k-th smallest of the first `length` where sorting would, none larger before it, none smaller after it. */
function select(values: Float64Array, k: number, length: number): void {
  let from = 0;
  let to = length - 1;
  while (from < to) {
    const pivot = middle(values[from], values[(from + to) >> 1], values[to]);
    let i = from;
    let j = to;
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i > j) break;
      const kept = values[i];
      values[i++] = values[j];
      values[j--] = kept;
    }
    if (k <= j) to = j;
    else if (k >= i) from = i;
    else return;
  }
}

function middle(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
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
  const absolute = new Float64Array(values);
  for (let i = 0; i < absolute.length; i++) absolute[i] = Math.abs(absolute[i]);
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

/**
 * Mean of what lies between the weighted quartiles: as a median it does not know of a few that lie far off, and it changes
 * by little where a value or a weight does. NaN where all weights are 0.
 *
 * @param weights not below 0, one a value
 */
export function interquartileMean(values: readonly number[], weights: readonly number[]): number {
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  const order = [...values.keys()].sort((a, b) => values[a] - values[b]);
  let [before, sum] = [0, 0];
  for (const i of order) {
    const after = before + weights[i];
    sum += values[i] * Math.max(0, Math.min(after, 0.75 * all) - Math.max(before, 0.25 * all));
    before = after;
  }
  return sum / (all / 2);
}
