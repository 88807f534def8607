import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openQueue, type Queue, type QueueOptions } from '../../src-main/app/queue.js';
import type { JobEvent, ResultEvent } from '../../src-main/contract/events.js';
import type { JobRequest } from '../../src-main/contract/requests/requests.js';
import type { RunningJob } from '../../src-main/process/client.js';
import { denoiseRequest, removeFolders, temporaryFolder } from '../jobs/fixtures.js';
import { trainRequest } from '../jobs/train-request.js';

afterAll(removeFolders);

/** Jobs that end when the test says so. */
interface Bench {
  readonly options: QueueOptions;
  readonly started: JobRequest[];
  readonly crashes: string[];
  /** What running jobs were asked for. */
  readonly wishes: string[];
  readonly emit: (event: JobEvent) => void;
  readonly end: (result: ResultEvent) => Promise<void>;
}

function bench(folder: string): Bench {
  const started: JobRequest[] = [];
  const crashes: string[] = [];
  const wishes: string[] = [];
  let settle: ((result: ResultEvent) => void) | null = null;
  let hearChange: (() => void) | null = null;
  let hear: ((event: JobEvent) => void) | null = null;
  const options: QueueOptions = {
    folder,
    start(request, onEvent): RunningJob {
      started.push(request);
      hear = onEvent;
      const result = new Promise<ResultEvent>((resolve) => {
        settle = resolve;
      });
      const cancel = () => settle?.(stopped('E_CANCELLED', 130));
      return { result, cancel, pause: cancel, finish: () => wishes.push('finish') };
    },
    onChange: () => hearChange?.(),
    onEvent: () => undefined,
    onCrash: ({ code }) => crashes.push(code),
  };
  return {
    options,
    started,
    crashes,
    wishes,
    emit: (event) => hear?.(event),
    async end(result) {
      // The last that the queue does about an end, after the job's log is written, is to tell the change.
      const told = new Promise<void>((resolve) => {
        hearChange = resolve;
      });
      settle?.(result);
      await told;
    },
  };
}

function stopped(code: 'E_CANCELLED' | 'E_CRASH' | 'E_IO', exitCode: 1 | 130): ResultEvent {
  const problem = { code, message: 'It stopped.', remedy: 'Run again.', place: '/secret/name.dcm' };
  return { type: 'result', command: 'denoise', exitCode, stopped: problem };
}

const DONE: ResultEvent = {
  type: 'result',
  command: 'denoise',
  exitCode: 0,
  series: [],
  report: { json: 'report.json', html: 'report.html' },
  problems: [],
};

const request = (name: string) => denoiseRequest(`/in/${name}`, `/out/${name}`);
const names = (queue: Queue) =>
  queue
    .state()
    .jobs.map((job) => `${'input' in job.request ? path.basename(job.request.input) : ''} ${job.state}`);

describe('the queue', () => {
  it('runs one job at a time, in the order that it is told', async () => {
    const { options, started, end } = bench(await temporaryFolder());
    const queue = await openQueue(options);
    await queue.add(request('a'), 'last');
    await queue.add(request('b'), 'last');
    const c = await queue.add(request('c'), 'last');
    await queue.add(request('d'), 'first');
    expect(names(queue)).toEqual(['a running', 'd waiting', 'b waiting', 'c waiting']);
    await queue.move(c, 0);
    expect(names(queue)).toEqual(['a running', 'c waiting', 'd waiting', 'b waiting']);
    await end(DONE);
    await end(stopped('E_IO', 1));
    expect(names(queue)).toEqual(['d running', 'b waiting', 'c failed', 'a done']);
    expect(started).toHaveLength(3);
    await queue.retry(c);
    expect(names(queue)).toEqual(['d running', 'b waiting', 'c waiting', 'a done']);
    await queue.close();
  });

  it('stops the running job when it is paused, and begins with it afterwards', async () => {
    const { options, started } = bench(await temporaryFolder());
    const queue = await openQueue(options);
    await queue.add(request('a'), 'last');
    await queue.add(request('b'), 'last');
    await queue.pause(true);
    expect(names(queue)).toEqual(['a waiting', 'b waiting']);
    await queue.pause(false);
    expect(names(queue)).toEqual(['a running', 'b waiting']);
    expect(started).toHaveLength(2);
    await queue.close();
  });

  it('cancels running and waiting jobs, removes only what does not run', async () => {
    const { options } = bench(await temporaryFolder());
    const queue = await openQueue(options);
    const a = await queue.add(request('a'), 'last');
    const b = await queue.add(request('b'), 'last');
    await expect(queue.remove(a)).rejects.toMatchObject({ code: 'E_USAGE' });
    await queue.cancel(b);
    await queue.cancel(a);
    expect(names(queue)).toEqual(['a cancelled', 'b cancelled']);
    await queue.remove(a);
    expect(names(queue)).toEqual(['b cancelled']);
    await expect(queue.cancel(a)).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
  });

  it('is done with a job that was done just before it could be paused', async () => {
    const { options, end } = bench(await temporaryFolder());
    const slow: QueueOptions = {
      ...options,
      start: (...args) => ({ ...options.start(...args), pause: () => void end(DONE) }),
    };
    const queue = await openQueue(slow);
    await queue.add(request('a'), 'last');
    await queue.pause(true);
    await expect.poll(() => names(queue)).toEqual(['a done']);
  });

  it('asks a training that runs to end early, and nothing else', async () => {
    const { options, wishes } = bench(await temporaryFolder());
    const queue = await openQueue(options);
    const train = await queue.add(trainRequest('/in', '/out.onnx'), 'last');
    const other = await queue.add(request('b'), 'last');
    await queue.finish(train);
    expect(wishes).toEqual(['finish']);
    await expect(queue.finish(other)).rejects.toMatchObject({ code: 'E_USAGE' });
    await queue.cancel(train);
    await expect(queue.finish(other)).rejects.toMatchObject({ code: 'E_USAGE' });
    expect(wishes).toEqual(['finish']);
    await queue.close();
  });

  it('starts a job again after a crash of its process, once', async () => {
    const { options, started, crashes, end } = bench(await temporaryFolder());
    const queue = await openQueue(options);
    const a = await queue.add(request('a'), 'last');
    await end(stopped('E_CRASH', 1));
    expect(names(queue)).toEqual(['a running']);
    await end(stopped('E_CRASH', 1));
    expect(names(queue)).toEqual(['a failed']);
    expect(crashes).toEqual(['E_CRASH', 'E_CRASH']);
    expect(started).toHaveLength(2);
    expect(queue.record(a).result).toMatchObject({ stopped: { code: 'E_CRASH' } });
  });

  it('is the same after a restart, with what ran in front, and writes no file names into logs', async () => {
    const folder = await temporaryFolder();
    const first = bench(folder);
    const queue = await openQueue(first.options);
    const a = await queue.add(request('a'), 'last');
    await queue.add(request('b'), 'last');
    await queue.add(request('c'), 'last');
    first.emit({
      type: 'warning',
      series: null,
      problem: { code: 'W_SKIPPED', message: 'Left out.', remedy: 'None.', place: '/secret/name.dcm' },
    });
    await first.end(stopped('E_IO', 1));
    await queue.pause(true);
    await queue.close();
    for (const name of ['queue.json', `logs/${a}.jsonl`])
      expect(await fs.readFile(path.join(folder, name), 'utf8')).not.toContain('secret');
    const second = bench(folder);
    const again = await openQueue(second.options);
    expect(again.state().paused).toBe(true);
    expect(names(again)).toEqual(['b waiting', 'c waiting', 'a failed']);
    expect(await again.log(a)).toMatchObject([{ type: 'warning' }, { type: 'result' }]);
    await again.pause(false);
    expect(names(again)).toEqual(['b running', 'c waiting', 'a failed']);
    // A power cut: nothing is closed, and the file says that b has not ended.
    const third = await openQueue(bench(folder).options);
    expect(names(third)).toEqual(['b running', 'c waiting', 'a failed']);
  });

  it('says of a job that was started before that it may resume', async () => {
    const folder = await temporaryFolder();
    const again: boolean[] = [];
    const { options } = bench(folder);
    const noting: QueueOptions = {
      ...options,
      start: (asked, onEvent, before, job) => {
        again.push(before);
        return options.start(asked, onEvent, before, job);
      },
    };
    const queue = await openQueue(noting);
    await queue.add(request('a'), 'last');
    await queue.close();
    await openQueue(noting);
    expect(again).toEqual([false, true]);
  });

  it('begins empty where its file is damaged, and drops what is no job', async () => {
    const folder = await temporaryFolder();
    await fs.writeFile(path.join(folder, 'queue.json'), '{"format":1,"jobs":[{"id":');
    expect((await openQueue(bench(folder).options)).state().jobs).toEqual([]);
    const job = { id: '0'.repeat(36), request: { type: 'format-disk' }, state: 'waiting' };
    await fs.writeFile(path.join(folder, 'queue.json'), JSON.stringify({ format: 1, jobs: [job, 5] }));
    const { options, started } = bench(folder);
    expect((await openQueue(options)).state().jobs).toEqual([]);
    expect(started).toEqual([]);
  });

  it('takes what a later version wrote as far as it knows it', async () => {
    const folder = await temporaryFolder();
    const id = (digit: number) => `${String(digit).repeat(8)}-1111-4111-8111-111111111111`;
    const job = {
      id: id(1),
      request: { ...request('a'), later: { x: 1 } },
      state: 'done',
      crashes: 0,
      begun: true,
    };
    const done = { type: 'result', command: 'evaluate', exitCode: 0, of: 'later' };
    const ended = stopped('E_IO', 1);
    const jobs = [
      { ...job, result: { ...ended, later: 1 } },
      { ...job, id: id(2), result: done, crashes: 'many' },
      { ...job, id: id(3), request: { ...request('a'), adapt: 'banana' } },
      { ...job, id: id(4), state: 'dreaming' },
    ];
    await fs.writeFile(path.join(folder, 'queue.json'), JSON.stringify({ format: 1, jobs, later: true }));
    const kept = (await openQueue(bench(folder).options)).state().jobs;
    expect(kept.map((one) => one.id)).toEqual([id(1), id(2)]);
    expect(kept.map(({ result }) => result)).toEqual([ended, null]);
    expect(kept[0].request).toEqual(request('a'));
  });
});
