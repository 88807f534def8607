import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { fault, type LimpidError } from '../contract/errors.js';
import { asFileError, hasCode } from './files.js';
import { modeOfFile } from './own-folder.js';

/** What a lock guards. */
export type Guarded = 'output folder' | 'data folder';

/** Who holds a lock. `born` tells a process from a later one with the same number. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly born: string | null;
  readonly token: string;
}

export interface Lock {
  release(): Promise<void>;
}

/**
 * Takes the lock file, so that two runs never write into one folder. A lock whose process is gone (killed, power
 * cut) is taken over.
 *
 * @throws LimpidError E_LOCKED while another run (of a data folder: another window) holds it; E_IO.
 */
export async function acquireLock(file: string, guarded: Guarded = 'output folder'): Promise<Lock> {
  const mine: Holder = {
    pid: process.pid,
    host: os.hostname(),
    born: await bornOf(process.pid),
    token: randomBytes(8).toString('hex'),
  };
  for (let attempt = 0; attempt < 5; attempt++) {
    if (await tryCreate(file, mine)) return { release: () => release(file, mine) };
    const text = await readOrNull(file);
    if (text === null) continue;
    const holder = parseHolder(text);
    if (holder !== null && (await isAlive(holder))) throw lockedError(file, holder, guarded);
    await removeStale(file, text);
  }
  throw lockedError(file, null, guarded);
}

/** Written beside and linked into place: a lock file is never seen half-written. */
async function tryCreate(file: string, mine: Holder): Promise<boolean> {
  const part = path.join(path.dirname(file), `.lock-${mine.token}.part`);
  try {
    await fs.writeFile(part, JSON.stringify(mine), { flag: 'wx', mode: modeOfFile(file) });
    await fs.link(part, file);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    if (hasCode(error, 'EPERM', 'ENOTSUP', 'ENOSYS')) return createWithoutLinks(file, mine);
    throw asFileError(error, file);
  } finally {
    await fs.rm(part, { force: true });
  }
}

async function createWithoutLinks(file: string, mine: Holder): Promise<boolean> {
  try {
    await fs.writeFile(file, JSON.stringify(mine), { flag: 'wx', mode: modeOfFile(file) });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw asFileError(error, file);
  }
}

/** Moves the stale lock aside first: if another run was faster and this is its fresh lock, it is put back. */
async function removeStale(file: string, expected: string): Promise<void> {
  const aside = `${file}.${randomBytes(6).toString('hex')}.stale`;
  try {
    await fs.rename(file, aside);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw asFileError(error, file);
  }
  // Where a third run has made its lock meanwhile, there is one, and it counts.
  if ((await readOrNull(aside)) !== expected) await fs.link(aside, file).catch(() => undefined);
  await fs.rm(aside, { force: true });
}

async function release(file: string, mine: Holder): Promise<void> {
  const text = await readOrNull(file);
  if (text !== null && parseHolder(text)?.token === mine.token) await fs.rm(file, { force: true });
}

/** True where the lock names a process of this machine that is gone; false where that is not certain. */
export async function isAbandoned(file: string): Promise<boolean> {
  const text = await readOrNull(file);
  const holder = text === null ? null : parseHolder(text);
  return holder !== null && !(await isAlive(holder));
}

async function isAlive(holder: Holder): Promise<boolean> {
  // Another machine's process cannot be seen from here: never steal its lock.
  if (holder.host !== os.hostname()) return true;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
  const born = await bornOf(holder.pid);
  return holder.born === null || born === null || born === holder.born;
}

/** Linux: the start time of a process in ticks since boot (proc(5), field 22), with the boot's id; else null. */
async function bornOf(pid: number): Promise<string | null> {
  try {
    const stat = await fs.readFile(`/proc/${pid}/stat`, 'utf8');
    const boot = await fs.readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'dead' : `${boot.trim()}:${fields[19]}`;
  } catch {
    // A system without /proc, or a process that is gone: whoever asks judges by the process number alone.
    return null;
  }
}

function parseHolder(text: string): Holder | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return null;
    const { pid, host, born, token } = value as Partial<Record<keyof Holder, unknown>>;
    if (typeof pid !== 'number' || typeof host !== 'string' || typeof token !== 'string') return null;
    return { pid, host, born: typeof born === 'string' ? born : null, token };
  } catch {
    // What is no JSON is no lock of ours: nobody is known to hold it.
    return null;
  }
}

async function readOrNull(file: string): Promise<string | null> {
  try {
    return await fs.readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw asFileError(error, file);
  }
}

function lockedError(file: string, holder: Holder | null, guarded: Guarded): LimpidError {
  const lock = path.basename(file);
  if (holder === null)
    return guarded === 'data folder'
      ? fault('E_LOCKED/window', { lock }, file)
      : fault('E_LOCKED/output', {}, file);
  const { pid } = holder;
  return guarded === 'data folder'
    ? fault('E_LOCKED/window-process', { lock, pid }, file)
    : fault('E_LOCKED/output-process', { pid }, file);
}
