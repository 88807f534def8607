import { fault, LimpidError } from '../../contract/errors.js';
import { type Attributes, layered, readAttributes } from '../elements/attributes.js';
import { readPixelSize } from '../elements/calibration.js';
import { type ElementFile, walkElements } from '../elements/elements.js';
import type { SourceFile } from '../files/source.js';
import { readComplexPart } from './complex-part.js';
import { readWindows } from './details.js';
import { readDiffusion } from './diffusion.js';
import {
  type Concatenation,
  type Instance,
  readAcquisition,
  readInstance,
  readPlane,
  readRescale,
} from './instance.js';
import { tilesOf } from './tiles.js';

/** Enhanced MR and CT, and the Legacy Converted forms of both (PS3.4 B.5). */
export const ENHANCED: ReadonlySet<string> = new Set([
  '1.2.840.10008.5.1.4.1.1.4.1',
  '1.2.840.10008.5.1.4.1.1.4.4',
  '1.2.840.10008.5.1.4.1.1.2.1',
  '1.2.840.10008.5.1.4.1.1.2.2',
]);

/** Values of Image Type of images that hold slices side by side. */
export const TILED = ['MOSAIC', 'VFRAME'];

const SHARED = 'x52009229';
const PER_FRAME = 'x52009230';

/**
 * Reads the images of one file: every frame of an enhanced one, and every slice of a mosaic, as an image with its own
 * place, values and labels; any other file as the one image that it is.
 *
 * @throws LimpidError those of `readInstance`; E_ELEMENT (an enhanced image without functional groups, or with another
 * number of them than of frames), E_VALUES (the rescale of a frame)
 */
export function readInstances(
  file: SourceFile,
  bytes: Uint8Array,
  known: ElementFile | null = null,
): Instance[] {
  const walked = known ?? walk(file, bytes);
  const whole = readInstance(file, bytes, walked);
  const isTiled = TILED.some((term) => whole.imageType.includes(term));
  if (!ENHANCED.has(whole.sopClassUid) && !isTiled) return [whole];
  try {
    const attributes = readAttributes(bytes, walked);
    if (ENHANCED.has(whole.sopClassUid)) return framesOf(whole, attributes);
    return tilesOf(whole, attributes, walked) ?? [whole];
  } catch (error) {
    throw error instanceof LimpidError ? error.at(file.place) : error;
  }
}

function walk(file: SourceFile, bytes: Uint8Array): ElementFile {
  try {
    return walkElements(bytes);
  } catch (error) {
    throw error instanceof LimpidError ? error.at(file.place) : error;
  }
}

function framesOf(whole: Instance, top: Attributes): Instance[] {
  const { numberOfFrames: of } = whole;
  const perFrame = top.items(PER_FRAME);
  const shared = top.items(SHARED).at(0) ?? null;
  if (perFrame.length !== of)
    throw perFrame.length === 0
      ? fault('E_ELEMENT/no-groups')
      : fault('E_ELEMENT/groups', { frames: of, groups: perFrame.length });
  const sharedMacros = new Map(
    MACROS.flatMap(
      (tag) =>
        shared
          ?.items(tag)
          .slice(0, 1)
          .map((item) => [tag, item] as const) ?? [],
    ),
  );
  const isTwice = perFrame.some((groups) => [...sharedMacros.keys()].some((tag) => groups.has(tag)));
  const oddities: Instance['oddities'] = isTwice ? [...whole.oddities, 'twice'] : whole.oddities;
  const base: Instance = {
    ...whole,
    oddities,
    numberOfFrames: 1,
    container: whole.sopInstanceUid,
    concatenation: concatenationOf(top),
  };
  const pointers = dimensionPointers(top);
  const first = firstNumber(whole, top);
  return perFrame.map((groups, index) => {
    const macros = MACROS.flatMap((tag) => groups.items(tag).at(0) ?? sharedMacros.get(tag) ?? []);
    return {
      ...base,
      ...readFrame(layered(macros), layered([...macros, top]), whole),
      part: { index, of, tile: null },
      instanceNumber: first + index,
      dimension: dimensionOf(layered(macros), pointers),
    };
  });
}

/**
 * Functional group macros that are read (PS3.3 C.7.6.16.2, C.8.13.5, C.8.15.3), and the attributes that a legacy
 * converted image could not put elsewhere (C.7.6.16.2.25 and on). Each is either shared or of every frame; where it is
 * both, that of the frame counts.
 */
const MACROS = [
  'x00289110', // Pixel Measures
  'x00209113', // Plane Position
  'x00209116', // Plane Orientation
  'x00209111', // Frame Content
  'x00209310', // Temporal Position
  'x00289145', // Pixel Value Transformation
  'x00409096', // Real World Value Mapping
  'x00289132', // Frame VOI LUT
  'x00189226', // MR Image Frame Type
  'x00189329', // CT Image Frame Type
  'x00189117', // MR Diffusion
  'x00189114', // MR Echo
  'x00189112', // MR Timing and Related Parameters
  'x00189115', // MR Modifier
  'x00189042', // MR Receive Coil
  'x00189118', // Cardiac Synchronization
  'x00189314', // CT Reconstruction
  'x00189325', // CT X-Ray Details
  'x00189304', // CT Acquisition Details
  'x00209171', // Unassigned Per-Frame Converted Attributes
  'x00209170', // Unassigned Shared Converted Attributes
] as const;

/** @param groups the functional groups of the frame alone @param all these and the attributes of the whole image */
function readFrame(groups: Attributes, all: Attributes, { modality }: Instance) {
  const frameType = groups.texts('x00089007');
  const imageType = frameType.length > 0 ? frameType : all.texts('x00080008');
  const legacy = readAcquisition(all);
  const { imagePosition, imageOrientation } = readPlane(groups);
  return {
    ...legacy,
    ...readPlane(all),
    imagePosition,
    imageOrientation,
    pixelSize: readPixelSize(all),
    windows: [readWindows(all)],
    ...readScale(groups, all, modality),
    ...readDiffusion(all),
    imageType,
    ...readComplexPart(all, imageType),
    acquisitionNumber: all.uint16('x00209156') ?? legacy.acquisitionNumber,
    acquisitionTime: all.text('x00189074') ?? all.text('x00189151') ?? legacy.acquisitionTime,
    echoTime: all.doubles('x00189082', 1)?.[0] ?? legacy.echoTime,
    triggerTime: all.doubles('x00209153', 1)?.[0] ?? legacy.triggerTime,
    inversionTime: all.doubles('x00189079', 1)?.[0] ?? legacy.inversionTime,
    temporalPosition: all.uint32('x00209128') ?? all.doubles('x0020930d', 1)?.[0] ?? legacy.temporalPosition,
  };
}

/** Pixel Value Transformation; where there is none, Real World Value Mapping (PS3.3 C.7.6.16.2.9 and .11). */
function readScale(groups: Attributes, all: Attributes, modality: string) {
  const rescale = readRescale(all, modality);
  const slope = groups.doubles('x00409225', 1)?.[0] ?? 0;
  const intercept = groups.doubles('x00409224', 1)?.[0];
  if (all.has('x00281053') || slope === 0 || intercept === undefined) return rescale;
  return { ...rescale, slope, intercept };
}

/** Stack ID, In-Stack Position, Image Position and Orientation, Frame Label: where a frame lies, or what it is called. */
const OF_PLACE: ReadonlySet<string> = new Set(['00209056', '00209057', '00200032', '00200037', '00209453']);

/** Of each dimension, whether it tells volumes apart. */
function dimensionPointers(top: Attributes): boolean[] {
  const hex = (value: number | undefined) => (value ?? 0).toString(16).padStart(4, '0');
  return top
    .items('x00209222')
    .map((item) => `${hex(item.uint16('x00209165', 0))}${hex(item.uint16('x00209165', 1))}`)
    .map((pointer) => !OF_PLACE.has(pointer));
}

function dimensionOf(groups: Attributes, pointers: readonly boolean[]): string {
  const values = pointers.map((_, i) => groups.uint32('x00209157', i));
  if (values.some((value) => value === undefined)) return '';
  return values.filter((_, i) => pointers[i]).join('/');
}

function concatenationOf(top: Attributes): Concatenation | null {
  const uid = top.text('x00209161');
  const number = top.uint16('x00209162');
  if (uid === undefined || number === undefined) return null;
  return { uid, number, total: top.uint16('x00209163') ?? null };
}

/**
 * What its first frame would have as Instance Number were every frame a file: files follow one another by their
 * number, parts of a concatenation by the number of frames before them (PS3.3 C.7.6.16.2.2.4).
 */
function firstNumber({ instanceNumber, numberOfFrames }: Instance, top: Attributes): number {
  const offset = top.uint32('x00209228');
  if (offset !== undefined) return offset + 1;
  return Math.max(0, (instanceNumber ?? 1) - 1) * numberOfFrames + 1;
}
