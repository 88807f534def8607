import type { SeriesCard } from '../../../src-main/contract/window/opened.js';
import type { Frame, LoadFrame } from '../image/frames.js';

/** Planes through a volume: of slices as they were taken, along rows of them, along columns. */
export const AXES = ['slice', 'row', 'column'] as const;
export type Axis = (typeof AXES)[number];

/** All slices of one time point, in memory. */
export interface Volume {
  readonly card: SeriesCard;
  readonly frames: readonly Frame[];
}

const PARALLEL = 4;

/**
 * Loads all slices of a time point.
 *
 * @param progress hears how many are there
 * @throws LimpidError as frames are read; an AbortError where it was given up
 */
export async function loadVolume(
  load: LoadFrame,
  card: SeriesCard,
  time: number,
  signal: AbortSignal,
  progress: (loaded: number) => void,
): Promise<Volume> {
  const frames: Frame[] = new Array(card.slices);
  let next = 0;
  let loaded = 0;
  const work = async (): Promise<void> => {
    while (next < card.slices) {
      const slice = next++;
      frames[slice] = await load(card.key, time * card.slices + slice, signal);
      progress(++loaded);
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, card.slices) }, work));
  return { card, frames };
}

/**
 * The numbers of classes of all slices, as a volume on the voxels of a series.
 *
 * @param numbers of a slice, rows * columns
 * @throws what `numbers` throws; an AbortError where it was given up
 */
export async function loadLabels(
  numbers: (slice: number) => Promise<Uint8Array>,
  card: SeriesCard,
  signal: AbortSignal,
): Promise<Volume> {
  const load: LoadFrame = async (series, index) => {
    signal.throwIfAborted();
    return {
      ...{ series, index, columns: card.columns, rows: card.rows, slope: 1, intercept: 0 },
      ...{ minimum: 0, maximum: 255, windows: [] },
      pixels: Uint16Array.from(await numbers(index)),
    };
  };
  return loadVolume(load, card, 0, signal, () => undefined);
}

/** Bytes that a volume takes as it is loaded, at least. */
export function bytesOf({ columns, rows, slices }: SeriesCard): number {
  return 2 * columns * rows * slices;
}

/** How many planes there are along an axis. */
export function countOf(card: SeriesCard, axis: Axis): number {
  return { slice: card.slices, row: card.rows, column: card.columns }[axis];
}

/**
 * A plane of a volume as a card describes it: its rows run along the slices' rows (or, of an axis of columns, along
 * their columns), its columns through the slices. Nothing is interpolated: one row of it is one slice, as high as slices
 * are apart.
 */
export function planeCard(card: SeriesCard, axis: Axis): SeriesCard {
  if (axis === 'slice') return card;
  const { spacing, affine, columns, rows, slices } = card;
  const along = axis === 'row' ? 0 : 1;
  return {
    ...card,
    columns: axis === 'row' ? columns : rows,
    rows: slices,
    slices: axis === 'row' ? rows : columns,
    spacing: [spacing[along], spacing[2] > 0 ? spacing[2] : spacing[along], spacing[1 - along]],
    affine: affine === null ? null : reordered(affine, [along, 2, 1 - along, 3]),
  };
}

/** The columns of a row-major 4 x 4 matrix in another order. */
function reordered(affine: readonly number[], order: readonly number[]): number[] {
  return affine.map((_, i) => affine[4 * Math.floor(i / 4) + order[i % 4]]);
}

/** The pixels of a plane, as they are stored where all slices are scaled alike, else as values. */
export function planeFrame({ card, frames }: Volume, axis: Axis, index: number): Frame {
  if (axis === 'slice') return frames[index];
  const { columns, rows, slices } = card;
  const width = axis === 'row' ? columns : rows;
  const [first] = frames;
  const alike = frames.every(
    ({ slope, intercept, pixels }) =>
      slope === first.slope &&
      intercept === first.intercept &&
      pixels.constructor === first.pixels.constructor,
  );
  const out = alike ? emptyLike(first.pixels, width * slices) : new Float32Array(width * slices);
  const [start, step] = axis === 'row' ? [index * columns, 1] : [index, columns];
  let minimum = Infinity;
  let maximum = -Infinity;
  for (let slice = 0, to = 0; slice < slices; slice++) {
    const { pixels, slope, intercept } = frames[slice];
    for (let i = 0, from = start; i < width; i++, from += step) {
      const value = alike ? pixels[from] : pixels[from] * slope + intercept;
      out[to++] = value;
      if (value < minimum) minimum = value;
      if (value > maximum) maximum = value;
    }
  }
  const [slope, intercept] = alike ? [first.slope, first.intercept] : [1, 0];
  const range = minimum <= maximum ? { minimum, maximum } : { minimum: 0, maximum: 0 };
  return {
    series: card.key,
    index,
    columns: width,
    rows: slices,
    slope,
    intercept,
    ...range,
    windows: [],
    pixels: out,
  };
}

function emptyLike(pixels: Frame['pixels'], length: number): Frame['pixels'] {
  if (pixels instanceof Int16Array) return new Int16Array(length);
  return pixels instanceof Uint16Array ? new Uint16Array(length) : new Float32Array(length);
}

/** A voxel, indices from 0: column, row, slice. */
export interface Voxel {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** Which plane of an axis a voxel lies in. */
export function indexIn(axis: Axis, { x, y, z }: Voxel): number {
  return { slice: z, row: y, column: x }[axis];
}

/** Where a voxel lies in a plane of an axis: column and row of the plane. */
export function pointIn(axis: Axis, { x, y, z }: Voxel): { readonly x: number; readonly y: number } {
  return { slice: { x, y }, row: { x, y: z }, column: { x: y, y: z } }[axis];
}

/** The voxel at a point of the plane that another voxel lies in, within the volume. */
export function voxelAt(
  card: SeriesCard,
  axis: Axis,
  at: Voxel,
  point: { readonly x: number; readonly y: number },
): Voxel {
  const moved = {
    slice: { ...at, x: point.x, y: point.y },
    row: { ...at, x: point.x, z: point.y },
    column: { ...at, y: point.x, z: point.y },
  }[axis];
  return within(card, moved);
}

/** One plane further along an axis. */
export function stepped(card: SeriesCard, axis: Axis, at: Voxel, steps: number): Voxel {
  const moved = {
    slice: { ...at, z: at.z + steps },
    row: { ...at, y: at.y + steps },
    column: { ...at, x: at.x + steps },
  }[axis];
  return within(card, moved);
}

function within({ columns, rows, slices }: SeriesCard, { x, y, z }: Voxel): Voxel {
  const clamp = (value: number, count: number) => Math.min(count - 1, Math.max(0, Math.floor(value)));
  return { x: clamp(x, columns), y: clamp(y, rows), z: clamp(z, slices) };
}
