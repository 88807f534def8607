import { fault, type LimpidError } from '../../contract/errors.js';
import type { Volume } from '../../imaging/volume.js';
import { median } from '../robust.js';

/** Levels on a grid of voxels; the place of the grid in the patient is null where a file does not tell it. */
export interface LevelMap extends Pick<Volume, 'data' | 'columns' | 'rows' | 'slices' | 'frames'> {
  readonly affine: readonly number[] | null;
}

type Grid = Pick<Volume, 'columns' | 'rows' | 'slices' | 'affine'>;

/** How far in voxels a grid may be from another that is the same, at its farthest corner. */
const OFF = 0.25;

/**
 * The levels of a map at the voxels of a frame, whichever of its axes is stored along which and in which direction.
 * 0 says that nothing is known of the level there: the typical one is taken.
 *
 * @returns slices * rows * columns levels, all above zero, in units of the image
 * @throws LimpidError E_GEOMETRY for a map on another grid or of several frames, E_VALUES for levels that are
 *   negative, not finite, or all zero
 */
export function levelsAt(map: LevelMap, grid: Grid): Float32Array {
  if (map.frames !== 1) throw fault('E_GEOMETRY/level-map-volumes', { frames: map.frames });
  requireLevels(map.data);
  const known = map.data.filter((level) => level > 0);
  const typical = median(known);
  const [at, strides] = stepsOf(map, grid);
  const { columns, rows, slices } = grid;
  const levels = new Float32Array(columns * rows * slices);
  let i = 0;
  for (let z = 0; z < slices; z++)
    for (let y = 0; y < rows; y++) {
      const start = at + z * strides[2] + y * strides[1];
      for (let x = 0; x < columns; x++) {
        const level = map.data[start + x * strides[0]];
        levels[i++] = level > 0 ? level : typical;
      }
    }
  return levels;
}

function requireLevels(levels: Float32Array): void {
  let above = 0;
  for (const level of levels) {
    if (!Number.isFinite(level)) throw fault('E_VALUES/level-map', { what: 'not-finite' });
    if (level < 0) throw fault('E_VALUES/level-map', { what: 'negative' });
    if (level > 0) above++;
  }
  if (above === 0) throw fault('E_VALUES/level-map', { what: 'zero' });
}

/** Where in the map the first voxel of the grid lies, and how far apart its neighbours lie there along each axis. */
function stepsOf(map: LevelMap, grid: Grid): readonly [number, readonly [number, number, number]] {
  const sizes = [grid.columns, grid.rows, grid.slices];
  const own = [map.columns, map.rows, map.slices];
  const strides = [1, map.columns, map.columns * map.rows];
  if (map.affine === null) {
    if (own.some((size, axis) => size !== sizes[axis])) throw otherGrid(own, sizes);
    return [0, [strides[0], strides[1], strides[2]]];
  }
  const between = product(inverse(map.affine), grid.affine);
  // of each axis of the grid: the axis of the map along which it runs, and in which direction
  const runs = [0, 1, 2].map((axis) => {
    const column = [0, 1, 2].map((row) => between[4 * row + axis]);
    const along = column.findIndex((value) => Math.abs(value) > 0.5);
    const exact = column.map((value, row) => (row === along ? Math.sign(value) : 0));
    const drift = Math.max(...column.map((value, row) => Math.abs(value - exact[row])));
    if (along < 0 || !(drift * sizes[axis] < OFF)) throw otherGrid(own, sizes);
    return { along, sign: exact[along] };
  });
  if (new Set(runs.map(({ along }) => along)).size < 3) throw otherGrid(own, sizes);
  let at = 0;
  for (const [axis, { along, sign }] of runs.entries()) {
    const first = between[4 * along + 3];
    const expected = sign > 0 ? 0 : own[along] - 1;
    if (own[along] !== sizes[axis] || !(Math.abs(first - expected) < OFF)) throw otherGrid(own, sizes);
    at += expected * strides[along];
  }
  const [x, y, z] = runs.map(({ along, sign }) => sign * strides[along]);
  return [at, [x, y, z]];
}

function otherGrid(own: readonly number[], wanted: readonly number[]): LimpidError {
  return fault('E_GEOMETRY/level-map-grid', { own: own.join(' x '), wanted: wanted.join(' x ') });
}

/** Of row-major 4 x 4 matrices whose last row is 0 0 0 1. */
function product(a: readonly number[], b: readonly number[]): number[] {
  return Array.from({ length: 16 }, (_, i) => {
    const [row, column] = [i >> 2, i & 3];
    return [0, 1, 2, 3].reduce((sum, k) => sum + a[4 * row + k] * b[4 * k + column], 0);
  });
}

/** The same; not finite where there is none. */
function inverse(a: readonly number[]): number[] {
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
