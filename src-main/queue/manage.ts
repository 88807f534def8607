import { type Job, Queue } from 'bullmq';
import { read } from '../contract/schema/schema.js';
import { type QueueAddress, queueFault } from './address.js';
import { briefly } from './connection.js';
import {
  PREFIX,
  ROLL_UP_QUEUE,
  ROLL_UP_TRIES,
  type RollUpJob,
  SERIES_QUEUE,
  SeriesJob,
  seriesJobId,
} from './jobs.js';

/** Series in the queue by what they wait for. */
export interface QueueStatus {
  readonly waiting: number;
  readonly running: number;
  /** For their next try. */
  readonly delayed: number;
  readonly done: number;
  readonly failed: number;
  readonly paused: boolean;
  readonly workers: number;
}

/** Both queues of a Redis, for a while. */
export interface Queues {
  readonly series: Queue;
  readonly rollUps: Queue;
}

/** @throws LimpidError E_NETWORK, and what the work throws */
export async function withQueues<T>(address: QueueAddress, work: (queues: Queues) => Promise<T>): Promise<T> {
  const connection = briefly(address);
  let broken: unknown = null;
  const open = (name: string) => {
    const queue = new Queue(name, { connection, prefix: PREFIX });
    queue.on('error', (error) => {
      broken = error;
    });
    return queue;
  };
  const queues = { series: open(SERIES_QUEUE), rollUps: open(ROLL_UP_QUEUE) };
  try {
    return await work(queues);
  } catch (error) {
    throw queueFault(broken ?? error);
  } finally {
    // A connection that is gone needs no closing.
    for (const queue of [queues.series, queues.rollUps]) await queue.close().catch(() => undefined);
  }
}

export async function statusOf({ series }: Queues): Promise<QueueStatus> {
  const counts = await series.getJobCounts(
    'waiting',
    'prioritized',
    'active',
    'delayed',
    'completed',
    'failed',
  );
  const of = (...names: string[]) => names.reduce((sum, name) => sum + (counts[name] ?? 0), 0);
  return {
    waiting: of('waiting', 'prioritized'),
    running: of('active'),
    delayed: of('delayed'),
    done: of('completed'),
    failed: of('failed'),
    paused: await series.isPaused(),
    workers: await series.getWorkersCount(),
  };
}

/** Whether nothing is left to do, not even to be told. */
export async function isIdle({ series, rollUps }: Queues): Promise<boolean> {
  const left = ['waiting', 'prioritized', 'active', 'delayed'] as const;
  const counts = await series.getJobCounts(...left);
  const others = await rollUps.getJobCounts(...left, 'waiting-children');
  return [...Object.values(counts), ...Object.values(others)].every((count) => count === 0);
}

const PAGE = 500;

/**
 * Puts all series that failed into the queue again, and has their batches told once these are done.
 *
 * @returns how many
 */
export async function retryFailed({ series, rollUps }: Queues): Promise<number> {
  let count = 0;
  for (;;) {
    // Those that are retried are no longer among the failed.
    const failed: Job<unknown>[] = await series.getJobs(['failed'], 0, PAGE - 1);
    const again = new Map<string, RollUpJob & { again: string[] }>();
    let retried = 0;
    for (const job of failed) {
      if (!(await isRetried(job))) continue;
      retried++;
      const data = read(SeriesJob, job.data);
      if (!data.fits) continue;
      const { batch, out, unit } = data.value;
      const told = again.get(batch) ?? { batch, out, again: [] };
      told.again.push(unit);
      again.set(batch, told);
    }
    for (const told of again.values()) await rollUps.add('batch', told, { ...ROLL_UP_TRIES, delay: 1000 });
    count += retried;
    if (failed.length < PAGE || retried === 0) return count;
  }
}

async function isRetried(job: Job<unknown>): Promise<boolean> {
  try {
    await job.retry('failed', { resetAttemptsMade: true });
    return true;
  } catch (error) {
    // Somebody else was faster: it is no longer among the failed.
    if ((await job.getState()) !== 'failed') return false;
    throw error;
  }
}

/** Takes all series that wait out of the queue; those that run are finished, and what is done stays. @returns how many */
export async function drain({ series, rollUps }: Queues): Promise<number> {
  const { waiting, delayed } = await statusOf({ series, rollUps });
  await series.drain(true);
  return waiting + delayed;
}

/** Those of some units of a batch that wait, or that somebody works on. */
export async function unfinished(
  { series }: Pick<Queues, 'series'>,
  batch: string,
  units: readonly string[],
): Promise<string[]> {
  const states = await statesOf(series, batch, units);
  return units.filter((_, i) => !ENDED.includes(states[i] ?? 'unknown'));
}

/** Those of some units of a batch that the queue does not know: they were never added, or taken out. */
export async function unknown(
  { series }: Pick<Queues, 'series'>,
  batch: string,
  units: readonly string[],
): Promise<ReadonlySet<string>> {
  const states = await statesOf(series, batch, units);
  return new Set(units.filter((_, i) => states[i] === 'unknown'));
}

const ENDED = ['completed', 'failed', 'unknown'];

async function statesOf(series: Queue, batch: string, units: readonly string[]): Promise<string[]> {
  const states: string[] = [];
  for (let from = 0; from < units.length; from += PAGE) {
    const page = units.slice(from, from + PAGE);
    states.push(...(await Promise.all(page.map((unit) => series.getJobState(seriesJobId(batch, unit))))));
  }
  return states;
}
