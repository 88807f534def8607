import { fault } from '../../contract/errors.js';

/** How a transfer syntax encodes a data set and its pixels (DICOM PS3.5 annex A). */
export interface TransferSyntax {
  readonly implicitVr: boolean;
  readonly littleEndian: boolean;
  /** Pixel data is compressed and lies in fragments. */
  readonly encapsulated: boolean;
}

export const IMPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2';
export const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';
export const DEFLATED = '1.2.840.10008.1.2.1.99';
export const EXPLICIT_BIG_ENDIAN = '1.2.840.10008.1.2.2';

const NATIVE: TransferSyntax = { implicitVr: false, littleEndian: true, encapsulated: false };
const ENCAPSULATED: TransferSyntax = { implicitVr: false, littleEndian: true, encapsulated: true };

const SYNTAXES: ReadonlyMap<string, TransferSyntax> = new Map([
  [IMPLICIT_LITTLE_ENDIAN, { implicitVr: true, littleEndian: true, encapsulated: false }],
  [EXPLICIT_LITTLE_ENDIAN, NATIVE],
  [DEFLATED, NATIVE],
  [EXPLICIT_BIG_ENDIAN, { implicitVr: false, littleEndian: false, encapsulated: false }],
  ['1.2.840.10008.1.2.4.50', ENCAPSULATED], // JPEG baseline
  ['1.2.840.10008.1.2.4.51', ENCAPSULATED], // JPEG extended
  ['1.2.840.10008.1.2.4.57', ENCAPSULATED], // JPEG lossless, process 14
  ['1.2.840.10008.1.2.4.70', ENCAPSULATED], // JPEG lossless, process 14, selection value 1
  ['1.2.840.10008.1.2.4.80', ENCAPSULATED], // JPEG-LS lossless
  ['1.2.840.10008.1.2.4.81', ENCAPSULATED], // JPEG-LS near-lossless
  ['1.2.840.10008.1.2.4.90', ENCAPSULATED], // JPEG 2000 lossless
  ['1.2.840.10008.1.2.4.91', ENCAPSULATED], // JPEG 2000
  ['1.2.840.10008.1.2.4.201', ENCAPSULATED], // High-throughput JPEG 2000 lossless
  ['1.2.840.10008.1.2.4.202', ENCAPSULATED], // High-throughput JPEG 2000 lossless, RPCL
  ['1.2.840.10008.1.2.4.203', ENCAPSULATED], // High-throughput JPEG 2000
  ['1.2.840.10008.1.2.5', ENCAPSULATED], // RLE lossless
]);

/** @throws LimpidError E_TS_UNSUPPORTED. */
export function transferSyntax(uid: string): TransferSyntax {
  const syntax = SYNTAXES.get(uid);
  if (syntax === undefined)
    throw /^[0-9.]{1,64}$/.test(uid)
      ? fault('E_TS_UNSUPPORTED/syntax', { uid })
      : fault('E_TS_UNSUPPORTED/invalid');
  return syntax;
}
