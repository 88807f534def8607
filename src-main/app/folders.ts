import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { asFileError, exists } from '../base/files.js';
import type { FolderListing } from '../contract/window/app.js';

/** Entries of one folder that are told, folders before files: a folder of images may hold tens of thousands. */
const MOST_ENTRIES = 50_000;

/**
 * Names in a folder, folders first, hidden ones left out; null lists the places to start from.
 *
 * @throws LimpidError E_NOT_FOUND, E_IO
 */
export async function listFolder(given: string | null): Promise<FolderListing> {
  if (given === null) return { path: null, parent: null, entries: await places() };
  const folder = path.resolve(given);
  try {
    const entries = await fs.readdir(folder, { withFileTypes: true });
    const listed = await Promise.all(
      entries
        .filter(({ name }) => !name.startsWith('.'))
        .map(async (entry) => {
          const place = path.join(folder, entry.name);
          return {
            name: entry.name,
            path: place,
            folder: entry.isDirectory() || (await isFolder(place, entry)),
          };
        }),
    );
    listed.sort((a, b) => Number(b.folder) - Number(a.folder) || a.name.localeCompare(b.name, 'en', NUMERIC));
    const parent = path.dirname(folder);
    return {
      path: folder,
      parent: parent === folder ? null : parent,
      entries: listed.slice(0, MOST_ENTRIES),
    };
  } catch (error) {
    throw asFileError(error, folder);
  }
}

const NUMERIC = { numeric: true };

/** A link may lead to a folder. */
async function isFolder(place: string, entry: { isSymbolicLink(): boolean }): Promise<boolean> {
  if (!entry.isSymbolicLink()) return false;
  // A link that leads nowhere leads to no folder.
  const stat = await fs.stat(place).catch(() => null);
  return stat?.isDirectory() ?? false;
}

async function places(): Promise<FolderListing['entries']> {
  const drives = 'CDEFGHIJKLMNOPQRSTUVWXYZ'.split('').map((letter) => `${letter}:\\`);
  const roots = process.platform === 'win32' ? drives : ['/', '/media', '/mnt', '/Volumes'];
  const candidates = [os.homedir(), process.cwd(), ...roots];
  const found: { name: string; path: string; folder: boolean }[] = [];
  for (const place of new Set(candidates))
    if (await exists(place)) found.push({ name: place, path: place, folder: true });
  return found;
}
