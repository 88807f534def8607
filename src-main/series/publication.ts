/** How finished files of a unit get from its work folder to where people see them, all that are whole or none. */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { asFileError, exists, hasCode, sha256 } from '../base/files.js';
import type { Entry, EntryName, UnitInput, WrittenFile } from './input.js';
import type { Journal, StackRecord, UnitRecord } from './journal.js';
import { type OutputFolder, placeTaken, publish } from './output-folder.js';

export interface Publication {
  readonly folder: OutputFolder;
  readonly journal: Journal;
  readonly unitInput: UnitInput;
  /** The work folder of the unit. */
  readonly work: string;
}

/** What a finished run tells of itself; gone while what it tells is about to change. */
export const REPORT_FILES = { json: 'report.json', html: 'report.html' } as const;

/**
 * Makes the stacks of the record visible that are not yet: beside those of an earlier run, where there are any. What
 * else lies in the work folder, of stacks that failed, stays unseen. Where it cannot be done nothing is moved, or
 * what was moved is moved back.
 *
 * @returns the record with all its stacks published
 * @throws LimpidError E_EXISTS where something else is in the way, E_IO
 */
export async function publishUnit(publication: Publication, record: UnitRecord): Promise<UnitRecord> {
  const { journal, unitInput, folder } = publication;
  await folder.confirm();
  await journal.write(unitInput.unit, { ...record, state: 'publishing' });
  await dropOthers(publication, record);
  const moves = await movesOf(publication, record);
  for (const { to } of moves) if (await exists(to)) throw placeTaken(to);
  await dropReport(folder);
  const done: Move[] = [];
  try {
    for (const move of moves) {
      await publish(move.from, move.to);
      done.push(move);
    }
  } catch (error) {
    // A part of the results looks like all of them.
    for (const { from, to } of done.reverse()) await fs.rename(to, from).catch(() => {});
    for (const { to } of moves) await removeEmpty(path.dirname(to), folder.root);
    throw error;
  }
  const published: UnitRecord = { ...record, state: 'working', published: Object.keys(record.stacks) };
  await journal.write(unitInput.unit, published);
  return published;
}

/** Folders of the tree that nothing is left in. */
async function removeEmpty(from: string, root: string): Promise<void> {
  for (let folder = from; folder.length > root.length; folder = path.dirname(folder))
    try {
      // Only empty folders can be removed so.
      await fs.rmdir(folder);
    } catch {
      return;
    }
}

/** An earlier report, which no longer tells what is there. @throws LimpidError E_IO */
export async function dropReport({ root }: OutputFolder): Promise<void> {
  for (const name of Object.values(REPORT_FILES)) {
    const file = path.join(root, name);
    await fs.rm(file, { force: true }).catch((error: unknown) => {
      throw asFileError(error, file);
    });
  }
}

interface Move {
  readonly from: string;
  readonly to: string;
}

/** A whole entry in one step where there is none yet, else file by file. What is not in the work folder was moved before. */
async function movesOf(
  { folder, unitInput, work }: Publication,
  record: UnitRecord,
): Promise<readonly Move[]> {
  const earlier = filesOf(record, (id) => record.published.includes(id));
  const added = filesOf(record, (id) => !record.published.includes(id));
  const moves: Move[] = [];
  for (const { name, visible } of entriesOf(unitInput, added)) {
    const [from, to] = [path.join(work, name), path.join(folder.root, visible)];
    if (!(await exists(from))) continue;
    const isOurs = earlier.some(({ entry }) => entry === name) && (await exists(to));
    if (!isOurs) {
      moves.push({ from, to });
      continue;
    }
    for (const file of added.filter(({ entry }) => entry === name))
      if (await exists(path.join(from, file.name)))
        moves.push({ from: path.join(from, file.name), to: path.join(to, file.name) });
  }
  return moves;
}

/** Removes what stacks that failed have left in the folders that are about to be moved. */
async function dropOthers({ unitInput, work }: Publication, record: UnitRecord): Promise<void> {
  const files = filesOf(record, (id) => !record.published.includes(id));
  for (const { name } of entriesOf(unitInput, files)) {
    const folder = path.join(work, name);
    const wanted = new Set(files.filter(({ entry }) => entry === name).map((file) => file.name));
    // The entry is itself the file.
    if (wanted.has('')) continue;
    try {
      for (const found of await fs.readdir(folder))
        if (!wanted.has(found)) await fs.rm(path.join(folder, found), { recursive: true, force: true });
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw asFileError(error, folder);
    }
  }
}

function filesOf({ stacks }: UnitRecord, isWanted: (id: string) => boolean): WrittenFile[] {
  return Object.entries(stacks).flatMap(([id, { files }]) => (isWanted(id) ? files : []));
}

/** The entries of the unit that these files are in, in the order in which they become visible. */
export function entriesOf({ entries }: UnitInput, files: readonly WrittenFile[]): readonly Entry[] {
  const used = new Set<EntryName>(files.map(({ entry }) => entry));
  return entries.filter(({ name }) => used.has(name));
}

/** Those files of a stack that are there with the bytes that were written: visible ones, or of the work folder. */
export async function wholeFiles(
  { folder, unitInput, work }: Publication,
  { files }: StackRecord,
  where: 'visible' | 'work',
): Promise<WrittenFile[]> {
  const whole: WrittenFile[] = [];
  for (const file of files) {
    const entry = unitInput.entries.find(({ name }) => name === file.entry);
    if (entry === undefined) continue;
    const top = where === 'visible' ? path.join(folder.root, entry.visible) : path.join(work, entry.name);
    try {
      if (sha256(await fs.readFile(path.join(top, file.name))) === file.sha256) whole.push(file);
    } catch {
      // What cannot be read is not whole.
    }
  }
  return whole;
}
