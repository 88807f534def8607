import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { clearLeft, isAbandoned, OWN_LOCK } from '../base/lock.js';

/** Folders of dropped files in the temporary folder, each with the lock of the server that made it. */
export const UPLOADS = { prefix: 'limpid-upload-', lock: OWN_LOCK } as const;

const NAME = /^limpid-upload-[A-Za-z0-9]{6}$/;
/** As the window numbers a drop. */
export const DROP = /^[0-9a-f]{16,64}$/;

/**
 * Removes dropped files of servers that were killed: folders of this user, closed to others, that hold nothing but
 * drops, and whose process is gone by its lock. Earlier versions made no lock: theirs go when they are older than the
 * start of the machine, for no process outlives that.
 */
export async function clearAbandonedUploads(folder: string = os.tmpdir()): Promise<void> {
  await clearLeft(folder, NAME, isLeft);
}

async function isLeft(place: string): Promise<boolean> {
  const inside = await fs.readdir(place);
  if (inside.some((name) => name !== UPLOADS.lock && !name.startsWith('.lock-') && !DROP.test(name)))
    return false;
  if (inside.includes(UPLOADS.lock)) return isAbandoned(path.join(place, UPLOADS.lock));
  const stats = await fs.lstat(place);
  return Math.max(stats.mtimeMs, stats.ctimeMs) < Date.now() - os.uptime() * 1000;
}
