import { findElement, walkElements } from '../elements/elements.js';
import { encodeElement } from '../elements/encode.js';
import { rawOf, textOf } from './derive-parts.js';
import { suffixedDescription } from './derive-text.js';

const SERIES_DESCRIPTION = 0x0008103e;

/**
 * A little endian file with a word after its SeriesDescription, which lists of a PACS and viewers show; all else byte
 * for byte. Where both do not fit it is the description that is cut.
 *
 * @param word ASCII
 * @throws LimpidError those of `walkElements`
 */
export function described(bytes: Uint8Array, word: string): Uint8Array {
  const file = walkElements(bytes);
  const value = suffixedDescription(rawOf(file, SERIES_DESCRIPTION), textOf(file, 0x00080005), word);
  const element = encodeElement({ tag: SERIES_DESCRIPTION, vr: 'LO', value }, file.implicitVr);
  const old = findElement(file.elements, SERIES_DESCRIPTION);
  const next = file.elements.find(({ tag }) => tag > SERIES_DESCRIPTION);
  const start = old?.start ?? next?.start ?? bytes.length;
  return Buffer.concat([bytes.subarray(0, start), element, bytes.subarray(old?.end ?? start)]);
}
