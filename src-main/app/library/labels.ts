import { fault } from '../../contract/errors.js';
import { openLabelMasks } from '../../series/asked/label-mask.js';
import type { Shown } from './shown.js';

/**
 * Labels of the masks of a place that lie on these voxels: a folder may hold masks of several series.
 *
 * @returns slices * rows * columns numbers; 0: of no segment
 * @throws LimpidError E_LABELS where none lies there; E_NOT_FOUND and those of reading
 */
export async function labelsAt(place: string, grid: NonNullable<Shown['grid']>): Promise<Uint8Array> {
  let refusal: unknown = fault('E_LABELS/mask-empty', {}, place);
  for (const mask of await openLabelMasks(place)) {
    try {
      return mask.on(grid, grid.slicePositions).labels;
    } catch (error) {
      // A mask of another series says so; the last reason is told where none fits.
      refusal = error;
    }
  }
  throw refusal;
}
