import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { asFileError } from '../../base/files.js';

const NAME = 'open.html';

/** A page that leads on to an address, which must not hold quotes or angle brackets. */
export function redirectPage(address: string): string {
  return `<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer"><meta http-equiv="refresh" content="0; url=${address}"><title>Limpid</title>`;
}

/**
 * Writes a page that leads to the address, for this user only: a browser is given the name of the file, because command
 * lines can be read by every user of a machine.
 *
 * @param folder of this user only
 * @returns the path of the page
 * @throws LimpidError E_IO
 */
export async function writeRedirect(folder: string, address: string): Promise<string> {
  const file = path.join(folder, NAME);
  try {
    await fs.rm(file, { force: true });
    await fs.writeFile(file, redirectPage(address), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    throw asFileError(error, file);
  }
  return file;
}

export async function removeRedirect(folder: string): Promise<void> {
  // The page holds a token that is worth nothing after the server ended; the next start writes over it.
  await fs.rm(path.join(folder, NAME), { force: true }).catch(() => undefined);
}
