import { crc32, gunzipSync, gzipSync, inflateRawSync, constants as zlib } from 'node:zlib';
import { hasCode } from '../base/files.js';
import { LimpidError } from '../contract/errors.js';
import {
  affineOf,
  at,
  HEADER_BYTES,
  headerForVolume,
  type NiftiHeader,
  parseHeader,
} from './nifti-header.js';
import { type StoredType, storedType } from './nifti-types.js';
import { asNifti1, HEADER2_BYTES, isNifti2 } from './nifti2.js';
import type { Volume } from './volume.js';

/** A NIfTI file as a volume, with what is needed to write another with the same header. */
export interface NiftiImage {
  /** scl_slope and scl_inter applied, affine in LPS, dimensions past the third folded into frames. */
  readonly volume: Volume;
  /** The source's bytes before the image: 348 of header, then its extensions; at least 352. */
  readonly header: Uint8Array;
  readonly littleEndian: boolean;
  /** The source's voxels as they lie there, where some are not finite; null where all are. */
  readonly stored: { readonly bytes: Uint8Array; readonly datatype: number } | null;
}

/** Voxels that one file may claim: 2 GiB as Float32. */
const MOST_VOXELS = 2 ** 29;
/** Bytes that may follow the image in a compressed file before it counts as a bomb. */
const SLACK = 1 << 20;

/**
 * Reads NIfTI-1 and NIfTI-2 (nifti1.h and nifti2.h of the NIfTI Data Format Working Group), plain or gzip, both byte
 * orders. What is written is NIfTI-1.
 *
 * @param bytes a .nii or .nii.gz file, or the .hdr of a pair
 * @param pixels the .img of the pair
 * @throws LimpidError E_NIFTI for what is no NIfTI, truncated or of a type without single real values (colour,
 *   complex, binary, 128 bits); E_BOMB where it inflates past what its header announces, or announces too much
 */
export function readNifti(bytes: Uint8Array, pixels?: Uint8Array): NiftiImage {
  const start = isGzip(bytes) ? inflateHead(bytes) : bytes;
  const second = isNifti2(start);
  const header = parseHeader(second ? asNifti1(start) : start);
  const headerBytes = second ? HEADER2_BYTES : HEADER_BYTES;
  const type = storedType(header.datatype);
  const count = header.dims.reduce((product, n) => product * n, 1);
  if (count > MOST_VOXELS)
    throw new LimpidError('E_BOMB', 'The image announces more voxels than can be read.', 'Split the image.');
  if (header.isPair !== (pixels !== undefined))
    throw new LimpidError(
      'E_NIFTI',
      'A NIfTI header without its image was given, or an image too many.',
      'Give one .nii file, or convert the .hdr and .img pair to it.',
    );
  const offset = header.isPair ? header.voxOffset : Math.max(header.voxOffset, headerBytes + 4);
  const end = offset + count * type.bytes;
  const whole = inflated(pixels ?? bytes, end + SLACK);
  if (whole.length < end)
    throw new LimpidError('E_NIFTI', 'The image ends before its last voxel.', 'Copy the file again.');
  const { data, measured } = decode(whole, offset, count, type, header);
  const head = header.isPair ? inflated(bytes, SLACK) : whole;
  const kept = head.subarray(0, header.isPair ? headerBytes : offset);
  const first = second ? Buffer.concat([asNifti1(kept), kept.subarray(HEADER2_BYTES)]) : kept;
  return {
    volume: volumeOf(header, type, data, measured),
    header: keptHeader(first, first.length),
    littleEndian: header.littleEndian,
    stored: measured === null ? null : { bytes: whole.subarray(offset, end), datatype: header.datatype },
  };
}

function keptHeader(bytes: Uint8Array, length: number): Uint8Array {
  const kept = new Uint8Array(Math.max(length, HEADER_BYTES + 4));
  kept.set(bytes.subarray(0, length));
  return kept;
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** The first bytes of a compressed file, enough for the header. */
function inflateHead(bytes: Uint8Array): Uint8Array {
  try {
    return inflateRawSync(bytes.subarray(gzipHeaderLength(bytes), 1 << 14), {
      finishFlush: zlib.Z_SYNC_FLUSH,
      maxOutputLength: 1 << 25,
    });
  } catch (error) {
    throw notInflated(error);
  }
}

function inflated(bytes: Uint8Array, most: number): Uint8Array {
  if (!isGzip(bytes)) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: most });
  } catch (error) {
    const first = hasCode(error, 'Z_DATA_ERROR') ? firstMember(bytes, most) : null;
    if (first !== null) return first;
    throw hasCode(error, 'ERR_BUFFER_TOO_LARGE')
      ? new LimpidError(
          'E_BOMB',
          'The file inflates to more than its header announces.',
          'Check where the file comes from.',
        )
      : notInflated(error);
  }
}

/** The first stream of a gzip file where its checksum and length stand in the file, whatever follows; else null. */
function firstMember(bytes: Uint8Array, most: number): Uint8Array | null {
  try {
    const inflated = inflateRawSync(bytes.subarray(gzipHeaderLength(bytes)), { maxOutputLength: most });
    const trailer = Buffer.alloc(8);
    trailer.writeUInt32LE(crc32(inflated), 0);
    trailer.writeUInt32LE(inflated.length, 4);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(trailer) ? inflated : null;
  } catch {
    return null;
  }
}

/** RFC 1952 section 2.3: ten bytes, then an extra field, a name, a comment and a checksum by its flags. */
function gzipHeaderLength(bytes: Uint8Array): number {
  const flags = bytes[3];
  let at = 10;
  if (flags & 4) at += 2 + bytes[at] + 256 * bytes[at + 1];
  for (const flag of [8, 16]) if (flags & flag) at = bytes.indexOf(0, at) + 1;
  return flags & 2 ? at + 2 : at;
}

function notInflated(cause: unknown): LimpidError {
  return new LimpidError(
    'E_NIFTI',
    'The compressed file is damaged or truncated.',
    'Copy the file again.',
    undefined,
    cause,
  );
}

/** Values with slope and intercept; what is not finite becomes 0 and counts as not measured. */
function decode(
  bytes: Uint8Array,
  offset: number,
  count: number,
  type: StoredType,
  header: NiftiHeader,
): { data: Float32Array; measured: Uint8Array | null } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = new Float32Array(count);
  let measured: Uint8Array | null = null;
  for (let i = 0; i < count; i++) {
    const stored = type.read(view, offset + i * type.bytes, header.littleEndian);
    const value = Math.fround(stored * header.slope + header.intercept);
    if (Number.isFinite(value)) data[i] = value;
    else {
      measured ??= new Uint8Array(count).fill(1);
      measured[i] = 0;
    }
  }
  return { data, measured };
}

function volumeOf(
  header: NiftiHeader,
  type: StoredType,
  data: Float32Array,
  measured: Uint8Array | null,
): Volume {
  const [columns, rows, slices, ...more] = header.dims;
  return {
    data,
    columns,
    rows,
    slices,
    frames: more.reduce((product, n) => product * n, 1),
    spacing: header.spacing,
    affine: affineOf(header),
    units: 'a.u.',
    measured,
    quantum: type.integer ? Math.abs(header.slope) : 0,
  };
}

export interface NiftiWriteOptions {
  readonly gzip: boolean;
  /** Or the source's type with its slope and intercept: rounded, clamped to what it holds. */
  readonly datatype: 'float32' | 'uint8' | 'source';
  /** Voxels that were not finite come back as they were: floats bit for bit. For images; a map has its own values. */
  readonly restore?: boolean;
  /** Up to 79 ASCII characters; absent: the source's. */
  readonly description?: string;
}

/**
 * A single .nii file with the source's header: sform, qform, pixdim, units, dim and extensions stay, in the
 * source's byte order. Pairs become single files.
 *
 * @param data as many values as the source's volume has
 * @throws LimpidError E_SHAPE for another number of values
 */
export function writeNifti(image: NiftiImage, data: Float32Array, options: NiftiWriteOptions): Uint8Array {
  if (data.length !== image.volume.data.length)
    throw new LimpidError(
      'E_SHAPE',
      'The data has another size than the NIfTI header.',
      'Write images of the same grid.',
    );
  const source = parseHeader(image.header);
  const little = image.littleEndian;
  const codes = { float32: at.float32, uint8: at.uint8, source: source.datatype };
  const type = storedType(codes[options.datatype]);
  const slope = options.datatype === 'source' ? source.slope : 1;
  const intercept = options.datatype === 'source' ? source.intercept : 0;
  // the format wants the image at a multiple of 16 bytes
  const offset = Math.ceil(image.header.length / 16) * 16;
  const bytes = new Uint8Array(offset + data.length * type.bytes);
  bytes.set(image.header);
  const view = new DataView(bytes.buffer);
  view.setInt16(at.datatype, type.code, little);
  view.setInt16(at.bitpix, 8 * type.bytes, little);
  view.setFloat32(at.voxOffset, offset, little);
  view.setFloat32(at.slope, slope, little);
  view.setFloat32(at.intercept, intercept, little);
  // the display range was that of the noisy values
  view.setFloat32(at.calMax, 0, little);
  view.setFloat32(at.calMin, 0, little);
  bytes.set([0x6e, 0x2b, 0x31, 0], at.magic);
  if (options.description !== undefined) writeText(bytes, at.description, 80, options.description);
  for (let i = 0; i < data.length; i++)
    type.write(view, offset + i * type.bytes, (data[i] - intercept) / slope, little);
  if (options.restore === true) restoreUnmeasured(image, bytes.subarray(offset), type);
  return options.gzip ? gzipSync(bytes) : bytes;
}

/** NaN and infinity outside of a head stand for no signal, and what reads the file may ask for them. */
function restoreUnmeasured(
  { volume, stored, littleEndian }: NiftiImage,
  out: Uint8Array,
  type: StoredType,
): void {
  const { measured } = volume;
  if (measured === null || stored === null) return;
  const from = storedType(stored.datatype);
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  const source = new DataView(stored.bytes.buffer, stored.bytes.byteOffset, stored.bytes.byteLength);
  for (let i = 0; i < measured.length; i++) {
    if (measured[i] === 1) continue;
    const at = i * from.bytes;
    if (from.code === type.code) out.set(stored.bytes.subarray(at, at + from.bytes), at);
    else type.write(view, i * type.bytes, from.read(source, at, littleEndian), littleEndian);
  }
}

/** A NIfTI-1 file of a volume that has no NIfTI source: float32, sform from the affine, millimetres. */
export function writeNiftiFromVolume(
  volume: Volume,
  options: { readonly gzip: boolean; readonly description?: string },
): Uint8Array {
  const image: NiftiImage = { volume, header: headerForVolume(volume), littleEndian: true, stored: null };
  return writeNifti(image, volume.data, { ...options, datatype: 'float32' });
}

function writeText(bytes: Uint8Array, start: number, length: number, text: string): void {
  bytes.fill(0, start, start + length);
  const ascii = text.replace(/[^\x20-\x7e]/g, '?').slice(0, length - 1);
  for (let i = 0; i < ascii.length; i++) bytes[start + i] = ascii.charCodeAt(i);
}
