import { sha256 } from '../base/files.js';
import type { GeneralModel } from '../training/adapt.js';
import { decodeGeneral } from '../training/general.js';
import { readGeneralFile } from './general-file.js';

/** @throws LimpidError E_MODEL when the installation lacks it or it is damaged */
export async function readGeneral(): Promise<{ general: GeneralModel; hash: string }> {
  const bytes = await readGeneralFile();
  return { general: decodeGeneral(bytes), hash: sha256(bytes) };
}
