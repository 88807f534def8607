import * as fs from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { DelayedError, type Job, UnrecoverableError, WaitingError, Worker } from 'bullmq';
import { fault, LimpidError, type Problem, problemFrom } from '../contract/errors.js';
import { read } from '../contract/schema/schema.js';
import { type KeptCompute, keepCompute } from '../process/kept.js';
import { type QueueAddress, queueFault } from './address.js';
import { patiently } from './connection.js';
import { PREFIX, ROLL_UP_QUEUE, RollUpJob, SERIES_QUEUE, SeriesJob } from './jobs.js';
import { isIdle, type Queues, unfinished, withQueues } from './manage.js';
import type { UnitOutcome } from './outcome.js';
import { rollUp } from './roll-up.js';
import { mayPass, workOnUnit } from './unit-work.js';
import { openWorkFolder } from './work-folder.js';

export interface WorkerOptions {
  /** The built script of the compute process. */
  readonly compute: string;
  /** Series at a time. */
  readonly concurrency: number;
  /** Folder on this machine's own disk; null: a temporary one. */
  readonly work: string | null;
  /** After how long without a sign of life others take over what a worker had. */
  readonly leaseMs: number;
  /** End when nothing is left to do, instead of waiting for more. */
  readonly once: boolean;
  readonly onDone: (outcome: UnitOutcome) => void;
  /** `again`: it is tried once more. */
  readonly onFailed: (unit: string, problem: Problem, again: boolean) => void;
  /** The connection is gone, or back. */
  readonly onConnection: (there: boolean) => void;
}

export interface QueueWorker {
  /** When it was told to end, or nothing is left. @throws LimpidError E_NETWORK where Redis refuses us */
  readonly ended: Promise<void>;
  /** Takes no more; what is not finished after `graceMs` goes back into the queue and is no failed try. */
  stop(graceMs: number): Promise<void>;
}

/** Workers that may vanish with one series before it is given up: it may be what ends them. */
const MOST_STALLS = 10;
const LOOK_MS = 500;
const LONGEST_LOOK_MS = 30_000;
/** How long what is open to a Redis that refuses us may take to end. */
const CLOSE_MS = 5000;

/**
 * Takes series out of the queue until it is told to end. Redis may go and come back meanwhile.
 *
 * @throws LimpidError E_NETWORK where Redis cannot be reached at the start; E_IO
 */
export async function startWorker(address: QueueAddress, options: WorkerOptions): Promise<QueueWorker> {
  await withQueues(address, ({ series }) => series.getWorkersCount());
  const work = await openWorkFolder(options.work);
  return new Working(address, options, work);
}

class Working implements QueueWorker {
  readonly ended: Promise<void>;
  readonly #options: WorkerOptions;
  readonly #address: QueueAddress;
  readonly #work: string;
  readonly #idle: KeptCompute[] = [];
  readonly #busy = new Set<KeptCompute>();
  readonly #workers: readonly Worker[];
  #stopping = false;
  #there = true;
  /** Why Redis wants nothing of us any more. */
  #refused: LimpidError | undefined;
  #end: (error?: LimpidError) => void = () => undefined;

  constructor(address: QueueAddress, options: WorkerOptions, work: string) {
    this.#options = options;
    this.#address = address;
    this.#work = work;
    this.ended = new Promise((resolve, reject) => {
      this.#end = (error) => (error === undefined ? resolve() : reject(error));
    });
    const common = {
      connection: patiently(address),
      prefix: PREFIX,
      lockDuration: options.leaseMs,
      stalledInterval: options.leaseMs,
      maxStalledCount: MOST_STALLS,
      drainDelay: 2,
    };
    const series = new Worker(SERIES_QUEUE, (job: Job, token) => this.#onSeries(job, token), {
      ...common,
      concurrency: options.concurrency,
    });
    const rollUps = new Worker(ROLL_UP_QUEUE, (job: Job, token) => this.#onRollUp(job, token), {
      ...common,
      concurrency: 1,
    });
    this.#workers = [series, rollUps];
    for (const worker of this.#workers) {
      worker.on('error', (error) => this.#onError(error));
      worker.on('ready', () => this.#connected(true));
    }
    if (options.once) void this.#watch();
  }

  #onError(error: unknown): void {
    const told = queueFault(error);
    if (told.reason === 'E_NETWORK/queue-password') {
      this.#refused ??= told;
      void this.stop(0);
    } else if (isConnection(error)) this.#connected(false);
  }

  #connected(there: boolean): void {
    if (there !== this.#there) this.#options.onConnection(there);
    this.#there = there;
  }

  async #watch(): Promise<void> {
    while (!this.#stopping) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      // A queue that cannot be asked now is asked again.
      if (await withQueues(this.#address, isIdle).catch(() => false)) return void this.stop(0);
    }
  }

  async #onSeries(job: Job<unknown>, token: string | undefined): Promise<UnitOutcome> {
    const data = read(SeriesJob, job.data);
    if (!data.fits) throw new UnrecoverableError('E_USAGE');
    const compute = this.#idle.pop() ?? keepCompute(this.#options.compute);
    this.#busy.add(compute);
    try {
      const outcome = await workOnUnit(data.value, {
        compute,
        work: this.#work,
        confirm: () => this.#confirm(job, token),
      });
      this.#options.onDone(outcome);
      return outcome;
    } catch (error) {
      return await this.#failed(job, token, data.value.unit, error);
    } finally {
      this.#busy.delete(compute);
      this.#idle.push(compute);
    }
  }

  /** Only codes reach Redis: what is said of an error may name files. */
  async #failed(job: Job<unknown>, token: string | undefined, unit: string, error: unknown): Promise<never> {
    const problem = problemFrom(error);
    if (this.#stopping && problem.code === 'E_CANCELLED') {
      await job.moveToWait(token);
      throw new WaitingError();
    }
    const passes = mayPass(problem);
    this.#options.onFailed(unit, problem, passes && job.attemptsMade + 1 < (job.opts.attempts ?? 1));
    throw passes ? new Error(problem.code) : new UnrecoverableError(problem.code);
  }

  /** Who has lost its job to another worker, since it gave no sign of life, makes nothing visible. */
  async #confirm(job: Job<unknown>, token: string | undefined): Promise<void> {
    const extended = await job.extendLock(token ?? '', this.#options.leaseMs);
    if (extended !== 1) throw fault('E_LOCKED/output');
  }

  async #onRollUp(job: Job<unknown>, token: string | undefined): Promise<void> {
    const data = read(RollUpJob, job.data);
    if (!data.fits) throw new UnrecoverableError('E_USAGE');
    if (job.name !== 'batch') return;
    const { batch, again = [] } = data.value;
    const left = await this.#told((queues) => unfinished(queues, batch, again));
    if (left.length > 0) {
      await job.updateData({ ...data.value, again: left });
      await job.moveToDelayed(Date.now() + Math.min(LONGEST_LOOK_MS, LOOK_MS * left.length), token);
      throw new DelayedError();
    }
    await this.#told((queues) => rollUp(queues, data.value.out));
  }

  /** Only codes reach Redis. */
  async #told<T>(work: (queues: Queues) => Promise<T>): Promise<T> {
    try {
      return await withQueues(this.#address, work);
    } catch (error) {
      throw new Error(error instanceof LimpidError ? error.code : 'E_INTERNAL');
    }
  }

  async stop(graceMs: number): Promise<void> {
    if (this.#stopping) {
      for (const compute of this.#busy) compute.cancel();
      return;
    }
    this.#stopping = true;
    const late = setTimeout(() => {
      for (const compute of this.#busy) compute.cancel();
    }, graceMs);
    await this.#close();
    clearTimeout(late);
    for (const compute of this.#idle) compute.cancel();
    // What cannot be removed now goes when the next worker starts here.
    await fs.rm(this.#work, { recursive: true, force: true }).catch(() => undefined);
    this.#end(this.#refused);
  }

  /** What a connection that is gone still held is taken over by others after the lease. */
  async #close(): Promise<void> {
    const closed = Promise.all(this.#workers.map((worker) => worker.close().catch(() => undefined)));
    if (this.#refused === undefined) return void (await closed);
    // Nobody answers any more what would have to be asked to end in order.
    await within(CLOSE_MS, closed);
    // A connection that waits for its next try tells nobody that it has ended.
    const apart = Promise.all(this.#workers.map((worker) => worker.disconnect().catch(() => undefined)));
    await within(CLOSE_MS, apart);
  }
}

/** Waits for some work, but not for longer than `ms`; keeps the process alive meanwhile. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const done = new AbortController();
  // The only error there is says that the work was done first.
  await Promise.race([work, sleep(ms, undefined, { signal: done.signal }).catch(() => undefined)]);
  done.abort();
}

function isConnection(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const text = error instanceof Error ? error.message : '';
  return (
    /^(ECONN|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN)/.test(code) ||
    /Connection is closed|ECONN/.test(text)
  );
}
