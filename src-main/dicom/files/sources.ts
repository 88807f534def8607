import type { Dirent } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { hasCode, sha256 } from '../../base/files.js';
import { asReadError } from '../../base/reading.js';
import { LimpidError, type Problem, problemOf } from '../../contract/errors.js';
import { Disk, inside, readHead, readInside, slashed } from './disk.js';
import type { Source, SourceFile } from './source.js';
import { dicomdirFiles, isDicomdir } from './sources-dicomdir.js';
import { isZip, openZip, zipFiles } from './sources-zip.js';

/** Files to sniff for their kind. */
const HEAD_BYTES = 4096;

/**
 * Opens a folder (recursively, with the archives in it, hidden entries left out, links followed only to files inside), one file, a
 * DICOMDIR (only what it references, PS3.10 section 8) or a zip archive.
 *
 * @param known places of the files that are wanted: of a folder only these, and the archives they are in, are looked
 *   for, for it may be that of a hospital
 * @throws LimpidError E_NOT_FOUND, E_IO, E_ZIP (damaged archive), E_PATH_ESCAPE (a DICOMDIR or zip entry that leads
 * outside), E_BOMB (a zip that inflates over its limits), and those of `walkElements` for a damaged DICOMDIR.
 */
export async function openSource(given: string, known?: ReadonlySet<string>): Promise<Source> {
  const root = path.resolve(given);
  try {
    const stat = await fs.stat(root);
    if (stat.isDirectory()) return known === undefined ? folderSource(root) : knownSource(root, known);
    const { bytes: head } = await readHead(root, HEAD_BYTES);
    if (isZip(head)) return await openZip(root, sourceId);
    if (isDicomdir(head)) return await dicomdirSource(root);
    return listedSource(root, 'file', [await namedFile(root, stat.size)]);
  } catch (error) {
    throw error instanceof LimpidError ? error.at(root) : asReadError(error, root);
  }
}

/** Identifies a file by its path inside the source, with `/` between the parts on every system. */
export function sourceId(relative: string): string {
  return sha256(slashed(relative)).slice(0, 16);
}

/** A folder that is being walked. */
interface Walk {
  readonly root: string;
  readonly passedOver: Problem[];
  readonly disk: Disk;
}

function folderSource(root: string): Source {
  const passedOver: Problem[] = [];
  return {
    root,
    kind: 'folder',
    async *files() {
      passedOver.length = 0;
      yield* walkEntries({ root, passedOver, disk: new Disk() }, '', await listFolder(root));
    },
    passedOver,
    close: async () => {},
  };
}

/** Of a folder the files that are named, in the order in which `folderSource` comes to them. */
function knownSource(root: string, known: ReadonlySet<string>): Source {
  const passedOver: Problem[] = [];
  return {
    root,
    kind: 'folder',
    async *files() {
      passedOver.length = 0;
      const found = new Set<string>();
      for (const place of known) {
        const relative = path.relative(root, place);
        if (relative.startsWith('..') || path.isAbsolute(relative)) continue;
        found.add(await fileUpFrom(root, relative));
      }
      found.delete('');
      const walk = { root, passedOver, disk: new Disk() };
      for (const relative of [...found].sort(asWalked)) yield* foundFile(walk, relative);
    },
    passedOver,
    close: async () => {},
  };
}

/** The file itself, or the archive that it is in; empty where there is neither. */
async function fileUpFrom(root: string, relative: string): Promise<string> {
  for (let at = relative; at !== '.' && at !== ''; at = path.dirname(at)) {
    // A name inside an archive is no file of its own: the next one above is looked at.
    const stat = await fs.stat(path.join(root, at)).catch(() => null);
    if (stat !== null) return stat.isFile() ? at : '';
  }
  return '';
}

/** Folder by folder, each by its names. */
function asWalked(a: string, b: string): number {
  const [as, bs] = [a.split(path.sep), b.split(path.sep)];
  const at = as.findIndex((name, i) => name !== bs[i]);
  return at < 0 || at >= bs.length ? as.length - bs.length : as[at] < bs[at] ? -1 : 1;
}

/** Folders that file systems and recycle bins keep to themselves, beside hidden ones: no scan is lost with them. */
const SYSTEM_FOLDER = /^(lost\+found|System Volume Information|\$RECYCLE\.BIN|RECYCLER|#recycle)$/i;

/**
 * A folder below the input that cannot be listed is passed over: the rest of an archive does not depend on it. It
 * may hold a patient's scans, so it counts as failed, but for folders that belong to the system.
 */
async function* walkFolder(walk: Walk, relative: string): AsyncGenerator<SourceFile> {
  const { root, passedOver } = walk;
  let entries: Dirent[];
  try {
    entries = await listFolder(path.join(root, relative));
  } catch (error) {
    const { code, place, saying } = asReadError(error, path.join(root, relative));
    const problem = problemOf('W_UNREADABLE/folder', { why: saying }, place);
    passedOver.push(SYSTEM_FOLDER.test(path.basename(relative)) ? problem : { ...problem, code });
    return;
  }
  yield* walkEntries(walk, relative, entries);
}

async function* walkEntries(
  walk: Walk,
  folder: string,
  entries: readonly Dirent[],
): AsyncGenerator<SourceFile> {
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue;
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* walkFolder(walk, name);
    else if (/^DICOMDIR$/i.test(entry.name)) continue;
    else if (entry.isFile()) yield* foundFile(walk, name);
    else if (entry.isSymbolicLink()) yield* linkedFile(walk, name);
    else walk.passedOver.push(noFile(path.join(walk.root, name)));
  }
}

async function listFolder(folder: string): Promise<Dirent[]> {
  try {
    const entries = await fs.readdir(folder, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  } catch (error) {
    throw asReadError(error, folder);
  }
}

/** Links to folders are not followed: they may form a cycle. Links that lead nowhere are told of. */
async function* linkedFile(walk: Walk, relative: string): AsyncGenerator<SourceFile> {
  const { root, passedOver } = walk;
  const place = path.join(root, relative);
  try {
    const stat = await fs.stat(place);
    if (stat.isFile()) yield* foundFile(walk, relative);
    else passedOver.push(stat.isDirectory() ? linkedFolder(place) : noFile(place));
  } catch (error) {
    const { code, saying } = asReadError(error, place);
    const problem =
      code === 'E_NOT_FOUND'
        ? problemOf('W_UNREADABLE/dead-link', {}, place)
        : problemOf('W_UNREADABLE/link', { why: saying }, place);
    // There is nothing behind a link that leads nowhere or in a circle; behind one that is refused there may be an image.
    const nothing = hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP');
    passedOver.push(nothing ? problem : { ...problem, code });
  }
}

function linkedFolder(place: string): Problem {
  return problemOf('W_UNREADABLE/linked-folder', {}, place);
}

function noFile(place: string): Problem {
  return problemOf('W_UNREADABLE/no-file', {}, place);
}

/** The name that an archive has: the content of every file is not asked for it. */
const ARCHIVE = /\.zip$/i;

/** A file, or those of an archive. One that cannot be opened is told; the rest does not depend on it. */
async function* foundFile(walk: Walk, relative: string): AsyncGenerator<SourceFile> {
  const { root, passedOver, disk } = walk;
  const place = path.join(root, relative);
  if (!ARCHIVE.test(relative)) {
    yield await diskFile(disk, root, relative);
    return;
  }
  try {
    const isArchive = await inside(root, place, async () => isZip((await readHead(place, 4)).bytes));
    if (isArchive) yield* await zipFiles(place, `${slashed(relative)}/`, sourceId);
    else yield await diskFile(disk, root, relative);
  } catch (error) {
    const { code, saying } = asReadError(error, place);
    passedOver.push({ ...problemOf('E_ZIP/left-out', { why: saying }, place), code });
  }
}

async function diskFile(disk: Disk, root: string, relative: string): Promise<SourceFile> {
  return disk.file(root, relative, await disk.size(path.join(root, relative)), sourceId(relative));
}

function listedSource(root: string, kind: 'file' | 'dicomdir', listed: readonly SourceFile[]): Source {
  return {
    root,
    kind,
    async *files() {
      yield* listed;
    },
    passedOver: [],
    close: async () => {},
  };
}

/** The file that was named may be a link to anywhere: the person asked for it. */
async function namedFile(root: string, size: number): Promise<SourceFile> {
  const real = await fs.realpath(root);
  const name = path.basename(root);
  const file = new Disk().file(path.dirname(real), path.basename(real), size, sourceId(name));
  return { ...file, place: root, relative: name };
}

async function dicomdirSource(root: string): Promise<Source> {
  const bytes = await readInside(path.dirname(root), root);
  const folder = path.dirname(root);
  const listed: SourceFile[] = [];
  const disk = new Disk();
  for (const parts of dicomdirFiles(bytes)) {
    listed.push(await diskFile(disk, folder, await resolveCase(folder, parts)));
  }
  return listedSource(root, 'dicomdir', listed);
}

/** File IDs are upper case; a disc copied on some systems is not. */
async function resolveCase(folder: string, parts: readonly string[]): Promise<string> {
  let relative = '';
  for (const part of parts) {
    // In a folder that cannot be read the name stands as it was given: reading the file tells the reason.
    const names = await fs.readdir(path.join(folder, relative)).catch((): string[] => []);
    const found = names.includes(part)
      ? part
      : names.find((name) => name.toUpperCase() === part.toUpperCase());
    relative = path.join(relative, found ?? part);
  }
  return relative;
}
