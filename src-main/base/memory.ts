import { readFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';

/** What a program may still take, and who says so. */
export interface FreeMemory {
  /** In bytes. */
  readonly bytes: number;
  readonly limit: 'machine' | 'container' | 'setting';
}

/** Sets what this program may take, in MB, where nobody else tells (a batch system that counts and kills). */
export const MEMORY_SETTING = 'LIMPID_MEMORY_MB';

/**
 * Memory that can be taken without pushing anything out: of the machine, or what the limits of the control groups
 * around this process leave (containers, batch systems), whichever is less. File caches count as free.
 *
 * @param root of the file system where Linux tells (proc(5), Documentation/admin-guide/cgroup-v2.rst)
 */
export async function freeMemory(root = '/', platform = process.platform): Promise<FreeMemory> {
  const setting = Number(process.env[MEMORY_SETTING]);
  if (setting > 0) return { bytes: setting * 1e6, limit: 'setting' };
  if (platform !== 'linux') {
    // macOS tells what lies idle only, and gives far more: it compresses and drops caches first.
    return { bytes: platform === 'darwin' ? 0.75 * os.totalmem() : os.freemem(), limit: 'machine' };
  }
  const machine = await availableOf(root);
  const container = Math.min(...(await limitsOf(root)));
  return container < machine
    ? { bytes: container, limit: 'container' }
    : { bytes: machine, limit: 'machine' };
}

async function availableOf(root: string): Promise<number> {
  const told = /^MemAvailable:\s*(\d+) kB/m.exec(await textOf(path.join(root, 'proc/meminfo')));
  return told === null ? os.freemem() : 1024 * Number(told[1]);
}

/** What each control group leaves, from that of this process up to the outermost that can be seen. */
async function limitsOf(root: string): Promise<number[]> {
  const own = await textOf(path.join(root, 'proc/self/cgroup'));
  const left: number[] = [];
  for (const line of own.split('\n')) {
    const [, controllers, group] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (group === undefined) continue;
    if (controllers === '') left.push(...(await leftBy(path.join(root, 'sys/fs/cgroup'), group, SECOND)));
    else if (controllers.split(',').includes('memory'))
      left.push(...(await leftBy(path.join(root, 'sys/fs/cgroup/memory'), group, FIRST)));
  }
  return left;
}

/** Files of a control group: its limit, what is taken, and the lines of memory.stat that are file caches. */
interface GroupFiles {
  readonly limit: string;
  readonly taken: string;
  readonly caches: readonly string[];
}

const SECOND: GroupFiles = {
  limit: 'memory.max',
  taken: 'memory.current',
  caches: ['inactive_file', 'active_file'],
};
const FIRST: GroupFiles = {
  limit: 'memory.limit_in_bytes',
  taken: 'memory.usage_in_bytes',
  caches: ['total_inactive_file', 'total_active_file'],
};

async function leftBy(top: string, group: string, files: GroupFiles): Promise<number[]> {
  const left: number[] = [];
  // A container sees its own group as the top: the path that the machine has for it is not there then.
  for (let at = path.join(top, group); at.startsWith(top); at = path.dirname(at)) {
    const limit = Number((await textOf(path.join(at, files.limit))) || Number.NaN);
    if (!(limit >= 0)) continue;
    const taken = Number(await textOf(path.join(at, files.taken)));
    const stat = await textOf(path.join(at, 'memory.stat'));
    const caches = files.caches.map((name) =>
      Number(new RegExp(`^${name} (\\d+)`, 'm').exec(stat)?.[1] ?? 0),
    );
    left.push(Math.max(0, limit - taken + caches.reduce((a, b) => a + b, 0)));
  }
  return left;
}

async function textOf(file: string): Promise<string> {
  try {
    return await fs.readFile(file, 'utf8');
  } catch {
    // A machine that does not tell this has no such limit that could be known: the others count.
    return '';
  }
}

/**
 * Arguments of Node for a process whose addresses are limited (`ulimit -v`, which some batch systems set): V8 would
 * take 8 GB of them, though no memory, for each WebAssembly, so that accesses beyond its end need no check.
 *
 * @param root of the file system where Linux tells (proc(5))
 */
export function addressArguments(root = '/', platform = process.platform): string[] {
  if (platform !== 'linux') return [];
  try {
    const limits = readFileSync(path.join(root, 'proc/self/limits'), 'utf8');
    return /^Max address space\s+\d/m.test(limits) ? ['--disable-wasm-trap-handler'] : [];
  } catch {
    // A system that does not tell sets no limit that could be known.
    return [];
  }
}
