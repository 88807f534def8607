import { fault } from '../../contract/errors.js';
import { type Element, type ElementFile, findElement, UNDEFINED_LENGTH } from '../elements/elements.js';

const EXTENDED_OFFSETS = 0x7fe00001;

interface Fragment {
  /** Offset of the item tag from the end of the offset table, as the Basic Offset Table counts. */
  readonly offset: number;
  readonly data: Uint8Array;
}

/** The compressed bytes of one frame, counted from 0. */
export type FrameBytes = (frame: number) => Uint8Array;

/**
 * Finds the compressed bytes of every frame of an encapsulated Pixel Data element (PS3.5 section A.4), which
 * `walkElements` found whole; nothing is copied but a frame of several fragments, when it is asked for. Frames are told
 * apart by one fragment each, the Basic or the Extended Offset Table, or where a codestream starts.
 *
 * @throws LimpidError E_PIXEL_LENGTH when the fragments do not make `frames` frames.
 */
export function encapsulatedFrames(
  { bytes, elements }: ElementFile,
  pixels: Element,
  frames: number,
): FrameBytes {
  const { table: basic, fragments } = readFragments(bytes, pixels);
  const table = basic.length > 0 ? basic : extendedTable(bytes, findElement(elements, EXTENDED_OFFSETS));
  const groups = groupFragments(table, fragments, frames);
  if (groups === null || groups.length !== frames || groups.some((group) => group.length === 0))
    throw fault('E_PIXEL_LENGTH/fragments', { fragments: fragments.length, frames });
  return (frame) => join(groups[frame].map((fragment) => fragment.data));
}

function readFragments(bytes: Uint8Array, pixels: Element): { table: number[]; fragments: Fragment[] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = pixels.length === UNDEFINED_LENGTH ? pixels.end - 8 : pixels.end;
  const items: { start: number; data: Uint8Array }[] = [];
  for (let offset = pixels.valueStart; offset + 8 <= end; ) {
    const length = view.getUint32(offset + 4, true);
    items.push({ start: offset, data: bytes.subarray(offset + 8, offset + 8 + length) });
    offset += 8 + length;
  }
  const [head, ...rest] = items;
  const origin = rest[0]?.start ?? end;
  return {
    table: head === undefined ? [] : offsetTable(head.data),
    fragments: rest.map(({ start, data }) => ({ offset: start - origin, data })),
  };
}

function offsetTable(data: Uint8Array): number[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Array.from({ length: data.length >>> 2 }, (_, i) => view.getUint32(4 * i, true));
}

/** Extended Offset Table (PS3.3 C.7.6.3.1.8): 64 bits an offset, of files whose pixels are longer than 32 bits count. */
function extendedTable(bytes: Uint8Array, element: Element | undefined): number[] {
  if (element === undefined || element.length === UNDEFINED_LENGTH) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset + element.valueStart, element.length);
  return Array.from({ length: element.length >>> 3 }, (_, i) => Number(view.getBigUint64(8 * i, true)));
}

function groupFragments(table: number[], fragments: Fragment[], frames: number): Fragment[][] | null {
  if (frames === 1) return [fragments];
  if (fragments.length === frames) return fragments.map((fragment) => [fragment]);
  if (table.length === frames) {
    const starts = new Set(table);
    const groups = startingAt(fragments, (fragment) => starts.has(fragment.offset));
    if (groups.length === frames) return groups;
  }
  return startingAt(fragments, ({ data }) => data[0] === 0xff && (data[1] === 0xd8 || data[1] === 0x4f));
}

function startingAt(fragments: readonly Fragment[], starts: (fragment: Fragment) => boolean): Fragment[][] {
  const groups: Fragment[][] = [];
  for (const fragment of fragments) {
    if (groups.length === 0 || starts(fragment)) groups.push([fragment]);
    else groups[groups.length - 1].push(fragment);
  }
  return groups;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0];
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
