/** What of a long series is held in memory to decide on it and to judge it: slices that stand for all. */
import type { SliceRange } from '../filters/slab.js';
import type { Volume } from '../imaging/volume.js';
import { PAIRS, sampledSlices } from '../noise/planes.js';

/** Some slices of a series, one after the other, as a volume of their own. */
export interface Sample {
  readonly volume: Volume;
  /** Where each of them lies in the series, ascending. */
  readonly places: readonly number[];
}

/** Runs of neighbouring slices on each side of the middle run, which is as long as all of them together. */
const RUNS = 3;

/**
 * Slices that stand for a series: a run in its middle, which is restored and asked as a whole, and shorter ones spread
 * over what is before and behind it.
 *
 * @param most slices to hold
 */
export function sampleSlices(slices: number, most: number): number[] {
  if (slices <= most) return Array.from({ length: slices }, (_, slice) => slice);
  const short = Math.floor(most / 2 / (2 * RUNS));
  const middle = most - 2 * RUNS * short;
  const from = Math.floor((slices - middle) / 2);
  const to = from + middle;
  const spread = (start: number, end: number): number[] =>
    Array.from({ length: RUNS }, (_, k) =>
      Math.max(
        start,
        Math.min(end - short, Math.round(start + ((k + 0.5) / RUNS) * (end - start) - short / 2)),
      ),
    );
  const runs = [
    ...spread(0, from).map((start) => [start, start + short]),
    [from, to],
    ...spread(to, slices).map((start) => [start, start + short]),
  ];
  const chosen = new Set(
    runs.flatMap(([start, end]) => Array.from({ length: end - start }, (_, k) => start + k)),
  );
  return [...chosen].sort((a, b) => a - b);
}

/** Slices that an estimate of the noise looks at two by two come so far apart in a sample made of them. */
const PAIR = 6;

/**
 * Where the slices that an estimate of the noise looks at lie in a volume that stands for the series: it looks at the
 * same there, pairs are no neighbours of one another, and each is as deep in it. -1: a slice that is not looked at.
 */
export function measuredSlices(slices: number): number[] {
  const looked = sampledSlices(slices);
  if (slices < PAIR * PAIRS) return Array.from({ length: slices }, (_, slice) => slice);
  const places = new Array<number>(PAIR * PAIRS).fill(-1);
  for (const [k, slice] of looked.entries())
    places[PAIR * Math.floor(k / 2) + PAIR / 2 - 1 + (k % 2)] = slice;
  return places;
}

/** Takes a sample out of a series that is read part by part. Slices that are not filled take no memory. */
export class Gathering {
  readonly #places: readonly number[];
  #filled: Volume | null = null;

  constructor(places: readonly number[]) {
    this.#places = places;
  }

  /** Takes over what is wanted of the slices that `part` is made of, the first of which is `from`. */
  add(part: Volume, from: number): void {
    this.#filled ??= this.#empty(part);
    const area = part.columns * part.rows;
    for (const [at, place] of this.#places.entries()) {
      if (place < from || place >= from + part.slices) continue;
      for (let frame = 0; frame < part.frames; frame++) {
        const start = (frame * part.slices + place - from) * area;
        this.#put(part, start, start + area, (frame * this.#places.length + at) * area);
      }
    }
  }

  /** @throws RangeError where nothing was added */
  sample(): Sample {
    if (this.#filled === null) throw new RangeError('A sample of nothing was asked for.');
    return { volume: this.#filled, places: this.#places };
  }

  #empty(part: Volume): Volume {
    const slices = this.#places.length;
    const data = new Float32Array(part.columns * part.rows * slices * part.frames);
    return { ...part, slices, data, measured: null };
  }

  #put({ data, measured }: Volume, from: number, to: number, at: number): void {
    if (this.#filled === null) return;
    this.#filled.data.set(data.subarray(from, to), at);
    const mask = measured?.subarray(from, to);
    if (mask?.includes(0) !== true) return;
    if (this.#filled.measured === null)
      this.#filled = { ...this.#filled, measured: new Uint8Array(this.#filled.data.length).fill(1) };
    this.#filled.measured?.set(mask, at);
  }
}

/**
 * A map of the noise at other slices than those it was made at, between which it is linear.
 *
 * @param map of slices that are spread evenly over `slices`, `area` values each
 * @param wanted slices of the series
 */
export function mapAt(
  map: Float32Array,
  area: number,
  slices: number,
  wanted: readonly number[],
): Float32Array {
  const known = map.length / area;
  const out = new Float32Array(wanted.length * area);
  for (const [at, slice] of wanted.entries()) {
    const place = Math.max(0, Math.min(known - 1, ((slice + 0.5) * known) / slices - 0.5));
    const low = Math.floor(place);
    const [below, above] = [low, Math.min(known - 1, low + 1)].map((k) =>
      map.subarray(k * area, (k + 1) * area),
    );
    const share = place - low;
    for (let i = 0; i < area; i++) out[at * area + i] = below[i] + share * (above[i] - below[i]);
  }
  return out;
}

/** All slices of a range. */
export function slicesOf({ from, to }: SliceRange): number[] {
  return Array.from({ length: to - from }, (_, k) => from + k);
}
