import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync, utimesSync } from 'node:fs';
import promises, * as fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import * as os from 'node:os';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { acquireLock } from '../../src-main/base/lock.js';
import { removeFolders, temporaryFolder } from '../jobs/fixtures.js';

afterAll(removeFolders);

async function lockFile(): Promise<string> {
  return path.join(await temporaryFolder(), 'lock');
}

/** Waits until a lock was touched after a time of it. */
async function touched(file: string, before = statSync(file, { bigint: true }).mtimeNs): Promise<void> {
  while (statSync(file, { bigint: true }).mtimeNs === before) await sleep(5);
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

  /** A lock of another machine that has the name of this one. */
  async function foreignLock(leaseMs: number, pid: number = process.ppid): Promise<string> {
    const file = await lockFile();
    const holder = { pid, host: os.hostname(), machine: 'another', born: null, token: 'd', leaseMs };
    await fs.writeFile(file, JSON.stringify(holder));
    return file;
  }

  it('of a machine that is gone is free after its lease, whatever its clock was', async () => {
    for (const year of [1990, 2090]) {
      const file = await foreignLock(200);
      await fs.utimes(file, new Date(year, 1), new Date(year, 1));
      const lock = await acquireLock(file);
      await lock.confirm();
      await lock.release();
      expect(await fs.readdir(path.dirname(file))).toEqual([]);
    }
  });

  it('of a living machine is respected, even of one with our name, and with a process number that is free here', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    const file = await foreignLock(60_000, child.pid);
    let year = 1990;
    const beat = setInterval(() => utimesSync(file, new Date(++year, 1), new Date(year, 1)), 20);
    try {
      await expect(acquireLock(file)).rejects.toMatchObject({ code: 'E_LOCKED' });
    } finally {
      clearInterval(beat);
    }
    expect(JSON.parse(await fs.readFile(file, 'utf8'))).toMatchObject({ token: 'd' });
  });

  it('is touched while its process is busy', async () => {
    const file = await lockFile();
    const lock = await acquireLock(file, 'output folder', { beatMs: 10, leaseMs: 60_000 });
    const before = statSync(file, { bigint: true }).mtimeNs;
    // Nothing of this thread runs meanwhile.
    while (statSync(file, { bigint: true }).mtimeNs === before);
    await lock.release();
  });

  it('is touched again after another has moved it aside and put it back', async () => {
    const file = await lockFile();
    const lock = await acquireLock(file, 'output folder', { beatMs: 5, leaseMs: 60_000 });
    await fs.rename(file, `${file}.stale`);
    const away = statSync(`${file}.stale`, { bigint: true }).mtimeNs;
    // The beats of another lock tell that there was time for many of this one, however busy the machine is.
    const clock = await lockFile();
    const other = await acquireLock(clock, 'output folder', { beatMs: 5, leaseMs: 60_000 });
    for (let beat = 0; beat < 20; beat++) await touched(clock);
    await other.release();
    expect(statSync(`${file}.stale`, { bigint: true }).mtimeNs).toBe(away);
    await fs.rename(`${file}.stale`, file);
    await touched(file, away);
    await lock.release();
  });

  it('is not held by one whose file a third has replaced meanwhile', async () => {
    const file = await lockFile();
    const theirs = { pid: process.ppid, host: os.hostname(), born: null, token: 'third' };
    const link = fs.link;
    const linked = vi.spyOn(promises, 'link').mockImplementationOnce(async (from, to) => {
      await link(from, to);
      await fs.rename(file, `${file}.stale`);
      await fs.writeFile(file, JSON.stringify(theirs));
    });
    syncBuiltinESMExports();
    try {
      await expect(acquireLock(file)).rejects.toMatchObject({ code: 'E_LOCKED' });
      expect(linked).toHaveBeenCalledOnce();
      expect(JSON.parse(await fs.readFile(file, 'utf8'))).toEqual(theirs);
    } finally {
      linked.mockRestore();
      syncBuiltinESMExports();
    }
  });

  it('that was taken over stops its earlier holder, and is not released by it', async () => {
    const file = await lockFile();
    const lock = await acquireLock(file);
    const theirs = JSON.stringify({
      pid: 1,
      host: 'elsewhere',
      machine: 'another',
      token: 'e',
      leaseMs: 60_000,
    });
    await fs.rename(file, `${file}.aside`);
    await fs.writeFile(file, theirs);
    await expect(lock.confirm()).rejects.toMatchObject({
      code: 'E_LOCKED',
      message: expect.stringMatching(/taken/),
    });
    await lock.release();
    expect(await fs.readFile(file, 'utf8')).toBe(theirs);
  });

  it('whose folder was removed is told as gone, not as taken over', async () => {
    const file = await lockFile();
    const lock = await acquireLock(file);
    await fs.rm(path.dirname(file), { recursive: true });
    await expect(lock.confirm()).rejects.toMatchObject({ code: 'E_IO', reason: 'E_IO/folder-gone' });
    await lock.release();
  });

  it('that is damaged is taken over', async () => {
    const file = await lockFile();
    await fs.writeFile(file, '{"pid":');
    await (await acquireLock(file)).release();
  });
});
