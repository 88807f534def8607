import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { asFileError, hasCode, sha256, writeFileAtomic } from '../../base/files.js';
import { acquireLock } from '../../base/lock.js';
import { makeFolder } from '../../base/make-folder.js';
import { fault } from '../../contract/errors.js';
import type { OutputReport } from '../../contract/report.js';
import { filled, object, only, readText } from '../../contract/schema/schema.js';
import { BIDS_FOLDER } from '../../series/nifti/names.js';
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
    // One whose result was moved out by hand, or cannot be looked at, has nothing to bring back.
    if (!(await isThere(path.join(trash, name, 'result')).catch(() => false))) continue;
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
 * @param made what the report lists, relative to the folder: what lies there must be these and nothing else
 * @throws LimpidError E_NOT_FOUND where none of these lies there; E_EXISTS for files of others, E_LOCKED while a run writes into it, E_IO
 */
export async function moveToTrash(folder: string, made: readonly Made[], at: string): Promise<Trashed> {
  const home = path.resolve(folder);
  const name = `${at.replace(/\D/g, '').slice(0, 14)}-${randomBytes(4).toString('hex')}`;
  const entry = path.join(path.dirname(home), TRASH, name);
  const result = path.join(entry, 'result');
  const own = ownFolder(home);
  let madeOwn = false;
  try {
    // A worker leaves results without the tool's own folder.
    madeOwn = !(await isThere(own));
    if (!(await isThere(home))) throw fault('E_NOT_FOUND/result');
    await makeFolder(own);
    const lock = await acquireLock(path.join(own, 'lock'));
    try {
      await refuseOthers(home, made);
      await makeFolder(entry);
      const text = JSON.stringify({ format: 1, name: path.basename(home), at });
      await writeFileAtomic(path.join(entry, 'entry.json'), `${text}\n`);
      await fs.rename(home, result);
    } finally {
      await lock.release();
      // It went along: there nobody holds it, and where it is brought back the next run must not find it.
      await fs.rm(path.join(ownFolder(result), 'lock'), { force: true });
    }
  } catch (error) {
    // Only an empty folder can be removed so.
    if (madeOwn) await fs.rmdir(own).catch(() => undefined);
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

/** As much of what a report lists as tells a file. A folder of DICOM files is listed by each of them. */
type Made = Pick<OutputReport, 'path' | 'bytes' | 'sha256'>;

/** What a run writes beside what its report lists. */
const BESIDE = ['report.json', 'report.html', `${BIDS_FOLDER}/dataset_description.json`];
/** Bytes of a file that is compared by its hash; of a larger one the size tells enough. */
const MOST_HASHED = 2 ** 26;

/** What a person put there, or a source that someone copied a report to, is not a result that can be taken back. */
async function refuseOthers(folder: string, made: readonly Made[]): Promise<void> {
  const own = path.basename(ownFolder(folder));
  const known = new Set([...BESIDE, ...made.map((one) => one.path)]);
  const left = new Set(made.filter((one) => one.path.includes('*')));
  let [foreign, ours] = [0, 0];
  try {
    for (const entry of await fs.readdir(folder, { recursive: true, withFileTypes: true })) {
      if (entry.isDirectory() || isOfFileManager(entry.name)) continue;
      const file = path.join(entry.parentPath, entry.name);
      const relative = path.relative(folder, file).split(path.sep).join('/');
      if (relative.startsWith(`${own}/`)) continue;
      if (known.has(relative)) {
        if (!BESIDE.includes(relative)) ours++;
        continue;
      }
      const match = await matchOf(file, relative, left);
      if (match === null) foreign++;
      else {
        // Each that is listed is one file.
        left.delete(match);
        ours++;
      }
    }
  } catch (error) {
    throw asFileError(error, folder);
  }
  if (foreign > 0) throw fault('E_EXISTS/foreign-in-result', { files: foreign }, folder);
  if (ours === 0 && !(await hasRun(folder))) throw fault('E_NOT_FOUND/result');
}

/** Which of those whose names a report does not give a file is; null: none. */
async function matchOf(file: string, relative: string, left: ReadonlySet<Made>): Promise<Made | null> {
  const named = [...left].filter((one) => patternOf(one.path).test(relative));
  if (named.length === 0) return null;
  const { size } = await fs.stat(file);
  const alike = named.filter(({ bytes }) => bytes === size);
  if (alike.length === 0 || size > MOST_HASHED) return alike[0] ?? null;
  const hash = sha256(await fs.readFile(file));
  return alike.find((one) => one.sha256 === hash) ?? null;
}

/** A report writes `*` for the name of an input that may name a patient, and the folders that it lay in. */
function patternOf(output: string): RegExp {
  const parts = output.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}
