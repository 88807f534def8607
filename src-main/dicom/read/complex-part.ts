import type { Attributes } from '../elements/attributes.js';
import { privateTags } from '../elements/private.js';
import { readComputed } from './computed.js';

const COMPLEX_PARTS: ReadonlyMap<string, string> = new Map([
  ['M', 'M'],
  ['MAGNITUDE', 'M'],
  ['P', 'P'],
  ['PHASE', 'P'],
  ['R', 'R'],
  ['REAL', 'R'],
  ['I', 'I'],
  ['IMAGINARY', 'I'],
]);

/** Complex Image Component (0008,9208), GE's private image type (0043,102F), or Image Type value 3 and on. */
function complexPartOf(attributes: Attributes, imageType: readonly string[]): string {
  const component = COMPLEX_PARTS.get(attributes.text('x00089208') ?? '');
  if (component !== undefined) return component;
  const ge = privateTags(attributes, '0043', 'GEMS_PARM_01');
  if (ge !== null) {
    const part = attributes.int16(ge('2f'));
    if (part !== undefined && part >= 0 && part < 4) return 'MPRI'[part];
  }
  return complexPartOfType(imageType);
}

/** M, P, R or I by the third value and on of Image Type; empty: not said. */
export function complexPartOfType(imageType: readonly string[]): string {
  return (
    imageType
      .slice(2)
      .map((value) => COMPLEX_PARTS.get(value))
      .find((part) => part !== undefined) ?? ''
  );
}

/** Which part of the complex signal an image is, and what it was computed to where it is none at all. */
export function readComplexPart(attributes: Attributes, imageType: readonly string[]) {
  const complexPart = complexPartOf(attributes, imageType);
  return { complexPart, computedOf: readComputed(attributes, imageType, complexPart) };
}
