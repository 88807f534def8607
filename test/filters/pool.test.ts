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

async function threadOf(worker: URL): Promise<number> {
  const task: SliceTask = {
    step: { name: 'nlm', settings: { reach: 1, reachThrough: 0, rician: false } },
    grid: { columns: 1, rows: 1, slices: 1 },
    range: { from: 0, to: 1 },
    input: sharedFloats(1),
    output: sharedFloats(1),
  };
  const pool = new SlicePool({ threads: 2, worker });
  await pool.run([task], () => {});
  pool.close();
  return task.output[0];
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

  it('does without a thread that ended while it waited', async () => {
    const worker = script('setImmediate(() => process.exit());');
    const first = await threadOf(worker);
    await expect.poll(() => threadOf(worker), { timeout: 60_000 }).not.toBe(first);
  });
});
