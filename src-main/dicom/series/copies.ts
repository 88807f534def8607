import type { Decode, StoredPixels } from '../codec/decode.js';
import { findElement, valueBytes, walkElements } from '../elements/elements.js';
import { transferSyntax } from '../elements/transfer-syntax.js';
import type { Instance } from '../read/instance.js';

/**
 * Same: byte for byte. Relabelled: one image whose labels were written anew. Recoded: the same values, compressed or
 * laid out in another way. Lossy: one of the two lost some of the values of the other. Other: images that differ.
 */
export type Likeness = 'same' | 'relabelled' | 'recoded' | 'first is lossy' | 'second is lossy' | 'other';

/**
 * What two files with one SOP Instance UID are to each other. An archive that corrects a name of a department, writes
 * its own elements or compresses what it keeps sends the same image with other bytes: geometry, acquisition and
 * patient are the same, and so are the pixels. Where one was compressed with loss (which should have given it another
 * UID) the other is the image.
 *
 * @param decode for files that are encoded in two ways; without it these count as other images
 * @throws LimpidError what reading, walking and decoding them throws
 */
export async function likeness(
  a: readonly Instance[],
  b: readonly Instance[],
  decode?: Decode,
): Promise<Likeness> {
  const [one, other] = await Promise.all([a[0].file.read(), b[0].file.read()]);
  if (Buffer.from(one).equals(other)) return 'same';
  if (JSON.stringify(a.map(facts)) !== JSON.stringify(b.map(facts))) return 'other';
  if (encoding(a[0]) === encoding(b[0]) && pixelsOf(one).equals(pixelsOf(other))) return 'relabelled';
  if (decode === undefined) return 'other';
  const apart = await distance(a, b, (instance) => decode(instance, a.includes(instance) ? one : other));
  if (apart === 0) return encoding(a[0]) === encoding(b[0]) ? 'relabelled' : 'recoded';
  if (a[0].lossy === b[0].lossy || !(apart < MOST_LOST)) return 'other';
  return a[0].lossy ? 'first is lossy' : 'second is lossy';
}

/** What a compression may take of an image and leave it the same one: a tenth of its standard deviation. */
const MOST_LOST = 0.1;

/** What makes an image the one that it is: all that is read of it but for labels and how it is encoded. */
function facts(instance: Instance): object {
  const { file, seriesDescription, windows, oddities, transferSyntax: syntax, lossy, ...rest } = instance;
  // The first value says ORIGINAL or DERIVED, and that a compression loses values makes an image derived.
  return { ...rest, imageType: rest.imageType.slice(1) };
}

function encoding({ transferSyntax: syntax }: Instance): string {
  const { encapsulated, littleEndian } = transferSyntax(syntax);
  return encapsulated ? syntax : String(littleEndian);
}

function pixelsOf(bytes: Uint8Array): Buffer {
  const walked = walkElements(bytes);
  const element = findElement(walked.elements, 0x7fe00010);
  return element === undefined ? Buffer.alloc(0) : Buffer.from(valueBytes(walked.bytes, element));
}

/** Root of the mean squared difference of the stored values, the standard deviation of those of `a` being 1. */
async function distance(
  a: readonly Instance[],
  b: readonly Instance[],
  decode: (instance: Instance) => Promise<StoredPixels>,
): Promise<number> {
  let [count, sum, squares, differences] = [0, 0, 0, 0];
  for (const [i, instance] of a.entries()) {
    const [{ values: one }, { values: other }] = [await decode(instance), await decode(b[i])];
    for (const [j, value] of one.entries()) {
      sum += value;
      squares += value * value;
      differences += (value - other[j]) ** 2;
    }
    count += one.length;
  }
  if (differences === 0) return 0;
  return Math.sqrt(differences / Math.max(0, squares - (sum * sum) / count));
}
