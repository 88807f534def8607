import { constants, type Stats } from 'node:fs';
import * as fs from 'node:fs/promises';
import { fault, LimpidError } from '../contract/errors.js';
import { hasCode } from './files.js';

/**
 * Opens a file for reading and never waits for it: a pipe, a socket or a device has no end that could be read to.
 *
 * @throws LimpidError E_NOT_FOUND where it is no regular file; the system's errors otherwise
 */
export async function openRegular(file: string): Promise<{ handle: fs.FileHandle; stat: Stats }> {
  // Looked at first: to open a device may already do something to it.
  requireRegular(await fs.stat(file), file);
  const handle = await fs.open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stat = await handle.stat();
    requireRegular(stat, file);
    return { handle, stat };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** The bytes of a regular file. @throws LimpidError as `openRegular`, and `asReadError` for the system's errors */
export async function readRegular(file: string): Promise<Buffer> {
  try {
    const { handle } = await openRegular(file);
    try {
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw asReadError(error, file);
  }
}

function requireRegular(stat: Stats, file: string): void {
  if (!stat.isFile())
    throw fault(stat.isDirectory() ? 'E_NOT_FOUND/folder' : 'E_NOT_FOUND/no-file', {}, file);
}

/** Turns an operating system error of reading into E_NOT_FOUND or E_IO, with what helps reading. */
export function asReadError(error: unknown, place: string): LimpidError {
  if (error instanceof LimpidError) return error;
  if (hasCode(error, 'ENOENT', 'ENOTDIR'))
    return fault(
      place.includes(NO_CHARACTER) ? 'E_NOT_FOUND/name-encoding' : 'E_NOT_FOUND/path',
      {},
      place,
      error,
    );
  return fault(readingTrouble(error), {}, place, error);
}

/** What Node puts in place of bytes that are no UTF-8: such a name, in Latin-1 as old archives have it, leads nowhere. */
const NO_CHARACTER = '\uFFFD';

function readingTrouble(error: unknown) {
  if (hasCode(error, 'EACCES', 'EPERM')) return 'E_IO/not-permitted';
  if (hasCode(error, 'ENAMETOOLONG')) return 'E_IO/path-too-long';
  if (hasCode(error, 'ELOOP')) return 'E_IO/circle';
  if (hasCode(error, 'EMFILE', 'ENFILE')) return 'E_IO/too-many-open';
  return 'E_IO/unreadable';
}
