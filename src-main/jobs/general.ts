import { existsSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { sha256 } from '../base/files.js';
import { LimpidError } from '../contract/errors.js';
import type { GeneralModel } from '../training/adapt.js';
import { decodeGeneral } from '../training/general.js';

/** The model that ships, beside the built scripts or the sources. */
const PLACES = ['../../assets/models/', '../../../assets/models/', '../../../../assets/models/'];
const FILE = 'general.safetensors';

/** @throws LimpidError E_MODEL when the installation lacks it or it is damaged */
export async function readGeneral(): Promise<{ general: GeneralModel; hash: string }> {
  const file = PLACES.map((place) => fileURLToPath(new URL(place + FILE, import.meta.url))).find(existsSync);
  if (file === undefined)
    throw new LimpidError(
      'E_MODEL',
      'The general model is not part of this installation.',
      'Install Limpid again, or use --model self.',
    );
  const bytes = await fs.readFile(file);
  return { general: decodeGeneral(bytes), hash: sha256(bytes) };
}
