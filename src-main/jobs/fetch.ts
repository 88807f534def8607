import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { exists, sha256 } from '../base/files.js';
import { makeFolder } from '../base/make-folder.js';
import { type Meter, startMeter } from '../base/progress.js';
import { fault, type Problem, problemFrom, problemOf, withoutPlace } from '../contract/errors.js';
import type { Emit } from '../contract/events.js';
import { EXIT } from '../contract/exit.js';
import type { FetchRequest, SendTarget, WebSource } from '../contract/requests/network.js';
import type { FetchResult, FoundSeries } from '../contract/results.js';
import { isUid } from '../dicom/elements/uid.js';
import { readToken } from '../dicom/net/dicomweb.js';
import { find, get, type Key, type Query, type Wanted } from '../dicom/net/query.js';
import { type Answer, retrieve, search } from '../dicom/net/web-archive.js';
import { openOutputFolder } from '../series/output-folder.js';

const MOST_BYTES = 4 * 2 ** 30;
const MINUTE_MS = 60_000;

const EXPLICIT = '1.2.840.10008.1.2.1';
const IMPLICIT = '1.2.840.10008.1.2';
/** Lossless first, then what scanners and archives compress with (PS3.5 annex A). */
const COMPRESSED = [
  '1.2.840.10008.1.2.4.70',
  '1.2.840.10008.1.2.4.80',
  '1.2.840.10008.1.2.4.90',
  '1.2.840.10008.1.2.4.201',
  '1.2.840.10008.1.2.5',
  '1.2.840.10008.1.2.4.57',
  '1.2.840.10008.1.2.4.81',
  '1.2.840.10008.1.2.4.91',
  '1.2.840.10008.1.2.4.50',
  '1.2.840.10008.1.2.4.51',
];
/** MR, Enhanced MR, Legacy Converted MR; CT, Enhanced CT, Legacy Converted CT (PS3.4 table B.5-1). */
const IMAGES = ['4', '4.1', '4.4', '2', '2.1', '2.2'].map((arc) => `1.2.840.10008.5.1.4.1.1.${arc}`);

/** An archive sends an instance in the context of its class and syntax: each pair needs one. */
const WANTED: readonly Wanted[] = IMAGES.flatMap((sopClass) => [
  { sopClass, transferSyntaxes: [EXPLICIT, IMPLICIT] },
  ...COMPRESSED.map((syntax) => ({ sopClass, transferSyntaxes: [syntax] })),
]);

const TAG = {
  studyDate: 0x00080020,
  accession: 0x00080050,
  modality: 0x00080060,
  studyDescription: 0x00081030,
  seriesDescription: 0x0008103e,
  patientId: 0x00100020,
  study: 0x0020000d,
  series: 0x0020000e,
  seriesNumber: 0x00200011,
  instances: 0x00201209,
} as const;

/**
 * Asks an archive what matches, series by series, and takes MR and CT images of it, by C-FIND and C-GET or by DICOMweb. What was fetched before
 * stays; an image is visible only whole.
 *
 * @throws LimpidError E_USAGE (nothing asked for), E_NETWORK where the archive cannot be asked, E_EXISTS, E_LOCKED
 */
export async function runFetch(request: FetchRequest, emit: Emit): Promise<FetchResult> {
  const started = performance.now();
  if (Object.keys(request.query).length === 0) throw fault('E_USAGE/no-query');
  const archive = await archiveOf(request);
  const found = await matching(archive, request);
  const state: Fetching = { fetched: 0, kept: 0, failed: 0, problems: [] };
  const series =
    request.into === null ? found : await fetchAll(archive, request, request.into, found, state, emit);
  const isWhole = state.failed === 0 && state.problems.length === 0;
  return {
    type: 'result',
    command: 'fetch',
    exitCode: isWhole && found.length > 0 ? EXIT.done : EXIT.failed,
    series,
    kept: state.kept,
    fetched: state.fetched,
    failed: state.failed,
    seconds: (performance.now() - started) / 1000,
    problems: [...new Map(state.problems.map((one) => [`${one.code} ${one.message}`, one])).values()],
  };
}

/** An archive by whichever way it is asked. */
interface Archive {
  find(query: Query): AsyncIterable<Answer>;
  /** @returns how many could not be taken */
  get(series: FoundSeries, folder: string, onFile: (file: string) => void): Promise<number>;
}

async function archiveOf({ source, calling }: FetchRequest): Promise<Archive> {
  return 'url' in source
    ? webArchive(source, await readToken(source.tokenFile))
    : dicomArchive(source, calling);
}

function webArchive({ url }: WebSource, token: string | null): Archive {
  const peer = { url, token };
  return {
    find: (query) => search(peer, query),
    async get({ studyInstanceUid: study, seriesInstanceUid: series }, folder, onFile) {
      const into = { folder, mostBytes: MOST_BYTES, classes: IMAGES };
      return (await retrieve(peer, { study, series }, into, onFile)).failed;
    },
  };
}

function dicomArchive(source: SendTarget, calling: string): Archive {
  return {
    find: (query) => find(source, calling, query),
    async get({ studyInstanceUid, seriesInstanceUid }, folder, onFile) {
      const keys = [key(TAG.study, 'UI', studyInstanceUid), key(TAG.series, 'UI', seriesInstanceUid)];
      const into = { folder, mostBytes: MOST_BYTES, wanted: WANTED };
      return (await get(source, calling, { level: 'SERIES', keys }, into, onFile)).failed;
    },
  };
}

interface Fetching {
  fetched: number;
  kept: number;
  failed: number;
  readonly problems: Problem[];
}

/** Studies that match, then their series: an archive need not match keys of one level on another. */
async function matching(archive: Archive, { query }: FetchRequest): Promise<FoundSeries[]> {
  const studies: Key[] = [
    key(TAG.studyDate, 'DA', query.date),
    key(TAG.accession, 'SH', query.accession),
    key(TAG.studyDescription, 'LO', query.studyDescription),
    key(TAG.patientId, 'LO', query.patientId),
    key(TAG.study, 'UI', query.study),
  ];
  const found: FoundSeries[] = [];
  for await (const study of archive.find({ level: 'STUDY', keys: studies })) {
    const uid = study.text('x0020000d');
    if (uid === undefined || !isUid(uid) || !isAsked(study, studies)) continue;
    const keys: Key[] = [
      key(TAG.modality, 'CS', query.modality),
      key(TAG.seriesDescription, 'LO', query.seriesDescription),
      key(TAG.study, 'UI', uid),
      key(TAG.series, 'UI', query.series),
      key(TAG.seriesNumber, 'IS', undefined),
      key(TAG.instances, 'IS', undefined),
    ];
    for await (const series of archive.find({ level: 'SERIES', keys }))
      if (isAsked(series, keys)) found.push(...foundSeries(uid, study, series));
  }
  return found.sort((a, b) => (a.seriesNumber ?? 0) - (b.seriesNumber ?? 0));
}

/**
 * Archives ignore keys that they cannot match by (PS3.4 section C.2.2.1.3), and answer with everything then: what they
 * answer is held against what was asked.
 *
 * @throws LimpidError E_NETWORK where the archive does not tell what was asked by
 */
function isAsked(answer: Answer, keys: readonly Key[]): boolean {
  return keys.every(({ tag, vr, value }) => {
    // UIDs are unique keys, which every archive matches by.
    if (value === '' || vr === 'UI') return true;
    const told = answer.label(`x${tag.toString(16).padStart(8, '0')}`);
    if (told === undefined) throw fault('E_NETWORK/no-match');
    return vr === 'DA' ? isInDates(told, value) : likeOf(value).test(told.trim());
  });
}

/** A text with the wildcards * and ? (PS3.4 section C.2.2.2.4). */
function likeOf(value: string): RegExp {
  const form = value
    .trim()
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${form}$`, 'iu');
}

function isInDates(told: string, value: string): boolean {
  const range = /^(\d{8})?-(\d{8})?$/.exec(value);
  if (range === null) return likeOf(value).test(told);
  return told >= (range[1] ?? '') && told <= (range[2] ?? '99999999');
}

function key(tag: number, vr: Key['vr'], value: string | undefined): Key {
  return { tag, vr, value: value ?? '' };
}

function foundSeries(studyInstanceUid: string, study: Answer, series: Answer): FoundSeries[] {
  const seriesInstanceUid = series.text('x0020000e');
  if (seriesInstanceUid === undefined || !isUid(seriesInstanceUid)) return [];
  const descriptions = [study.label('x00081030'), series.label('x0008103e')].filter(
    (one) => one !== undefined,
  );
  return [
    {
      studyInstanceUid,
      seriesInstanceUid,
      modality: series.text('x00080060') ?? null,
      seriesNumber: series.decimal('x00200011') ?? null,
      instances: series.decimal('x00201209') ?? null,
      fetched: null,
      forPerson: { date: study.text('x00080020') ?? '', description: descriptions.join(' / ') },
    },
  ];
}

async function fetchAll(
  archive: Archive,
  request: FetchRequest,
  into: string,
  found: readonly FoundSeries[],
  state: Fetching,
  emit: Emit,
): Promise<FoundSeries[]> {
  // Nothing on this disk is a source here: the folder only has to be ours or empty.
  const folder = await openOutputFolder(into, path.join(path.dirname(path.resolve(into)), '.no-source'));
  try {
    const total = found.reduce((sum, { instances }) => sum + (instances ?? 0), 0);
    const meter = startMeter(emit, {
      series: null,
      stage: 'fetch',
      unit: 'files',
      total: total > 0 ? total : null,
    });
    const done: FoundSeries[] = [];
    for (const one of found) {
      await allowed(request.between);
      const to = path.join(
        folder.root,
        sha256(one.studyInstanceUid).slice(0, 12),
        sha256(one.seriesInstanceUid).slice(0, 12),
      );
      const there = await fetchSeries(archive, request, one, { to, part: folder.own('fetch') }, state, meter);
      done.push({ ...one, fetched: there });
    }
    await fs.rm(folder.own('fetch'), { recursive: true, force: true });
    return done;
  } finally {
    await folder.release();
  }
}

/** @returns images of the series that are there */
async function fetchSeries(
  archive: Archive,
  { retries }: FetchRequest,
  series: FoundSeries,
  { to, part }: { readonly to: string; readonly part: string },
  state: Fetching,
  meter: Meter,
): Promise<number> {
  const { instances } = series;
  const before = await countIn(to);
  if (instances !== null && before >= instances) {
    state.kept += before;
    meter.at(state.fetched + state.kept);
    return before;
  }
  await makeFolder(part);
  await makeFolder(to);
  for (let attempt = 0; ; attempt++) {
    const moves: Promise<void>[] = [];
    try {
      const failed = await archive.get(series, part, (file) => {
        moves.push(moved(file, to, state));
        meter.at(state.fetched + state.kept + moves.length);
      });
      await Promise.all(moves);
      state.failed += failed;
      break;
    } catch (error) {
      await Promise.allSettled(moves);
      if (attempt < retries) {
        await new Promise((resolve) => setTimeout(resolve, Math.min(MINUTE_MS, 1000 * 2 ** attempt)));
        continue;
      }
      state.problems.push(withoutPlace(problemFrom(error)));
      break;
    }
  }
  const there = await countIn(to);
  if (instances !== null && there < instances) state.problems.push(incomplete(instances - there));
  return there;
}

async function moved(file: string, to: string, state: Fetching): Promise<void> {
  const place = path.join(to, path.basename(file));
  if (await exists(place)) state.kept++;
  else state.fetched++;
  await fs.rename(file, place);
}

function incomplete(missing: number): Problem {
  return problemOf('E_NETWORK/fewer-sent', { missing });
}

async function countIn(folder: string): Promise<number> {
  // A folder that is not made yet holds nothing: all of its images are to be fetched.
  const names = await fs.readdir(folder).catch(() => []);
  return names.filter((name) => name.endsWith('.dcm')).length;
}

/** Waits until the hour of the day is between both; over midnight where the first is the later one. */
async function allowed(between: FetchRequest['between']): Promise<void> {
  if (between === null) return;
  const [from, until] = between;
  for (;;) {
    const hour = new Date().getHours();
    const isIn = from <= until ? hour >= from && hour < until : hour >= from || hour < until;
    if (isIn) return;
    await new Promise((resolve) => setTimeout(resolve, MINUTE_MS));
  }
}
