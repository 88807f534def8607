import type { Attributes } from '../elements/attributes.js';
import { privateTags } from '../elements/private.js';

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
  return (
    imageType
      .slice(2)
      .map((value) => COMPLEX_PARTS.get(value))
      .find((part) => part !== undefined) ?? ''
  );
}

/** Which part of the complex signal an image is, and whether it is one at all. */
export function readComplexPart(attributes: Attributes, imageType: readonly string[]) {
  const complexPart = complexPartOf(attributes, imageType);
  const computedOf = isFieldMap(attributes, imageType)
    ? ('field' as const)
    : complexPart === 'P' && isOfVelocity(attributes, imageType)
      ? ('velocity' as const)
      : null;
  return { complexPart, computedOf };
}

/** Values of Image Type and Frame Type (PS3.3 C.8.13.3.1.4; Philips also calls its maps B0 MAP). */
const FIELD_MAP = /^(FIELD[_ ]?MAP|B0|B0[_ ]?MAP|FREQ(UENCY)?([_ ]?MAP)?|PHASE[_ ]?DIFF(ERENCE)?)$/;
const HERTZ = /^hz$/i;

/** Computed of the phases of two echoes: hertz, or a phase that no magnitude belongs to. */
function isFieldMap(attributes: Attributes, imageType: readonly string[]): boolean {
  const units = attributes.text('x00281054') ?? '';
  // The mapping of a frame is one of its own groups; that of a classic image is a sequence.
  const mapped = [attributes, ...attributes.items('x00409096')]
    .flatMap((item) => item.items('x004008ea'))
    .map((code) => code.text('x00080100') ?? '');
  return (
    [units, ...mapped].some((unit) => HERTZ.test(unit)) || imageType.some((type) => FIELD_MAP.test(type))
  );
}

const VELOCITY = /^(VELOCITY([_ ]?MAP)?|FLOW([_ ]?ENCODED)?|PHASE[_ ]CONTRAST|PCA|M_PCA)$/;
/** How Siemens calls sequences that encode velocity: *fl2d1_v150in. */
const VELOCITY_SEQUENCE = /_v\d+(in|ap|rl|fh|through)/i;

/** Phase contrast: the difference of the phases of two encodings, noisier than the magnitude tells. */
function isOfVelocity(attributes: Attributes, imageType: readonly string[]): boolean {
  return (
    attributes.text('x00189014') === 'YES' ||
    imageType.some((type) => VELOCITY.test(type)) ||
    VELOCITY_SEQUENCE.test(attributes.text('x00180024') ?? '')
  );
}
