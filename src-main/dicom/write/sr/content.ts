import {
  type CodedConcept,
  codeElement,
  decimalString,
  type NewElement,
  numberElement,
  sequenceElement,
  textElement,
  uidElement,
} from '../../elements/encode.js';
import type { FrameReference } from '../derive-parts.js';

/**
 * Content items of structured reports (PS3.3 section C.17.3): each is the elements of one item of a Content Sequence, its
 * texts in UTF-8.
 */
type Item = readonly NewElement[];

type Relationship = 'CONTAINS' | 'HAS CONCEPT MOD' | 'HAS OBS CONTEXT' | 'INFERRED FROM' | 'SELECTED FROM';

const CONTENT_SEQUENCE = 0x0040a730;

/** The root of a document: its title, its template (PS3.16), and what it holds. */
export function root(title: CodedConcept, template: string, items: readonly Item[]): NewElement[] {
  return [
    textElement(0x0040a040, 'CS', 'CONTAINER'),
    codeElement(0x0040a043, title),
    textElement(0x0040a050, 'CS', 'SEPARATE'),
    sequenceElement(0x0040a504, [
      textElement(0x00080105, 'CS', 'DCMR'),
      textElement(0x0040db00, 'CS', template),
    ]),
    sequenceElement(CONTENT_SEQUENCE, ...items),
  ];
}

export function container(name: CodedConcept, items: readonly Item[]): Item {
  return item('CONTAINS', 'CONTAINER', name, [textElement(0x0040a050, 'CS', 'SEPARATE')], items);
}

export function code(relationship: Relationship, name: CodedConcept, value: CodedConcept): Item {
  return item(relationship, 'CODE', name, [codeElement(0x0040a168, value)]);
}

/** @param value as it is, but for control characters that UT has none of; `document` writes it in its character set */
export function text(
  relationship: Relationship,
  name: CodedConcept,
  value: string,
  below: readonly Item[] = [],
): Item {
  const lines = value.replace(/\r\n|\p{Cc}/gu, (one) => (/[\r\n]/.test(one) ? '\r\n' : ' '));
  const bytes = Buffer.from(lines, 'utf8');
  return item(relationship, 'TEXT', name, [{ tag: 0x0040a160, vr: 'UT', value: bytes }], below);
}

export function uidReference(relationship: Relationship, name: CodedConcept, uid: string): Item {
  return item(relationship, 'UIDREF', name, [uidElement(0x0040a124, uid)]);
}

/** A number with its unit; `below` says what it was derived how, and from where. */
export function numeric(
  name: CodedConcept,
  value: number,
  unit: CodedConcept,
  below: readonly Item[] = [],
): Item {
  const measured = sequenceElement(0x0040a300, [
    textElement(0x0040a30a, 'DS', decimalString(value)),
    codeElement(0x004008ea, unit),
  ]);
  return item('CONTAINS', 'NUM', name, [measured], below);
}

export type GraphicType = 'POINT' | 'POLYLINE' | 'ELLIPSE';

/** A shape on an image. @param points column and row of each: 0, 0 is the corner of the first pixel */
export function coordinates(
  relationship: 'CONTAINS' | 'INFERRED FROM',
  name: CodedConcept,
  type: GraphicType,
  points: readonly number[],
  of: FrameReference,
): Item {
  const shape = [numberElement(0x00700022, 'FL', ...points), textElement(0x00700023, 'CS', type)];
  return item(relationship, 'SCOORD', name, shape, [image('SELECTED FROM', of)]);
}

export function image(
  relationship: 'CONTAINS' | 'SELECTED FROM',
  { sopClassUid, sopInstanceUid, frame }: FrameReference,
): Item {
  const reference = sequenceElement(0x00081199, [
    uidElement(0x00081150, sopClassUid),
    uidElement(0x00081155, sopInstanceUid),
    ...(frame === undefined ? [] : [textElement(0x00081160, 'IS', String(frame))]),
  ]);
  return item(relationship, 'IMAGE', null, [reference]);
}

function item(
  relationship: Relationship,
  type: string,
  name: CodedConcept | null,
  value: readonly NewElement[],
  below: readonly Item[] = [],
): Item {
  return [
    textElement(0x0040a010, 'CS', relationship),
    textElement(0x0040a040, 'CS', type),
    ...(name === null ? [] : [codeElement(0x0040a043, name)]),
    ...value,
    ...(below.length === 0 ? [] : [sequenceElement(CONTENT_SEQUENCE, ...below)]),
  ];
}
