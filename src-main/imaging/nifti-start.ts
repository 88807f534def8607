import { fault } from '../contract/errors.js';
import { inflateHead, isGzip } from './nifti-gzip.js';
import { HEADER_BYTES, type NiftiHeader, parseHeader } from './nifti-header.js';
import { complexPart, storedType } from './nifti-types.js';
import { asNifti1, HEADER2_BYTES, isNifti2 } from './nifti2.js';

/** Values that one file may claim: 2 GiB as Float32. */
const MOST_VALUES = 2 ** 29;

/** What the beginning of a NIfTI file tells of its image. */
export interface NiftiFacts {
  /** Whether the pixels lie in another file. */
  readonly isPair: boolean;
  readonly columns: number;
  readonly rows: number;
  readonly slices: number;
  /** Dimensions past the third, folded. */
  readonly frames: number;
  /** mm. */
  readonly spacing: readonly [number, number, number];
  readonly isComplex: boolean;
  /** What the values mean, by a code of nifti1.h. */
  readonly intent: number;
  /** What the program that wrote it says: never logged, it may name a patient. */
  readonly description: string;
}

/**
 * Reads the header of a NIfTI file, plain or gzip, and says whether it is one of NIfTI-2.
 *
 * @param bytes the file, or at least its first 16 KiB
 * @throws LimpidError E_NIFTI for what is no NIfTI; E_BOMB where it announces too much
 */
export function readNiftiHeader(bytes: Uint8Array): {
  readonly header: NiftiHeader;
  readonly second: boolean;
} {
  const start = isGzip(bytes) ? inflateHead(bytes) : bytes;
  const second = isNifti2(start);
  const header = parseHeader(second ? asNifti1(start) : start);
  const parts = complexPart(header.datatype) === null ? 1 : 2;
  if (header.dims.reduce((product, n) => product * n, parts) > MOST_VALUES)
    throw fault('E_BOMB/nifti-voxels');
  return { header, second };
}

/** What a header says of the image. @throws LimpidError as `readNiftiHeader`; E_NIFTI for types that are not read */
export function readNiftiFacts(bytes: Uint8Array): NiftiFacts {
  const { header } = readNiftiHeader(bytes);
  const isComplex = complexPart(header.datatype) !== null;
  if (!isComplex) storedType(header.datatype);
  const [columns, rows, slices, ...more] = header.dims;
  return {
    isPair: header.isPair,
    columns,
    rows,
    slices,
    frames: more.reduce((product, n) => product * n, 1),
    spacing: header.spacing,
    isComplex,
    intent: header.intent,
    description: header.description,
  };
}

const MAGIC1 = 344;
const MAGIC2 = 4;

/** Whether a file begins as those of NIfTI do, whatever it is called. */
export function isNiftiStart(bytes: Uint8Array): boolean {
  let start = bytes;
  try {
    if (isGzip(bytes)) start = inflateHead(bytes);
  } catch {
    // What does not inflate does not begin as NIfTI, whatever it is.
    return false;
  }
  const says = (at: number, version: string): boolean => {
    const magic = String.fromCharCode(...start.subarray(at, at + 3));
    return magic === `n+${version}` || magic === `ni${version}`;
  };
  return (
    (start.length >= HEADER_BYTES && says(MAGIC1, '1')) ||
    (start.length >= HEADER2_BYTES && says(MAGIC2, '2'))
  );
}
