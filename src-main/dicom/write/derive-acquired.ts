import { type ElementFile, findElement, type Item } from '../elements/elements.js';
import { encodeValue } from '../elements/encode.js';
import { type Part, textOf } from './derive-parts.js';

/** Enhanced MR and MR Color: their modules of the pulse sequence and of synchronization. */
const ENHANCED_MR: ReadonlySet<string> = new Set([
  '1.2.840.10008.5.1.4.1.1.4.1',
  '1.2.840.10008.5.1.4.1.1.4.3',
]);
const ENHANCED_CT = '1.2.840.10008.5.1.4.1.1.2.1';

/**
 * MR Acquisition Type and Pulse Sequence Name: by these a module is known to be there that is required of ORIGINAL and
 * MIXED images, and that validators refuse in DERIVED ones, where the standard lets it stay (PS3.3 table C.8-85).
 */
const OF_PULSE_SEQUENCE = [0x00180023, 0x00189005];

/**
 * Likewise each by itself: Intervals Acquired and Rejected, R-R Interval Specified, Bulk Motion Compensation Technique
 * and Signal Source (PS3.3 tables C.7.6.18-1 and -3).
 */
const OF_SYNCHRONIZATION = [0x00181083, 0x00181084, 0x00189070, 0x00189172, 0x00189173];

/** Elements of the top level that this may take away. */
export const ACQUIRED: readonly number[] = [...OF_PULSE_SEQUENCE, ...OF_SYNCHRONIZATION];

/** Unassigned Shared Converted Attributes Sequence: a functional group. */
export const UNASSIGNED_SHARED = 0x00209170;

/** What is taken out of the top level, and the functional group that holds it. */
export interface Moved {
  readonly without: readonly number[];
  readonly group: Part;
}

/**
 * Where an image becomes DERIVED that was ORIGINAL or MIXED, attributes of its acquisition that validators refuse then
 * go, byte for byte, into the functional group for attributes without a place of their own (PS3.3 C.7.6.16.2.25). Who
 * reads files element by element finds them there, as dcm2niix does, which turns volumes by MR Acquisition Type. What
 * is put into Original Attributes Sequence is read by nobody.
 *
 * @param type value 1 of Image Type that the derived image gets
 * @param shared the shared functional groups; where there are none, or they hold such a group, all stays
 */
export function acquiredAttributes(file: ElementFile, type: string, shared: Item | undefined): Moved | null {
  const before = (textOf(file, 0x00080008) ?? '').split('\\')[0].trim();
  const sopClass = textOf(file, 0x00080016) ?? '';
  const isMr = ENHANCED_MR.has(sopClass);
  if (type === 'ORIGINAL' || type === 'MIXED' || !['ORIGINAL', 'MIXED'].includes(before)) return null;
  if (!isMr && sopClass !== ENHANCED_CT) return null;
  if (shared === undefined || shared.implicitVr !== file.implicitVr) return null;
  if (findElement(shared.elements, UNASSIGNED_SHARED) !== undefined) return null;
  const moved = [...(isMr ? OF_PULSE_SEQUENCE : []), ...OF_SYNCHRONIZATION]
    .flatMap((tag) => findElement(file.elements, tag) ?? [])
    .sort((a, b) => a.tag - b.tag);
  if (moved.length === 0) return null;
  const content = Buffer.concat(moved.map(({ start, end }) => file.bytes.subarray(start, end)));
  const head = Buffer.from([0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0]);
  head.writeUInt32LE(content.length, 4);
  const bytes = encodeValue(UNASSIGNED_SHARED, 'SQ', Buffer.concat([head, content]), file.implicitVr);
  return { without: moved.map(({ tag }) => tag), group: { tag: UNASSIGNED_SHARED, bytes } };
}
