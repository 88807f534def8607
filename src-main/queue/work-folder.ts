import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { asFileError, hasCode } from '../base/files.js';
import { acquireLock, clearLeft, OWN_LOCK } from '../base/lock.js';
import { makeFolder } from '../base/make-folder.js';
import { fault } from '../contract/errors.js';

const PREFIX = 'limpid-worker-';

/**
 * Makes a folder that only this user may look into, for what a worker has not published yet, and removes those of
 * workers of this machine that were killed: they hold images.
 *
 * @param parent null: the system's for temporary files
 * @throws LimpidError E_USAGE where a file is in its place; E_IO
 */
export async function openWorkFolder(parent: string | null): Promise<string> {
  const above = parent === null ? os.tmpdir() : path.resolve(parent);
  try {
    await makeFolder(above, 0o700);
    await clearLeft(above, /^limpid-worker-[A-Za-z0-9]{6}$/);
    const folder = await fs.mkdtemp(path.join(above, PREFIX));
    // Tells a later start whether this process is gone.
    await acquireLock(path.join(folder, OWN_LOCK));
    return folder;
  } catch (error) {
    if (hasCode(error, 'EEXIST', 'ENOTDIR')) throw fault('E_USAGE/work-folder', {}, above, error);
    throw asFileError(error, above);
  }
}
