import { fault, type LimpidError } from '../../contract/errors.js';

/** (gggg,eeee), for messages. */
export function tagName(tag: number): string {
  const hex = tag.toString(16).padStart(8, '0').toUpperCase();
  return `(${hex.slice(0, 4)},${hex.slice(4)})`;
}

export function pastEnd({ tag, start }: { readonly tag: number; readonly start: number }): LimpidError {
  return fault('E_TRUNCATED/past-end', { element: tagName(tag), at: start });
}

export function openSequence(offset: number): LimpidError {
  return fault('E_TRUNCATED/open-sequence', { at: offset });
}

export function tooMany(count: number): LimpidError {
  return fault('E_BOMB/elements', { most: count });
}
