import { fault } from '../../contract/errors.js';
import { walkElements } from '../elements/elements.js';
import {
  asciiText,
  encodeElement,
  encodeMeta,
  type NewElement,
  numberElement,
  sequenceElement,
  textElement,
  uidElement,
} from '../elements/encode.js';
import { EXPLICIT_LITTLE_ENDIAN } from '../elements/transfer-syntax.js';
import { deriveUid, isUid } from '../elements/uid.js';
import { type Equipment, textOf } from './derive-parts.js';
import { dicomTime } from './derive-time.js';
import { copied, NOT_OF_DOCUMENTS } from './multiframe.js';
import { toLittleEndian } from './transcode.js';

const ENCAPSULATED_PDF = '1.2.840.10008.5.1.4.1.1.104.1';

export interface DocumentOptions {
  /** Bytes of an image that it is about: patient and study come from it. */
  readonly image: Uint8Array;
  readonly pdf: Uint8Array;
  /** ASCII. */
  readonly title: string;
  readonly seriesNumber: number;
  readonly equipment: Equipment;
  /** When the document was made. */
  readonly now: Date;
}

/**
 * A PDF document as an instance of the study that it is about (Encapsulated PDF, PS3.3 section A.45.1), a series of its
 * own. UIDs follow from the image and the document: the same again is the same instance.
 *
 * @throws LimpidError those of reading the image; E_UID where it has none
 */
export function encapsulatedPdf(options: DocumentOptions): Uint8Array {
  const file = toLittleEndian(walkElements(options.image));
  const uid = (tag: number) => textOf(file, tag) ?? '';
  const [source, sourceClass, study] = [uid(0x00080018), uid(0x00080016), uid(0x0020000d)];
  if (![source, sourceClass, study].every(isUid)) throw fault('E_UID/malformed');
  const made = dicomTime(options.now, textOf(file, 0x00080201));
  const sopInstanceUid = deriveUid('report', source, Buffer.from(options.pdf).toString('latin1'));
  const version = asciiText(options.equipment.softwareVersion, 64);
  const title = asciiText(options.title, 64);
  const acquired = textOf(file, 0x0008002a) ?? '';
  const elements: NewElement[] = [
    ...copied(file, {}, NOT_OF_DOCUMENTS),
    uidElement(0x00080016, ENCAPSULATED_PDF),
    uidElement(0x00080018, sopInstanceUid),
    textElement(0x00080023, 'DA', made.date),
    textElement(0x00080033, 'TM', made.time),
    { tag: 0x0008002a, vr: 'DT', value: Buffer.from(acquired, 'latin1') },
    textElement(0x00080060, 'CS', 'DOC'),
    textElement(0x00080064, 'CS', 'WSD'),
    textElement(0x00080070, 'LO', asciiText(options.equipment.manufacturer, 64)),
    textElement(0x0008103e, 'LO', title),
    textElement(0x00081090, 'LO', asciiText(options.equipment.model, 64)),
    textElement(0x00181000, 'LO', version),
    textElement(0x00181020, 'LO', version),
    uidElement(0x0020000e, deriveUid('report series', source)),
    textElement(0x00200011, 'IS', String(options.seriesNumber)),
    textElement(0x00200013, 'IS', '1'),
    textElement(0x00280301, 'CS', 'NO'),
    { tag: 0x0040a043, vr: 'SQ', value: [] },
    { tag: 0x00420010, vr: 'ST', value: Buffer.from(title, 'latin1') },
    sequenceElement(0x00420013, [uidElement(0x00081150, sourceClass), uidElement(0x00081155, source)]),
    { tag: 0x00420011, vr: 'OB', value: options.pdf },
    textElement(0x00420012, 'LO', 'application/pdf'),
    numberElement(0x00420015, 'UL', options.pdf.length),
  ];
  const meta = encodeMeta({
    sopClassUid: ENCAPSULATED_PDF,
    sopInstanceUid,
    transferSyntax: EXPLICIT_LITTLE_ENDIAN,
    softwareVersion: options.equipment.softwareVersion,
  });
  const sorted = elements.sort((a, b) => a.tag - b.tag);
  return Buffer.concat([meta, ...sorted.map((element) => encodeElement(element, false))]);
}
