import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { childEnvironment } from '../../src-main/base/environment.js';
import { forkSpawn } from '../../src-main/process/spawn.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import { probeWith } from '../../src-main/runtime/probe.js';
import { removeFolders, temporaryFolder } from '../jobs/fixtures.js';

const VARIABLE = 'ORT_DISABLE_TELEMETRY';
const ROOT = path.resolve(import.meta.dirname, '../..');

let before: string | undefined;
beforeEach(() => {
  before = process.env[VARIABLE];
});
afterEach(() => {
  if (before === undefined) delete process.env[VARIABLE];
  else process.env[VARIABLE] = before;
});

describe('ONNX Runtime sends nothing', () => {
  let script: string;
  beforeAll(async () => {
    script = path.join(await temporaryFolder(), 'tell.mjs');
    fs.writeFileSync(script, `process.send({ outcome: process.env.${VARIABLE} ?? 'nothing' });`);
  });
  afterAll(removeFolders);

  it('is told so before the tests themselves start', () => {
    expect(before).toBe('1');
  });

  it('is not loaded in a process that was started without being told so, and nothing stands in for it', async () => {
    for (const given of [undefined, '0', '']) {
      if (given === undefined) delete process.env[VARIABLE];
      else process.env[VARIABLE] = given;
      for (const device of ['cpu', 'webgpu'] as const)
        await expect(openRuntime(device, { threads: 1 })).rejects.toMatchObject({ code: 'E_INTERNAL' });
      const probe = async () => ({ outcome: 'faster' }) as const;
      await expect(openRuntime('auto', { threads: 1, probe })).rejects.toMatchObject({ code: 'E_INTERNAL' });
    }
  });

  it('starts every process told so, whatever the own environment says', async () => {
    for (const given of [undefined, '0']) {
      if (given === undefined) delete process.env[VARIABLE];
      else process.env[VARIABLE] = given;
      const told = await new Promise((resolve) => {
        const child = forkSpawn([])<object, { outcome: string }>(script, { OTHER: 'x' });
        child.onMessage(({ outcome }) => resolve(outcome));
        child.onExit(resolve);
      });
      expect(told).toBe('1');
      expect(await probeWith(script, 1)).toEqual({ outcome: '1' });
      expect(childEnvironment({ A: 'b' })).toMatchObject({ A: 'b', [VARIABLE]: '1' });
    }
  });

  it('has no other way of starting a process', () => {
    const main = path.join(ROOT, 'src-main');
    const starters = fs
      .readdirSync(main, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => ({
        name: name.replaceAll('\\', '/'),
        text: fs.readFileSync(path.join(main, name), 'utf8'),
      }))
      .filter(({ text }) =>
        /from 'node:child_process'|\butilityProcess\.fork|\bnew Worker\([^)]*\benv:/.test(text),
      );
    // The first starts the browser, which is not ours to tell anything.
    expect(starters.map(({ name }) => name).sort()).toEqual([
      'app/setup/tools.ts',
      'cli/commands/serve.ts',
      'process/spawn.ts',
      'runtime/apart.ts',
      'runtime/probe.ts',
      'shell/spawn.ts',
    ]);
    for (const { name, text } of starters.filter(({ name }) => name !== 'cli/commands/serve.ts'))
      expect([name, /\benv: childEnvironment\(/.test(text)]).toEqual([name, true]);
  });
});
