import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { asFileError, hasCode, writeFileAtomic } from '../../base/files.js';
import { fault } from '../../contract/errors.js';
import type { Report, SeriesReport } from '../../contract/report.js';
import { filled, object, only, readText, shortList } from '../../contract/schema/schema.js';
import { ownFolder } from '../../series/output-folder.js';

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
    const read = readText(Review, await fs.readFile(fileOf(folder), 'utf8'));
    if (!read.fits || read.value.run !== report.createdAt) return {};
    return Object.fromEntries(read.value.accepted.map(({ series, at }) => [series, at]));
  } catch (error) {
    // Most results were not accepted yet; what is not readable by this person was not by them either.
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EIO')) return {};
    throw error;
  }
}

/**
 * Notes that a person accepts what a run made of a series, or no longer does.
 *
 * @param at when, ISO 8601; null: no longer
 * @throws LimpidError E_NOT_FOUND where the run made nothing of it; E_IO
 */
export async function accept(
  folder: string,
  report: Reviewed,
  series: string,
  at: string | null,
): Promise<void> {
  const made = report.series.some(({ id, status }) => id === series && status === 'done');
  if (!made) throw fault('E_NOT_FOUND/result');
  const { [series]: _, ...others } = await acceptedOf(folder, report);
  const now = at === null ? others : { ...others, [series]: at };
  const accepted = Object.entries(now).map(([id, when]) => ({ series: id, at: when }));
  const file = fileOf(folder);
  try {
    await fs.mkdir(path.dirname(file), { recursive: true });
    await writeFileAtomic(file, `${JSON.stringify({ format: 1, run: report.createdAt, accepted })}\n`, {
      replace: true,
    });
  } catch (error) {
    throw asFileError(error, folder);
  }
}
