import type { Calibration, MeasuredFigure, MeasuredShape } from '../../../contract/viewing.js';
import { HOUNSFIELD_UNIT, NO_UNITS, QUANTITY } from '../../elements/codes.js';
import { asciiText, type CodedConcept, textElement } from '../../elements/encode.js';
import { newUid } from '../../elements/uid.js';
import {
  code,
  container,
  coordinates,
  type GraphicType,
  numeric,
  root,
  text,
  uidReference,
} from './content.js';
import { type DocumentOf, document, type ImageReference, observed } from './document.js';

/** What was measured in one image. */
export interface MeasuredImage extends MeasuredShape {
  readonly image: ImageReference;
  readonly modality: string | null;
  /** Of the values, as cards of series have them. */
  readonly units: string;
  readonly calibration: Calibration;
  /** Columns and rows from the corner of the image to that of the plane: of a slice in a mosaic. */
  readonly offset: readonly [number, number];
}

const COMPREHENSIVE_SR = '1.2.840.10008.5.1.4.1.1.88.33';
const SERIES_NUMBER = 9910;
const concept =
  (scheme: string) =>
  (value: string, meaning: string): CodedConcept => ({ value, scheme, meaning });
const [dcm, sct, ucum] = [concept('DCM'), concept('SCT'), concept('UCUM')];

const PROCEDURES: Readonly<Record<string, CodedConcept>> = {
  MR: sct('113091000', 'Magnetic resonance imaging'),
  CT: sct('77477000', 'Computed tomography'),
};
const INTENSITIES: Readonly<Record<string, CodedConcept>> = {
  MR: dcm('110852', 'MR signal intensity'),
  CT: dcm('112031', 'Attenuation Coefficient'),
};
const UNITS: Readonly<Record<string, CodedConcept>> = {
  HU: HOUNSFIELD_UNIT,
  'a.u.': ucum("[arb'U]", 'arbitrary unit'),
  '': NO_UNITS,
  '1': NO_UNITS,
};
/** CID 7464: what of the pixels of a region a number is. */
const DERIVATIONS: Readonly<Partial<Record<MeasuredFigure['name'], CodedConcept>>> = {
  mean: sct('373098007', 'Mean'),
  sd: sct('386136009', 'Standard Deviation'),
  minimum: sct('255605001', 'Minimum'),
  maximum: sct('56851009', 'Maximum'),
};
const IMAGE_REGION = dcm('111030', 'Image Region');
const PATH = dcm('121055', 'Path');

/**
 * Measurements as a Comprehensive SR (PS3.3 section A.35.3) by TID 1500, Measurement Report: each is a group with its
 * shape on its image (TID 1410 of a region, TID 1501 of other shapes).
 *
 * @param measured at least one
 * @throws LimpidError those of `document`
 */
export function measurementReport(
  options: DocumentOf & { readonly measured: readonly MeasuredImage[] },
): Uint8Array {
  const { measured, equipment } = options;
  const modality = measured[0]?.modality ?? '';
  return document({
    ...options,
    sopClassUid: COMPREHENSIVE_SR,
    modality: 'SR',
    title: 'Measurements',
    seriesNumber: SERIES_NUMBER,
    evidence: measured.map(({ image }) => image),
    content: [
      textElement(0x0040a491, 'CS', 'COMPLETE'),
      textElement(0x0040a493, 'CS', 'UNVERIFIED'),
      { tag: 0x0040a372, vr: 'SQ', value: [] },
      ...root(dcm('126000', 'Imaging Measurement Report'), '1500', [
        ...observed(equipment),
        code(
          'HAS CONCEPT MOD',
          dcm('121058', 'Procedure reported'),
          PROCEDURES[modality] ?? sct('363679005', 'Imaging'),
        ),
        container(dcm('126010', 'Imaging Measurements'), measured.map(group)),
      ]),
    ],
  });
}

function group(one: MeasuredImage) {
  const isRegion = one.kind === 'rectangle' || one.kind === 'ellipse';
  const [type, points] = graphic(one);
  const shape = (relationship: 'CONTAINS' | 'INFERRED FROM') =>
    coordinates(relationship, isRegion ? IMAGE_REGION : PATH, type, points, one.image);
  const said = one.text ?? '';
  return container(dcm('125007', 'Measurement Group'), [
    text('HAS OBS CONTEXT', dcm('112039', 'Tracking Identifier'), one.id),
    uidReference('HAS OBS CONTEXT', dcm('112040', 'Tracking Unique Identifier'), newUid()),
    ...(isRegion ? [shape('CONTAINS')] : []),
    ...one.figures.map((figure) => number(one, figure, isRegion ? [] : [shape('INFERRED FROM')])),
    ...(said.trim() === ''
      ? []
      : [text('CONTAINS', dcm('121106', 'Comment'), said, isRegion ? [] : [shape('INFERRED FROM')])]),
  ]);
}

function number(
  { modality, units, calibration }: MeasuredImage,
  { name, value }: MeasuredFigure,
  below: Parameters<typeof numeric>[3] = [],
) {
  const derived = DERIVATIONS[name];
  const isPixels = calibration === 'none';
  if (derived !== undefined) {
    const how = code('HAS CONCEPT MOD', dcm('121401', 'Derivation'), derived);
    return numeric(INTENSITIES[modality ?? ''] ?? QUANTITY, value, unitOf(units), [how, ...below]);
  }
  const pixels = ucum('{pixels}', 'pixels');
  if (name === 'angle') return numeric(sct('1483009', 'Angle'), value, ucum('deg', 'degree'), below);
  return name === 'area'
    ? numeric(sct('42798000', 'Area'), value, isPixels ? pixels : ucum('mm2', 'square millimeter'), below)
    : numeric(sct('410668003', 'Length'), value, isPixels ? pixels : ucum('mm', 'millimeter'), below);
}

function unitOf(units: string): CodedConcept {
  return UNITS[units] ?? ucum(asciiText(units, 16), asciiText(units, 64));
}

/** Corners of a rectangle, closed; of an ellipse the ends of its longer axis, then of the other (PS3.3 section C.18.6.1.2). */
function graphic({ kind, points, offset }: MeasuredImage): [GraphicType, readonly number[]] {
  const [x0 = 0, y0 = 0, x1 = x0, y1 = y0] = points;
  const placed = (list: readonly number[]) => list.map((value, i) => value + (offset[i % 2] ?? 0));
  const [cx, cy] = [(x0 + x1) / 2, (y0 + y1) / 2];
  switch (kind) {
    case 'rectangle':
      return ['POLYLINE', placed([x0, y0, x1, y0, x1, y1, x0, y1, x0, y0])];
    case 'ellipse': {
      const [across, down] = [
        [x0, cy, x1, cy],
        [cx, y0, cx, y1],
      ];
      const isWide = Math.abs(x1 - x0) >= Math.abs(y1 - y0);
      return ['ELLIPSE', placed(isWide ? [...across, ...down] : [...down, ...across])];
    }
    case 'text':
      return ['POINT', placed([x0, y0])];
    default:
      return ['POLYLINE', placed(points)];
  }
}
