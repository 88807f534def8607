// What a queue for many machines costs and whether it loses anything: series that are drawn, workers that are killed, a Redis that is restarted; and what that makes of 100,000 series on 20 machines.
//   npm run bench -- queue [SERIES] [KILLS] [SECONDS]    (0 KILLS: only what it costs)
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { THREADS_SETTING } from '../../src-main/base/threads.js';
import { keepCompute } from '../../src-main/process/kept.js';
import { denoiseRequest } from '../jobs/fixtures.js';
import { Crew, drawSeries, limpid, openRedis, pixelsBelow, type Redis } from '../queue/support.js';
import { simulate } from './queue-simulation.js';

/** SECONDS: of a series in the middle, for the simulation. */
const [COUNT, KILLS, SECONDS] = [200, 20, 60].map((usual, i) => Number(process.argv[2 + i] ?? usual));
const RESTARTS = 2;
let restarts = 0;
const SETTINGS = ['--model', 'dct'];

process.env[THREADS_SETTING] = '1';
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'limpid-queue-'));
const [input, home] = [path.join(folder, 'in'), path.join(folder, 'home')];
process.env.LIMPID_HOME = home;

/** Runs a command that must succeed. @returns seconds */
async function timed(...args: string[]): Promise<number> {
  const started = performance.now();
  const { code, stderr } = await limpid(args, home).ran;
  if (code !== 0) throw new Error(stderr);
  return (performance.now() - started) / 1000;
}

/** Blocks of series in which both ways take turns: the load of a machine changes within minutes. */
const BLOCKS = 8;

/** Milliseconds a series, from the end of the first to that of the last: what it takes to start is left out. */
async function perSeries(of: AsyncIterable<unknown>): Promise<number> {
  let [first, last, count] = [0, 0, 0];
  for await (const _ of of) {
    last = performance.now();
    if (count++ === 0) first = last;
  }
  return (last - first) / (count - 1);
}

/** The same plans, by the same compute process, without a queue. @param block names the outputs */
async function* alone(plans: readonly string[], block: number) {
  const compute = keepCompute(path.resolve('dist/main/compute.js'));
  for (const [i, plan] of plans.entries()) {
    const file = path.join(folder, `plan-${block}-${i}.json`);
    const output = path.join(folder, 'direct', `${block}-${i}`);
    fs.writeFileSync(file, plan);
    const result = await compute.run(denoiseRequest(file, output, { plan: { shard: null } }));
    if (result.exitCode !== 0) throw new Error(JSON.stringify(result));
    yield i;
  }
  compute.cancel();
}

async function* byWorker(at: string) {
  const worker = limpid(['worker', '--queue', at, '--once', '--threads', '1'], home);
  for await (const data of worker.stdout ?? [])
    for (const line of String(data).trim().split('\n')) if (line.includes('  done  ')) yield line;
  if ((await worker.ran).code !== 0) throw new Error('a worker failed');
}

/** Both ways over one block of series, the one first in every other block. @returns milliseconds a series */
async function bothWays(block: number, at: string): Promise<{ direct: number; queued: number }> {
  const [some, out] = [path.join(folder, `in-${block}`), path.join(folder, `out-block-${block}`)];
  await drawSeries(some, Math.max(3, Math.round(COUNT / BLOCKS)));
  await timed('submit', some, out, ...SETTINGS, '--queue', at);
  const plans = fs
    .readFileSync(path.join(out, '.limpid', 'plans.jsonl'), 'utf8')
    .trim()
    .split('\n');
  if (block % 2 === 0) {
    const direct = await perSeries(alone(plans, block));
    return { direct, queued: await perSeries(byWorker(at)) };
  }
  const queued = await perSeries(byWorker(at));
  return { direct: await perSeries(alone(plans, block)), queued };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function same(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([uid, pixels]) => b.get(uid) === pixels);
}

/** Bytes that Redis has in use. */
async function memoryOf(redis: Redis): Promise<number> {
  const [, used] = /used_memory:(\d+)/.exec(String(await redis.command('INFO', 'memory'))) ?? [];
  return Number(used);
}

async function withKills(redis: Redis, at: string, workers: number): Promise<string> {
  const out = path.join(folder, `out-${workers}`);
  await timed('submit', input, out, ...SETTINGS, '--queue', at);
  const crew = new Crew(['--queue', at, '--lease', '2', '--threads', '1'], home);
  for (let i = 0; i < workers; i++) crew.hire();
  for (let i = 0; i < KILLS; i++) {
    await crew.done(Math.floor(((i + 1) * 0.9 * COUNT) / (KILLS + 1)));
    await crew.replace();
    if ((i + 1) % Math.ceil(KILLS / (RESTARTS + 1)) === 0) {
      await redis.restart();
      restarts++;
    }
  }
  await crew.dismiss();
  await timed('worker', '--queue', at, '--lease', '2', '--once');
  return out;
}

await drawSeries(input, COUNT);
const redis = await openRedis(folder);
try {
  const whole = path.join(folder, 'whole');
  const seconds = await timed('denoise', input, whole, ...SETTINGS);
  const expected = await pixelsBelow(whole);
  const out = path.join(folder, 'out');
  const empty = await memoryOf(redis);
  const submitting = await timed('submit', input, out, ...SETTINGS, '--queue', `${redis.url}/1`);
  const held = (await memoryOf(redis)) - empty;
  await timed('worker', '--queue', `${redis.url}/1`, '--once', '--threads', '1');
  const reporting = await timed('queue', 'report', out, '--queue', `${redis.url}/1`);
  console.log(
    `${COUNT} series of 2 x 32 x 32, one thread, ${os.cpus().length} processors, load ${os.loadavg()[0].toFixed(1)}`,
  );
  console.log(`one run of limpid denoise: ${((1000 * seconds) / COUNT).toFixed(0)} ms a series, all in all`);
  const blocks = [];
  for (let i = 0; i < BLOCKS; i++) blocks.push(await bothWays(i, `${redis.url}/5`));
  const more = blocks.map(({ direct, queued }) => queued - direct);
  const overhead = median(more);
  console.log(
    `a series after the other, each with an output of its own, without a queue: ${median(blocks.map(({ direct }) => direct)).toFixed(0)} ms a series; by one worker from the queue: ${median(blocks.map(({ queued }) => queued)).toFixed(0)} ms`,
  );
  console.log(
    `overhead in ${BLOCKS} blocks that take turns: ${overhead.toFixed(0)} ms in the middle (${more.map((one) => one.toFixed(0)).join(', ')}); load ${os.loadavg()[0].toFixed(1)}`,
  );
  console.log(
    `submit: ${submitting.toFixed(1)} s, scan and all; ${(held / COUNT / 1000).toFixed(1)} kB a series in Redis; report: ${reporting.toFixed(1)} s`,
  );
  console.log(`same pixels: ${same(await pixelsBelow(out), expected)}`);
  for (const [i, workers] of KILLS === 0 ? [] : [2, 4].entries()) {
    const started = performance.now();
    restarts = 0;
    const result = await withKills(redis, `${redis.url}/${i + 2}`, workers);
    const { counts } = JSON.parse(fs.readFileSync(path.join(result, 'batch.json'), 'utf8'));
    const folders = fs.readdirSync(result).filter((name) => name.startsWith('series-')).length;
    console.log(
      `${workers} workers, ${KILLS} killed, Redis killed and started ${restarts} times: ${JSON.stringify(counts)}, ${folders} folders, same pixels: ${same(await pixelsBelow(result), expected)}, ${((performance.now() - started) / 1000).toFixed(0)} s`,
    );
  }
  console.log(
    simulate({
      series: 100_000,
      machines: 20,
      concurrency: 2,
      seconds: SECONDS,
      overhead: Math.max(0, overhead) / 1000,
      submit: submitting / COUNT,
      lease: 30,
      daysBetweenFailures: 10,
    }),
  );
} finally {
  await redis.close();
  fs.rmSync(folder, { recursive: true, force: true });
}
