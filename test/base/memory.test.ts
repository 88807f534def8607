import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { addressArguments, freeMemory, MEMORY_SETTING } from '../../src-main/base/memory.js';
import { removeFolders, temporaryFolder } from '../jobs/fixtures.js';

afterEach(() => {
  delete process.env[MEMORY_SETTING];
});
afterAll(removeFolders);

/** A file system where Linux tells of memory: contents by path. */
async function told(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    await fs.mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await fs.writeFile(path.join(root, name), text);
  }
  return root;
}

const MEMINFO = 'MemTotal:       32000000 kB\nMemFree:          100000 kB\nMemAvailable:    8000000 kB\n';

describe('a process whose addresses are limited', () => {
  const limits = (soft: string) =>
    told({
      'proc/self/limits': `Limit  Soft Limit  Hard Limit  Units\nMax address space         ${soft}  bytes\n`,
    });

  it('is started such that V8 takes none for what is not used', async () => {
    expect(addressArguments(await limits('3072000000   3072000000'), 'linux')).toHaveLength(1);
    expect(addressArguments(await limits('unlimited    unlimited'), 'linux')).toEqual([]);
    expect(addressArguments(await told({}), 'linux')).toEqual([]);
    expect(addressArguments(await limits('1 1'), 'darwin')).toEqual([]);
  });

  it.runIf(process.platform === 'linux')('has room for WebAssembly then', async () => {
    const script = path.join(await temporaryFolder(), 'instances.mjs');
    // Of 16 memories, each with its 8 GB of addresses, none fits into 6 GB.
    await fs.writeFile(
      script,
      `for (let i = 0, kept = []; i < 16; i++) kept.push(new WebAssembly.Memory({ initial: 1 }));`,
    );
    const run = (args: readonly string[]) =>
      spawnSync('bash', ['-c', 'ulimit -v 6000000; exec "$@"', 'bash', process.execPath, ...args, script]);
    const args = addressArguments(await limits('6144000000 6144000000'), 'linux');
    expect(run(args).stderr.toString()).toBe('');
    expect(run(args).status).toBe(0);
  });
});

describe('free memory', () => {
  it('is what the machine has available, caches included', async () => {
    const root = await told({ 'proc/meminfo': MEMINFO, 'proc/self/cgroup': '0::/user\n' });
    expect(await freeMemory(root, 'linux')).toEqual({ bytes: 8_192_000_000, limit: 'machine' });
  });

  it('ends at the limit of a container, whose file caches can be dropped', async () => {
    const root = await told({
      'proc/meminfo': MEMINFO,
      'proc/self/cgroup': '0::/\n',
      'sys/fs/cgroup/memory.max': '2000000000\n',
      'sys/fs/cgroup/memory.current': '1500000000\n',
      'sys/fs/cgroup/memory.stat': 'anon 1\ninactive_file 300000000\nactive_file 100000000\n',
    });
    expect(await freeMemory(root, 'linux')).toEqual({ bytes: 900_000_000, limit: 'container' });
  });

  it('ends at the limit of an outer group too, and not at one that sets none', async () => {
    const root = await told({
      'proc/meminfo': MEMINFO,
      'proc/self/cgroup': '0::/slurm/job\n',
      'sys/fs/cgroup/slurm/job/memory.max': 'max\n',
      'sys/fs/cgroup/slurm/memory.max': '1000000000\n',
      'sys/fs/cgroup/slurm/memory.current': '250000000\n',
    });
    expect(await freeMemory(root, 'linux')).toEqual({ bytes: 750_000_000, limit: 'container' });
  });

  it('ends at the limit of a group of the first version, whose path a container does not see', async () => {
    const root = await told({
      'proc/meminfo': MEMINFO,
      'proc/self/cgroup': '5:cpu:/docker/a\n4:memory:/docker/a\n',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '500000000\n',
      'sys/fs/cgroup/memory/memory.usage_in_bytes': '400000000\n',
      'sys/fs/cgroup/memory/memory.stat': 'total_inactive_file 50000000\n',
    });
    expect(await freeMemory(root, 'linux')).toEqual({ bytes: 150_000_000, limit: 'container' });
  });

  it('is what a setting says, where nobody else tells', async () => {
    process.env[MEMORY_SETTING] = '512';
    expect(await freeMemory('/', 'linux')).toEqual({ bytes: 512e6, limit: 'setting' });
  });
});
