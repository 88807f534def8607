import { fault } from '../../../contract/errors.js';
import { walkElements } from '../../elements/elements.js';
import {
  asciiText,
  type CodedConcept,
  encodeElement,
  encodeMeta,
  type NewElement,
  sequenceElement,
  textElement,
  uidElement,
} from '../../elements/encode.js';
import { EXPLICIT_LITTLE_ENDIAN } from '../../elements/transfer-syntax.js';
import { deriveUid, isUid, newUid } from '../../elements/uid.js';
import { type Equipment, type FrameReference, textOf } from '../derive-parts.js';
import { dicomTime } from '../derive-time.js';
import { copied, NOT_OF_DOCUMENTS } from '../multiframe.js';
import { toLittleEndian } from '../transcode.js';
import { code, text, uidReference } from './content.js';
import { inOneSet } from './one-set.js';

/** An image, or one frame of it, by all that names it. */
export interface ImageReference extends FrameReference {
  readonly seriesInstanceUid: string;
  readonly studyInstanceUid: string;
}

export interface DocumentOf {
  /** Bytes of an image that it is about: patient and study come from it. */
  readonly image: Uint8Array;
  readonly equipment: Equipment;
  /** When the document was made. */
  readonly now: Date;
}

interface Document extends DocumentOf {
  readonly sopClassUid: string;
  readonly modality: 'SR' | 'KO';
  /** ASCII; at most 64 characters. */
  readonly title: string;
  readonly seriesNumber: number;
  /** What belongs to documents of this class alone, and the content; texts in UTF-8. */
  readonly content: readonly NewElement[];
  /** Images that it refers to. */
  readonly evidence: readonly ImageReference[];
}

const dcm = (value: string, meaning: string): CodedConcept => ({ value, scheme: 'DCM', meaning });

/**
 * A document of the study of its images (PS3.3 sections C.17.1, C.17.2 and C.17.6), in Explicit VR Little Endian. What is
 * made again is another instance of the same series.
 *
 * @throws LimpidError those of reading the image; E_UID where an image has none, or there is no image
 */
export function document(options: Document): Uint8Array {
  const { sopClassUid, equipment, evidence } = options;
  const file = toLittleEndian(walkElements(options.image));
  const uids = evidence.flatMap((one) => [one.sopInstanceUid, one.sopClassUid, one.seriesInstanceUid]);
  if (evidence.length === 0 || !uids.every(isUid)) throw fault('E_UID/malformed');
  const made = dicomTime(options.now, textOf(file, 0x00080201));
  const sopInstanceUid = newUid();
  const version = asciiText(equipment.softwareVersion, 64);
  const own: NewElement[] = [
    textElement(0x00080012, 'DA', made.date),
    textElement(0x00080013, 'TM', made.time),
    uidElement(0x00080016, sopClassUid),
    uidElement(0x00080018, sopInstanceUid),
    textElement(0x00080023, 'DA', made.date),
    textElement(0x00080033, 'TM', made.time),
    textElement(0x00080060, 'CS', options.modality),
    textElement(0x00080070, 'LO', asciiText(equipment.manufacturer, 64)),
    textElement(0x0008103e, 'LO', asciiText(options.title, 64)),
    textElement(0x00081090, 'LO', asciiText(equipment.model, 64)),
    sequenceElement(0x00081111),
    textElement(0x00181000, 'LO', version),
    textElement(0x00181020, 'LO', version),
    uidElement(
      0x0020000e,
      deriveUid(options.title, ...evidence.slice(0, 1).map((one) => one.seriesInstanceUid)),
    ),
    textElement(0x00200011, 'IS', String(options.seriesNumber)),
    textElement(0x00200013, 'IS', '1'),
    evidenceOf(evidence),
    ...options.content,
  ];
  const meta = encodeMeta({
    sopClassUid,
    sopInstanceUid,
    transferSyntax: EXPLICIT_LITTLE_ENDIAN,
    softwareVersion: equipment.softwareVersion,
  });
  const elements = inOneSet(copied(file, {}, NOT_OF_DOCUMENTS), own);
  const sorted = elements.sort((a, b) => a.tag - b.tag);
  return Buffer.concat([meta, ...sorted.map((element) => encodeElement(element, false))]);
}

/** Current Requested Procedure Evidence Sequence: every image once, by study and series. */
function evidenceOf(images: readonly ImageReference[]): NewElement {
  const grouped = (
    list: readonly ImageReference[],
    by: 'studyInstanceUid' | 'seriesInstanceUid' | 'sopInstanceUid',
  ) =>
    [...new Set(list.map((one) => one[by]))].map((uid) => ({
      uid,
      of: list.filter((one) => one[by] === uid),
    }));
  const studies = grouped(images, 'studyInstanceUid').map((study) => [
    uidElement(0x0020000d, study.uid),
    sequenceElement(
      0x00081115,
      ...grouped(study.of, 'seriesInstanceUid').map((series) => [
        uidElement(0x0020000e, series.uid),
        sequenceElement(
          0x00081199,
          ...grouped(series.of, 'sopInstanceUid').map(({ uid, of }) => [
            uidElement(0x00081150, of[0]?.sopClassUid ?? ''),
            uidElement(0x00081155, uid),
          ]),
        ),
      ]),
    ),
  ]);
  return sequenceElement(0x0040a375, ...studies);
}

/** Language (TID 1204) and the program as what observed (TID 1001, 1004): what every document says first. */
export function observed({ manufacturer, model, softwareVersion }: Equipment) {
  const english = { value: 'en', scheme: 'RFC5646', meaning: 'English' };
  return [
    code('HAS CONCEPT MOD', dcm('121049', 'Language of Content Item and Descendants'), english),
    code('HAS OBS CONTEXT', dcm('121005', 'Observer Type'), dcm('121007', 'Device')),
    uidReference(
      'HAS OBS CONTEXT',
      dcm('121012', 'Device Observer UID'),
      deriveUid('device', model, softwareVersion),
    ),
    text('HAS OBS CONTEXT', dcm('121013', 'Device Observer Name'), model),
    text('HAS OBS CONTEXT', dcm('121014', 'Device Observer Manufacturer'), manufacturer),
  ];
}
