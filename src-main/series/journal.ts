import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { asFileError, hasCode, writeFileAtomic } from '../base/files.js';
import { makeFolder } from '../base/make-folder.js';
import { fault, type Problem, problemOf } from '../contract/errors.js';
import { SeriesReport } from '../contract/report.js';
import {
  either,
  fieldsOf,
  filled,
  flag,
  list,
  nullOr,
  number,
  type Of,
  object,
  oneOf,
  only,
  optional,
  readText,
  type Schema,
  text,
  whole,
} from '../contract/schema/schema.js';
import { type Numbered, seriesKey, Unit, WrittenFile } from './input.js';
import type { OutputFolder } from './output-folder.js';

/** Raised when a journal of an older version can no longer be continued. */
const FORMAT = 3;

/**
 * What decides the pixels; a second run with other settings may not continue the first. The device may differ, for a
 * broken one must not take with it what is done: pixels differ by rounding then.
 */
const Settings = fieldsOf(text, nullOr(either([text, number, flag])));
export type Settings = Of<typeof Settings>;

/** Of a run, what its pixels do not depend on. */
const OF_RUN = new Set(['input', 'device', 'plan', 'series', 'chosen', 'condition', 'noise map', 'bids']);

/** All of the settings that decides the pixels, in one form, for `withSettings`. */
export function pixelSettings(settings: Settings): string {
  const entries = Object.entries(settings).filter(([name]) => !OF_RUN.has(name));
  return JSON.stringify(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What journals of every version say; the rest is as its format has it. */
const AnyHead = object({ format: whole, settings: Settings });

/** Of earlier versions without a namespace: that of the journal is theirs. */
const UnitOfJournal = object({ ...Unit.entries, namespace: optional(filled) });

const Head = object({
  format: only(FORMAT),
  settings: Settings,
  /** Of journals whose units have no namespace of their own. */
  namespace: optional(filled),
  /** ISO 8601. The one moment that stands in all derived files, so that a resumed series has one Series Time. */
  createdAt: filled,
  units: nullOr(list(UnitOfJournal)),
});
type Head = Of<typeof Head>;

/** A stack that is finished. */
const StackRecord = object({
  /** Hash over the hashes of its source files. */
  source: text,
  report: SeriesReport,
  files: list(WrittenFile),
});
export type StackRecord = Of<typeof StackRecord>;

/** What is known of a unit on disk. */
const UnitRecord = object({
  /** publishing: files of stacks that are not published yet are about to be moved. */
  state: oneOf(['working', 'publishing']),
  /** That are finished. */
  stacks: fieldsOf(text, StackRecord),
  /** Ids of those whose files are visible; the files of the others are in the work folder. */
  published: list(text),
});
export type UnitRecord = Of<typeof UnitRecord>;

export const NO_RECORD: UnitRecord = { state: 'working', stacks: {}, published: [] };

export interface Journal {
  readonly createdAt: Date;
  readonly resumed: boolean;
  /** Told where the first run asked for another device. */
  readonly moved: Problem | null;
  /**
   * The units as earlier runs named them, in the order of `proposed`; those of series that came since are added, with
   * names and Series Numbers that none of these has.
   *
   * @param studies of each of `proposed`, what tells its study from others
   * @throws E_SOURCE_CHANGED where a series of an earlier run is not there any more
   */
  plan(proposed: readonly Unit[], studies?: readonly string[]): Promise<readonly Unit[]>;
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
  const found = await readHead(file, folder.root);
  const earlier = found === null || (await isStale(found, settings, folder)) ? null : found;
  if (earlier !== null) refuseOtherSettings(earlier, settings, folder.root);
  let head: Head = earlier ?? {
    format: FORMAT,
    settings,
    createdAt: new Date().toISOString(),
    units: null,
  };
  const save = () => writeFileAtomic(file, JSON.stringify(head, null, 1), { replace: true });
  if (earlier === null) await save();
  await makeOwnFolder(folder.own('series'));
  const recordFile = (unit: Unit) => folder.own('series', `${unit.key}.json`);
  return {
    createdAt: new Date(head.createdAt),
    resumed: earlier?.units != null,
    moved: earlier === null ? null : movedFrom(earlier.settings, settings),
    async plan(proposed, studies = []) {
      const earlier = (head.units ?? []).map((unit) => withNamespace(unit, head, proposed));
      const units = continued(earlier, proposed, studies, folder.root);
      if (head.units === null || units.length > earlier.length) {
        head = { ...head, units };
        await save();
      }
      return units;
    },
    async read(unit) {
      return (await readJson(recordFile(unit), UnitRecord)) ?? NO_RECORD;
    },
    async write(unit, record) {
      await folder.confirm();
      await writeFileAtomic(recordFile(unit), JSON.stringify(record), { replace: true });
    },
  };
}

/** Of other settings, and with nothing but the journal itself and records of what failed: not even a checkpoint. */
async function isStale(head: Head, settings: Settings, folder: OutputFolder): Promise<boolean> {
  if (differing(head, settings).length === 0) return false;
  const own = folder.own();
  const entries = await fs.readdir(own, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((one) => one.isFile() && !KEEPS_NOTHING.test(one.name))) {
    const file = path.join(entry.parentPath, entry.name);
    const isRecord = entry.parentPath === folder.own('series') && entry.name.endsWith('.json');
    const record = isRecord ? await readJson(file, UnitRecord) : null;
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
  const different = differing(head, settings);
  if (different.length === 0) return;
  const list = different.map((name) => `${name} ${show(head.settings[name])}, now ${show(settings[name])}`);
  throw fault('E_RESUME/settings', { changes: list.join('; ') }, place);
}

const DEVICE = 'device';

function movedFrom(earlier: Settings, now: Settings): Problem | null {
  if (earlier[DEVICE] === now[DEVICE]) return null;
  return problemOf('W_DEVICE_CHANGED/output', { earlier: show(earlier[DEVICE]), now: show(now[DEVICE]) });
}

function show(value: Settings[string] | undefined): string {
  return value === undefined || value === null ? 'default' : String(value);
}

function withNamespace(unit: Of<typeof UnitOfJournal>, head: Head, proposed: readonly Unit[]): Unit {
  const same = proposed.find((one) => stacksOf(one) === stacksOf(unit));
  return { ...unit, namespace: unit.namespace ?? head.namespace ?? same?.namespace ?? unit.key };
}

function stacksOf({ stacks }: Pick<Unit, 'stacks'>): string {
  return stacks.join(' ');
}

/** An archive grows while it is worked on: what came since is called as nothing is that is there. */
function continued(
  earlier: readonly Unit[],
  proposed: readonly Unit[],
  studies: readonly string[],
  place: string,
): Unit[] {
  const known = new Map(earlier.map((unit) => [stacksOf(unit), unit]));
  const found = new Set(proposed.map(stacksOf));
  if (earlier.some((unit) => !found.has(stacksOf(unit))))
    throw fault('E_SOURCE_CHANGED/other-series', {}, place);
  const keys = new Set(earlier.map(({ key }) => key));
  const numbers = new Map<string, Set<number>>();
  const takenIn = (study: string): Set<number> => {
    const taken = numbers.get(study) ?? new Set<number>();
    numbers.set(study, taken);
    return taken;
  };
  for (const [i, unit] of proposed.entries()) {
    const there = known.get(stacksOf(unit));
    for (const { number } of there === undefined ? [] : numberedOf(there))
      takenIn(studies[i] ?? '').add(number);
  }
  return proposed.map((unit, i) => {
    const there = known.get(stacksOf(unit));
    if (there !== undefined) return there;
    let key = unit.key;
    for (let number = keys.size + 1; keys.has(key); number++) key = seriesKey(number);
    keys.add(key);
    return withFreeNumbers({ ...unit, key }, takenIn(studies[i] ?? ''));
  });
}

const HOLDING = ['derived', 'errorMap', 'uncertainty', 'partner'] as const;

function numberedOf(unit: Unit): Numbered[] {
  return HOLDING.flatMap((holding) => unit[holding] ?? []);
}

/** Where an earlier run gave a number away that was proposed: one above all that are derived, so above all sources too. */
function withFreeNumbers(unit: Unit, taken: Set<number>): Unit {
  const free = (one: Numbered): Numbered => {
    const number = taken.has(one.number) ? Math.max(...taken) + 1 : one.number;
    taken.add(number);
    return { ...one, number };
  };
  return {
    ...unit,
    derived: unit.derived && free(unit.derived),
    errorMap: unit.errorMap && free(unit.errorMap),
    uncertainty: unit.uncertainty && free(unit.uncertainty),
    ...(unit.partner === undefined ? {} : { partner: free(unit.partner) }),
  };
}

async function makeOwnFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
  } catch (error) {
    throw asFileError(error, folder);
  }
}

/** null: there is none. @throws LimpidError E_RESUME for one of another version, or a damaged one; E_IO */
async function readHead(file: string, place: string): Promise<Head | null> {
  const any = await readJson(file, AnyHead);
  if (any === null || any.format === FORMAT) return readJson(file, Head);
  throw fault('E_RESUME/earlier-version', {}, place);
}

/** Written only by this tool and only whole; null when it is not there. */
async function readJson<T>(file: string, schema: Schema<T>): Promise<T | null> {
  let text: string;
  try {
    text = await fs.readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw asFileError(error, file);
  }
  const found = readText(schema, text);
  if (found.fits) return found.value;
  throw fault('E_RESUME/journal', { field: found.path || 'JSON' }, file);
}
