import { createReadStream } from 'node:fs';
import * as fs from 'node:fs/promises';
import { asFileError } from '../../base/files.js';
import { errorFrom, fault, LimpidError, problemFrom } from '../../contract/errors.js';
import { Scanner } from '../elements/elements-scanner.js';
import type { Element } from '../elements/elements-types.js';
import { findStart } from '../elements/part10.js';
import { DEFLATED, transferSyntax as syntaxOf } from '../elements/transfer-syntax.js';
import { isUid } from '../elements/uid.js';

/** A DICOM file as C-STORE sends it: its data set byte for byte, from where it starts. */
export interface Storable {
  readonly path: string;
  readonly sopClass: string;
  readonly sopInstance: string;
  readonly transferSyntax: string;
  /** First byte of the data set. */
  readonly dataStart: number;
  readonly size: number;
  /** What is sent instead of the file's bytes, made of them; from `dataStart` on. Absent: the bytes as they are. */
  readonly sentAs?: (file: Uint8Array) => Uint8Array;
}

/** File meta information takes some hundred bytes; private information in it may take more. */
const HEAD_BYTES = 64 * 1024;
const CHUNK_BYTES = 256 * 1024;
const SOP_CLASS = 0x00020002;
const SOP_INSTANCE = 0x00020003;
const SOP_CLASS_INSIDE = 0x00080016;
const SOP_INSTANCE_INSIDE = 0x00080018;

/**
 * @throws LimpidError E_NOT_DICOM, E_NO_META (nothing says what the file is), E_TS_MISSING, E_TRUNCATED, E_ELEMENT (odd length), E_NOT_FOUND,
 * E_IO
 */
export async function readStorable(path: string): Promise<Storable> {
  const { head, size } = await readHead(path);
  const { meta, transferSyntax, dataStart } = findStart(head, size);
  const meaning = identified(head, meta) ?? identifiedInside(head, dataStart, transferSyntax);
  const { sopClass, sopInstance } = meaning ?? { sopClass: '', sopInstance: '' };
  if (!isUid(sopClass) || !isUid(sopInstance)) throw fault('E_NO_META/instance', {}, path);
  // Fragments of messages are of even length (PS3.8 annex E); a byte more would change the data set.
  if ((size - dataStart) % 2 !== 0) throw fault('E_ELEMENT/odd', {}, path);
  return { path, sopClass, sopInstance, transferSyntax, dataStart, size };
}

interface Identity {
  readonly sopClass: string;
  readonly sopInstance: string;
}

function identified(bytes: Uint8Array, meta: readonly Element[]): Identity | null {
  const [sopClass, sopInstance] = [SOP_CLASS, SOP_INSTANCE].map((tag) => {
    const element = meta.find((one) => one.tag === tag);
    return element === undefined ? '' : uidAt(bytes, element.valueStart, element.end);
  });
  return sopClass === '' || sopInstance === '' ? null : { sopClass, sopInstance };
}

/** From group 0008, for files whose meta information does not say it. */
function identifiedInside(bytes: Uint8Array, start: number, syntax: string): Identity | null {
  if (syntax === DEFLATED) return null;
  const scanner = new Scanner(bytes, syntaxOf(syntax));
  const found = new Map<number, string>();
  let offset = start;
  while (offset + 12 <= bytes.length) {
    const { tag, valueStart, length } = scanner.header(offset);
    if (tag > SOP_INSTANCE_INSIDE || length > bytes.length - valueStart) break;
    found.set(tag, uidAt(bytes, valueStart, valueStart + Math.min(length, 128)));
    offset = valueStart + length;
  }
  const [sopClass, sopInstance] = [found.get(SOP_CLASS_INSIDE), found.get(SOP_INSTANCE_INSIDE)];
  return sopClass === undefined || sopInstance === undefined ? null : { sopClass, sopInstance };
}

function uidAt(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.subarray(start, end))
    .toString('latin1')
    .replace(/[\0 ]+$/, '');
}

async function readHead(path: string): Promise<{ head: Buffer; size: number }> {
  try {
    const handle = await fs.open(path, 'r');
    try {
      const { size } = await handle.stat();
      const head = Buffer.alloc(Math.min(size, HEAD_BYTES));
      const { bytesRead } = await handle.read(head, 0, head.length, 0);
      return { head: head.subarray(0, bytesRead), size };
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw asFileError(error, path);
  }
}

/** The data set, streamed. @throws LimpidError E_NOT_FOUND, E_IO */
export async function* dataSetOf(instance: Storable): AsyncGenerator<Uint8Array> {
  const { path, dataStart, sentAs } = instance;
  if (sentAs !== undefined) {
    yield (await bytesOf(instance)).subarray(dataStart);
    return;
  }
  try {
    for await (const chunk of createReadStream(path, { start: dataStart, highWaterMark: CHUNK_BYTES })) {
      if (!Buffer.isBuffer(chunk)) continue;
      yield chunk;
    }
  } catch (error) {
    throw asFileError(error, path);
  }
}

/** The whole file as it is sent. @throws LimpidError E_NOT_FOUND, E_IO, what `sentAs` throws */
export async function bytesOf({ path, sentAs }: Storable): Promise<Uint8Array> {
  try {
    const bytes = await fs.readFile(path);
    return sentAs === undefined ? bytes : sentAs(bytes);
  } catch (error) {
    // With its place, so that one file that cannot be told of anew keeps no other from being sent.
    if (error instanceof LimpidError) throw errorFrom({ ...problemFrom(error), place: path });
    throw asFileError(error, path);
  }
}
