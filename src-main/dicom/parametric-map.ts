import { LimpidError } from '../contract/errors.js';
import { NO_UNITS, PIXEL_BY_PIXEL_SUBTRACTION, QUANTITY } from './codes.js';
import { type Equipment, type InstanceReference, sourceItem } from './derive.js';
import { suffixedDescription } from './derive-text.js';
import { type DicomTime, dicomTime } from './derive-time.js';
import { asciiValue, type ElementFile, findElement, valueBytes, walkElements } from './elements.js';
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
} from './encode.js';
import { toLittleEndian } from './transcode.js';
import { EXPLICIT_LITTLE_ENDIAN } from './transfer-syntax.js';
import { deriveUid, isUid } from './uid.js';

export const PARAMETRIC_MAP_STORAGE = '1.2.840.10008.5.1.4.1.1.30';

/** One slice of the map, at the place of its source. */
export interface ParametricMapFrame {
  readonly source: InstanceReference;
  /** ImagePositionPatient in mm. */
  readonly position: readonly [number, number, number];
  /** rows * columns values, finite. */
  readonly plane: Float32Array;
}

export interface ParametricMapOptions {
  /** Bytes of one source image: patient, study, frame of reference, orientation, spacing and size come from it. */
  readonly template: Uint8Array;
  /** In the order of the map's frames. */
  readonly frames: readonly ParametricMapFrame[];
  readonly seriesInstanceUid: string;
  readonly sopInstanceUid: string;
  readonly seriesNumber: number;
  readonly seriesDescriptionSuffix: string;
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
  readonly equipment: Equipment;
  /** One moment for the whole series, also when a run resumes. */
  readonly now: Date;
}

/** Attributes of patient, study and place copied from the source: tag, VR, and whether an empty one is written where it is absent (type 2). */
const COPIED: readonly (readonly [tag: number, vr: string, type2: boolean])[] = [
  [0x00080005, 'CS', false],
  [0x00080020, 'DA', true],
  [0x00080030, 'TM', true],
  [0x00080050, 'SH', true],
  [0x00080060, 'CS', true],
  [0x00080090, 'PN', true],
  [0x00080201, 'SH', false],
  [0x00081030, 'LO', false],
  [0x00081048, 'PN', false],
  [0x00081060, 'PN', false],
  [0x00081080, 'LO', false],
  [0x00100010, 'PN', true],
  [0x00100020, 'LO', true],
  [0x00100021, 'LO', false],
  [0x00100030, 'DA', true],
  [0x00100032, 'TM', false],
  [0x00100040, 'CS', true],
  [0x00101000, 'LO', false],
  [0x00101001, 'PN', false],
  [0x00101010, 'AS', false],
  [0x00101020, 'DS', false],
  [0x00101030, 'DS', false],
  [0x00102000, 'LO', false],
  [0x00102110, 'LO', false],
  [0x00102160, 'SH', false],
  [0x00102180, 'SH', false],
  [0x001021a0, 'CS', false],
  [0x001021b0, 'LT', false],
  [0x001021c0, 'US', false],
  [0x001021d0, 'DA', false],
  [0x00104000, 'LT', false],
  [0x00120062, 'CS', false],
  [0x00120063, 'LO', false],
  [0x00180015, 'CS', false],
  [0x00185100, 'CS', false],
  [0x0020000d, 'UI', true],
  [0x00200010, 'SH', true],
  [0x00200052, 'UI', true],
  [0x00200060, 'CS', false],
  [0x00201040, 'LO', true],
  [0x00280010, 'US', true],
  [0x00280011, 'US', true],
  [0x00282112, 'DS', false],
  [0x00282114, 'CS', false],
  [0x00380500, 'LO', false],
];

/**
 * A multi-frame Parametric Map (PS3.3 section A.75) of 32-bit floats in Explicit VR Little Endian, in the space of
 * its source images, with a position and a source reference for each frame.
 *
 * @throws LimpidError what walkElements throws; E_GEOMETRY (no orientation, spacing or frame of reference),
 * E_SHAPE (a plane of another size, no frames), E_NOT_ELIGIBLE (burned-in annotation), E_VALUES (not finite), E_UID, E_INTERNAL (a text too long).
 */
export function parametricMap(options: ParametricMapOptions): Uint8Array {
  const file = toLittleEndian(walkElements(options.template));
  requireShape(file, options.frames);
  requireUids(options);
  const time = dicomTime(options.now, textOf(file, 0x00080201));
  const range = rangeOf(options.frames);
  const elements = [
    ...copied(file),
    ...instance(file, options, time),
    ...content(file, options),
    ...dimensions(options),
    references(file, options.frames),
    sequenceElement(0x52009229, sharedGroups(file, options, range)),
    sequenceElement(0x52009230, ...options.frames.map((frame, i) => frameGroups(frame, i, options))),
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

function copied(file: ElementFile): NewElement[] {
  return COPIED.flatMap(([tag, vr, type2]) => {
    const element = findElement(file.elements, tag);
    if (element === undefined) return type2 ? [{ tag, vr, value: new Uint8Array(0) }] : [];
    return [{ tag, vr, value: valueBytes(file.bytes, element) }];
  });
}

/** SOP Common, Series and Equipment modules; Limpid is the equipment that made the map. */
function instance(file: ElementFile, options: ParametricMapOptions, { date, time }: DicomTime): NewElement[] {
  const { equipment } = options;
  const version = asciiText(equipment.softwareVersion, 64);
  const description = findElement(file.elements, 0x0008103e);
  return [
    textElement(0x00080012, 'DA', date),
    textElement(0x00080013, 'TM', time),
    uidElement(0x00080016, PARAMETRIC_MAP_STORAGE),
    uidElement(0x00080018, options.sopInstanceUid),
    textElement(0x00080021, 'DA', date),
    textElement(0x00080023, 'DA', date),
    textElement(0x00080031, 'TM', time),
    textElement(0x00080033, 'TM', time),
    textElement(0x00080070, 'LO', asciiText(equipment.manufacturer, 64)),
    {
      tag: 0x0008103e,
      vr: 'LO',
      value: suffixedDescription(
        description === undefined ? new Uint8Array(0) : valueBytes(file.bytes, description),
        textOf(file, 0x00080005),
        asciiText(options.seriesDescriptionSuffix, 64),
      ),
    },
    textElement(0x00081090, 'LO', asciiText(equipment.model, 64)),
    // Type 1, but software has no serial number: its version identifies it.
    textElement(0x00181000, 'LO', version),
    textElement(0x00181020, 'LO', version),
    uidElement(0x0020000e, options.seriesInstanceUid),
    textElement(0x00200011, 'IS', String(options.seriesNumber)),
    textElement(0x00200013, 'IS', '1'),
  ];
}

/** Parametric Map Image and Content Identification modules (PS3.3 sections C.8.32.2 and 10.9). */
function content(file: ElementFile, options: ParametricMapOptions): NewElement[] {
  const lossy = textOf(file, 0x00282110) === '01';
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
    textElement(0x00282110, 'CS', lossy ? '01' : '00'),
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

/** Common Instance Reference module: every source, once. */
function references(file: ElementFile, frames: readonly ParametricMapFrame[]): NewElement {
  const unique = new Map(frames.map(({ source }) => [source.sopInstanceUid, source]));
  const instances = [...unique.values()].map((source) => [
    uidElement(0x00081150, source.sopClassUid),
    uidElement(0x00081155, source.sopInstanceUid),
  ]);
  return sequenceElement(0x00081115, [
    sequenceElement(0x0008114a, ...instances),
    uidElement(0x0020000e, textOf(file, 0x0020000e) ?? ''),
  ]);
}

function sharedGroups(
  file: ElementFile,
  options: ParametricMapOptions,
  [least, greatest]: readonly [number, number],
): NewElement[] {
  const thickness = sliceThickness(file, options.frames);
  const [low, high] = options.window;
  const explanation = asciiText(options.explanation, 64);
  return [
    sequenceElement(0x00289110, [
      ...(thickness === undefined ? [] : [textElement(0x00180050, 'DS', thickness)]),
      required(file, 0x00280030, 2),
    ]),
    sequenceElement(0x00209116, [required(file, 0x00200037, 6)]),
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
  ];
}

/** The source's own, else the distance of the first two frames. */
function sliceThickness(file: ElementFile, frames: readonly ParametricMapFrame[]): string | undefined {
  const own = textOf(file, 0x00180050);
  if (own !== undefined && Number(own) > 0) return fittingDecimal(own);
  if (frames.length < 2) return undefined;
  const [a, b] = [frames[0].position, frames[1].position];
  const distance = Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
  return distance > 0 ? decimalString(distance) : undefined;
}

/** A number of the source as it is written there, or rounded where it is longer than the 16 bytes of a DS. */
function fittingDecimal(text: string): string {
  return text.length <= 16 ? text : decimalString(Number(text));
}

/** A DS attribute of the source with so many values. */
function required(file: ElementFile, tag: number, count: number): NewElement {
  const values = (textOf(file, tag) ?? '').split('\\').map((value) => value.trim());
  if (values.length !== count || !values.every((value) => value !== '' && Number.isFinite(Number(value))))
    throw geometryError('Orientation or pixel spacing is missing or malformed.');
  return textElement(tag, 'DS', ...values.map(fittingDecimal));
}

function requireShape(file: ElementFile, frames: readonly ParametricMapFrame[]): void {
  const length = unsigned16(file, 0x00280010) * unsigned16(file, 0x00280011);
  if (frames.length === 0 || !frames.every(({ plane }) => plane.length === length))
    throw new LimpidError('E_SHAPE', 'The map has another size than its source.', 'Report this.');
  if (textOf(file, 0x00280301) === 'YES')
    throw new LimpidError(
      'E_NOT_ELIGIBLE',
      'A map of an image with burned-in annotation cannot be stored as a Parametric Map.',
      'Run without the error map.',
    );
  if ((textOf(file, 0x00200052) ?? '') === '') throw geometryError('The source has no frame of reference.');
}

function requireUids(options: ParametricMapOptions): void {
  const { frames, seriesInstanceUid, sopInstanceUid } = options;
  const uids = frames.flatMap(({ source }) => [source.sopClassUid, source.sopInstanceUid]);
  if (![seriesInstanceUid, sopInstanceUid, ...uids].every(isUid))
    throw new LimpidError('E_UID', 'A UID is missing or malformed.', 'Export the series again.');
}

function rangeOf(frames: readonly ParametricMapFrame[]): [number, number] {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  for (const { plane } of frames)
    for (const value of plane) {
      if (!Number.isFinite(value))
        throw new LimpidError('E_VALUES', 'The map holds values that are not numbers.', 'Report this.');
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

function textOf(file: ElementFile, tag: number): string | undefined {
  return asciiValue(file.bytes, findElement(file.elements, tag));
}

function unsigned16(file: ElementFile, tag: number): number {
  const element = findElement(file.elements, tag);
  if (element === undefined || element.length !== 2) return 0;
  return file.bytes[element.valueStart] + 256 * file.bytes[element.valueStart + 1];
}

function geometryError(message: string): LimpidError {
  return new LimpidError('E_GEOMETRY', message, 'Export the series again with its geometry.');
}
