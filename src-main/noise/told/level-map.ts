import { fault, type LimpidError } from '../../contract/errors.js';
import { gridSteps } from '../../imaging/same-grid.js';
import type { Volume } from '../../imaging/volume.js';
import { median } from '../robust.js';

/** Levels on a grid of voxels; the place of the grid in the patient is null where a file does not tell it. */
export interface LevelMap extends Pick<Volume, 'data' | 'columns' | 'rows' | 'slices' | 'frames'> {
  readonly affine: readonly number[] | null;
}

type Grid = Pick<Volume, 'columns' | 'rows' | 'slices' | 'affine'>;

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
  const steps = gridSteps(map, grid);
  const { columns, rows, slices } = grid;
  if (steps === null) throw otherGrid([map.columns, map.rows, map.slices], [columns, rows, slices]);
  const { at, strides } = steps;
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

function otherGrid(own: readonly number[], wanted: readonly number[]): LimpidError {
  return fault('E_GEOMETRY/level-map-grid', { own: own.join(' x '), wanted: wanted.join(' x ') });
}
