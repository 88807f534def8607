import { fault } from '../../contract/errors.js';
import { type StoredPixels, storedRange } from '../codec/stored.js';
import { asciiValue, type ElementFile, findElement, tagName } from '../elements/elements.js';

/** The Image Pixel attributes of a monochrome image (PS3.3 section C.7.6.3). */
export interface PixelFormat {
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly highBit: number;
  readonly pixelRepresentation: number;
}

/**
 * The pixel format of a little endian file.
 *
 * @throws LimpidError E_ELEMENT (missing or contradictory), E_NOT_ELIGIBLE (colour, 1-bit).
 */
export function pixelFormatOf(file: ElementFile): PixelFormat {
  if (findElement(file.elements, 0x7fe00010) === undefined) throw fault('E_NOT_ELIGIBLE/no-pixel-data');
  if (unsigned16(file, 0x00280002) !== 1) throw fault('E_NOT_ELIGIBLE/colour-image');
  const format: PixelFormat = {
    rows: unsigned16(file, 0x00280010),
    columns: unsigned16(file, 0x00280011),
    frames: frameCount(file),
    bitsAllocated: unsigned16(file, 0x00280100),
    bitsStored: unsigned16(file, 0x00280101),
    highBit: unsigned16(file, 0x00280102),
    pixelRepresentation: unsigned16(file, 0x00280103),
  };
  const { bitsAllocated, bitsStored, highBit, pixelRepresentation } = format;
  if (![8, 16, 32].includes(bitsAllocated)) throw fault('E_NOT_ELIGIBLE/bits', { bits: bitsAllocated });
  if (bitsStored < 1 || highBit < bitsStored - 1 || highBit >= bitsAllocated || pixelRepresentation > 1)
    throw fault('E_ELEMENT/pixel-bits');
  if (format.rows * format.columns * format.frames === 0) throw fault('E_ELEMENT/no-pixels');
  return format;
}

/**
 * Stored values as native little endian pixel data, moved up where HighBit asks for it. `beside` are bits of the
 * source's containers that belong to an overlay: they stay where the overlay says that they are.
 *
 * @throws LimpidError E_PIXEL_LENGTH, E_VALUES.
 */
export function encodePixels(
  pixels: StoredPixels,
  format: PixelFormat,
  beside?: Uint32Array,
): { bytes: Uint8Array; smallest: number; largest: number } {
  if (pixels.length !== format.rows * format.columns * format.frames)
    throw fault('E_PIXEL_LENGTH/header', {
      found: pixels.length,
      expected: format.rows * format.columns * format.frames,
    });
  let smallest = pixels[0];
  let largest = pixels[0];
  for (const value of pixels) {
    if (value < smallest) smallest = value;
    else if (value > largest) largest = value;
  }
  const [low, high] = storedRange(format);
  if (smallest < low || largest > high) throw fault('E_VALUES/bits-stored');
  return { bytes: pack(pixels, format, beside), smallest, largest };
}

function pack(pixels: StoredPixels, format: PixelFormat, beside?: Uint32Array): Uint8Array {
  const mask = 0xffffffff >>> (32 - format.bitsStored);
  const shift = format.highBit + 1 - format.bitsStored;
  const width = format.bitsAllocated / 8;
  const bytes = new Uint8Array(pixels.length * width);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < pixels.length; i++) {
    const value = beside === undefined ? pixels[i] << shift : ((pixels[i] & mask) << shift) | beside[i];
    if (width === 1) bytes[i] = value;
    else if (width === 2) view.setUint16(2 * i, value, true);
    else view.setUint32(4 * i, value, true);
  }
  return bytes;
}

/** Least and greatest value of native little endian pixel data. */
export function nativeRange(bytes: Uint8Array, format: PixelFormat): [number, number] {
  const { bitsAllocated, bitsStored, highBit, pixelRepresentation } = format;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = bitsAllocated / 8;
  const read = (i: number) =>
    width === 1 ? bytes[i] : width === 2 ? view.getUint16(2 * i, true) : view.getUint32(4 * i, true);
  const [left, right] = [31 - highBit, 32 - bitsStored];
  let smallest = Number.POSITIVE_INFINITY;
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < Math.floor(bytes.length / width); i++) {
    const value = pixelRepresentation === 1 ? (read(i) << left) >> right : (read(i) << left) >>> right;
    if (value < smallest) smallest = value;
    if (value > largest) largest = value;
  }
  return [smallest, largest];
}

function frameCount(file: ElementFile): number {
  const text = asciiValue(file.bytes, findElement(file.elements, 0x00280008));
  if (text === undefined || text === '') return 1;
  if (!/^\+?\d{1,9}$/.test(text)) throw fault('E_ELEMENT/frames');
  // One frame of whoever states none: `readFormat`.
  return Number(text) || 1;
}

function unsigned16(file: ElementFile, tag: number): number {
  const element = findElement(file.elements, tag);
  if (element === undefined || element.length !== 2)
    throw fault('E_ELEMENT/malformed', { element: tagName(tag) });
  return file.bytes[element.valueStart] + 256 * file.bytes[element.valueStart + 1];
}
