import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { asFileError, hasCode, writeFileAtomic } from '../../base/files.js';
import { makeFolder } from '../../base/make-folder.js';
import { fault } from '../../contract/errors.js';
import type { Report, SeriesReport } from '../../contract/report.js';
import { filled, object, only, readText, shortList } from '../../contract/schema/schema.js';
import { ownFolder, placeTaken } from '../../series/output-folder.js';

/** In the run's own folder, so that it goes where the result goes; of another run in the same folder it says nothing. */
const Review = object({
  format: only(1),
  /** `createdAt` of the report that it is about. */
  run: filled,
  accepted: shortList(object({ series: filled, at: filled })),
});

/** What is needed of a report. */
type Reviewed = Pick<Report, 'createdAt'> & {
  readonly series: readonly Pick<SeriesReport, 'id' | 'status'>[];
};

const fileOf = (folder: string) => path.join(ownFolder(folder), 'review.json');

/** When a person accepted what a run made of its series, by their ids; empty where nobody did, or it cannot be read. */
export async function acceptedOf(
  folder: string,
  report: Pick<Reviewed, 'createdAt'>,
): Promise<Readonly<Record<string, string>>> {
  try {
    return (await readAccepted(folder, report)) ?? {};
  } catch (error) {
    // What is not readable by this person was not accepted by them either.
    if (hasCode(error, 'EACCES', 'EPERM', 'EIO')) return {};
    throw error;
  }
}

/** null for a file that is none of ours. @throws as reading a file, but where there is none */
async function readAccepted(
  folder: string,
  report: Pick<Reviewed, 'createdAt'>,
): Promise<Readonly<Record<string, string>> | null> {
  let text: string;
  try {
    text = await fs.readFile(fileOf(folder), 'utf8');
  } catch (error) {
    // Most results were not accepted yet.
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return {};
    throw error;
  }
  const read = readText(Review, text);
  if (!read.fits) return null;
  if (read.value.run !== report.createdAt) return {};
  return Object.fromEntries(read.value.accepted.map(({ series, at }) => [series, at]));
}

/** What is being noted, by folder: each reads what the one before wrote. */
const noting = new Map<string, Promise<void>>();

/**
 * Notes that a person accepts what a run made of a series, or no longer does.
 *
 * @param at when, ISO 8601; null: no longer
 * @throws LimpidError E_NOT_FOUND where the run made nothing of it; E_EXISTS where what was noted before cannot be
 *   understood, and stays; E_IO
 */
export function accept(folder: string, report: Reviewed, series: string, at: string | null): Promise<void> {
  const before = noting.get(folder) ?? Promise.resolve();
  const done = before.then(() => note(folder, report, series, at));
  // One that failed is told to who asked for it; the next begins all the same.
  const next = done.catch(() => undefined);
  noting.set(folder, next);
  void next.then(() => noting.get(folder) === next && noting.delete(folder));
  return done;
}

async function note(folder: string, report: Reviewed, series: string, at: string | null): Promise<void> {
  const made = report.series.some(({ id, status }) => id === series && status === 'done');
  if (!made) throw fault('E_NOT_FOUND/result');
  const file = fileOf(folder);
  try {
    const known = await readAccepted(folder, report);
    // It may be of a later version, with more in it than would be written in its place.
    if (known === null) throw placeTaken(file);
    const { [series]: _, ...others } = known;
    const now = at === null ? others : { ...others, [series]: at };
    const accepted = Object.entries(now).map(([id, when]) => ({ series: id, at: when }));
    await makeFolder(path.dirname(file));
    await writeFileAtomic(file, `${JSON.stringify({ format: 1, run: report.createdAt, accepted })}\n`, {
      replace: true,
    });
  } catch (error) {
    throw asFileError(error, folder);
  }
}
