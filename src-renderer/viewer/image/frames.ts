import { ERROR_CODES, type ErrorCode, fault, LimpidError } from '../../../src-main/contract/errors.js';
import type { FrameHeader } from '../../../src-main/contract/window/opened.js';
import { isFacts } from '../../../src-main/contract/words/template.js';
import type { Answer } from './answer.js';
import type { StoredPlane } from './pixels.js';

/** One plane of a series as the app sends it. */
export interface Frame extends StoredPlane {
  readonly series: string;
  /** frame * slices + slice. */
  readonly index: number;
  readonly columns: number;
  readonly rows: number;
  /** Smallest and largest pixel. */
  readonly minimum: number;
  readonly maximum: number;
  /** That the file names for this frame, first one first. */
  readonly windows: FrameHeader['windows'];
}

export type LoadFrame = (series: string, index: number, signal: AbortSignal) => Promise<Frame>;

interface Pending {
  readonly promise: Promise<Frame>;
  readonly abort: AbortController;
  /** Somebody waits for it; a mere prefetch may be given up. */
  wanted: boolean;
}

const MEBIBYTE = 1024 * 1024;
const PARALLEL_PREFETCHES = 2;
/** Of the memory of the machine, and the least and the most that it may come to, MiB. */
const SHARE = 1 / 16;
const [LEAST, MOST] = [256, 2048];
/**
 * Frames that are held where they are so large that the least does not hold as many: of smaller ones the least holds
 * hundreds, and with it page and service stay under a gigabyte together, however large the machine.
 */
const HELD = 64;
/** Most places ahead that are fetched. */
const FARTHEST = 8;

/** MiB for frames on a machine of some GiB of memory; without that number, as browsers hide it, those of a small one. */
export function mebibytesFor(gibibytes: number | undefined): number {
  return Math.min(MOST, Math.max(LEAST, SHARE * 1024 * (gibibytes ?? 0)));
}

/**
 * Frames of series, the latest used kept within a bound. A frame is asked for once at a time; neighbours are fetched
 * ahead, two at a time, and given up when the person has scrolled elsewhere.
 */
export class FrameStore {
  readonly #load: LoadFrame;
  readonly #most: number;
  /** Bytes of the largest frame so far. */
  #largest = 0;
  /** In order of use, oldest first. */
  readonly #kept = new Map<string, Frame>();
  readonly #pending = new Map<string, Pending>();
  #ahead: (readonly [string, number])[] = [];
  #bytes = 0;

  constructor(load: LoadFrame, limitMebibytes: number) {
    this.#load = load;
    this.#most = limitMebibytes * MEBIBYTE;
  }

  get #limit(): number {
    return Math.min(this.#most, Math.max(LEAST * MEBIBYTE, HELD * this.#largest));
  }

  /** Bytes of pixels held. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * How many places ahead are worth fetching where one takes `bytes`: those that fill half of what can be held. More
   * would push one another out before they are looked at.
   */
  reach(bytes: number): number {
    return Math.max(1, Math.min(FARTHEST, Math.floor(this.#limit / 2 / bytes)));
  }

  /** A frame that is held, or null. */
  held(series: string, index: number): Frame | null {
    const key = keyOf(series, index);
    const frame = this.#kept.get(key);
    if (frame === undefined) return null;
    this.#kept.delete(key);
    this.#kept.set(key, frame);
    return frame;
  }

  /** @throws LimpidError where the frame cannot be had; an AbortError where it was given up by `forget`. */
  frame(series: string, index: number): Promise<Frame> {
    const held = this.held(series, index);
    if (held !== null) return Promise.resolve(held);
    const pending = this.#pending.get(keyOf(series, index)) ?? this.#start(series, index);
    pending.wanted = true;
    return pending.promise;
  }

  /** Replaces what is fetched ahead, nearest first. */
  prefetch(frames: readonly (readonly [string, number])[]): void {
    this.#ahead = [...frames];
    const keys = new Set(frames.map(([series, index]) => keyOf(series, index)));
    for (const [key, pending] of this.#pending) if (!pending.wanted && !keys.has(key)) pending.abort.abort();
    this.#next();
  }

  /** Gives up everything that is under way and held. */
  forget(): void {
    this.#ahead = [];
    for (const pending of this.#pending.values()) pending.abort.abort();
    this.#kept.clear();
    [this.#bytes, this.#largest] = [0, 0];
  }

  #start(series: string, index: number): Pending {
    const key = keyOf(series, index);
    const abort = new AbortController();
    const promise = this.#load(series, index, abort.signal).then(
      (frame) => {
        if (this.#pending.get(key) === pending) this.#pending.delete(key);
        if (!abort.signal.aborted) this.#keep(key, frame);
        this.#next();
        return frame;
      },
      (error: unknown) => {
        if (this.#pending.get(key) === pending) this.#pending.delete(key);
        this.#next();
        throw error;
      },
    );
    // a prefetch has nobody who would hear of its failure; who asks for the frame later tries again
    promise.catch(() => {});
    const pending: Pending = { promise, abort, wanted: false };
    this.#pending.set(key, pending);
    abort.signal.addEventListener('abort', () => this.#pending.delete(key));
    return pending;
  }

  #keep(key: string, frame: Frame): void {
    this.#largest = Math.max(this.#largest, frame.pixels.byteLength);
    this.#bytes += frame.pixels.byteLength - (this.#kept.get(key)?.pixels.byteLength ?? 0);
    this.#kept.delete(key);
    this.#kept.set(key, frame);
    for (const [oldest, { pixels }] of this.#kept) {
      if (this.#bytes <= this.#limit || oldest === key) break;
      this.#kept.delete(oldest);
      this.#bytes -= pixels.byteLength;
    }
  }

  #next(): void {
    let running = 0;
    for (const { wanted } of this.#pending.values()) if (!wanted) running++;
    while (running < PARALLEL_PREFETCHES) {
      // taken off the list before it runs: a frame that fails, or that drops out again, is not tried for ever
      const next = this.#ahead.shift();
      if (next === undefined) return;
      const key = keyOf(...next);
      if (this.#kept.has(key) || this.#pending.has(key)) continue;
      this.#start(...next);
      running++;
    }
  }
}

function keyOf(series: string, index: number): string {
  return `${index}/${series}`;
}

/**
 * Slices around `slice` in the order in which they are likely wanted: ahead in the direction of travel first.
 * `direction` is 1, -1, or 0 before the first step.
 */
export function neighbours(slice: number, slices: number, direction: number, reach: number): number[] {
  const forward = direction < 0 ? -1 : 1;
  const found: number[] = [];
  for (let step = 1; step <= reach; step++) {
    found.push(slice + forward * step);
    if (direction === 0 || step <= 2) found.push(slice - forward * step);
  }
  return found.filter((index) => index >= 0 && index < slices);
}

/**
 * A loader for the `frame` resource of the app.
 * @throws LimpidError the app's own problem where the body names one; E_IO where it cannot be reached; E_PIXEL_LENGTH
 * where header and pixels disagree
 */
export function frameLoader(
  url: (series: string, index: number) => string,
  ask: (url: string, signal: AbortSignal) => Promise<Answer>,
): LoadFrame {
  return async (series, index, signal) => {
    const answer = await ask(url(series, index), signal);
    if (answer.kind === 'unreachable') throw fault('E_IO/no-answer');
    if (answer.kind === 'refused') throw errorOf(answer.status, answer.text);
    const header = parseHeader(answer.header);
    if (answer.body === null) throw fault('E_PIXEL_LENGTH/cut-slice');
    const { columns, rows, slope, intercept, minimum, maximum, windows } = header;
    return {
      series,
      index,
      columns,
      rows,
      slope,
      intercept,
      minimum,
      maximum,
      windows,
      pixels: pixelsOf(header, answer.body),
    };
  };
}

function pixelsOf({ pixels }: FrameHeader, body: ArrayBuffer): Frame['pixels'] {
  if (pixels === 'float32') return new Float32Array(body);
  return pixels === 'int16' ? new Int16Array(body) : new Uint16Array(body);
}

const NUMBERS = ['columns', 'rows', 'slope', 'intercept', 'minimum', 'maximum'] as const;

function parseHeader(text: string | null): FrameHeader {
  const header: unknown = text === null ? null : JSON.parse(text);
  if (!isHeader(header)) throw fault('E_IO/bare-slice');
  return header;
}

function isHeader(value: unknown): value is FrameHeader {
  if (typeof value !== 'object' || value === null) return false;
  const fields = new Map(Object.entries(value));
  return (
    NUMBERS.every((name) => Number.isFinite(fields.get(name))) &&
    Array.isArray(fields.get('windows')) &&
    ['int16', 'uint16', 'float32'].includes(String(fields.get('pixels')))
  );
}

function errorOf(status: number, body: string): LimpidError {
  const fields = new Map<string, unknown>();
  try {
    for (const [name, value] of Object.entries(Object(Object(JSON.parse(body)).problem)))
      fields.set(name, value);
  } catch {
    // not JSON: only the status tells something
  }
  const [message, remedy, place, reason, facts] = ['message', 'remedy', 'place', 'reason', 'facts'].map((n) =>
    fields.get(n),
  );
  const code: ErrorCode | undefined = ERROR_CODES.find((one) => one === fields.get('code'));
  if (code === undefined || typeof message !== 'string' || typeof remedy !== 'string')
    return fault('E_IO/status', { status });
  return new LimpidError({
    code,
    message,
    remedy,
    ...(typeof reason === 'string' && isFacts(facts) ? { reason, facts } : {}),
    ...(typeof place === 'string' ? { place } : {}),
  });
}
