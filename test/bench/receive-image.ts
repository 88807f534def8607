import { encodeMeta, numberElement, textElement, uidElement } from '../../src-main/dicom/elements/encode.js';
import { encodeDataSet } from '../../src-main/dicom/net/data-set.js';

const MR = '1.2.840.10008.5.1.4.1.1.4';
const EXPLICIT = '1.2.840.10008.1.2.1';

/** An MR image as a file: what a scanner sends, as far as a node looks at it. */
export function receivedImage(
  names: { readonly study: string; readonly series: string; readonly sopInstanceUid: string },
  size: number,
): Buffer {
  const { study, series, sopInstanceUid } = names;
  const pixels = Buffer.from(Uint16Array.from({ length: size * size }, (_, i) => (i * 7919) % 4096).buffer);
  const meta = encodeMeta({
    sopClassUid: MR,
    sopInstanceUid,
    transferSyntax: EXPLICIT,
    softwareVersion: 'bench',
  });
  const data = encodeDataSet(
    [
      uidElement(0x00080016, MR),
      uidElement(0x00080018, sopInstanceUid),
      textElement(0x00080060, 'CS', 'MR'),
      uidElement(0x0020000d, study),
      uidElement(0x0020000e, series),
      numberElement(0x00280010, 'US', size),
      numberElement(0x00280011, 'US', size),
      numberElement(0x00280100, 'US', 16),
      { tag: 0x7fe00010, vr: 'OW', value: pixels },
    ],
    EXPLICIT,
  );
  return Buffer.concat([meta, data]);
}
