import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { homeFolder } from './home.js';
import { makeFolder } from './make-folder.js';

/** What Limpid makes in the data folder; anything else there is somebody else's. */
const OURS = [
  'models',
  'trainings',
  'logs',
  'targets',
  'watched',
  'window',
  'queue.json',
  'watches.json',
  'settings.json',
  'window.json',
  'views.json',
  'targets.json',
  'sendings.json',
  'app.lock',
];
/** Chromium's, which keeps it to itself; the folder around it is enough. */
const CLOSED_INSIDE = 'window';

const OTHERS = 0o077;
const STICKY = 0o1000;

/** Permissions of a new file: for this user only below the data folder, else as is usual for a document. */
export function modeOfFile(file: string): number {
  return isBelow(path.resolve(file), homeFolder()) ? 0o600 : 0o644;
}

/**
 * Makes the data folder where it is missing, and takes the rights of others from it and from what Limpid made in it:
 * folders get mode 0700, files 0600. A folder that holds more than Limpid's data (the home of the person, the temporary
 * folder, one of another user) keeps its own mode. Links are not followed, and what cannot be changed stays as it is:
 * file systems without permissions have none to lose.
 *
 * @throws NodeJS.ErrnoException where the folder cannot be made
 */
export async function closeOwnFolder(home: string): Promise<void> {
  await makeFolder(home, 0o700);
  if (process.platform === 'win32') return;
  if (await isOnlyOurs(home)) await close(await fs.realpath(home));
  for (const name of OURS) await closeBelow(path.join(home, name), name !== CLOSED_INSIDE);
}

async function isOnlyOurs(home: string): Promise<boolean> {
  const { mode, uid } = await fs.stat(home);
  if (uid !== process.getuid?.() || (mode & STICKY) !== 0) return false;
  const place = await fs.realpath(home);
  // A folder that is not there is compared by its name.
  for (const shared of [os.homedir(), os.tmpdir()])
    if (isBelow(await fs.realpath(shared).catch(() => shared), place)) return false;
  return true;
}

async function closeBelow(place: string, inside: boolean): Promise<void> {
  await close(place);
  // A folder that is not there, or not ours to read, holds nothing that is ours to close.
  const entries = inside ? await fs.readdir(place, { withFileTypes: true }).catch(() => []) : [];
  for (const entry of entries) {
    const below = path.join(place, entry.name);
    if (entry.isDirectory()) await closeBelow(below, true);
    else if (entry.isFile()) await close(below);
  }
}

async function close(place: string): Promise<void> {
  try {
    const stats = await fs.lstat(place);
    if (stats.isSymbolicLink() || (stats.mode & OTHERS) === 0) return;
    if (stats.isDirectory()) await fs.chmod(place, 0o700);
    else if (stats.isFile()) await fs.chmod(place, 0o600);
  } catch {
    // It is gone, or not to be changed by us.
  }
}

/** Whether a place is a folder or lies below it, by the paths alone: what was moved is not there to be asked. */
export function isBelow(place: string, folder: string): boolean {
  const relative = path.relative(folder, place);
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}
