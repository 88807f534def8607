import { fault } from '../../contract/errors.js';
import { EXPLICIT_LITTLE, LONG_VRS, Scanner, SHORT_VRS } from './elements-scanner.js';
import { type Element, MAX_ELEMENTS, UNDEFINED_LENGTH } from './elements-types.js';
import { EXPLICIT_BIG_ENDIAN, EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN } from './transfer-syntax.js';

/** Where the data set of a file starts, and how it is encoded. */
export interface Start {
  /** Group 0002; empty where the file has none. */
  readonly meta: readonly Element[];
  readonly transferSyntax: string;
  readonly dataStart: number;
  /** No file meta information: the encoding was seen in the data set itself. */
  readonly isBare: boolean;
}

const PREFIX_LENGTH = 132;
const META_GROUP = 0x0002;
const TRANSFER_SYNTAX_UID = 0x00020010;
/** Characters that are looked at; no UID is longer. */
const MAX_UID = 128;
/** The group that data sets of composite instances start with. */
const IDENTIFYING_GROUP = 0x0008;
/** Elements at the start of a bare data set that must make sense before it is believed to be one. */
const BELIEVED = 3;

/** Preamble and prefix of PS3.10 section 7.1. */
export function hasPrefix(bytes: Uint8Array): boolean {
  if (bytes.length < PREFIX_LENGTH) return false;
  return String.fromCharCode(...bytes.subarray(128, PREFIX_LENGTH)) === 'DICM';
}

/** Whether the beginning of a file is that of a DICOM file, be it without preamble or file meta information. */
export function looksLikeDicom(bytes: Uint8Array, size = bytes.length): boolean {
  return hasPrefix(bytes) || isMetaAt(bytes, 0) || bareSyntax(bytes, 0, size) !== null;
}

/**
 * Finds the data set of a DICOM file. Preamble, prefix and file meta information may lack where the data set itself
 * shows how it is encoded: it starts with group 0008, with value representations that exist or, in implicit VR, with
 * elements in order whose lengths fit.
 *
 * @param size of the whole file, where `bytes` is only its beginning
 * @throws LimpidError E_NOT_DICOM, E_NO_META, E_TS_MISSING; E_TRUNCATED, E_TS_MISMATCH inside group 0002
 */
export function findStart(bytes: Uint8Array, size: number): Start {
  const prefixed = hasPrefix(bytes);
  const start = prefixed ? PREFIX_LENGTH : 0;
  if (isMetaAt(bytes, start) || (prefixed && groupAt(bytes, start) === META_GROUP)) {
    const meta = walkMeta(bytes, start);
    const dataStart = meta[meta.length - 1].end;
    return { meta, transferSyntax: transferSyntaxOf(bytes, meta), dataStart, isBare: false };
  }
  const syntax = bareSyntax(bytes, start, size);
  if (syntax !== null) return { meta: [], transferSyntax: syntax, dataStart: start, isBare: true };
  if (prefixed) throw fault('E_NO_META/encoding');
  throw fault('E_NOT_DICOM/other');
}

/** Group 0002 without its preamble: explicit VR whatever the data set is. */
function isMetaAt(bytes: Uint8Array, offset: number): boolean {
  return groupAt(bytes, offset) === META_GROUP && isVr(bytes, offset + 4);
}

function groupAt(bytes: Uint8Array, offset: number): number {
  return offset + 8 <= bytes.length ? bytes[offset] + 256 * bytes[offset + 1] : 0;
}

function isVr(bytes: Uint8Array, offset: number): boolean {
  const vr = String.fromCharCode(bytes[offset], bytes[offset + 1]);
  return SHORT_VRS.has(vr) || LONG_VRS.has(vr);
}

/** The transfer syntax that a data set at `offset` shows; null where it shows none. */
function bareSyntax(bytes: Uint8Array, offset: number, size: number): string | null {
  if (offset + 8 > bytes.length) return null;
  const explicit = isVr(bytes, offset + 4);
  const big = bytes[offset] * 256 + bytes[offset + 1];
  if (groupAt(bytes, offset) === IDENTIFYING_GROUP) {
    const syntax = explicit ? EXPLICIT_LITTLE_ENDIAN : IMPLICIT_LITTLE_ENDIAN;
    return isOrdered(bytes, offset, size, !explicit, true) ? syntax : null;
  }
  if (big === IDENTIFYING_GROUP && explicit && isOrdered(bytes, offset, size, false, false))
    return EXPLICIT_BIG_ENDIAN;
  return null;
}

/** Whether the first elements have ascending tags of low groups, and values that end inside the file. */
function isOrdered(
  bytes: Uint8Array,
  start: number,
  size: number,
  implicitVr: boolean,
  littleEndian: boolean,
): boolean {
  const scanner = new Scanner(bytes, { implicitVr, littleEndian });
  let offset = start;
  let last = -1;
  for (let i = 0; i < BELIEVED; i++) {
    if (offset + 12 > bytes.length) return i > 0 && offset <= size;
    if (!implicitVr && !isVr(bytes, offset + 4)) return false;
    const { tag, valueStart, length } = scanner.header(offset);
    if (tag <= last || tag >>> 16 > 0x0020) return false;
    // A sequence without a length: what came before has to do.
    if (length === UNDEFINED_LENGTH) return i > 0;
    if (valueStart + length > size) return false;
    last = tag;
    offset = valueStart + length;
  }
  return true;
}

/** Group 0002; at least one element. Files with a wrong group length exist, so it is not believed. */
function walkMeta(bytes: Uint8Array, start: number): Element[] {
  const scanner = new Scanner(bytes, EXPLICIT_LITTLE);
  const meta: Element[] = [];
  let offset = start;
  while (groupAt(bytes, offset) === META_GROUP) {
    // An element of this group that stands in an implicit data set belongs to that.
    if (meta.length > 0 && !isVr(bytes, offset + 4)) break;
    const element = scanner.element(offset, bytes.length, 0);
    if (meta.length >= MAX_ELEMENTS) break;
    meta.push(element);
    offset = element.end;
  }
  return meta;
}

function transferSyntaxOf(bytes: Uint8Array, meta: readonly Element[]): string {
  const element = meta.find(({ tag }) => tag === TRANSFER_SYNTAX_UID);
  const value =
    element === undefined
      ? []
      : bytes.subarray(element.valueStart, Math.min(element.end, element.valueStart + MAX_UID));
  const uid = String.fromCharCode(...value)
    .replace(/[\0 ]+$/, '')
    .replace(/^ +/, '');
  if (uid === '') throw fault('E_TS_MISSING/unnamed');
  return uid;
}
