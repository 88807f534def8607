import { type Attributes, readAttributes } from '../elements/attributes.js';
import { walkElements } from '../elements/elements.js';
import { readHeader } from '../files/header.js';
import type { SourceFile } from '../files/source.js';

/** Attributes that hold text or numbers as text, by their keywords (PS3.6), which series are chosen by. */
const TAGS: Readonly<Record<string, string>> = {
  AccessionNumber: '00080050',
  AcquisitionDate: '00080022',
  AcquisitionNumber: '00200012',
  AcquisitionTime: '00080032',
  BodyPartExamined: '00180015',
  ContentDate: '00080023',
  ContrastBolusAgent: '00180010',
  ConvolutionKernel: '00181210',
  DeviceSerialNumber: '00181000',
  EchoTime: '00180081',
  EchoTrainLength: '00180091',
  FlipAngle: '00181314',
  FrameOfReferenceUID: '00200052',
  ImageType: '00080008',
  ImagedNucleus: '00180085',
  ImagingFrequency: '00180084',
  InPlanePhaseEncodingDirection: '00181312',
  InstitutionName: '00080080',
  InversionTime: '00180082',
  KVP: '00180060',
  MagneticFieldStrength: '00180087',
  Manufacturer: '00080070',
  ManufacturerModelName: '00081090',
  Modality: '00080060',
  MRAcquisitionType: '00180023',
  NumberOfAverages: '00180083',
  PartialFourier: '00189081',
  PartialFourierDirection: '00189036',
  PatientAge: '00101010',
  PatientBirthDate: '00100030',
  PatientID: '00100020',
  PatientName: '00100010',
  PatientPosition: '00185100',
  PatientSex: '00100040',
  PixelBandwidth: '00180095',
  PixelSpacing: '00280030',
  ProtocolName: '00181030',
  ReceiveCoilName: '00181250',
  ReconstructionDiameter: '00181100',
  RepetitionTime: '00180080',
  ScanningSequence: '00180020',
  ScanOptions: '00180022',
  SequenceName: '00180024',
  SequenceVariant: '00180021',
  SeriesDate: '00080021',
  SeriesDescription: '0008103e',
  SeriesInstanceUID: '0020000e',
  SeriesNumber: '00200011',
  SeriesTime: '00080031',
  SliceThickness: '00180050',
  SoftwareVersions: '00181020',
  SOPClassUID: '00080016',
  SpacingBetweenSlices: '00180088',
  StationName: '00081010',
  StudyDate: '00080020',
  StudyDescription: '00081030',
  StudyID: '00200010',
  StudyInstanceUID: '0020000d',
  StudyTime: '00080030',
  XRayTubeCurrent: '00181151',
};

/** Where enhanced images keep an attribute: in a sequence of their functional groups, some as a number (FD) of its own. */
interface InGroup {
  readonly sequence: string;
  /** Another tag than that of plain images, whose value is binary. */
  readonly double?: string;
}

const PIXEL_MEASURES = { sequence: '00289110' };
const TIMING = { sequence: '00189112' };
const MODIFIER = { sequence: '00189115' };
const CT_RECONSTRUCTION = { sequence: '00189314' };

/** By the tag of plain images (PS3.3 C.7.6.16.2, C.8.13.5, C.8.15.3). */
const IN_GROUPS: Readonly<Record<string, InGroup>> = {
  '00180050': PIXEL_MEASURES,
  '00180060': { sequence: '00189325' },
  '00180080': TIMING,
  '00180081': { sequence: '00189114', double: '00189082' },
  '00180082': { sequence: '00189115', double: '00189079' },
  '00180083': { sequence: '00189119' },
  '00180084': { sequence: '00189006', double: '00189098' },
  '00180088': PIXEL_MEASURES,
  '00180091': TIMING,
  '00180095': { sequence: '00189006' },
  '00181100': CT_RECONSTRUCTION,
  '00181151': { sequence: '00189321', double: '00189330' },
  '00181210': CT_RECONSTRUCTION,
  '00181250': { sequence: '00189042' },
  '00181312': { sequence: '00189125' },
  '00181314': TIMING,
  '00189036': MODIFIER,
  '00189081': MODIFIER,
  '00280030': PIXEL_MEASURES,
};
/** Shared functional groups, and those of each frame. */
const GROUPS = ['x52009229', 'x52009230'];

const BY_LOWER_CASE = new Map(Object.entries(TAGS).map(([keyword, tag]) => [keyword.toLowerCase(), tag]));

const RAW_TAG = /^([0-9a-f]{4}),([0-9a-f]{4})$/i;

/** The tag that a keyword or `gggg,eeee` means; null where it is not known. */
function tagOf(name: string): string | null {
  const raw = RAW_TAG.exec(name);
  return raw === null ? (BY_LOWER_CASE.get(name.toLowerCase()) ?? null) : `${raw[1]}${raw[2]}`.toLowerCase();
}

export function isAttributeName(name: string): boolean {
  return tagOf(name) !== null;
}

/** The values of attributes of an image, by keyword or tag. @throws LimpidError those of reading */
export async function attributeValues(file: SourceFile): Promise<(name: string) => readonly string[]> {
  const { bytes, walked } = await readHeader(file);
  const attributes = readAttributes(bytes, walked ?? walkElements(bytes));
  return (name) => {
    const tag = tagOf(name);
    return (tag === null ? '' : labelOf(attributes, tag))
      .split('\\')
      .map((value) => value.trim())
      .filter((value) => value !== '');
  };
}

/** Of enhanced images the value of the first frame. */
function labelOf(attributes: Attributes, tag: string): string {
  const own = attributes.label(`x${tag}`);
  const place = IN_GROUPS[tag];
  if (own !== undefined || place === undefined) return own ?? '';
  const groups = GROUPS.flatMap((name) => attributes.items(name).slice(0, 1));
  const [found] = groups
    .flatMap((group) => group.items(`x${place.sequence}`))
    .flatMap((item) => valueIn(item, tag, place) ?? []);
  return found ?? '';
}

function valueIn(item: Attributes, tag: string, { double }: InGroup): string | undefined {
  const label = item.label(`x${tag}`);
  if (label !== undefined || double === undefined) return label;
  return item.doubles(`x${double}`, 1)?.join();
}
