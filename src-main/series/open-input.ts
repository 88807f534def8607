import * as path from 'node:path';
import type { Emit } from '../contract/events.js';
import { openSource } from '../dicom/files/sources.js';
import { openDicomInput } from './dicom-input.js';
import type { InputSet, Maps } from './input.js';
import { isNiftiName, openNiftiInput } from './nifti-input.js';

/** Opens whatever a person names as the input. @throws LimpidError E_NOT_FOUND and those of reading */
export async function openInput(
  given: string,
  emit: Emit,
  wants: Maps & { readonly suffix: string },
): Promise<InputSet> {
  if (isNiftiName(given)) return openNiftiInput(given, emit, wants);
  const source = await openSource(given);
  try {
    return await openDicomInput(source, emit, wants);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** What the output must not lie in: a DICOMDIR stands for its whole folder. */
export function guardedPath(given: string): string {
  return path.basename(given).toUpperCase() === 'DICOMDIR' ? path.dirname(path.resolve(given)) : given;
}
