import * as fs from 'node:fs/promises';
import { type Job, UnrecoverableError, WaitingError, Worker } from 'bullmq';
import { fault, LimpidError } from '../contract/errors.js';
import { read } from '../contract/schema/schema.js';
import { type KeptCompute, keepCompute } from '../process/kept.js';
import { type QueueAddress, queueFault } from './address.js';
import { PREFIX, ROLL_UP_QUEUE, RollUpJob, SERIES_QUEUE, SeriesJob } from './jobs.js';
import { isIdle, type Queues, withQueues } from './manage.js';
import type { UnitOutcome } from './outcome.js';
import { rollUp } from './roll-up.js';
import { workOnUnit } from './unit-work.js';
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
  /** By code; `again`: it is tried once more. */
  readonly onFailed: (unit: string, code: string, again: boolean) => void;
  /** The connection is gone, or back. */
  readonly onConnection: (there: boolean) => void;
}

export interface QueueWorker {
  /** When it was told to end, or nothing is left. @throws LimpidError E_NETWORK where Redis refuses us */
  readonly ended: Promise<void>;
  /** Takes no more; what is not finished after `graceMs` goes back into the queue and is no failed try. */
  stop(graceMs: number): Promise<void>;
}

/** Reasons that another try, or another machine, may not have: a share that is gone for a moment, memory that others took. */
const PASSING = ['E_CRASH', 'E_DEVICE', 'E_INTERNAL', 'E_IO', 'E_LOCKED', 'E_MEMORY', 'E_NOT_FOUND'];
/** Workers that may vanish with one series before it is given up: it may be what ends them. */
const MOST_STALLS = 10;
const LOOK_MS = 500;

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
  #end: (error?: LimpidError) => void = () => undefined;

  constructor(address: QueueAddress, options: WorkerOptions, work: string) {
    this.#options = options;
    this.#address = address;
    this.#work = work;
    this.ended = new Promise((resolve, reject) => {
      this.#end = (error) => (error === undefined ? resolve() : reject(error));
    });
    const common = {
      connection: {
        ...address,
        maxRetriesPerRequest: null,
        retryStrategy: (times: number) => Math.min(2000, 50 * 2 ** times),
      },
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
    const rollUps = new Worker(ROLL_UP_QUEUE, (job: Job) => this.#onRollUp(job), {
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
    if (told.reason === 'E_NETWORK/queue-password') this.#end(told);
    else if (isConnection(error)) this.#connected(false);
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
      if (outcome.status === 'failed') throw new UnrecoverableError(outcome.code ?? 'E_INTERNAL');
      this.#options.onDone(outcome);
      return outcome;
    } catch (error) {
      return await this.#failed(job, token, data.value.unit, error);
    } finally {
      this.#busy.delete(compute);
      this.#idle.push(compute);
      if (data.value.retried === true) await this.#tellAgain(data.value);
    }
  }

  /** Only codes reach Redis: what is said of an error may name files. */
  async #failed(job: Job<unknown>, token: string | undefined, unit: string, error: unknown): Promise<never> {
    const code =
      error instanceof LimpidError
        ? error.code
        : error instanceof UnrecoverableError
          ? error.message
          : 'E_INTERNAL';
    if (this.#stopping && code === 'E_CANCELLED') {
      await job.moveToWait(token);
      throw new WaitingError();
    }
    const passes = !(error instanceof UnrecoverableError) && PASSING.includes(code);
    this.#options.onFailed(unit, code, passes && job.attemptsMade + 1 < (job.opts.attempts ?? 1));
    throw passes ? new Error(code) : new UnrecoverableError(code);
  }

  /** Who has lost its job to another worker, since it gave no sign of life, makes nothing visible. */
  async #confirm(job: Job<unknown>, token: string | undefined): Promise<void> {
    const extended = await job.extendLock(token ?? '', this.#options.leaseMs);
    if (extended !== 1) throw fault('E_LOCKED/output');
  }

  async #onRollUp(job: Job<unknown>): Promise<void> {
    const data = read(RollUpJob, job.data);
    if (!data.fits) throw new UnrecoverableError('E_USAGE');
    if (job.name !== 'batch') return;
    await this.#rollUp(data.value);
  }

  async #rollUp({ out }: RollUpJob): Promise<void> {
    try {
      await withQueues(this.#address, (queues: Queues) => rollUp(queues, out));
    } catch (error) {
      throw new Error(error instanceof LimpidError ? error.code : 'E_INTERNAL');
    }
  }

  /** After the last of those that were put into the queue again. */
  async #tellAgain({ batch, out }: SeriesJob): Promise<void> {
    try {
      await withQueues(this.#address, async (queues) => {
        const counts = await queues.series.getJobCounts('waiting', 'prioritized', 'delayed', 'active');
        const left = Object.values(counts).reduce((sum, count) => sum + count, 0);
        if (left > 1) return;
        await queues.rollUps.add(
          'batch',
          { batch, out },
          { delay: 1000, attempts: 20, backoff: { type: 'exponential', delay: 1000 } },
        );
      });
    } catch {
      // `limpid queue report` writes it whenever it is asked to.
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
    // What a connection that is gone still held is taken over by others after the lease.
    await Promise.all(this.#workers.map((worker) => worker.close().catch(() => undefined)));
    clearTimeout(late);
    for (const compute of this.#idle) compute.cancel();
    // What cannot be removed now goes when the next worker starts here.
    await fs.rm(this.#work, { recursive: true, force: true }).catch(() => undefined);
    this.#end();
  }
}

function isConnection(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const text = error instanceof Error ? error.message : '';
  return (
    /^(ECONN|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN)/.test(code) ||
    /Connection is closed|ECONN/.test(text)
  );
}
