import type { Attributes } from './attributes.js';

/** Blocks in use begin at 10H; real files have a handful. */
const BLOCKS = Array.from({ length: 16 }, (_, i) => (0x10 + i).toString(16));

/**
 * Where a creator has its elements: it takes whichever block of its group is free (PS3.5 7.8.1), and who passes images
 * on may have taken the usual one.
 *
 * @param group four hexadecimal digits
 * @returns the tag of an element, by its last two digits; null where the creator has none
 */
export function privateTags(
  attributes: Attributes,
  group: string,
  creator: string,
): ((element: string) => string) | null {
  const block = BLOCKS.find((one) => attributes.text(`x${group}00${one}`) === creator);
  return block === undefined ? null : (element) => `x${group}${block}${element}`;
}
