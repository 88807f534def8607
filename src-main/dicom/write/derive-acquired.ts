import { type ElementFile, findElement, valueBytes } from '../elements/elements.js';
import { asciiText, type NewElement, sequenceElement, textElement } from '../elements/encode.js';
import { appended, type FileDerivation, type Part, textOf } from './derive-parts.js';
import { dicomTime } from './derive-time.js';

const ENHANCED_MR: ReadonlySet<string> = new Set([
  '1.2.840.10008.5.1.4.1.1.4.1',
  '1.2.840.10008.5.1.4.1.1.4.3',
]);

/**
 * Attributes with their VR by which a module is known to be there that is required of ORIGINAL and MIXED images, and
 * that validators refuse in DERIVED ones, where the standard lets it stay (PS3.3 C.8.13.4: Pulse Sequence Name, MR
 * Acquisition Type).
 */
const OF_PULSE_SEQUENCE: readonly (readonly [tag: number, vr: string])[] = [
  [0x00180023, 'CS'],
  [0x00189005, 'SH'],
];

/** Likewise of cardiac synchronization and bulk motion, each by itself (PS3.3 C.7.6.18.1, C.7.6.18.3). */
const OF_SYNCHRONIZATION: readonly (readonly [tag: number, vr: string])[] = [
  [0x00181083, 'IS'],
  [0x00181084, 'IS'],
  [0x00189070, 'FD'],
  [0x00189172, 'CS'],
  [0x00189173, 'CS'],
];

const ORIGINAL_ATTRIBUTES = 0x04000561;

/** What `acquiredParts` may change. */
export const ACQUIRED_CHANGED: readonly number[] = [
  ...[...OF_PULSE_SEQUENCE, ...OF_SYNCHRONIZATION].map(([tag]) => tag),
  ORIGINAL_ATTRIBUTES,
];

/** What is left out of an image, and what is put in. */
export interface Moved {
  readonly without: readonly number[];
  readonly parts: readonly Part[];
}

/**
 * Where an image becomes DERIVED that was ORIGINAL or MIXED, attributes of its acquisition that validators refuse then
 * go into Original Attributes Sequence (PS3.3 C.12.1.1.9), which is where the standard puts what is taken out of an
 * image, so that nothing is lost.
 *
 * @param type value 1 of Image Type that the derived image gets
 */
export function acquiredAttributes(file: ElementFile, type: string, derivation: FileDerivation): Moved {
  const before = (textOf(file, 0x00080008) ?? '').split('\\')[0].trim();
  if (type === 'ORIGINAL' || type === 'MIXED' || !['ORIGINAL', 'MIXED'].includes(before))
    return { without: [], parts: [] };
  const isMr = ENHANCED_MR.has(textOf(file, 0x00080016) ?? '');
  const candidates = [...(isMr ? OF_PULSE_SEQUENCE : []), ...OF_SYNCHRONIZATION];
  const moved = candidates.flatMap(([tag, vr]): NewElement[] => {
    const element = findElement(file.elements, tag);
    return element === undefined ? [] : [{ tag, vr, value: valueBytes(file.bytes, element) }];
  });
  if (moved.length === 0) return { without: [], parts: [] };
  const { dateTime } = dicomTime(derivation.now, textOf(file, 0x00080201));
  const { manufacturer, model } = derivation.equipment;
  const item: NewElement[] = [
    sequenceElement(
      0x04000550,
      [...moved].sort((a, b) => a.tag - b.tag),
    ),
    textElement(0x04000562, 'DT', dateTime),
    textElement(0x04000563, 'LO', asciiText(manufacturer === model ? model : `${manufacturer} ${model}`, 64)),
    { tag: 0x04000564, vr: 'LO', value: new Uint8Array(0) },
    textElement(0x04000565, 'CS', 'COERCE'),
  ];
  return {
    without: moved.map(({ tag }) => tag),
    parts: [appended(file, ORIGINAL_ATTRIBUTES, [item])],
  };
}
