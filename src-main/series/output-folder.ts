import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import {
  asFileError,
  exists,
  flush,
  hasCode,
  isInside,
  removeParts,
  writeFileAtomic,
} from '../base/files.js';
import { acquireLock, type Lock } from '../base/lock.js';
import { makeFolder } from '../base/make-folder.js';
import { fault, type LimpidError } from '../contract/errors.js';

/** The tool's own folder inside an output folder: journal, lock and unfinished work. */
const PRIVATE = '.limpid';
/** What file managers leave in an otherwise empty folder. */
const IGNORED = new Set(['.DS_Store', 'Thumbs.db', 'desktop.ini']);

/** The folder of the tool inside an output folder. */
export function ownFolder(output: string): string {
  return path.join(path.resolve(output), PRIVATE);
}

export interface OutputFolder {
  readonly root: string;
  /** A path below the tool's own folder. */
  own(...parts: string[]): string;
  /**
   * Writes a file at the top of the folder, whole or not at all, in place of an earlier one. Until it is whole it
   * lies in the tool's own folder, so that a kill leaves nothing for people to find. @throws LimpidError E_IO
   */
  write(name: string, content: Uint8Array | string): Promise<void>;
  /**
   * To be asked before anything changes that people or later runs see, and before long work. @throws LimpidError E_LOCKED
   * where another run has taken the folder over, E_IO where it is gone
   */
  confirm(): Promise<void>;
  /** Frees the folder for the next run; removes it where this run made it and left it empty. */
  release(): Promise<void>;
}

/**
 * Makes the output folder ready and locks it.
 *
 * @param input what must stay untouched: the output may not lie in it, nor it in the output
 * @throws LimpidError E_INSIDE_SOURCE, E_EXISTS (holds files that are not ours), E_LOCKED, E_IO
 */
export async function openOutputFolder(output: string, input: string): Promise<OutputFolder> {
  const root = path.resolve(output);
  await refuseOutput(output, input);
  const own = path.join(root, PRIVATE);
  let made: string | undefined;
  try {
    made = await makeFolder(own);
  } catch (error) {
    throw asFileError(error, root);
  }
  const lock: Lock = await acquireLock(path.join(own, 'lock')).catch(async (error: unknown) => {
    // a disk that is full takes an empty folder, and no lock
    if (made !== undefined) await removeUnused(root, made);
    throw error;
  });
  // Parts of large files fill a disk. What cannot be removed is in nobody's way.
  await removeParts(own).catch(() => {});
  return {
    root,
    own: (...parts) => path.join(own, ...parts),
    async write(name, content) {
      await lock.confirm();
      await writeFileAtomic(path.join(root, name), content, { replace: true, partIn: own });
    },
    confirm: () => lock.confirm(),
    async release() {
      await lock.release();
      if (made !== undefined) await removeUnused(root, made);
    },
  };
}

/** What file managers leave beside files of others. */
export function isOfFileManager(name: string): boolean {
  return IGNORED.has(name);
}

/** Whether a folder is of a run that can be resumed. */
export async function hasRun(output: string): Promise<boolean> {
  return exists(path.join(ownFolder(output), 'journal.json'));
}

/** Of a run that wrote nothing: its own folder and, from the first that it made, those above. */
async function removeUnused(root: string, made: string): Promise<void> {
  try {
    if ((await fs.readdir(root)).some((name) => name !== PRIVATE)) return;
    // Only empty folders can be removed so.
    for (let folder = path.join(root, PRIVATE); folder.length >= made.length; folder = path.dirname(folder))
      await fs.rmdir(folder);
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST', 'EBUSY', 'EPERM', 'EACCES'))
      throw asFileError(error, root);
  }
}

/** The checks of `openOutputFolder` alone: nothing is created. @throws LimpidError E_INSIDE_SOURCE, E_EXISTS, E_IO */
export async function refuseOutput(output: string, input: string): Promise<void> {
  await refuseInside(path.resolve(output), input);
  await refuseForeign(path.resolve(output));
}

/** @throws LimpidError E_INSIDE_SOURCE for an output and an input of which one lies in the other */
export async function refuseInside(output: string, input: string): Promise<void> {
  if ((await isInside(output, input)) || (await isInside(input, output)))
    throw fault('E_INSIDE_SOURCE/output-folder', {}, output);
}

async function refuseForeign(root: string): Promise<void> {
  let names: string[];
  try {
    names = await fs.readdir(root);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    if (hasCode(error, 'ENOTDIR')) throw fault('E_EXISTS/is-file', {}, root);
    throw asFileError(error, root);
  }
  if (names.includes(PRIVATE) || names.every((name) => IGNORED.has(name))) return;
  throw fault('E_EXISTS/foreign-files', {}, root);
}

/** Moves a finished file or folder from the work folder to its visible place, in one step. */
export async function publish(from: string, to: string): Promise<void> {
  try {
    if (await exists(to)) throw placeTaken(to);
    const made = await makeFolder(path.dirname(to));
    await fs.rename(from, to);
    await flush(path.dirname(to));
    if (made !== undefined)
      for (let folder = path.dirname(to); folder.length >= made.length; folder = path.dirname(folder))
        await flush(path.dirname(folder));
  } catch (error) {
    throw asFileError(error, to);
  }
}

export function placeTaken(place: string): LimpidError {
  return fault('E_EXISTS/something-else', {}, place);
}
