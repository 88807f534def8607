import { setImmediate } from 'node:timers/promises';
import { fault, type Problem, problemFrom, problemOf, whatIsSaid } from '../../contract/errors.js';
import type { Decode } from '../codec/decode.js';
import { transferSyntax } from '../elements/transfer-syntax.js';
import { type Header, readHeader } from '../files/header.js';
import type { Source, SourceFile } from '../files/source.js';
import { isZip } from '../files/sources-zip.js';
import { readInstances } from '../read/frames.js';
import type { Instance } from '../read/instance.js';
import { likeness } from './copies.js';
import { groupInstances } from './group.js';
import { type Series, seriesOf } from './series.js';
import { traitsOf } from './traits.js';

export type { Series } from './series.js';

export interface ScanResult {
  /** Ordered by study, series number, UID and split key. */
  readonly series: readonly Series[];
  /** Files that were refused, each with its code and place. */
  readonly problems: readonly Problem[];
  /** What was passed over: folders that cannot be listed (E_), links that lead nowhere, archives, pipes (W_). */
  readonly passedOver: readonly Problem[];
  readonly filesSeen: number;
  /** Files that do not claim to be images: a LICENSE, a README, a thumbnail cache. */
  readonly others: number;
}

export interface ScanOptions {
  readonly onProgress?: (filesDone: number) => void;
  readonly signal?: AbortSignal;
  /**
   * Takes a file that is for somebody else (another image format, a parametric map): true, and it is left out.
   * `bytes` is the whole file, or its beginning where it is no DICOM file or has nothing but pixels after it;
   * `isImage` says that it was read as an image.
   */
  readonly claim?: (file: SourceFile, bytes: Uint8Array, isImage: boolean) => boolean;
  /** Tells whether files of one image that are encoded in two ways hold the same; without it they count as others. */
  readonly decode?: Decode;
  /**
   * Tries the pixels of every MR and CT image in which damage can hide (compressed, padded, or in an archive): one
   * whose pixels cannot be had is refused like one whose header cannot, and the rest of its series is used.
   */
  readonly tryPixels?: boolean;
}

/** Files read ahead of parsing: hides the disk's latency, and bounds memory. */
const AHEAD_FILES = 8;
const AHEAD_BYTES = 64 * 2 ** 20;
/** After so many files others of this process have their turn: some milliseconds. */
const TURN_FILES = 32;

/**
 * Reads the header of every file of a source and groups the images into series. A file that cannot be used is
 * listed, never thrown. Copies of one image count once.
 *
 * @throws LimpidError E_CANCELLED; those of opening the source itself, E_NOT_FOUND and E_IO.
 */
export async function scan(source: Source, options: ScanOptions = {}): Promise<ScanResult> {
  const index = new Index(source.kind === 'folder' || source.kind === 'zip', options.decode);
  let filesSeen = 0;
  const prepare = (file: SourceFile) => readFile(file, options.tryPixels ? options.decode : undefined);
  for await (const { file, header, instances, damaged, error } of readAhead(source.files(), prepare)) {
    if (options.signal?.aborted) throw fault('E_CANCELLED/scan');
    if (header === undefined || options.claim?.(file, header.bytes, instances !== undefined) !== true) {
      if (instances === undefined) index.refuse(file, error, header?.bytes);
      else await index.add(instances);
      index.problems.push(...(damaged ?? []));
    }
    filesSeen++;
    options.onProgress?.(filesSeen);
  }
  return {
    series: index.series(),
    problems: index.problems,
    passedOver: [...source.passedOver, ...index.passedOver],
    filesSeen,
    others: index.others,
  };
}

/** The images of a file, or why there is none; no header where the file cannot even be read. */
interface ReadFile {
  readonly file: SourceFile;
  readonly header?: Header;
  readonly instances?: readonly Instance[];
  /** Of frames that cannot be decoded, where others of the file can. */
  readonly damaged?: readonly Problem[];
  readonly error?: unknown;
}

async function* readAhead(
  files: AsyncIterable<SourceFile>,
  prepare: (file: SourceFile) => Promise<ReadFile>,
): AsyncGenerator<ReadFile> {
  const queue: { size: number; done: Promise<ReadFile> }[] = [];
  let waiting = 0;
  let count = 0;
  for await (const file of files) {
    while (queue.length >= AHEAD_FILES || (queue.length > 0 && waiting + file.size > AHEAD_BYTES)) {
      const next = queue.shift();
      if (next === undefined) break;
      yield await next.done;
      waiting -= next.size;
    }
    queue.push({ size: file.size, done: prepare(file) });
    waiting += file.size;
    // Where files are read in place nothing else would be done before the last one.
    if (++count % TURN_FILES === 0) await setImmediate();
  }
  for (const { done } of queue) yield await done;
}

async function readFile(found: SourceFile, decode: Decode | undefined): Promise<ReadFile> {
  let header: Header | undefined;
  let file = found;
  try {
    header = await readHeader(found);
    // What was compressed by itself is longer than it lies, and later readings are held against this.
    file = { ...found, size: header.size };
    const instances = readInstances(file, header.bytes, header.walked);
    if (decode !== undefined && mayBeDamaged(instances[0], file)) {
      const bytes = await wholeOf(file, header);
      return { file, header, ...(await tried(instances, bytes, decode)) };
    }
    return { file, header, instances };
  } catch (error) {
    return { file, error, ...(header === undefined ? {} : { header }) };
  }
}

/** The images that can be decoded, and why others of a file of many frames cannot. @throws where none can */
async function tried(
  instances: readonly Instance[],
  bytes: Uint8Array,
  decode: Decode,
): Promise<Pick<ReadFile, 'instances' | 'damaged'>> {
  const failed = new Map<Instance, unknown>();
  for (const instance of instances)
    try {
      await decode(instance, bytes);
    } catch (error) {
      // Slices that lie in one image are decoded together.
      if (instance.part === null || instance.part.tile !== null) throw error;
      failed.set(instance, error);
    }
  const [first] = failed.values();
  if (failed.size === 0) return { instances };
  if (failed.size === instances.length) throw first;
  const damaged = [...failed.keys()].flatMap(({ part }) => part?.index ?? []);
  return {
    instances: instances
      .filter((instance) => !failed.has(instance))
      .map((one) => (one.part === null ? one : { ...one, part: { ...one.part, damaged } })),
    damaged: [...failed].map(([{ part, file }, error]) => {
      const problem = problemFrom(error, file.place);
      const why = whatIsSaid(problem);
      const frame = (part?.index ?? 0) + 1;
      return { ...problemOf('W_UNREADABLE/frame', { frame, why }, problem.place), code: problem.code };
    }),
  };
}

/** What is read of an archive is only compared with its checksum when it is read whole. */
async function wholeOf(file: SourceFile, header: Header): Promise<Uint8Array> {
  return header.walked === null && !file.archived ? header.bytes : file.read();
}

const MR_OR_CT = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.[24](\.[0-9]+)*$/;

/** Whether a header may look right though its pixels are damaged; of images that nothing is done with, nobody asks. */
function mayBeDamaged(instance: Instance, { archived }: SourceFile): boolean {
  const { sopClassUid, samplesPerPixel, bitsAllocated, photometric } = instance;
  const isUsed =
    MR_OR_CT.test(sopClassUid) &&
    samplesPerPixel === 1 &&
    [8, 16, 32].includes(bitsAllocated) &&
    /^MONOCHROME[12]$/.test(photometric);
  const mayHide =
    archived || instance.oddities.length > 0 || transferSyntax(instance.transferSyntax).encapsulated;
  return isUsed && mayHide;
}

const COPIES = { relabelled: 'W_SKIPPED/copy', recoded: 'W_SKIPPED/recoded-copy' } as const;

/** Names that claim to be DICOM or NIfTI, whatever the content is. */
const CLAIMING_NAME = /\.(dcm|dicom|dic|ima|dc3|nii|nii\.gz|hdr|img)$/i;

/** What a scan has found so far. */
class Index {
  readonly problems: Problem[] = [];
  readonly passedOver: Problem[] = [];
  others = 0;
  /** Files were found, not named: what claims nothing is not refused. */
  readonly #found: boolean;
  readonly #decode: Decode | undefined;
  readonly #byUid = new Map<string, readonly Instance[]>();
  readonly #bySeries = new Map<string, Instance[]>();
  readonly #ambiguous = new Set<string>();

  constructor(found: boolean, decode: Decode | undefined) {
    this.#found = found;
    this.#decode = decode;
  }

  refuse(file: SourceFile, error: unknown, head: Uint8Array | undefined): void {
    const problem = problemFrom(error, file.place);
    if (problem.code !== 'E_NOT_DICOM' || !this.#found || CLAIMING_NAME.test(file.place))
      this.problems.push(problem);
    else if (head !== undefined && isZip(head)) this.passedOver.push(archiveInside(file.place));
    else this.others++;
  }

  /** The images of one file. */
  async add(instances: readonly Instance[]): Promise<void> {
    const [first] = instances;
    try {
      const known = this.#byUid.get(first.sopInstanceUid);
      if (known === undefined) this.#keep(first, instances);
      else await this.#again(known, instances);
    } catch (error) {
      this.problems.push(problemFrom(error, first.file.place));
    }
  }

  /** A file whose image is there already. */
  async #again(known: readonly Instance[], instances: readonly Instance[]): Promise<void> {
    const [first] = instances;
    const found = await likeness(known, instances, this.#decode);
    switch (found) {
      case 'same':
        return;
      case 'relabelled':
      case 'recoded':
        this.passedOver.push(problemOf(COPIES[found], {}, first.file.place));
        return;
      case 'second is lossy':
        this.passedOver.push(problemOf('W_SKIPPED/lossy-copy', {}, first.file.place));
        return;
      case 'first is lossy':
        this.passedOver.push(problemOf('W_SKIPPED/lossy-copy', {}, known[0].file.place));
        this.#replace(known, instances);
        return;
      case 'other':
        this.#collide(known[0], first);
    }
  }

  #replace(known: readonly Instance[], instances: readonly Instance[]): void {
    const [first] = instances;
    this.#byUid.set(first.sopInstanceUid, instances);
    const members = this.#bySeries.get(first.seriesInstanceUid) ?? [];
    const others = members.filter((one) => !known.includes(one));
    this.#bySeries.set(first.seriesInstanceUid, [...others, ...instances]);
  }

  #keep(first: Instance, instances: readonly Instance[]): void {
    this.#byUid.set(first.sopInstanceUid, instances);
    const members = this.#bySeries.get(first.seriesInstanceUid);
    if (members === undefined) this.#bySeries.set(first.seriesInstanceUid, [...instances]);
    else for (const instance of instances) members.push(instance);
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
      const notes = [...missingParts(members), ...blankFrames(members)];
      for (const [stack, traits] of traitsOf(groupInstances(members)))
        all.push(seriesOf(stack, traits, refusal, notes));
    }
    return all.sort(bySeriesOrder);
  }

  #refusalOf(members: readonly Instance[]): Problem | null {
    if (this.#ambiguous.has(members[0].seriesInstanceUid)) return duplicateUid();
    if (!isOnePatient(members)) return problemOf('E_MIXED/patients');
    return null;
  }
}

/** Concatenations of which a part is not there. */
function missingParts(members: readonly Instance[]): Problem[] {
  const parts = new Map<string, { readonly there: Set<number>; total: number }>();
  for (const { concatenation } of members) {
    if (concatenation === null) continue;
    const { uid, number, total } = concatenation;
    const known = parts.get(uid) ?? { there: new Set(), total: 0 };
    known.there.add(number);
    known.total = Math.max(known.total, total ?? 0, number);
    parts.set(uid, known);
  }
  return [...parts.values()].flatMap(({ there, total }) => {
    const missing = Array.from({ length: total }, (_, i) => i + 1).filter((number) => !there.has(number));
    if (missing.length === 0) return [];
    return problemOf('W_INCOMPLETE/concatenation', {
      total,
      missing: missing.length,
      parts: missing.slice(0, MOST_NAMED).map(String),
      more: Math.max(0, missing.length - MOST_NAMED),
    });
  });
}

/** Frames that cannot be decoded stay in the file that is derived: what others say of their numbers holds. */
function blankFrames(members: readonly Instance[]): Problem[] {
  const files = new Map(
    members.map(({ sopInstanceUid, part }) => [sopInstanceUid, part?.damaged?.length ?? 0]),
  );
  const count = [...files.values()].reduce((sum, one) => sum + one, 0);
  if (count === 0) return [];
  return [problemOf('W_INCOMPLETE/blank-frames', { frames: count })];
}

/** Parts that are named one by one. */
const MOST_NAMED = 8;

/** Of one study, and no two of them with different IDs or names: one that is not stated contradicts none. */
function isOnePatient(members: readonly Instance[]): boolean {
  const stated = (of: (instance: Instance) => string) =>
    new Set(members.map(of).filter((one) => one !== '')).size;
  return (
    members.every(({ studyInstanceUid }) => studyInstanceUid === members[0].studyInstanceUid) &&
    stated(({ patientParts }) => patientParts[0]) <= 1 &&
    stated(({ patientParts }) => patientParts[1]) <= 1
  );
}

function archiveInside(place: string): Problem {
  return problemOf('W_SKIPPED/archive', {}, place);
}

function duplicateUid(): Problem {
  return problemOf('E_DUP_UID/instance');
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
