import { type Problem, problemOf } from '../contract/errors.js';
import type { Volume } from '../imaging/volume.js';
import type { StackInput } from './input.js';

/** Voxels that are no numbers, where nothing else counts as not measured: in a NIfTI file. Null: none. */
export function gapsProblem(
  { modality }: Pick<StackInput, 'modality'>,
  { measured }: Pick<Volume, 'measured'>,
): Problem | null {
  if (modality !== 'NIFTI' || measured === null) return null;
  let gaps = 0;
  for (const one of measured) if (one === 0) gaps++;
  return problemOf('W_NOT_FINITE/voxels', { gaps, voxels: measured.length });
}
