import { fault } from '../../contract/errors.js';
import { asciiValue, type ElementFile, findElement, valueBytes } from '../elements/elements.js';
import {
  asciiText,
  decimalString,
  type NewElement,
  numberElement,
  sequenceElement,
  textElement,
  uidElement,
} from '../elements/encode.js';
import { isReadableUid, isUid } from '../elements/uid.js';
import type { Instance } from '../read/instance.js';
import type { Equipment, FrameReference } from './derive-parts.js';
import { suffixedDescription } from './derive-text.js';
import { type DicomTime, seriesTime } from './derive-time.js';

/** What multi-frame objects in the space of a series have in common: parametric maps and segmentations. */

/** One frame, at the place of its source. */
export interface PlacedFrame {
  readonly source: FrameReference;
  /** ImagePositionPatient in mm. */
  readonly position: readonly [number, number, number];
  /** ImageOrientationPatient; that of the template where absent. */
  readonly orientation?: readonly number[] | null;
}

export interface MultiframeOptions {
  /** Bytes of one source image: patient, study, frame of reference, orientation, spacing and size come from it. */
  readonly template: Uint8Array;
  /** In the order of the frames. */
  readonly frames: readonly PlacedFrame[];
  /** Of the source, for a template that tells it of each frame only. Between rows, then between columns; mm. */
  readonly pixelSpacing?: readonly number[] | null;
  /** mm. */
  readonly sliceThickness?: number | null;
  /** Of a frame, in pixels, where that of the template is another: it may hold frames side by side. */
  readonly size?: { readonly rows: number; readonly columns: number };
  readonly seriesInstanceUid: string;
  readonly sopInstanceUid: string;
  readonly seriesNumber: number;
  readonly seriesDescriptionSuffix: string;
  readonly equipment: Equipment;
  /** One moment for the whole series, also when a run resumes. */
  readonly now: Date;
}

/** Where a map of an image lies, and what it is a map of. */
export function placedFrame({ sopClassUid, sopInstanceUid, part, ...instance }: Instance): PlacedFrame {
  return {
    source: {
      sopClassUid,
      sopInstanceUid,
      ...(part === null || part.tile !== null ? {} : { frame: part.index + 1 }),
    },
    position: instance.imagePosition ?? [0, 0, 0],
    orientation: instance.imageOrientation,
  };
}

/** Size of its voxels. */
export function voxelOf({ pixelSpacing, sliceThickness, rows, columns }: Instance) {
  return { pixelSpacing, sliceThickness, size: { rows, columns } };
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
  // Clinical trial: what a subject and a study of one have, all images of them have.
  [0x00120010, 'LO', false],
  [0x00120020, 'LO', false],
  [0x00120021, 'LO', false],
  [0x00120030, 'LO', false],
  [0x00120031, 'LO', false],
  [0x00120040, 'LO', false],
  [0x00120042, 'LO', false],
  [0x00120050, 'LO', false],
  [0x00120051, 'ST', false],
  [0x00120052, 'FD', false],
  [0x00120062, 'CS', false],
  [0x00120063, 'LO', false],
  [0x00120081, 'LO', false],
  [0x00120082, 'LO', false],
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

/** Of images, what a document has none of or says for itself: modality, frame of reference, size, compression, body. */
export const NOT_OF_DOCUMENTS: readonly number[] = [
  0x00080060, 0x00180015, 0x00185100, 0x00200052, 0x00200060, 0x00201040, 0x00280010, 0x00280011, 0x00282112,
  0x00282114,
];

/** What stands in the source, besides the elements of `except`; the size of a frame is that of the options. */
export function copied(
  file: ElementFile,
  { size }: Pick<MultiframeOptions, 'size'>,
  except: readonly number[] = [],
): NewElement[] {
  const own =
    size === undefined
      ? []
      : [numberElement(0x00280010, 'US', size.rows), numberElement(0x00280011, 'US', size.columns)];
  const left = [...except, ...own.map(({ tag }) => tag)];
  return [...own, ...fromSource(file, left)];
}

function fromSource(file: ElementFile, except: readonly number[]): NewElement[] {
  return COPIED.filter(([tag]) => !except.includes(tag)).flatMap(([tag, vr, type2]) => {
    const element = findElement(file.elements, tag);
    if (element === undefined) return type2 ? [{ tag, vr, value: new Uint8Array(0) }] : [];
    return [{ tag, vr, value: valueBytes(file.bytes, element) }];
  });
}

/** SOP Common, Series and Equipment modules; Limpid is the equipment that made the map. */
export function instance(
  file: ElementFile,
  sopClassUid: string,
  options: MultiframeOptions,
  moment: DicomTime,
): NewElement[] {
  const { date, time } = moment;
  const { equipment } = options;
  const version = asciiText(equipment.softwareVersion, 64);
  const description = findElement(file.elements, 0x0008103e);
  return [
    textElement(0x00080012, 'DA', date),
    textElement(0x00080013, 'TM', time),
    uidElement(0x00080016, sopClassUid),
    uidElement(0x00080018, options.sopInstanceUid),
    textElement(0x00080021, 'DA', date),
    textElement(0x00080023, 'DA', date),
    textElement(0x00080031, 'TM', seriesTime(moment, options.seriesNumber)),
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

/** Common Instance Reference module: every source, once. */
export function references(file: ElementFile, frames: readonly PlacedFrame[]): NewElement {
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

/** Plane Orientation macro (PS3.3 C.7.6.16.2.4): once for all frames, or one a frame where they lie in directions of their own. */
export function planeOrientation(
  file: ElementFile,
  frames: readonly PlacedFrame[],
): { readonly shared: NewElement[]; readonly of: (frame: PlacedFrame) => NewElement[] } {
  const first = frames[0]?.orientation ?? null;
  const isShared = frames.every(
    ({ orientation }) => orientation == null || first === null || isNear(orientation, first),
  );
  const own = () => sequenceElement(0x00209116, [required(file, 0x00200037, 6, first)]);
  if (isShared) return { shared: [own()], of: () => [] };
  return {
    shared: [],
    of: ({ orientation }) => [
      orientation == null
        ? own()
        : sequenceElement(0x00209116, [textElement(0x00200037, 'DS', ...orientation.map(decimalString))]),
    ],
  };
}

/** Cosines differ in their last digits only. */
function isNear(a: readonly number[], b: readonly number[]): boolean {
  return a.every((value, i) => Math.abs(value - b[i]) < 2e-3);
}

/** The source's own, else the distance of the first two frames. */
export function sliceThickness(file: ElementFile, options: MultiframeOptions): string | undefined {
  const { frames } = options;
  const own = textOf(file, 0x00180050) ?? options.sliceThickness?.toString();
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

/** A DS attribute with so many values: as it stands in the source, else `known`, of a source that has it for each frame. */
export function required(
  file: ElementFile,
  tag: number,
  count: number,
  known: readonly number[] | null = null,
): NewElement {
  const text = textOf(file, tag) ?? known?.map(decimalString).join('\\') ?? '';
  const values = text.split('\\').map((value) => value.trim());
  if (values.length !== count || !values.every((value) => value !== '' && Number.isFinite(Number(value))))
    throw fault('E_GEOMETRY/orientation');
  return textElement(tag, 'DS', ...values.map(fittingDecimal));
}

export function requireUids(options: MultiframeOptions): void {
  const { frames, seriesInstanceUid, sopInstanceUid } = options;
  const known = frames.flatMap(({ source }) => [source.sopClassUid, source.sopInstanceUid]);
  if (![seriesInstanceUid, sopInstanceUid].every(isUid) || !known.every(isReadableUid))
    throw fault('E_UID/malformed');
}

/** Pixels of a frame. */
export function frameLength(file: ElementFile, { size }: MultiframeOptions): number {
  return size === undefined
    ? unsigned16(file, 0x00280010) * unsigned16(file, 0x00280011)
    : size.rows * size.columns;
}

export function textOf(file: ElementFile, tag: number): string | undefined {
  return asciiValue(file.bytes, findElement(file.elements, tag));
}

function unsigned16(file: ElementFile, tag: number): number {
  const element = findElement(file.elements, tag);
  if (element === undefined || element.length !== 2) return 0;
  return file.bytes[element.valueStart] + 256 * file.bytes[element.valueStart + 1];
}
