import { gzipSync } from 'node:zlib';
import { fault, type LimpidError } from '../contract/errors.js';
import { magnitudeOf, partsOf } from './complex.js';
import { inflated } from './nifti-gzip.js';
import {
  affineOf,
  at,
  HEADER_BYTES,
  headerForVolume,
  type NiftiHeader,
  parseHeader,
} from './nifti-header.js';
import { readNiftiHeader } from './nifti-start.js';
import { complexPart, type StoredType, storedType } from './nifti-types.js';
import { asNifti1, HEADER2_BYTES } from './nifti2.js';
import type { Volume } from './volume.js';

/** A NIfTI file as a volume, with what is needed to write another with the same header. */
export interface NiftiImage {
  /** scl_slope and scl_inter applied, affine in LPS, dimensions past the third folded into frames; magnitudes. */
  readonly volume: Volume;
  /** Of complex values: the real parts of all frames, then the imaginary ones of all; null for real values. */
  readonly parts: Float32Array | null;
  /** The source's bytes before the image: 348 of header, then its extensions; at least 352. */
  readonly header: Uint8Array;
  readonly littleEndian: boolean;
  /** The source's voxels as they lie there, where some are not finite, or beyond float32; null where all are within. */
  readonly stored: {
    readonly bytes: Uint8Array;
    readonly datatype: number;
    /** Some are finite and beyond float32: only float64 gives them back. */
    readonly wide: boolean;
  } | null;
}

/** Bytes that may follow the image in a compressed file before it counts as a bomb. */
const SLACK = 1 << 20;

/**
 * Reads NIfTI-1 and NIfTI-2 (nifti1.h and nifti2.h of the NIfTI Data Format Working Group), plain or gzip, both byte
 * orders. What is written is NIfTI-1.
 *
 * @param bytes a .nii or .nii.gz file, or the .hdr of a pair
 * @param pixels the .img of the pair
 * @throws LimpidError E_NIFTI for what is no NIfTI, truncated or of a type without single real values (colour,
 *   binary, 128 bits); E_BOMB where it inflates past what its header announces, or announces too much; E_VALUES where
 *   most values are beyond float32, or differ by too little for it
 */
export function readNifti(bytes: Uint8Array, pixels?: Uint8Array): NiftiImage {
  const { header, second } = readNiftiHeader(bytes);
  const headerBytes = second ? HEADER2_BYTES : HEADER_BYTES;
  const part = complexPart(header.datatype);
  const type = part ?? storedType(header.datatype);
  const count = header.dims.reduce((product, n) => product * n, part === null ? 1 : 2);
  if (header.isPair !== (pixels !== undefined)) throw fault('E_NIFTI/pair');
  const offset = header.isPair ? header.voxOffset : Math.max(header.voxOffset, headerBytes + 4);
  const end = offset + count * type.bytes;
  const whole = inflated(pixels ?? bytes, end + SLACK);
  if (whole.length < end) throw fault('E_NIFTI/ends-early');
  const decoded = decode(whole, offset, count, type, header);
  // Single values are marks of no signal; an image of such values would be nothing but marks.
  if (decoded.beyond > count / 2 || (part !== null && decoded.beyond > 0)) throw fault('E_VALUES/float32');
  if (decoded.rounding > MOST_ROUNDING) throw fault('E_VALUES/float32-steps');
  const parts = part === null ? null : partsOf(decoded.data);
  const measured = part === null ? decoded.measured : bothMeasured(decoded.measured);
  const data = parts === null ? decoded.data : magnitudeOf(parts);
  const head = header.isPair ? inflated(bytes, SLACK) : whole;
  const kept = head.subarray(0, header.isPair ? headerBytes : offset);
  const first = second ? Buffer.concat([asNifti1(kept), kept.subarray(HEADER2_BYTES)]) : kept;
  return {
    volume: volumeOf(header, type, data, measured),
    parts,
    header: keptHeader(first, extensionsEnd(first, header.littleEndian)),
    littleEndian: header.littleEndian,
    stored:
      measured === null
        ? null
        : { bytes: whole.subarray(offset, end), datatype: header.datatype, wide: decoded.beyond > 0 },
  };
}

/** Complex values lie in pairs: where one part is no number, neither is the whole. */
function bothMeasured(measured: Uint8Array | null): Uint8Array | null {
  return measured === null
    ? null
    : Uint8Array.from({ length: measured.length / 2 }, (_, i) => measured[2 * i] & measured[2 * i + 1]);
}

/**
 * Where the extensions of a header end, each of which says its size. Where one says what cannot be, all are left out: no
 * reader gets past it.
 */
function extensionsEnd(first: Uint8Array, little: boolean): number {
  const start = HEADER_BYTES + 4;
  if (first.length <= start || first[HEADER_BYTES] === 0) return first.length;
  const view = new DataView(first.buffer, first.byteOffset, first.byteLength);
  for (let at = start; at + 8 <= first.length; ) {
    const size = view.getInt32(at, little);
    if (size < 8 || at + size > first.length) return start;
    at += size;
  }
  return first.length;
}

function keptHeader(bytes: Uint8Array, length: number): Uint8Array {
  const kept = new Uint8Array(Math.max(length, HEADER_BYTES + 4));
  kept.set(bytes.subarray(0, length));
  if (length <= HEADER_BYTES + 4) kept.fill(0, HEADER_BYTES, HEADER_BYTES + 4);
  return kept;
}

/** Of the standard deviation of the values: what float32 takes off them beside a large value that all have in common. */
const MOST_ROUNDING = 0.01;

/**
 * Values with slope and intercept, and the root mean square of what float32 rounds off over their standard deviation; what is not finite, or beyond float32, becomes 0 and counts as not measured. `beyond`
 * counts the latter, and values so small that they would be 0.
 */
function decode(
  bytes: Uint8Array,
  offset: number,
  count: number,
  type: StoredType,
  header: NiftiHeader,
): { data: Float32Array; measured: Uint8Array | null; beyond: number; rounding: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = new Float32Array(count);
  let measured: Uint8Array | null = null;
  let beyond = 0;
  const about = { origin: Number.NaN, count: 0, sum: 0, squares: 0, lost: 0 };
  for (let i = 0; i < count; i++) {
    const stored = type.read(view, offset + i * type.bytes, header.littleEndian);
    const exact = stored * header.slope + header.intercept;
    const value = Math.fround(exact);
    if (Number.isFinite(value)) {
      data[i] = value;
      if (value === 0 && exact !== 0) beyond++;
      // From the first value on, so that what all have in common costs no digits.
      if (about.count === 0) about.origin = exact;
      const apart = exact - about.origin;
      about.count++;
      about.sum += apart;
      about.squares += apart * apart;
      about.lost += (value - exact) ** 2;
    } else {
      measured ??= new Uint8Array(count).fill(1);
      measured[i] = 0;
      if (Number.isFinite(exact)) beyond++;
    }
  }
  const variation = about.squares - about.sum ** 2 / Math.max(1, about.count);
  return { data, measured, beyond, rounding: variation > 0 ? Math.sqrt(about.lost / variation) : 0 };
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
  /**
   * Voxels that were not finite come back as they were: floats bit for bit. Where some were beyond float32, so that
   * these can too, float32 becomes float64. For images; a map has its own values.
   */
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
  if (data.length !== image.volume.data.length) throw otherSize();
  const source = parseHeader(image.header);
  const little = image.littleEndian;
  const isSource = options.datatype === 'source' && image.parts === null;
  const isWide = options.restore === true && image.parts === null && image.stored?.wide === true;
  const float = isWide ? at.float64 : at.float32;
  const codes = { float32: float, uint8: at.uint8, source: isSource ? source.datatype : float };
  const type = storedType(codes[options.datatype]);
  const slope = isSource ? source.slope : 1;
  const intercept = isSource ? source.intercept : 0;
  const { bytes, offset } = started(image, {
    code: type.code,
    voxelBytes: type.bytes,
    slope,
    intercept,
    description: options.description,
  });
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < data.length; i++)
    type.write(view, offset + i * type.bytes, (data[i] - intercept) / slope, little);
  if (options.restore === true && image.parts === null)
    restoreUnmeasured(image, source, bytes.subarray(offset), { type, keepsScale: isSource });
  return options.gzip ? gzipSync(bytes) : bytes;
}

/**
 * The same of complex values, as complex64 (pairs of float32). Voxels that were not finite come back as they were.
 *
 * @param parts real parts of all frames, then imaginary ones
 * @throws LimpidError E_SHAPE for another number of values
 */
export function writeComplexNifti(
  image: NiftiImage,
  parts: Float32Array,
  options: Pick<NiftiWriteOptions, 'gzip' | 'description'>,
): Uint8Array {
  const count = image.volume.data.length;
  if (image.parts === null || parts.length !== 2 * count) throw otherSize();
  const { bytes, offset } = started(image, {
    code: at.complex64,
    voxelBytes: 8,
    slope: 1,
    intercept: 0,
    description: options.description,
  });
  const type = storedType(at.float32);
  const view = new DataView(bytes.buffer);
  const put = (at: number, value: number) =>
    type.write(view, offset + at * type.bytes, value, image.littleEndian);
  for (let i = 0; i < count; i++) {
    put(2 * i, parts[i]);
    put(2 * i + 1, parts[count + i]);
  }
  const { measured } = image.volume;
  const { stored } = image;
  const from = stored === null ? null : complexPart(stored.datatype);
  if (measured !== null && stored !== null && from !== null) {
    const old = new DataView(stored.bytes.buffer, stored.bytes.byteOffset, stored.bytes.byteLength);
    for (let i = 0; i < 2 * count; i++)
      if (measured[i >> 1] === 0) put(i, from.read(old, i * from.bytes, image.littleEndian));
  }
  return options.gzip ? gzipSync(bytes) : bytes;
}

/** A single file with the source's header, and room for its voxels. */
function started(
  image: NiftiImage,
  as: {
    readonly code: number;
    readonly voxelBytes: number;
    readonly slope: number;
    readonly intercept: number;
    readonly description: string | undefined;
  },
): { readonly bytes: Uint8Array<ArrayBuffer>; readonly offset: number } {
  const little = image.littleEndian;
  // the format wants the image at a multiple of 16 bytes
  const offset = Math.ceil(image.header.length / 16) * 16;
  const bytes = new Uint8Array(offset + image.volume.data.length * as.voxelBytes);
  bytes.set(image.header);
  const view = new DataView(bytes.buffer);
  view.setInt16(at.datatype, as.code, little);
  view.setInt16(at.bitpix, 8 * as.voxelBytes, little);
  view.setFloat32(at.voxOffset, offset, little);
  view.setFloat32(at.slope, as.slope, little);
  view.setFloat32(at.intercept, as.intercept, little);
  // the display range was that of the noisy values
  view.setFloat32(at.calMax, 0, little);
  view.setFloat32(at.calMin, 0, little);
  bytes.set([0x6e, 0x2b, 0x31, 0], at.magic);
  if (as.description !== undefined) writeText(bytes, at.description, 80, as.description);
  return { bytes, offset };
}

function otherSize(): LimpidError {
  return fault('E_SHAPE/nifti-size');
}

/** NaN and infinity outside of a head stand for no signal, and what reads the file may ask for them. */
function restoreUnmeasured(
  { volume, stored, littleEndian }: NiftiImage,
  { slope, intercept }: NiftiHeader,
  out: Uint8Array,
  { type, keepsScale }: { readonly type: StoredType; readonly keepsScale: boolean },
): void {
  const { measured } = volume;
  if (measured === null || stored === null) return;
  const from = storedType(stored.datatype);
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  const source = new DataView(stored.bytes.buffer, stored.bytes.byteOffset, stored.bytes.byteLength);
  for (let i = 0; i < measured.length; i++) {
    if (measured[i] === 1) continue;
    const at = i * from.bytes;
    const value = from.read(source, at, littleEndian);
    // Not a number has bits of its own; others are what their scale makes of them, where it is not written too.
    if (from.code === type.code && (keepsScale || Number.isNaN(value)))
      out.set(stored.bytes.subarray(at, at + from.bytes), at);
    else type.write(view, i * type.bytes, value * slope + intercept, littleEndian);
  }
}

/** A NIfTI-1 file of a volume that has no NIfTI source: float32 unless told otherwise, sform from the affine, millimetres. */
export function writeNiftiFromVolume(
  volume: Volume,
  options: Pick<NiftiWriteOptions, 'gzip' | 'description'> & { readonly datatype?: 'float32' | 'uint8' },
): Uint8Array {
  const image: NiftiImage = {
    volume,
    parts: null,
    header: headerForVolume(volume),
    littleEndian: true,
    stored: null,
  };
  return writeNifti(image, volume.data, { datatype: 'float32', ...options });
}

function writeText(bytes: Uint8Array, start: number, length: number, text: string): void {
  bytes.fill(0, start, start + length);
  const ascii = text.replace(/[^\x20-\x7e]/g, '?').slice(0, length - 1);
  for (let i = 0; i < ascii.length; i++) bytes[start + i] = ascii.charCodeAt(i);
}
