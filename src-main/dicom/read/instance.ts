import { sha256 } from '../../base/files.js';
import { fault, LimpidError } from '../../contract/errors.js';
import type { TermName } from '../../contract/words/terms.js';
import { type Attributes, DECIMAL_COMMA, readAttributes } from '../elements/attributes.js';
import { type PixelSize, readPixelSize } from '../elements/calibration.js';
import {
  type ElementFile,
  findElement,
  hasPrefix,
  isForeignGroup,
  UNDEFINED_LENGTH,
  walkElements,
} from '../elements/elements.js';
import { isReadableUid, isUid } from '../elements/uid.js';
import type { SourceFile } from '../files/source.js';
import { readComplexPart } from './complex-part.js';
import type { Computed } from './computed.js';
import { type DisplayWindow, readFrameWindows } from './details.js';
import { readDiffusion } from './diffusion.js';
import type { FrameRecord, Triple } from './frame-record.js';
import { wasLossy } from './loss.js';
import {
  isNativeImage,
  nativeLength,
  type PixelFormat,
  readFormat,
  requireNativeLength,
} from './pixel-format.js';

/** Stored values that stand for 'not measured' (PS3.3 C.7.5.1.1.2), both ends included. */
interface Padding {
  readonly low: number;
  readonly high: number;
}

/** One frame of a file in which every frame says where it lies, or one slice of many in an image. */
interface FramePart {
  /** In the file, from 0. */
  readonly index: number;
  /** Frames in the file. */
  readonly of: number;
  /** Frames of the file that cannot be decoded; absent: none is known. */
  readonly damaged?: readonly number[];
  /** Where it lies in an image that holds slices side by side; null where frames follow one another. */
  readonly tile: Tile | null;
}

/** A part of an image, in pixels. */
export interface Tile {
  /** Of the whole image. */
  readonly rows: number;
  readonly columns: number;
  readonly top: number;
  readonly left: number;
}

/** An image of many frames that was cut into several files. */
export interface Concatenation {
  readonly uid: string;
  /** Of this part, from 1. */
  readonly number: number;
  /** Parts in all; null where it is not stated. */
  readonly total: number | null;
}

/** The attributes of one image that grouping, decoding and deriving need. No patient attribute is kept. */
export interface Instance extends PixelFormat, FrameRecord {
  readonly file: SourceFile;
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly studyInstanceUid: string;
  readonly frameOfReferenceUid: string | null;
  readonly modality: string;
  readonly seriesNumber: number | null;
  readonly seriesDescription: string;
  readonly instanceNumber: number | null;
  readonly acquisitionNumber: number | null;
  /** Acquisition, else content, date and time as written: sorts as text. */
  readonly acquisitionTime: string;
  readonly imageType: readonly string[];
  /** 'M', 'P', 'R', 'I' where the image type says which part of the complex signal this is, else ''. */
  readonly complexPart: string;
  /** Not a part of the signal, but computed of several images; null of an image of a signal. */
  readonly computedOf: Computed | null;
  /** Real-world value = stored value * slope + intercept. */
  readonly slope: number;
  readonly intercept: number;
  readonly units: string;
  readonly padding: Padding | null;
  /** Centre of the first voxel, LPS, mm. */
  readonly imagePosition: Triple | null;
  /** Direction of a row, then of a column. */
  readonly imageOrientation: readonly number[] | null;
  /** Between rows, then between columns, mm. */
  readonly pixelSpacing: readonly [number, number] | null;
  /** In the patient or at the detector: for whoever looks at it. */
  readonly pixelSize: PixelSize;
  /** Windows of the file, first one first: of each frame, or one list for all. */
  readonly windows: readonly (readonly DisplayWindow[])[];
  readonly sliceThickness: number | null;
  readonly spacingBetweenSlices: number | null;
  /** Degrees; 0 when absent. */
  readonly gantryTilt: number;
  readonly echoTime: number | null;
  readonly echoNumber: number | null;
  readonly triggerTime: number | null;
  readonly inversionTime: number | null;
  readonly flipAngle: number | null;
  /** What a CT image was reconstructed with, and the tube and filter it was taken with; empty where not stated. */
  readonly reconstruction: string;
  readonly sliceLocation: number | null;
  readonly temporalPosition: number | null;
  readonly coil: string;
  /** Lossy compressed now or at any time before. */
  readonly lossy: boolean;
  readonly derivedByLimpid: boolean;
  readonly hasModalityLut: boolean;
  /** Burned In Annotation: text lies in the pixels (PS3.3 C.7.6.1.1.5). */
  readonly burnedIn: boolean;
  /** An overlay lies in bits of the pixels that their values do not use (retired by PS3.3 C.9.2, still met). */
  readonly overlayInPixels: boolean;
  /** The concatenation that the file is a part of (PS3.3 C.7.6.16.2.2.4), else null. */
  readonly concatenation: Concatenation | null;
  /** Which frame of a file of many this is, where each is an image of its own (enhanced images); else null. */
  readonly part: FramePart | null;
  /** Rules of DICOM that the file breaks without its meaning being in doubt; words for a person. */
  readonly oddities: readonly TermName<'oddity'>[];
  /** SHA-256 of patient ID and name: tells patients apart without keeping them. */
  readonly patientKey: string;
  /** SHA-256 of patient ID and of name, '' where there is none: whether both are of one patient. */
  readonly patientParts: readonly [id: string, name: string];
}

const PIXEL_DATA = 0x7fe00010;

/**
 * Reads the header of one file. Images of any class and kind pass; whether they can be denoised is decided for a
 * whole series. `walked` are the elements of `bytes` where they are known already.
 *
 * @throws LimpidError those of `walkElements` and `readAttributes`; E_NOT_ELIGIBLE (no pixels), E_UID, E_ELEMENT (a
 * required attribute is absent or impossible), E_VALUES (rescale), E_BOMB (dimensions beyond any image).
 */
export function readInstance(
  file: SourceFile,
  bytes: Uint8Array,
  walked: ElementFile | null = null,
): Instance {
  try {
    return instanceOf(file, bytes, walked ?? walkElements(bytes));
  } catch (error) {
    throw error instanceof LimpidError ? error.at(file.place) : error;
  }
}

function instanceOf(file: SourceFile, bytes: Uint8Array, walked: ElementFile): Instance {
  const attributes = readAttributes(bytes, walked);
  const pixels = findElement(walked.elements, PIXEL_DATA);
  if (pixels === undefined) throw noPixels(walked);
  const format = readFormat(attributes, walked.transferSyntax);
  if (isNativeImage(format)) requireNativeLength(pixels.length, format);
  const modality = attributes.text('x00080060') ?? '';
  return {
    file,
    overlayInPixels: hasOverlayInPixels(walked, format),
    oddities: odditiesOf(bytes, walked, format, attributes),
    ...format,
    part: null,
    concatenation: null,
    dimension: '',
    container: '',
    ...readIdentity(attributes),
    ...readAcquisition(attributes),
    ...readPlane(attributes),
    pixelSize: readPixelSize(attributes),
    windows: readFrameWindows(attributes, format.numberOfFrames),
    ...readRescale(attributes, modality),
    ...readDiffusion(attributes),
    modality,
    padding: readPadding(attributes, format, modality),
    burnedIn: attributes.text('x00280301') === 'YES',
    lossy: wasLossy(walked),
    derivedByLimpid: attributes.items('x0018a001').some(namesLimpid),
    ...readPatient(attributes),
  };
}

function readPatient(attributes: Attributes): Pick<Instance, 'patientKey' | 'patientParts'> {
  const id = attributes.text('x00100020') ?? '';
  const name = spelledAlike(attributes.text('x00100010') ?? '');
  return {
    patientKey: sha256(`${id}\0${name}`),
    patientParts: [id.trim() === '' ? '' : sha256(id), name === '' ? '' : sha256(name)],
  };
}

/**
 * A Person Name as one text of all its spellings (PS3.5 6.2.1): stations of one hospital write a name with and without
 * empty components, in capitals or not, with ideographs beside it or alone in letters.
 */
function spelledAlike(name: string): string {
  const [alphabetic, ...others] = name.split('=');
  const text = alphabetic.trim() === '' ? others.join('=') : alphabetic;
  return text
    .split('^')
    .map((component) => component.trim().replace(/\s+/g, ' ').toLowerCase())
    .join('^')
    .replace(/\^+$/, '');
}

function readIdentity(attributes: Attributes) {
  return {
    sopClassUid: requiredUid(attributes, 'x00080016', 'SOP Class UID'),
    sopInstanceUid: requiredUid(attributes, 'x00080018', 'SOP Instance UID'),
    seriesInstanceUid: requiredUid(attributes, 'x0020000e', 'Series Instance UID'),
    studyInstanceUid: requiredUid(attributes, 'x0020000d', 'Study Instance UID'),
    frameOfReferenceUid: attributes.text('x00200052') ?? null,
    seriesNumber: attributes.decimal('x00200011') ?? null,
    seriesDescription: attributes.label('x0008103e') ?? '',
  };
}

export function readAcquisition(attributes: Attributes) {
  const imageType = attributes.texts('x00080008');
  const date = attributes.text('x00080022') ?? attributes.text('x00080023') ?? '';
  const time = attributes.text('x00080032') ?? attributes.text('x00080033') ?? '';
  return {
    imageType,
    ...readComplexPart(attributes, imageType),
    instanceNumber: attributes.decimal('x00200013') ?? null,
    acquisitionNumber: attributes.decimal('x00200012') ?? null,
    acquisitionTime: attributes.text('x0008002a') ?? `${date}${time}`,
    echoTime: attributes.decimal('x00180081') ?? null,
    echoNumber: attributes.decimal('x00180086') ?? null,
    triggerTime: attributes.decimal('x00181060') ?? null,
    inversionTime: attributes.decimal('x00180082') ?? null,
    flipAngle: attributes.decimal('x00181314') ?? null,
    reconstruction: reconstructionOf(attributes),
    sliceLocation: attributes.decimal('x00201041') ?? null,
    temporalPosition: attributes.decimal('x00200100') ?? null,
    coil: attributes.text('x00181250') ?? '',
  };
}

/** Convolution Kernel, KVP and Filter Type: images that differ in one have other noise. */
function reconstructionOf(attributes: Attributes): string {
  const values = [
    attributes.texts('x00181210').join('/'),
    attributes.decimal('x00180060')?.toString() ?? '',
    attributes.text('x00181160') ?? '',
  ];
  return values.every((value) => value === '') ? '' : values.join(',');
}

export function readPlane(attributes: Attributes) {
  const position = attributes.decimals('x00200032', 3);
  const spacing = attributes.decimals('x00280030', 2);
  const imagePosition: Triple | null =
    position === undefined ? null : [position[0], position[1], position[2]];
  const pixelSpacing: readonly [number, number] | null =
    spacing === undefined || spacing[0] <= 0 || spacing[1] <= 0 ? null : [spacing[0], spacing[1]];
  return {
    imagePosition,
    imageOrientation: attributes.decimals('x00200037', 6) ?? null,
    pixelSpacing,
    sliceThickness: attributes.decimal('x00180050') ?? null,
    spacingBetweenSlices: attributes.decimal('x00180088') ?? null,
    gantryTilt: attributes.decimal('x00181120') ?? 0,
  };
}

/** Position, orientation, spacing, rescale: numbers that must not be misread. */
const DECIMALS = ['x00200032', 'x00200037', 'x00280030', 'x00180050', 'x00281052', 'x00281053'];

/** Of class, instance, series and study. */
const UIDS = ['x00080016', 'x00080018', 'x0020000e', 'x0020000d'];

function odditiesOf(
  bytes: Uint8Array,
  walked: ElementFile,
  format: PixelFormat,
  attributes: Attributes,
): TermName<'oddity'>[] {
  const length = findElement(walked.elements, PIXEL_DATA)?.length ?? 0;
  const surplus = isNativeImage(format) ? length - nativeLength(format) : 0;
  const found: [boolean, TermName<'oddity'>][] = [
    [!hasPrefix(bytes), 'preamble'],
    [walked.meta.length === 0, 'meta'],
    [walked.elements.some(({ tag }) => isForeignGroup(tag)), 'group'],
    [surplus > 1, 'surplus'],
    [length !== UNDEFINED_LENGTH && length % 2 === 1, 'odd'],
    [hasTrailing(walked), 'trailing'],
    [attributes.decimal('x00280008') === 0, 'frames'],
    [UIDS.some((tag) => !isUid(attributes.text(tag) ?? '')), 'uid'],
    [DECIMALS.some((tag) => attributes.texts(tag).some((text) => DECIMAL_COMMA.test(text))), 'comma'],
  ];
  return found.filter(([is]) => is).map(([, oddity]) => oddity);
}

/** Zeros are padding, as copies of whole blocks have it, and say nothing. */
function hasTrailing({ bytes, trailing }: ElementFile): boolean {
  return trailing > 0 && bytes.subarray(bytes.length - trailing).some((byte) => byte !== 0);
}

/** Overlay Bits Allocated is that of the pixels, and its bit lies outside of theirs (PS3.3-2004 C.9.2.1.1). */
function hasOverlayInPixels(walked: ElementFile, format: PixelFormat): boolean {
  const word = (tag: number): number | undefined => {
    const element = findElement(walked.elements, tag);
    if (element?.length !== 2) return undefined;
    const [a, b] = walked.bytes.subarray(element.valueStart, element.end);
    return walked.littleEndian ? a + 256 * b : 256 * a + b;
  };
  return walked.elements
    .filter(({ tag }) => tag >>> 24 === 0x60 && (tag & 0xffff) === 0x0102)
    .some(({ tag }) => {
      const bit = word(tag) ?? 0;
      const inPixels = findElement(walked.elements, tag - 0x0102 + 0x3000) === undefined;
      return inPixels && (bit > format.highBit || bit < format.highBit - format.bitsStored + 1);
    });
}

/** Unspecified, in DICOM's words (PS3.3 C.11.1.1.2) and in those of vendors. */
const UNITLESS = /^US$|unitless/i;

/** Whether all stored values of 16 bits have a place in float32, and not all the same one. */
function fitsFloat32(slope: number, intercept: number): boolean {
  const largest = 2 ** 16 * Math.abs(slope) + Math.abs(intercept);
  return Math.fround(slope) !== 0 && Number.isFinite(Math.fround(largest));
}

export function readRescale(attributes: Attributes, modality: string) {
  const slope = attributes.has('x00281053') ? attributes.decimal('x00281053') : 1;
  const intercept = attributes.has('x00281052') ? attributes.decimal('x00281052') : 0;
  if (slope === undefined || intercept === undefined || !fitsFloat32(slope, intercept))
    throw fault('E_VALUES/rescale');
  const units = attributes.text('x00281054') ?? (modality === 'CT' ? 'HU' : 'a.u.');
  return {
    slope,
    intercept,
    units: UNITLESS.test(units) ? 'a.u.' : units,
    hasModalityLut: attributes.has('x00283000'),
  };
}

/**
 * Pixel Padding Value with its range. An MR image whose padding value is 0 has none: scanners declare it on series
 * whose air is a measured, or masked, 0, and 0 is a magnitude like any other.
 */
function readPadding(attributes: Attributes, format: PixelFormat, modality: string): Padding | null {
  const read = (tag: string): number | undefined =>
    format.pixelRepresentation === 1 ? attributes.int16(tag) : attributes.uint16(tag);
  const value = read('x00280120');
  if (value === undefined) return null;
  const limit = read('x00280121') ?? value;
  if (modality === 'MR' && value === 0 && limit === 0) return null;
  return { low: Math.min(value, limit), high: Math.max(value, limit) };
}

/** An item of Contributing Equipment Sequence (PS3.3 C.12.1) that this product wrote. */
function namesLimpid(item: Attributes): boolean {
  return [item.text('x00080070'), item.text('x00081090')].some((name) => name?.toLowerCase() === 'limpid');
}

function requiredUid(attributes: Attributes, tag: string, name: string): string {
  const uid = attributes.text(tag);
  if (uid === undefined || !isReadableUid(uid)) throw fault('E_UID/named', { name });
  return uid;
}

/** Float Pixel Data and Double Float Pixel Data, of maps and their like. */
const REAL_PIXELS = [0x7fe00008, 0x7fe00009];

function noPixels({ elements }: ElementFile): LimpidError {
  const isReal = REAL_PIXELS.some((tag) => findElement(elements, tag) !== undefined);
  return fault(isReal ? 'E_NOT_ELIGIBLE/real-pixels' : 'E_NOT_ELIGIBLE/no-image');
}
