import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import * as yauzl from 'yauzl';
import { LimpidError } from '../contract/errors.js';
import type { Source, SourceFile } from './sources.js';

/** What an archive may claim; beyond, it is a bomb or not a study. */
const MAX_ENTRIES = 200_000;
const MAX_ENTRY_BYTES = 512 * 2 ** 20;
const MAX_TOTAL_BYTES = 64 * 2 ** 30;

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
  const { size } = await fs.stat(root);
  const zip = await yauzl
    .openPromise(root, {
      autoClose: false,
      lazyEntries: true,
      strictFileNames: true,
      validateEntrySizes: true,
    })
    .catch((error: unknown) => {
      throw zipError(error);
    });
  try {
    const entries = await listEntries(zip);
    requireBounds(entries, size);
    const files = entries
      .filter((entry) => !entry.fileName.endsWith('/') && !isHidden(entry.fileName))
      .sort((a, b) => (a.fileName < b.fileName ? -1 : a.fileName > b.fileName ? 1 : 0))
      .map((entry) => entryFile(root, zip, entry, idOf));
    return {
      root,
      kind: 'zip',
      async *files() {
        yield* files;
      },
      close: async () => zip.close(),
    };
  } catch (error) {
    zip.close();
    throw error;
  }
}

async function listEntries(zip: yauzl.ZipFile): Promise<yauzl.Entry[]> {
  if (zip.entryCount > MAX_ENTRIES) throw bomb(`has more than ${MAX_ENTRIES} entries`);
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
    if (entry.uncompressedSize > MAX_ENTRY_BYTES) throw bomb(`holds a file over ${MAX_ENTRY_BYTES} bytes`);
  }
  if (total > MAX_TOTAL_BYTES) throw bomb(`inflates to over ${MAX_TOTAL_BYTES} bytes`);
  // Entries that share their compressed bytes: how a small archive inflates without bound.
  if (compressed > archiveBytes) throw bomb('has entries that overlap');
}

function isHidden(name: string): boolean {
  return name
    .split('/')
    .some((part) => part.startsWith('.') || part === '__MACOSX' || /^DICOMDIR$/i.test(part));
}

function entryFile(
  root: string,
  zip: yauzl.ZipFile,
  entry: yauzl.Entry,
  idOf: (relative: string) => string,
): SourceFile {
  const place = path.join(root, entry.fileName);
  const read = async (): Promise<Uint8Array> => {
    if (entry.isEncrypted())
      throw new LimpidError('E_ZIP', 'The archive is encrypted.', 'Unpack it first.', place);
    try {
      const stream = await zip.openReadStreamPromise(entry);
      const chunks: Buffer[] = [];
      // yauzl ends the stream with an error when it holds more than the size checked above.
      for await (const chunk of stream) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks);
    } catch (error) {
      throw zipError(error).at(place);
    }
  };
  return { id: idOf(entry.fileName), place, size: entry.uncompressedSize, read };
}

function bomb(what: string): LimpidError {
  return new LimpidError('E_BOMB', `The archive ${what}.`, 'Unpack it yourself first, if you trust it.');
}

function zipError(error: unknown): LimpidError {
  if (error instanceof LimpidError) return error;
  const message = error instanceof Error ? error.message : '';
  if (/relative path|absolute path|invalid characters in fileName/i.test(message))
    return new LimpidError(
      'E_PATH_ESCAPE',
      'An entry of the archive leads outside of it.',
      'Make the archive again, without such paths.',
      undefined,
      error,
    );
  return new LimpidError(
    'E_ZIP',
    'The archive is damaged or of an unknown kind.',
    'Copy it again, or unpack it first.',
    undefined,
    error,
  );
}
