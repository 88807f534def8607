import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RollUp } from '../../src-main/queue/outcome.js';
import { removeFolders, temporaryFolder } from '../jobs/fixtures.js';
import { hasTool, signalsLack } from '../support/tools.js';
import { Crew, drawSeries, limpid, openRedis, pixelsBelow, type Ran, type Redis } from './support.js';

const COUNT = 30;
const noRedis = !hasTool('redis-server');

let root: string;
let home: string;
let redis: Redis;
let input: string;
/** Databases of one Redis: a queue each. */
let databases = 0;
const queue = () => `${redis.url}/${++databases}`;

const run = (...args: string[]): Promise<Ran> => limpid(args, home).ran;
async function read(out: string): Promise<RollUp> {
  return JSON.parse(await fs.readFile(path.join(out, 'batch.json'), 'utf8'));
}
async function units(out: string): Promise<string[]> {
  return (await fs.readdir(out)).filter((name) => name.startsWith('series-'));
}

describe.skipIf(noRedis)('a queue for many machines', () => {
  beforeAll(async () => {
    root = await temporaryFolder();
    home = path.join(root, 'home');
    redis = await openRedis(root);
    input = path.join(root, 'in');
    await drawSeries(input, COUNT);
  });

  afterAll(async () => {
    await redis.close();
    await removeFolders();
  });

  it('refuses a database that Redis does not have, instead of taking another', async () => {
    const at = `${redis.url}/99`;
    for (const args of [
      ['submit', input, path.join(root, 'none')],
      ['queue', 'status'],
      ['worker', '--once'],
    ])
      expect(await run(...args, '--queue', at)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('Redis has no database 99'),
      });
    expect(await redis.command('DBSIZE')).toBe(0);
  });

  it('does all series once, with the pixels of one run, though workers are killed and Redis comes and goes', async () => {
    const [out, alone, at] = [path.join(root, 'out'), path.join(root, 'alone'), queue()];
    const submitted = await run('submit', input, out, '--model', 'dct', '--queue', at);
    expect(submitted).toMatchObject({ code: 0, stdout: expect.stringContaining(`${COUNT} series in batch`) });
    // As of a worker that vanished while it copied: half a result, which nobody sees, and which goes.
    const half = path.join(out, '.limpid', 'incoming', 'series-001.0123456789ab', 'series-001');
    await fs.mkdir(half, { recursive: true });
    await fs.writeFile(path.join(half, '00001.dcm'), 'half');
    const work = path.join(root, 'work');
    const options = ['--queue', at, '--lease', '2', '--threads', '1', '--work', work];
    const crew = new Crew(options, home);
    for (let i = 0; i < 2; i++) crew.hire();
    try {
      for (const [i, done] of [2, 5, 8, 12, 15].entries()) {
        await crew.done(done);
        await crew.replace();
        if (i % 2 === 1) await redis.restart();
      }
    } finally {
      await crew.dismiss();
    }
    expect(await run('worker', ...options, '--once')).toMatchObject({ code: 0 });
    // What those that were killed had not published is gone too.
    expect(await fs.readdir(work)).toEqual([]);
    const told = await read(out);
    expect(told.counts).toEqual({ done: COUNT, failed: 0, skipped: 0, waiting: 0 });
    expect(await units(out)).toHaveLength(COUNT);
    expect((await run('denoise', input, alone, '--model', 'dct')).code).toBe(0);
    const [ours, theirs] = [await pixelsBelow(out), await pixelsBelow(alone)];
    expect(ours.size).toBe(2 * COUNT);
    expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(theirs));
    expect(await fs.readdir(path.join(out, '.limpid', 'incoming'))).toEqual([]);
    const lines = (await fs.readFile(path.join(out, 'batch.csv'), 'utf8')).trim().split('\n');
    expect(lines).toHaveLength(COUNT + 1);
    const page = await fs.readFile(path.join(out, 'batch.html'), 'utf8');
    expect(page).toContain(`${COUNT} done, <span class="failed">0 failed</span>, 0 skipped, 0 not finished.`);
    // The page and the table tell the same of each series: state, verdict, code, time, tries and machine.
    const english = page.replace(/<span lang="de">[^<]*<\/span>/g, '');
    const shown = [...english.matchAll(/<tr>(<td.*)<\/tr>/g)].map(([, row = '']) =>
      [...row.matchAll(/<td[^>]*>(.*?)<\/td>/g)]
        .map(([, cell = '']) => cell.replace(/<[^>]*>/g, ''))
        .join(','),
    );
    const listed = (decimals: number) =>
      told.series
        .map(({ unit, status, verdict, code, seconds, tries, host }) =>
          [unit, status, verdict ?? '', code ?? '', seconds.toFixed(decimals), tries, host].join(','),
        )
        .sort();
    expect(shown.sort()).toEqual(listed(1));
    const table = lines.slice(1).map((line) => line.split(',').slice(0, 7).join(','));
    expect(table.sort()).toEqual(listed(3));
    const judged = (verdict: string | null) => told.series.filter((one) => one.verdict === verdict).length;
    expect(page).toContain(
      `Verdicts: ${judged('pass')} pass, ${judged('warn')} warn, ${judged('fail')} fail, ${judged(null)} not judged.`,
    );
    // What Redis has on its disk names no patient, no file of the source, and no UID.
    const held = path.join(root, 'appendonlydir');
    for (const name of await fs.readdir(held)) {
      const text = await fs.readFile(path.join(held, name), 'latin1');
      expect(text).not.toMatch(/Secret|1\.3\.\d|2\.25\./);
    }
    // The same once more adds nothing, and another request is refused.
    expect(await run('submit', input, out, '--model', 'dct', '--queue', at)).toMatchObject({ code: 0 });
    expect(JSON.parse((await run('queue', 'status', '--queue', at, '--json')).stdout)).toMatchObject({
      waiting: 0,
      done: COUNT,
    });
    expect(await run('submit', input, out, '--model', 'nlm', '--queue', at)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('E_RESUME'),
    });
  });

  it('tells what failed, tries it again when it is asked to, and stops and goes on', async () => {
    const [some, out, at] = [path.join(root, 'some'), path.join(root, 'out-some'), queue()];
    await drawSeries(some, 3);
    expect((await run('submit', some, out, '--model', 'dct', '--queue', at)).code).toBe(0);
    const broken = path.join(some, 'SecretFile-1-0.dcm');
    const whole = await fs.readFile(broken);
    await fs.writeFile(broken, whole.subarray(0, 700));
    expect((await run('queue', 'pause', '--queue', at)).code).toBe(0);
    expect(JSON.parse((await run('queue', 'status', '--queue', at, '--json')).stdout)).toMatchObject({
      waiting: 3,
      paused: true,
    });
    expect((await run('queue', 'resume', '--queue', at)).code).toBe(0);
    expect(await run('worker', '--queue', at, '--once')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('E_SOURCE_CHANGED'),
    });
    const failed = await read(out);
    expect(failed.counts).toEqual({ done: 2, failed: 1, skipped: 0, waiting: 0 });
    expect(failed.series.find(({ status }) => status === 'failed')).toMatchObject({
      unit: 'series-002',
      code: 'E_SOURCE_CHANGED',
    });
    await fs.writeFile(broken, whole);
    const { mtimeMs } = await fs.stat(path.join(some, 'SecretFile-1-1.dcm'));
    const planned = /"path":"[^"]*SecretFile-1-0.dcm","bytes":\d+,"modified":(\d+)/.exec(
      await fs.readFile(path.join(out, '.limpid', 'plans.jsonl'), 'utf8'),
    );
    await fs.utimes(broken, mtimeMs / 1000, Number(planned?.[1]) / 1000);
    // Another batch, whose inputs are on a share that is gone for now, is no reason to tell nothing of this one.
    const [gone, later] = [path.join(root, 'gone'), path.join(root, 'out-gone')];
    await drawSeries(gone, 1);
    expect((await run('submit', gone, later, '--model', 'dct', '--queue', at)).code).toBe(0);
    await fs.rename(gone, `${gone}-away`);
    expect((await run('queue', 'retry', '--queue', at)).stdout).toContain('1 series retried');
    const worker = limpid(['worker', '--queue', at], home);
    await expect
      .poll(async () => (await read(out)).counts, { timeout: 60_000 })
      .toEqual({ done: 3, failed: 0, skipped: 0, waiting: 0 });
    expect(await units(out)).toHaveLength(3);
    // What may pass is tried again, and told with what it says.
    await expect
      .poll(async () => JSON.parse((await run('queue', 'status', '--queue', at, '--json')).stdout), {
        timeout: 60_000,
      })
      .toMatchObject({ delayed: 1, failed: 0 });
    await fs.rename(`${gone}-away`, gone);
    await expect.poll(() => units(later), { timeout: 60_000 }).toHaveLength(1);
    worker.kill('SIGTERM');
    expect(await worker.ran).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/series-001 {2}again {2}E_NOT_FOUND: A file of the input is gone/),
    });
  });

  it('names no place in what a worker prints, which is a log where it is a service', async () => {
    const [some, out, at] = [path.join(root, 'placed'), path.join(root, 'out-placed'), queue()];
    await drawSeries(some, 1);
    const submitted = await run('submit', some, out, '--model', 'dct', '--queue', at, '--retries', '0');
    expect(submitted.code).toBe(0);
    await fs.rm(path.join(out, '.limpid', 'plans.jsonl'));
    const { code, stdout, stderr } = await run('worker', '--queue', at, '--once');
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^\S+ {2}failed {2}E_NOT_FOUND: /)]);
    expect(stdout + stderr).not.toContain(root);
  });

  it('takes what it can of inputs of which some cannot be read, and says so; of nothing it makes no batch', async () => {
    const [some, out, at] = [path.join(root, 'partly'), path.join(root, 'out-partly'), queue()];
    await drawSeries(some, 1);
    const broken = path.join(some, 'broken.dcm');
    const whole = await fs.readFile(path.join(some, 'SecretFile-0-0.dcm'));
    await fs.writeFile(broken, whole.subarray(0, 700));
    const submitted = await run('submit', some, out, '--model', 'dct', '--queue', at, '--json');
    expect(submitted.code).toBe(1);
    expect(JSON.parse(submitted.stdout)).toMatchObject({ series: 1, partly: true });
    const nothing = path.join(root, 'out-nothing');
    expect(await run('submit', broken, nothing, '--model', 'dct', '--queue', at)).toMatchObject({ code: 1 });
    await expect(fs.readdir(nothing)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(JSON.parse((await run('queue', 'status', '--queue', at, '--json')).stdout)).toMatchObject({
      waiting: 1,
    });
  });

  it('lets a worker go in order: what it had goes back and is no failed try; what waits can be taken out', async () => {
    const [out, at] = [path.join(root, 'out-order'), queue()];
    expect((await run('submit', input, out, '--model', 'nlm', '--queue', at, '--retries', '0')).code).toBe(0);
    const worker = limpid(['worker', '--queue', at, '--grace', '0'], home);
    await new Promise((resolve) => worker.stdout?.once('data', resolve));
    worker.kill('SIGTERM');
    expect(await worker.ran).toMatchObject({ code: 0 });
    const status = JSON.parse((await run('queue', 'status', '--queue', at, '--json')).stdout);
    expect(status).toMatchObject({ running: 0, failed: 0 });
    expect(status.done + status.waiting + status.delayed).toBe(COUNT);
    expect((await run('queue', 'drain', '--queue', at)).stdout).toContain(
      `${status.waiting + status.delayed} series removed`,
    );
    expect(await run('worker', '--queue', at, '--once')).toMatchObject({ code: 0 });
    expect(await units(out)).toHaveLength(status.done);
    expect((await read(out)).counts).toMatchObject({ done: status.done, waiting: COUNT - status.done });
    // The same once more puts back what was taken out, and all is told in the end.
    const again = await run('submit', input, out, '--model', 'nlm', '--queue', at);
    expect(again).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`${COUNT - status.done} that were missing were added`),
    });
    expect(await run('worker', '--queue', at, '--once')).toMatchObject({ code: 0 });
    expect((await read(out)).counts).toEqual({ done: COUNT, failed: 0, skipped: 0, waiting: 0 });
  });

  it.skipIf(signalsLack())('finishes what runs when all processes of a worker are told to end', async () => {
    const [some, out, at] = [path.join(root, 'group'), path.join(root, 'out-group'), queue()];
    await drawSeries(some, 6);
    expect((await run('submit', some, out, '--model', 'nlm', '--queue', at, '--retries', '0')).code).toBe(0);
    const worker = limpid(['worker', '--queue', at, '--grace', '300'], home, { group: true });
    await new Promise((resolve) => worker.stdout?.once('data', resolve));
    // As systemd does by default.
    process.kill(-(worker.pid ?? 0), 'SIGTERM');
    expect(await worker.ran).toMatchObject({ code: 0, stdout: expect.not.stringContaining('failed') });
    const status = JSON.parse((await run('queue', 'status', '--queue', at, '--json')).stdout);
    expect(status).toMatchObject({ running: 0, failed: 0 });
    expect(await units(out)).toHaveLength(status.done);
  });

  it('ends a worker whom Redis refuses from now on', async () => {
    const folder = path.join(root, 'closed');
    await fs.mkdir(folder);
    const closed = await openRedis(folder);
    const work = path.join(folder, 'work');
    try {
      const worker = limpid(['worker', '--queue', closed.url, '--work', work], home);
      await expect
        .poll(() => run('queue', 'status', '--queue', closed.url), { timeout: 60_000 })
        .toMatchObject({ stdout: expect.stringContaining('1 workers') });
      await closed.command('CONFIG', 'SET', 'requirepass', 'another');
      await closed.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      expect(await worker.ran).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('does not accept user and password'),
      });
      expect(await fs.readdir(work)).toEqual([]);
    } finally {
      await closed.close();
    }
  });

  it('says what is wrong with an address, and never repeats it', async () => {
    for (const [address, code] of [
      ['redis://user:secret-word@127.0.0.1:1', 'E_NETWORK'],
      ['http://127.0.0.1', 'E_USAGE'],
      ['redis://127.0.0.1/notanumber', 'E_USAGE'],
      [path.join(root, 'no-such-secret-word'), 'E_USAGE'],
    ]) {
      const told = await run('queue', 'status', '--queue', address);
      expect([told.code, told.stderr.split(':')[0]]).toEqual([code === 'E_USAGE' ? 2 : 1, code]);
      expect(told.stdout + told.stderr).not.toContain('secret-word');
    }
    expect(await run('queue', 'status')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/missing.* --queue/),
    });
    const file = path.join(root, 'address.txt');
    await fs.writeFile(file, `${queue()}\n`);
    expect(await run('queue', 'status', '--queue', file)).toMatchObject({ code: 0 });
    const work = await run('worker', '--queue', file, '--work', file);
    expect(work).toMatchObject({ code: 2, stderr: expect.stringMatching(/folder to work in.*address\.txt/) });
  });
});
