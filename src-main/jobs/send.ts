import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { hasCode, isInside } from '../base/files.js';
import { type Meter, startMeter } from '../base/progress.js';
import { fault, type Problem, problemFrom, problemOf, withoutPlace } from '../contract/errors.js';
import type { Emit } from '../contract/events.js';
import { EXIT } from '../contract/exit.js';
import { Judged, verdictOf } from '../contract/report.js';
import type { SendRequest } from '../contract/requests/network.js';
import type { SendResult } from '../contract/results.js';
import { list, type Of, object, optional, readText, text } from '../contract/schema/schema.js';
import type { Verdict } from '../contract/trust.js';
import { readToken, stow } from '../dicom/net/dicomweb.js';
import { type StoreOutcome, store } from '../dicom/net/scu.js';
import { bytesOf, readStorable, type Storable } from '../dicom/net/storable.js';
import { described } from '../dicom/write/described.js';
import { putInFolder } from './put.js';

/**
 * What the journal holds, what was half-written and what was taken back to the trash is nobody else's; nor does a scan
 * look at what is hidden.
 */
const isHidden = (name: string): boolean => name.startsWith('.');
/** Codes of files that are no images: a report, a picture, a text. */
const NO_DICOM = ['E_NOT_DICOM', 'E_NO_META'];

/**
 * Stores results at a PACS, where their trust report passes or warns. What was stored before a connection broke is not
 * sent again.
 *
 * @throws LimpidError E_NOT_FOUND; E_INSIDE_SOURCE for a folder among what is sent; E_NETWORK where nothing could be sent at all
 */
export async function runSend(request: SendRequest, emit: Emit): Promise<SendResult> {
  const started = performance.now();
  await refuseWithin(request);
  const found = await collect(request);
  const meter = startMeter(emit, {
    series: null,
    stage: 'send',
    unit: 'files',
    total: found.instances.length,
  });
  const sending = await sendAll(request, found.instances, meter);
  const problems = distinct([...found.problems, ...sending.problems]);
  const failed = found.unreadable + found.instances.length - sending.sent;
  return {
    type: 'result',
    command: 'send',
    exitCode: failed > 0 || found.held > 0 ? EXIT.failed : EXIT.done,
    sent: sending.sent,
    held: found.held,
    failed,
    others: found.others,
    bytes: sending.bytes,
    seconds: (performance.now() - started) / 1000,
    problems,
  };
}

/** What is put among the files that are sent would be sent the next time. @throws LimpidError E_INSIDE_SOURCE */
async function refuseWithin({ inputs, target }: SendRequest): Promise<void> {
  if (!('folder' in target)) return;
  for (const input of inputs)
    if (await isInside(target.folder, input)) throw fault('E_INSIDE_SOURCE/output-file', {}, target.folder);
}

interface Found {
  readonly instances: readonly Storable[];
  readonly held: number;
  readonly unreadable: number;
  readonly others: number;
  readonly problems: readonly Problem[];
}

async function collect({ inputs, all, only, tellVerdict }: SendRequest): Promise<Found> {
  const instances: Storable[] = [];
  const problems: Problem[] = [];
  let [held, unreadable, others] = [0, 0, 0];
  for (const input of inputs) {
    const withheld = all ? new Set<string>() : await withheldOf(input);
    const told = tellVerdict === true ? await toldOf(input) : [];
    const wanted =
      only === undefined ? null : await outputsOf(input, ({ id }) => id !== undefined && only.includes(id));
    for await (const file of filesBelow(input)) {
      if (wanted !== null && !isBelow(path.relative(input, file), wanted)) continue;
      try {
        const instance = await readStorable(file);
        if (isBelow(path.relative(input, file), withheld)) held++;
        else instances.push(withVerdict(instance, path.relative(input, file), told));
      } catch (error) {
        const problem = problemFrom(error);
        if (NO_DICOM.includes(problem.code)) others++;
        else {
          unreadable++;
          problems.push(withoutPlace(problem));
        }
      }
    }
  }
  if (instances.length + held + unreadable === 0) throw fault('E_NOTHING/send');
  return { instances, held, unreadable, others, problems };
}

/** As much of a report of any version as tells which series may be sent. */
const SentReport = object({
  series: list(
    object({
      id: optional(text),
      ...Judged.entries,
      outputs: list(object({ path: text })),
    }),
  ),
});

interface Told {
  readonly verdict: Verdict | 'none';
  readonly outputs: ReadonlySet<string>;
}

/** What does not pass, by its verdict, and what nothing judged; of all folders below too. */
async function toldOf(input: string): Promise<readonly Told[]> {
  const told: Told[] = [];
  for (const name of ['', ...(await foldersBelow(input))])
    for (const verdict of ['warn', 'fail', null] as const) {
      const isMeant = (series: SentSeries) => verdictOf(series) === verdict;
      // What has a report that cannot be read is held, or sent as it is where all is to be.
      const found = await outputsOf(path.join(input, name), isMeant).catch(() => new Set<string>());
      if (found.size > 0)
        told.push({
          verdict: verdict ?? 'none',
          outputs: new Set([...found].map((one) => path.posix.join(name, one))),
        });
    }
  return told;
}

/** As `limpid node` tells it: in SeriesDescription, which lists of a PACS show. */
function withVerdict(instance: Storable, file: string, told: readonly Told[]): Storable {
  const verdict = told.find(({ outputs }) => isBelow(file, outputs))?.verdict;
  if (verdict === undefined) return instance;
  return { ...instance, sentAs: (bytes) => described(bytes, `(trust: ${verdict})`) };
}

/**
 * What failed of a folder and of all below it, since results may lie deep in it: those of a batch have a folder and a
 * report each. What has a report that cannot be read stays too.
 *
 * @throws LimpidError E_IO where the report of the folder itself cannot be read
 */
async function withheldOf(input: string): Promise<ReadonlySet<string>> {
  const withheld = new Set(await outputsOf(input, hasFailed));
  for (const name of await foldersBelow(input)) {
    // What has a report that cannot be read is held as if it failed.
    const failed = await outputsOf(path.join(input, name), hasFailed).catch(() => new Set(['.']));
    for (const one of failed) withheld.add(path.posix.join(name, one));
  }
  return withheld;
}

/** All that are not hidden, relative, with forward slashes. */
async function foldersBelow(input: string): Promise<string[]> {
  // A file, and what cannot be listed, has no folders below; reading it tells.
  const entries = await entriesOf(input).catch(() => []);
  const found: string[] = [];
  for (const { name } of entries.filter((entry) => entry.isDirectory())) {
    const below = await foldersBelow(path.join(input, name));
    found.push(name, ...below.map((one) => `${name}/${one}`));
  }
  return found;
}

type SentSeries = Of<typeof SentReport>['series'][number];
const hasFailed = (series: SentSeries): boolean => verdictOf(series) === 'fail';

/** Paths, relative to an output folder, of what belongs to series that are meant. None where it has no report. */
async function outputsOf(
  folder: string,
  isMeant: (series: SentSeries) => boolean,
): Promise<ReadonlySet<string>> {
  let json: string;
  try {
    json = await fs.readFile(path.join(folder, 'report.json'), 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return new Set();
    throw fault('E_IO/folder-report', {}, folder, error);
  }
  const report = readText(SentReport, json);
  if (!report.fits) throw fault('E_IO/folder-report', {}, folder, new Error(`at ${report.path}`));
  return new Set(
    report.value.series.filter(isMeant).flatMap(({ outputs }) => outputs.map((output) => output.path)),
  );
}

/** Whether a file is one of the paths, or lies in a folder that is one. */
function isBelow(file: string, paths: ReadonlySet<string>): boolean {
  const parts = file.split(path.sep);
  return parts.some((_, i) => paths.has(parts.slice(0, i + 1).join('/')));
}

/** Regular files in order of their names. @throws LimpidError E_NOT_FOUND */
async function* filesBelow(input: string): AsyncGenerator<string> {
  let entries: Awaited<ReturnType<typeof entriesOf>>;
  try {
    entries = await entriesOf(input);
  } catch (error) {
    if (hasCode(error, 'ENOTDIR')) {
      yield input;
      return;
    }
    throw fault('E_NOT_FOUND/input', {}, input, error);
  }
  for (const entry of entries) {
    const child = path.join(input, entry.name);
    if (entry.isDirectory()) yield* filesBelow(child);
    if (entry.isFile()) yield child;
  }
}

async function entriesOf(folder: string) {
  const entries = await fs.readdir(folder, { withFileTypes: true });
  return entries.filter(({ name }) => !isHidden(name)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

interface Sending {
  sent: number;
  bytes: number;
  readonly problems: Problem[];
}

async function sendAll(
  { target, calling, retries }: SendRequest,
  instances: readonly Storable[],
  meter: Meter,
): Promise<Sending> {
  const sending: Sending = { sent: 0, bytes: 0, problems: [] };
  const left = new Set(instances);
  for (let attempt = 0; left.size > 0; attempt++) {
    const before = left.size;
    try {
      await storeAt(target, calling, [...left], (instance, outcome) => {
        left.delete(instance);
        note(sending, instance, outcome);
        // What was refused is not there.
        meter.at(sending.sent);
      });
    } catch (error) {
      // The target has all: how the association ended does not matter.
      if (left.size === 0) break;
      const problem = problemFrom(error);
      const unreadable = [...left].find((one) => one.path === problem.place);
      if (unreadable !== undefined) {
        // A file that went while it was sent ends its association, and nothing else.
        left.delete(unreadable);
        sending.problems.push(withoutPlace(problem));
        continue;
      }
      // As long as something gets through, the connection is worth another try.
      if (left.size < before) attempt = 0;
      // A file system that refuses does so again; only connections come back.
      if (attempt < retries && problem.code === 'E_NETWORK') {
        await pause(attempt);
        continue;
      }
      if (sending.sent === 0) throw error;
      sending.problems.push(withoutPlace(problem));
      break;
    }
  }
  return sending;
}

/** By DICOM, by the web, or into a folder. @throws LimpidError as `store` and `stow`; E_IO */
async function storeAt(
  target: SendRequest['target'],
  calling: string,
  instances: readonly Storable[],
  done: (instance: Storable, outcome: StoreOutcome) => void,
): Promise<void> {
  if ('folder' in target)
    return putInFolder(target.folder, instances, (instance) => done(instance, { kind: 'stored', status: 0 }));
  if (!('url' in target)) return store(target, calling, instances, done);
  const peer = { url: target.url, token: await readToken(target.tokenFile) };
  await stow(peer, instances, bytesOf, (instance, failure) =>
    done(instance, failure === null ? { kind: 'stored', status: 0 } : { kind: 'failed', status: failure }),
  );
}

/** 1, 2, 4 s and so on, at most a minute. */
function pause(attempt: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.min(60_000, 1000 * 2 ** attempt)));
}

function note(sending: Sending, instance: Storable, outcome: StoreOutcome): void {
  if (outcome.kind === 'stored') {
    sending.sent++;
    sending.bytes += instance.size - instance.dataStart;
    if (outcome.status === 0) return;
  }
  sending.problems.push(notStored(instance, outcome));
}

function notStored({ sopClass, transferSyntax }: Storable, outcome: StoreOutcome): Problem {
  if (outcome.kind === 'not-accepted')
    return problemOf('E_NETWORK/not-accepted', { sopClass, transferSyntax });
  const status = `0x${outcome.status.toString(16).padStart(4, '0')}`;
  if (outcome.kind === 'stored') return problemOf('W_SENT/warning', { status });
  return problemOf(outcome.status >>> 8 === 0xa7 ? 'E_NETWORK/out-of-resources' : 'E_NETWORK/status', {
    status,
  });
}

function distinct(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [`${problem.code} ${problem.message}`, problem])).values()];
}
