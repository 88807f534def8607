import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fault, type LimpidError } from '../contract/errors.js';
import { asFileError, hasCode, sha256 } from './files.js';
import { startHeartbeat } from './heartbeat.js';
import { modeOfFile } from './own-folder.js';

/** What a lock guards. */
export type Guarded = 'output folder' | 'data folder' | 'node folder';

/** How a lock is kept: touched every so often, and dead when nobody has seen it touched for so long. */
interface Lease {
  readonly beatMs: number;
  readonly leaseMs: number;
}

/** A share may answer late, and its clients may keep what they know of a file for some seconds. */
const USUAL: Lease = { beatMs: 5000, leaseMs: 60_000 };

/** Who holds a lock. `born` tells a process from a later one with the same number. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** What sees the same processes: hosts and containers may have the same name. null: of an earlier version. */
  readonly machine: string | null;
  readonly born: string | null;
  readonly token: string;
  /** After how many milliseconds without a touch it is dead; null: of an earlier version, which touches nothing. */
  readonly leaseMs: number | null;
}

export interface Lock {
  /**
   * To be asked before anything is made visible, and before long work. @throws LimpidError E_LOCKED where another run
   * has taken it over, E_IO where the lock itself is gone
   */
  confirm(): Promise<void>;
  release(): Promise<void>;
}

/**
 * Takes the lock file, so that two runs never write into one folder, which machines may share. A lock is a lease:
 * its holder touches it, and one whose process is gone (killed, power cut) is taken over; at once where this machine
 * can see that, else when it was not touched for its lease. Only changes are looked at, never a clock.
 *
 * @throws LimpidError E_LOCKED while another run (of a data folder: another window) holds it; E_IO.
 */
export async function acquireLock(
  file: string,
  guarded: Guarded = 'output folder',
  lease: Lease = USUAL,
): Promise<Lock> {
  const mine: Holder = {
    pid: process.pid,
    host: os.hostname(),
    machine: await machineOf(),
    born: await bornOf(process.pid),
    token: randomBytes(8).toString('hex'),
    leaseMs: lease.leaseMs,
  };
  for (let attempt = 0; attempt < 5; attempt++) {
    // Who took this one for the stale one that it replaced may have let a third in: then it is not ours.
    if ((await tryCreate(file, mine)) && (await ownerOf(file, mine)) === 'mine')
      return held(file, mine, guarded, lease);
    const seen = await look(file);
    if (seen === null) continue;
    const holder = parseHolder(seen.text);
    if (holder !== null && (await isAlive(file, seen, holder))) throw lockedError(file, holder, guarded);
    await removeStale(file, seen);
  }
  throw lockedError(file, null, guarded);
}

function held(file: string, mine: Holder, guarded: Guarded, { beatMs }: Lease): Lock {
  const heartbeat = startHeartbeat(file, mine.token, beatMs);
  return {
    confirm: () => confirm(file, mine, guarded),
    async release() {
      await heartbeat.stop();
      await release(file, mine);
    },
  };
}

const LOST = {
  'output folder': 'E_LOCKED/output-lost',
  'data folder': 'E_LOCKED/window-lost',
  'node folder': 'E_LOCKED/node-lost',
} as const;

async function confirm(file: string, mine: Holder, guarded: Guarded): Promise<void> {
  const owner = await ownerOf(file, mine);
  if (owner === 'another') throw fault(LOST[guarded], {}, file);
  if (owner === 'nobody') throw fault('E_IO/folder-gone', {}, file);
}

/**
 * Touched first: who was about to take it over sees that, and puts it back. Nobody's is one that stays away: its folder
 * was removed, renamed or emptied, or the drive is gone.
 */
async function ownerOf(file: string, { token }: Holder): Promise<'mine' | 'another' | 'nobody'> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const seen = await look(file);
    if (seen !== null) {
      if (parseHolder(seen.text)?.token !== token) return 'another';
      const now = new Date();
      // Where it went between two looks the next one tells.
      await fs.utimes(file, now, now).catch(() => undefined);
      const again = await look(file);
      if (again !== null && parseHolder(again.text)?.token === token) return 'mine';
    }
    await sleep(100);
  }
  return 'nobody';
}

/** A lock file as it is now. */
interface Seen {
  readonly text: string;
  /** Time of its last touch by whatever clock: only told from others. */
  readonly touched: bigint;
}

/** Opened, for that makes a client of a share ask the server; null where there is none. @throws LimpidError E_IO */
async function look(file: string): Promise<Seen | null> {
  try {
    const handle = await fs.open(file, 'r');
    try {
      const { mtimeNs } = await handle.stat({ bigint: true });
      return { text: await handle.readFile('utf8'), touched: mtimeNs };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw asFileError(error, file);
  }
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

/**
 * Moves the stale lock aside first: if another run was faster and this is its fresh lock, or its holder has touched
 * it after all, it is put back.
 */
async function removeStale(file: string, expected: Seen): Promise<void> {
  const aside = `${file}.${randomBytes(6).toString('hex')}.stale`;
  try {
    await fs.rename(file, aside);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw asFileError(error, file);
  }
  const found = await look(aside);
  // Where a third run has made its lock meanwhile, there is one, and it counts.
  if (found?.text !== expected.text || found.touched !== expected.touched)
    await fs.link(aside, file).catch(() => undefined);
  await fs.rm(aside, { force: true });
}

async function release(file: string, mine: Holder): Promise<void> {
  const seen = await look(file);
  if (seen !== null && parseHolder(seen.text)?.token === mine.token) await fs.rm(file, { force: true });
}

/** True where the lock names a process of this machine that is gone; false where that is not certain. */
export async function isAbandoned(file: string): Promise<boolean> {
  const seen = await look(file);
  const holder = seen === null ? null : parseHolder(seen.text);
  return holder !== null && (await isHere(holder)) && !(await runs(holder));
}

/**
 * Removes folders of processes of this user that were killed: those of a name, closed to others, with a lock whose
 * process is gone. What cannot be looked into is not known to be left, and what cannot be removed goes at a later start.
 *
 * @param isLeft whether a folder of the name was left by what it holds; by its lock when left out
 */
export async function clearLeft(
  above: string,
  name: RegExp,
  isLeft: (folder: string) => Promise<boolean> = (folder) => isAbandoned(path.join(folder, OWN_LOCK)),
): Promise<void> {
  // A folder that cannot be looked into tells of nothing that was left.
  const names = await fs.readdir(above).catch((): string[] => []);
  for (const folder of names.filter((one) => name.test(one)).map((one) => path.join(above, one))) {
    // As above: it stays.
    if (!(await isOwnClosed(folder).catch(() => false)) || !(await isLeft(folder).catch(() => false)))
      continue;
    // As above: it goes at a later start.
    await fs.rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  }
}

/** The lock of a folder that a process makes for itself. */
export const OWN_LOCK = 'lock';

async function isOwnClosed(folder: string): Promise<boolean> {
  const stats = await fs.lstat(folder);
  const own =
    process.platform === 'win32' || (stats.uid === process.getuid?.() && (stats.mode & 0o077) === 0);
  return stats.isDirectory() && own;
}

async function isAlive(file: string, seen: Seen, holder: Holder): Promise<boolean> {
  if (await isHere(holder)) return runs(holder);
  // Of an earlier version on another machine nobody can tell: it is never taken over.
  if (holder.leaseMs === null) return true;
  return isTouched(file, seen, holder.leaseMs);
}

/** Waits until the lock is touched, is another's or gone, or its lease is over, by the time that passes here. */
async function isTouched(file: string, seen: Seen, leaseMs: number): Promise<boolean> {
  const since = performance.now();
  while (performance.now() - since < leaseMs) {
    await sleep(Math.min(1000, leaseMs / 20));
    const now = await look(file);
    // One that was released is free: whoever asks tries again.
    if (now === null) return false;
    if (now.text !== seen.text || now.touched !== seen.touched) return true;
  }
  return false;
}

/** Whether its process can be seen from here. Earlier versions told no more than the name of the host. */
async function isHere({ machine, host }: Holder): Promise<boolean> {
  return machine === null ? host === os.hostname() : machine === (await machineOf());
}

async function runs(holder: Holder): Promise<boolean> {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
  const born = await bornOf(holder.pid);
  return holder.born === null || born === null || born === holder.born;
}

/**
 * What this process can see the processes of. Linux: the boot and the space of process numbers, for containers of a
 * machine have spaces of their own; elsewhere the host with its network addresses, hashed.
 */
async function machineOf(): Promise<string> {
  try {
    const boot = await fs.readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    return `${boot.trim()} ${await fs.readlink('/proc/self/ns/pid')}`;
  } catch {
    // No Linux: names and addresses of the machine tell it from others.
    const addresses = Object.values(os.networkInterfaces()).flatMap((all) => all ?? []);
    const hardware = [...new Set(addresses.map(({ mac }) => mac))].sort();
    return sha256([os.hostname(), ...hardware].join('\n')).slice(0, 32);
  }
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
    const { pid, host, machine, born, token, leaseMs } = value as Partial<Record<keyof Holder, unknown>>;
    if (typeof pid !== 'number' || typeof host !== 'string' || typeof token !== 'string') return null;
    return {
      pid,
      host,
      machine: typeof machine === 'string' ? machine : null,
      born: typeof born === 'string' ? born : null,
      token,
      leaseMs: typeof leaseMs === 'number' ? leaseMs : null,
    };
  } catch {
    // What is no JSON is no lock of ours: nobody is known to hold it.
    return null;
  }
}

function lockedError(file: string, holder: Holder | null, guarded: Guarded): LimpidError {
  const lock = path.basename(file);
  const pid = holder?.pid;
  if (guarded === 'output folder')
    return pid === undefined
      ? fault('E_LOCKED/output', {}, file)
      : fault('E_LOCKED/output-process', { pid }, file);
  const whose = guarded === 'data folder' ? 'window' : 'node';
  return pid === undefined
    ? fault(`E_LOCKED/${whose}`, { lock }, file)
    : fault(`E_LOCKED/${whose}-process`, { lock, pid }, file);
}
