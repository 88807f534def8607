import { fault, LimpidError } from '../contract/errors.js';
import type { NamedArrays } from '../graph/types.js';

/**
 * Weights as a safetensors file (Hugging Face, format 0.1): length of the header as 64 bits, a JSON header that gives
 * type, shape and place of each array, then little-endian float32. Other tools read it; nothing in it can run.
 */

const METADATA = '__metadata__';
const LONGEST_HEADER = 1 << 20;

/** @param metadata strings, as the format wants them */
export function encodeWeights(
  weights: NamedArrays,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header: Record<string, unknown> = { [METADATA]: metadata };
  let end = 0;
  const names = Object.keys(weights).sort();
  for (const name of names) {
    const { data, shape } = weights[name];
    header[name] = { dtype: 'F32', shape, data_offsets: [end, end + data.byteLength] };
    end += data.byteLength;
  }
  const text = JSON.stringify(header);
  const padded = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const bytes = Buffer.alloc(8 + padded.length + end);
  bytes.writeBigUInt64LE(BigInt(padded.length), 0);
  padded.copy(bytes, 8);
  let at = 8 + padded.length;
  for (const name of names) {
    const { data } = weights[name];
    Buffer.from(data.buffer, data.byteOffset, data.byteLength).copy(bytes, at);
    at += data.byteLength;
  }
  return bytes;
}

/** @throws LimpidError E_MODEL when the bytes are no such file, or do not hold what their header says */
export function decodeWeights(bytes: Uint8Array): {
  weights: NamedArrays;
  metadata: Readonly<Record<string, string>>;
} {
  try {
    return decoded(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch (error) {
    if (error instanceof LimpidError) throw error;
    throw damaged(error);
  }
}

function decoded(file: Buffer): ReturnType<typeof decodeWeights> {
  const length = Number(file.readBigUInt64LE(0));
  if (length > LONGEST_HEADER || 8 + length > file.length) throw damaged();
  const header: unknown = JSON.parse(file.toString('utf8', 8, 8 + length));
  if (typeof header !== 'object' || header === null) throw damaged();
  const weights: Record<string, NamedArrays[string]> = {};
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(header))
    if (name === METADATA) for (const [key, text] of Object.entries(value)) metadata[key] = String(text);
    else weights[name] = arrayOf(value, file, 8 + length);
  return { weights, metadata };
}

function arrayOf(entry: unknown, file: Buffer, base: number): NamedArrays[string] {
  if (typeof entry !== 'object' || entry === null) throw damaged();
  const shape = wholeNumbers(Reflect.get(entry, 'shape'));
  const [from, to] = wholeNumbers(Reflect.get(entry, 'data_offsets'));
  const size = 4 * shape.reduce((product, count) => product * count, 1);
  if (Reflect.get(entry, 'dtype') !== 'F32' || to - from !== size || base + to > file.length) throw damaged();
  // copied, because a view would need an aligned start
  const data = new Float32Array(
    file.buffer.slice(file.byteOffset + base + from, file.byteOffset + base + to),
  );
  return { data, shape };
}

function wholeNumbers(value: unknown): number[] {
  if (!Array.isArray(value)) throw damaged();
  return value.map((item) => {
    if (!Number.isInteger(item) || item < 0) throw damaged();
    return Number(item);
  });
}

function damaged(cause?: unknown): LimpidError {
  return fault('E_MODEL/safetensors', {}, undefined, cause);
}
