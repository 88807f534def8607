import { fault } from '../contract/errors.js';
import type { Volume } from './volume.js';

export const HEADER_BYTES = 348;

/** Byte offsets of the fields used (nifti1.h), and the codes of two types. */
export const at = {
  dim: 40,
  intent: 68,
  datatype: 70,
  bitpix: 72,
  pixdim: 76,
  voxOffset: 108,
  slope: 112,
  intercept: 116,
  units: 123,
  calMax: 124,
  calMin: 128,
  description: 148,
  qformCode: 252,
  sformCode: 254,
  quaternion: 256,
  qoffset: 268,
  srow: 280,
  magic: 344,
  float32: 16,
  float64: 64,
  complex64: 32,
  uint8: 2,
} as const;

export interface NiftiHeader {
  readonly littleEndian: boolean;
  /** True for the header of a .hdr and .img pair. */
  readonly isPair: boolean;
  /** At least three. */
  readonly dims: readonly number[];
  readonly datatype: number;
  /** What the values mean, by a code of nifti1.h. */
  readonly intent: number;
  readonly voxOffset: number;
  readonly slope: number;
  readonly intercept: number;
  /** mm. */
  readonly spacing: readonly [number, number, number];
  /** Row-major 4x4, voxel to RAS in mm. */
  readonly ras: readonly number[];
  /** Up to 80 ASCII characters. */
  readonly description: string;
}

/** @throws LimpidError E_NIFTI for a bad magic, impossible dimensions or offsets, and Analyze */
export function parseHeader(bytes: Uint8Array): NiftiHeader {
  if (bytes.length < HEADER_BYTES) throw fault('E_NIFTI/short');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = view.getInt32(0, true) === HEADER_BYTES;
  if (!little && view.getInt32(0, false) !== HEADER_BYTES) throw fault('E_NIFTI/other-file');
  const magic = String.fromCharCode(...bytes.subarray(at.magic, at.magic + 4));
  if (magic !== 'n+1\0' && magic !== 'ni1\0') throw fault('E_NIFTI/magic');
  const slope = view.getFloat32(at.slope, little);
  const intercept = view.getFloat32(at.intercept, little);
  // "if scl_slope is nonzero": otherwise neither applies
  const scaled = Number.isFinite(slope) && slope !== 0;
  const voxOffset = view.getFloat32(at.voxOffset, little);
  if (!(voxOffset >= 0 && voxOffset < 2 ** 31)) throw fault('E_NIFTI/offset');
  return {
    littleEndian: little,
    isPair: magic === 'ni1\0',
    dims: dimensions(view, little),
    datatype: view.getInt16(at.datatype, little),
    intent: view.getInt16(at.intent, little),
    voxOffset: Math.floor(voxOffset),
    slope: scaled ? slope : 1,
    intercept: scaled && Number.isFinite(intercept) ? intercept : 0,
    spacing: spacingOf(view, little),
    ras: rasOf(view, little),
    description: textOf(bytes.subarray(at.description, at.description + 80)),
  };
}

function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return String.fromCharCode(...bytes.subarray(0, end < 0 ? bytes.length : end));
}

function dimensions(view: DataView, little: boolean): number[] {
  const rank = view.getInt16(at.dim, little);
  if (rank < 1 || rank > 7) throw fault('E_NIFTI/rank');
  const dims = [1, 1, 1];
  for (let i = 0; i < rank; i++) {
    dims[i] = view.getInt16(at.dim + 2 * (i + 1), little);
    if (dims[i] < 1) throw fault('E_NIFTI/dimension');
  }
  return dims;
}

/** mm in one unit of space; unknown units count as mm. */
function unitOf(view: DataView): number {
  const code = view.getUint8(at.units) & 7;
  return code === 1 ? 1000 : code === 3 ? 0.001 : 1;
}

function spacingOf(view: DataView, little: boolean): [number, number, number] {
  const unit = unitOf(view);
  const along = (axis: number): number => {
    const size = Math.abs(view.getFloat32(at.pixdim + 4 * axis, little));
    return Number.isFinite(size) && size > 0 ? size * unit : 1;
  };
  return [along(1), along(2), along(3)];
}

/** sform if there is one, else qform, else the spacing alone (methods 3, 2, 1 of nifti1.h). */
function rasOf(view: DataView, little: boolean): number[] {
  const unit = unitOf(view);
  if (view.getInt16(at.sformCode, little) > 0) {
    const rows = Array.from({ length: 12 }, (_, i) => unit * view.getFloat32(at.srow + 4 * i, little));
    if (rows.every(Number.isFinite)) return [...rows, 0, 0, 0, 1];
  }
  const [dx, dy, dz] = spacingOf(view, little);
  if (view.getInt16(at.qformCode, little) <= 0) return [dx, 0, 0, 0, 0, dy, 0, 0, 0, 0, dz, 0, 0, 0, 0, 1];
  return fromQuaternion(view, little, [dx, dy, dz], unit);
}

function fromQuaternion(
  view: DataView,
  little: boolean,
  spacing: readonly [number, number, number],
  unit: number,
): number[] {
  const read = (start: number, k: number): number => view.getFloat32(start + 4 * k, little);
  const b = read(at.quaternion, 0);
  const c = read(at.quaternion, 1);
  const d = read(at.quaternion, 2);
  const a = Math.sqrt(Math.max(0, 1 - (b * b + c * c + d * d)));
  const flip = read(at.pixdim, 0) < 0 ? -1 : 1;
  const rotation = [
    [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
    [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
    [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
  ];
  const scale = [spacing[0], spacing[1], flip * spacing[2]];
  return [
    ...rotation.flatMap((row, i) => [...row.map((r, k) => r * scale[k]), unit * read(at.qoffset, i)]),
    0,
    0,
    0,
    1,
  ];
}

/** Voxel to LPS: x and y of RAS turned. */
export function affineOf(header: NiftiHeader): number[] {
  return header.ras.map((value, i) => (i < 8 ? 0 - value : value));
}

/** A little-endian single-file header of a volume: float32, sform, mm and seconds. 352 bytes. */
export function headerForVolume(volume: Volume): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + 4);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, HEADER_BYTES, true);
  const dims = [volume.columns, volume.rows, volume.slices, volume.frames];
  if (dims.some((n) => n > 32767)) throw fault('E_SHAPE/nifti-axis');
  view.setInt16(at.dim, volume.frames > 1 ? 4 : 3, true);
  for (let i = 0; i < 7; i++) view.setInt16(at.dim + 2 * (i + 1), dims[i] ?? 1, true);
  const sizes = [1, ...volume.spacing, 1, 1, 1, 1];
  for (const [i, size] of sizes.entries()) view.setFloat32(at.pixdim + 4 * i, size, true);
  view.setInt16(at.datatype, at.float32, true);
  view.setUint8(at.units, 2 | 8);
  view.setInt16(at.sformCode, 1, true);
  for (let i = 0; i < 12; i++)
    view.setFloat32(at.srow + 4 * i, i < 8 ? 0 - volume.affine[i] : volume.affine[i], true);
  bytes.set([0x6e, 0x2b, 0x31, 0], at.magic);
  return bytes;
}
