/**
 * The one source of random numbers: xoshiro128** (Blackman and Vigna 2018), seeded through splitmix32.
 * Same seed and same calls give the same numbers on every machine.
 */
export class Random {
  readonly #state: Uint32Array;
  #spare: number | undefined;

  constructor(seed: number | Uint32Array) {
    this.#state = typeof seed === 'number' ? spread(seed) : Uint32Array.from(seed);
  }

  /** The state to put into a checkpoint: 4 words; `new Random(words)` goes on from there. */
  snapshot(): Uint32Array {
    this.#spare = undefined;
    return Uint32Array.from(this.#state);
  }

  /** An independent generator for a named part, so that one part's draws never shift another's. */
  fork(label: string): Random {
    let hash = 2166136261;
    for (let i = 0; i < label.length; i++) hash = Math.imul(hash ^ label.charCodeAt(i), 16777619);
    const words = this.#state.map((word, i) => (word ^ Math.imul(hash + i, 0x9e3779b1)) >>> 0);
    return new Random(spread((words[0] ^ Math.imul(words[1], 0x85ebca6b) ^ words[2] ^ words[3]) >>> 0));
  }

  /** Uniform 32-bit unsigned integer. */
  uint32(): number {
    const s = this.#state;
    const result = Math.imul(rotateLeft(Math.imul(s[1], 5), 7), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotateLeft(s[3], 11);
    return result;
  }

  /** Uniform in [0, 1), 32 bits of resolution. */
  uniform(): number {
    return this.uint32() / 4294967296;
  }

  /** Uniform integer in [0, below). */
  integer(below: number): number {
    return Math.floor(this.uniform() * below);
  }

  /** Standard normal, by the polar method of Marsaglia. */
  normal(): number {
    if (this.#spare !== undefined) {
      const spare = this.#spare;
      this.#spare = undefined;
      return spare;
    }
    for (;;) {
      const u = 2 * this.uniform() - 1;
      const v = 2 * this.uniform() - 1;
      const s = u * u + v * v;
      if (s > 0 && s < 1) {
        const scale = Math.sqrt((-2 * Math.log(s)) / s);
        this.#spare = v * scale;
        return u * scale;
      }
    }
  }

  /** Fills and returns `out` with standard normal values. */
  normals(out: Float32Array): Float32Array {
    for (let i = 0; i < out.length; i++) out[i] = this.normal();
    return out;
  }

  /** Shuffles in place (Fisher and Yates) and returns the same array. */
  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const kept = items[i];
      items[i] = items[j];
      items[j] = kept;
    }
    return items;
  }
}

function rotateLeft(x: number, k: number): number {
  return ((x << k) | (x >>> (32 - k))) >>> 0;
}

function spread(seed: number): Uint32Array {
  let h = seed >>> 0;
  const high = Math.floor(Math.abs(seed) / 4294967296) >>> 0;
  h = (h ^ Math.imul(high, 0x9e3779b1)) >>> 0;
  const out = new Uint32Array(4);
  for (let i = 0; i < 4; i++) {
    h = (h + 0x9e3779b9) >>> 0;
    let z = h;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    out[i] = (z ^ (z >>> 16)) >>> 0;
  }
  return out;
}
