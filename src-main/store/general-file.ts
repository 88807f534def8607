import { existsSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { fault } from '../contract/errors.js';

/** The model that ships, beside the built scripts or the sources. */
const PLACES = ['../../assets/models/', '../../../assets/models/', '../../../../assets/models/'];
const FILE = 'general.safetensors';

/** @throws LimpidError E_MODEL when the installation lacks it */
export async function readGeneralFile(): Promise<Uint8Array> {
  const file = PLACES.map((place) => fileURLToPath(new URL(place + FILE, import.meta.url))).find(existsSync);
  if (file === undefined) throw fault('E_MODEL/general-missing');
  return fs.readFile(file);
}
