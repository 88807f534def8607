import { fault } from '../../contract/errors.js';
import { NO_UNITS, PARAMETRIC_MAP_STORAGE, PIXEL_BY_PIXEL_SUBTRACTION, QUANTITY } from '../elements/codes.js';
import { type ElementFile, walkElements } from '../elements/elements.js';
import {
  asciiText,
  type CodedConcept,
  codeElement,
  codeItem,
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
import { frameAnatomy } from './frame-anatomy.js';
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

/** One slice of the map, at the place of its source. */
interface ParametricMapFrame extends PlacedFrame {
  /** rows * columns values, finite. */
  readonly plane: Float32Array;
}

export interface ParametricMapOptions extends MultiframeOptions {
  readonly frames: readonly ParametricMapFrame[];
  /** ContentLabel and the label of the value mapping: capitals, digits, space, underscore; at most 16. */
  readonly label: string;
  /** What a value means, for people; at most 64 characters. */
  readonly explanation: string;
  /** How it was made; DerivationDescription. */
  readonly description: string;
  /** Units of the values; a ratio by default. */
  readonly units?: CodedConcept;
  /** How the values follow from the images; a subtraction by default. */
  readonly derivation?: CodedConcept;
  /** What is measured, as a code; own scheme 99LIMPID. */
  readonly quantity: CodedConcept;
  /** Least and greatest value of the display window. */
  readonly window: readonly [number, number];
}

/**
 * A multi-frame Parametric Map (PS3.3 section A.75) of 32-bit floats in Explicit VR Little Endian, in the space of
 * its source images, with a position and a source reference for each frame.
 *
 * @throws LimpidError what walkElements throws; E_GEOMETRY (no orientation, spacing or frame of reference),
 * E_SHAPE (a plane of another size, no frames), E_NOT_ELIGIBLE (burned-in annotation), E_VALUES (not finite), E_UID, E_INTERNAL (a text too long).
 */
export function parametricMap(options: ParametricMapOptions): Uint8Array {
  const file = toLittleEndian(walkElements(options.template));
  requireShape(file, options);
  requireUids(options);
  const time = dicomTime(options.now, textOf(file, 0x00080201));
  const range = rangeOf(options.frames);
  const orientation = planeOrientation(file, options.frames);
  const elements = [
    ...copied(file, options),
    ...instance(file, PARAMETRIC_MAP_STORAGE, options, time),
    ...content(file, options),
    ...dimensions(options),
    references(file, options.frames),
    sequenceElement(0x52009229, sharedGroups(file, options, orientation.shared, range)),
    sequenceElement(
      0x52009230,
      ...options.frames.map((frame, i) => frameGroups(frame, i, orientation.of(frame), options)),
    ),
    { tag: 0x7fe00008, vr: 'OF', value: floatBytes(options.frames) },
  ].sort((a, b) => a.tag - b.tag);
  const meta = encodeMeta({
    sopClassUid: PARAMETRIC_MAP_STORAGE,
    sopInstanceUid: options.sopInstanceUid,
    transferSyntax: EXPLICIT_LITTLE_ENDIAN,
    softwareVersion: options.equipment.softwareVersion,
  });
  return Buffer.concat([meta, ...elements.map((element) => encodeElement(element, false))]);
}

/** Parametric Map Image and Content Identification modules (PS3.3 sections C.8.32.2 and 10.9). */
function content(file: ElementFile, options: ParametricMapOptions): NewElement[] {
  return [
    textElement(0x00080008, 'CS', 'DERIVED', 'PRIMARY', 'VOLUME', 'NONE'),
    textElement(0x00189004, 'CS', 'RESEARCH'),
    numberElement(0x00280002, 'US', 1),
    textElement(0x00280004, 'CS', 'MONOCHROME2'),
    textElement(0x00280008, 'IS', String(options.frames.length)),
    numberElement(0x00280100, 'US', 32),
    // The only value that the standard allows here, so a source with burned-in text is refused.
    textElement(0x00280301, 'CS', 'NO'),
    // Required, yet nobody looked: YES is the answer that cannot harm the patient's privacy.
    textElement(0x00280302, 'CS', textOf(file, 0x00280302) === 'NO' ? 'NO' : 'YES'),
    ...(wasLossy(file) ? lossyAttributes(file, file) : [textElement(0x00282110, 'CS', '00')]),
    sequenceElement(0x00400555),
    textElement(0x00700080, 'CS', options.label),
    textElement(0x00700081, 'LO', asciiText(options.explanation, 64)),
    { tag: 0x00700084, vr: 'PN', value: new Uint8Array(0) },
    textElement(0x20500020, 'CS', 'IDENTITY'),
  ];
}

/** Multi-frame Dimension module: frames are indexed by position. */
function dimensions(options: ParametricMapOptions): NewElement[] {
  const organization = uidElement(0x00209164, deriveUid(options.sopInstanceUid, 'dimension organization'));
  return [
    sequenceElement(0x00209221, [organization]),
    sequenceElement(0x00209222, [
      organization,
      numberElement(0x00209165, 'AT', 0x00200032),
      numberElement(0x00209167, 'AT', 0x00209113),
      textElement(0x00209421, 'LO', 'Position'),
    ]),
  ];
}

function sharedGroups(
  file: ElementFile,
  options: ParametricMapOptions,
  orientation: readonly NewElement[],
  [least, greatest]: readonly [number, number],
): NewElement[] {
  const thickness = sliceThickness(file, options);
  const [low, high] = options.window;
  const explanation = asciiText(options.explanation, 64);
  return [
    sequenceElement(0x00289110, [
      ...(thickness === undefined ? [] : [textElement(0x00180050, 'DS', thickness)]),
      required(file, 0x00280030, 2, options.pixelSpacing),
    ]),
    ...orientation,
    ...frameAnatomy(file),
    sequenceElement(0x00289145, [
      textElement(0x00281052, 'DS', '0'),
      textElement(0x00281053, 'DS', '1'),
      textElement(0x00281054, 'LO', 'US'),
    ]),
    sequenceElement(0x00289132, [
      textElement(0x00281050, 'DS', decimalString((low + high) / 2)),
      textElement(0x00281051, 'DS', decimalString(high - low)),
    ]),
    sequenceElement(0x00409096, [
      textElement(0x00283003, 'LO', explanation),
      codeElement(0x004008ea, options.units ?? NO_UNITS),
      textElement(0x00409210, 'SH', options.label),
      numberElement(0x00409213, 'FD', greatest),
      numberElement(0x00409214, 'FD', least),
      sequenceElement(0x00409220, [
        textElement(0x0040a040, 'CS', 'CODE'),
        codeElement(0x0040a043, QUANTITY),
        codeElement(0x0040a168, options.quantity),
      ]),
      numberElement(0x00409224, 'FD', 0),
      numberElement(0x00409225, 'FD', 1),
    ]),
    sequenceElement(0x00409092, [textElement(0x00089007, 'CS', 'DERIVED', 'PRIMARY', 'VOLUME', 'NONE')]),
  ];
}

function frameGroups(
  frame: ParametricMapFrame,
  index: number,
  orientation: readonly NewElement[],
  { description, derivation = PIXEL_BY_PIXEL_SUBTRACTION }: ParametricMapOptions,
): NewElement[] {
  return [
    sequenceElement(0x00089124, [
      textElement(0x00082111, 'ST', asciiText(description, 1024)),
      sequenceElement(0x00082112, sourceItem(frame.source)),
      sequenceElement(0x00089215, codeItem(derivation)),
    ]),
    sequenceElement(0x00209111, [numberElement(0x00209157, 'UL', index + 1)]),
    sequenceElement(0x00209113, [textElement(0x00200032, 'DS', ...frame.position.map(decimalString))]),
    ...orientation,
  ];
}

function requireShape(file: ElementFile, options: ParametricMapOptions): void {
  const { frames } = options;
  const length = frameLength(file, options);
  if (frames.length === 0 || !frames.every(({ plane }) => plane.length === length))
    throw fault('E_SHAPE/map');
  if (textOf(file, 0x00280301) === 'YES') throw fault('E_NOT_ELIGIBLE/burned-in');
  if ((textOf(file, 0x00200052) ?? '') === '') throw fault('E_GEOMETRY/reference');
}

function rangeOf(frames: readonly ParametricMapFrame[]): [number, number] {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  for (const { plane } of frames)
    for (const value of plane) {
      if (!Number.isFinite(value)) throw fault('E_VALUES/map-not-finite');
      if (value < least) least = value;
      if (value > greatest) greatest = value;
    }
  return [least, greatest];
}

function floatBytes(frames: readonly ParametricMapFrame[]): Uint8Array {
  const length = frames[0].plane.length;
  const bytes = new Uint8Array(frames.length * length * 4);
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const { plane } of frames)
    for (const value of plane) {
      view.setFloat32(offset, value, true);
      offset += 4;
    }
  return bytes;
}
