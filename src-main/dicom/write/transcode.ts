import { fault } from '../../contract/errors.js';
import {
  type Element,
  type ElementFile,
  type Encoding,
  sequenceItems,
  UNDEFINED_LENGTH,
} from '../elements/elements.js';
import { EXPLICIT_LITTLE_ENDIAN } from '../elements/transfer-syntax.js';

/** Bytes of one number in a value, for the VRs where the byte order matters (PS3.5 section 7.3). */
const NUMBER_WIDTH: Readonly<Record<string, number>> = {
  AT: 2,
  OW: 2,
  SS: 2,
  US: 2,
  FL: 4,
  OF: 4,
  OL: 4,
  SL: 4,
  UL: 4,
  FD: 8,
  OD: 8,
  OV: 8,
  SV: 8,
  UV: 8,
};

/**
 * The same data set in explicit VR little endian; `file` itself where it is little endian already. Both forms
 * have the same lengths, so every offset stays. VR UN keeps its bytes: its content is little endian by definition.
 *
 * @throws LimpidError E_TS_MISMATCH, E_TRUNCATED, E_NESTING where nested items are damaged.
 */
export function toLittleEndian(file: ElementFile): ElementFile {
  if (file.littleEndian) return file;
  const bytes = Uint8Array.from(file.bytes);
  for (const element of file.elements) swapElement(bytes, file.bytes, file, element, 1);
  return { ...file, bytes, transferSyntax: EXPLICIT_LITTLE_ENDIAN, littleEndian: true };
}

function swapElement(
  out: Uint8Array,
  source: Uint8Array,
  encoding: Encoding,
  element: Element,
  depth: number,
): void {
  const { vr, start, valueStart, length, end } = element;
  swap(out, start, start + 4, 2);
  if (valueStart - start === 12) swap(out, start + 8, start + 12, 4);
  else swap(out, start + 6, start + 8, 2);
  if (vr === 'SQ') swapItems(out, source, encoding, element, depth);
  else if (length !== UNDEFINED_LENGTH) swap(out, valueStart, end, vr === null ? 1 : (NUMBER_WIDTH[vr] ?? 1));
  else if (vr !== 'UN') throw fault('E_TS_MISMATCH/fragments', { at: start });
}

function swapItems(
  out: Uint8Array,
  source: Uint8Array,
  encoding: Encoding,
  sequence: Element,
  depth: number,
): void {
  for (const item of sequenceItems(source, encoding, sequence, depth)) {
    swapDelimiter(out, item.start);
    for (const element of item.elements) swapElement(out, source, encoding, element, depth + 1);
    const last = item.elements.at(-1)?.end ?? item.start + 8;
    if (last < item.end) swapDelimiter(out, last);
  }
  if (sequence.length === UNDEFINED_LENGTH) swapDelimiter(out, sequence.end - 8);
}

function swapDelimiter(out: Uint8Array, offset: number): void {
  swap(out, offset, offset + 4, 2);
  swap(out, offset + 4, offset + 8, 4);
}

/** Reverses each whole group of `width` bytes in [from, to). */
function swap(bytes: Uint8Array, from: number, to: number, width: number): void {
  if (width > 1) for (let i = from; i + width <= to; i += width) bytes.subarray(i, i + width).reverse();
}
