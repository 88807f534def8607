import { fault } from '../../contract/errors.js';
import { LONG_VRS } from './elements.js';

/** An element to write, little endian: the value in bytes, or the items of a sequence. */
export interface NewElement {
  readonly tag: number;
  readonly vr: string;
  readonly value: Uint8Array | readonly (readonly NewElement[])[];
}

/** A code of a terminology (PS3.3 section 8.8); SH, SH and LO, so ASCII of at most 16, 16 and 64 characters. */
export interface CodedConcept {
  readonly value: string;
  readonly scheme: string;
  readonly meaning: string;
}

/** Most characters of a value, per VR (PS3.5 table 6.2-1). */
const MAX_LENGTH: Readonly<Record<string, number>> = {
  AE: 16,
  CS: 16,
  DA: 8,
  DS: 16,
  DT: 26,
  IS: 12,
  LO: 64,
  SH: 16,
  ST: 1024,
  TM: 14,
  UI: 64,
};

/** A text element of one or more values in ASCII. @throws LimpidError E_INTERNAL where a value breaks its VR. */
export function textElement(tag: number, vr: string, ...values: readonly string[]): NewElement {
  for (const value of values)
    if (value.length > (MAX_LENGTH[vr] ?? 0) || !/^[\x20-\x7e]*$/.test(value))
      throw fault('E_INTERNAL/text-vr', { vr });
  return { tag, vr, value: Buffer.from(values.join('\\'), 'latin1') };
}

/** Any text made fit for LO, SH or ST of the default repertoire: printable ASCII without backslash, cut. */
export function asciiText(text: string, maximum: number): string {
  return text
    .replace(/[\r\n\t]+/g, ' ')
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[^\x20-\x7e]/g, '?')
    .replaceAll('\\', '/')
    .slice(0, maximum)
    .trim();
}

/** A finite number as DS: the most digits that 16 characters hold (PS3.5 section 6.2). */
export function decimalString(value: number): string {
  for (let digits = 15; digits > 0; digits--) {
    const text = String(Number(value.toPrecision(digits)));
    if (text.length <= 16) return text;
  }
  return '0';
}

export function uidElement(tag: number, uid: string): NewElement {
  return textElement(tag, 'UI', uid);
}

export function sequenceElement(tag: number, ...items: readonly (readonly NewElement[])[]): NewElement {
  return { tag, vr: 'SQ', value: items };
}

/** US, SS, UL, FL, FD or AT from numbers; AT takes tags. */
export function numberElement(tag: number, vr: NumberVr, ...values: readonly number[]): NewElement {
  const width = NUMBER_WIDTH[vr];
  const value = new Uint8Array(values.length * width);
  const view = new DataView(value.buffer);
  values.forEach((number, i) => {
    putNumber(view, i * width, vr, number);
  });
  return { tag, vr, value };
}

export type NumberVr = 'US' | 'SS' | 'UL' | 'SL' | 'FL' | 'FD' | 'AT';
const NUMBER_WIDTH: Readonly<Record<NumberVr, number>> = { US: 2, SS: 2, UL: 4, SL: 4, FL: 4, FD: 8, AT: 4 };

function putNumber(view: DataView, offset: number, vr: NumberVr, value: number): void {
  switch (vr) {
    case 'US':
      view.setUint16(offset, value, true);
      break;
    case 'SS':
      view.setInt16(offset, value, true);
      break;
    case 'UL':
      view.setUint32(offset, value, true);
      break;
    case 'SL':
      view.setInt32(offset, value, true);
      break;
    case 'FL':
      view.setFloat32(offset, value, true);
      break;
    case 'FD':
      view.setFloat64(offset, value, true);
      break;
    case 'AT':
      view.setUint16(offset, value >>> 16, true);
      view.setUint16(offset + 2, value & 0xffff, true);
      break;
  }
}

/** A sequence with one coded concept (PS3.3 table 8.8-1). */
export function codeElement(tag: number, code: CodedConcept): NewElement {
  return sequenceElement(tag, codeItem(code));
}

export function codeItem(code: CodedConcept): NewElement[] {
  return [
    textElement(0x00080100, 'SH', code.value),
    textElement(0x00080102, 'SH', code.scheme),
    textElement(0x00080104, 'LO', code.meaning),
  ];
}

/** The bytes of an element, little endian, padded to an even length; items in order of tags, defined lengths. */
export function encodeElement(element: NewElement, implicitVr: boolean): Uint8Array {
  const { tag, vr, value } = element;
  if (value instanceof Uint8Array) return encodeValue(tag, vr, value, implicitVr);
  const items = value.map((item) => encodeItem(item, implicitVr));
  return encodeValue(tag, vr, Buffer.concat(items), implicitVr);
}

/** An item tag of defined length and its elements in order of tags. */
export function encodeItem(elements: readonly NewElement[], implicitVr: boolean): Uint8Array {
  const sorted = [...elements].sort((a, b) => a.tag - b.tag);
  const parts = sorted.map((element) => encodeElement(element, implicitVr));
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([header(0xfffee000, null, length), ...parts]);
}

/** Header, value and padding: a space after text, a zero byte after the rest (PS3.5 section 6.2). */
export function encodeValue(tag: number, vr: string, value: Uint8Array, implicitVr: boolean): Uint8Array {
  const odd = value.length % 2;
  const head = header(tag, implicitVr ? null : vr, value.length + odd);
  if (odd === 0) return Buffer.concat([head, value]);
  const pad = vr === 'UI' || vr === 'OB' || vr === 'UN' ? 0x00 : 0x20;
  return Buffer.concat([head, value, Uint8Array.of(pad)]);
}

/** `vr` null writes the form without VR: implicit, items and delimiters. */
function header(tag: number, vr: string | null, length: number): Uint8Array {
  const long = vr !== null && LONG_VRS.has(vr);
  if (length > (vr === null || long ? 0xfffffffe : 0xfffe)) throw fault('E_PIXEL_LENGTH/value-length');
  const bytes = new Uint8Array(long ? 12 : 8);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, tag >>> 16, true);
  view.setUint16(2, tag & 0xffff, true);
  if (vr === null) view.setUint32(4, length, true);
  else {
    bytes[4] = vr.charCodeAt(0);
    bytes[5] = vr.charCodeAt(1);
    if (long) view.setUint32(8, length, true);
    else view.setUint16(6, length, true);
  }
  return bytes;
}

/** Own root under 2.25 (PS3.7 section D.3.3.2): names the implementation that wrote a file. */
export const IMPLEMENTATION_CLASS_UID = '2.25.184806073475051950649782618076819415458';

/** Preamble, prefix and file meta information (PS3.10 section 7.1). */
export function encodeMeta(options: {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntax: string;
  readonly softwareVersion: string;
}): Uint8Array {
  const group = Buffer.concat(
    [
      { tag: 0x00020001, vr: 'OB', value: Uint8Array.of(0, 1) },
      uidElement(0x00020002, options.sopClassUid),
      uidElement(0x00020003, options.sopInstanceUid),
      uidElement(0x00020010, options.transferSyntax),
      uidElement(0x00020012, IMPLEMENTATION_CLASS_UID),
      textElement(0x00020013, 'SH', asciiText(`LIMPID_${options.softwareVersion}`, 16)),
    ].map((element) => encodeElement(element, false)),
  );
  const length = encodeElement(numberElement(0x00020000, 'UL', group.length), false);
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM', 'latin1'), length, group]);
}
