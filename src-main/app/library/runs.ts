import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { hasCode } from '../../base/files.js';
import type { SeriesCard } from '../../contract/app.js';
import { Report, type SeriesReport } from '../../contract/report.js';
import { readText } from '../../contract/schema/schema.js';
import type { RunInFolder, RunSearch } from './protocol.js';

/** Folders beside an input that are looked into; nobody keeps more results of one series. */
const MOST_FOLDERS = 500;
/** Bytes of a report.json, or of a NIfTI file that is compared by its hash: beyond these it is left alone. */
const MOST_REPORT = 64 * 2 ** 20;
const MOST_IMAGE = 2 ** 31;

/**
 * Runs that made something of a series, or made it. Looked for in the outputs of the jobs, beside the input, in the
 * folder for outputs, and in what is open and the two folders around it.
 */
export async function searchRuns(search: RunSearch): Promise<RunInFolder[]> {
  const places = new Set([...search.folders, ...(await placesAround(search))]);
  const found: RunInFolder[] = [];
  for (const folder of [...places].slice(0, MOST_FOLDERS)) {
    const report = await reportIn(folder);
    if (report !== null && (await concerns(report, search))) found.push({ folder, report });
  }
  return found;
}

async function placesAround({ paths, outputs }: RunSearch): Promise<string[]> {
  const own = paths.flatMap((one) => [one, path.dirname(one), path.dirname(path.dirname(one))]);
  const around = new Set([...paths.map((one) => path.dirname(one)), ...(outputs === null ? [] : [outputs])]);
  const beside: string[] = [];
  for (const parent of around) {
    // A folder that cannot be listed has nothing to show.
    const entries = await fs.readdir(parent, { withFileTypes: true }).catch(() => []);
    for (const entry of entries)
      if (entry.isDirectory() && !entry.name.startsWith('.')) beside.push(path.join(parent, entry.name));
  }
  return [...own, ...beside].map((one) => path.resolve(one));
}

/** null where none lies there, or one of another version. */
async function reportIn(folder: string): Promise<Report | null> {
  const file = path.join(folder, 'report.json');
  try {
    const stat = await fs.stat(file);
    if (!stat.isFile() || stat.size > MOST_REPORT) return null;
    const report = readText(Report, await fs.readFile(file, 'utf8'));
    return report.fits ? report.value : null;
  } catch (error) {
    // Most folders hold no report; one that cannot be read is not there for this person.
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EISDIR', 'EIO')) return null;
    throw error;
  }
}

/** Whether a run had this series as a source, or made it. */
async function concerns(report: Report, { card, paths }: RunSearch): Promise<boolean> {
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
      const hash = await hashOf(file);
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
