/** Sums over pairs of values, for their correlation; counted from the first pair, so that a large mean costs no digits. */
export class Pair {
  /** Pairs, or the sum of their weights. */
  count = 0;
  #origin: readonly [number, number] = [0, 0];
  /** Of both values, and of their products with themselves and with one another. */
  readonly #sums = new Float64Array(5);

  add(first: number, second: number, weight = 1): void {
    if (this.count === 0) this.#origin = [first, second];
    this.count += weight;
    const a = first - this.#origin[0];
    const b = second - this.#origin[1];
    const sums = this.#sums;
    sums[0] += weight * a;
    sums[1] += weight * b;
    sums[2] += weight * a * a;
    sums[3] += weight * b * b;
    sums[4] += weight * a * b;
  }

  /** Of the first values. */
  variance(): number {
    return this.#covariance(0, 0, 2);
  }

  /** Pearson's; null where either value is the same everywhere. */
  correlation(): number | null {
    const scale = Math.sqrt(this.variance() * this.#covariance(1, 1, 3));
    return scale > 0 ? this.#covariance(0, 1, 4) / scale : null;
  }

  #covariance(first: number, second: number, product: number): number {
    const count = Math.max(1, this.count);
    return (this.#sums[product] - (this.#sums[first] * this.#sums[second]) / count) / count;
  }
}
