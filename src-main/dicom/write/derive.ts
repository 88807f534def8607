import { LimpidError } from '../../contract/errors.js';
import type { StoredPixels } from '../codec/stored.js';
import { PROCESSING_EQUIPMENT, SMOOTHING, SOURCE_IMAGE } from '../elements/codes.js';
import {
  asciiValue,
  type Element,
  type ElementFile,
  findElement,
  isForeignGroup,
  UNDEFINED_LENGTH,
  valueBytes,
  walkElements,
} from '../elements/elements.js';
import {
  asciiText,
  type CodedConcept,
  codeElement,
  codeItem,
  encodeElement,
  encodeItem,
  encodeMeta,
  encodeValue,
  IMPLEMENTATION_CLASS_UID,
  type NewElement,
  numberElement,
  sequenceElement,
  textElement,
  uidElement,
} from '../elements/encode.js';
import { EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN } from '../elements/transfer-syntax.js';
import { isUid } from '../elements/uid.js';
import { encodePixels, type PixelFormat, pixelFormatOf } from './derive-pixels.js';
import { appendedDescription, suffixedDescription } from './derive-text.js';
import { dicomTime } from './derive-time.js';
import { lossyMethod } from './lossy.js';
import { toLittleEndian } from './transcode.js';

export { SMOOTHING };

/** A SOP instance by class and UID. */
export interface InstanceReference {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
}

export interface Equipment {
  readonly manufacturer: string;
  readonly model: string;
  readonly softwareVersion: string;
}

/** What makes a derived image differ from its source (PS3.3 sections C.7.6.1, C.12.1 and C.8.3.1). */
export interface Derivation {
  readonly seriesInstanceUid: string;
  readonly sopInstanceUid: string;
  readonly seriesNumber: number;
  /** Appended to SeriesDescription, for example 'DENOISED'. */
  readonly seriesDescriptionSuffix: string;
  /** DerivationDescription: what was done; made ASCII and cut to 1024. */
  readonly description: string;
  /** Appended to DerivationCodeSequence, one item a step. */
  readonly codes: readonly CodedConcept[];
  /** SourceImageSequence: the image's own source first, then neighbours that were used. */
  readonly sources: readonly InstanceReference[];
  /** Appended to ContributingEquipmentSequence; the scanner's own attributes stay. */
  readonly equipment: Equipment;
  /** One moment for the whole series, also when a run resumes: SeriesDate and SeriesTime come from it. */
  readonly now: Date;
  readonly imageTypeValue2: 'SECONDARY' | 'PRIMARY';
  readonly dropPrivate: boolean;
  /** The source's pixels were compressed with loss: LossyImageCompression becomes 01. It is never cleared. */
  readonly lossySource: boolean;
}

const PIXEL_DATA = 0x7fe00010;

/** Stale in a derived image, so left out: pixel summaries of the series, icon, offset tables, signatures. */
const DROPPED: ReadonlySet<number> = new Set([
  0x00280108, 0x00280109, 0x00280110, 0x00280111, 0x00880200, 0x4ffe0001, 0x7fe00001, 0x7fe00002, 0x7fe00003,
  0xfffafffa,
]);

/** Whether a derived file leaves this element of its source out. */
export function isDropped(tag: number, dropPrivate: boolean): boolean {
  const groupLength = (tag & 0xffff) === 0;
  const isPrivate = ((tag >>> 16) & 1) === 1;
  return groupLength || isForeignGroup(tag) || DROPPED.has(tag) || (dropPrivate && isPrivate);
}

/**
 * Splices a derived image out of a source file: untouched elements byte for byte, changed and new ones encoded
 * anew, pixels native. The transfer syntax is the source's where that is native little endian, else Explicit VR
 * Little Endian; big endian is transcoded. `source` is not changed. `pixels` holds stored values, rows * columns *
 * frames of the source, within its BitsStored; `beside` as in `encodePixels`.
 *
 * @throws LimpidError what walkElements throws; E_NOT_ELIGIBLE (colour, enhanced multi-frame, no pixels),
 * E_ELEMENT (an attribute that the image needs is missing or wrong), E_UID, E_PIXEL_LENGTH, E_VALUES (a pixel
 * outside BitsStored), E_INTERNAL (a text of the derivation that its VR cannot hold).
 */
export function deriveInstance(
  source: Uint8Array,
  derivation: Derivation,
  pixels: StoredPixels,
  beside?: Uint32Array,
): Uint8Array {
  const original = walkElements(source);
  const file = toLittleEndian(original);
  requireUids(derivation);
  const sopClassUid = requiredUid(file, 0x00080016);
  const format = pixelFormatOf(file);
  const replacements = [
    ...identity(file, derivation),
    ...provenance(file, derivation),
    ...pixelAttributes(file, original, derivation, encodePixels(pixels, format, beside), format),
  ];
  const changed = new Map(replacements.map((part) => [part.tag, part.bytes]));
  const kept = file.elements
    .filter(({ tag }) => !changed.has(tag) && !isDropped(tag, derivation.dropPrivate))
    .map(({ tag, start, end }) => ({ tag, bytes: file.bytes.subarray(start, end) }));
  const dataSet = [...kept, ...replacements].sort((a, b) => a.tag - b.tag);
  const meta = encodeMeta({
    sopClassUid,
    sopInstanceUid: derivation.sopInstanceUid,
    transferSyntax: file.implicitVr ? IMPLICIT_LITTLE_ENDIAN : EXPLICIT_LITTLE_ENDIAN,
    softwareVersion: derivation.equipment.softwareVersion,
  });
  return concatenate([meta, ...dataSet.map(({ bytes }) => bytes)]);
}

/** An encoded element of the output. */
interface Part {
  readonly tag: number;
  readonly bytes: Uint8Array;
}

/** UIDs, series, image type, dates. */
function identity(file: ElementFile, derivation: Derivation): Part[] {
  const { date, time } = dicomTime(derivation.now, textOf(file, 0x00080201));
  const elements: NewElement[] = [
    imageType(file, derivation.imageTypeValue2),
    textElement(0x00080012, 'DA', date),
    textElement(0x00080013, 'TM', time),
    uidElement(0x00080018, derivation.sopInstanceUid),
    textElement(0x00080021, 'DA', date),
    textElement(0x00080023, 'DA', date),
    textElement(0x00080031, 'TM', time),
    textElement(0x00080033, 'TM', time),
    {
      tag: 0x0008103e,
      vr: 'LO',
      value: suffixedDescription(
        rawOf(file, 0x0008103e),
        textOf(file, 0x00080005),
        asciiText(derivation.seriesDescriptionSuffix, 64),
      ),
    },
    uidElement(0x0020000e, derivation.seriesInstanceUid),
    textElement(0x00200011, 'IS', String(derivation.seriesNumber)),
  ];
  // It names the device that created the instance, and that is no longer the scanner.
  if (findElement(file.elements, 0x00080014) !== undefined)
    elements.push(uidElement(0x00080014, IMPLEMENTATION_CLASS_UID));
  return encodeParts(elements, file);
}

/** Value 1 DERIVED, value 2 as asked, the rest as it was; MR needs a third (PS3.3 section C.8.3.1.1.1). */
function imageType(file: ElementFile, value2: 'SECONDARY' | 'PRIMARY'): NewElement {
  const old = (textOf(file, 0x00080008) ?? '').split('\\').map((value) => value.trim());
  const rest = old.length > 2 ? old.slice(2) : textOf(file, 0x00080060) === 'MR' ? ['OTHER'] : [];
  return { tag: 0x00080008, vr: 'CS', value: Buffer.from(['DERIVED', value2, ...rest].join('\\'), 'latin1') };
}

/** What it was made from, how, and by what. */
function provenance(file: ElementFile, derivation: Derivation): Part[] {
  const description = appendedDescription(rawOf(file, 0x00082111), asciiText(derivation.description, 1024));
  const { dateTime } = dicomTime(derivation.now, textOf(file, 0x00080201));
  return [
    ...encodeParts(
      [
        { tag: 0x00082111, vr: 'ST', value: description },
        sequenceElement(0x00082112, ...derivation.sources.map(sourceItem)),
      ],
      file,
    ),
    ...(derivation.codes.length > 0 ? [appended(file, 0x00089215, derivation.codes.map(codeItem))] : []),
    appended(file, 0x0018a001, [equipmentItem(derivation.equipment, dateTime)]),
  ];
}

/** An item of SourceImageSequence (PS3.3 section C.12.4.1). */
export function sourceItem(reference: InstanceReference): NewElement[] {
  return [
    uidElement(0x00081150, reference.sopClassUid),
    uidElement(0x00081155, reference.sopInstanceUid),
    textElement(0x0028135a, 'CS', 'YES'),
    codeElement(0x0040a170, SOURCE_IMAGE),
  ];
}

/** An item of ContributingEquipmentSequence (PS3.3 section C.12.1). */
export function equipmentItem(equipment: Equipment, dateTime: string): NewElement[] {
  return [
    textElement(0x00080070, 'LO', asciiText(equipment.manufacturer, 64)),
    textElement(0x00081090, 'LO', asciiText(equipment.model, 64)),
    textElement(0x00181020, 'LO', asciiText(equipment.softwareVersion, 64)),
    textElement(0x0018a002, 'DT', dateTime),
    codeElement(0x0040a170, PROCESSING_EQUIPMENT),
  ];
}

/** A sequence of the source with items appended: the old ones byte for byte, in a defined length. */
function appended(file: ElementFile, tag: number, items: readonly (readonly NewElement[])[]): Part {
  const old = findElement(file.elements, tag);
  const vr = old?.vr === 'UN' ? 'UN' : 'SQ';
  // Items inside UN are implicit VR little endian whatever the file is (PS3.5 section 6.2.2).
  const implicitItems = file.implicitVr || vr === 'UN';
  const before = old === undefined ? new Uint8Array(0) : valueBytes(file.bytes, old);
  const after = items.map((item) => encodeItem(item, implicitItems));
  return { tag, bytes: encodeValue(tag, vr, Buffer.concat([before, ...after]), file.implicitVr) };
}

function pixelAttributes(
  file: ElementFile,
  original: ElementFile,
  derivation: Derivation,
  { bytes, smallest, largest }: ReturnType<typeof encodePixels>,
  format: PixelFormat,
): Part[] {
  const elements: NewElement[] = [];
  const vr = format.pixelRepresentation === 1 ? 'SS' : 'US';
  const has = (tag: number) => findElement(file.elements, tag) !== undefined;
  const fits = format.bitsAllocated <= 16;
  if (has(0x00280106) && fits) elements.push(numberElement(0x00280106, vr, smallest));
  if (has(0x00280107) && fits) elements.push(numberElement(0x00280107, vr, largest));
  if (derivation.lossySource) elements.push(...lossyAttributes(file, original, bytes.length));
  const pixelVr = format.bitsAllocated <= 8 && !file.implicitVr ? 'OB' : 'OW';
  return [
    ...encodeParts(elements, file),
    { tag: PIXEL_DATA, bytes: encodeValue(PIXEL_DATA, pixelVr, bytes, file.implicitVr) },
  ];
}

/** LossyImageCompression with the ratio and method that it requires (PS3.3 section C.7.6.1.1.5). */
function lossyAttributes(file: ElementFile, original: ElementFile, nativeLength: number): NewElement[] {
  const elements: NewElement[] = [textElement(0x00282110, 'CS', '01')];
  const pixelData = findElement(original.elements, PIXEL_DATA);
  const encapsulated = pixelData !== undefined && pixelData.length === UNDEFINED_LENGTH;
  const ratio = encapsulated ? nativeLength / (pixelData.end - pixelData.valueStart) : undefined;
  if (isEmpty(file, 0x00282112) && ratio !== undefined)
    elements.push(textElement(0x00282112, 'DS', String(Number(ratio.toPrecision(6)))));
  const method = lossyMethod(file.transferSyntax);
  if (isEmpty(file, 0x00282114) && method !== undefined) elements.push(textElement(0x00282114, 'CS', method));
  return elements;
}

function encodeParts(elements: readonly NewElement[], file: ElementFile): Part[] {
  return elements.map((element) => ({
    tag: element.tag,
    bytes: encodeElement(element, file.implicitVr),
  }));
}

function requireUids(derivation: Derivation): void {
  const uids = [
    derivation.seriesInstanceUid,
    derivation.sopInstanceUid,
    ...derivation.sources.flatMap((source) => [source.sopClassUid, source.sopInstanceUid]),
  ];
  if (!uids.every(isUid)) throw uidError();
}

function requiredUid(file: ElementFile, tag: number): string {
  const uid = textOf(file, tag) ?? '';
  if (!isUid(uid)) throw uidError();
  return uid;
}

function uidError(): LimpidError {
  return new LimpidError('E_UID', 'A UID is missing or malformed.', 'Export the series again.');
}

function rawOf(file: ElementFile, tag: number): Uint8Array {
  const element: Element | undefined = findElement(file.elements, tag);
  return element === undefined ? new Uint8Array(0) : valueBytes(file.bytes, element);
}

function textOf(file: ElementFile, tag: number): string | undefined {
  return asciiValue(file.bytes, findElement(file.elements, tag));
}

function isEmpty(file: ElementFile, tag: number): boolean {
  return (textOf(file, tag) ?? '') === '';
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}
