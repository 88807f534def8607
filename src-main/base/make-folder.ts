import { existsSync, mkdirSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';

/**
 * Makes a folder and those above it that are missing. Node's own `recursive` is not asked: where a file system can only
 * be read it says that the path does not exist, and it never ends where a system answers so for a folder whose parent is
 * there (automounted folders, /proc).
 *
 * @param mode permissions of what is made
 * @returns the first folder that was made; undefined where all were there
 * @throws NodeJS.ErrnoException the system's own: EEXIST and ENOTDIR for a file in the way, EROFS, EACCES
 */
export async function makeFolder(folder: string, mode = 0o777): Promise<string | undefined> {
  const place = path.resolve(folder);
  let first: string | undefined;
  try {
    await fs.mkdir(place, { mode });
  } catch (error) {
    if (await isFolder(place)) return undefined;
    if (path.dirname(place) === place || !isMissing(error)) throw error;
    first = await makeFolder(path.dirname(place), mode);
    await makeLast(place, mode);
  }
  return first ?? place;
}

/** The same for the log, whose lines are written before a process ends. @throws NodeJS.ErrnoException as `makeFolder` */
export function makeFolderSync(folder: string, mode: number): void {
  const place = path.resolve(folder);
  try {
    mkdirSync(place, { mode });
  } catch (error) {
    if (existsSync(place)) return;
    if (path.dirname(place) === place || !isMissing(error)) throw error;
    makeFolderSync(path.dirname(place), mode);
    try {
      mkdirSync(place, { mode });
    } catch (again) {
      if (!existsSync(place)) throw again;
    }
  }
}

/** Whoever made it a moment ago is welcome. */
async function makeLast(place: string, mode: number): Promise<void> {
  try {
    await fs.mkdir(place, { mode });
  } catch (error) {
    if (!(await isFolder(place))) throw error;
  }
}

async function isFolder(place: string): Promise<boolean> {
  try {
    return (await fs.stat(place)).isDirectory();
  } catch {
    // What cannot be looked at is none that could be used; making it tells the reason.
    return false;
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';
