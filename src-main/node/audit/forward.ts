import * as fs from 'node:fs/promises';
import { hostname } from 'node:os';
import * as path from 'node:path';
import { hasCode } from '../../base/files.js';
import { jsonFile } from '../../base/json-file.js';
import { problemFrom } from '../../contract/errors.js';
import { nullOr, type Of, object, optional, read, text, whole } from '../../contract/schema/schema.js';
import { auditFiles, auditFolder } from './audit.js';
import { type AuditEvent, auditXml, isAlert, type Teller } from './message.js';
import { openSyslog, type SyslogLine, type SyslogSettings, syslogMessage } from './syslog.js';

/** A line of the audit, as far as a repository is told of it. */
const Line = object({
  at: text,
  event: text,
  series: optional(text),
  reason: optional(nullOr(text)),
  instances: optional(whole),
  target: optional(text),
  title: optional(nullOr(text)),
  address: optional(text),
  times: optional(whole),
});
export type AuditLine = Of<typeof Line>;

/** How far the audit was told: bytes of a file of it. Files before it are told whole. */
const Place = object({ file: text, offset: whole });
type Place = Of<typeof Place>;
const START: Place = { file: '', offset: 0 };

const CHUNK_BYTES = 256 * 1024;
/** A connection that broke sooner after a message may have lost it: it is told again. */
const SETTLED_MS = 2000;
const LOOK_MS = 1000;
const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [1000, 60_000];

export interface Forwarding {
  /** Bytes of the audit that wait, and tries that failed since it last went. */
  readonly state: () => Promise<{ readonly waiting: number; readonly failures: number }>;
  /** There is something new. */
  readonly look: () => void;
  /** Tells what can be told at once, and ends; what is left is told at the next start. */
  readonly stop: () => Promise<void>;
}

export interface ForwardOptions extends Omit<Teller, 'host' | 'process'> {
  /** Folder of the node. */
  readonly base: string;
  readonly syslog: SyslogSettings;
  /** What a line means to a repository; null: nothing. */
  readonly meaning: (line: AuditLine) => Promise<AuditEvent | null>;
}

/**
 * Tells a syslog server of what the audit holds, each line in turn. The audit's own files are the buffer: a server that
 * is away, a full line, or a node that is killed delay messages and lose none, and neither keeps the node waiting. A
 * message may come twice. Begins, where it never ran, with what is written from now on.
 */
export async function startForwarding(options: ForwardOptions): Promise<Forwarding> {
  const forwarder = new Forwarder(options);
  await forwarder.start();
  return forwarder;
}

class Forwarder implements Forwarding {
  readonly #options: ForwardOptions;
  readonly #folder: string;
  readonly #kept: ReturnType<typeof jsonFile>;
  /** Up to where messages left, with when they did; the first is on the disk. */
  #places: { place: Place; at: number; isOld?: boolean }[] = [{ place: START, at: Number.NEGATIVE_INFINITY }];
  #line: SyslogLine | null = null;
  #failures = 0;
  #stopping = false;
  #wake: (isLooking: boolean) => void = () => undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: ForwardOptions) {
    this.#options = options;
    this.#folder = auditFolder(options.base);
    this.#kept = jsonFile(path.join(this.#folder, 'told.json'));
  }

  async start(): Promise<void> {
    const reading = read(Place, await this.#kept.read());
    const place = reading.fits ? reading.value : await this.#end();
    this.#places = [{ place, at: Number.NEGATIVE_INFINITY }];
    if (!reading.fits) await this.#kept.write(place);
    this.#running = this.#run();
  }

  look(): void {
    this.#wake(true);
  }

  async state() {
    const { file, offset } = this.#last();
    let waiting = -offset;
    for (const name of await auditFiles(this.#options.base))
      if (name >= file) waiting += await this.#sizeOf(name);
    return { waiting: Math.max(0, waiting), failures: this.#failures };
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wake(false);
    await this.#running;
    const isWhole = await this.#line?.close();
    // The other side ended it too: what was sent has arrived.
    if (isWhole === true) await this.#keep(this.#last());
  }

  async #run(): Promise<void> {
    for (;;) {
      try {
        // What was written before the end is looked for after it.
        const isLast = this.#stopping;
        const isMore = await this.#step();
        // What has not settled may still turn out to have been lost.
        if (this.#places.length === 1) this.#failures = 0;
        if (isMore) continue;
        if (isLast) return;
        if (!this.#stopping) await this.#pause(LOOK_MS, true);
      } catch (error) {
        // Told once a row: the metrics count on.
        if (this.#failures++ === 0) problemFrom(error);
        await this.#drop();
        if (this.#stopping) return;
        const pause = FIRST_PAUSE_MS * 2 ** Math.min(20, this.#failures - 1);
        await this.#pause(Math.min(LONGEST_PAUSE_MS, pause), false);
      }
    }
  }

  /** @returns whether more may wait @throws LimpidError E_NETWORK; errors of the disk */
  async #step(): Promise<boolean> {
    const broken = this.#line?.broken() ?? null;
    if (broken !== null) await this.#again(broken);
    await this.#settle();
    const { lines, next } = await this.#read(this.#last());
    if (next === null) return false;
    for (const line of lines) {
      const event = await this.#options.meaning(line);
      if (event === null) continue;
      this.#line ??= await openSyslog(this.#options.syslog);
      const { title, site } = this.#options;
      const xml = auditXml(event, { title, site, host: hostname(), process: process.pid });
      await this.#line.send(syslogMessage(isAlert(event) ? 'warning' : 'notice', line.at, xml));
    }
    this.#places.push({ place: next, at: performance.now() });
    return true;
  }

  /**
   * Begins again with what may be lost. A line that was quiet is opened anew when it is needed; who ends each after a
   * message, as a server does that takes no certificate of ours, is as good as away. At the end there is no later: it is
   * told at once, but once.
   */
  async #again(broken: Error): Promise<void> {
    const isLost = this.#places.length > 1;
    await this.#drop();
    this.#places = this.#places.slice(0, 1);
    if (!isLost) return;
    if (!this.#stopping || this.#failures > 0) throw broken;
    this.#failures++;
  }

  async #drop(): Promise<void> {
    const line = this.#line;
    this.#line = null;
    await line?.close();
  }

  /**
   * Writes down what left long enough ago that its connection would have said if it was lost: what was that old at the
   * look before too, as a machine that stalled has heard nothing meanwhile.
   */
  async #settle(): Promise<void> {
    const before = performance.now() - SETTLED_MS;
    const settled = this.#places.findLastIndex(({ isOld }) => isOld === true);
    const place = this.#places[settled]?.place;
    for (const one of this.#places) one.isOld = one.at <= before;
    if (settled > 0 && place !== undefined) await this.#keep(place);
  }

  async #keep(place: Place): Promise<void> {
    await this.#kept.write(place);
    const at = this.#places.findIndex((one) => one.place === place);
    this.#places = this.#places.slice(Math.max(0, at));
  }

  #last(): Place {
    return this.#places.at(-1)?.place ?? START;
  }

  /** Whole lines from a place on; the next file where one is at its end. A line that makes no sense is left out. */
  async #read({ file, offset: left }: Place): Promise<{ lines: readonly AuditLine[]; next: Place | null }> {
    const size = file === '' ? 0 : await this.#sizeOf(file);
    // A file that is shorter than what was told of it is another one.
    const offset = left > size ? 0 : left;
    const bytes = size === 0 ? Buffer.alloc(0) : await this.#bytes(file, offset);
    const end = bytes.lastIndexOf(0x0a) + 1;
    if (end === 0) {
      const following = (await auditFiles(this.#options.base)).find((name) => name > file);
      return { lines: [], next: following === undefined ? null : { file: following, offset: 0 } };
    }
    const lines = bytes
      .subarray(0, end - 1)
      .toString('utf8')
      .split('\n');
    return {
      lines: lines.flatMap((one) => {
        const reading = read(Line, parsed(one));
        return reading.fits ? [reading.value] : [];
      }),
      next: { file, offset: offset + end },
    };
  }

  async #bytes(file: string, offset: number): Promise<Buffer> {
    const handle = await fs.open(path.join(this.#folder, file), 'r');
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, offset);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  }

  async #end(): Promise<Place> {
    const file = (await auditFiles(this.#options.base)).at(-1);
    return file === undefined ? START : { file, offset: await this.#sizeOf(file) };
  }

  /** 0 of a file that is not there: whoever keeps the audit elsewhere may have moved it away. */
  async #sizeOf(file: string): Promise<number> {
    try {
      return (await fs.stat(path.join(this.#folder, file))).size;
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return 0;
      throw error;
    }
  }

  /** @param ends whether something new ends it: a server that is away is not asked at each event */
  async #pause(milliseconds: number, ends: boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = (isLooking) => {
        if (isLooking && !ends) return;
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = () => undefined;
  }
}

function parsed(line: string): unknown {
  try {
    const value: unknown = JSON.parse(line);
    return value;
  } catch {
    // Half a line, of a kill: what it told is told by what followed, or by the state of its series.
    return null;
  }
}
