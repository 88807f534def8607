import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { sharedFloats } from '../../src-main/base/shared.js';
import { SlicePool } from '../../src-main/filters/pool.js';
import type { SliceTask } from '../../src-main/filters/tasks.js';

/** A worker that writes the number of its thread into the output, and then does what it is told. */
function script(then: string): URL {
  const code = `import { parentPort, threadId } from 'node:worker_threads';
parentPort.on('message', (task) => {
  task.output[0] = threadId;
  parentPort.postMessage(null);
  ${then}
});`;
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`);
}

/** What the pool is given, as many values each. */
function drawnTask(values: number): SliceTask {
  return {
    step: { name: 'nlm', settings: { reach: 1, reachThrough: 0, floor: 0 } },
    grid: { columns: values, rows: 1, slices: 1 },
    range: { from: 0, to: 1 },
    input: sharedFloats(values),
    output: sharedFloats(values),
  };
}

async function threadOf(worker: URL, values = 1): Promise<number> {
  const task = drawnTask(values);
  const pool = new SlicePool({ threads: 2, worker });
  await pool.run([task], () => {});
  pool.close();
  return task.output[0];
}

/** The next thread that is started. */
function started(): Promise<Worker> {
  return new Promise((resolve) => process.once('worker', resolve));
}

describe('a pool of threads', () => {
  it('leaves its threads to the next one', async () => {
    const worker = script('');
    const first = await threadOf(worker);
    expect(first).toBeGreaterThan(0);
    expect(await threadOf(worker)).toBe(first);
  });

  it('takes no thread that runs another script', async () => {
    expect(await threadOf(script('//'))).not.toBe(await threadOf(script('// another')));
  });

  it.each([
    ['with its last message', 'process.exit();'],
    ['while it waited', 'setTimeout(() => process.exit(), 100);'],
  ])('does without a thread that ended %s', async (_, then) => {
    const worker = script(then);
    const thread = started();
    const first = await threadOf(worker);
    const one = await thread;
    if (one.threadId !== -1) await once(one, 'exit');
    expect(await threadOf(worker)).not.toBe(first);
  });

  it('ends threads that were given much, since they hold on to it', async () => {
    const worker = script('// much');
    const thread = started();
    const ended = thread.then((one) => once(one, 'exit'));
    const first = await threadOf(worker, 8 * 1024 ** 2);
    await ended;
    expect(await threadOf(worker)).not.toBe(first);
  });

  it('ends threads that were given much by and by', async () => {
    const worker = script('// by and by');
    const thread = started();
    const ended = thread.then((one) => once(one, 'exit'));
    const [first, again] = [await threadOf(worker, 3 * 1024 ** 2), await threadOf(worker, 3 * 1024 ** 2)];
    expect(again).toBe(first);
    await ended;
  });
});
