import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { asFileError, hasCode, sha256 } from '../../base/files.js';
import { readRegular } from '../../base/reading.js';
import { type IndexedSeries, LatentIndex } from '../../contract/encoders/retrieval.js';
import { fault, LimpidError } from '../../contract/errors.js';
import { readText } from '../../contract/schema/schema.js';

export const INDEX_FILE = 'index.json';
const VECTORS_FILE = 'vectors.f32';
const THUMBNAILS_FILE = 'thumbnails.u8';
/** Pixels a side of a thumbnail. */
export const THUMBNAIL_SIDE = 32;

/**
 * What an index says of itself, whichever model it is of.
 *
 * @returns null where there is none
 * @throws LimpidError E_INDEX for another file; E_IO
 */
export async function readIndex(folder: string): Promise<LatentIndex | null> {
  let text: string;
  try {
    text = await fs.readFile(path.join(folder, INDEX_FILE), 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null;
    throw asFileError(error, folder);
  }
  const reading = readText(LatentIndex, text);
  if (!reading.fits)
    throw fault(
      'E_INDEX/damaged',
      { field: reading.path || 'the whole', expected: reading.expected },
      folder,
    );
  const index = reading.value;
  let rows = 0;
  for (const { first, slices, frames } of index.series) {
    if (first !== rows)
      throw fault('E_INDEX/damaged', { field: 'series', expected: 'one after the other' }, folder);
    rows += slices * frames;
  }
  if (rows !== index.rows)
    throw fault('E_INDEX/damaged', { field: 'rows', expected: 'those of its series' }, folder);
  return index;
}

/**
 * The same of one model.
 *
 * @param model SHA-256 of the model whose latents are looked for
 * @throws LimpidError E_INDEX for another file, and for an index of another model; E_IO
 */
export async function openIndex(folder: string, model: string): Promise<LatentIndex | null> {
  const index = await readIndex(folder);
  if (index !== null && index.model.sha256 !== model)
    throw fault('E_INDEX/other-model', { start: index.model.sha256.slice(0, 12) }, folder);
  return index;
}

/**
 * Whether a series of the index is this one: DICOM tells by its UID, which its id follows from, other files by their place.
 *
 * @param place absolute
 */
export function isSame(
  one: IndexedSeries,
  other: { readonly id: string; readonly seriesInstanceUid: string | null },
  place: string,
): boolean {
  return one.seriesInstanceUid === null ? one.forPerson.place === place : one.id === other.id;
}

/** rows * length. @throws LimpidError E_INDEX where the file is shorter, or holds not what was added */
export async function readVectors(
  folder: string,
  { rows, vectors, series }: LatentIndex,
): Promise<Float32Array> {
  const bytes = await readRegular(path.join(folder, VECTORS_FILE));
  const count = rows * vectors.length;
  if (bytes.length < 4 * count)
    throw fault('E_INDEX/damaged', { field: VECTORS_FILE, expected: `${4 * count} bytes long` }, folder);
  const data = new Float32Array(count);
  new Uint8Array(data.buffer).set(bytes.subarray(0, 4 * count));
  // A vector that changed on the disk would find other series, and nothing would look wrong.
  for (const { id, first, slices, frames, vectorsSha256 } of series) {
    if (vectorsSha256 === undefined) continue;
    const own = data.subarray(first * vectors.length, (first + slices * frames) * vectors.length);
    if (hashOfVectors(own) !== vectorsSha256)
      throw fault('E_INDEX/damaged', { field: VECTORS_FILE, expected: `what was added of ${id}` }, folder);
  }
  return data;
}

/** SHA-256 of vectors as they lie in the file. */
export function hashOfVectors(vectors: Float32Array): string {
  return sha256(bytesOf(vectors));
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** The thumbnails of some rows, each `thumbnail` squared pixels. @throws LimpidError E_INDEX, E_IO */
export async function readThumbnails(
  folder: string,
  { thumbnail }: LatentIndex,
  rows: readonly number[],
): Promise<Uint8Array[]> {
  const area = thumbnail ** 2;
  const handle = await fs.open(path.join(folder, THUMBNAILS_FILE)).catch((error: unknown) => {
    throw asFileError(error, folder);
  });
  try {
    const pictures: Uint8Array[] = [];
    for (const row of rows) {
      const picture = new Uint8Array(area);
      const { bytesRead } = await handle.read(picture, 0, area, row * area);
      if (bytesRead < area)
        throw fault('E_INDEX/damaged', { field: THUMBNAILS_FILE, expected: 'longer' }, folder);
      pictures.push(picture);
    }
    return pictures;
  } finally {
    await handle.close();
  }
}

/**
 * Adds rows behind those that count; they count once index.json says so, so that a run that is stopped leaves the index
 * as it was. @throws LimpidError E_INDEX where files are shorter than what counts; E_IO
 */
export async function appendRows(
  folder: string,
  { rows, vectors, thumbnail }: Pick<LatentIndex, 'rows' | 'vectors' | 'thumbnail'>,
  added: Float32Array,
  pictures: Uint8Array,
): Promise<void> {
  await putAt(path.join(folder, VECTORS_FILE), rows * vectors.length * 4, bytesOf(added));
  await putAt(path.join(folder, THUMBNAILS_FILE), rows * thumbnail ** 2, pictures);
}

async function putAt(file: string, at: number, bytes: Uint8Array): Promise<void> {
  try {
    const handle = await fs.open(file, 'a');
    await handle.close();
    const opened = await fs.open(file, 'r+');
    try {
      if ((await opened.stat()).size < at)
        throw fault('E_INDEX/damaged', { field: path.basename(file), expected: `${at} bytes long` }, file);
      await opened.truncate(at);
      await opened.write(bytes, 0, bytes.length, at);
      await opened.sync();
    } finally {
      await opened.close();
    }
  } catch (error) {
    if (error instanceof LimpidError) throw error;
    throw asFileError(error, file);
  }
}
