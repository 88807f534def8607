import { LimpidError } from '../../contract/errors.js';
import { type ElementFile, findElement, INFLATE_LIMIT, walkElements } from '../elements/elements.js';
import { looksLikeDicom } from '../elements/part10.js';
import { MAX_FILE_BYTES, type SourceFile } from './source.js';

/** What a scan needs of a file. */
export interface Header {
  /** The whole file, or its beginning with everything before the pixel data. */
  readonly bytes: Uint8Array;
  /** Elements of `bytes` where it is a beginning; null where it is the whole file, or no DICOM Part 10 file. */
  readonly walked: ElementFile | null;
  /** Of the whole file, in bytes. */
  readonly size: number;
}

/** Headers of single frames take 2 to 60 kB, those of many frames 0.4 to 3 kB a frame. */
const HEADER_BYTES = [128 * 1024, 4 * 2 ** 20];
const PIXEL_DATA = 0x7fe00010;

/**
 * Reads a file up to its pixel data where these are native, last, and as long as the file says. Any other file, a
 * damaged one too, is read whole: what is said of it does not depend on how much was read.
 *
 * @throws LimpidError those of `SourceFile.read`
 */
export async function readHeader(file: SourceFile): Promise<Header> {
  const short = file.shortHead?.() ?? null;
  const counts = short === null ? HEADER_BYTES : [short, ...HEADER_BYTES.filter((count) => count > short)];
  for (const count of counts) {
    const head = await file.readHead?.(count);
    if (head === undefined || head.bytes.length >= head.size) return whole(file, head?.bytes);
    if (!looksLikeDicom(head.bytes, head.size)) return { ...head, walked: null };
    const walked = head.size > MAX_FILE_BYTES ? null : walkHead(head.bytes, head.size);
    if (walked !== null) return { ...head, walked };
    // Little is saved of a file that is not much longer.
    if (head.size < 2 * count) break;
  }
  return whole(file);
}

async function whole(file: SourceFile, known?: Uint8Array): Promise<Header> {
  const bytes = known ?? (await file.read());
  return { bytes, walked: null, size: bytes.length };
}

function walkHead(bytes: Uint8Array, size: number): ElementFile | null {
  try {
    const walked = walkElements(bytes, INFLATE_LIMIT, size);
    const isWhole = walked.trailing === 0 && findElement(walked.elements, PIXEL_DATA) !== undefined;
    return isWhole ? walked : null;
  } catch (error) {
    if (error instanceof LimpidError) return null;
    throw error;
  }
}
