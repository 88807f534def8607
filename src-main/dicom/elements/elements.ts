import { inflateRawSync } from 'node:zlib';
import { fault, LimpidError } from '../../contract/errors.js';
import { openSequence, pastEnd, tagName, tooMany } from './elements-errors.js';
import {
  IMPLICIT_LITTLE,
  ITEM,
  LONG_VRS,
  PIXEL_DATA,
  requireDepth,
  Scanner,
  SEQUENCE_END,
  SHORT_VRS,
} from './elements-scanner.js';
import {
  type Element,
  type ElementFile,
  type Encoding,
  type Item,
  MAX_ELEMENTS,
  UNDEFINED_LENGTH,
} from './elements-types.js';
import { findStart } from './part10.js';
import { DEFLATED, transferSyntax } from './transfer-syntax.js';

export type { Element, ElementFile, Encoding, Item } from './elements-types.js';
export { UNDEFINED_LENGTH } from './elements-types.js';
export { hasPrefix } from './part10.js';
export { LONG_VRS, tagName };

/** Deflate reaches 1000 to 1: 1 MB of file can ask for 1 GB of memory. */
export const INFLATE_LIMIT = 256 * 2 ** 20;

/**
 * Finds every top-level element of a DICOM file (PS3.10 section 7.1) without decoding or copying values. Items
 * of undefined length are walked to find their end, so an open sequence or a wrong length is seen.
 *
 * @throws LimpidError E_NOT_DICOM, E_NO_META, E_TS_MISSING, E_TS_UNSUPPORTED, E_TS_MISMATCH (the data contradicts
 * its transfer syntax), E_TRUNCATED (an element past the end, an open sequence; the message names the offset),
 * E_NESTING (more than MAX_DEPTH levels), E_BOMB (inflates over `inflateLimit` bytes, or too many elements),
 * E_ELEMENT (an element appears twice).
 * @param size Length of the whole file where `bytes` is only its beginning: native pixel data may lie beyond, any
 * other element may not. `trailing` then counts to the end of the file.
 */
export function walkElements(
  bytes: Uint8Array,
  inflateLimit = INFLATE_LIMIT,
  size = bytes.length,
): ElementFile {
  const { meta, transferSyntax: uid, dataStart, isBare } = findStart(bytes, size);
  const syntax = transferSyntax(uid);
  const deflated = uid === DEFLATED;
  const data = deflated ? inflate(bytes.subarray(dataStart), inflateLimit) : bytes;
  const start = deflated ? 0 : dataStart;
  const encoding: Encoding = { implicitVr: syntax.implicitVr, littleEndian: syntax.littleEndian };
  requireEncoding(data, start, encoding);
  const dataSize = deflated ? data.length : size;
  const elements = walkDataSet(data, start, encoding, dataSize);
  if (isBare && isEncapsulated(elements)) throw unknownCodec();
  requirePixelForm(elements, syntax.encapsulated);
  const trailing = dataSize - (elements.at(-1)?.end ?? start);
  return { bytes: data, meta, elements, transferSyntax: uid, deflated, trailing, ...encoding };
}

/**
 * The items of a sequence element of `bytes`. In an explicit file, the content of VR UN is implicit VR little
 * endian (PS3.5 section 6.2.2). `depth` is that of the sequence: 1 at the top level.
 *
 * @throws LimpidError E_TRUNCATED, E_TS_MISMATCH, E_NESTING, E_BOMB.
 */
export function sequenceItems(bytes: Uint8Array, encoding: Encoding, sequence: Element, depth = 1): Item[] {
  requireDepth(depth, sequence.start);
  const inner = sequence.vr === 'UN' ? IMPLICIT_LITTLE : encoding;
  const scanner = new Scanner(bytes, inner);
  const items: Item[] = [];
  let offset = sequence.valueStart;
  while (offset < sequence.end) {
    const header = scanner.header(offset);
    if (header.tag === SEQUENCE_END && sequence.length === UNDEFINED_LENGTH) break;
    if (header.tag !== ITEM) throw openSequence(offset);
    const elements: Element[] = [];
    const end = scanner.item(header, sequence.end, depth, elements);
    if (items.length >= MAX_ELEMENTS) throw tooMany(MAX_ELEMENTS);
    const { implicitVr, littleEndian } = inner;
    items.push({ elements, start: offset, end, implicitVr, littleEndian });
    offset = end;
  }
  return items;
}

/** The element with this tag, or undefined. */
export function findElement(elements: readonly Element[], tag: number): Element | undefined {
  return elements.find((element) => element.tag === tag);
}

/** Elements of commands and of file meta information, which may not stand in a data set (PS3.5 section 7.1). */
export function isForeignGroup(tag: number): boolean {
  const group = tag >>> 16;
  return group === 0x0000 || group === 0x0002;
}

/** The value bytes of an element: a view, without the delimiter; still encapsulated or itemised as it lies. */
export function valueBytes(bytes: Uint8Array, element: Element): Uint8Array {
  const delimiter = element.length === UNDEFINED_LENGTH ? 8 : 0;
  return bytes.subarray(element.valueStart, element.end - delimiter);
}

/** A value as Latin-1 text without padding; for attributes of the default repertoire (CS, UI, DS, IS, DA, TM). */
export function asciiValue(bytes: Uint8Array, element: Element | undefined): string | undefined {
  if (element === undefined || element.length === UNDEFINED_LENGTH) return undefined;
  return Buffer.from(bytes.buffer, bytes.byteOffset + element.valueStart, element.length)
    .toString('latin1')
    .replace(/[\0 ]+$/, '')
    .replace(/^ +/, '');
}

function walkDataSet(bytes: Uint8Array, start: number, encoding: Encoding, size: number): Element[] {
  const scanner = new Scanner(bytes, encoding);
  const elements: Element[] = [];
  const seen = new Set<number>();
  let offset = start;
  while (offset < bytes.length) {
    if (seen.has(PIXEL_DATA) && !scanner.startsAfterPixelData(offset)) break;
    const element = elementAt(scanner, offset, size, bytes.length, seen.has(PIXEL_DATA));
    if (element === null) break;
    if (elements.length >= MAX_ELEMENTS) throw tooMany(MAX_ELEMENTS);
    if (seen.has(element.tag)) throw fault('E_ELEMENT/twice', { element: tagName(element.tag) });
    seen.add(element.tag);
    elements.push(element);
    offset = element.end;
  }
  return elements;
}

/**
 * The element at `offset`; null where the pixels are behind and what follows is no element that is whole: the image is
 * there, and padding or what a copy left behind it says nothing of it.
 */
function elementAt(
  scanner: Scanner,
  offset: number,
  size: number,
  end: number,
  afterPixels: boolean,
): Element | null {
  try {
    const element = scanner.element(offset, size, 0);
    if (element.end > end && element.tag !== PIXEL_DATA) throw pastEnd(element);
    return element;
  } catch (error) {
    if (afterPixels && error instanceof LimpidError && NO_ELEMENT.has(error.code)) return null;
    throw error;
  }
}

const NO_ELEMENT: ReadonlySet<string> = new Set(['E_TRUNCATED', 'E_TS_MISMATCH']);

/** The first element shows whether the data set is in the encoding that its transfer syntax names. */
function requireEncoding(bytes: Uint8Array, start: number, encoding: Encoding): void {
  if (bytes.length - start < 8) return;
  const vr = String.fromCharCode(bytes[start + 4], bytes[start + 5]);
  const explicit = SHORT_VRS.has(vr) || LONG_VRS.has(vr);
  if (explicit === encoding.implicitVr)
    throw fault('E_TS_MISMATCH/vr', { found: explicit ? 'explicit' : 'implicit' });
  const [low, high] = encoding.littleEndian
    ? [bytes[start], bytes[start + 1]]
    : [bytes[start + 1], bytes[start]];
  // 0008 read in the wrong byte order is 0800; no data set starts there.
  if (low === 0 && high !== 0 && high <= 0x10)
    throw fault('E_TS_MISMATCH/endian', { found: encoding.littleEndian ? 'big' : 'little' });
}

function isEncapsulated(elements: readonly Element[]): boolean {
  return findElement(elements, PIXEL_DATA)?.length === UNDEFINED_LENGTH;
}

function unknownCodec(): LimpidError {
  return fault('E_NO_META/compressed');
}

function requirePixelForm(elements: readonly Element[], encapsulated: boolean): void {
  if (findElement(elements, PIXEL_DATA) === undefined) return;
  const found = isEncapsulated(elements);
  if (found !== encapsulated)
    throw fault('E_TS_MISMATCH/pixels', { found: found ? 'encapsulated' : 'native' });
}

function inflate(bytes: Uint8Array, limit: number): Uint8Array {
  try {
    return inflateRawSync(bytes, { maxOutputLength: limit });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw fault('E_BOMB/deflated', { most: limit }, undefined, error);
    if (code === 'Z_BUF_ERROR') throw fault('E_TRUNCATED/deflated', {}, undefined, error);
    throw fault('E_TS_MISMATCH/deflated', {}, undefined, error);
  }
}
