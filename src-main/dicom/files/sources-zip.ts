import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { constants, crc32, createInflateRaw } from 'node:zlib';
import * as yauzl from 'yauzl';
import { asReadError } from '../../base/reading.js';
import { fault, LimpidError } from '../../contract/errors.js';
import type { Source, SourceFile } from './source.js';

/** What an archive may claim; beyond, it is a bomb or not a study. */
const MAX_ENTRIES = 200_000;
const MAX_ENTRY_BYTES = 512 * 2 ** 20;
const MAX_TOTAL_BYTES = 64 * 2 ** 30;
/** Deflate reaches 1000 to 1, images 2 to 1, and empty ones are small: beyond both, it is no image. */
const MAX_RATIO = 100;
const FREE_BYTES = 32 * 2 ** 20;
/** Compressed bytes that are read for the beginning of an entry. */
const HEAD_RAW = 96 * 1024;

export function isZip(head: Uint8Array): boolean {
  return (
    head[0] === 0x50 &&
    head[1] === 0x4b &&
    ((head[2] === 3 && head[3] === 4) || (head[2] === 5 && head[3] === 6))
  );
}

/**
 * A zip archive as a source; entries are inflated one at a time, in memory, when read.
 *
 * @throws LimpidError E_ZIP, E_PATH_ESCAPE, E_BOMB.
 */
export async function openZip(root: string, idOf: (relative: string) => string): Promise<Source> {
  const zip = await openArchive(root);
  try {
    const listed = await usableEntries(zip, root);
    const files = listed.map((entry) => entryFile({ root, entry, relative: entry.fileName, idOf, zip }));
    return {
      root,
      kind: 'zip',
      async *files() {
        yield* files;
      },
      passedOver: [],
      close: async () => zip.close(),
    };
  } catch (error) {
    zip.close();
    throw error;
  }
}

/**
 * The files of an archive among other files. It is held open only while it is listed and while one of them is read,
 * since a folder may hold more archives than a process may open files.
 *
 * @param under what their paths begin with
 * @throws LimpidError as `openZip`; the system's errors
 */
export async function zipFiles(
  root: string,
  under: string,
  idOf: (relative: string) => string,
): Promise<SourceFile[]> {
  const zip = await openArchive(root);
  try {
    const listed = await usableEntries(zip, root);
    return listed.map((entry) =>
      entryFile({ root, entry, relative: `${under}${entry.fileName}`, idOf, zip: null }),
    );
  } finally {
    zip.close();
  }
}

function openArchive(root: string): Promise<yauzl.ZipFile> {
  const options = { autoClose: false, lazyEntries: true, strictFileNames: false, validateEntrySizes: true };
  return yauzl.openPromise(root, options).catch((error: unknown) => {
    throw zipError(error);
  });
}

/** What may be an image, in an order of names. */
async function usableEntries(zip: yauzl.ZipFile, root: string): Promise<yauzl.Entry[]> {
  const { size } = await fs.stat(root);
  const entries = await listEntries(zip);
  requireBounds(entries, size);
  return entries
    .filter((entry) => !entry.fileName.endsWith('/') && !isHidden(entry.fileName))
    .sort((a, b) => (a.fileName < b.fileName ? -1 : a.fileName > b.fileName ? 1 : 0));
}

async function listEntries(zip: yauzl.ZipFile): Promise<yauzl.Entry[]> {
  if (zip.entryCount > MAX_ENTRIES) throw fault('E_BOMB/archive-entries', { most: MAX_ENTRIES });
  const entries: yauzl.Entry[] = [];
  try {
    for await (const entry of zip.eachEntry()) entries.push(entry);
  } catch (error) {
    throw zipError(error);
  }
  return entries;
}

function requireBounds(entries: readonly yauzl.Entry[], archiveBytes: number): void {
  let compressed = 0;
  let total = 0;
  for (const entry of entries) {
    compressed += entry.compressedSize;
    total += entry.uncompressedSize;
    if (entry.uncompressedSize > MAX_ENTRY_BYTES)
      throw fault('E_BOMB/archive-file', { most: MAX_ENTRY_BYTES });
  }
  if (total > MAX_TOTAL_BYTES) throw fault('E_BOMB/archive-total', { most: MAX_TOTAL_BYTES });
  // Entries that share their compressed bytes: how a small archive inflates without bound.
  if (compressed > archiveBytes) throw fault('E_BOMB/archive-overlap');
}

function isHidden(name: string): boolean {
  return name
    .split('/')
    .some((part) => part.startsWith('.') || part === '__MACOSX' || /^DICOMDIR$/i.test(part));
}

interface EntryPlace {
  /** The archive. */
  readonly root: string;
  readonly entry: yauzl.Entry;
  /** Path inside the source. */
  readonly relative: string;
  readonly idOf: (relative: string) => string;
  /** The archive, open; null: it is opened for each reading. */
  readonly zip: yauzl.ZipFile | null;
}

function entryFile({ root, entry, relative, idOf, zip }: EntryPlace): SourceFile {
  const place = path.join(root, entry.fileName);
  const size = entry.uncompressedSize;
  const guarded = async <T>(read: (zip: yauzl.ZipFile) => Promise<T>): Promise<T> => {
    try {
      requirePlain(entry);
      if (zip !== null) return await read(zip);
      const opened = await openArchive(root);
      try {
        return await read(opened);
      } finally {
        opened.close();
      }
    } catch (error) {
      if (error instanceof Error && 'syscall' in error) throw asReadError(error, place);
      throw (error instanceof LimpidError ? error : damagedEntry(error)).at(place);
    }
  };
  return {
    id: idOf(relative),
    place,
    relative,
    archived: true,
    size,
    read: () => guarded((open) => readEntry(open, entry)),
    readHead: (count) => guarded(async (open) => ({ bytes: await readStart(open, entry, count), size })),
  };
}

const STORED = 0;
const DEFLATED = 8;

/** @throws LimpidError E_ZIP */
function requirePlain(entry: yauzl.Entry): void {
  if (entry.isEncrypted()) throw fault('E_ZIP/encrypted');
  if (entry.compressionMethod !== STORED && entry.compressionMethod !== DEFLATED) throw fault('E_ZIP/method');
}

/** The whole entry, in memory once. @throws LimpidError E_ZIP, E_BOMB; the system's errors */
async function readEntry(zip: yauzl.ZipFile, entry: yauzl.Entry): Promise<Buffer> {
  const size = entry.uncompressedSize;
  if (size > Math.max(FREE_BYTES, MAX_RATIO * entry.compressedSize))
    throw fault('E_BOMB/archived-file', { times: MAX_RATIO });
  const raw = await readRaw(zip, entry, entry.compressedSize);
  const bytes = entry.compressionMethod === STORED ? raw : await inflated(raw, size);
  if (bytes.length !== size || crc32(bytes) !== entry.crc32) throw damagedEntry();
  return bytes;
}

/** Exactly `size` bytes. @throws LimpidError E_ZIP */
async function inflated(raw: Buffer, size: number): Promise<Buffer> {
  const out = Buffer.allocUnsafe(size);
  let at = 0;
  const inflater = createInflateRaw();
  inflater.end(raw);
  for await (const chunk of inflater) {
    const part = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (at + part.length > size) throw damagedEntry();
    at += part.copy(out, at);
  }
  if (at !== size) throw damagedEntry();
  return out;
}

/** The first bytes of an entry: fewer than asked for where that takes more than HEAD_RAW compressed ones. */
async function readStart(zip: yauzl.ZipFile, entry: yauzl.Entry, count: number): Promise<Buffer> {
  if (entry.compressionMethod === STORED) return readRaw(zip, entry, Math.min(count, entry.compressedSize));
  const raw = await readRaw(zip, entry, Math.min(HEAD_RAW, entry.compressedSize));
  const inflater = createInflateRaw({ finishFlush: constants.Z_SYNC_FLUSH });
  inflater.end(raw);
  const parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of inflater) {
    parts.push(chunk);
    length += chunk.length;
    if (length >= count) break;
  }
  return Buffer.concat(parts).subarray(0, Math.min(count, entry.uncompressedSize));
}

/** The first bytes of an entry as they lie in the archive. */
async function readRaw(zip: yauzl.ZipFile, entry: yauzl.Entry, count: number): Promise<Buffer> {
  const out = Buffer.allocUnsafe(count);
  if (count === 0) return out;
  let at = 0;
  const stream = await zip.openReadStreamPromise(entry, { decodeFileData: false, start: 0, end: count });
  for await (const chunk of stream) at += Buffer.from(chunk).copy(out, at);
  if (at !== count) throw damagedEntry();
  return out;
}

function damagedEntry(cause?: unknown): LimpidError {
  return fault('E_ZIP/entry', {}, undefined, cause);
}

function zipError(error: unknown): LimpidError {
  if (error instanceof LimpidError) return error;
  const message = error instanceof Error ? error.message : '';
  if (/relative path|absolute path|invalid characters in fileName/i.test(message))
    return fault('E_PATH_ESCAPE/archive-entry', {}, undefined, error);
  return fault('E_ZIP/archive', {}, undefined, error);
}
