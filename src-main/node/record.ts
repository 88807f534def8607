import { createHash } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { jsonFile } from '../base/json-file.js';
import {
  flag,
  list,
  nullOr,
  type Of,
  object,
  oneOf,
  only,
  read,
  text,
  whole,
} from '../contract/schema/schema.js';

/** Raised when an older node's records can no longer be read. */
const FORMAT = 1;

/** What a series goes through, in this order; held, skipped, failed and sent are ends until somebody or something moves it. */
export const STATES = [
  'receiving',
  'waiting',
  'running',
  'held',
  'sending',
  'sent',
  'skipped',
  'failed',
] as const;
export type State = (typeof STATES)[number];

const Delivery = object({
  /** Name of a target. */
  target: text,
  what: oneOf(['results', 'originals']),
  state: oneOf(['waiting', 'committing', 'done', 'failed']),
  sent: whole,
  total: whole,
  attempts: whole,
  /** ISO 8601; not tried before. */
  notBefore: text,
  /** Why the last try failed, by code; null. */
  problem: nullOr(text),
  /** Transaction UID of storage commitment that is waited for. */
  transaction: nullOr(text),
});
export type Delivery = Of<typeof Delivery>;

export const SeriesRecord = object({
  format: only(FORMAT),
  id: text,
  study: text,
  series: text,
  state: oneOf(STATES),
  /** Raised when images come after the series was complete: it is done anew, as another derived series. */
  generation: whole,
  /** Images after which it was complete, or that are there now. */
  instances: whole,
  /** ISO 8601. */
  firstAt: text,
  changedAt: text,
  rule: nullOr(text),
  verdict: nullOr(oneOf(['pass', 'warn', 'fail'])),
  /** Why it is held, skipped or failed, by code. */
  reason: nullOr(text),
  /** Starts of the job that ended the process. */
  crashes: whole,
  deliveries: list(Delivery),
  /** What it held was removed after it was sent. */
  removed: flag,
});

/** One series on its way. No attribute of a patient: UIDs, counts, times and codes. */
export type SeriesRecord = Of<typeof SeriesRecord>;

/** Its id is made of both UIDs: the UID of a series alone is not always unique. */
export function seriesId(study: string, series: string): string {
  return createHash('sha256').update(`${study}\n${series}`).digest('hex').slice(0, 16);
}

export interface SeriesFolder {
  readonly root: string;
  /** Images as they came, SOP Instance UID + '.dcm'. */
  readonly images: string;
  /** Images that came while a job read the others. */
  readonly late: string;
  readonly output: (generation: number) => string;
  /** The results of it as they are sent where no trust report passes. */
  readonly described: (generation: number) => string;
  /** Its report as an instance of the study. */
  readonly report: (generation: number) => string;
  /** SOP Instance UIDs that a target has acknowledged, a line each. */
  readonly acknowledged: (delivery: Delivery, generation: number) => string;
}

export function seriesFolder(base: string, id: string): SeriesFolder {
  const root = path.join(base, 'series', id);
  return {
    root,
    images: path.join(root, 'images'),
    late: path.join(root, 'late'),
    output: (generation) => path.join(root, `output-${generation}`),
    described: (generation) => path.join(root, `described-${generation}`),
    report: (generation) => path.join(root, `report-${generation}`),
    acknowledged: ({ target, what }, generation) =>
      path.join(root, `sent-${generation}-${what}-${target}.txt`),
  };
}

export function newRecord(study: string, series: string, now: Date): SeriesRecord {
  return {
    format: FORMAT,
    id: seriesId(study, series),
    study,
    series,
    state: 'receiving',
    generation: 1,
    instances: 0,
    firstAt: now.toISOString(),
    changedAt: now.toISOString(),
    rule: null,
    verdict: null,
    reason: null,
    crashes: 0,
    deliveries: [],
    removed: false,
  };
}

export async function writeRecord(base: string, record: SeriesRecord): Promise<void> {
  await jsonFile(path.join(seriesFolder(base, record.id).root, 'state.json')).write(record);
}

/** All records of a node's folder. One that cannot be read is begun anew from its images by the caller: null. */
export async function readRecords(
  base: string,
): Promise<readonly { readonly id: string; readonly record: SeriesRecord | null }[]> {
  const root = path.join(base, 'series');
  await fs.mkdir(root, { recursive: true, mode: 0o700 });
  const ids = (await fs.readdir(root)).filter((one) => /^[0-9a-f]{16}$/.test(one)).sort();
  return Promise.all(
    ids.map(async (id) => {
      const reading = read(SeriesRecord, await jsonFile(path.join(root, id, 'state.json')).read());
      return { id, record: reading.fits && reading.value.id === id ? reading.value : null };
    }),
  );
}
