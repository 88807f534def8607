import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import type { Emit } from '../contract/events.js';
import { openSource } from '../dicom/files/sources.js';
import type { InputSet, Wants } from './input.js';
import { isNiftiName } from './nifti-finder.js';
import { openNiftiInput } from './nifti-input.js';
import { openTree } from './tree-input.js';

/** Opens whatever a person names as the input. @throws LimpidError E_NOT_FOUND and those of reading */
export async function openInput(given: string, emit: Emit, wants: Wants): Promise<InputSet> {
  if (await isNiftiFile(given)) return openNiftiInput(given, emit, wants);
  const source = await openSource(given);
  try {
    return await openTree(source, emit, wants);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** Whether a path is named as one NIfTI image: a folder may be called so too. */
export async function isNiftiFile(given: string): Promise<boolean> {
  if (!isNiftiName(given)) return false;
  const stat = await fs.stat(given).catch(() => null);
  return stat?.isDirectory() !== true;
}

/** What the output must not lie in: a DICOMDIR stands for its whole folder. */
export function guardedPath(given: string): string {
  return path.basename(given).toUpperCase() === 'DICOMDIR' ? path.dirname(path.resolve(given)) : given;
}
