import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { asFileError, hasCode, writeFileAtomic } from '../base/files.js';
import { fault, LimpidError, type Problem } from '../contract/errors.js';
import type { SeriesReport } from '../contract/report.js';
import type { Unit, WrittenFile } from './input.js';
import type { OutputFolder } from './output-folder.js';

/** Raised when a journal of an older version can no longer be continued. */
const FORMAT = 3;

/**
 * What decides the pixels; a second run with other settings may not continue the first. The device may differ, for a
 * broken one must not take with it what is done: pixels differ by rounding then.
 */
export type Settings = Readonly<Record<string, string | number | boolean | null>>;

interface Head {
  readonly format: typeof FORMAT;
  readonly settings: Settings;
  /** Namespace of the new instance UIDs: the same source instance gets the same new UID in a resumed run. */
  readonly namespace: string;
  /** ISO 8601. The one moment that stands in all derived files, so that a resumed series has one Series Time. */
  readonly createdAt: string;
  readonly units: readonly Unit[] | null;
}

/** A stack that is finished. */
export interface StackRecord {
  /** Hash over the hashes of its source files. */
  readonly source: string;
  readonly report: SeriesReport;
  readonly files: readonly WrittenFile[];
}

/** What is known of a unit on disk. */
export interface UnitRecord {
  /** publishing: files of stacks that are not published yet are about to be moved. */
  readonly state: 'working' | 'publishing';
  /** That are finished. */
  readonly stacks: Readonly<Record<string, StackRecord>>;
  /** Ids of those whose files are visible; the files of the others are in the work folder. */
  readonly published: readonly string[];
}

export const NO_RECORD: UnitRecord = { state: 'working', stacks: {}, published: [] };

export interface Journal {
  readonly namespace: string;
  readonly createdAt: Date;
  readonly resumed: boolean;
  /** Told where the first run asked for another device. */
  readonly moved: Problem | null;
  /** The plan of the first run, or `propose()` when this is the first. @throws E_SOURCE_CHANGED */
  plan(proposed: readonly Unit[]): Promise<readonly Unit[]>;
  read(unit: Unit): Promise<UnitRecord>;
  write(unit: Unit, record: UnitRecord): Promise<void>;
}

/**
 * Opens the journal of an output folder, or begins one. That of a run which left nothing to go on with (a model that
 * could not be opened, series that all failed) is begun anew where the settings differ.
 *
 * @throws LimpidError E_RESUME when an earlier run had other settings and left something; E_IO
 */
export async function openJournal(folder: OutputFolder, settings: Settings): Promise<Journal> {
  const file = folder.own('journal.json');
  const found = await readJson(file, isHead);
  const earlier = found === null || (await isStale(found, settings, folder)) ? null : found;
  if (earlier !== null) refuseOtherSettings(earlier, settings, folder.root);
  let head: Head = earlier ?? {
    format: FORMAT,
    settings,
    namespace: randomUUID(),
    createdAt: new Date().toISOString(),
    units: null,
  };
  const save = () => writeFileAtomic(file, JSON.stringify(head, null, 1), { replace: true });
  if (earlier === null) await save();
  await makeFolder(folder.own('series'));
  const recordFile = (unit: Unit) => folder.own('series', `${unit.key}.json`);
  return {
    namespace: head.namespace,
    createdAt: new Date(head.createdAt),
    resumed: earlier?.units != null,
    moved: earlier === null ? null : movedFrom(earlier.settings, settings),
    async plan(proposed) {
      if (head.units !== null) {
        refuseOtherSeries(head.units, proposed, folder.root);
        return head.units;
      }
      head = { ...head, units: proposed };
      await save();
      return proposed;
    },
    async read(unit) {
      return (await readJson(recordFile(unit), isUnitRecord)) ?? NO_RECORD;
    },
    async write(unit, record) {
      await writeFileAtomic(recordFile(unit), JSON.stringify(record), { replace: true });
    },
  };
}

/** Of other settings, and with nothing but the journal itself and records of what failed: not even a checkpoint. */
async function isStale(head: Head, settings: Settings, folder: OutputFolder): Promise<boolean> {
  if (head.format !== FORMAT || differing(head, settings).length === 0) return false;
  const own = folder.own();
  const entries = await fs.readdir(own, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((one) => one.isFile() && !KEEPS_NOTHING.test(one.name))) {
    const file = path.join(entry.parentPath, entry.name);
    const isRecord = entry.parentPath === folder.own('series') && entry.name.endsWith('.json');
    const record = isRecord ? await readJson(file, isUnitRecord) : null;
    if (record === null || Object.keys(record.stacks).length > 0) return false;
  }
  for (const name of ['series', 'work']) await fs.rm(folder.own(name), { recursive: true, force: true });
  return true;
}
/** The last: hashes of the source that a checkpoint belongs to. */
const KEEPS_NOTHING = /^(journal\.json|lock|.*\.source)$/;

function differing(head: Head, settings: Settings): string[] {
  const names = [...new Set([...Object.keys(head.settings), ...Object.keys(settings)])];
  return names.filter((name) => name !== DEVICE && head.settings[name] !== settings[name]);
}

function refuseOtherSettings(head: Head, settings: Settings, place: string): void {
  if (head.format !== FORMAT) throw fault('E_RESUME/earlier-version', {}, place);
  const different = differing(head, settings);
  if (different.length === 0) return;
  const list = different.map((name) => `${name} ${show(head.settings[name])}, now ${show(settings[name])}`);
  throw new LimpidError(
    'E_RESUME',
    `This output folder belongs to a run with other settings (${list.join('; ')}).`,
    'Repeat the earlier settings to resume that run, or choose a new output folder to start anew.',
    place,
  );
}

const DEVICE = 'device';

function movedFrom(earlier: Settings, now: Settings): Problem | null {
  if (earlier[DEVICE] === now[DEVICE]) return null;
  return {
    code: 'W_DEVICE_CHANGED',
    message: `This output folder was begun with the device ${show(earlier[DEVICE])} and goes on with ${show(now[DEVICE])}: what follows differs by rounding from what that would have made.`,
    remedy: 'Give the earlier device to go on there instead, or choose a new output folder.',
  };
}

function show(value: Settings[string] | undefined): string {
  return value === undefined || value === null ? 'default' : String(value);
}

function refuseOtherSeries(planned: readonly Unit[], found: readonly Unit[], place: string): void {
  const names = (units: readonly Unit[]) =>
    units.map((unit) => [unit.key, ...unit.stacks].join(' ')).join('\n');
  if (names(planned) === names(found)) return;
  throw fault('E_SOURCE_CHANGED/other-series', {}, place);
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await fs.mkdir(folder, { recursive: true });
  } catch (error) {
    throw asFileError(error, folder);
  }
}

/** Written only by this tool and only whole; null when it is not there. */
async function readJson<T>(file: string, isWhole: (value: unknown) => value is T): Promise<T | null> {
  let text: string;
  try {
    text = await fs.readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw asFileError(error, file);
  }
  let value: unknown = null;
  try {
    value = JSON.parse(text);
  } catch {
    // no JSON is as damaged as JSON of another shape
  }
  if (isWhole(value)) return value;
  throw fault('E_RESUME/journal', {}, file);
}

/** The outer shape: what is inside was written by this tool, whole, or is of another format and refused by that. */
function isHead(value: unknown): value is Head {
  return (
    typeof value === 'object' &&
    value !== null &&
    'format' in value &&
    'settings' in value &&
    typeof value.settings === 'object' &&
    value.settings !== null &&
    'namespace' in value &&
    typeof value.namespace === 'string' &&
    'createdAt' in value &&
    typeof value.createdAt === 'string' &&
    'units' in value
  );
}

function isUnitRecord(value: unknown): value is UnitRecord {
  return (
    typeof value === 'object' &&
    value !== null &&
    'state' in value &&
    typeof value.state === 'string' &&
    'stacks' in value &&
    typeof value.stacks === 'object' &&
    value.stacks !== null &&
    'published' in value &&
    Array.isArray(value.published)
  );
}
