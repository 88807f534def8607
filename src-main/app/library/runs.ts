import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { hasCode } from '../../base/files.js';
import type { Report, SeriesReport } from '../../contract/report.js';
import type { SeriesCard } from '../../contract/window/opened.js';
import { reportIn } from '../results/report-file.js';
import { acceptedOf } from '../results/review.js';
import { type Trashed, trashedIn } from '../results/trash.js';
import type { RunInFolder, RunSearch } from './protocol.js';

/** Folders beside an input that are looked into; nobody keeps more results of one series. */
const MOST_FOLDERS = 500;
/** Bytes of a NIfTI file that is compared by its hash: beyond these it is left alone. */
const MOST_IMAGE = 2 ** 31;

/**
 * Runs that made something of a series, or made it. Looked for in the outputs of the jobs, beside the input and right in it,
 * in the folder for outputs, and in what is open and the two folders around it; and in the trash beside each of these.
 */
export async function searchRuns(search: RunSearch): Promise<RunInFolder[]> {
  const places = new Set([...search.folders, ...(await placesAround(search))]);
  const found: RunInFolder[] = [];
  // An image may be large, and there may be many reports: each is read once.
  const hashes = new Map<string, Promise<string | null>>();
  const hashed = (file: string): Promise<string | null> => {
    const known = hashes.get(file) ?? hashOf(file);
    hashes.set(file, known);
    return known;
  };
  const inPlace = [...places].slice(0, MOST_FOLDERS).map((folder) => ({ folder, trashed: null }));
  for (const { folder, trashed } of [...inPlace, ...(await inTrash(places))]) {
    const report = await reportIn(folder);
    if (report === null || !(await concerns(report, search, hashed))) continue;
    found.push({ folder, report, accepted: await acceptedOf(folder, report), trashed });
  }
  return found;
}

/** What was moved to the trash from beside any of these. */
async function inTrash(places: ReadonlySet<string>): Promise<{ folder: string; trashed: Trashed }[]> {
  const parents = new Set([...places].map((one) => path.dirname(one)));
  const all: { folder: string; trashed: Trashed }[] = [];
  for (const parent of parents)
    for (const trashed of await trashedIn(parent)) all.push({ folder: trashed.folder, trashed });
  return all;
}

async function placesAround({ paths, outputs }: RunSearch): Promise<string[]> {
  const own = paths.flatMap((one) => [one, path.dirname(one), path.dirname(path.dirname(one))]);
  const parents = paths.map((one) => path.dirname(one));
  const around = new Set([...parents, ...(outputs === null ? [] : [outputs]), ...paths]);
  const beside: string[] = [];
  for (const parent of around) {
    // A folder that cannot be listed has nothing to show.
    const entries = await fs.readdir(parent, { withFileTypes: true }).catch(() => []);
    for (const entry of entries)
      if (entry.isDirectory() && !entry.name.startsWith('.')) beside.push(path.join(parent, entry.name));
  }
  return [...own, ...beside].map((one) => path.resolve(one));
}

/** Whether a run had this series as a source, or made it. */
async function concerns(
  report: Report,
  { card, paths }: RunSearch,
  hashed: (file: string) => Promise<string | null>,
): Promise<boolean> {
  for (const one of report.series) {
    const made = one.outputs.some(
      ({ seriesInstanceUid: uid }) => uid !== null && uid === card.seriesInstanceUid,
    );
    if (made) return true;
    if (one.id !== card.id || !isAsLarge(one, card)) continue;
    if (card.kind === 'dicom') return true;
    // Every NIfTI file that is opened alone has the same id: it is told by what is in it.
    const hashes = new Set(one.input.sha256);
    for (const file of imageFiles(card, paths)) {
      const hash = await hashed(file);
      if (hash !== null && hashes.has(hash)) return true;
    }
  }
  return false;
}

/** A part of a series, in another folder, has the same id. */
function isAsLarge({ geometry, input }: SeriesReport, card: SeriesCard): boolean {
  if (geometry === null) return input.instances === card.instances;
  const { columns, rows, slices, frames } = geometry;
  return columns === card.columns && rows === card.rows && slices === card.slices && frames === card.frames;
}

function imageFiles(card: SeriesCard, paths: readonly string[]): string[] {
  const named = paths.filter((one) => path.basename(one) === path.basename(card.forPerson.description));
  return [...named, ...paths.map((one) => path.join(one, card.forPerson.description))];
}

async function hashOf(file: string): Promise<string | null> {
  try {
    const stat = await fs.stat(file);
    if (!stat.isFile() || stat.size > MOST_IMAGE) return null;
    const hash = createHash('sha256');
    // Bit by bit: frames that are looked at meanwhile do not wait for it.
    for await (const part of createReadStream(file)) hash.update(part);
    return hash.digest('hex');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM')) return null;
    throw error;
  }
}
