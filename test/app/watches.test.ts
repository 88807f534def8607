import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { openQueue, type Queue } from '../../src-main/app/queue.js';
import { queuedJobs } from '../../src-main/app/watch/queued.js';
import { openWatches, type Watches } from '../../src-main/app/watch/watches.js';
import { DenoiseRequest } from '../../src-main/contract/requests/requests.js';
import type { Rule } from '../../src-main/contract/requests/rules.js';
import { read } from '../../src-main/contract/schema/schema.js';
import type { WatchDraft, WatchView } from '../../src-main/contract/window/watches.js';
import { removeFolders, temporaryFolder } from '../jobs/fixtures.js';
import { drawSeries, fakeJobs } from '../node/support.js';

/** Watched folders of the window, with a queue whose jobs only say what the trust report would. */

interface App {
  readonly home: string;
  readonly queue: Queue;
  readonly watches: Watches;
  readonly started: DenoiseRequest[];
  close(): Promise<void>;
}

type Verdict = Parameters<typeof fakeJobs>[0];
const open: App[] = [];
afterEach(async () => {
  for (const app of open.splice(0)) await app.close();
});
afterAll(removeFolders);

async function app(home: string, verdict: Verdict = () => 'pass'): Promise<App> {
  const jobs = fakeJobs(verdict);
  const watched = queuedJobs(() => queue);
  const queue = await openQueue({
    folder: home,
    start: (request) => {
      const asked = read(DenoiseRequest, request);
      if (!asked.fits) throw new Error('It is no request to denoise.');
      return jobs.startJob(asked.value);
    },
    onChange: (state) => watched.changed(state),
    onEvent: () => undefined,
    onCrash: () => undefined,
  });
  const watches = await openWatches({ home, jobs: watched, device: () => 'cpu' });
  const made: App = {
    ...{ home, queue, watches, started: jobs.started },
    async close() {
      const at = open.indexOf(made);
      if (at >= 0) open.splice(at, 1);
      await watches.close();
      await queue.close();
    },
  };
  open.push(made);
  return made;
}

const ALL: Rule = { name: 'all', do: 'denoise', model: 'dct', strength: 1, errorMap: false };

function draft(root: string, more: Partial<WatchDraft> = {}): WatchDraft {
  const [input, output] = ['in', 'out'].map((name) => path.join(root, name));
  for (const folder of [input, output]) fs.mkdirSync(folder, { recursive: true });
  return { id: null, input, output, quietSeconds: 1, rules: [ALL], warned: 'send', ...more };
}

function put(folder: string, options: Parameters<typeof drawSeries>[0]): string {
  const { files, series } = drawSeries(options);
  for (const file of files) fs.copyFileSync(file, path.join(folder, path.basename(file)));
  return series;
}

async function until(of: App, isIt: (view: WatchView) => boolean): Promise<WatchView> {
  let found: WatchView | undefined;
  await expect
    .poll(
      async () => {
        found = (await of.watches.api.watches()).find(isIt);
        return found !== undefined;
      },
      { timeout: 120_000 },
    )
    .toBe(true);
  if (found === undefined) throw new Error('There is none.');
  return found;
}

const dicomIn = (folder: string) =>
  fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.dcm'));

describe('a folder that is watched from the window', () => {
  it('has each series queued once, over restarts too, and puts what may be trusted into the other folder', async () => {
    const root = await temporaryFolder();
    const home = path.join(root, 'home');
    const first = await app(home);
    const asked = draft(root);
    const { id } = await first.watches.api.saveWatch(asked);
    put(asked.input, { slices: 3, seed: 1 });
    await until(first, ({ counts }) => counts.sent === 1);
    expect(dicomIn(asked.output)).toHaveLength(3);
    expect(first.queue.state().jobs).toMatchObject([{ label: 'in', state: 'done' }]);
    await first.close();

    const again = await app(home);
    const marker = put(asked.input, { slices: 2, seed: 2 });
    const view = await until(again, ({ counts }) => counts.sent === 2);
    expect(view).toMatchObject({ id, input: asked.input, paused: false, problem: null, away: false });
    expect(again.started).toHaveLength(1);
    expect(view.series[0]).toMatchObject({ series: marker, rule: 'all', verdict: 'pass' });
    expect(fs.readdirSync(asked.input)).toHaveLength(5);
  });

  it('holds what fails until a person releases it, and tells what failed without doing it again and again', async () => {
    const root = await temporaryFolder();
    const it = await app(path.join(root, 'home'), ({ input }) => (isBroken(input) ? 'crash' : 'fail'));
    const asked = draft(root, {
      rules: [
        { ...ALL, name: 'few', where: 'files<3', do: 'skip' },
        { ...ALL, name: 'rest' },
      ],
    });
    const isBroken = (input: string) => fs.readdirSync(input).length === 4;
    const { id } = await it.watches.api.saveWatch(asked);
    put(asked.input, { slices: 3, seed: 1 });
    put(asked.input, { slices: 2, seed: 2 });
    put(asked.input, { slices: 4, seed: 3 });
    const view = await until(it, ({ counts }) => counts.held + counts.skipped + counts.failed === 3);
    expect(view.counts).toMatchObject({ held: 1, skipped: 1, failed: 1, sent: 0 });
    const [held, failed] = view.series;
    expect([held?.state, held?.reason, failed?.state, failed?.reason]).toEqual([
      ...['held', 'E_TRUST'],
      ...['failed', 'E_CRASH'],
    ]);
    expect(dicomIn(asked.output)).toEqual([]);
    // Twice by the queue, and three times by who watches: then it is given up.
    const tries = it.started.filter(({ input }) => isBroken(input)).length;
    expect(tries).toBeLessThanOrEqual(6);
    expect(await it.watches.api.watchFolders(id, held?.id ?? '')).toHaveLength(2);
    await it.watches.api.commandWatch(id, held?.id ?? '', 'release');
    await until(it, ({ counts }) => counts.sent === 1);
    expect(dicomIn(asked.output)).toHaveLength(3);
    expect(it.started.filter(({ input }) => isBroken(input))).toHaveLength(tries);
  });

  it('takes nothing while it is paused, goes on, and is forgotten with all that was kept of it', async () => {
    const root = await temporaryFolder();
    const it = await app(path.join(root, 'home'));
    const asked = draft(root);
    await it.queue.pause(true);
    const { id } = await it.watches.api.saveWatch(asked);
    put(asked.input, { slices: 2, seed: 1 });
    await until(it, ({ counts }) => counts.running === 1);
    await expect.poll(() => it.queue.state().jobs.length).toBe(1);
    await it.watches.api.pauseWatch(id, true);
    // What waited in the queue for it waits with it.
    expect(it.queue.state().jobs).toEqual([]);
    expect(await until(it, ({ paused }) => paused)).toMatchObject({ counts: { waiting: 1 } });
    await expect(it.watches.api.commandWatch(id, 'x', 'retry')).rejects.toMatchObject({
      reason: 'E_USAGE/watch-paused',
    });
    await it.queue.pause(false);
    await it.watches.api.pauseWatch(id, false);
    await until(it, ({ counts }) => counts.sent === 1);
    const kept = path.join(it.watches.folder, id);
    expect(fs.existsSync(kept)).toBe(true);
    await it.watches.api.removeWatch(id);
    expect(await it.watches.api.watches()).toEqual([]);
    expect(fs.existsSync(kept)).toBe(false);
    expect([dicomIn(asked.input).length, dicomIn(asked.output).length]).toEqual([2, 2]);
  });

  it('waits in the queue over a restart, and is the same job afterwards', async () => {
    const root = await temporaryFolder();
    const home = path.join(root, 'home');
    const asked = draft(root);
    const first = await app(home);
    await first.queue.pause(true);
    await first.watches.api.saveWatch(asked);
    put(asked.input, { slices: 2, seed: 1 });
    await expect.poll(() => first.queue.state().jobs.length, { timeout: 120_000 }).toBe(1);
    const [job] = first.queue.state().jobs;
    await first.close();
    const again = await app(home);
    await until(again, ({ counts }) => counts.running === 1);
    expect(again.queue.state().jobs).toMatchObject([{ id: job?.id, state: 'waiting', label: 'in' }]);
    await again.queue.pause(false);
    await until(again, ({ counts }) => counts.sent === 1);
    expect(again.queue.state().jobs).toHaveLength(1);
    // Taken out of the list by a person, it is told as failed and not put there again.
    await again.queue.pause(true);
    put(asked.input, { slices: 2, seed: 2 });
    await expect.poll(() => again.queue.state().jobs.length, { timeout: 120_000 }).toBe(2);
    const next = again.queue.state().jobs.find(({ state }) => state === 'waiting');
    await again.queue.cancel(next?.id ?? '');
    expect((await until(again, ({ counts }) => counts.failed === 1)).series[0]).toMatchObject({
      reason: 'E_CANCELLED',
    });
  });

  it('is refused where what is written would come in again, by whichever way, and where rules cannot be used', async () => {
    const root = await temporaryFolder();
    const home = path.join(root, 'data', 'home');
    const it = await app(home);
    const asked = draft(root);
    const inside = path.join(asked.input, 'deep');
    fs.mkdirSync(inside);
    fs.symlinkSync(inside, path.join(root, 'link'));
    const reasonOf = async (more: Partial<WatchDraft>): Promise<unknown> => {
      const error: unknown = await it.watches.api
        .saveWatch({ ...asked, ...more })
        .catch((one: unknown) => one);
      return error instanceof Error && 'reason' in error ? error.reason : error;
    };
    expect(await reasonOf({ output: asked.input })).toBe('E_USAGE/watch-loop');
    expect(await reasonOf({ output: inside })).toBe('E_USAGE/watch-loop');
    expect(await reasonOf({ output: path.join(root, 'link') })).toBe('E_USAGE/watch-loop');
    expect(await reasonOf({ output: root })).toBe('E_USAGE/watch-loop');
    expect(await reasonOf({ input: path.join(root, 'data') })).toBe('E_USAGE/watch-own');
    expect(await reasonOf({ output: path.join(home, 'x') })).toMatch(/^E_NOT_FOUND/);
    expect(await reasonOf({ rules: [] })).toBe('E_USAGE/no-rules');
    expect(await reasonOf({ rules: [{ ...ALL, where: 'Nonsense=1' }] })).toBe('E_USAGE/condition');
    expect(await reasonOf({ rules: [{ ...ALL, model: { file: 'gone' } }] })).toBe('E_NOT_FOUND/model');
    expect(await it.watches.api.watches()).toEqual([]);
    const { id } = await it.watches.api.saveWatch(asked);
    expect(await reasonOf({})).toBe('E_USAGE/watched-already');
    // In a circle by way of two.
    const second = path.join(root, 'second');
    fs.mkdirSync(second);
    expect(await reasonOf({ input: asked.output, output: second })).toBe('E_USAGE/watch-loop');
    expect(await reasonOf({ input: second, output: inside })).toBe('E_USAGE/watch-loop');
    // The same again is no other one.
    expect(await it.watches.api.saveWatch({ ...asked, id, quietSeconds: 5 })).toMatchObject({
      id,
      quietSeconds: 5,
    });
    expect(await it.watches.api.watches()).toHaveLength(1);
  });
});
