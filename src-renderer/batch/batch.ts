import { worstOf } from '../../src-main/contract/report.js';
import type { Verdict } from '../../src-main/contract/trust.js';
import type { JobRecord, JobReview } from '../../src-main/contract/window/app.js';
import type { OpenInput } from '../../src-main/contract/window/opened.js';

/** The worst verdict of what a job made; null where nothing was judged. */
export function verdictOfJob({ result }: JobRecord): Verdict | null {
  return worstOf(outcomesOf(result).map(({ trust }) => trust?.verdict ?? null));
}

/** Values that a job is to denoise, where its input is open; 0 where it is not. */
export function valuesOf({ request }: JobRecord, inputs: readonly OpenInput[]): number {
  if (request.type !== 'denoise') return 0;
  const { input, only } = request;
  return inputs
    .filter(({ paths }) => paths.includes(input))
    .flatMap(({ series }) => series)
    .filter((card) => card.eligible && card.derived !== true && (only?.includes(card.id) ?? true))
    .reduce((sum, { columns, rows, slices, frames }) => sum + columns * rows * slices * frames, 0);
}

const HEAD = [
  'job',
  'input',
  'kind',
  'state',
  'created',
  'series',
  'status',
  'verdict',
  'share_written',
  'accepted',
  'problem',
];

/**
 * A table of jobs, a line for each series that a job told of (RFC 4180).
 *
 * @param nameOf what a job is called; '' where names are hidden
 * @param reviewOf what was accepted of a job; null where that is not known
 */
export function csvOf(
  jobs: readonly JobRecord[],
  nameOf: (job: JobRecord) => string,
  reviewOf: (job: JobRecord) => JobReview | null,
): string {
  const lines = jobs.flatMap((job) => {
    const start = [job.id, nameOf(job), job.request.type, job.state, job.createdAt];
    const outcomes = outcomesOf(job.result);
    if (outcomes.length === 0) {
      const stopped = job.result !== null && 'stopped' in job.result ? job.result.stopped.code : '';
      return [[...start, '', '', '', '', '', stopped]];
    }
    return outcomes.map(({ series, status, trust, problem }) => [
      ...start,
      series,
      status,
      trust?.verdict ?? '',
      trust?.blend == null ? '' : String(trust.blend.share),
      acceptedText(reviewOf(job), series),
      problem?.code ?? '',
    ]);
  });
  return `${[HEAD, ...lines].map((line) => line.map(quoted).join(',')).join('\r\n')}\r\n`;
}

/** Series of a job that were done. */
export function doneOf({ result }: JobRecord): number {
  return outcomesOf(result).filter(({ status }) => status === 'done').length;
}

function acceptedText(review: JobReview | null, series: string): string {
  if (review === null) return '';
  return review.trashed ? 'in trash' : review.accepted.includes(series) ? 'yes' : 'no';
}

function outcomesOf(result: JobRecord['result']) {
  return result !== null && result.command === 'denoise' && 'series' in result
    ? result.series.flatMap((one) => ('status' in one ? [one] : []))
    : [];
}

/** A text that begins like a formula would be run by a spreadsheet. */
function quoted(text: string): string {
  const safe = /^[=+\-@\t]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
