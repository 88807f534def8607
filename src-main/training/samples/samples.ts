import type { Random } from '../../base/random.js';

/** What training sees of a series: stabilised values (noise of unit standard deviation), whole planes. */
export interface TrainingImage {
  /** frames * slices planes of rows * columns, x fastest; same order as Volume.data. */
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
  readonly slices: number;
  readonly frames: number;
  /** 1 where the value carries noise and may be learnt from; 0 in padding and in air that the scanner masked. */
  readonly usable: Uint8Array | null;
}

/** A cut-out with its context slices, turned and mirrored at random. */
export interface Patch {
  /** size * size * channels, channel fastest. The centre channel is the slice to restore. */
  readonly values: Float32Array;
  /** size * size: 1 where the loss may count (usable and not held out, or held out, by what was asked). */
  readonly weight: Float32Array;
}

export interface SamplerSettings {
  readonly size: number;
  /** Neighbouring slices on each side. */
  readonly context: number;
  /** Seeds the choice of held-out blocks. */
  readonly seed: number;
}

/** One block in HELD_OUT_RATE is never a training target, and is what the held-out loss is measured on. */
const HELD_OUT_RATE = 16;
const HELD_OUT_BLOCK = 16;
/** Share of patches drawn from where there is signal; the rest comes from anywhere, so that air is learnt too. */
const SIGNAL_SHARE = 0.9;

/**
 * Draws patches from a series. Places are the corners of a coarse grid, split into those with signal (mean over
 * half the mean of the brighter half) and all of them.
 */
export class PatchSampler {
  readonly #image: TrainingImage;
  readonly #settings: SamplerSettings;
  readonly #all: Int32Array;
  readonly #signal: Int32Array;

  constructor(image: TrainingImage, settings: SamplerSettings) {
    this.#image = image;
    this.#settings = settings;
    const places = gridPlaces(image, settings.size);
    const means = places.map((place) => this.#meanAt(place));
    const threshold = signalThreshold(means);
    this.#all = places;
    const signal = places.filter((_, i) => means[i] >= threshold);
    this.#signal = signal.length > 0 ? signal : places;
  }

  get channels(): number {
    return 2 * this.#settings.context + 1;
  }

  /** Draws one patch; `part` says whose pixels have weight: those for training or those held out. */
  draw(random: Random, part: 'training' | 'heldOut'): Patch {
    const pool = random.uniform() < SIGNAL_SHARE ? this.#signal : this.#all;
    const { plane, row, column } = this.#place(pool[random.integer(pool.length)]);
    const jitter = this.#jitter(row, column, random);
    return this.#cut(plane, jitter.row, jitter.column, random.integer(8), random.uniform() < 0.5, part);
  }

  #place(index: number): { plane: number; row: number; column: number } {
    const { rows, columns } = this.#image;
    const inPlane = index % (rows * columns);
    return {
      plane: Math.floor(index / (rows * columns)),
      row: Math.floor(inPlane / columns),
      column: inPlane % columns,
    };
  }

  /** Moves off the coarse grid by up to one stride, inside the image. */
  #jitter(row: number, column: number, random: Random): { row: number; column: number } {
    const { rows, columns } = this.#image;
    const stride = gridStride(this.#settings.size);
    return {
      row: Math.min(rows - this.#settings.size, row + random.integer(stride)),
      column: Math.min(columns - this.#settings.size, column + random.integer(stride)),
    };
  }

  #meanAt(place: number): number {
    const { plane, row, column } = this.#place(place);
    const { values, rows, columns } = this.#image;
    const { size } = this.#settings;
    const step = Math.max(1, size >> 3);
    let sum = 0;
    let count = 0;
    for (let y = row; y < row + size; y += step)
      for (let x = column; x < column + size; x += step) {
        sum += values[(plane * rows + y) * columns + x];
        count++;
      }
    return sum / count;
  }

  #cut(plane: number, row: number, column: number, turn: number, swap: boolean, part: Part): Patch {
    const { values, rows, columns } = this.#image;
    const { size, context } = this.#settings;
    const channels = this.channels;
    const planes = contextPlanes(this.#image, plane, context);
    if (swap) planes.reverse();
    const patch = new Float32Array(size * size * channels);
    const weight = new Float32Array(size * size);
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++) {
        const [sourceY, sourceX] = dihedral(turn, y, x, size);
        const inPlane = (row + sourceY) * columns + column + sourceX;
        const to = y * size + x;
        for (let c = 0; c < channels; c++)
          patch[to * channels + c] = values[planes[c] * rows * columns + inPlane];
        weight[to] = this.#weightAt(plane, row + sourceY, column + sourceX, part);
      }
    return { values: patch, weight };
  }

  #weightAt(plane: number, row: number, column: number, part: Part): number {
    const { usable, rows, columns } = this.#image;
    if (usable !== null && usable[(plane * rows + row) * columns + column] === 0) return 0;
    return this.#isHeldOut(plane, row, column) === (part === 'heldOut') ? 1 : 0;
  }

  #isHeldOut(plane: number, row: number, column: number): boolean {
    let hash = this.#settings.seed ^ Math.imul(plane + 1, 0x9e3779b1);
    hash = Math.imul(hash ^ Math.floor(row / HELD_OUT_BLOCK), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15) ^ Math.floor(column / HELD_OUT_BLOCK), 0xc2b2ae35);
    return ((hash ^ (hash >>> 16)) >>> 0) % HELD_OUT_RATE === 0;
  }
}

type Part = 'training' | 'heldOut';

/** Which neighbours of a plane are its channels: those in space, or the same slice at other times. */
export type Along = 'slices' | 'frames';

/**
 * Planes of the context of `plane`, lowest first. Beyond an end of a frame the plane as far on the other side stands
 * in, or the furthest one there: never the plane itself, whose noise would come twice, as long as there are two.
 */
export function contextPlanes(
  shape: { readonly slices: number; readonly frames?: number },
  plane: number,
  context: number,
  along: Along = 'slices',
): number[] {
  const inTime = along === 'frames';
  const [count, step] = inTime ? [shape.frames ?? 1, shape.slices] : [shape.slices, 1];
  const at = Math.floor(plane / step) % count;
  return Array.from({ length: 2 * context + 1 }, (_, i) => {
    const wanted = at + i - context;
    const inside = wanted >= 0 && wanted < count;
    const other = Math.min(count - 1, Math.max(0, 2 * at - wanted));
    const last = other === at ? Math.min(count - 1, Math.max(0, wanted)) : other;
    return plane + ((inside ? wanted : last) - at) * step;
  });
}

/** Source pixel of (y, x) under one of the eight symmetries of the square. */
export function dihedral(turn: number, y: number, x: number, size: number): [number, number] {
  const last = size - 1;
  const [v, u] = turn & 4 ? [x, y] : [y, x];
  return [turn & 1 ? last - v : v, turn & 2 ? last - u : u];
}

function gridStride(size: number): number {
  return Math.max(1, size >> 2);
}

function gridPlaces({ rows, columns, slices, frames }: TrainingImage, size: number): Int32Array {
  const stride = gridStride(size);
  const places: number[] = [];
  for (let plane = 0; plane < slices * frames; plane++)
    for (let row = 0; row <= rows - size; row += stride)
      for (let column = 0; column <= columns - size; column += stride)
        places.push((plane * rows + row) * columns + column);
  return Int32Array.from(places);
}

/** Half the mean of the brighter half, above the darkest: separates tissue from air in MR and CT alike. */
function signalThreshold(means: Int32Array | Float32Array | number[]): number {
  const sorted = Float32Array.from(means).sort();
  const bright = sorted.subarray(sorted.length >> 1);
  const mean = bright.reduce((sum, value) => sum + value, 0) / Math.max(1, bright.length);
  return sorted[0] + 0.5 * (mean - sorted[0]);
}
