import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { isAbandoned } from '../base/lock.js';

/** Folders of dropped files in the temporary folder, each with the lock of the server that made it. */
export const UPLOADS = { prefix: 'limpid-upload-', lock: 'lock' } as const;

const NAME = /^limpid-upload-[A-Za-z0-9]{6}$/;
/** As the window numbers a drop. */
export const DROP = /^[0-9a-f]{16,64}$/;

/**
 * Removes dropped files of servers that were killed: folders of this user, closed to others, that hold nothing but
 * drops, and whose process is gone by its lock. Earlier versions made no lock: theirs go when they are older than the
 * start of the machine, for no process outlives that.
 */
export async function clearAbandonedUploads(folder: string = os.tmpdir()): Promise<void> {
  const names = await fs.readdir(folder).catch(() => []);
  for (const name of names.filter((one) => NAME.test(one))) {
    const place = path.join(folder, name);
    // What cannot be looked into is not known to be left by a server, and stays.
    if (await isLeft(place).catch(() => false))
      // What cannot be removed now is tried again at the next start.
      await fs.rm(place, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  }
}

async function isLeft(place: string): Promise<boolean> {
  const stats = await fs.lstat(place);
  const own =
    process.platform === 'win32' || (stats.uid === process.getuid?.() && (stats.mode & 0o077) === 0);
  if (!stats.isDirectory() || !own) return false;
  const inside = await fs.readdir(place);
  if (inside.some((name) => name !== UPLOADS.lock && !name.startsWith('.lock-') && !DROP.test(name)))
    return false;
  if (inside.includes(UPLOADS.lock)) return isAbandoned(path.join(place, UPLOADS.lock));
  return Math.max(stats.mtimeMs, stats.ctimeMs) < Date.now() - os.uptime() * 1000;
}
