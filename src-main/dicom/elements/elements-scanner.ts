import { fault } from '../../contract/errors.js';
import { openSequence, pastEnd, tooMany } from './elements-errors.js';
import { type Element, type Encoding, MAX_DEPTH, MAX_ELEMENTS, UNDEFINED_LENGTH } from './elements-types.js';

export const ITEM = 0xfffee000;
const ITEM_END = 0xfffee00d;
export const SEQUENCE_END = 0xfffee0dd;
const DELIMITER_GROUP = 0xfffe;
export const PIXEL_DATA = 0x7fe00010;
export const EXPLICIT_LITTLE: Encoding = { implicitVr: false, littleEndian: true };
export const IMPLICIT_LITTLE: Encoding = { implicitVr: true, littleEndian: true };

/** Value representations whose explicit length field has 16 bits (PS3.5 table 7.1-2). */
export const SHORT_VRS: ReadonlySet<string> = new Set(
  'AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US'.split(' '),
);
/** Value representations with two reserved bytes and a length field of 32 bits (PS3.5 table 7.1-1). */
export const LONG_VRS: ReadonlySet<string> = new Set('OB OD OF OL OV OW SQ SV UC UN UR UT UV'.split(' '));

/** Reads element headers and finds where values end, in one encoding. */
export class Scanner {
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
    if (!LONG_VRS.has(vr)) throw fault('E_TS_MISMATCH/no-vr', { at: offset + 4 });
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
    throw fault('E_TS_MISMATCH/undefined-length', { at: header.start });
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
      throw fault('E_TRUNCATED/inside', { end: this.#bytes.length, at: offset });
  }
}

export function requireDepth(depth: number, offset: number): void {
  if (depth > MAX_DEPTH) throw fault('E_NESTING/levels', { levels: MAX_DEPTH, at: offset });
}
