import { hash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { fault, LimpidError } from '../contract/errors.js';
import { isBelow, modeOfFile } from './own-folder.js';

/**
 * Writes a whole file or nothing: a `.part` file, flushed to disk, then linked into place, so that a kill at any
 * moment leaves no half file under the final name. Below the data folder only this user may read it.
 *
 * @param options.partIn folder of the same file system for the `.part` file; beside `file` when left out
 * @throws LimpidError E_EXISTS when `file` is there already and `replace` is not set; E_IO when the disk refuses.
 */
export async function writeFileAtomic(
  file: string,
  data: Uint8Array | string,
  options: { replace?: boolean; partIn?: string } = {},
): Promise<void> {
  const name = `${path.basename(file)}.${randomBytes(6).toString('hex')}.part`;
  const part = path.join(options.partIn ?? path.dirname(file), name);
  try {
    const handle = await fs.open(
      part,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL,
      modeOfFile(file),
    );
    try {
      await handle.writeFile(data);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (options.replace) await fs.rename(part, file);
    else await linkThenUnlink(part, file);
  } catch (error) {
    // What cannot even be named cannot be removed; the first error is the one to tell.
    await fs.rm(part, { force: true }).catch(() => {});
    throw asFileError(error, file);
  }
}

/**
 * Makes what was written to a file, or the names in a folder, survive a power cut, where the system can.
 *
 * @throws LimpidError E_IO where the disk refuses
 */
export async function flush(place: string, flags = 'r'): Promise<void> {
  try {
    const handle = await fs.open(place, flags);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    // Windows cannot open folders, and some network file systems cannot flush them.
    if (!hasCode(error, 'EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'ENOTSUP', 'ENOSYS'))
      throw asFileError(error, place);
  }
}

/** Removes what killed calls of `writeFileAtomic` left below a folder that nobody else writes to now. */
export async function removeParts(folder: string): Promise<void> {
  const entries = await fs.readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter(({ name }) => PART.test(name)))
    await fs.rm(path.join(entry.parentPath, entry.name), { force: true });
}
const PART = /\.[0-9a-f]{12}\.part$/;

/**
 * @param bytes that the folder of `file` must still take
 * @throws LimpidError E_IO where it cannot; nothing where the system does not tell
 */
export async function requireSpace(file: string, bytes: number): Promise<void> {
  const free = await freeBytes(path.dirname(file));
  if (free < bytes) throw fault('E_IO/no-room', { free, needed: bytes }, file);
}

/** Room that is left on the disk of a folder; infinite where the system does not tell: writing fails then, and tells. */
export async function freeBytes(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await fs.statfs(folder);
    return bavail * bsize;
  } catch {
    // A system that does not tell its free room fails at writing, if at all, and that is told.
    return Number.POSITIVE_INFINITY;
  }
}

/** `rename` would overwrite; `link` refuses. File systems without hard links fall back to a check and a rename. */
async function linkThenUnlink(part: string, file: string): Promise<void> {
  try {
    await fs.link(part, file);
  } catch (error) {
    if (!hasCode(error, 'EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK')) throw error;
    if (await exists(file)) throw existsError(file);
    await fs.rename(part, file);
    return;
  }
  await fs.unlink(part);
}

export async function exists(file: string): Promise<boolean> {
  try {
    await fs.access(file);
    return true;
  } catch {
    // What this process may not look at is as good as not there: opening it tells the reason.
    return false;
  }
}

/** True when `inner` is `outer` or lies below it, after links are resolved. Paths need not exist. */
export async function isInside(inner: string, outer: string): Promise<boolean> {
  return isBelow(await realPathOf(inner), await realPathOf(outer));
}

/** Whether two names are of one place, links followed; what is not there yet counts by its name. */
export async function isSamePlace(one: string, other: string): Promise<boolean> {
  return (await realPathOf(one)) === (await realPathOf(other));
}

/** The real path of the deepest part that exists, with the rest appended. */
async function realPathOf(file: string): Promise<string> {
  const absolute = path.resolve(file);
  try {
    return await fs.realpath(absolute);
  } catch {
    // A part that is not there yet is named by its parent, which is.
    const parent = path.dirname(absolute);
    return parent === absolute ? absolute : path.join(await realPathOf(parent), path.basename(absolute));
  }
}

/** SHA-256 in hexadecimal. */
export function sha256(data: Uint8Array | string): string {
  return hash('sha256', data);
}

export function hasCode(error: unknown, ...codes: string[]): boolean {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code)
  );
}

/** Turns an operating system error into E_EXISTS, E_NOT_FOUND or E_IO; passes a LimpidError through. */
export function asFileError(error: unknown, file: string): LimpidError {
  if (error instanceof LimpidError) return error;
  if (hasCode(error, 'EEXIST')) return existsError(file);
  if (hasCode(error, 'ENOENT')) return fault('E_NOT_FOUND/path', {}, file, error);
  if (hasCode(error, 'ENOTDIR')) return fault('E_EXISTS/file-in-path', {}, file, error);
  return fault(writingTrouble(error), {}, file, error);
}

function writingTrouble(error: unknown) {
  if (hasCode(error, 'ENAMETOOLONG')) return 'E_IO/name-too-long';
  if (hasCode(error, 'ENOSPC', 'EDQUOT')) return 'E_IO/disk-full';
  if (hasCode(error, 'EROFS')) return 'E_IO/read-only';
  return hasCode(error, 'EACCES', 'EPERM') ? 'E_IO/denied' : 'E_IO/refused';
}

function existsError(file: string): LimpidError {
  return fault('E_EXISTS/output', {}, file);
}
