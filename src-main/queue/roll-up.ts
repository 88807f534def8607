import * as path from 'node:path';
import type { Job, Queue } from 'bullmq';
import { writeFileAtomic } from '../base/files.js';
import { acquireLock } from '../base/lock.js';
import { VERSION } from '../base/version.js';
import { fault } from '../contract/errors.js';
import { NOTICE } from '../contract/report-version.js';
import { read } from '../contract/schema/schema.js';
import { ownFolder } from '../series/output-folder.js';
import { type Batch, readBatch } from './batch.js';
import { seriesJobId } from './jobs.js';
import type { Queues } from './manage.js';
import { outcomeOf, type RollUp, type Row, UnitOutcome } from './outcome.js';
import { rollUpHtml } from './roll-up-page.js';

export const ROLL_UP_FILES = { json: 'batch.json', csv: 'batch.csv', html: 'batch.html' } as const;

const PAGE = 500;

/**
 * Writes what became of all series of a batch into its output folder, as far as they are. One at a time, so that what
 * was read earlier is not written later.
 *
 * @throws LimpidError E_NOT_FOUND where no batch was submitted; E_LOCKED; E_IO
 */
export async function rollUp({ series }: Queues, out: string): Promise<RollUp> {
  const batch = await readBatch(out);
  if (batch === null) throw fault('E_NOT_FOUND/batch', {}, out);
  const lock = await acquireLock(path.join(ownFolder(out), 'roll-up.lock'));
  try {
    const told = tellAll(batch, await rowsOf(series, batch, out));
    const write = (name: string, content: string) =>
      writeFileAtomic(path.join(out, name), content, { replace: true, partIn: ownFolder(out) });
    await write(ROLL_UP_FILES.csv, csvOf(told.series));
    await write(ROLL_UP_FILES.html, rollUpHtml(told));
    await write(ROLL_UP_FILES.json, `${JSON.stringify(told)}\n`);
    return told;
  } finally {
    await lock.release();
  }
}

async function rowsOf(queue: Queue, { id, units }: Batch, out: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (let from = 0; from < units.length; from += PAGE) {
    const page = units.slice(from, from + PAGE);
    const jobs = await Promise.all(page.map(({ unit }) => queue.getJob(seriesJobId(id, unit))));
    rows.push(...(await Promise.all(page.map(({ unit }, i) => rowOf(out, unit, jobs[i])))));
  }
  return rows;
}

async function rowOf(out: string, unit: string, job: Job<unknown> | undefined): Promise<Row> {
  const tries = job?.attemptsStarted ?? 0;
  const waiting: Row = {
    unit,
    status: 'waiting',
    verdict: null,
    code: null,
    stacks: [],
    seconds: 0,
    host: '',
    tries,
  };
  if (job === undefined || job.finishedOn === undefined) return waiting;
  const outcome = read(UnitOutcome, job.returnvalue);
  if (outcome.fits) return { ...outcome.value, tries };
  const [, code = 'E_INTERNAL'] = /^([EW]_[A-Z_]+)$/.exec(job.failedReason ?? '') ?? [];
  // Some of its stacks may be done, and lie where all would.
  const partly = await partlyDone(out, unit);
  return {
    ...waiting,
    ...partly,
    status: 'failed',
    code,
    seconds: (job.finishedOn - (job.processedOn ?? job.finishedOn)) / 1000,
  };
}

async function partlyDone(out: string, unit: string): Promise<Pick<Row, 'stacks' | 'verdict'> | null> {
  const { stacks, verdict } = (await outcomeOf(path.join(out, unit), unit, 0, '')) ?? {
    stacks: [],
    verdict: null,
  };
  return stacks.some(({ status }) => status === 'done') ? { stacks, verdict } : null;
}

function tellAll({ id }: Batch, series: readonly Row[]): RollUp {
  const times = series
    .filter(({ status }) => status === 'done')
    .map(({ seconds }) => seconds)
    .sort((a, b) => a - b);
  const count = (matches: (row: Row) => boolean) => series.filter(matches).length;
  return {
    format: 'limpid-batch-1',
    notice: NOTICE,
    version: VERSION,
    createdAt: new Date().toISOString(),
    batch: id,
    counts: {
      done: count(({ status }) => status === 'done'),
      failed: count(({ status }) => status === 'failed'),
      skipped: count(({ status }) => status === 'skipped'),
      waiting: count(({ status }) => status === 'waiting'),
    },
    verdicts: {
      pass: count(({ verdict }) => verdict === 'pass'),
      warn: count(({ verdict }) => verdict === 'warn'),
      fail: count(({ verdict }) => verdict === 'fail'),
      none: count(({ verdict, status }) => verdict === null && status === 'done'),
    },
    seconds: {
      all: times.reduce((sum, one) => sum + one, 0),
      median: times[Math.floor(times.length / 2)] ?? 0,
      longest: times.at(-1) ?? 0,
    },
    series,
  };
}

/** Nothing in it needs quotes: names and codes are ours. */
function csvOf(rows: readonly Row[]): string {
  const lines = rows.map(({ unit, status, verdict, code, seconds, tries, host, stacks }) =>
    [
      unit,
      status,
      verdict ?? '',
      code ?? '',
      seconds.toFixed(3),
      tries,
      host.replace(/[^A-Za-z0-9._-]/g, '_'),
      stacks.map(({ id }) => id).join(' '),
    ].join(','),
  );
  return `${['unit,status,verdict,code,seconds,tries,host,series', ...lines].join('\n')}\n`;
}
