import * as fs from 'node:fs';
import * as path from 'node:path';
import { LimpidError, onCaught } from '../contract/errors.js';
import type { JobEvent, ResultEvent } from '../contract/events.js';
import {
  CODE_PLACE,
  type LogEvent,
  LogFact,
  type LogFacts,
  type LogLevel,
  LogLine,
  type LogProcess,
} from '../contract/log.js';
import { DEVICE_NAMES } from '../contract/requests/choices.js';
import { fits, read, readText } from '../contract/schema/schema.js';
import { homeFolder } from './home.js';
import { makeFolderSync } from './make-folder.js';
import { VERSION } from './version.js';

/**
 * The log: one file in the data folder to which every process of ours appends a line an event, and the one before it.
 * Nothing that comes with data gets in: each line is held against `LogLine`, which takes numbers, flags and words of ours.
 */

/** Bytes at which the file becomes the earlier one. */
const MOST_BYTES = 512 * 1024;
const NAMES = ['limpid.log', 'limpid.1.log'] as const;
/** Tells a started process for which job of the queue it works. */
const JOB = 'LIMPID_JOB';
const PLACES = 8;

/** null: this process keeps no log. */
let own: LogProcess | null = null;

export function logFolder(home: string = homeFolder()): string {
  return path.join(home, 'logs');
}

/** The environment of a process that works for a job. */
export function jobEnvironment(job: string): Readonly<Record<string, string>> {
  return { [JOB]: job };
}

/**
 * Begins the log of this process or thread: what is caught and told, and what ends the process, goes into it from now
 * on. With LIMPID_DEBUG set, lines and whole errors, which may name files, go to standard error too.
 */
export function openLog(name: LogProcess): void {
  own = name;
  onCaught((error) => {
    log('error', 'caught', factsOfError(error), error);
    if (process.env.LIMPID_DEBUG) console.error(error);
  });
  process.on('uncaughtExceptionMonitor', (error) => log('error', 'crash', factsOfError(error), error));
  if (name === 'app' || name === 'cli')
    log('info', 'start', { version: numberOf(VERSION), node: numberOf(process.versions.node) });
}

/** Writes a line. A log that cannot be kept is no reason to stop the work that it tells of. */
export function log(level: LogLevel, event: LogEvent, facts: LogFacts = {}, error?: unknown): void {
  if (own === null) return;
  const job = process.env[JOB];
  const stack = error instanceof Error ? placesIn(error.stack ?? '') : [];
  const line = read(LogLine, {
    time: new Date().toISOString(),
    level,
    process: own,
    pid: process.pid,
    ...(job === undefined ? {} : { job }),
    event,
    facts: Object.fromEntries(Object.entries(facts).filter(([, fact]) => fits(LogFact, fact))),
    ...(stack.length === 0 ? {} : { stack }),
  });
  if (!line.fits) return;
  const text = JSON.stringify(line.value);
  if (process.env.LIMPID_DEBUG) console.error(text);
  try {
    append(`${text}\n`);
  } catch {
    // The disk is full, or the folder is not ours to write.
  }
}

/** What a job tells, without its progress. */
export function logEvent(event: JobEvent | ResultEvent): void {
  switch (event.type) {
    case 'device':
      log('info', 'device', { device: DEVICE_NAMES.find((name) => name === event.device) });
      break;
    case 'scan':
      log('info', 'scan', { files: event.files, series: event.series, refused: event.refused });
      break;
    case 'series-done': {
      const { status, problem, seconds } = event;
      log(status === 'failed' ? 'error' : 'info', 'series', { status, code: problem?.code, seconds });
      break;
    }
    case 'warning':
      log('warning', 'warning', { code: event.problem.code });
      break;
    case 'result': {
      const code = 'stopped' in event ? event.stopped.code : null;
      log(event.exitCode === 0 ? 'info' : 'error', 'result', { exitCode: event.exitCode, code });
    }
  }
}

/** The latest lines, oldest first. */
export async function readLog(folder: string, most: number): Promise<readonly LogLine[]> {
  const texts = await Promise.all(
    // A log that was not begun, or is just being moved, has no lines to show.
    NAMES.toReversed().map((name) => fs.promises.readFile(path.join(folder, name), 'utf8').catch(() => '')),
  );
  return texts
    .flatMap((text) => text.split('\n'))
    .map((line) => readText(LogLine, line))
    .flatMap((line) => (line.fits ? [line.value] : []))
    .slice(-most);
}

function append(text: string): void {
  const folder = logFolder();
  const [file, earlier] = NAMES.map((name) => path.join(folder, name));
  makeFolderSync(folder, 0o700);
  const size = fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  // Another process may do the same at the same moment: the earlier lines are the loss then.
  if (size > MOST_BYTES) fs.renameSync(file, earlier);
  fs.appendFileSync(file, text, { mode: 0o600 });
}

function factsOfError(error: unknown): LogFacts {
  return error instanceof LimpidError ? { code: error.code } : { code: 'E_INTERNAL' };
}

/** Where a stack passes through our own code: neither the message above it, nor where the program is installed. */
function placesIn(stack: string): readonly string[] {
  const found = [...stack.matchAll(/^ {4}at .*(?:src-main|dist[\\/]main)[\\/]([^()\s]+:\d+:\d+)\)?$/gm)];
  return found
    .map(([, place]) => place.replaceAll('\\', '/'))
    .filter((place) => CODE_PLACE.test(place))
    .slice(0, PLACES);
}

/** 1.2.3 as 10203. */
function numberOf(version: string): number {
  const [major = 0, minor = 0, patch = 0] = version.split(/[.-]/).map(Number);
  return (major * 100 + minor) * 100 + patch;
}
