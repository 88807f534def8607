import { decodeValue, encodeText, UNICODE } from '../../elements/character-set.js';
import { type NewElement, textElement } from '../../elements/encode.js';

const SPECIFIC_CHARACTER_SET = 0x00080005;
/** Whose values are in the Specific Character Set (PS3.5 section 6.1.2.2). */
const TEXTS: readonly string[] = ['LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UT'];

/**
 * Elements from a source and own ones in one character set, which is named: that of the source where it holds all own
 * texts, so that what is of the source stays as it is; else Unicode, and texts of the source are as readers show them.
 *
 * @param source elements as they stand in it, with its Specific Character Set where it has one
 * @param own texts in UTF-8
 */
export function inOneSet(source: readonly NewElement[], own: readonly NewElement[]): NewElement[] {
  const charset = charsetOf(source);
  const held = recoded(own, UNICODE, charset);
  if (held !== null) return [...source, ...held];
  const others = source.filter(({ tag }) => tag !== SPECIFIC_CHARACTER_SET);
  return [
    textElement(SPECIFIC_CHARACTER_SET, 'CS', UNICODE),
    ...(recoded(others, charset, UNICODE) ?? []),
    ...own,
  ];
}

function charsetOf(source: readonly NewElement[]): string {
  const value = source.find(({ tag }) => tag === SPECIFIC_CHARACTER_SET)?.value;
  return value instanceof Uint8Array ? decodeValue(value, '').replace(/[\0 ]+$/, '') : '';
}

/** null where `to` does not hold all of it. */
function recoded(elements: readonly NewElement[], from: string, to: string): NewElement[] | null {
  const out: NewElement[] = [];
  for (const { tag, vr, value } of elements) {
    const written =
      value instanceof Uint8Array
        ? TEXTS.includes(vr)
          ? encodeText(decodeValue(value, from), to)
          : value
        : allOf(value.map((item) => recoded(item, from, to)));
    if (written === null) return null;
    out.push({ tag, vr, value: written });
  }
  return out;
}

function allOf<T>(values: readonly (T | null)[]): T[] | null {
  const there = values.filter((value) => value !== null);
  return there.length === values.length ? there : null;
}
