import { inflateRawSync } from 'node:zlib';
import { mismatch, openSequence, pastEnd, refusal, tagName, tooMany, truncated } from './elements-errors.js';
import { DEFLATED, transferSyntax } from './transfer-syntax.js';

export { tagName };

/** One data element where it lies in a buffer (DICOM PS3.5 section 7.1); nothing is copied or decoded. */
export interface Element {
  /** group * 65536 + element. */
  readonly tag: number;
  /** Two letters; null in implicit VR. */
  readonly vr: string | null;
  /** As written; UNDEFINED_LENGTH where a delimiter ends the value. */
  readonly length: number;
  /** Offset of the tag. */
  readonly start: number;
  /** Offset of the value, or of the first item. */
  readonly valueStart: number;
  /** Offset after the value and its delimiter. */
  readonly end: number;
}

/** How the elements of a buffer are encoded. */
export interface Encoding {
  readonly implicitVr: boolean;
  readonly littleEndian: boolean;
}

export interface ElementFile extends Encoding {
  /** What the offsets of `elements` refer to: the file, or its inflated data set when it was deflated. */
  readonly bytes: Uint8Array;
  /** Group 0002, always explicit VR little endian; offsets refer to the file as given. */
  readonly meta: readonly Element[];
  /** Top level of the data set, in the order of the file; no tag appears twice. */
  readonly elements: readonly Element[];
  readonly transferSyntax: string;
  readonly deflated: boolean;
  /** Bytes after the pixel data that are no elements; some writers leave a buffer there. Nothing reads them. */
  readonly trailing: number;
}

/** One item of a sequence. */
export interface Item extends Encoding {
  readonly elements: readonly Element[];
  /** Offset of the item tag. */
  readonly start: number;
  /** Offset after the content and its delimiter. */
  readonly end: number;
}

export const UNDEFINED_LENGTH = 0xffffffff;
export const MAX_DEPTH = 64;
/** A real data set has hundreds of elements; each costs memory, so a hostile file must not choose the number. */
const MAX_ELEMENTS = 65_536;
/** Deflate reaches 1000 to 1: 1 MB of file can ask for 1 GB of memory. */
export const INFLATE_LIMIT = 256 * 2 ** 20;

const ITEM = 0xfffee000;
const ITEM_END = 0xfffee00d;
const SEQUENCE_END = 0xfffee0dd;
const DELIMITER_GROUP = 0xfffe;
const PIXEL_DATA = 0x7fe00010;
const TRANSFER_SYNTAX_UID = 0x00020010;
const PREFIX_LENGTH = 132;

/** Value representations whose explicit length field has 16 bits (PS3.5 table 7.1-2). */
export const SHORT_VRS: ReadonlySet<string> = new Set(
  'AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US'.split(' '),
);
/** Value representations with two reserved bytes and a length field of 32 bits (PS3.5 table 7.1-1). */
export const LONG_VRS: ReadonlySet<string> = new Set('OB OD OF OL OV OW SQ SV UC UN UR UT UV'.split(' '));

const EXPLICIT_LITTLE: Encoding = { implicitVr: false, littleEndian: true };
const IMPLICIT_LITTLE: Encoding = { implicitVr: true, littleEndian: true };

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
  requirePrefix(bytes, size);
  const meta = walkMeta(bytes);
  const uid = transferSyntaxOf(bytes, meta);
  const syntax = transferSyntax(uid);
  const dataStart = meta[meta.length - 1].end;
  const deflated = uid === DEFLATED;
  const data = deflated ? inflate(bytes.subarray(dataStart), inflateLimit) : bytes;
  const start = deflated ? 0 : dataStart;
  const encoding: Encoding = { implicitVr: syntax.implicitVr, littleEndian: syntax.littleEndian };
  requireEncoding(data, start, encoding);
  const dataSize = deflated ? data.length : size;
  const elements = walkDataSet(data, start, encoding, dataSize);
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

/** Reads element headers and finds where values end, in one encoding. */
class Scanner {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #encoding: Encoding;

  constructor(bytes: Uint8Array, encoding: Encoding) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#encoding = encoding;
  }

  /** Tag, VR, length and value offset of the element at `offset`; `end` is not known yet and equals `start`. */
  header(offset: number): Element {
    const { implicitVr, littleEndian } = this.#encoding;
    this.#require(offset, 8);
    const group = this.#view.getUint16(offset, littleEndian);
    const tag = group * 65536 + this.#view.getUint16(offset + 2, littleEndian);
    if (implicitVr || group === DELIMITER_GROUP) {
      const length = this.#view.getUint32(offset + 4, littleEndian);
      return { tag, vr: null, length, start: offset, valueStart: offset + 8, end: offset };
    }
    const vr = String.fromCharCode(this.#bytes[offset + 4], this.#bytes[offset + 5]);
    if (SHORT_VRS.has(vr)) {
      const length = this.#view.getUint16(offset + 6, littleEndian);
      return { tag, vr, length, start: offset, valueStart: offset + 8, end: offset };
    }
    if (!LONG_VRS.has(vr)) throw mismatch(`no value representation is known at byte ${offset + 4}`);
    this.#require(offset, 12);
    const length = this.#view.getUint32(offset + 8, littleEndian);
    return { tag, vr, length, start: offset, valueStart: offset + 12, end: offset };
  }

  /** Whether a tag that may follow pixel data stands at `offset`. */
  startsAfterPixelData(offset: number): boolean {
    return (
      offset + 8 <= this.#bytes.length &&
      this.#view.getUint16(offset, this.#encoding.littleEndian) >= PIXEL_DATA >>> 16
    );
  }

  /** The whole element at `offset`, which must end at or before `limit`. `depth` counts enclosing sequences. */
  element(offset: number, limit: number, depth: number): Element {
    const header = this.header(offset);
    if (header.tag >>> 16 === DELIMITER_GROUP) throw openSequence(offset);
    return { ...header, end: this.#end(header, limit, depth) };
  }

  /** Where an item ends; its elements are appended to `into` when that is given, and skipped otherwise. */
  item(header: Element, limit: number, depth: number, into?: Element[]): number {
    const open = header.length === UNDEFINED_LENGTH;
    const end = open ? limit : header.valueStart + header.length;
    if (end > limit) throw pastEnd(header);
    if (!open && into === undefined) return end;
    let offset = header.valueStart;
    while (open || offset < end) {
      if (open && this.header(offset).tag === ITEM_END) return offset + 8;
      const element = this.element(offset, end, depth);
      if (into !== undefined) {
        if (into.length >= MAX_ELEMENTS) throw tooMany(MAX_ELEMENTS);
        into.push(element);
      }
      offset = element.end;
    }
    return end;
  }

  #end(header: Element, limit: number, depth: number): number {
    if (header.length !== UNDEFINED_LENGTH) {
      const end = header.valueStart + header.length;
      if (end > limit) throw pastEnd(header);
      return end;
    }
    if (header.vr === 'OB' || header.vr === 'OW') return this.#fragmentsEnd(header, limit);
    if (header.vr === 'SQ' || (header.vr === null && header.tag !== PIXEL_DATA))
      return this.#sequenceEnd(header, limit, depth + 1);
    if (header.vr === 'UN')
      return new Scanner(this.#bytes, IMPLICIT_LITTLE).#sequenceEnd(header, limit, depth + 1);
    throw mismatch(`the element at byte ${header.start} may not have an undefined length`);
  }

  /** Encapsulated pixel data (PS3.5 section A.4): items of bytes, then a delimiter. */
  #fragmentsEnd(header: Element, limit: number): number {
    let offset = header.valueStart;
    for (;;) {
      const fragment = this.header(offset);
      if (fragment.tag === SEQUENCE_END) return fragment.valueStart;
      if (fragment.tag !== ITEM || fragment.length === UNDEFINED_LENGTH) throw openSequence(offset);
      offset = fragment.valueStart + fragment.length;
      if (offset > limit) throw pastEnd(fragment);
    }
  }

  #sequenceEnd(header: Element, limit: number, depth: number): number {
    requireDepth(depth, header.start);
    let offset = header.valueStart;
    for (;;) {
      const item = this.header(offset);
      if (item.tag === SEQUENCE_END) return item.valueStart;
      if (item.tag !== ITEM) throw openSequence(offset);
      offset = this.item(item, limit, depth);
    }
  }

  #require(offset: number, count: number): void {
    if (offset + count > this.#bytes.length)
      throw truncated(`the file ends at byte ${this.#bytes.length}, inside the element at byte ${offset}`);
  }
}

/** Preamble and prefix of PS3.10 section 7.1. */
export function hasPrefix(bytes: Uint8Array): boolean {
  return bytes.length >= PREFIX_LENGTH && hasText(bytes, 128, 'DICM');
}

function requirePrefix(bytes: Uint8Array, size: number): void {
  if (hasPrefix(bytes)) return;
  if (startsLikeDataSet(bytes, size))
    throw refusal(
      'E_NO_META',
      'The file has DICOM elements but no preamble and file meta information.',
      'Write it as a DICOM Part 10 file first, for example with `dcmconv +F`.',
    );
  throw refusal('E_NOT_DICOM', 'The file is not a DICOM file.', 'Leave it out, or export the series again.');
}

/** A bare data set, or group 0002 without its preamble: starts with group 2 or 8 and a length that fits. */
function startsLikeDataSet(bytes: Uint8Array, size: number): boolean {
  if (bytes.length < 16) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const littleEndian of [true, false]) {
    const group = view.getUint16(0, littleEndian);
    if (group !== 0x0002 && group !== 0x0008) continue;
    const vr = String.fromCharCode(bytes[4], bytes[5]);
    if (SHORT_VRS.has(vr) || LONG_VRS.has(vr) || view.getUint32(4, littleEndian) + 8 <= size) return true;
  }
  return false;
}

/** Group 0002; at least one element. Files with a wrong group length exist, so it is not believed. */
function walkMeta(bytes: Uint8Array): Element[] {
  const scanner = new Scanner(bytes, EXPLICIT_LITTLE);
  const meta: Element[] = [];
  let offset = PREFIX_LENGTH;
  while (offset + 8 <= bytes.length && bytes[offset] === 2 && bytes[offset + 1] === 0) {
    const element = scanner.element(offset, bytes.length, 0);
    if (meta.length >= MAX_ELEMENTS) throw tooMany(MAX_ELEMENTS);
    meta.push(element);
    offset = element.end;
  }
  if (meta.length === 0)
    throw refusal(
      'E_NO_META',
      'The file meta information is missing.',
      'Write it as a DICOM Part 10 file first, for example with `dcmconv`.',
    );
  return meta;
}

function transferSyntaxOf(bytes: Uint8Array, meta: readonly Element[]): string {
  const uid = asciiValue(bytes, findElement(meta, TRANSFER_SYNTAX_UID));
  if (uid === undefined || uid === '')
    throw refusal(
      'E_TS_MISSING',
      'The file meta information names no transfer syntax.',
      'Export the series again; the encoding is not guessed.',
    );
  return uid;
}

function walkDataSet(bytes: Uint8Array, start: number, encoding: Encoding, size: number): Element[] {
  const scanner = new Scanner(bytes, encoding);
  const elements: Element[] = [];
  const seen = new Set<number>();
  let offset = start;
  while (offset < bytes.length) {
    if (seen.has(PIXEL_DATA) && !scanner.startsAfterPixelData(offset)) break;
    const element = scanner.element(offset, size, 0);
    if (element.end > bytes.length && element.tag !== PIXEL_DATA) throw pastEnd(element);
    if (elements.length >= MAX_ELEMENTS) throw tooMany(MAX_ELEMENTS);
    if (seen.has(element.tag))
      throw refusal(
        'E_ELEMENT',
        `The element ${tagName(element.tag)} appears twice.`,
        'Export the series again; which value counts is not guessed.',
      );
    seen.add(element.tag);
    elements.push(element);
    offset = element.end;
  }
  return elements;
}

/** The first element shows whether the data set is in the encoding that its transfer syntax names. */
function requireEncoding(bytes: Uint8Array, start: number, encoding: Encoding): void {
  if (bytes.length - start < 8) return;
  const vr = String.fromCharCode(bytes[start + 4], bytes[start + 5]);
  const explicit = SHORT_VRS.has(vr) || LONG_VRS.has(vr);
  if (explicit === encoding.implicitVr)
    throw mismatch(`the data set is in ${explicit ? 'explicit' : 'implicit'} VR`);
  const [low, high] = encoding.littleEndian
    ? [bytes[start], bytes[start + 1]]
    : [bytes[start + 1], bytes[start]];
  // 0008 read in the wrong byte order is 0800; no data set starts there.
  if (low === 0 && high !== 0 && high <= 0x10)
    throw mismatch(`the data set is in ${encoding.littleEndian ? 'big' : 'little'} endian`);
}

function requirePixelForm(elements: readonly Element[], encapsulated: boolean): void {
  const pixels = findElement(elements, PIXEL_DATA);
  if (pixels === undefined) return;
  const found = pixels.length === UNDEFINED_LENGTH;
  if (found !== encapsulated)
    throw mismatch(`the pixel data is ${found ? 'encapsulated' : 'native'} where the syntax says otherwise`);
}

function inflate(bytes: Uint8Array, limit: number): Uint8Array {
  try {
    return inflateRawSync(bytes, { maxOutputLength: limit });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ERR_BUFFER_TOO_LARGE')
      throw refusal(
        'E_BOMB',
        `The deflated data set is larger than ${limit} bytes.`,
        'Convert it to Explicit VR Little Endian first, if you trust it.',
        error,
      );
    if (code === 'Z_BUF_ERROR') throw truncated('the deflated data set ends early', error);
    throw mismatch('the data set is not deflated', error);
  }
}

function requireDepth(depth: number, offset: number): void {
  if (depth > MAX_DEPTH)
    throw refusal(
      'E_NESTING',
      `Sequences are nested deeper than ${MAX_DEPTH} levels at byte ${offset}.`,
      'Export the series again.',
    );
}

function hasText(bytes: Uint8Array, offset: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[offset + i] !== text.charCodeAt(i)) return false;
  return true;
}
