import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import dicomParser from 'dicom-parser';
import { Redis as IORedis } from 'ioredis';
import { sha256 } from '../../src-main/base/files.js';
import { drawnSeries } from '../support/drawn-series.js';
import { freePort, startRedis } from '../support/servers.js';

/** As tests and benchmarks are started in the folder of the sources. */
const CLI = path.resolve('dist/main/cli.js');

export interface Redis {
  readonly url: string;
  /** Ends it as a power cut would, and starts it with what it had written. */
  restart(): Promise<void>;
  /** All over one connection. */
  command(...args: string[]): Promise<unknown>;
  close(): Promise<void>;
}

/** Debian's redis-server on loopback; what it acknowledges is on the disk within a second. */
export async function openRedis(folder: string): Promise<Redis> {
  const port = await freePort();
  let server = await startRedis(folder, port);
  let asked: IORedis | null = null;
  return {
    url: `redis://127.0.0.1:${port}`,
    async restart() {
      await server.close();
      server = await startRedis(folder, port);
    },
    command(name, ...args) {
      asked ??= new IORedis(port, '127.0.0.1');
      return asked.call(name, ...args);
    },
    async close() {
      asked?.disconnect();
      await server.close();
    },
  };
}

/** Draws series of two slices of 32 x 32, five a study. @returns how many there are */
export async function drawSeries(folder: string, count: number): Promise<void> {
  await fs.mkdir(folder, { recursive: true });
  for (let k = 0; k < count; k++) {
    const names = {
      patient: 'Secret^Name',
      study: `1.2.${Math.floor(k / 5) + 1}`,
      series: `1.3.${k + 1}`,
      instance: `1.3.${k + 1}`,
    };
    for (const [i, image] of drawnSeries(2, 32, 100 + k, names).entries())
      await fs.writeFile(path.join(folder, `SecretFile-${k}-${i}.dcm`), image);
  }
}

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built command line. @param options.group with all that it starts in a group of processes of its own */
export function limpid(
  args: readonly string[],
  home: string,
  options: { readonly group?: boolean } = {},
): ChildProcess & { readonly ran: Promise<Ran> } {
  const child = spawn(process.execPath, [CLI, ...args], {
    env: { ...process.env, LIMPID_HOME: home },
    detached: options.group === true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data: Buffer) => {
    stdout += data.toString();
  });
  child.stderr.on('data', (data: Buffer) => {
    stderr += data.toString();
  });
  const ran = new Promise<Ran>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return Object.assign(child, { ran });
}

/** Pixels of all derived images that people see, by their SOP Instance UID, of a folder and all below. */
export async function pixelsBelow(folder: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const entry of await fs.readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.name.endsWith('.dcm') || entry.parentPath.split(path.sep).includes('.limpid')) continue;
    const bytes = await fs.readFile(path.join(entry.parentPath, entry.name));
    const uid = dicomParser.parseDicom(bytes).string('x00080018');
    if (uid === undefined || found.has(uid))
      throw new Error(`${entry.name}: no UID, or one that was there before`);
    found.set(uid, sha256(bytes.subarray(-2 * 32 * 32)));
  }
  return found;
}

/** Workers of which some are killed while they work, as machines die. */
export class Crew {
  readonly #start: () => ReturnType<typeof limpid>;
  readonly #all = new Set<ReturnType<typeof limpid>>();
  #done = 0;
  #heard: () => void = () => undefined;

  constructor(args: readonly string[], home: string) {
    this.#start = () => limpid(['worker', ...args], home);
  }

  hire(): void {
    const worker = this.#start();
    this.#all.add(worker);
    worker.stdout?.on('data', (data: Buffer) => {
      this.#done += data.toString().match(/ {2}done {2}/g)?.length ?? 0;
      this.#heard();
    });
  }

  /** Resolves once so many series were told as done, by all together. */
  async done(count: number): Promise<void> {
    while (this.#done < count)
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
  }

  /** Kills the one that was hired first, and hires another. */
  async replace(): Promise<void> {
    const [first] = this.#all;
    if (first === undefined) return;
    this.#all.delete(first);
    first.kill('SIGKILL');
    await first.ran;
    this.hire();
  }

  async dismiss(): Promise<void> {
    for (const worker of this.#all) worker.kill('SIGKILL');
    for (const worker of this.#all) await worker.ran;
  }
}
