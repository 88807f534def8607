import { fault, type LimpidError } from '../../contract/errors.js';
import type { StoredPixels } from '../codec/stored.js';
import { SMOOTHING } from '../elements/codes.js';
import { type ElementFile, findElement, walkElements } from '../elements/elements.js';
import { asciiText, codeItem, type NewElement, sequenceElement } from '../elements/encode.js';
import {
  appended,
  encodeParts,
  equipmentPart,
  type FileDerivation,
  type InstanceReference,
  identity,
  type Part,
  pixelParts,
  rawOf,
  requireUids,
  sourceItem,
  splicedFile,
  textOf,
} from './derive-parts.js';
import { encodePixels, pixelFormatOf } from './derive-pixels.js';
import { appendedDescription } from './derive-text.js';
import { toLittleEndian } from './transcode.js';

export { SMOOTHING };

/** What makes a derived image differ from its source. */
export interface Derivation extends FileDerivation {
  /** SourceImageSequence: the image's own source first, then neighbours that were used. */
  readonly sources: readonly InstanceReference[];
  readonly imageTypeValue2: 'SECONDARY' | 'PRIMARY';
}

/**
 * Splices a derived image out of a source file: untouched elements byte for byte, changed and new ones encoded
 * anew, pixels native. The transfer syntax is the source's where that is native little endian, else Explicit VR
 * Little Endian; big endian is transcoded. `source` is not changed. `pixels` holds stored values, rows * columns *
 * frames of the source, within its BitsStored; `beside` as in `encodePixels`.
 *
 * @throws LimpidError what walkElements throws; E_NOT_ELIGIBLE (colour, no pixels, functional groups of frames),
 * E_ELEMENT (an attribute that the image needs is missing or wrong), E_UID, E_PIXEL_LENGTH, E_VALUES (a pixel
 * outside BitsStored), E_INTERNAL (a text of the derivation that its VR cannot hold).
 */
export function deriveInstance(
  source: Uint8Array,
  derivation: Derivation,
  pixels: StoredPixels,
  beside?: Uint32Array,
): Uint8Array {
  const original = walkElements(source);
  const file = toLittleEndian(original);
  // Its frames are told from one another: `deriveFrames` writes them.
  if (findElement(file.elements, PER_FRAME) !== undefined) throw manyFrames();
  requireUids(derivation, derivation.sources);
  const format = pixelFormatOf(file);
  return splicedFile(file, derivation, [
    ...encodeParts([imageType(file, derivation.imageTypeValue2)], file),
    ...identity(file, derivation),
    ...provenance(file, derivation),
    ...pixelParts(file, original, derivation, encodePixels(pixels, format, beside), format),
  ]);
}

const PER_FRAME = 0x52009230;

function manyFrames(): LimpidError {
  return fault('E_NOT_ELIGIBLE/frames');
}

/** Value 1 DERIVED, value 2 as asked, the rest as it was; MR needs a third (PS3.3 section C.8.3.1.1.1). */
function imageType(file: ElementFile, value2: 'SECONDARY' | 'PRIMARY'): NewElement {
  const old = (textOf(file, 0x00080008) ?? '').split('\\').map((value) => value.trim());
  const rest = old.length > 2 ? old.slice(2) : textOf(file, 0x00080060) === 'MR' ? ['OTHER'] : [];
  return { tag: 0x00080008, vr: 'CS', value: Buffer.from(['DERIVED', value2, ...rest].join('\\'), 'latin1') };
}

/** What it was made from, how, and by what. */
function provenance(file: ElementFile, derivation: Derivation): Part[] {
  const description = appendedDescription(rawOf(file, 0x00082111), asciiText(derivation.description, 1024));
  return [
    ...encodeParts(
      [
        { tag: 0x00082111, vr: 'ST', value: description },
        sequenceElement(0x00082112, ...derivation.sources.map(sourceItem)),
      ],
      file,
    ),
    ...(derivation.codes.length > 0 ? [appended(file, 0x00089215, derivation.codes.map(codeItem))] : []),
    equipmentPart(file, derivation),
  ];
}
