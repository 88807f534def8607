import {
  type Element,
  type Encoding,
  type Item,
  sequenceItems,
  UNDEFINED_LENGTH,
} from '../elements/elements.js';

/** New bytes of elements by tag; null leaves one out. */
export type Changes = ReadonlyMap<number, Uint8Array | null>;

const DELIMITER = 8;

/**
 * An item of a little endian file with elements replaced, added in order or left out; all others byte for byte. A
 * length that is written is corrected, an open one stays open.
 */
export function splicedItem(bytes: Uint8Array, item: Item, changes: Changes): Uint8Array {
  const present = new Set(item.elements.map(({ tag }) => tag));
  const added = [...changes].filter(([tag]) => !present.has(tag)).sort(([a], [b]) => a - b);
  const parts: (Uint8Array | null)[] = [];
  for (const { tag, start, end } of item.elements) {
    while (added.length > 0 && added[0][0] < tag) parts.push(added.splice(0, 1)[0][1]);
    const change = changes.get(tag);
    parts.push(change === undefined ? bytes.subarray(start, end) : change);
  }
  for (const [, one] of added) parts.push(one);
  const content = parts.filter((part) => part !== null);
  return enclosed(bytes, { start: item.start, valueStart: item.start + DELIMITER, end: item.end }, content);
}

/**
 * A sequence of a little endian file, each of its items as `edit` gives it.
 *
 * @throws LimpidError those of `sequenceItems`
 */
export function splicedSequence(
  bytes: Uint8Array,
  encoding: Encoding,
  sequence: Element,
  edit: (item: Item, index: number) => Uint8Array,
): Uint8Array {
  return enclosed(bytes, sequence, sequenceItems(bytes, encoding, sequence).map(edit));
}

/** The header of an element or item around other content; its length, in the last four bytes, is corrected. */
function enclosed(
  bytes: Uint8Array,
  { start, valueStart, end }: Pick<Element, 'start' | 'valueStart' | 'end'>,
  content: readonly Uint8Array[],
): Uint8Array {
  const head = Uint8Array.from(bytes.subarray(start, valueStart));
  const view = new DataView(head.buffer);
  const isOpen = view.getUint32(head.length - 4, true) === UNDEFINED_LENGTH;
  if (!isOpen)
    view.setUint32(
      head.length - 4,
      content.reduce((sum, part) => sum + part.length, 0),
      true,
    );
  return Buffer.concat([head, ...content, ...(isOpen ? [bytes.subarray(end - DELIMITER, end)] : [])]);
}
