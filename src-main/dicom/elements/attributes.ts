import { createRequire } from 'node:module';
import type { DataSet } from 'dicom-parser';
import { fault } from '../../contract/errors.js';
import { decodeText } from './character-set.js';
import { asciiValue, type ElementFile, findElement, hasPrefix } from './elements.js';
import { encodeElement, uidElement } from './encode.js';

// The package is CommonJS without named exports that Node can see, and its types have no default export.
const dicomParser: typeof import('dicom-parser') = createRequire(import.meta.url)('dicom-parser');

const PIXEL_GROUP = 0x7fe00000;

/** Typed reading of a data set's values. A value that is absent, empty or malformed reads as undefined. */
export interface Attributes {
  /** One text value (CS, SH, UI, ...), trimmed; never empty. */
  text(tag: string, index?: number): string | undefined;
  /** All values of a text attribute, trimmed. */
  texts(tag: string): string[];
  /** A person-readable value (LO, SH) in the character set of the data set. */
  label(tag: string): string | undefined;
  /** One DS or IS value. */
  decimal(tag: string, index?: number): number | undefined;
  /** All DS or IS values when there are exactly `count` and all are finite. */
  decimals(tag: string, count: number): number[] | undefined;
  uint16(tag: string, index?: number): number | undefined;
  int16(tag: string): number | undefined;
  int32(tag: string): number | undefined;
  uint32(tag: string, index?: number): number | undefined;
  /** One FL value, finite. */
  float(tag: string): number | undefined;
  /** FD values when there are exactly `count` and all are finite. */
  doubles(tag: string, count: number): number[] | undefined;
  has(tag: string): boolean;
  /** The items of a sequence; none when it is absent. */
  items(tag: string): Attributes[];
}

/**
 * Reads the values of a file that `walkElements` found whole, up to its pixel data.
 *
 * @throws LimpidError E_ELEMENT when a nested value is damaged, E_NESTING when sequences of defined length are
 * nested too deeply.
 */
export function readAttributes(original: Uint8Array, file: ElementFile): Attributes {
  try {
    // The parser does not know every value representation that tables of offsets before the pixels may have.
    const end = file.elements.find(({ tag }) => tag >= PIXEL_GROUP)?.start ?? file.bytes.length;
    const whole = file.deflated ? original : original.subarray(0, end);
    const dataSet = dicomParser.parseDicom(withPart10Start(whole, file), {
      // The walker inflated the data set already, under its limit.
      inflater: (bytes, position) =>
        Buffer.concat([bytes.subarray(0, position), file.bytes.subarray(0, end)]),
    });
    const charset = asciiValue(file.bytes, findElement(file.elements, 0x00080005));
    return attributesOf(dataSet, charset ?? '');
  } catch (error) {
    if (error instanceof RangeError && /call stack/i.test(error.message)) throw fault('E_NESTING/sequences');
    throw fault('E_ELEMENT/value', {}, undefined, error);
  }
}

/** The parser asks for preamble, prefix and group 0002, and for that group with its length first. */
function withPart10Start(original: Uint8Array, file: ElementFile): Uint8Array {
  if (hasPrefix(original) && file.meta.length > 0) return original;
  const syntax = uidElement(0x00020010, file.transferSyntax);
  const head = Buffer.concat([
    Buffer.alloc(128),
    Buffer.from('DICM', 'latin1'),
    encodeElement(syntax, false),
  ]);
  const dataStart = file.meta.at(-1)?.end ?? (hasPrefix(original) ? 132 : 0);
  return Buffer.concat([head, original.subarray(dataStart)]);
}

function attributesOf(dataSet: DataSet, charset: string): Attributes {
  const attributes: Attributes = {
    text: (tag, index) => nonEmpty(guarded(() => dataSet.string(tag, index))),
    texts: (tag) => splitValues(guarded(() => dataSet.string(tag))),
    label: (tag) => nonEmpty(decodeText(rawBytes(dataSet, tag), charset)),
    decimal: (tag, index) => finite(guarded(() => dataSet.string(tag, index))),
    decimals: (tag, count) => {
      const values = splitValues(guarded(() => dataSet.string(tag))).map(finite);
      const known = values.filter((value) => value !== undefined);
      return values.length === count && known.length === count ? known : undefined;
    },
    uint16: (tag, index) => sized(dataSet, tag, 2 * ((index ?? 0) + 1), () => dataSet.uint16(tag, index)),
    int16: (tag) => sized(dataSet, tag, 2, () => dataSet.int16(tag)),
    int32: (tag) => sized(dataSet, tag, 4, () => dataSet.int32(tag)),
    uint32: (tag, index) => sized(dataSet, tag, 4 * ((index ?? 0) + 1), () => dataSet.uint32(tag, index)),
    float: (tag) => {
      const value = sized(dataSet, tag, 4, () => dataSet.float(tag));
      return Number.isFinite(value) ? value : undefined;
    },
    doubles: (tag, count) => {
      if (dataSet.elements[tag]?.length !== 8 * count) return undefined;
      const values = Array.from({ length: count }, (_, i) => guarded(() => dataSet.double(tag, i)));
      const known = values.filter((value) => value !== undefined && Number.isFinite(value));
      return known.length === count ? known.map(Number) : undefined;
    },
    has: (tag) => dataSet.elements[tag] !== undefined,
    items: (tag) =>
      (dataSet.elements[tag]?.items ?? []).flatMap((item) =>
        item.dataSet === undefined ? [] : [attributesOf(item.dataSet, charset)],
      ),
  };
  return attributes;
}

/** Several data sets as one: for each attribute, the first that has it answers. */
export function layered(layers: readonly Attributes[]): Attributes {
  const of = (tag: string): Attributes | undefined => layers.find((layer) => layer.has(tag));
  return {
    text: (tag, index) => of(tag)?.text(tag, index),
    texts: (tag) => of(tag)?.texts(tag) ?? [],
    label: (tag) => of(tag)?.label(tag),
    decimal: (tag, index) => of(tag)?.decimal(tag, index),
    decimals: (tag, count) => of(tag)?.decimals(tag, count),
    uint16: (tag, index) => of(tag)?.uint16(tag, index),
    int16: (tag) => of(tag)?.int16(tag),
    int32: (tag) => of(tag)?.int32(tag),
    uint32: (tag, index) => of(tag)?.uint32(tag, index),
    float: (tag) => of(tag)?.float(tag),
    doubles: (tag, count) => of(tag)?.doubles(tag, count),
    has: (tag) => of(tag) !== undefined,
    items: (tag) => of(tag)?.items(tag) ?? [],
  };
}

/** dicom-parser throws on values that are cut short or of another VR: these read as absent. */
function guarded<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    // A damaged attribute is an absent one to whoever reads it; where it is needed, that is told.
    return undefined;
  }
}

function sized(
  dataSet: DataSet,
  tag: string,
  bytes: number,
  read: () => number | undefined,
): number | undefined {
  const element = dataSet.elements[tag];
  return element === undefined || element.length < bytes ? undefined : guarded(read);
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}

function splitValues(text: string | undefined): string[] {
  return text === undefined || text === '' ? [] : text.split('\\').map((value) => value.trim());
}

/** Digits, one comma, digits: some systems write their locale's decimal sign, which DS does not know. */
export const DECIMAL_COMMA = /^[+-]?\d*,\d+(e[+-]?\d+)?$/i;

function finite(text: string | undefined): number | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const written = text.trim();
  const value = Number(DECIMAL_COMMA.test(written) ? written.replace(',', '.') : written);
  return Number.isFinite(value) ? value : undefined;
}

function rawBytes(dataSet: DataSet, tag: string): Uint8Array {
  const element = dataSet.elements[tag];
  if (element === undefined || element.items !== undefined) return new Uint8Array(0);
  return dataSet.byteArray.subarray(element.dataOffset, element.dataOffset + element.length);
}
