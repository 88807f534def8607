import { asciiValue, type ElementFile, findElement, type Item, sequenceItems } from '../elements/elements.js';
import { codeElement, type NewElement, sequenceElement, textElement } from '../elements/encode.js';

const [SHARED, PER_FRAME, FRAME_ANATOMY] = [0x52009229, 0x52009230, 0x00209071];

/**
 * What the functional groups of an enhanced image say of its anatomy (PS3.3 C.7.6.16.2.8), for an image of the same
 * place; nothing where its frames differ or say nothing. Classic images say it in attributes of their own.
 */
export function frameAnatomy(file: ElementFile): NewElement[] {
  const said = [SHARED, PER_FRAME]
    .map((tag) => itemsOf(file, file, tag).flatMap((group) => anatomiesOf(file, group)))
    .find((found) => found.length > 0);
  const [first, ...others] = said ?? [];
  if (first === undefined || others.some((one) => JSON.stringify(one) !== JSON.stringify(first))) return [];
  const { value, scheme, meaning, laterality } = first;
  return [
    sequenceElement(FRAME_ANATOMY, [
      codeElement(0x00082218, { value, scheme, meaning }),
      textElement(0x00209072, 'CS', laterality),
    ]),
  ];
}

interface Anatomy {
  readonly value: string;
  readonly scheme: string;
  readonly meaning: string;
  readonly laterality: string;
}

/** Both of its attributes are required (type 1). */
function anatomiesOf(file: ElementFile, group: Item): Anatomy[] {
  return itemsOf(file, group, FRAME_ANATOMY).flatMap((item) => {
    const text = (of: Item | undefined, tag: number) =>
      of === undefined ? undefined : asciiValue(file.bytes, findElement(of.elements, tag));
    const [region] = itemsOf(file, item, 0x00082218);
    const [value, scheme, meaning] = [0x00080100, 0x00080102, 0x00080104].map((tag) => text(region, tag));
    const laterality = text(item, 0x00209072);
    if (!fits(value, 16) || !fits(scheme, 16) || !fits(meaning, 64) || !fits(laterality, 16)) return [];
    return [{ value, scheme, meaning, laterality }];
  });
}

/** A source may hold anything; what cannot be written as it stands is left out. */
function fits(text: string | undefined, most: number): text is string {
  return text !== undefined && text !== '' && text.length <= most && /^[ -[\]-~]*$/.test(text);
}

function itemsOf(file: ElementFile, of: Item | ElementFile, tag: number): Item[] {
  const sequence = findElement(of.elements, tag);
  return sequence === undefined ? [] : sequenceItems(file.bytes, of, sequence);
}
