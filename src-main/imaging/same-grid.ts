import type { Volume } from './volume.js';

/** Where voxels lie; the place of the grid in the patient is null where a file does not tell it. */
export interface PlacedGrid extends Pick<Volume, 'columns' | 'rows' | 'slices'> {
  readonly affine: readonly number[] | null;
}

/** Where the first voxel of a grid is stored in another's values, and how far apart its neighbours along each axis are there. */
export interface GridSteps {
  readonly at: number;
  readonly strides: readonly [number, number, number];
}

/** How far in voxels a grid may be from another that is the same, at its farthest corner. */
const OFF = 0.25;

/**
 * How the voxels of `grid` are found in the values of `map`, whichever of its axes is stored along which and in which
 * direction; null where these are not the same voxels.
 */
export function gridSteps(
  map: PlacedGrid,
  grid: Omit<PlacedGrid, 'affine'> & Pick<Volume, 'affine'>,
): GridSteps | null {
  const sizes = [grid.columns, grid.rows, grid.slices];
  const own = [map.columns, map.rows, map.slices];
  const strides = [1, map.columns, map.columns * map.rows];
  if (map.affine === null) {
    if (own.some((size, axis) => size !== sizes[axis])) return null;
    return { at: 0, strides: [strides[0], strides[1], strides[2]] };
  }
  const between = product(inverse(map.affine), grid.affine);
  // of each axis of the grid: the axis of the map along which it runs, and in which direction
  const runs: { along: number; sign: number }[] = [];
  for (const axis of [0, 1, 2]) {
    const column = [0, 1, 2].map((row) => between[4 * row + axis]);
    const along = column.findIndex((value) => Math.abs(value) > 0.5);
    const exact = column.map((value, row) => (row === along ? Math.sign(value) : 0));
    const drift = Math.max(...column.map((value, row) => Math.abs(value - exact[row])));
    if (along < 0 || !(drift * sizes[axis] < OFF)) return null;
    runs.push({ along, sign: exact[along] });
  }
  if (new Set(runs.map(({ along }) => along)).size < 3) return null;
  let at = 0;
  for (const [axis, { along, sign }] of runs.entries()) {
    const first = between[4 * along + 3];
    const expected = sign > 0 ? 0 : own[along] - 1;
    if (own[along] !== sizes[axis] || !(Math.abs(first - expected) < OFF)) return null;
    at += expected * strides[along];
  }
  const [x, y, z] = runs.map(({ along, sign }) => sign * strides[along]);
  return { at, strides: [x, y, z] };
}

/** Of row-major 4 x 4 matrices whose last row is 0 0 0 1. */
function product(a: readonly number[], b: readonly number[]): number[] {
  return Array.from({ length: 16 }, (_, i) => {
    const [row, column] = [i >> 2, i & 3];
    return [0, 1, 2, 3].reduce((sum, k) => sum + a[4 * row + k] * b[4 * k + column], 0);
  });
}

/** The same; not finite where there is none. */
export function inverse(a: readonly number[]): number[] {
  const minor = (row: number, column: number): number => {
    const [r, s] = [0, 1, 2].filter((k) => k !== row);
    const [c, d] = [0, 1, 2].filter((k) => k !== column);
    return a[4 * r + c] * a[4 * s + d] - a[4 * r + d] * a[4 * s + c];
  };
  const cofactor = (row: number, column: number): number =>
    ((row + column) % 2 === 0 ? 1 : -1) * minor(row, column);
  const determinant = [0, 1, 2].reduce((sum, k) => sum + a[k] * cofactor(0, k), 0);
  const turned = (row: number, column: number): number => cofactor(column, row) / determinant;
  return [0, 1, 2]
    .flatMap((row) => {
      const shift = [0, 1, 2].reduce((sum, k) => sum - turned(row, k) * a[4 * k + 3], 0);
      return [turned(row, 0), turned(row, 1), turned(row, 2), shift];
    })
    .concat([0, 0, 0, 1]);
}
