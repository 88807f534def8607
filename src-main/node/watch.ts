import { createHash, randomUUID } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { asFileError, hasCode } from '../base/files.js';
import { problemFrom } from '../contract/errors.js';
import { readStorable } from '../dicom/net/storable.js';

/** What is known of a watched file: its size and time when it was last looked at, and since when they stand. */
interface Seen {
  readonly stamp: string;
  readonly since: number;
}

/**
 * Watches a folder: images that have not changed for a while are copied to where received ones are put, once. Nothing
 * in the folder is changed. By looking, not by notices of the system: shares and removable media give none.
 */
export class FolderWatch {
  readonly #folder: string;
  readonly #settleMs: number;
  readonly #taken: string;
  #done: Set<string> | null = null;
  #seen = new Map<string, Seen>();
  #lookedAt = Number.NEGATIVE_INFINITY;

  /** @param taken file that remembers what was taken, over restarts */
  constructor(folder: string, settleMs: number, taken: string) {
    this.#folder = folder;
    this.#settleMs = settleMs;
    this.#taken = taken;
  }

  /** Copies what is settled. @returns paths of the copies */
  async look(now: number, incoming: string): Promise<string[]> {
    // A large folder takes time to list: twice in the time that a file has to lie still is enough.
    if (now - this.#lookedAt < this.#settleMs / 2) return [];
    this.#lookedAt = now;
    this.#done ??= await readLines(this.#taken);
    const next = new Map<string, Seen>();
    const copies: string[] = [];
    for await (const file of filesBelow(this.#folder)) {
      // A file that was taken away since it was listed has nothing to copy.
      const stat = await fs.stat(file).catch(() => null);
      if (stat === null) continue;
      const stamp = createHash('sha256').update(`${file}\n${stat.size}\n${stat.mtimeMs}`).digest('hex');
      if (this.#done.has(stamp)) continue;
      const before = this.#seen.get(file);
      const since = before?.stamp === stamp ? before.since : now;
      next.set(file, { stamp, since });
      if (now - since < this.#settleMs) continue;
      const copy = await copied(file, incoming);
      if (copy === 'later') continue;
      if (copy !== null) copies.push(copy);
      this.#done.add(stamp);
      await fs.appendFile(this.#taken, `${stamp}\n`, { mode: 0o600 });
      next.delete(file);
    }
    this.#seen = next;
    return copies;
  }
}

/** What may be different the next time: a share that stumbles, a file that is held or goes, a disk that is full here. */
const PASSING = ['E_IO', 'E_NOT_FOUND'];

/** null for what is no image, 'later' for what could not be read or copied now. */
async function copied(file: string, incoming: string): Promise<string | 'later' | null> {
  const to = path.join(incoming, `${randomUUID()}.dcm`);
  try {
    await readStorable(file);
    await fs.copyFile(file, `${to}.part`);
    await fs.rename(`${to}.part`, to);
    return to;
  } catch (error) {
    await fs.rm(`${to}.part`, { force: true });
    return PASSING.includes(problemFrom(asFileError(error, file)).code) ? 'later' : null;
  }
}

async function* filesBelow(folder: string): AsyncGenerator<string> {
  // A share that is away for a while is looked at again later.
  const entries = await fs.readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue;
    const at = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(at);
    else if (entry.isFile()) yield at;
  }
}

async function readLines(file: string): Promise<Set<string>> {
  try {
    return new Set((await fs.readFile(file, 'utf8')).split('\n'));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return new Set();
    throw error;
  }
}
