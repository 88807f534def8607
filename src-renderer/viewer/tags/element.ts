import type { TagEntry } from '../../../src-main/contract/viewing.js';

/** What an element is that the dictionary has no name for (PS3.5, 7.1, 7.2 and 7.8). @param tag eight hexadecimal digits */
export function nameKind(tag: string): 'private' | 'groupLength' | 'unknown' {
  if (tag.endsWith('0000')) return 'groupLength';
  return Number.parseInt(tag.slice(0, 4), 16) % 2 === 1 ? 'private' : 'unknown';
}

/** Value representations that name nobody. */
const SAFE = new Set(['AT', 'CS', 'DS', 'FD', 'FL', 'IS', 'SL', 'SQ', 'SS', 'SV', 'UL', 'US', 'UV']);

/** Whether a value may name a patient, or tell of one: it is hidden with the patients. */
export function mayName({ tag, vr, name }: Pick<TagEntry, 'tag' | 'vr' | 'name'>): boolean {
  return !SAFE.has(vr) || tag.startsWith('0010') || name === '';
}
