import { crc32, gunzipSync, inflateRawSync, constants as zlib } from 'node:zlib';
import { hasCode } from '../base/files.js';
import { fault, type LimpidError } from '../contract/errors.js';

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** The first bytes of a compressed file, enough for the header, also of several streams in a row. @throws LimpidError E_NIFTI */
export function inflateHead(bytes: Uint8Array): Uint8Array {
  const start = bytes.subarray(0, 1 << 14);
  try {
    return gunzipSync(start, { finishFlush: zlib.Z_SYNC_FLUSH, maxOutputLength: 1 << 25 });
  } catch {
    // What follows the first stream may be none, or be cut: the header is in that one, or the file cannot be read.
    return firstHead(bytes);
  }
}

function firstHead(bytes: Uint8Array): Uint8Array {
  try {
    return inflateRawSync(bytes.subarray(gzipHeaderLength(bytes), 1 << 14), {
      finishFlush: zlib.Z_SYNC_FLUSH,
      maxOutputLength: 1 << 25,
    });
  } catch (error) {
    throw notInflated(error);
  }
}

/** @param most bytes that it may inflate to. @throws LimpidError E_NIFTI; E_BOMB where it is more */
export function inflated(bytes: Uint8Array, most: number): Uint8Array {
  if (!isGzip(bytes)) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: most });
  } catch (error) {
    const first = hasCode(error, 'Z_DATA_ERROR') ? firstMember(bytes, most) : null;
    if (first !== null) return first;
    throw hasCode(error, 'ERR_BUFFER_TOO_LARGE') ? fault('E_BOMB/gzip-announced') : notInflated(error);
  }
}

/** The first stream of a gzip file where its checksum and length stand in the file, whatever follows; else null. */
function firstMember(bytes: Uint8Array, most: number): Uint8Array | null {
  try {
    const inflated = inflateRawSync(bytes.subarray(gzipHeaderLength(bytes)), { maxOutputLength: most });
    const trailer = Buffer.alloc(8);
    trailer.writeUInt32LE(crc32(inflated), 0);
    trailer.writeUInt32LE(inflated.length, 4);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(trailer) ? inflated : null;
  } catch {
    // What does not inflate is no whole member, and the file is read as it was before.
    return null;
  }
}

/** RFC 1952 section 2.3: ten bytes, then an extra field, a name, a comment and a checksum by its flags. */
function gzipHeaderLength(bytes: Uint8Array): number {
  const flags = bytes[3];
  let at = 10;
  if (flags & 4) at += 2 + bytes[at] + 256 * bytes[at + 1];
  for (const flag of [8, 16]) if (flags & flag) at = bytes.indexOf(0, at) + 1;
  return flags & 2 ? at + 2 : at;
}

function notInflated(cause: unknown): LimpidError {
  return fault('E_NIFTI/gzip', {}, undefined, cause);
}
