/** Running sums; plain numbers, so that a pass over a volume allocates nothing. */

export class Moments {
  count = 0;
  #sum = 0;
  #energy = 0;

  add(value: number): void {
    this.count++;
    this.#sum += value;
    this.#energy += value * value;
  }

  mean(): number {
    return this.count > 0 ? this.#sum / this.count : 0;
  }

  variance(): number {
    const mean = this.mean();
    return this.count > 0 ? Math.max(0, this.#energy / this.count - mean * mean) : 0;
  }

  sd(): number {
    return Math.sqrt(this.variance());
  }
}

/** Too few pairs say nothing about a correlation. */
const ENOUGH_PAIRS = 100;

export class LagSums {
  #count = 0;
  #product = 0;

  add(a: number, b: number): void {
    this.#count++;
    this.#product += a * b;
  }

  /** Correlation of the pairs, given mean and variance of all values; null where too few or constant. */
  correlation(values: Moments): number | null {
    const variance = values.variance();
    if (this.#count < ENOUGH_PAIRS || variance < 1e-12) return null;
    const mean = values.mean();
    const correlation = (this.#product / this.#count - mean * mean) / variance;
    return Math.min(1, Math.max(-1, correlation));
  }
}

/** Pearson correlation from [n, sum a, sum a^2, sum b, sum b^2, sum ab]; null where undefined. */
export function pearson(sums: Float64Array): number | null {
  const [n, a, aa, b, bb, ab] = sums;
  const spread = (n * aa - a * a) * (n * bb - b * b);
  if (n < ENOUGH_PAIRS || !(spread > 0)) return null;
  return (n * ab - a * b) / Math.sqrt(spread);
}
