import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { threadScript } from '../base/built.js';
import { threadsAllowed } from '../base/threads.js';
import { errorFrom, fault, type LimpidError } from '../contract/errors.js';
import type { SliceRange } from './slab.js';
import { runTask, type SliceTask } from './tasks.js';
import type { TaskReply } from './worker.js';

export interface SlicePoolOptions {
  /** Threads; 1 computes in the calling thread. Default: as many as there are processors, at most 8. */
  readonly threads?: number;
  /** The worker's script, where it is not beside this one. */
  readonly worker?: URL;
}

const MOST_THREADS = 8;

/** Threads without work, for the next pool: to start one takes a tenth of a second of processor time. */
const idle = new Set<Worker>();
const scripts = new WeakMap<Worker, string>();
/** Bytes of images that a thread has been given since it started. */
const given = new WeakMap<Worker, number>();

/**
 * A thread that was given more does not wait for the next pool: it lets go of no image before its engine collects its
 * garbage, which is small, and keeps the memory of its largest task. Work on so much takes far longer than to start one.
 */
const MOST_HELD = 32 * 1024 ** 2;

/**
 * Runs slice tasks in threads. The result does not depend on their number. Threads of a closed pool that worked on
 * little wait for the next one, without keeping the process alive; the others end, and with them what they hold.
 */
export class SlicePool {
  readonly threads: number;
  readonly #script: URL | undefined;
  readonly #workers: Worker[] = [];
  /** Images of the tasks so far, and the bytes of all of them. */
  readonly #images = new WeakSet<ArrayBufferLike>();
  #bytes = 0;

  constructor(options: SlicePoolOptions = {}) {
    this.threads = options.threads ?? Math.max(1, Math.min(MOST_THREADS, threadsAllowed()));
    this.#script = options.worker;
  }

  /**
   * Runs all tasks; `onDone` hears of each.
   *
   * @throws LimpidError what a task throws; E_INTERNAL where a thread ends or was not built. The pool is of no use
   * then and is closed.
   */
  async run(tasks: readonly SliceTask[], onDone: (task: SliceTask) => void): Promise<void> {
    if (this.threads === 1) {
      for (const task of tasks) {
        runTask(task);
        onDone(task);
        // lets messages out between two tasks
        await setImmediate();
      }
      return;
    }
    for (const task of tasks) this.#count(task);
    const waiting = [...tasks];
    const script = this.#script ?? threadScript('classical-worker', import.meta.url);
    while (this.#workers.length < Math.min(this.threads, tasks.length))
      this.#workers.push(takeWorker(script));
    const drain = async (worker: Worker): Promise<void> => {
      for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) {
        await ask(worker, task);
        onDone(task);
      }
    };
    try {
      await Promise.all(this.#workers.map(drain));
    } catch (error) {
      // what the others are at is of no use
      await Promise.all(this.#workers.splice(0).map((worker) => worker.terminate()));
      throw error;
    }
  }

  /** The threads wait for the next pool then, or end. */
  close(): void {
    for (const worker of this.#workers.splice(0)) {
      if (hasEnded(worker)) continue;
      const bytes = (given.get(worker) ?? 0) + this.#bytes;
      if (bytes > MOST_HELD) {
        void worker.terminate();
        continue;
      }
      given.set(worker, bytes);
      worker.unref();
      idle.add(worker);
    }
  }

  #count({ input, output, step }: SliceTask): void {
    const images = 'pilot' in step ? [input, output, step.pilot] : [input, output];
    for (const { buffer } of images) {
      if (this.#images.has(buffer)) continue;
      this.#images.add(buffer);
      this.#bytes += buffer.byteLength;
    }
  }
}

/** One that runs this script and waits, or a new one. */
function takeWorker(script: URL): Worker {
  for (const worker of idle) {
    if (scripts.get(worker) !== script.href) continue;
    idle.delete(worker);
    if (hasEnded(worker)) continue;
    worker.ref();
    return worker;
  }
  const worker = new Worker(script);
  scripts.set(worker, script.href);
  // what ends while it waits has nobody else to tell
  worker.on('error', () => idle.delete(worker));
  worker.on('exit', () => idle.delete(worker));
  return worker;
}

/** A thread that ends gives its last message and its end in one go: whoever waited for the one has not heard of the other. */
function hasEnded(worker: Worker): boolean {
  return worker.threadId === -1;
}

/** Slices in parts of at most `depth`, as many as keep all threads busy to the end. */
export function partsOf(slices: number, threads: number, depth: number): SliceRange[] {
  const rounds = Math.ceil(slices / (threads * depth));
  const count = Math.min(slices, threads * rounds);
  return Array.from({ length: count }, (_, i) => ({
    from: Math.floor((i * slices) / count),
    to: Math.floor(((i + 1) * slices) / count),
  }));
}

function ask(worker: Worker, task: SliceTask): Promise<void> {
  if (hasEnded(worker)) return Promise.reject(crashed());
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void): void => {
      worker.off('message', onMessage);
      worker.off('error', onError);
      worker.off('exit', onExit);
      settle();
    };
    const onMessage = (problem: TaskReply): void =>
      finish(problem === null ? resolve : () => reject(errorFrom(problem)));
    const onError = (error: unknown): void => finish(() => reject(crashed(error)));
    const onExit = (): void => finish(() => reject(crashed()));
    worker.on('message', onMessage);
    worker.on('error', onError);
    worker.on('exit', onExit);
    worker.postMessage(task);
  });
}

function crashed(cause?: unknown): LimpidError {
  return fault('E_INTERNAL/thread', {}, undefined, cause);
}
