/** Parts of volumes: some columns, rows and slices of all frames. */
import type { Volume } from './volume.js';

/** First voxel along each axis, and how many. */
export interface Box {
  readonly column: number;
  readonly row: number;
  readonly slice: number;
  readonly columns: number;
  readonly rows: number;
  readonly slices: number;
}

/** Where a part of a series lies in it, and which of its slices matter: the others are there as neighbours. */
export interface Place {
  readonly box: Box;
  /** Slices of the part, from 0: `from` and those before `to`. */
  readonly looked: { readonly from: number; readonly to: number };
}

type Grid = Pick<Volume, 'columns' | 'rows' | 'slices'>;

export function wholeBox({ columns, rows, slices }: Grid): Box {
  return { column: 0, row: 0, slice: 0, columns, rows, slices };
}

export function wholePlace(grid: Grid): Place {
  return { box: wholeBox(grid), looked: { from: 0, to: grid.slices } };
}

/** Voxels of one frame. */
function voxelsOf({ columns, rows, slices }: Grid): number {
  return columns * rows * slices;
}

/** The values of one or more frames of `grid` in a box: a copy. */
export function cutValues<T extends Float32Array | Uint8Array>(
  values: T,
  grid: Grid,
  box: Box,
  into: (length: number) => T,
): T {
  const frames = values.length / voxelsOf(grid);
  const out = into(frames * voxelsOf(box));
  eachRow(grid, box, frames, (from, to) => out.set(values.subarray(from, from + box.columns), to));
  return out;
}

/** Writes the values of a box back to where they lie in `values`. */
export function pasteValues(values: Float32Array, part: Float32Array, grid: Grid, box: Box): void {
  const frames = values.length / voxelsOf(grid);
  eachRow(grid, box, frames, (from, to) => values.set(part.subarray(to, to + box.columns), from));
}

/** Calls back with the index of the first voxel of each row in the grid and in the box. */
function eachRow(grid: Grid, box: Box, frames: number, visit: (inGrid: number, inBox: number) => void): void {
  let inBox = 0;
  for (let frame = 0; frame < frames; frame++)
    for (let z = 0; z < box.slices; z++)
      for (let y = 0; y < box.rows; y++, inBox += box.columns)
        visit(
          ((frame * grid.slices + box.slice + z) * grid.rows + box.row + y) * grid.columns + box.column,
          inBox,
        );
}

export function floats(length: number): Float32Array {
  return new Float32Array(length);
}

export function bytes(length: number): Uint8Array {
  return new Uint8Array(length);
}

/** The part of a volume in a box: a volume of its own (a copy), at its place in space. */
export function cutBox(volume: Volume, box: Box): Volume {
  const { measured, affine } = volume;
  const shift = [box.column, box.row, box.slice];
  return {
    ...volume,
    columns: box.columns,
    rows: box.rows,
    slices: box.slices,
    data: cutValues(volume.data, volume, box, floats),
    measured: measured === null ? null : cutValues(measured, volume, box, bytes),
    affine: affine.map((value, i) =>
      i % 4 === 3 && i < 12
        ? value + shift.reduce((sum, count, axis) => sum + count * affine[i - 3 + axis], 0)
        : value,
    ),
  };
}
