import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { asFileError } from '../base/files.js';
import { acquireLock, isAbandoned } from '../base/lock.js';

const PREFIX = 'limpid-worker-';
const LOCK = 'lock';

/**
 * Makes a folder that only this user may look into, for what a worker has not published yet, and removes those of
 * workers of this machine that were killed: they hold images.
 *
 * @param parent null: the system's for temporary files
 * @throws LimpidError E_IO
 */
export async function openWorkFolder(parent: string | null): Promise<string> {
  const above = parent === null ? os.tmpdir() : path.resolve(parent);
  try {
    await fs.mkdir(above, { recursive: true, mode: 0o700 });
    await clearAbandoned(above);
    const folder = await fs.mkdtemp(path.join(above, PREFIX));
    // Tells a later start whether this process is gone.
    await acquireLock(path.join(folder, LOCK));
    return folder;
  } catch (error) {
    throw asFileError(error, above);
  }
}

async function clearAbandoned(above: string): Promise<void> {
  const names = await fs.readdir(above);
  for (const name of names.filter((one) => /^limpid-worker-[A-Za-z0-9]{6}$/.test(one))) {
    const folder = path.join(above, name);
    // What cannot be looked into is another user's, or is gone by now.
    if (await isLeft(folder).catch(() => false))
      // What cannot be removed now is tried again at the next start.
      await fs.rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  }
}

async function isLeft(folder: string): Promise<boolean> {
  const stats = await fs.lstat(folder);
  const own =
    process.platform === 'win32' || (stats.uid === process.getuid?.() && (stats.mode & 0o077) === 0);
  return stats.isDirectory() && own && (await isAbandoned(path.join(folder, LOCK)));
}
