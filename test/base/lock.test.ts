import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { acquireLock } from '../../src-main/base/lock.js';
import { removeFolders, temporaryFolder } from '../jobs/fixtures.js';

afterAll(removeFolders);

async function lockFile(): Promise<string> {
  return path.join(await temporaryFolder(), 'lock');
}

describe('the lock', () => {
  it('is held by one only, and free after release', async () => {
    const file = await lockFile();
    const tries = await Promise.allSettled([acquireLock(file), acquireLock(file), acquireLock(file)]);
    const held = tries.filter((one) => one.status === 'fulfilled');
    expect(held).toHaveLength(1);
    await held[0].value.release();
    await (await acquireLock(file)).release();
    expect(await fs.readdir(path.dirname(file))).toEqual([]);
  });

  it('of a process that is gone is taken over', async () => {
    const file = await lockFile();
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    await fs.writeFile(
      file,
      JSON.stringify({ pid: child.pid, host: os.hostname(), born: null, token: 'gone' }),
    );
    await (await acquireLock(file)).release();
  });

  it('of a living process, or of another machine, is respected', async () => {
    const file = await lockFile();
    for (const holder of [
      { pid: process.ppid, host: os.hostname(), born: null, token: 'a' },
      { pid: 1, host: 'elsewhere', born: null, token: 'b' },
    ]) {
      await fs.writeFile(file, JSON.stringify(holder));
      await expect(acquireLock(file)).rejects.toMatchObject({
        code: 'E_LOCKED',
        message: expect.stringMatching(/output folder/),
      });
      // of the data folder it is the open window that is spoken of
      await expect(acquireLock(file, 'data folder')).rejects.toMatchObject({
        code: 'E_LOCKED',
        message: expect.stringMatching(/open already/),
        remedy: expect.not.stringMatching(/output folder/),
      });
    }
  });

  it.runIf(process.platform === 'linux')('is not kept by a later process with the same number', async () => {
    const file = await lockFile();
    const holder = { pid: process.ppid, host: os.hostname(), born: 'another-boot:1', token: 'c' };
    await fs.writeFile(file, JSON.stringify(holder));
    await (await acquireLock(file)).release();
  });

  it('that is damaged is taken over', async () => {
    const file = await lockFile();
    await fs.writeFile(file, '{"pid":');
    await (await acquireLock(file)).release();
  });
});
