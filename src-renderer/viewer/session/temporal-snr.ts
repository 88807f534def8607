/**
 * Temporal signal to noise of pixels, one time point after the other: for each its mean over time by its standard
 * deviation over time (n - 1), by Welford's sums, which do not lose digits.
 */
export class TemporalSnr {
  #count = 0;
  readonly #means: Float64Array;
  readonly #squares: Float64Array;

  constructor(pixels: number) {
    this.#means = new Float64Array(pixels);
    this.#squares = new Float64Array(pixels);
  }

  /** @param values of all pixels at a time point */
  add(values: Float32Array): void {
    this.#count++;
    for (let i = 0; i < values.length; i++) {
      const change = values[i] - this.#means[i];
      this.#means[i] += change / this.#count;
      this.#squares[i] += change * (values[i] - this.#means[i]);
    }
  }

  /** NaN where a pixel does not vary, or was seen once. */
  values(): Float32Array {
    return Float32Array.from(this.#squares, (squares, i) => {
      const variance = squares / (this.#count - 1);
      return variance > 0 ? this.#means[i] / Math.sqrt(variance) : Number.NaN;
    });
  }
}
