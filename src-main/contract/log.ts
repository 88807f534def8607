/**
 * What our processes write into the log: events and facts of our own making, never a text that came with data. A fact
 * is a number, a flag or a word of ours; a stack names places in our own code. The renderer may import this file.
 */
import { ERROR_CODES, WARNING_CODES } from './errors.js';
import { DEVICE_NAMES } from './requests/choices.js';
import { JobType } from './requests/requests.js';
import {
  either,
  fieldsOf,
  flag,
  formed,
  list,
  number,
  type Of,
  object,
  oneOf,
  optional,
  text,
  uuid,
} from './schema/schema.js';

export const LOG_LEVELS = ['error', 'warning', 'info'] as const;
const LogLevel = oneOf(LOG_LEVELS);
export type LogLevel = Of<typeof LogLevel>;

const LogProcess = oneOf(['cli', 'app', 'compute', 'library', 'devices', 'worker']);
export type LogProcess = Of<typeof LogProcess>;

const LogEvent = oneOf(['start', 'caught', 'crash', 'job', 'device', 'scan', 'series', 'warning', 'result']);
export type LogEvent = Of<typeof LogEvent>;

/** Words that stand for something of ours: nothing else gets into a line as text. */
const LogWord = oneOf([
  ...ERROR_CODES,
  ...WARNING_CODES,
  ...DEVICE_NAMES,
  ...JobType.options,
  'done',
  'failed',
  'skipped',
  'kept',
  'linux',
  'darwin',
  'win32',
]);

export const LogFact = either([number, flag, LogWord]);
export type LogFacts = Readonly<Record<string, Of<typeof LogFact> | null | undefined>>;

/** `main.js:10:5`, or a place in src-main: where a stack passes through our own code. */
export const CODE_PLACE = /^[\w.-]+(\/[\w.-]+)*:\d+:\d+$/;
const CodePlace = formed(CODE_PLACE, 'a place in our code');

export const LogLine = object({
  /** ISO 8601, UTC. */
  time: formed(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'a time'),
  level: LogLevel,
  process: LogProcess,
  /** Of the operating system. */
  pid: number,
  /** Of the queue. */
  job: optional(uuid),
  event: LogEvent,
  facts: fieldsOf(text, LogFact),
  stack: optional(list(CodePlace)),
});
export type LogLine = Of<typeof LogLine>;
