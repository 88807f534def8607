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
export const ENOUGH_PAIRS = 100;

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

const SIZE_BINS = 512;
const BINS_A_ONE = 32;
/** Shares of normal deviates, and the size that they do not exceed. */
const USUAL = { share: 0.8664, size: 1.5 } as const;
export const MOST = { share: 0.95, size: 1.96 } as const;

/** Sizes of values of about 1, in a histogram up to 16. */
export class Sizes {
  count = 0;
  readonly #bins = new Uint32Array(SIZE_BINS);

  add(value: number): void {
    this.count++;
    const bin = Math.abs(value) * BINS_A_ONE;
    this.#bins[bin < SIZE_BINS ? bin | 0 : SIZE_BINS - 1]++;
  }

  /** Those of some values where `counts` is not 0, times a scale. */
  addWhere(values: Float32Array, counts: Uint8Array, scale: number): void {
    const bins = this.#bins;
    const perOne = BINS_A_ONE * scale;
    for (let i = 0; i < values.length; i++) {
      if (counts[i] === 0) continue;
      const bin = Math.abs(values[i]) * perOne;
      bins[bin < SIZE_BINS ? bin | 0 : SIZE_BINS - 1]++;
      this.count++;
    }
  }

  join(other: Sizes): void {
    this.count += other.count;
    addBins(this.#bins, other.#bins);
  }

  /** Of normal values of which as many are as small: what the few largest are does not matter. 0 for no values. */
  deviation({ share, size }: { readonly share: number; readonly size: number } = USUAL): number {
    if (this.count === 0) return 0;
    const wanted = share * this.count;
    let below = 0;
    let bin = 0;
    while (below + this.#bins[bin] < wanted) below += this.#bins[bin++];
    return (bin + (wanted - below) / this.#bins[bin]) / BINS_A_ONE / size;
  }
}

/** Values of about 1, with their signs, in a histogram from -8 to 8. */
export class Spread {
  count = 0;
  readonly #bins = new Uint32Array(SIZE_BINS);

  add(value: number): void {
    this.count++;
    const bin = Math.floor(value * BINS_A_ONE) + SIZE_BINS / 2;
    this.#bins[Math.max(0, Math.min(SIZE_BINS - 1, bin))]++;
  }

  join(other: Spread): void {
    this.count += other.count;
    addBins(this.#bins, other.#bins);
  }

  /** 0 for no values. */
  median(): number {
    if (this.count === 0) return 0;
    const wanted = this.count / 2;
    let below = 0;
    let bin = 0;
    while (below + this.#bins[bin] < wanted) below += this.#bins[bin++];
    return (bin - SIZE_BINS / 2 + (wanted - below) / this.#bins[bin]) / BINS_A_ONE;
  }
}

function addBins(into: Uint32Array, more: Uint32Array): void {
  for (let i = 0; i < SIZE_BINS; i++) into[i] += more[i];
}
