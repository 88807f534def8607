import { tellsLoss } from '../../imaging/jpeg/codestream.js';
import {
  asciiValue,
  type Element,
  type ElementFile,
  findElement,
  UNDEFINED_LENGTH,
} from '../elements/elements.js';

/** JPEG by cosines: baseline, extended. The others may be without loss. */
const LOSSY_SYNTAXES: ReadonlySet<string> = new Set(['1.2.840.10008.1.2.4.50', '1.2.840.10008.1.2.4.51']);
const PIXEL_DATA = 0x7fe00010;

/**
 * Whether pixels were compressed with loss, now or before: as the file says (0028,2110), by its transfer syntax, or by
 * what the first codestream says of itself. Many archives compress with loss and do not write that down.
 */
export function wasLossy(file: ElementFile): boolean {
  if (asciiValue(file.bytes, findElement(file.elements, 0x00282110)) === '01') return true;
  if (LOSSY_SYNTAXES.has(file.transferSyntax)) return true;
  const pixels = findElement(file.elements, PIXEL_DATA);
  return pixels?.length === UNDEFINED_LENGTH && tellsLoss(firstFragment(file, pixels));
}

/** The item after the offset table (PS3.5 section A.4), as far as it is there. */
function firstFragment({ bytes }: ElementFile, { valueStart }: Element): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lengthAt = (item: number): number => (item + 8 <= bytes.length ? view.getUint32(item + 4, true) : 0);
  const start = valueStart + 8 + lengthAt(valueStart);
  return bytes.subarray(start + 8, start + 8 + lengthAt(start));
}
