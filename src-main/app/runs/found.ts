import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { hasCode, sha256 } from '../../base/files.js';
import type { FoundRun, JobRecord, OpenInput, SeriesCard } from '../../contract/app.js';
import { fault } from '../../contract/errors.js';
import { Report, type SeriesReport } from '../../contract/report.js';
import { readText } from '../../contract/schema/schema.js';

/** Folders beside an input that are looked into; nobody keeps more results of one series. */
const MOST_FOLDERS = 500;
/** Bytes of a report.json, or of a NIfTI file that is compared by its hash: beyond these it is left alone. */
const MOST_REPORT = 64 * 2 ** 20;
const MOST_IMAGE = 2 ** 31;

export interface FoundRuns {
  /** Runs that made something of a series, or made it, latest first. @throws LimpidError E_NOT_FOUND: it is not open */
  of(series: string): Promise<readonly FoundRun[]>;
  /** The folder of a run that was found. @throws LimpidError E_NOT_FOUND */
  folderOf(run: string): string;
  /** Those that were found. */
  folders(): Iterable<string>;
}

export interface FoundRunsOptions {
  readonly inputs: () => readonly OpenInput[];
  readonly jobs: () => readonly JobRecord[];
  /** Where results go that do not go beside their input; null: there is no such folder. */
  readonly outputFolder: () => string | null;
}

/**
 * Results as things of their own, whoever made them: the report of each run lies in its output folder. Looked for in the
 * outputs of the jobs, beside the input, in the folder for outputs, and in what is open and the two folders around it.
 */
export function findRuns({ inputs, jobs, outputFolder }: FoundRunsOptions): FoundRuns {
  const folders = new Map<string, string>();
  return {
    async of(series) {
      const input = inputs().find((one) => one.series.some(({ key }) => key === series));
      const card = input?.series.find(({ key }) => key === series);
      if (input === undefined || card === undefined) throw fault('E_NOT_FOUND/series-closed');
      const ofJobs = new Map<string, JobRecord>();
      for (const job of jobs())
        if (job.request.type === 'denoise' && job.state !== 'running' && job.state !== 'waiting')
          ofJobs.set(path.resolve(job.request.output), job);
      const places = new Set([...ofJobs.keys(), ...(await placesAround(input, outputFolder()))]);
      const found: FoundRun[] = [];
      for (const folder of [...places].slice(0, MOST_FOLDERS)) {
        const report = await reportIn(folder);
        if (report === null || !(await concerns(report, card, input))) continue;
        const id = sha256(folder).slice(0, 16);
        folders.set(id, folder);
        found.push({ id, folder, job: ofJobs.get(folder)?.id ?? null, report });
      }
      return found.sort((a, b) => b.report.createdAt.localeCompare(a.report.createdAt));
    },
    folderOf(run) {
      const folder = folders.get(run);
      if (folder === undefined) throw fault('E_NOT_FOUND/run-report');
      return folder;
    },
    folders: () => folders.values(),
  };
}

async function placesAround(input: OpenInput, outputs: string | null): Promise<string[]> {
  const own = input.paths.flatMap((one) => [one, path.dirname(one), path.dirname(path.dirname(one))]);
  const around = new Set([
    ...input.paths.map((one) => path.dirname(one)),
    ...(outputs === null ? [] : [outputs]),
  ]);
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
async function concerns(report: Report, card: SeriesCard, input: OpenInput): Promise<boolean> {
  for (const one of report.series) {
    const made = one.outputs.some(
      ({ seriesInstanceUid: uid }) => uid !== null && uid === card.seriesInstanceUid,
    );
    if (made) return true;
    if (one.id !== card.id || !isAsLarge(one, card)) continue;
    if (card.kind === 'dicom') return true;
    // Every NIfTI file that is opened alone has the same id: it is told by what is in it.
    const hashes = new Set(one.input.sha256);
    for (const file of imageFiles(card, input)) {
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

function imageFiles(card: SeriesCard, input: OpenInput): string[] {
  const named = input.paths.filter((one) => path.basename(one) === path.basename(card.forPerson.description));
  return [...named, ...input.paths.map((one) => path.join(one, card.forPerson.description))];
}

async function hashOf(file: string): Promise<string | null> {
  try {
    const stat = await fs.stat(file);
    return stat.isFile() && stat.size <= MOST_IMAGE ? sha256(await fs.readFile(file)) : null;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM')) return null;
    throw error;
  }
}
