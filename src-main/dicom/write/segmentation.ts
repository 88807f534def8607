import { fault } from '../../contract/errors.js';
import { SEGMENTATION, SPATIAL_CONCEPT, UNLIKE_TRAINING } from '../elements/codes.js';
import { type ElementFile, walkElements } from '../elements/elements.js';
import {
  asciiText,
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
import { sourceItem } from './derive-parts.js';
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

const SEGMENTATION_STORAGE = '1.2.840.10008.5.1.4.1.1.66.4';

const MODALITY = 0x00080060;

/** One slice of the mask, at the place of its source. */
interface SegmentationFrame extends PlacedFrame {
  /** rows * columns: 1 inside the segment, else 0. */
  readonly plane: Uint8Array;
}

export interface SegmentationOptions extends MultiframeOptions {
  readonly frames: readonly SegmentationFrame[];
  /** ContentLabel: capitals, digits, space, underscore; at most 16. */
  readonly label: string;
  /** What the segment is, for people; at most 64 characters. */
  readonly segment: string;
  /** Name of what made it; at most 64 characters. */
  readonly algorithm: string;
  /** How it was made; DerivationDescription. */
  readonly description: string;
}

/**
 * A binary Segmentation (PS3.3 section A.51) of one segment, made by an algorithm, in Explicit VR Little Endian, in
 * the space of its source images. The segment is called unlike the training images, in a code of our own: no
 * standard code says so little.
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
  const elements = [
    ...copied(file, options, [MODALITY]),
    ...instance(file, SEGMENTATION_STORAGE, options, time),
    ...image(file, options),
    segment(options),
    ...dimensions(options),
    references(file, options.frames),
    sequenceElement(0x52009229, sharedGroups(file, options, orientation.shared)),
    sequenceElement(
      0x52009230,
      ...options.frames.map((frame, i) => frameGroups(frame, i, orientation.of(frame), options)),
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
  const lossy = textOf(file, 0x00282110) === '01';
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
    textElement(0x00282110, 'CS', lossy ? '01' : '00'),
    textElement(0x00620001, 'CS', 'BINARY'),
    textElement(0x00700080, 'CS', options.label),
    textElement(0x00700081, 'LO', asciiText(options.segment, 64)),
    { tag: 0x00700084, vr: 'PN', value: new Uint8Array(0) },
  ];
}

function segment(options: SegmentationOptions): NewElement {
  return sequenceElement(0x00620002, [
    codeElement(0x00620003, SPATIAL_CONCEPT),
    numberElement(0x00620004, 'US', 1),
    textElement(0x00620005, 'LO', asciiText(options.segment, 64)),
    textElement(0x00620008, 'CS', 'AUTOMATIC'),
    textElement(0x00620009, 'LO', asciiText(options.algorithm, 64)),
    codeElement(0x0062000f, UNLIKE_TRAINING),
  ]);
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
    sequenceElement(0x0062000a, [numberElement(0x0062000b, 'US', 1)]),
  ];
}

function frameGroups(
  frame: SegmentationFrame,
  index: number,
  orientation: readonly NewElement[],
  { description }: SegmentationOptions,
): NewElement[] {
  return [
    sequenceElement(0x00089124, [
      textElement(0x00082111, 'ST', asciiText(description, 1024)),
      sequenceElement(0x00082112, sourceItem(frame.source)),
      codeElement(0x00089215, SEGMENTATION),
    ]),
    sequenceElement(0x00209111, [numberElement(0x00209157, 'UL', 1, index + 1)]),
    sequenceElement(0x00209113, [textElement(0x00200032, 'DS', ...frame.position.map(decimalString))]),
    ...orientation,
  ];
}

function requireShape(file: ElementFile, options: SegmentationOptions): void {
  const { frames } = options;
  const length = frameLength(file, options);
  if (frames.length === 0 || !frames.every(({ plane }) => plane.length === length))
    throw fault('E_SHAPE/source-mask');
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
