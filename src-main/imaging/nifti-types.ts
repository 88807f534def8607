import { fault } from '../contract/errors.js';

/** How one NIfTI datatype is stored (nifti1.h, datatype codes). */
export interface StoredType {
  readonly code: number;
  readonly bytes: number;
  readonly integer: boolean;
  read(view: DataView, offset: number, littleEndian: boolean): number;
  /** Rounds and clamps to what the type holds. */
  write(view: DataView, offset: number, value: number, littleEndian: boolean): void;
}

/** NaN becomes 0, as an integer cannot hold it. */
function whole(value: number, low: number, high: number): number {
  return Number.isNaN(value) ? 0 : Math.max(low, Math.min(high, Math.round(value)));
}

function wholeBig(value: number, low: bigint, high: bigint): bigint {
  if (Number.isNaN(value)) return 0n;
  if (value <= Number(low)) return low;
  return value >= Number(high) ? high : BigInt(Math.round(value));
}

const TYPES: readonly StoredType[] = [
  {
    code: 2,
    bytes: 1,
    integer: true,
    read: (view, offset) => view.getUint8(offset),
    write: (view, offset, value) => view.setUint8(offset, whole(value, 0, 255)),
  },
  {
    code: 4,
    bytes: 2,
    integer: true,
    read: (view, offset, little) => view.getInt16(offset, little),
    write: (view, offset, value, little) => view.setInt16(offset, whole(value, -32768, 32767), little),
  },
  {
    code: 8,
    bytes: 4,
    integer: true,
    read: (view, offset, little) => view.getInt32(offset, little),
    write: (view, offset, value, little) =>
      view.setInt32(offset, whole(value, -(2 ** 31), 2 ** 31 - 1), little),
  },
  {
    code: 16,
    bytes: 4,
    integer: false,
    read: (view, offset, little) => view.getFloat32(offset, little),
    write: (view, offset, value, little) => view.setFloat32(offset, value, little),
  },
  {
    code: 64,
    bytes: 8,
    integer: false,
    read: (view, offset, little) => view.getFloat64(offset, little),
    write: (view, offset, value, little) => view.setFloat64(offset, value, little),
  },
  {
    code: 256,
    bytes: 1,
    integer: true,
    read: (view, offset) => view.getInt8(offset),
    write: (view, offset, value) => view.setInt8(offset, whole(value, -128, 127)),
  },
  {
    code: 512,
    bytes: 2,
    integer: true,
    read: (view, offset, little) => view.getUint16(offset, little),
    write: (view, offset, value, little) => view.setUint16(offset, whole(value, 0, 65535), little),
  },
  {
    code: 768,
    bytes: 4,
    integer: true,
    read: (view, offset, little) => view.getUint32(offset, little),
    write: (view, offset, value, little) => view.setUint32(offset, whole(value, 0, 2 ** 32 - 1), little),
  },
  {
    code: 1024,
    bytes: 8,
    integer: true,
    read: (view, offset, little) => Number(view.getBigInt64(offset, little)),
    write: (view, offset, value, little) =>
      view.setBigInt64(offset, wholeBig(value, -(2n ** 63n), 2n ** 63n - 1n), little),
  },
  {
    code: 1280,
    bytes: 8,
    integer: true,
    read: (view, offset, little) => Number(view.getBigUint64(offset, little)),
    write: (view, offset, value, little) =>
      view.setBigUint64(offset, wholeBig(value, 0n, 2n ** 64n - 1n), little),
  },
];

/** Datatypes of complex values, which lie as pairs of real ones, and those of their parts. */
const COMPLEX: Readonly<Record<number, number>> = { 32: 16, 1792: 64 };

/** How each part of a complex value is stored; null for types without parts. */
export function complexPart(code: number): StoredType | null {
  return code in COMPLEX ? storedType(COMPLEX[code]) : null;
}

/** @throws LimpidError E_NIFTI for colour, complex, binary and 128-bit types */
export function storedType(code: number): StoredType {
  const type = TYPES.find((candidate) => candidate.code === code);
  if (type !== undefined) return type;
  throw fault('E_NIFTI/datatype', { code });
}
