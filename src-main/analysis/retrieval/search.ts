import type { IndexedSeries } from '../../contract/encoders/retrieval.js';

/** The nearest slice of a series. */
export interface Nearest {
  /** Index into the series that were searched. */
  readonly series: number;
  /** Of the index. */
  readonly row: number;
  readonly distance: number;
}

/**
 * The series with the slices nearest to a vector, each by its nearest: exact, by distance to all. A slice is done with
 * as soon as it lies further away than the nearest of its series or the last that is wanted.
 *
 * @param vectors rows of `wanted.length` numbers
 * @param leftOut whether a series is not to be found
 */
export function nearestSeries(
  vectors: Float32Array,
  series: readonly IndexedSeries[],
  wanted: Float32Array,
  count: number,
  leftOut: (series: IndexedSeries) => boolean = () => false,
): Nearest[] {
  const found: Nearest[] = [];
  for (const [i, one] of series.entries()) {
    if (leftOut(one)) continue;
    const limit = found.length < count ? Number.POSITIVE_INFINITY : found[count - 1].distance;
    const near = nearestRow(vectors, one.first, one.slices * one.frames, wanted, limit);
    if (near === null) continue;
    const place = found.findIndex(({ distance }) => near.distance < distance);
    found.splice(place < 0 ? found.length : place, 0, { series: i, ...near });
    if (found.length > count) found.pop();
  }
  return found.map((one) => ({ ...one, distance: Math.sqrt(one.distance) }));
}

/** @returns row and squared distance; null where all lie further away than `limit` */
function nearestRow(
  vectors: Float32Array,
  first: number,
  count: number,
  wanted: Float32Array,
  limit: number,
): { readonly row: number; readonly distance: number } | null {
  const length = wanted.length;
  let [row, best] = [-1, limit];
  for (let i = first; i < first + count; i++) {
    let sum = 0;
    for (let from = i * length, j = 0; j < length && sum < best; ) {
      // In steps: a look at the limit for each number takes as long as the number.
      const end = Math.min(length, j + 16);
      for (; j < end; j++) {
        const off = vectors[from + j] - wanted[j];
        sum += off * off;
      }
    }
    if (sum < best) [row, best] = [i, sum];
  }
  return row < 0 ? null : { row, distance: best };
}
