import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { asFileError, hasCode, writeFileAtomic } from '../base/files.js';
import { LimpidError, type Problem } from '../contract/errors.js';
import type { SeriesReport } from '../contract/report.js';
import type { WrittenFile } from './input.js';
import type { OutputFolder } from './output-folder.js';

/** Raised when a journal of an older version can no longer be continued. */
const FORMAT = 3;

/**
 * What decides the pixels; a second run with other settings may not continue the first. The device may differ, for a
 * broken one must not take with it what is done: pixels differ by rounding then.
 */
export type Settings = Readonly<Record<string, string | number | boolean | null>>;

/** One derived series, or one derived NIfTI file, with all that must stay the same when the run is resumed. */
export interface Unit {
  /** Safe as a file name. */
  readonly key: string;
  /** Ids of the stacks of the source series, in order. */
  readonly stacks: readonly string[];
  /** DICOM only. */
  readonly derived: { readonly uid: string; readonly number: number } | null;
  readonly errorMap: { readonly uid: string; readonly number: number } | null;
  readonly uncertainty: { readonly uid: string; readonly number: number } | null;
}

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
 * Opens the journal of an output folder, or begins one.
 *
 * @throws LimpidError E_RESUME when an earlier run had other settings; E_IO
 */
export async function openJournal(folder: OutputFolder, settings: Settings): Promise<Journal> {
  const file = folder.own('journal.json');
  const earlier = await readJson(file, isHead);
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

function refuseOtherSettings(head: Head, settings: Settings, place: string): void {
  if (head.format !== FORMAT)
    throw new LimpidError(
      'E_RESUME',
      'An earlier version of Limpid wrote into this output folder.',
      'Choose a new output folder.',
      place,
    );
  const names = [...new Set([...Object.keys(head.settings), ...Object.keys(settings)])];
  const different = names.filter((name) => name !== DEVICE && head.settings[name] !== settings[name]);
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
  throw new LimpidError(
    'E_SOURCE_CHANGED',
    'The input no longer holds the series that the earlier run into this output folder found.',
    'Choose a new output folder for the changed input.',
    place,
  );
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
  throw new LimpidError(
    'E_RESUME',
    'The journal in the output folder is damaged.',
    'Choose a new output folder.',
    file,
  );
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
