import * as path from 'node:path';
import { makeFolder } from '../base/make-folder.js';
import type { Caller, SeriesRecord, State } from '../contract/requests/node.js';
import { readRecords, seriesFolder } from '../process/node-folder.js';
import type { AuditFacts } from './audit/audit.js';
import { namesIn, type Placed, place, type Sorted, sortedOf } from './inbox.js';
import { newRecord, writeRecord } from './record.js';

/** A series and what is known of it only while the node runs. */
export interface Live {
  record: SeriesRecord;
  /** When the last image came, and since when the series is what it is, by `performance.now`: clocks are set. */
  lastAt: number;
  since: number;
  /** Moved on although something still comes: told so by a person. */
  now: boolean;
  /** Images may lie among those that came late. */
  late: boolean;
}

/** More senders of one series are not written down. */
const MOST_CALLERS = 8;

/** Tells of each change, for the audit. */
export type OnChange = (record: SeriesRecord, what: string, more: AuditFacts) => void;

/**
 * All series of a node, in memory and on disk. Invariants: a change is on disk before it is told; images lie in the
 * folder of their series or in `incoming`, never in both; a record that is lost is begun anew from its images.
 */
export class Shelf {
  readonly #base: string;
  readonly #onChange: OnChange;
  readonly #all = new Map<string, Live>();

  private constructor(base: string, onChange: OnChange) {
    this.#base = base;
    this.#onChange = onChange;
  }

  /** What an earlier node left: what was running waits again; a record that cannot be read is begun anew from its images. @throws errors of the disk */
  static async open(base: string, onChange: OnChange): Promise<Shelf> {
    const shelf = new Shelf(base, onChange);
    await makeFolder(path.join(base, 'series'), 0o700);
    for (const { id, record } of await readRecords(base)) {
      const read = record ?? (await recovered(base, id));
      if (read === null) continue;
      const state: State = read.state === 'running' ? 'waiting' : read.state;
      const now = performance.now();
      // Of the time before this process only the clock of the computer tells.
      const since = now - Math.max(0, Date.now() - Date.parse(read.changedAt));
      shelf.#all.set(id, { record: { ...read, state }, lastAt: now, since, now: false, late: true });
    }
    return shelf;
  }

  get(id: string): Live | undefined {
    return this.#all.get(id);
  }

  all(): readonly Live[] {
    return [...this.#all.values()];
  }

  /** In the order in which they became what they are. */
  inState(...states: readonly State[]): readonly Live[] {
    return this.all()
      .filter(({ record }) => states.includes(record.state))
      .sort((a, b) => (a.record.changedAt < b.record.changedAt ? -1 : 1));
  }

  async change(live: Live, what: string, to: Partial<SeriesRecord>): Promise<void> {
    const changed = { ...live.record, ...to, changedAt: new Date().toISOString() };
    await writeRecord(this.#base, changed);
    live.record = changed;
    live.since = performance.now();
    this.#onChange(changed, what, {});
  }

  /** For the audit, of what changes no state. */
  tell(live: Live, what: string, more: AuditFacts): void {
    this.#onChange(live.record, what, more);
  }

  /** Without the audit: progress of a delivery. */
  async note(live: Live, to: Partial<SeriesRecord>): Promise<void> {
    live.record = { ...live.record, ...to };
    await writeRecord(this.#base, live.record);
  }

  /**
   * Puts an image that came to its series.
   *
   * @param from who sent it; null where it came from a folder, or before a restart
   * @returns null where the file names no series
   */
  async take(
    file: string,
    from: Caller | null,
  ): Promise<{ readonly sorted: Sorted; readonly placed: Placed } | null> {
    const sorted = await sortedOf(file);
    if (sorted === null) return null;
    const known = this.#all.get(sorted.id);
    const live = known ?? {
      record: newRecord(sorted.study, sorted.series, new Date(), from === null ? [] : [from]),
      lastAt: 0,
      since: performance.now(),
      now: false,
      late: false,
    };
    if (known === undefined) {
      this.#all.set(sorted.id, live);
      await this.change(live, 'began', {});
    }
    const placed = await place(this.#base, file, sorted, live.record.state === 'receiving');
    live.lastAt = performance.now();
    if (from !== null) live.record = { ...live.record, callers: withCaller(live.record.callers, from) };
    if (placed === 'late') live.late = true;
    if (placed === 'new') live.record = { ...live.record, instances: live.record.instances + 1 };
    return { sorted, placed };
  }

  folderOf({ record }: Live) {
    return seriesFolder(this.#base, record.id);
  }
}

function withCaller(callers: readonly Caller[], from: Caller): Caller[] {
  const isKnown = callers.some(({ title, address }) => title === from.title && address === from.address);
  return isKnown || callers.length >= MOST_CALLERS ? [...callers] : [...callers, from];
}

/** The record of a folder that lost it: its images say which series it is. */
async function recovered(base: string, id: string): Promise<SeriesRecord | null> {
  const { images, late } = seriesFolder(base, id);
  for (const folder of [images, late])
    for (const name of await namesIn(folder)) {
      // Any one image tells the series: one that cannot be read leaves it to the others.
      const sorted = await sortedOf(path.join(folder, name)).catch(() => null);
      if (sorted?.id === id) return newRecord(sorted.study, sorted.series, new Date());
    }
  return null;
}
