import { findElement, valueBytes, walkElements } from '../elements/elements.js';
import { transferSyntax } from '../elements/transfer-syntax.js';
import type { SourceFile } from '../files/source.js';
import type { Instance } from '../read/instance.js';

/** Same: byte for byte. Relabelled: one image whose labels were written anew. Other: images that differ. */
export type Likeness = 'same' | 'relabelled' | 'other';

/**
 * What two files with one SOP Instance UID are to each other. An archive that corrects a name of a department, or
 * writes its own elements, sends the same image with other bytes: geometry, values, acquisition and patient are the
 * same, and so are the pixels.
 *
 * @throws LimpidError what reading and walking them throws
 */
export async function likeness(a: readonly Instance[], b: readonly Instance[]): Promise<Likeness> {
  const [one, other] = [a[0].file, b[0].file];
  if (Buffer.from(await one.read()).equals(await other.read())) return 'same';
  if (JSON.stringify(a.map(facts)) !== JSON.stringify(b.map(facts))) return 'other';
  return (await pixelsOf(one)).equals(await pixelsOf(other)) ? 'relabelled' : 'other';
}

/** What makes an image the one that it is: all that is read of it but for labels. */
function facts(instance: Instance): object {
  const { file, seriesDescription, windows, oddities, transferSyntax: syntax, ...rest } = instance;
  const { encapsulated, littleEndian } = transferSyntax(syntax);
  return { ...rest, encoding: encapsulated ? syntax : littleEndian };
}

async function pixelsOf(file: SourceFile): Promise<Buffer> {
  const walked = walkElements(await file.read());
  const element = findElement(walked.elements, 0x7fe00010);
  return element === undefined ? Buffer.alloc(0) : Buffer.from(valueBytes(walked.bytes, element));
}
