import { fault } from '../../contract/errors.js';
import { SEGMENTATION, SEGMENTATION_STORAGE } from '../elements/codes.js';
import { type ElementFile, walkElements } from '../elements/elements.js';
import {
  asciiText,
  type CodedConcept,
  codeElement,
  decimalString,
  encodeElement,
  encodeMeta,
  type NewElement,
  numberElement,
  sequenceElement,
  textElement,
  uidElement,
} from '../elements/encode.js';
import { EXPLICIT_LITTLE_ENDIAN } from '../elements/transfer-syntax.js';
import { deriveUid } from '../elements/uid.js';
import { wasLossy } from '../read/loss.js';
import { lossyAttributes, sourceItem } from './derive-parts.js';
import { dicomTime } from './derive-time.js';
import {
  copied,
  frameLength,
  instance,
  type MultiframeOptions,
  type PlacedFrame,
  planeOrientation,
  references,
  required,
  requireUids,
  sliceThickness,
  textOf,
} from './multiframe.js';
import { toLittleEndian } from './transcode.js';

const MODALITY = 0x00080060;

/** One slice of a segment, at the place of its source. */
interface SegmentationFrame extends PlacedFrame {
  /** rows * columns: 1 inside the segment, else 0. */
  readonly plane: Uint8Array;
  /** Index into the segments; the first where absent. */
  readonly segment?: number;
}

/** What is marked (PS3.3 section C.8.20.4). */
export interface Segment {
  /** For people; at most 64 characters. */
  readonly label: string;
  readonly category: CodedConcept;
  readonly type: CodedConcept;
  /** Whether a person marked some of it, which the rest was learnt from. */
  readonly guided?: boolean;
  /** Recommended colour, CIELab as PS3.3 section C.10.7.1.1 encodes it. */
  readonly colour?: readonly [number, number, number];
}

export interface SegmentationOptions extends MultiframeOptions {
  readonly frames: readonly SegmentationFrame[];
  /** ContentLabel: capitals, digits, space, underscore; at most 16. */
  readonly label: string;
  /** What the segments are together, for people; at most 64 characters. */
  readonly explanation: string;
  /** At least one; each is numbered by its place, from 1. */
  readonly segments: readonly Segment[];
  /** Name of what made it; at most 64 characters. */
  readonly algorithm: string;
  /** How it was made; DerivationDescription. */
  readonly description: string;
}

/**
 * A binary Segmentation (PS3.3 section A.51), made by an algorithm, in Explicit VR Little Endian, in the space of its
 * source images. Frames may be left out where a segment has no pixel.
 *
 * @throws LimpidError what walkElements throws; E_GEOMETRY (no orientation, spacing or frame of reference),
 * E_SHAPE (a plane of another size, no frames), E_UID, E_INTERNAL (a text too long)
 */
export function segmentation(options: SegmentationOptions): Uint8Array {
  const file = toLittleEndian(walkElements(options.template));
  requireShape(file, options);
  requireUids(options);
  const time = dicomTime(options.now, textOf(file, 0x00080201));
  const orientation = planeOrientation(file, options.frames);
  // Frames of several segments at one place have one index along the positions.
  const places = [...new Set(options.frames.map(placeKey))];
  const elements = [
    ...copied(file, options, [MODALITY]),
    ...instance(file, SEGMENTATION_STORAGE, options, time),
    ...image(file, options),
    sequenceElement(0x00620002, ...options.segments.map((one, i) => segment(one, i, options))),
    ...dimensions(options),
    references(file, options.frames),
    sequenceElement(0x52009229, sharedGroups(file, options, orientation.shared)),
    sequenceElement(
      0x52009230,
      ...options.frames.map((frame) =>
        frameGroups(frame, places.indexOf(placeKey(frame)) + 1, orientation.of(frame), options),
      ),
    ),
    { tag: 0x7fe00010, vr: 'OB', value: packedBits(options.frames) },
  ].sort((a, b) => a.tag - b.tag);
  const meta = encodeMeta({
    sopClassUid: SEGMENTATION_STORAGE,
    sopInstanceUid: options.sopInstanceUid,
    transferSyntax: EXPLICIT_LITTLE_ENDIAN,
    softwareVersion: options.equipment.softwareVersion,
  });
  return Buffer.concat([meta, ...elements.map((element) => encodeElement(element, false))]);
}

/** Segmentation Series and Segmentation Image modules (PS3.3 sections C.8.20.1 and C.8.20.2). */
function image(file: ElementFile, options: SegmentationOptions): NewElement[] {
  return [
    textElement(0x00080008, 'CS', 'DERIVED', 'PRIMARY'),
    textElement(MODALITY, 'CS', 'SEG'),
    numberElement(0x00280002, 'US', 1),
    textElement(0x00280004, 'CS', 'MONOCHROME2'),
    textElement(0x00280008, 'IS', String(options.frames.length)),
    numberElement(0x00280100, 'US', 1),
    numberElement(0x00280101, 'US', 1),
    numberElement(0x00280102, 'US', 0),
    numberElement(0x00280103, 'US', 0),
    ...(wasLossy(file) ? lossyAttributes(file, file) : [textElement(0x00282110, 'CS', '00')]),
    textElement(0x00620001, 'CS', 'BINARY'),
    textElement(0x00700080, 'CS', options.label),
    textElement(0x00700081, 'LO', asciiText(options.explanation, 64)),
    { tag: 0x00700084, vr: 'PN', value: new Uint8Array(0) },
  ];
}

function segment(
  { label, category, type, guided, colour }: Segment,
  index: number,
  { algorithm }: SegmentationOptions,
): NewElement[] {
  return [
    codeElement(0x00620003, category),
    numberElement(0x00620004, 'US', index + 1),
    textElement(0x00620005, 'LO', asciiText(label, 64)),
    textElement(0x00620008, 'CS', guided === true ? 'SEMIAUTOMATIC' : 'AUTOMATIC'),
    textElement(0x00620009, 'LO', asciiText(algorithm, 64)),
    ...(colour === undefined ? [] : [numberElement(0x0062000d, 'US', ...colour)]),
    codeElement(0x0062000f, type),
  ];
}

/** Multi-frame Dimension module: frames are indexed by segment and position. */
function dimensions(options: SegmentationOptions): NewElement[] {
  const organization = uidElement(0x00209164, deriveUid(options.sopInstanceUid, 'dimension organization'));
  const index = (tag: number, group: number, label: string): NewElement[] => [
    organization,
    numberElement(0x00209165, 'AT', tag),
    numberElement(0x00209167, 'AT', group),
    textElement(0x00209421, 'LO', label),
  ];
  return [
    sequenceElement(0x00209221, [organization]),
    sequenceElement(
      0x00209222,
      index(0x0062000b, 0x0062000a, 'Segment'),
      index(0x00200032, 0x00209113, 'Position'),
    ),
  ];
}

function sharedGroups(
  file: ElementFile,
  options: SegmentationOptions,
  orientation: readonly NewElement[],
): NewElement[] {
  const thickness = sliceThickness(file, options);
  return [
    sequenceElement(0x00289110, [
      ...(thickness === undefined ? [] : [textElement(0x00180050, 'DS', thickness)]),
      required(file, 0x00280030, 2, options.pixelSpacing),
    ]),
    ...orientation,
  ];
}

function frameGroups(
  frame: SegmentationFrame,
  place: number,
  orientation: readonly NewElement[],
  { description }: SegmentationOptions,
): NewElement[] {
  return [
    sequenceElement(0x00089124, [
      textElement(0x00082111, 'ST', asciiText(description, 1024)),
      sequenceElement(0x00082112, sourceItem(frame.source)),
      codeElement(0x00089215, SEGMENTATION),
    ]),
    sequenceElement(0x00209111, [numberElement(0x00209157, 'UL', (frame.segment ?? 0) + 1, place)]),
    sequenceElement(0x0062000a, [numberElement(0x0062000b, 'US', (frame.segment ?? 0) + 1)]),
    sequenceElement(0x00209113, [textElement(0x00200032, 'DS', ...frame.position.map(decimalString))]),
    ...orientation,
  ];
}

function placeKey({ position, source }: SegmentationFrame): string {
  return `${position.join('\\')} ${source.sopInstanceUid} ${source.frame ?? ''}`;
}

function requireShape(file: ElementFile, options: SegmentationOptions): void {
  const { frames, segments } = options;
  const length = frameLength(file, options);
  const isWhole = ({ plane, segment: of = 0 }: SegmentationFrame): boolean =>
    plane.length === length && of < segments.length;
  if (frames.length === 0 || !frames.every(isWhole)) throw fault('E_SHAPE/source-mask');
  if ((textOf(file, 0x00200052) ?? '') === '') throw fault('E_GEOMETRY/reference');
}

/** One bit a pixel, least significant first, frames one after the other without a gap (PS3.5 section 8.1.1). */
function packedBits(frames: readonly SegmentationFrame[]): Uint8Array {
  const length = frames[0].plane.length;
  const bytes = new Uint8Array(Math.ceil((frames.length * length) / 8));
  frames.forEach(({ plane }, f) => {
    for (let i = 0; i < length; i++)
      if (plane[i] !== 0) bytes[(f * length + i) >>> 3] |= 1 << ((f * length + i) & 7);
  });
  return bytes;
}
