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
    throw new LimpidError(
      'E_NOT_FOUND',
      stat.isDirectory() ? 'The path is a folder.' : 'The path is no file but a pipe, a socket or a device.',
      'Give a file.',
      file,
    );
}

/** Turns an operating system error of reading into E_NOT_FOUND or E_IO, with what helps reading. */
export function asReadError(error: unknown, place: string): LimpidError {
  if (error instanceof LimpidError) return error;
  if (hasCode(error, 'ENOENT', 'ENOTDIR')) return fault('E_NOT_FOUND/path', {}, place, error);
  const [why, remedy] = readingTrouble(error);
  return new LimpidError('E_IO', why, remedy, place, error);
}

function readingTrouble(error: unknown): readonly [string, string] {
  if (hasCode(error, 'EACCES', 'EPERM'))
    return ['Reading was not permitted.', 'Ask for the right to read it, or leave it out.'];
  if (hasCode(error, 'ENAMETOOLONG'))
    return ['The path is too long for this system.', 'Shorten its names, or copy it to a shorter path.'];
  if (hasCode(error, 'ELOOP')) return ['The links of the path run in a circle.', 'Remove the link.'];
  if (hasCode(error, 'EMFILE', 'ENFILE'))
    return ['Too many files are open on this machine.', 'Close other programs, then run again.'];
  return [
    'It could not be read: the disk, the medium or the network drive refused.',
    'Copy it again from where it came from, and check the disk or the connection.',
  ];
}
