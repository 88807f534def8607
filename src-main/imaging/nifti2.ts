import { fault } from '../contract/errors.js';
import { at, HEADER_BYTES } from './nifti-header.js';

/** Of a NIfTI-2 header (nifti2.h of the NIfTI Data Format Working Group). */
export const HEADER2_BYTES = 540;

/** Byte offsets in NIfTI-2 of what `at` has of NIfTI-1. */
const at2 = {
  magic: 4,
  datatype: 12,
  bitpix: 14,
  dim: 16,
  intent: 80,
  pixdim: 104,
  voxOffset: 168,
  slope: 176,
  intercept: 184,
  calMax: 192,
  calMin: 200,
  description: 240,
  qformCode: 344,
  sformCode: 348,
  quaternion: 352,
  qoffset: 376,
  srow: 400,
  units: 500,
  intentCode: 504,
  intentName: 508,
  dimInfo: 524,
} as const;

const SIGNATURE = [0x0d, 0x0a, 0x1a, 0x0a];

export function isNifti2(bytes: Uint8Array): boolean {
  if (bytes.length < HEADER2_BYTES) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getInt32(0, true) === HEADER2_BYTES || view.getInt32(0, false) === HEADER2_BYTES;
}

/**
 * The NIfTI-1 header that says the same, in the same byte order: 348 bytes. Its image offset is that of the NIfTI-2
 * file; numbers that were doubles are rounded to single precision.
 *
 * @throws LimpidError E_NIFTI for a bad signature, and for what NIfTI-1 cannot say (over 32767 voxels along an axis)
 */
export function asNifti1(bytes: Uint8Array): Uint8Array {
  const from = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = from.getInt32(0, true) === HEADER2_BYTES;
  const magic = String.fromCharCode(...bytes.subarray(at2.magic, at2.magic + 4));
  const signed = SIGNATURE.every((value, i) => bytes[at2.magic + 4 + i] === value);
  if ((magic !== 'n+2\0' && magic !== 'ni2\0') || !signed) throw fault('E_NIFTI/nifti2-magic');
  const out = new Uint8Array(HEADER_BYTES);
  const to = new DataView(out.buffer);
  const double = (offset: number): number => from.getFloat64(offset, little);
  const whole = (offset: number): number => Number(from.getBigInt64(offset, little));
  to.setInt32(0, HEADER_BYTES, little);
  for (let i = 0; i < 8; i++) {
    const size = whole(at2.dim + 8 * i);
    // NIfTI leaves the sizes past the last dimension open.
    const used = i <= whole(at2.dim);
    if (used && (size < 0 || size > 32767)) throw fault('E_NIFTI/nifti2-size');
    to.setInt16(at.dim + 2 * i, used ? size : 1, little);
    to.setFloat32(at.pixdim + 4 * i, double(at2.pixdim + 8 * i), little);
  }
  to.setInt16(at.datatype, from.getInt16(at2.datatype, little), little);
  to.setInt16(at.bitpix, from.getInt16(at2.bitpix, little), little);
  to.setFloat32(at.voxOffset, whole(at2.voxOffset), little);
  to.setFloat32(at.slope, double(at2.slope), little);
  to.setFloat32(at.intercept, double(at2.intercept), little);
  to.setFloat32(at.calMax, double(at2.calMax), little);
  to.setFloat32(at.calMin, double(at2.calMin), little);
  to.setInt16(at.qformCode, from.getInt32(at2.qformCode, little), little);
  to.setInt16(at.sformCode, from.getInt32(at2.sformCode, little), little);
  for (let i = 0; i < 3; i++) {
    to.setFloat32(at.quaternion + 4 * i, double(at2.quaternion + 8 * i), little);
    to.setFloat32(at.qoffset + 4 * i, double(at2.qoffset + 8 * i), little);
    to.setFloat32(INTENT + 4 * i, double(at2.intent + 8 * i), little);
  }
  for (let i = 0; i < 12; i++) to.setFloat32(at.srow + 4 * i, double(at2.srow + 8 * i), little);
  to.setUint8(at.units, from.getInt32(at2.units, little) & 0xff);
  to.setInt16(INTENT_CODE, from.getInt32(at2.intentCode, little), little);
  out.set(bytes.subarray(at2.intentName, at2.intentName + 16), INTENT_NAME);
  out[DIM_INFO] = bytes[at2.dimInfo];
  out.set(bytes.subarray(at2.description, at2.description + 80), at.description);
  out.set([0x6e, magic === 'n+2\0' ? 0x2b : 0x69, 0x31, 0], at.magic);
  return out;
}

/** Offsets in NIfTI-1 that nothing else needs. */
const DIM_INFO = 39;
const INTENT = 56;
const INTENT_CODE = 68;
const INTENT_NAME = 328;
