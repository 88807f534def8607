import type { Problem } from '../contract/errors.js';
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
  return {
    code: 'W_NOT_FINITE',
    message: `${gaps} of ${measured.length} voxels are no numbers (NaN or infinite). They count as padding: dark, neither learnt from nor judged, and as they were in what is written.`,
    remedy: 'Fill them in and run again where they lie inside the body.',
  };
}
