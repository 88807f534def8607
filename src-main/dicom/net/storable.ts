import { createReadStream } from 'node:fs';
import * as fs from 'node:fs/promises';
import { asFileError } from '../../base/files.js';
import { LimpidError } from '../../contract/errors.js';
import { findStart } from '../part10.js';
import { isUid } from '../uid.js';

/** A DICOM file as C-STORE sends it: its data set byte for byte, from where it starts. */
export interface Storable {
  readonly path: string;
  readonly sopClass: string;
  readonly sopInstance: string;
  readonly transferSyntax: string;
  /** First byte of the data set. */
  readonly dataStart: number;
  readonly size: number;
}

/** File meta information takes some hundred bytes; private information in it may take more. */
const HEAD_BYTES = 64 * 1024;
const CHUNK_BYTES = 256 * 1024;
const SOP_CLASS = 0x00020002;
const SOP_INSTANCE = 0x00020003;

/**
 * @throws LimpidError E_NOT_DICOM, E_NO_META (nothing says what the file is), E_TS_MISSING, E_TRUNCATED, E_NOT_FOUND,
 * E_IO
 */
export async function readStorable(path: string): Promise<Storable> {
  const { head, size } = await readHead(path);
  const { meta, transferSyntax, dataStart } = findStart(head, size);
  const text = (tag: number): string => {
    const element = meta.find((one) => one.tag === tag);
    if (element === undefined) return '';
    return Buffer.from(head.subarray(element.valueStart, element.end))
      .toString('latin1')
      .replace(/[\0 ]+$/, '');
  };
  const [sopClass, sopInstance] = [text(SOP_CLASS), text(SOP_INSTANCE)];
  if (!isUid(sopClass) || !isUid(sopInstance))
    throw new LimpidError(
      'E_NO_META',
      'The file meta information does not say which instance this is.',
      'Export it again as a DICOM Part 10 file.',
      path,
    );
  return { path, sopClass, sopInstance, transferSyntax, dataStart, size };
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
export async function* dataSetOf({ path, dataStart }: Storable): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(path, { start: dataStart, highWaterMark: CHUNK_BYTES })) {
      if (!Buffer.isBuffer(chunk)) continue;
      yield chunk;
    }
  } catch (error) {
    throw asFileError(error, path);
  }
}
