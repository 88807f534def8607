import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeModel, type OnnxGraph } from '../../src-main/graph/onnx.js';
import { loadApartWith } from '../../src-main/runtime/apart.js';
import { CLI } from './fixtures.js';

const SCRIPT = path.join(path.dirname(CLI), 'apart.js');
const IMAGE = [1, 1, 'h', 'w'] as const;
const fed = { x: { data: new Float32Array(64).fill(0.5), shape: [1, 1, 8, 8] } };
const whole = (...values: number[]): Uint8Array => new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
const bounds = { seconds: 20, bytes: 2 ** 29, bytesPerPixel: 0 };

/** Adds nothing to its image for 2^62 rounds. */
const ENDLESS: OnnxGraph = {
  nodes: [
    {
      type: 'Loop',
      inputs: ['rounds', 'on', 'x'],
      output: 'y',
      attributes: {
        body: {
          graph: {
            nodes: [
              { type: 'Identity', inputs: ['go'], output: 'more', attributes: {} },
              { type: 'Add', inputs: ['v', 'zero'], output: 'z', attributes: {} },
            ],
            initializers: [{ name: 'zero', type: 'float32', dims: [], bytes: new Uint8Array(4) }],
            inputs: [
              { name: 'i', type: 'int64', dims: [] },
              { name: 'go', type: 'bool', dims: [] },
              { name: 'v', dims: IMAGE },
            ],
            outputs: [
              { name: 'more', type: 'bool', dims: [] },
              { name: 'z', dims: IMAGE },
            ],
          },
        },
      },
    },
  ],
  initializers: [
    { name: 'rounds', type: 'int64', dims: [], bytes: whole(2 ** 62) },
    { name: 'on', type: 'bool', dims: [], bytes: Uint8Array.of(1) },
  ],
  inputs: [{ name: 'x', dims: IMAGE }],
  outputs: [{ name: 'y', dims: IMAGE }],
};

/** Adds the mean of its first value, spread over a square of 30,000 pixels a side. */
const HUGE: OnnxGraph = {
  nodes: [
    { type: 'ReduceMax', inputs: ['x'], output: 'one', attributes: { keepdims: { int: 1 } } },
    { type: 'Expand', inputs: ['one', 'size'], output: 'wide', attributes: {} },
    { type: 'ReduceMean', inputs: ['wide'], output: 'mean', attributes: { keepdims: { int: 1 } } },
    { type: 'Add', inputs: ['x', 'mean'], output: 'y', attributes: {} },
  ],
  initializers: [{ name: 'size', type: 'int64', dims: [4], bytes: whole(1, 1, 30000, 30000) }],
  inputs: [{ name: 'x', dims: IMAGE }],
  outputs: [{ name: 'y', dims: IMAGE }],
};

const PLAIN: OnnxGraph = {
  nodes: [{ type: 'Add', inputs: ['x', 'x'], output: 'y', attributes: {} }],
  initializers: [],
  inputs: [{ name: 'x', dims: IMAGE }],
  outputs: [{ name: 'y', dims: IMAGE }],
};

function isRunning(pid: number): boolean {
  expect(pid).toBeGreaterThan(1);
  try {
    return process.kill(pid, 0);
  } catch {
    // A process that cannot be signalled is gone, which is the answer.
    return false;
  }
}

describe.skipIf(!fs.existsSync(SCRIPT))('a network in a process of its own (needs npm run build)', () => {
  it('gives what it gives here, again after it was closed', async () => {
    const model = await loadApartWith(SCRIPT, encodeModel(PLAIN, { said: 'yes' }), 'cpu', bounds);
    expect(model.metadata).toEqual({ said: 'yes' });
    expect(model.inputShapes).toEqual({ x: [1, 1, null, null] });
    expect([...(await model.runShaped(fed)).y.data]).toEqual(Array(64).fill(1));
    await model.close();
    expect([...(await model.runShaped(fed)).y.data]).toEqual(Array(64).fill(1));
    await model.close();
  });

  it('that does not end is ended, with a code', async () => {
    const model = await loadApartWith(SCRIPT, encodeModel(ENDLESS), 'cpu', { ...bounds, seconds: 6 });
    await expect(model.runShaped(fed)).rejects.toMatchObject({
      code: 'E_MODEL',
      message: expect.stringContaining('seconds'),
    });
    await model.close();
  });

  it('that takes all memory is ended before it has it, with a code', async () => {
    const model = await loadApartWith(SCRIPT, encodeModel(HUGE), 'cpu', bounds);
    await expect(model.runShaped(fed)).rejects.toMatchObject({
      code: 'E_MODEL',
      message: expect.stringContaining('memory'),
    });
    await model.close();
  });

  it('ends with who started it, also where that ended before it was ready', async () => {
    const starter = [
      "const { fork } = require('node:child_process');",
      `const child = fork(${JSON.stringify(SCRIPT)}, [String(process.pid)], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });`,
      'process.stdout.write(String(child.pid));',
      "process.kill(process.pid, 'SIGKILL');",
    ].join('\n');
    const { stdout, signal } = spawnSync(process.execPath, ['-e', starter], { encoding: 'utf8' });
    expect(signal).toBe('SIGKILL');
    await expect.poll(() => isRunning(Number(stdout)), { timeout: 30_000 }).toBe(false);
  });

  it('that does not load has a code', async () => {
    await expect(loadApartWith(SCRIPT, Uint8Array.of(1, 2, 3), 'cpu', bounds)).rejects.toMatchObject({
      code: 'E_MODEL',
    });
  });
});
