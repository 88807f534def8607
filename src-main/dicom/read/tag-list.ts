import { createHash } from 'node:crypto';
import dictionary from 'daikon/src/dictionary.js';
import type { TagEntry } from '../../contract/viewing.js';
import { decodeText } from '../elements/character-set.js';
import {
  asciiValue,
  type Element,
  type ElementFile,
  type Encoding,
  findElement,
  sequenceItems,
  UNDEFINED_LENGTH,
  valueBytes,
} from '../elements/elements.js';

/** What is listed of one file at most: a tree of items can have tens of thousands of elements. */
const MOST_ENTRIES = 5000;
/** Characters of a value. */
const LONGEST_VALUE = 512;
const PIXEL_DATA = 0x7fe00010;
const PER_FRAME = 0x52009230;
const CHARACTER_SET = 0x00080005;

const TEXTS = new Set([
  'AE',
  'AS',
  'CS',
  'DA',
  'DS',
  'DT',
  'IS',
  'LO',
  'LT',
  'PN',
  'SH',
  'ST',
  'TM',
  'UC',
  'UI',
  'UR',
  'UT',
]);
const NUMBERS: Readonly<
  Record<
    string,
    { readonly size: number; readonly read: (view: DataView, at: number, little: boolean) => number | bigint }
  >
> = {
  US: { size: 2, read: (view, at, little) => view.getUint16(at, little) },
  SS: { size: 2, read: (view, at, little) => view.getInt16(at, little) },
  UL: { size: 4, read: (view, at, little) => view.getUint32(at, little) },
  SL: { size: 4, read: (view, at, little) => view.getInt32(at, little) },
  FL: { size: 4, read: (view, at, little) => Number(view.getFloat32(at, little).toPrecision(8)) },
  FD: { size: 8, read: (view, at, little) => view.getFloat64(at, little) },
  UV: { size: 8, read: (view, at, little) => view.getBigUint64(at, little) },
  SV: { size: 8, read: (view, at, little) => view.getBigInt64(at, little) },
};
/** What the dictionary lacks. */
const MORE: Readonly<Record<string, readonly [string, string]>> = {
  '7FE00010': ['OW', 'PixelData'],
  '52009229': ['SQ', 'SharedFunctionalGroupsSequence'],
  '52009230': ['SQ', 'PerFrameFunctionalGroupsSequence'],
};

/**
 * The elements of a file as a list in its order, sequences before what their items hold. Of the functional groups of
 * frames, those of one frame.
 *
 * @param frame in the file, from 0
 * @throws LimpidError those of `sequenceItems`
 */
export function listTags(file: ElementFile, frame: number): readonly TagEntry[] {
  const charset = asciiValue(file.bytes, findElement(file.elements, CHARACTER_SET)) ?? '';
  const out: TagEntry[] = [];
  const visit = (elements: readonly Element[], encoding: Encoding, path: string, depth: number): void => {
    for (const element of elements) {
      if (out.length >= MOST_ENTRIES) return;
      const [vr, name] = known(element);
      const number = hex(element.tag);
      const place = path + number;
      const items = vr === 'SQ' ? sequenceItems(file.bytes, encoding, element, depth + 1) : null;
      const value = items === null ? textOf(file, encoding, element, vr, charset) : String(items.length);
      out.push({ path: place, tag: number, depth, vr, name, value });
      items?.forEach((item, i) => {
        if (element.tag !== PER_FRAME || i === frame) visit(item.elements, item, `${place}/${i}/`, depth + 1);
      });
    }
  };
  visit(file.meta, { implicitVr: false, littleEndian: true }, '', 0);
  visit(file.elements, file, '', 0);
  return out;
}

function hex(tag: number): string {
  return tag.toString(16).padStart(8, '0').toUpperCase();
}

/** Value representation, as written or by the dictionary, and keyword; '' for what no dictionary has. */
function known({ tag, vr, length }: Element): readonly [vr: string, name: string] {
  const number = hex(tag);
  const found = MORE[number] ?? dictionary.dict[number.slice(0, 4)]?.[number.slice(4)];
  const [usual, name] = found ?? ['UN', ''];
  const written = vr === null || (vr === 'UN' && found !== undefined) ? usual : vr;
  return [length === UNDEFINED_LENGTH && tag !== PIXEL_DATA ? 'SQ' : written, name];
}

function textOf(
  file: ElementFile,
  encoding: Encoding,
  element: Element,
  vr: string,
  charset: string,
): string {
  if (element.tag === PIXEL_DATA || element.end > file.bytes.length)
    return bytesText(element.end - element.valueStart);
  const bytes = valueBytes(file.bytes, element);
  if (TEXTS.has(vr)) return decodeText(bytes, charset).slice(0, LONGEST_VALUE);
  const kind = NUMBERS[vr];
  if (vr === 'AT')
    return numbersIn(bytes, 4, (view, at) =>
      hex(65536 * view.getUint16(at, encoding.littleEndian) + view.getUint16(at + 2, encoding.littleEndian)),
    );
  if (kind !== undefined)
    return numbersIn(bytes, kind.size, (view, at) => String(kind.read(view, at, encoding.littleEndian)));
  // so that one that differs is seen to
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 8);
  return bytes.length === 0 ? '' : `${bytesText(bytes.length)}, ${hash}`;
}

function numbersIn(bytes: Uint8Array, size: number, read: (view: DataView, at: number) => string): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out: string[] = [];
  for (
    let at = 0;
    at + size <= bytes.length && out.join('\\').length < LONGEST_VALUE && out.length < 64;
    at += size
  )
    out.push(read(view, at));
  return out.join('\\');
}

function bytesText(count: number): string {
  return `${count} bytes`;
}
