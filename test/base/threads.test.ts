import { availableParallelism } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { THREADS_SETTING, threadsAllowed } from '../../src-main/base/threads.js';
import { SlicePool } from '../../src-main/filters/pool.js';
import { openRuntime } from '../../src-main/runtime/device.js';

afterEach(() => {
  delete process.env[THREADS_SETTING];
});

describe('the number of threads', () => {
  it('is that of the processors unless it is set, for ONNX Runtime and for pools', async () => {
    expect(threadsAllowed()).toBe(availableParallelism());
    process.env[THREADS_SETTING] = '3';
    const runtime = await openRuntime('cpu');
    expect(runtime.choice.description).toBe('CPU, 3 threads');
    await runtime.close();
    const pool = new SlicePool();
    expect(pool.threads).toBe(3);
    pool.close();
  });

  it.each(['0', '-1', '1.5', 'many', ''])('is not taken from %j', (text) => {
    process.env[THREADS_SETTING] = text;
    expect(threadsAllowed()).toBe(availableParallelism());
  });
});
