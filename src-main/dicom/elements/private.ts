import type { Attributes } from './attributes.js';

/** Blocks in use begin at 10H; real files have a handful. */
const BLOCKS = Array.from({ length: 16 }, (_, i) => (0x10 + i).toString(16));

/** Tags of the creators of a group, by its blocks: made once, since every file of a scan is asked for them. */
const creatorTags = new Map<string, readonly string[]>();

function creatorsOf(group: string): readonly string[] {
  const known = creatorTags.get(group) ?? BLOCKS.map((block) => `x${group}00${block}`);
  creatorTags.set(group, known);
  return known;
}

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
  const at = creatorsOf(group).findIndex((tag) => attributes.has(tag) && attributes.text(tag) === creator);
  return at < 0 ? null : (element) => `x${group}${BLOCKS[at]}${element}`;
}
