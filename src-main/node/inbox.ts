import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { hasCode } from '../base/files.js';
import { makeFolder } from '../base/make-folder.js';
import { readAttributes } from '../dicom/elements/attributes.js';
import { INFLATE_LIMIT, walkElements } from '../dicom/elements/elements.js';
import { readStorable } from '../dicom/net/storable.js';
import { seriesFolder } from '../process/node-folder.js';
import { seriesId } from './record.js';
import { valuesOfImage } from './rules.js';

/** An image whose series is known. */
export interface Sorted {
  readonly id: string;
  readonly study: string;
  readonly series: string;
  readonly sopInstance: string;
}

/** Which series a file belongs to. @throws LimpidError those of reading; null where it names none */
export async function sortedOf(file: string): Promise<Sorted | null> {
  const { sopInstance } = await readStorable(file);
  const valuesOf = await valuesOfImage(file);
  const [study] = valuesOf('StudyInstanceUID');
  const [series] = valuesOf('SeriesInstanceUID');
  if (study === undefined || series === undefined) return null;
  return { id: seriesId(study, series), study, series, sopInstance };
}

/** Bytes at the beginning of a file that say whose it is. */
const HEAD_BYTES = 2 ** 20;

/** Id of the series that a file of which only the beginning is there is of; null where that does not tell. */
export async function seriesOfPart(file: string): Promise<string | null> {
  try {
    const handle = await fs.open(file, 'r');
    try {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
      // As if what is missing were there.
      const walked = walkElements(buffer.subarray(0, bytesRead), INFLATE_LIMIT, Number.MAX_SAFE_INTEGER);
      const attributes = readAttributes(walked.bytes, walked);
      const [study, series] = ['x0020000d', 'x0020000e'].map((tag) => attributes.label(tag)?.trim());
      return study && series ? seriesId(study, series) : null;
    } finally {
      await handle.close();
    }
  } catch {
    // A beginning that says nothing, or that cannot be read any more: it may be of any series.
    return null;
  }
}

/** What became of an image that was put to its series. */
export type Placed = 'new' | 'again' | 'late';

/**
 * Moves an image to those of its series; while these are read or done, to those that came late. One that is there
 * already with the same bytes is dropped.
 */
export async function place(base: string, file: string, sorted: Sorted, isOpen: boolean): Promise<Placed> {
  const folder = seriesFolder(base, sorted.id);
  const name = `${sorted.sopInstance}.dcm`;
  if (await isSame(file, path.join(folder.images, name))) {
    await fs.rm(file, { force: true });
    return 'again';
  }
  const to = isOpen ? folder.images : folder.late;
  await makeFolder(to, 0o700);
  await fs.rename(file, path.join(to, name));
  return isOpen ? 'new' : 'late';
}

async function isSame(file: string, other: string): Promise<boolean> {
  try {
    const [a, b] = await Promise.all([fs.stat(file), fs.stat(other)]);
    if (a.size !== b.size) return false;
    return (await fs.readFile(file)).equals(await fs.readFile(other));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

/** Images that came late join the others. @returns how many */
export async function joinLate(base: string, id: string): Promise<number> {
  const folder = seriesFolder(base, id);
  const names = await namesIn(folder.late);
  for (const name of names) await fs.rename(path.join(folder.late, name), path.join(folder.images, name));
  return names.length;
}

/** Names of the whole files in a folder; none where it is missing. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await fs.readdir(folder)).filter((name) => name.endsWith('.dcm')).sort();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}
