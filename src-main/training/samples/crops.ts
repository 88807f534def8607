import type { Random } from '../../base/random.js';
import type { Part } from './batches.js';
import { type CorpusSeries, roleOf, SLICE_JUDGES, SLICE_TRAINS } from './corpus.js';
import { type Along, contextPlanes, dihedral } from './samples.js';

/** A square of a corpus, with its context planes as channels. */
export interface Crop {
  /** size * size * channels, channel fastest. */
  readonly values: Float32Array;
  /** size * size: the plane to be made. */
  readonly target: Float32Array;
  /** size * size: 1 where the loss counts. */
  readonly weight: Float32Array;
  readonly zero: number;
  readonly peak: number;
}

/** Changes that make more of few images. Held-out crops are never changed. */
export interface Augmentation {
  /** Mirroring left to right. */
  readonly flips: boolean;
  /** All eight symmetries of the square. */
  readonly turns: boolean;
  /** Gain drawn from 1 +- this, offset from +- half of it. */
  readonly intensity: number;
  /** Standard deviation in pixels of a smooth displacement; 0: none. */
  readonly elastic: number;
}

export interface CropSettings {
  readonly size: number;
  readonly context: number;
  /** What the context is; absent: slices. */
  readonly along?: Along;
  readonly augmentation: Augmentation;
}

interface Place {
  readonly series: CorpusSeries;
  readonly plane: number;
  readonly row: number;
  readonly column: number;
}

/** Share of crops from where there is signal; the rest comes from anywhere, so that air is learnt too. */
const SIGNAL_SHARE = 0.9;
/** Control points of a displacement along each side. */
const GRID = 4;

/** Draws crops of one part of a corpus. */
export class CropSampler {
  readonly #settings: CropSettings;
  readonly #places: Readonly<Record<Part, { readonly all: Place[]; readonly signal: Place[] }>>;

  constructor(corpus: readonly CorpusSeries[], settings: CropSettings) {
    this.#settings = settings;
    this.#places = {
      training: placesOf(corpus, settings.size, SLICE_TRAINS),
      heldOut: placesOf(corpus, settings.size, SLICE_JUDGES),
    };
  }

  get channels(): number {
    return 2 * this.#settings.context + 1;
  }

  draw(random: Random, part: Part): Crop {
    const { all, signal } = this.#places[part];
    const pool = random.uniform() < SIGNAL_SHARE ? signal : all;
    const place = pool[random.integer(pool.length)];
    const { size } = this.#settings;
    const stride = Math.max(1, size >> 2);
    const row = Math.min(place.series.rows - size, place.row + random.integer(stride));
    const column = Math.min(place.series.columns - size, place.column + random.integer(stride));
    return this.#cut({ ...place, row, column }, random, part);
  }

  #cut(place: Place, random: Random, part: Part): Crop {
    const { size, context, along, augmentation } = this.#settings;
    const { series, plane } = place;
    const learning = part === 'training';
    const turn = learning ? turnOf(augmentation, random) : 0;
    const planes = contextPlanes(series, plane, context, along);
    if (learning && context > 0 && random.uniform() < 0.5) planes.reverse();
    const moved =
      learning && augmentation.elastic > 0 ? displacement(size, augmentation.elastic, random) : null;
    const gain = learning ? 1 + augmentation.intensity * (2 * random.uniform() - 1) : 1;
    const offset = learning ? augmentation.intensity * (random.uniform() - 0.5) : 0;
    const view = { place, size, turn, planes, gain, offset };
    const cut = moved === null ? straight(view) : bent(view, moved);
    return { ...cut, zero: gain * series.zero + offset, peak: gain * series.peak + offset };
  }
}

/** Where a crop comes from, and how it is seen. */
interface View {
  readonly place: Place;
  readonly size: number;
  /** One of the symmetries of the square. */
  readonly turn: number;
  /** Planes that become channels. */
  readonly planes: readonly number[];
  readonly gain: number;
  readonly offset: number;
}

type Cut = Pick<Crop, 'values' | 'target' | 'weight'>;

function emptyCut({ size, planes }: View): Cut {
  const area = size * size;
  return {
    values: new Float32Array(area * planes.length),
    target: new Float32Array(area),
    weight: new Float32Array(area),
  };
}

/** Pixels as they are: under a symmetry, a step along a row or column of the crop is a fixed step in the plane. */
function straight(view: View): Cut {
  const { place, size, turn, planes, gain, offset } = view;
  const { series, plane, row, column } = place;
  const { columns, values: given, target: wanted, usable } = series;
  const area = series.rows * columns;
  const at = (y: number, x: number): number => {
    const [v, u] = dihedral(turn, y, x, size);
    return (row + v) * columns + column + u;
  };
  const [start, down, right] = [at(0, 0), at(1, 0) - at(0, 0), at(0, 1) - at(0, 0)];
  const cut = emptyCut(view);
  const channels = planes.length;
  const walk = { size, down, right };
  planes.forEach((one, c) => {
    pick(given, one * area + start, walk, cut.values, c, channels, gain, offset);
  });
  const from = plane * area + start;
  if (wanted === null && channels === 1) cut.target.set(cut.values);
  else pick(wanted ?? given, from, walk, cut.target, 0, 1, gain, offset);
  if (usable === null) cut.weight.fill(1);
  else pick(usable, from, walk, cut.weight, 0, 1, 1, 0);
  return cut;
}

/** A square of `given` from `start` on, times `gain`, into every `every`th place of `out`. A loop of its own is fast. */
function pick(
  given: Float32Array | Uint8Array,
  start: number,
  { size, down, right }: { readonly size: number; readonly down: number; readonly right: number },
  out: Float32Array,
  first: number,
  every: number,
  gain: number,
  offset: number,
): void {
  let to = first;
  for (let y = 0; y < size; y++) {
    let from = start + y * down;
    for (let x = 0; x < size; x++) {
      out[to] = gain * given[from] + offset;
      to += every;
      from += right;
    }
  }
}

/** Interpolated where `moved` (y, x of each pixel) says. */
function bent(view: View, moved: Float32Array): Cut {
  const { place, size, turn, planes, gain, offset } = view;
  const { series, plane, row, column } = place;
  const { rows, columns, usable } = series;
  const area = rows * columns;
  const wanted = series.target ?? series.values;
  const cut = emptyCut(view);
  const channels = planes.length;
  for (let y = 0, to = 0; y < size; y++)
    for (let x = 0; x < size; x++, to++) {
      const [sourceY, sourceX] = dihedral(turn, y, x, size);
      const v = row + sourceY + moved[2 * to];
      const u = column + sourceX + moved[2 * to + 1];
      for (let c = 0; c < channels; c++)
        cut.values[to * channels + c] =
          gain * valueAt(series.values, planes[c] * area, rows, columns, v, u) + offset;
      cut.target[to] = gain * valueAt(wanted, plane * area, rows, columns, v, u) + offset;
      const nearest = Math.min(area - 1, Math.max(0, Math.round(v) * columns + Math.round(u)));
      cut.weight[to] = usable === null || usable[plane * area + nearest] === 1 ? 1 : 0;
    }
  return cut;
}

function turnOf({ flips, turns }: Augmentation, random: Random): number {
  if (turns) return random.integer(8);
  return flips && random.uniform() < 0.5 ? 2 : 0;
}

/** Bilinear; whole coordinates give the pixel itself. */
function valueAt(
  data: Float32Array,
  start: number,
  rows: number,
  columns: number,
  y: number,
  x: number,
): number {
  const v = Math.min(rows - 1, Math.max(0, y));
  const u = Math.min(columns - 1, Math.max(0, x));
  const [top, left] = [Math.floor(v), Math.floor(u)];
  const [down, right] = [v - top, u - left];
  const at = start + top * columns + left;
  if (down === 0 && right === 0) return data[at];
  const below = top + 1 < rows ? columns : 0;
  const beside = left + 1 < columns ? 1 : 0;
  return (
    (1 - down) * ((1 - right) * data[at] + right * data[at + beside]) +
    down * ((1 - right) * data[at + below] + right * data[at + below + beside])
  );
}

/** Offsets (y, x) of every pixel, interpolated from a coarse grid. */
function displacement(size: number, deviation: number, random: Random): Float32Array {
  const nodes = [0, 1].map(() => random.normals(new Float32Array(GRID * GRID)));
  const out = new Float32Array(size * size * 2);
  const scale = (GRID - 1) / Math.max(1, size - 1);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++)
      for (let axis = 0; axis < 2; axis++)
        out[2 * (y * size + x) + axis] =
          deviation * valueAt(nodes[axis], 0, GRID, GRID, y * scale, x * scale);
  return out;
}

function placesOf(
  corpus: readonly CorpusSeries[],
  size: number,
  role: number,
): { all: Place[]; signal: Place[] } {
  const stride = Math.max(1, size >> 2);
  const all: Place[] = [];
  const means: number[] = [];
  for (const series of corpus)
    for (let plane = 0; plane < series.slices * series.frames; plane++) {
      if (roleOf(series, plane) !== role) continue;
      for (let row = 0; row <= series.rows - size; row += stride)
        for (let column = 0; column <= series.columns - size; column += stride) {
          all.push({ series, plane, row, column });
          means.push(meanAt(series, plane, row, column, size));
        }
    }
  const threshold = signalThreshold(means);
  const signal = all.filter((_, i) => means[i] >= threshold);
  return { all, signal: signal.length > 0 ? signal : all };
}

function meanAt(series: CorpusSeries, plane: number, row: number, column: number, size: number): number {
  const step = Math.max(1, size >> 3);
  let sum = 0;
  let count = 0;
  for (let y = row; y < row + size; y += step)
    for (let x = column; x < column + size; x += step) {
      sum += series.values[(plane * series.rows + y) * series.columns + x];
      count++;
    }
  return sum / count;
}

/** Half the mean of the brighter half, above the darkest. */
function signalThreshold(means: readonly number[]): number {
  const sorted = Float32Array.from(means).sort();
  const bright = sorted.subarray(sorted.length >> 1);
  const mean = bright.reduce((sum, value) => sum + value, 0) / Math.max(1, bright.length);
  return sorted[0] + 0.5 * (mean - sorted[0]);
}
