/** Counts of two labellings of the same pixels, class by class: what overlaps are made of. */
export class OverlapCounts {
  readonly #both: Float64Array;
  readonly #sizes: Float64Array;

  constructor(classes: number) {
    this.#both = new Float64Array(classes);
    this.#sizes = new Float64Array(classes);
  }

  add(one: number, other: number): void {
    this.#sizes[one]++;
    this.#sizes[other]++;
    if (one === other) this.#both[one]++;
  }

  /** 2 |A and B| / (|A| + |B|) (Dice 1945) of each class; null where neither labelling has it. */
  dice(): (number | null)[] {
    return Array.from(this.#both, (both, k) => (this.#sizes[k] > 0 ? (2 * both) / this.#sizes[k] : null));
  }
}
