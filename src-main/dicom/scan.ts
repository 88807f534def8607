import { LimpidError, type Problem, problemFrom } from '../contract/errors.js';
import { groupInstances } from './group.js';
import { type Header, readHeader } from './header.js';
import { type Instance, readInstance } from './instance.js';
import { type Series, seriesOf } from './series.js';
import type { Source, SourceFile } from './sources.js';

export type { Series } from './series.js';

export interface ScanResult {
  /** Ordered by study, series number, UID and split key. */
  readonly series: readonly Series[];
  /** Files that were refused, each with its code and place. */
  readonly problems: readonly Problem[];
  readonly filesSeen: number;
}

export interface ScanOptions {
  readonly onProgress?: (filesDone: number) => void;
  readonly signal?: AbortSignal;
  /**
   * Takes a file that is for somebody else (another image format, a parametric map): true, and it is left out.
   * `bytes` is the whole file, or its beginning where it is no DICOM file or has nothing but pixels after it.
   */
  readonly claim?: (file: SourceFile, bytes: Uint8Array) => boolean;
}

/** Files read ahead of parsing: hides the disk's latency, and bounds memory. */
const AHEAD_FILES = 8;
const AHEAD_BYTES = 64 * 2 ** 20;

/**
 * Reads the header of every file of a source and groups the images into series. A file that cannot be used is
 * listed, never thrown. Byte-identical copies of one image count once.
 *
 * @throws LimpidError E_CANCELLED; those of opening folders, E_NOT_FOUND and E_IO.
 */
export async function scan(source: Source, options: ScanOptions = {}): Promise<ScanResult> {
  const index = new Index();
  let filesSeen = 0;
  for await (const { file, header, error } of readAhead(source.files())) {
    if (options.signal?.aborted)
      throw new LimpidError('E_CANCELLED', 'Cancelled.', 'Run again to start over.');
    if (header === undefined) index.refuse(file, error);
    else if (options.claim?.(file, header.bytes) !== true) await index.add(file, header);
    filesSeen++;
    options.onProgress?.(filesSeen);
  }
  return { series: index.series(), problems: index.problems, filesSeen };
}

interface ReadFile {
  readonly file: SourceFile;
  readonly header?: Header;
  readonly error?: unknown;
}

async function* readAhead(files: AsyncIterable<SourceFile>): AsyncGenerator<ReadFile> {
  const queue: { size: number; done: Promise<ReadFile> }[] = [];
  let waiting = 0;
  for await (const file of files) {
    queue.push({ size: file.size, done: tryRead(file) });
    waiting += file.size;
    while (queue.length > AHEAD_FILES || (queue.length > 1 && waiting > AHEAD_BYTES)) {
      const next = queue.shift();
      if (next === undefined) break;
      yield await next.done;
      waiting -= next.size;
    }
  }
  for (const { done } of queue) yield await done;
}

async function tryRead(file: SourceFile): Promise<ReadFile> {
  try {
    return { file, header: await readHeader(file) };
  } catch (error) {
    return { file, error };
  }
}

/** What a scan has found so far. */
class Index {
  readonly problems: Problem[] = [];
  readonly #byUid = new Map<string, Instance>();
  readonly #bySeries = new Map<string, Instance[]>();
  readonly #ambiguous = new Set<string>();

  refuse(file: SourceFile, error: unknown): void {
    this.problems.push(problemFrom(error, file.place));
  }

  async add(file: SourceFile, header: Header): Promise<void> {
    try {
      const instance = readInstance(file, header.bytes, header.walked);
      const known = this.#byUid.get(instance.sopInstanceUid);
      if (known === undefined) this.#keep(instance);
      else if (!(await sameBytes(known.file, file))) this.#collide(known, instance);
    } catch (error) {
      this.refuse(file, error);
    }
  }

  #keep(instance: Instance): void {
    this.#byUid.set(instance.sopInstanceUid, instance);
    const members = this.#bySeries.get(instance.seriesInstanceUid);
    if (members === undefined) this.#bySeries.set(instance.seriesInstanceUid, [instance]);
    else members.push(instance);
  }

  /** Which of the two is right is not known, so neither series is used. */
  #collide(known: Instance, instance: Instance): void {
    this.#ambiguous.add(known.seriesInstanceUid);
    this.#ambiguous.add(instance.seriesInstanceUid);
    this.problems.push({ ...duplicateUid(), place: instance.file.place });
  }

  series(): Series[] {
    const all: Series[] = [];
    for (const members of this.#bySeries.values()) {
      const refusal = this.#refusalOf(members);
      for (const stack of groupInstances(members)) all.push(seriesOf(stack, refusal));
    }
    return all.sort(bySeriesOrder);
  }

  #refusalOf(members: readonly Instance[]): Problem | null {
    if (this.#ambiguous.has(members[0].seriesInstanceUid)) return duplicateUid();
    if (members.some((instance) => identityOf(instance) !== identityOf(members[0])))
      return {
        code: 'E_MIXED',
        message: 'Images of different patients or studies carry the same Series Instance UID.',
        remedy: 'Separate them, or export the series again.',
      };
    return null;
  }
}

async function sameBytes(a: SourceFile, b: SourceFile): Promise<boolean> {
  return Buffer.from(await a.read()).equals(await b.read());
}

function identityOf(instance: Instance): string {
  return `${instance.patientKey} ${instance.studyInstanceUid}`;
}

function duplicateUid(): Problem {
  return {
    code: 'E_DUP_UID',
    message: 'Two files carry the same SOP Instance UID but are not the same.',
    remedy: 'Keep the right one of the two only.',
  };
}

function bySeriesOrder(a: Series, b: Series): number {
  return (
    compare(a.studyInstanceUid, b.studyInstanceUid) ||
    (a.seriesNumber ?? Number.MAX_SAFE_INTEGER) - (b.seriesNumber ?? Number.MAX_SAFE_INTEGER) ||
    compare(a.seriesInstanceUid, b.seriesInstanceUid) ||
    compare(a.splitKey, b.splitKey)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
