import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { hasCode } from '../base/files.js';
import { jsonFile } from '../base/json-file.js';
import { makeFolder } from '../base/make-folder.js';
import { fault, type Problem, problemFrom } from '../contract/errors.js';
import { JobEvent, ResultEvent } from '../contract/events.js';
import type { JobRequest } from '../contract/requests/requests.js';
import {
  anything,
  flag,
  list,
  nullOr,
  object,
  oneOf,
  only,
  optional,
  orElse,
  read,
  readText,
  text,
  uuid,
  whole,
} from '../contract/schema/schema.js';
import type { JobId, JobRecord, JobState, QueueState } from '../contract/window/app.js';
import type { RunningJob } from '../process/client.js';
import { WindowRequest } from './requests.js';

/** Raised when an older version's file can no longer be read. */
const FORMAT = 1;
/** Jobs that ended and are still listed. */
const MOST_ENDED = 200;
/** Events of one job that are kept. */
const MOST_EVENTS = 5000;
/** A job that crashed the compute process is tried once more by itself: it resumes. */
const MOST_CRASHES = 1;

export interface QueueOptions {
  /** Where queue.json and the logs are kept. */
  readonly folder: string;
  /** `again`: an earlier start of it was stopped, so it may resume. */
  readonly start: (
    request: JobRequest,
    onEvent: (event: JobEvent) => void,
    again: boolean,
    job: JobId,
  ) => RunningJob;
  readonly onChange: (state: QueueState) => void;
  readonly onEvent: (job: JobId, event: JobEvent) => void;
  readonly onCrash: (problem: Problem) => void;
  /** A job is no longer listed. */
  readonly onForget?: (job: JobId) => void;
}

export interface Queue {
  /** @param label what it is called, where its input does not tell */
  add(request: JobRequest, place: 'first' | 'last', label?: string): Promise<JobId>;
  /** @throws LimpidError E_NOT_FOUND, as all that name a job */
  cancel(job: JobId): Promise<void>;
  /** Ends a running training with the best weights so far. @throws LimpidError E_USAGE for any other job */
  finish(job: JobId): Promise<void>;
  retry(job: JobId): Promise<void>;
  /** @throws LimpidError E_USAGE for a running job */
  remove(job: JobId): Promise<void>;
  move(job: JobId, index: number): Promise<void>;
  pause(paused: boolean): Promise<void>;
  state(): QueueState;
  record(job: JobId): JobRecord;
  log(job: JobId): Promise<readonly JobEvent[]>;
  /** Stops the running job, which stays in the queue, and writes everything down. */
  close(): Promise<void>;
}

interface Job {
  readonly id: JobId;
  readonly request: JobRequest;
  readonly createdAt: string;
  readonly label?: string;
  state: JobState;
  progress: JobEvent | null;
  result: ResultEvent | null;
  crashes: number;
  /** It was started before. */
  begun: boolean;
}

/**
 * One job at a time, in order, over restarts: a job that was running when the app ended is waiting again, in front,
 * and resumes by its own journal.
 */
export async function openQueue(options: QueueOptions): Promise<Queue> {
  const disk = jsonFile(path.join(options.folder, 'queue.json'));
  const saved = parseQueue(await disk.read());
  /** Running first, then waiting in order, then ended, latest first. */
  let jobs: Job[] = saved.jobs;
  let paused = saved.paused;
  let running: {
    readonly job: Job;
    readonly process: RunningJob;
    why: 'paused' | 'cancelled' | null;
  } | null = null;
  let closed = false;

  const logs = new Map<JobId, JobEvent[]>();
  const logFile = (job: JobId) => path.join(options.folder, 'logs', `${job}.jsonl`);
  const waiting = () => jobs.filter(({ state }) => state === 'waiting');
  const ended = () => jobs.filter(({ state }) => state !== 'waiting' && state !== 'running');

  const changed = async (): Promise<void> => {
    options.onChange(stateOf());
    await disk.write({ format: FORMAT, paused, jobs: jobs.map(forDisk) });
  };
  const stateOf = (): QueueState => ({ paused, jobs: jobs.map(recordOf) });
  const order = (now: Job | null, next: readonly Job[], done: readonly Job[]): void => {
    for (const { id } of done.slice(MOST_ENDED)) forget(id);
    jobs = [...(now === null ? [] : [now]), ...next, ...done.slice(0, MOST_ENDED)];
  };
  const forget = (id: JobId): void => {
    logs.delete(id);
    // The log of a job that is forgotten is read by nobody: what stays of it only takes its room.
    void fs.rm(logFile(id), { force: true }).catch(() => undefined);
    options.onForget?.(id);
  };
  const find = (id: JobId): Job => {
    const job = jobs.find((one) => one.id === id);
    if (job === undefined) throw fault('E_NOT_FOUND/job');
    return job;
  };

  const advance = (): void => {
    const job = waiting().at(0);
    if (paused || closed || running !== null || job === undefined) return;
    job.state = 'running';
    job.progress = null;
    job.result = null;
    order(job, waiting(), ended());
    const events: JobEvent[] = [];
    logs.set(job.id, events);
    const hear = (event: JobEvent): void => {
      if (event.type === 'progress') job.progress = event;
      else if (events.length < MOST_EVENTS) events.push(event);
      options.onEvent(job.id, event);
    };
    const process = options.start(job.request, hear, job.begun, job.id);
    job.begun = true;
    running = { job, process, why: null };
    void process.result.then((result) => finished(job, result));
  };

  const finished = async (job: Job, result: ResultEvent): Promise<void> => {
    const why = running?.why ?? null;
    running = null;
    job.progress = null;
    const crash = 'stopped' in result && result.stopped.code === 'E_CRASH' ? result.stopped : null;
    if (crash !== null) options.onCrash(crash);
    // A job that was done just before it could be stopped is done.
    const interrupted = 'stopped' in result && result.stopped.code === 'E_CANCELLED';
    const again =
      (why === 'paused' && interrupted) ||
      (crash !== null && why !== 'cancelled' && job.crashes < MOST_CRASHES);
    if (crash !== null) job.crashes++;
    if (again) {
      job.state = 'waiting';
      order(null, [job, ...waiting().filter((one) => one !== job)], ended());
    } else {
      job.state = why === 'cancelled' ? 'cancelled' : stateAfter(result);
      job.result = result;
      logs.get(job.id)?.push(result);
      options.onEvent(job.id, result);
      order(null, waiting(), [job, ...ended().filter((one) => one !== job)]);
    }
    const written = writeLog(job.id);
    advance();
    await written;
    await changed().catch(reported);
  };

  const writeLog = async (id: JobId): Promise<void> => {
    const events = logs.get(id) ?? [];
    try {
      await makeFolder(path.dirname(logFile(id)), 0o700);
      await fs.writeFile(
        logFile(id),
        events.map((event) => `${JSON.stringify(event, withoutPlaces)}\n`).join(''),
        { mode: 0o600 },
      );
    } catch {
      // A log that cannot be kept is no reason to stop the work that it tells of.
    }
  };

  const queue: Queue = {
    async add(request, place, label) {
      const job: Job = {
        id: randomUUID(),
        request,
        createdAt: new Date().toISOString(),
        ...labelled(label),
        state: 'waiting',
        progress: null,
        result: null,
        crashes: 0,
        begun: false,
      };
      const next = place === 'first' ? [job, ...waiting()] : [...waiting(), job];
      order(running?.job ?? null, next, ended());
      advance();
      await changed();
      return job.id;
    },
    async cancel(id) {
      const job = find(id);
      if (running?.job === job) {
        running.why = 'cancelled';
        running.process.cancel();
        await running.process.result;
        return;
      }
      if (job.state !== 'waiting') return;
      job.state = 'cancelled';
      order(running?.job ?? null, waiting(), [job, ...ended().filter((one) => one !== job)]);
      await changed();
    },
    async finish(id) {
      const job = find(id);
      if (running?.job !== job || job.request.type !== 'train') throw fault('E_USAGE/not-training');
      running.process.finish();
    },
    async retry(id) {
      const job = find(id);
      if (job.state !== 'failed' && job.state !== 'cancelled') return;
      job.state = 'waiting';
      job.result = null;
      job.crashes = 0;
      order(running?.job ?? null, [...waiting().filter((one) => one !== job), job], ended());
      advance();
      await changed();
    },
    async remove(id) {
      const job = find(id);
      if (running?.job === job) throw fault('E_USAGE/job-running');
      jobs = jobs.filter((one) => one !== job);
      forget(id);
      await changed();
    },
    async move(id, index) {
      const job = find(id);
      if (job.state !== 'waiting') return;
      const others = waiting().filter((one) => one !== job);
      order(running?.job ?? null, others.toSpliced(index, 0, job), ended());
      await changed();
    },
    async pause(now) {
      paused = now;
      if (now && running !== null && running.why === null) {
        running.why = 'paused';
        running.process.pause();
        await running.process.result;
      }
      advance();
      await changed();
    },
    state: stateOf,
    record: (id) => recordOf(find(id)),
    async log(id) {
      find(id);
      return logs.get(id) ?? readLog(logFile(id));
    },
    async close() {
      closed = true;
      if (running !== null) {
        running.why ??= 'paused';
        const { process } = running;
        process.pause();
        await process.result;
      }
      await changed().catch(reported);
    },
  };
  advance();
  await changed();
  return queue;
}

/** A queue that cannot be written works on in memory: the log tells why it will be an older one after a restart. */
function reported(error: unknown): void {
  problemFrom(error);
}

function stateAfter(result: ResultEvent): JobState {
  if (result.exitCode === 0) return 'done';
  return 'stopped' in result && result.stopped.code === 'E_CANCELLED' ? 'cancelled' : 'failed';
}

function recordOf({ id, request, label, state, createdAt, progress, result }: Job): JobRecord {
  return { id, request, ...labelled(label), state, createdAt, progress, result };
}

function labelled(label: string | undefined): Pick<JobRecord, 'label'> {
  return label === undefined ? {} : { label };
}

/** A running job is a waiting one to the next start. */
function forDisk({ id, request, label, state, createdAt, result, crashes, begun }: Job) {
  const onDisk = state === 'running' ? 'waiting' : state;
  return {
    ...{ id, request, ...labelled(label), state: onDisk, createdAt },
    ...{ result: stripped(result), crashes, begun },
  };
}

/** Places name files for the person at the screen: they are not written down. */
function withoutPlaces(key: string, value: unknown): unknown {
  return key === 'place' || key === 'forPerson' ? undefined : value;
}

function stripped(result: ResultEvent | null): unknown {
  const plain: unknown = JSON.parse(JSON.stringify(result, withoutPlaces));
  return plain;
}

const SavedQueue = object({ format: only(FORMAT), paused: orElse(flag, false), jobs: list(anything()) });
const SavedJob = object({
  id: uuid,
  request: WindowRequest,
  createdAt: orElse(text, new Date(0).toISOString()),
  label: optional(text),
  state: oneOf(['waiting', 'done', 'failed', 'cancelled']),
  result: orElse(nullOr(ResultEvent), null),
  crashes: orElse(whole, 0),
  begun: orElse(flag, false),
});

/** A job of another version, or damaged, is dropped: its outputs and checkpoints are not touched. */
function parseQueue(value: unknown): { paused: boolean; jobs: Job[] } {
  const saved = read(SavedQueue, value);
  if (!saved.fits) return { paused: false, jobs: [] };
  const jobs = saved.value.jobs.flatMap((one) => {
    const job = read(SavedJob, one);
    return job.fits ? [{ ...job.value, progress: null }] : [];
  });
  return { paused: saved.value.paused, jobs };
}

/** Lines that this version does not know are left out. */
async function readLog(file: string): Promise<readonly JobEvent[]> {
  try {
    const lines = (await fs.readFile(file, 'utf8')).split('\n').map((line) => readText(JobEvent, line));
    return lines.flatMap((line) => (line.fits ? [line.value] : []));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}
