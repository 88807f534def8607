import { fault } from '../../contract/errors.js';
import { asciiValue, findElement, sequenceItems, walkElements } from '../elements/elements.js';

const MEDIA_STORAGE_DIRECTORY = '1.2.840.10008.1.3.10';
const DIRECTORY_RECORD_SEQUENCE = 0x00041220;
const REFERENCED_FILE_ID = 0x00041500;

/** True when the first bytes of a file are those of a DICOMDIR (PS3.10 section 8). */
export function isDicomdir(head: Uint8Array): boolean {
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString('latin1');
  return text.slice(128, 132) === 'DICM' && text.slice(132, 1024).includes(MEDIA_STORAGE_DIRECTORY);
}

/**
 * The path parts of every file that a DICOMDIR references (Referenced File ID, 0004,1500), in its order, once each; also
 * where a writer put a path with slashes into one part.
 *
 * @throws LimpidError E_PATH_ESCAPE when one is absolute or leads upwards; those of `walkElements`.
 */
export function dicomdirFiles(bytes: Uint8Array): string[][] {
  const file = walkElements(bytes);
  const sequence = findElement(file.elements, DIRECTORY_RECORD_SEQUENCE);
  if (sequence === undefined) return [];
  const files = new Map<string, string[]>();
  for (const record of sequenceItems(file.bytes, file, sequence)) {
    const id = asciiValue(file.bytes, findElement(record.elements, REFERENCED_FILE_ID));
    if (id === undefined || id === '') continue;
    const parts = id.split(/[\\/]/).map((part) => part.trim());
    if (!parts.every(isPlainName)) throw fault('E_PATH_ESCAPE/dicomdir');
    files.set(parts.join('/'), parts);
  }
  return [...files.values()];
}

/** Without separators, drive letters, control characters and names that lead upwards. */
function isPlainName(part: string): boolean {
  if (part === '' || part === '.' || part === '..' || /[/\\:]/.test(part)) return false;
  return Array.from(part).every((character) => character >= ' ');
}
