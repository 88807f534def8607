import { fault, type LimpidError } from '../../contract/errors.js';
import { PROCESSING_EQUIPMENT, SOURCE_IMAGE } from '../elements/codes.js';
import {
  asciiValue,
  type Element,
  type ElementFile,
  findElement,
  isForeignGroup,
  UNDEFINED_LENGTH,
  valueBytes,
} from '../elements/elements.js';
import {
  asciiText,
  type CodedConcept,
  codeElement,
  encodeElement,
  encodeItem,
  encodeMeta,
  encodeValue,
  IMPLEMENTATION_CLASS_UID,
  type NewElement,
  numberElement,
  textElement,
  uidElement,
} from '../elements/encode.js';
import { EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN } from '../elements/transfer-syntax.js';
import { isReadableUid, isUid } from '../elements/uid.js';
import type { PixelFormat } from './derive-pixels.js';
import { suffixedDescription } from './derive-text.js';
import { dicomTime, seriesTime } from './derive-time.js';
import { lossyMethod } from './lossy.js';

/** What all derived files have in common, of one image or of many frames. */

/** A SOP instance by class and UID. */
export interface InstanceReference {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
}

/** A SOP instance, or one frame of it. */
export interface FrameReference extends InstanceReference {
  /** Of an image of many, from 1. */
  readonly frame?: number;
  /** Absent: that of the file that is derived. */
  readonly seriesInstanceUid?: string;
}

export interface Equipment {
  readonly manufacturer: string;
  readonly model: string;
  readonly softwareVersion: string;
}

/** What makes a derived file differ from its source (PS3.3 sections C.7.6.1, C.12.1 and C.8.3.1). */
export interface FileDerivation {
  readonly seriesInstanceUid: string;
  readonly sopInstanceUid: string;
  readonly seriesNumber: number;
  /** Appended to SeriesDescription, for example 'DENOISED'. */
  readonly seriesDescriptionSuffix: string;
  /** DerivationDescription: what was done; made ASCII and cut to 1024. */
  readonly description: string;
  /** Appended to DerivationCodeSequence, one item a step. */
  readonly codes: readonly CodedConcept[];
  /** Appended to ContributingEquipmentSequence; the scanner's own attributes stay. */
  readonly equipment: Equipment;
  /** One moment for the whole series, also when a run resumes: SeriesDate and SeriesTime come from it. */
  readonly now: Date;
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

/** An encoded element of the output. */
export interface Part {
  readonly tag: number;
  readonly bytes: Uint8Array;
}

/** UIDs, series, dates. */
export function identity(file: ElementFile, derivation: FileDerivation): Part[] {
  const moment = dicomTime(derivation.now, textOf(file, 0x00080201));
  const { date, time } = moment;
  const elements: NewElement[] = [
    textElement(0x00080012, 'DA', date),
    textElement(0x00080013, 'TM', time),
    uidElement(0x00080018, derivation.sopInstanceUid),
    textElement(0x00080021, 'DA', date),
    textElement(0x00080023, 'DA', date),
    textElement(0x00080031, 'TM', seriesTime(moment, derivation.seriesNumber)),
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

/** An item of SourceImageSequence (PS3.3 section C.12.4.1). */
export function sourceItem({ sopClassUid, sopInstanceUid, frame }: FrameReference): NewElement[] {
  return [
    uidElement(0x00081150, sopClassUid),
    uidElement(0x00081155, sopInstanceUid),
    ...(frame === undefined ? [] : [textElement(0x00081160, 'IS', String(frame))]),
    textElement(0x0028135a, 'CS', 'YES'),
    codeElement(0x0040a170, SOURCE_IMAGE),
  ];
}

/** An item of ContributingEquipmentSequence (PS3.3 section C.12.1). */
function equipmentItem(equipment: Equipment, dateTime: string): NewElement[] {
  return [
    textElement(0x00080070, 'LO', asciiText(equipment.manufacturer, 64)),
    textElement(0x00081090, 'LO', asciiText(equipment.model, 64)),
    textElement(0x00181020, 'LO', asciiText(equipment.softwareVersion, 64)),
    textElement(0x0018a002, 'DT', dateTime),
    codeElement(0x0040a170, PROCESSING_EQUIPMENT),
  ];
}

/** A sequence of the source with items appended: the old ones byte for byte, in a defined length. */
export function appended(file: ElementFile, tag: number, items: readonly (readonly NewElement[])[]): Part {
  const old = findElement(file.elements, tag);
  const vr = old?.vr === 'UN' ? 'UN' : 'SQ';
  // Items inside UN are implicit VR little endian whatever the file is (PS3.5 section 6.2.2).
  const implicitItems = file.implicitVr || vr === 'UN';
  const before = old === undefined ? new Uint8Array(0) : valueBytes(file.bytes, old);
  const after = items.map((item) => encodeItem(item, implicitItems));
  return { tag, bytes: encodeValue(tag, vr, Buffer.concat([before, ...after]), file.implicitVr) };
}

/** Limpid as one more piece of equipment that the image went through. */
export function equipmentPart(file: ElementFile, derivation: FileDerivation): Part {
  const { dateTime } = dicomTime(derivation.now, textOf(file, 0x00080201));
  return appended(file, 0x0018a001, [equipmentItem(derivation.equipment, dateTime)]);
}

/** Native pixels with what the header says of them. */
export interface EncodedPixels {
  readonly bytes: Uint8Array;
  readonly smallest: number;
  readonly largest: number;
}

/** Pixel data, the extremes where the source tells them, and what compression has lost. `original` is as it lay in the file. */
export function pixelParts(
  file: ElementFile,
  original: ElementFile,
  derivation: FileDerivation,
  { bytes, smallest, largest }: EncodedPixels,
  format: PixelFormat,
): Part[] {
  const elements: NewElement[] = [];
  const vr = format.pixelRepresentation === 1 ? 'SS' : 'US';
  const has = (tag: number) => findElement(file.elements, tag) !== undefined;
  const fits = format.bitsAllocated <= 16;
  if (has(0x00280106) && fits) elements.push(numberElement(0x00280106, vr, smallest));
  if (has(0x00280107) && fits) elements.push(numberElement(0x00280107, vr, largest));
  if (derivation.lossySource) elements.push(...lossyAttributes(file, original));
  const pixelVr = format.bitsAllocated <= 8 && !file.implicitVr ? 'OB' : 'OW';
  return [
    ...encodeParts(elements, file),
    { tag: PIXEL_DATA, bytes: encodeValue(PIXEL_DATA, pixelVr, bytes, file.implicitVr) },
  ];
}

/**
 * The bytes of a derived file: its source's elements but for those that are replaced or dropped.
 *
 * @param without tags of elements that are left out besides
 * @throws LimpidError E_UID
 */
export function splicedFile(
  file: ElementFile,
  derivation: FileDerivation,
  replacements: readonly Part[],
  without: readonly number[] = [],
): Uint8Array {
  const changed = new Set([...without, ...replacements.map(({ tag }) => tag)]);
  const kept = file.elements
    .filter(({ tag }) => !changed.has(tag) && !isDropped(tag, derivation.dropPrivate))
    .map(({ tag, start, end }) => ({ tag, bytes: file.bytes.subarray(start, end) }));
  const dataSet = [...kept, ...replacements].sort((a, b) => a.tag - b.tag);
  const meta = encodeMeta({
    sopClassUid: requiredUid(file, 0x00080016),
    sopInstanceUid: derivation.sopInstanceUid,
    transferSyntax: file.implicitVr ? IMPLICIT_LITTLE_ENDIAN : EXPLICIT_LITTLE_ENDIAN,
    softwareVersion: derivation.equipment.softwareVersion,
  });
  return concatenate([meta, ...dataSet.map(({ bytes }) => bytes)]);
}

/**
 * LossyImageCompression with the ratio and method that it requires (PS3.3 section C.7.6.1.1.5), where the file has none.
 *
 * @param original the file as it lay on the disk
 */
export function lossyAttributes(file: ElementFile, original: ElementFile): NewElement[] {
  const elements: NewElement[] = [textElement(0x00282110, 'CS', '01')];
  const pixelData = findElement(original.elements, PIXEL_DATA);
  const encapsulated = pixelData !== undefined && pixelData.length === UNDEFINED_LENGTH;
  const ratio = encapsulated ? nativeLength(file) / (pixelData.end - pixelData.valueStart) : undefined;
  if (isEmpty(file, 0x00282112) && ratio !== undefined)
    elements.push(textElement(0x00282112, 'DS', String(Number(ratio.toPrecision(6)))));
  const method = lossyMethod(file.transferSyntax);
  if (isEmpty(file, 0x00282114) && method !== undefined) elements.push(textElement(0x00282114, 'CS', method));
  return elements;
}

/** Of the pixels in bytes, were they not compressed. */
function nativeLength(file: ElementFile): number {
  const word = (tag: number): number => {
    const [low = 0, high = 0] = rawOf(file, tag);
    return low + 256 * high;
  };
  const frames = Number(textOf(file, 0x00280008) ?? 1) || 1;
  return word(0x00280010) * word(0x00280011) * Math.ceil(word(0x00280100) / 8) * frames;
}

export function encodeParts(elements: readonly NewElement[], file: ElementFile): Part[] {
  return elements.map((element) => ({
    tag: element.tag,
    bytes: encodeElement(element, file.implicitVr),
  }));
}

/** @throws LimpidError E_UID */
export function requireUids(derivation: FileDerivation, sources: readonly InstanceReference[]): void {
  const own = [derivation.seriesInstanceUid, derivation.sopInstanceUid];
  const known = sources.flatMap((source) => [source.sopClassUid, source.sopInstanceUid]);
  if (!own.every(isUid) || !known.every(isReadableUid)) throw uidError();
}

function requiredUid(file: ElementFile, tag: number): string {
  const uid = textOf(file, tag) ?? '';
  if (!isReadableUid(uid)) throw uidError();
  return uid;
}

function uidError(): LimpidError {
  return fault('E_UID/malformed');
}

export function rawOf(file: ElementFile, tag: number): Uint8Array {
  const element: Element | undefined = findElement(file.elements, tag);
  return element === undefined ? new Uint8Array(0) : valueBytes(file.bytes, element);
}

export function textOf(file: ElementFile, tag: number): string | undefined {
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
