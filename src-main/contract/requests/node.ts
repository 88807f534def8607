/** What a node tells of its series, and what it is asked. */
import {
  flag,
  list,
  nullOr,
  type Of,
  object,
  oneOf,
  only,
  otherwise,
  text,
  whole,
} from '../schema/schema.js';

/** Raised when an older node's records can no longer be read. */
export const FORMAT = 1;

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
  /** The same as an English sentence, which names nobody; null. */
  said: otherwise(nullOr(text), null),
  /** Transaction UID of storage commitment that is waited for. */
  transaction: nullOr(text),
});

export type Delivery = Of<typeof Delivery>;

/** Who sent images: application entity title, and address of the machine. */
const Caller = object({ title: text, address: text });
export type Caller = Of<typeof Caller>;

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
  /** Who sent it, in order, for the audit; none where it came from a watched folder. */
  callers: otherwise(list(Caller), []),
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

/** Take it as complete at once, send what was held, do it again. */
export const ACTIONS = ['now', 'release', 'retry'] as const;
export type Action = (typeof ACTIONS)[number];
