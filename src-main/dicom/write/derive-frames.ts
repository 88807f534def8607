import { fault, type LimpidError } from '../../contract/errors.js';
import {
  asciiValue,
  type Element,
  type ElementFile,
  findElement,
  type Item,
  sequenceItems,
  valueBytes,
  walkElements,
} from '../elements/elements.js';
import {
  asciiText,
  type CodedConcept,
  codeItem,
  encodeElement,
  encodeItem,
  encodeValue,
  type NewElement,
  sequenceElement,
  textElement,
  uidElement,
} from '../elements/encode.js';
import { deriveUid } from '../elements/uid.js';
import { ACQUIRED, acquiredAttributes, UNASSIGNED_SHARED } from './derive-acquired.js';
import {
  appended,
  encodeParts,
  equipmentPart,
  type FileDerivation,
  type FrameReference,
  identity,
  type Part,
  pixelParts,
  requireUids,
  sourceItem,
  splicedFile,
  textOf,
} from './derive-parts.js';
import { nativeRange, pixelFormatOf } from './derive-pixels.js';
import { type Changes, splicedItem, splicedSequence } from './splice.js';
import { toLittleEndian } from './transcode.js';

/** What makes a derived image of many frames differ from its source. */
export interface FramesDerivation extends FileDerivation {
  /** Of each frame that is derived, by its index from 0: its own source first, then others that were used. */
  readonly frames: ReadonlyMap<number, readonly FrameReference[]>;
}

const SHARED = 0x52009229;
const PER_FRAME = 0x52009230;
const DERIVATION_IMAGE = 0x00089124;
/** MR and CT Image Frame Type. */
const FRAME_TYPES = [0x00189226, 0x00189329];
const FRAME_TYPE = 0x00089007;
const IMAGE_TYPE = 0x00080008;
const DIMENSION_ORGANIZATION_UID = 0x00209164;

/** Elements of the top level that this changes besides those of `deriveInstance`. */
export const FRAMES_CHANGED: readonly number[] = [
  0x00089154,
  0x00189004,
  0x00200242,
  0x00209161,
  0x00209221,
  0x00209222,
  SHARED,
  PER_FRAME,
  ...ACQUIRED,
];

/** And of the functional groups. */
export const GROUPS_CHANGED: readonly number[] = [DERIVATION_IMAGE, ...FRAME_TYPES, UNASSIGNED_SHARED];

/**
 * Splices a derived enhanced image out of its source, as `deriveInstance` does out of a single one: the same class,
 * frames in place, functional groups byte for byte but for Frame Type and Derivation Image of frames that are derived.
 *
 * @param pixels native little endian pixel data of all frames
 * @param earlier an image that this made of the same source with other frames: theirs are taken over, pixels are not
 * @throws LimpidError as `deriveInstance`; E_ELEMENT (functional groups are absent or in two encodings)
 */
export function deriveFrames(
  source: Uint8Array,
  derivation: FramesDerivation,
  pixels: Uint8Array,
  earlier: Uint8Array | null = null,
): Uint8Array {
  const original = walkElements(source);
  const file = toLittleEndian(original);
  const references = [...derivation.frames.values()].flat();
  requireUids(derivation, references);
  const format = pixelFormatOf(file);
  const [smallest, largest] = nativeRange(pixels, format);
  const groups = functionalGroups(file, derivation, earlier);
  return splicedFile(
    file,
    derivation,
    [
      ...identity(file, derivation),
      ...encodeParts([imageType(file, groups.type), textElement(0x00189004, 'CS', 'RESEARCH')], file),
      ...groups.parts,
      ...newUids(file, derivation),
      appended(file, 0x00089154, evidence(file, references)),
      equipmentPart(file, derivation),
      ...pixelParts(file, original, derivation, { bytes: pixels, smallest, largest }, format),
    ],
    groups.without,
  );
}

/** The functional groups of a file that can be spliced. */
interface Groups {
  readonly perFrame: Element;
  readonly items: readonly Item[];
  readonly sharedSequence: Element | undefined;
  readonly shared: Item | undefined;
}

function groupsOf(file: ElementFile): Groups {
  const perFrame = findElement(file.elements, PER_FRAME);
  if (perFrame === undefined) throw noGroups();
  const sharedSequence = findElement(file.elements, SHARED);
  const shared =
    sharedSequence === undefined ? undefined : sequenceItems(file.bytes, file, sharedSequence).at(0);
  return { perFrame, items: sequenceItems(file.bytes, file, perFrame), sharedSequence, shared };
}

/** Functional groups with the derived frames marked, value 1 of the image type, and what they took from the top level. */
function functionalGroups(file: ElementFile, derivation: FramesDerivation, earlier: Uint8Array | null) {
  const { perFrame, items, sharedSequence, shared } = groupsOf(file);
  const all = items.every((_, i) => derivation.frames.has(i));
  // What is shared and no longer the same for all frames moves into the group of each.
  const moved = [DERIVATION_IMAGE, ...(all ? [] : FRAME_TYPES)].filter(
    (tag) => shared !== undefined && findElement(shared.elements, tag) !== undefined,
  );
  if (moved.length > 0 && items.some((item) => item.implicitVr !== shared?.implicitVr)) throw noGroups();
  const before = earlier === null ? null : walkElements(earlier);
  const done = before === null ? null : groupsOf(before).items;
  const types = new Set<string>();
  const edit = (item: Item, index: number): Uint8Array => {
    const references = derivation.frames.get(index);
    if (references === undefined && before !== null && done !== null) {
      types.add(typeOf(before.bytes, done[index], undefined));
      return before.bytes.subarray(done[index].start, done[index].end);
    }
    const inherited = moved.flatMap((tag) => {
      const element = findElement(item.elements, tag) === undefined ? findIn(shared, tag) : undefined;
      return element === undefined ? [] : [[tag, file.bytes.subarray(element.start, element.end)] as const];
    });
    const changes = new Map<number, Uint8Array>(inherited);
    if (references === undefined) {
      types.add(typeOf(file.bytes, item, shared));
      // Type 2 of every frame where some frames have it.
      const has = changes.has(DERIVATION_IMAGE) || findIn(item, DERIVATION_IMAGE) !== undefined;
      if (!has)
        changes.set(DERIVATION_IMAGE, encodeElement(sequenceElement(DERIVATION_IMAGE), item.implicitVr));
    } else {
      types.add('DERIVED');
      for (const [tag, bytes] of derivedTypes(file, item, all ? undefined : shared)) changes.set(tag, bytes);
      const known = findIn(item, DERIVATION_IMAGE) ?? findIn(shared, DERIVATION_IMAGE);
      changes.set(DERIVATION_IMAGE, derivationImage(file, item, known, derivation, references));
    }
    return splicedItem(file.bytes, item, changes);
  };
  const parts: Part[] = [{ tag: PER_FRAME, bytes: splicedSequence(file.bytes, file, perFrame, edit) }];
  const type = firstImageType(types);
  const acquired = acquiredAttributes(file, type, shared);
  if (sharedSequence !== undefined && shared !== undefined) {
    const changes = new Map<number, Uint8Array | null>(moved.map((tag) => [tag, null]));
    if (acquired !== null) changes.set(acquired.group.tag, acquired.group.bytes);
    if (all) for (const [tag, bytes] of derivedTypes(file, shared, undefined)) changes.set(tag, bytes);
    parts.push({
      tag: SHARED,
      bytes: splicedSequence(file.bytes, file, sharedSequence, (item, i) =>
        i === 0 ? splicedItem(file.bytes, item, changes) : file.bytes.subarray(item.start, item.end),
      ),
    });
  }
  return { parts, type, without: acquired?.without ?? [] };
}

/** Frame Type sequences of a group, else of the shared ones, with value 1 DERIVED. */
function derivedTypes(file: ElementFile, item: Item, shared: Item | undefined): [number, Uint8Array][] {
  return FRAME_TYPES.flatMap((tag): [number, Uint8Array][] => {
    const own = findIn(item, tag);
    const from = own === undefined ? shared : item;
    const element = own ?? findIn(shared, tag);
    if (element === undefined || from === undefined) return [];
    const bytes = splicedSequence(file.bytes, from, element, (inner, i) =>
      i > 0
        ? file.bytes.subarray(inner.start, inner.end)
        : splicedItem(file.bytes, inner, derivedType(file, inner)),
    );
    return [[tag, bytes]];
  });
}

function derivedType(file: ElementFile, item: Item): Changes {
  const value = textIn(file.bytes, item, FRAME_TYPE);
  if (value === undefined) return new Map();
  const element = { tag: FRAME_TYPE, vr: 'CS', value: Buffer.from(asDerived(value, 'DERIVED'), 'latin1') };
  return new Map([[FRAME_TYPE, encodeElement(element, item.implicitVr)]]);
}

function asDerived(type: string, value1: string): string {
  const [, ...rest] = type.split('\\').map((value) => value.trim());
  return [value1, ...rest].join('\\');
}

/** Value 1 of the frame type of a group, else of the shared ones. */
function typeOf(bytes: Uint8Array, item: Item | undefined, shared: Item | undefined): string {
  for (const [group, tag] of [item, shared].flatMap((one) => FRAME_TYPES.map((tag) => [one, tag] as const))) {
    const element = findIn(group, tag);
    if (element === undefined || group === undefined) continue;
    const inner = sequenceItems(bytes, group, element).at(0);
    const value = inner === undefined ? undefined : textIn(bytes, inner, FRAME_TYPE);
    if (value !== undefined) return value.split('\\')[0].trim();
  }
  return 'ORIGINAL';
}

/** Value 1 is DERIVED where all frames are, MIXED where some are (PS3.3 C.8.16.1.1). */
function firstImageType(types: ReadonlySet<string>): string {
  return types.size === 1 ? [...types][0] : 'MIXED';
}

/** The rest is that of the source. */
function imageType(file: ElementFile, value1: string): NewElement {
  const value = asDerived(textOf(file, IMAGE_TYPE) ?? '', value1);
  return { tag: IMAGE_TYPE, vr: 'CS', value: Buffer.from(value, 'latin1') };
}

/** Derivation Image macro (PS3.3 C.7.6.16.2.6): the history of the source, then what was done now. */
function derivationImage(
  file: ElementFile,
  item: Item,
  known: Element | undefined,
  { description, codes }: FramesDerivation,
  references: readonly FrameReference[],
): Uint8Array {
  const { implicitVr } = item;
  const ours = encodeItem(
    [
      textElement(0x00082111, 'ST', asciiText(description, 1024)),
      sequenceElement(0x00082112, ...references.map(sourceItem)),
      sequenceElement(0x00089215, ...(codes.length > 0 ? codes : [PROCESSED]).map(codeItem)),
    ],
    // Items inside UN are implicit VR whatever the file is (PS3.5 section 6.2.2).
    implicitVr || known?.vr === 'UN',
  );
  const before = known === undefined ? new Uint8Array(0) : valueBytes(file.bytes, known);
  return encodeValue(DERIVATION_IMAGE, known?.vr ?? 'SQ', Buffer.concat([before, ours]), implicitVr);
}

/** Type 1, and the standard has no code for noise that is added. */
const PROCESSED: CodedConcept = { value: 'PROCESSED', scheme: '99LIMPID', meaning: 'Image processing' };

/** Source Image Evidence Sequence: every source image of the frames, once, by study and series (PS3.3 C.8.13.2). */
function evidence(file: ElementFile, references: readonly FrameReference[]): NewElement[][] {
  const own = textOf(file, 0x0020000e) ?? '';
  const bySeries = new Map<string, Map<string, string>>();
  for (const { seriesInstanceUid = own, sopInstanceUid, sopClassUid } of references) {
    const images = bySeries.get(seriesInstanceUid) ?? new Map<string, string>();
    bySeries.set(seriesInstanceUid, images.set(sopInstanceUid, sopClassUid));
  }
  const series = [...bySeries].map(([uid, images]) => [
    sequenceElement(
      0x00081199,
      ...[...images].map(([sopInstanceUid, sopClassUid]) => [
        uidElement(0x00081150, sopClassUid),
        uidElement(0x00081155, sopInstanceUid),
      ]),
    ),
    uidElement(0x0020000e, uid),
  ]);
  return [[sequenceElement(0x00081115, ...series), uidElement(0x0020000d, textOf(file, 0x0020000d) ?? '')]];
}

/** Organizations of dimensions and concatenations are of one series: new ones, the same in all files of the new series. */
function newUids(file: ElementFile, { seriesInstanceUid }: FramesDerivation): Part[] {
  const renewed = (old: string) => deriveUid(seriesInstanceUid, old);
  const parts = [0x00200242, 0x00209161].flatMap((tag) => {
    const old = textOf(file, tag) ?? '';
    return old === '' ? [] : encodeParts([uidElement(tag, renewed(old))], file);
  });
  for (const tag of [0x00209221, 0x00209222]) {
    const sequence = findElement(file.elements, tag);
    if (sequence === undefined) continue;
    const bytes = splicedSequence(file.bytes, file, sequence, (item) => {
      const old = textIn(file.bytes, item, DIMENSION_ORGANIZATION_UID) ?? '';
      if (old === '') return file.bytes.subarray(item.start, item.end);
      const element = uidElement(DIMENSION_ORGANIZATION_UID, renewed(old));
      return splicedItem(
        file.bytes,
        item,
        new Map([[DIMENSION_ORGANIZATION_UID, encodeElement(element, item.implicitVr)]]),
      );
    });
    parts.push({ tag, bytes });
  }
  return parts;
}

function findIn(item: Item | undefined, tag: number): Element | undefined {
  return item === undefined ? undefined : findElement(item.elements, tag);
}

function textIn(bytes: Uint8Array, item: Item, tag: number): string | undefined {
  return asciiValue(bytes, findElement(item.elements, tag));
}

function noGroups(): LimpidError {
  return fault('E_ELEMENT/groups-absent');
}
