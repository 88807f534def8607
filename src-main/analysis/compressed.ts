import { createHash } from 'node:crypto';
import { fault, type LimpidError } from '../contract/errors.js';
import type { RoundedCoding } from './rounded-codes.js';

/** Names of codes out of a codebook, or rounded latents. */
export type Coding = { readonly kind: 'codebook'; readonly codes: number } | RoundedCoding;

/** What a compressed file says of itself, beside the coded planes. No patient attributes. */
export interface CompressedHeader {
  readonly format: 'limpid-compressed-3';
  readonly lossy: true;
  readonly notice: string;
  readonly version: string;
  /** SHA-256 of the model file: only it can decompress. */
  readonly model: string;
  readonly coding: Coding;
  /** Cells of a plane. */
  readonly cells: { readonly rows: number; readonly columns: number };
  readonly columns: number;
  readonly rows: number;
  readonly slices: number;
  readonly frames: number;
  readonly spacing: readonly [number, number, number];
  readonly affine: readonly number[];
  readonly units: string;
  /** Values that became 0 and 1. */
  readonly scale: { readonly low: number; readonly high: number };
}

const MAGIC = Buffer.from('LIMPIDC1', 'latin1');
const HASH_BYTES = 32;
const START = MAGIC.length + 4;
const MOST_VALUES = 2 ** 29;

/** Magic, length of the header (uint32, little-endian), header as JSON, coded planes, SHA-256 of all before. */
export function packCompressed(header: CompressedHeader, payload: Uint8Array): Uint8Array {
  const text = Buffer.from(JSON.stringify(header), 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  const body = Buffer.concat([MAGIC, length, text, payload]);
  return Buffer.concat([body, hashOf(body)]);
}

/** @throws LimpidError E_COMPRESSED for what is no such file, damaged or truncated */
export function unpackCompressed(given: Uint8Array): {
  readonly header: CompressedHeader;
  readonly payload: Uint8Array;
} {
  const bytes = Buffer.from(given);
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw fault('E_COMPRESSED/other');
  const end = bytes.length - HASH_BYTES;
  if (end < START || !hashOf(bytes.subarray(0, end)).equals(bytes.subarray(end))) throw damaged();
  const textEnd = START + bytes.readUInt32LE(MAGIC.length);
  if (textEnd > end) throw damaged();
  const header = parsed(bytes.toString('utf8', START, textEnd));
  if (!isHeader(header)) throw damaged();
  return { header, payload: bytes.subarray(textEnd, end) };
}

function hashOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

export function damaged(): LimpidError {
  return fault('E_COMPRESSED/damaged');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What is no JSON is no header, and the file is refused as damaged.
    return null;
  }
}

function isHeader(value: unknown): value is CompressedHeader {
  if (!isRecord(value) || value.format !== 'limpid-compressed-3' || value.lossy !== true) return false;
  const { cells, scale, spacing, affine, columns, rows, slices, frames, coding } = value;
  return (
    ['notice', 'version', 'model', 'units'].every((key) => typeof value[key] === 'string') &&
    [columns, rows, slices, frames].every(isCount) &&
    isCoding(coding) &&
    Number(columns) * Number(rows) * Number(slices) * Number(frames) <= MOST_VALUES &&
    isRecord(cells) &&
    isCount(cells.rows) &&
    isCount(cells.columns) &&
    cells.rows <= Number(rows) + 64 &&
    cells.columns <= Number(columns) + 64 &&
    isRecord(scale) &&
    areNumbers([scale.low, scale.high], 2) &&
    areNumbers(spacing, 3) &&
    areNumbers(affine, 16)
  );
}

function isCoding(value: unknown): value is Coding {
  if (!isRecord(value)) return false;
  if (value.kind === 'codebook') return isCount(value.codes) && value.codes >= 2 && value.codes <= 4096;
  const { kind, step, channels } = value;
  return (
    kind === 'rounded' &&
    typeof step === 'number' &&
    step > 0 &&
    Number.isFinite(step) &&
    Array.isArray(channels) &&
    channels.length >= 1 &&
    channels.length <= 4096 &&
    channels.every((one) => isRecord(one) && Number.isSafeInteger(one.least))
  );
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 1e6;
}

function areNumbers(value: unknown, length: number): boolean {
  return Array.isArray(value) && value.length === length && value.every(Number.isFinite);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
