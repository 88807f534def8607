import { createHash, randomUUID } from 'node:crypto';
import type { Stats } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { asFileError, hasCode, writeFileAtomic } from '../base/files.js';
import { problemFrom } from '../contract/errors.js';
import { readStorable } from '../dicom/net/storable.js';
import { seriesOfPart } from './inbox.js';
import { valuesOfImage } from './rules.js';

/** What is known of a watched file: its size and time when it was last looked at, and since when they stand. */
interface Seen {
  readonly stamp: string;
  readonly since: number;
  /** It ends early: half of it is written. */
  readonly cut: boolean;
  /** Id of the series that it is of, where that is known of a file that ends early. */
  readonly series: string | null;
}

/** An image that was copied. */
export interface Taken {
  readonly copy: string;
  /** Folder that it lay in. */
  readonly from: string;
  readonly stamp: string;
}

/** Whether more of a series is on its way: nothing of it; perhaps; surely, but it does not come. */
export type Waiting = 'no' | 'perhaps' | 'surely';

/**
 * Watches a folder: images that are whole and have not changed for a while are copied to where received ones are put,
 * once. Nothing in the folder is changed. By looking, not by notices of the system: shares and removable media give
 * none.
 */
export class FolderWatch {
  readonly #folder: string;
  readonly #settleMs: number;
  readonly #taken: string;
  /** Stamps of what was taken, with the id of its series where that is known. */
  #done: Map<string, string | null> | null = null;
  #seen = new Map<string, Seen>();
  #isThere = true;
  #lookedAt = Number.NEGATIVE_INFINITY;

  /** @param taken file that remembers what was taken, over restarts */
  constructor(folder: string, settleMs: number, taken: string) {
    this.#folder = folder;
    this.#settleMs = settleMs;
    this.#taken = taken;
  }

  /** Whether the folder was there when it was last looked at. */
  get isThere(): boolean {
    return this.#isThere;
  }

  /** Files that still change, end early or cannot be read now. */
  get unfinished(): number {
    return this.#seen.size;
  }

  /** Copies what is settled. */
  async look(now: number, incoming: string): Promise<Taken[]> {
    // A large folder takes time to list: twice in the time that a file has to lie still is enough.
    if (now - this.#lookedAt < this.#settleMs / 2) return [];
    this.#lookedAt = now;
    this.#done ??= await readTaken(this.#taken);
    this.#isThere = await isFolder(this.#folder);
    const next = new Map<string, Seen>();
    const taken: Taken[] = [];
    for await (const file of filesBelow(this.#folder)) {
      // A file that was taken away since it was listed has nothing to copy.
      const stat = await fs.stat(file).catch(() => null);
      if (stat === null) continue;
      const stamp = stampOf(file, stat);
      if (this.#done.has(stamp)) continue;
      const before = this.#seen.get(file);
      const seen =
        before?.stamp === stamp ? before : { stamp, since: now, cut: false, series: before?.series ?? null };
      next.set(file, seen);
      // What ends early and has not grown since still ends early.
      if (seen.cut || now - seen.since < this.#settleMs) continue;
      const copy = await copied(file, stamp, incoming);
      if (copy.kind === 'later') continue;
      if (copy.kind === 'cut') {
        next.set(file, { ...seen, cut: true, series: copy.series });
        continue;
      }
      if (copy.kind === 'copied') taken.push({ copy: copy.to, from: path.dirname(file), stamp });
      await this.#note(stamp, null);
      next.delete(file);
    }
    this.#seen = next;
    return taken;
  }

  /** Notes the series that a copy was of. */
  async took({ stamp }: Taken, series: string): Promise<void> {
    await this.#note(stamp, series);
  }

  /** What lies here of a series is taken again. */
  async forget(series: string): Promise<void> {
    const done = this.#done ?? (await readTaken(this.#taken));
    const kept = [...done].filter(([, of]) => of !== series);
    if (kept.length === done.size) return;
    const lines = kept.map(([stamp, of]) => lineOf(stamp, of)).join('');
    await writeFileAtomic(this.#taken, lines, { replace: true });
    this.#done = new Map(kept);
  }

  /** @param folders that images of it were taken from; undefined: not known, as after a restart */
  waitsFor(series: string, folders: ReadonlySet<string> | undefined): Waiting {
    const isFrom = (folder: string) => folders === undefined || folders.has(folder);
    if (!this.#isThere) {
      if (folders === undefined) return 'perhaps';
      return [...folders].some((one) => isBelow(one, this.#folder)) ? 'surely' : 'no';
    }
    const pending = [...this.#seen];
    if (pending.some(([, one]) => one.cut && one.series === series)) return 'surely';
    const mayBe = ([file, one]: [string, Seen]) =>
      one.series === series || (one.series === null && isFrom(path.dirname(file)));
    return pending.some(mayBe) ? 'perhaps' : 'no';
  }

  async #note(stamp: string, series: string | null): Promise<void> {
    this.#done?.set(stamp, series);
    await fs.appendFile(this.#taken, lineOf(stamp, series), { mode: 0o600 });
  }
}

/** What may be different the next time: a share that stumbles, a file that is held or goes, a disk that is full here. */
const PASSING = ['E_IO', 'E_NOT_FOUND'];
/** What is said of a file of which the end is missing; its length may be odd then. */
const CUT = ['E_TRUNCATED', 'E_ELEMENT'];

type Copy =
  | { readonly kind: 'copied'; readonly to: string }
  | { readonly kind: 'cut'; readonly series: string | null }
  /** It could not be read or copied now, or has changed meanwhile; it is no image. */
  | { readonly kind: 'later' | 'none' };

async function copied(file: string, stamp: string, incoming: string): Promise<Copy> {
  const to = path.join(incoming, `${randomUUID()}.dcm`);
  try {
    if ((await fs.stat(file)).size === 0) return { kind: 'cut', series: null };
    await readStorable(file);
    // To its end: what was copied half would be an image of which the rest never comes.
    await valuesOfImage(file);
    await fs.copyFile(file, `${to}.part`);
    if (stampOf(file, await fs.stat(file)) === stamp) {
      await fs.rename(`${to}.part`, to);
      return { kind: 'copied', to };
    }
    await fs.rm(`${to}.part`, { force: true });
    return { kind: 'later' };
  } catch (error) {
    await fs.rm(`${to}.part`, { force: true });
    const { code } = problemFrom(asFileError(error, file));
    if (CUT.includes(code)) return { kind: 'cut', series: await seriesOfPart(file) };
    return { kind: PASSING.includes(code) ? 'later' : 'none' };
  }
}

function stampOf(file: string, { size, mtimeMs }: Stats): string {
  return createHash('sha256').update(`${file}\n${size}\n${mtimeMs}`).digest('hex');
}

function isBelow(inner: string, outer: string): boolean {
  const way = path.relative(outer, inner);
  return way === '' || (!way.startsWith('..') && !path.isAbsolute(way));
}

/** A share that is away for a while is looked at again later. */
async function isFolder(folder: string): Promise<boolean> {
  try {
    await fs.readdir(folder);
    return true;
  } catch {
    // Whatever the reason, what lies in it cannot be seen now.
    return false;
  }
}

async function* filesBelow(folder: string): AsyncGenerator<string> {
  // A folder that goes while it is looked through is looked at again later.
  const entries = await fs.readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue;
    const at = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(at);
    else if (entry.isFile()) yield at;
  }
}

/** Earlier versions noted no series. */
function lineOf(stamp: string, series: string | null): string {
  return series === null ? `${stamp}\n` : `${stamp} ${series}\n`;
}

async function readTaken(file: string): Promise<Map<string, string | null>> {
  try {
    const lines = (await fs.readFile(file, 'utf8')).split('\n');
    return new Map(
      lines.map((line) => {
        const [stamp = '', series = null] = line.split(' ');
        return [stamp, series];
      }),
    );
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return new Map();
    throw error;
  }
}
