import { type Job, Queue } from 'bullmq';
import { read } from '../contract/schema/schema.js';
import { type QueueAddress, queueFault } from './address.js';
import { PREFIX, ROLL_UP_QUEUE, SERIES_QUEUE, SeriesJob } from './jobs.js';

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
  const connection = {
    ...address,
    maxRetriesPerRequest: 3,
    retryStrategy: (times: number) => (times > 3 ? null : 200),
  };
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

/** Puts all series that failed into the queue again. @returns how many */
export async function retryFailed({ series }: Queues): Promise<number> {
  let count = 0;
  for (;;) {
    // Those that are retried are no longer among the failed.
    const failed: Job<unknown>[] = await series.getJobs(['failed'], 0, PAGE - 1);
    for (const job of failed) {
      const data = read(SeriesJob, job.data);
      if (data.fits) await job.updateData({ ...data.value, retried: true });
      await job.retry('failed', { resetAttemptsMade: true });
      count++;
    }
    if (failed.length < PAGE) return count;
  }
}

/** Takes all series that wait out of the queue; those that run are finished, and what is done stays. @returns how many */
export async function drain({ series, rollUps }: Queues): Promise<number> {
  const { waiting, delayed } = await statusOf({ series, rollUps });
  await series.drain(true);
  return waiting + delayed;
}
