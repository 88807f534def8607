import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { asFileError, hasCode, writeFileAtomic } from '../../base/files.js';
import { acquireLock } from '../../base/lock.js';
import { fault } from '../../contract/errors.js';
import { filled, object, only, readText } from '../../contract/schema/schema.js';
import { hasRun, isOfFileManager, ownFolder, placeTaken } from '../../series/output-folder.js';

/**
 * The trash of results: a hidden folder beside them, on the same disk, so that one rename takes a result there and
 * another brings it back. Neither a scan nor a sending looks into hidden folders. Nothing in it is ever deleted by the app.
 */
const TRASH = '.limpid-trash';
/** Results in one trash that are looked at. */
const MOST = 500;

const Entry = object({ format: only(1), name: filled, at: filled });

/** A result in the trash. */
export interface Trashed {
  /** Where it lies now. */
  readonly folder: string;
  /** Where it was. */
  readonly home: string;
  /** When it was moved, ISO 8601. */
  readonly at: string;
}

/** The results in the trash beside others. @param parent the folder that they were in */
export async function trashedIn(parent: string): Promise<readonly Trashed[]> {
  const trash = path.join(parent, TRASH);
  const found: Trashed[] = [];
  for (const name of (await fs.readdir(trash).catch(() => [])).slice(0, MOST)) {
    // An entry that is not whole is one whose move was ended before it began.
    const text = await fs.readFile(path.join(trash, name, 'entry.json'), 'utf8').catch(() => '');
    const read = readText(Entry, text);
    if (!read.fits || path.basename(read.value.name) !== read.value.name) continue;
    found.push({
      folder: path.join(trash, name, 'result'),
      home: path.join(parent, read.value.name),
      at: read.value.at,
    });
  }
  return found;
}

/**
 * Moves the output folder of a run to the trash beside it, whole, by one rename.
 *
 * @param made files of the run, relative to the folder: what lies there must be these and nothing else
 * @throws LimpidError E_EXISTS for files of others, E_LOCKED while a run writes into it, E_IO
 */
export async function moveToTrash(folder: string, made: readonly string[], at: string): Promise<Trashed> {
  const home = path.resolve(folder);
  await refuseOthers(home, made);
  const name = `${at.replace(/\D/g, '').slice(0, 14)}-${randomBytes(4).toString('hex')}`;
  const entry = path.join(path.dirname(home), TRASH, name);
  try {
    // Only to know that nobody has it: it would travel with the folder.
    await (await acquireLock(path.join(ownFolder(home), 'lock'))).release();
    await fs.mkdir(entry, { recursive: true });
    const text = JSON.stringify({ format: 1, name: path.basename(home), at });
    await writeFileAtomic(path.join(entry, 'entry.json'), `${text}\n`);
    await fs.rename(home, path.join(entry, 'result'));
  } catch (error) {
    await dropEntry(entry);
    throw asFileError(error, home);
  }
  return { folder: path.join(entry, 'result'), home, at };
}

/** Brings a result back to where it was. @throws LimpidError E_EXISTS where something else is there now; E_IO */
export async function restore({ folder, home }: Trashed): Promise<void> {
  try {
    // A rename would take the place of an empty folder.
    if (await isThere(home)) throw placeTaken(home);
    await fs.rename(folder, home);
  } catch (error) {
    throw asFileError(error, home);
  }
  await dropEntry(path.dirname(folder));
}

/** Removes an entry that holds no result, and the trash where it was the last one; nothing that holds images goes. */
async function dropEntry(entry: string): Promise<void> {
  if (await isThere(path.join(entry, 'result'))) return;
  // What stays of an entry is no result, and in nobody's way.
  await fs.rm(path.join(entry, 'entry.json'), { force: true }).catch(() => undefined);
  // Only an empty folder can be removed so.
  await fs.rmdir(entry).catch(() => undefined);
  // The trash stays where other results lie in it.
  await fs.rmdir(path.dirname(entry)).catch(() => undefined);
}

async function isThere(place: string): Promise<boolean> {
  try {
    await fs.lstat(place);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

/** What a person put there, or a source that someone copied a report to, is not a result that can be taken back. */
async function refuseOthers(folder: string, outputs: readonly string[]): Promise<void> {
  if (!(await hasRun(folder))) throw fault('E_NOT_FOUND/result');
  const own = path.basename(ownFolder(folder));
  const made = [...outputs, 'report.json', 'report.html'].map(patternOf);
  let entries: { readonly relative: string; readonly name: string }[];
  try {
    const listed = await fs.readdir(folder, { recursive: true, withFileTypes: true });
    entries = listed
      .filter((entry) => !entry.isDirectory())
      .map(({ parentPath, name }) => ({
        relative: path.relative(folder, path.join(parentPath, name)).split(path.sep).join('/'),
        name,
      }));
  } catch (error) {
    throw asFileError(error, folder);
  }
  const known = new Set(made.flatMap((one) => (typeof one === 'string' ? [one] : [])));
  const patterns = made.flatMap((one) => (typeof one === 'string' ? [] : [one]));
  const foreign = entries.filter(
    ({ relative, name }) =>
      !relative.startsWith(`${own}/`) &&
      !isOfFileManager(name) &&
      !known.has(relative) &&
      !patterns.some((pattern) => pattern.test(relative)),
  );
  if (foreign.length > 0) throw fault('E_EXISTS/foreign-in-result', { files: foreign.length }, folder);
}

/** A report writes `*` for the name of an input that may name a patient. */
function patternOf(output: string): string | RegExp {
  if (!output.includes('*')) return output;
  const parts = output.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}
