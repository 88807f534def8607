import { LimpidError } from '../contract/errors.js';
import type { Samples } from './decode-frame.js';
import type { Element, ElementFile } from './elements.js';
import type { PixelFormat } from './instance.js';

/** Bytes that the values of an image take. */
export function nativeLength(format: PixelFormat): number {
  const { rows, columns, numberOfFrames, samplesPerPixel, bitsAllocated } = format;
  return (rows * columns * numberOfFrames * samplesPerPixel * bitsAllocated) / 8;
}

/**
 * Whether pixel data of this length may hold the image: whole, and with less than a frame of padding after it.
 *
 * @throws LimpidError E_PIXEL_LENGTH
 */
export function requireNativeLength(length: number, format: PixelFormat): void {
  const expected = nativeLength(format);
  const surplus = length - expected;
  if (surplus < 0 || (surplus > 1 && surplus >= expected / format.numberOfFrames))
    throw otherLength(length, expected);
}

/**
 * Native pixels (PS3.5 section 8.1), copied out of the file: containers of 8, 16 or 32 bits, bits untouched. One byte
 * of padding makes an odd length even; some writers leave it out, and some fill up with more.
 *
 * @throws LimpidError E_PIXEL_LENGTH where there are fewer bytes than the dimensions ask for, or more that are not one
 * value over and over.
 */
export function nativeSamples(file: ElementFile, pixels: Element, format: PixelFormat): Samples {
  const width = format.bitsAllocated / 8;
  const expected = nativeLength(format);
  const length = pixels.end - pixels.valueStart;
  requireNativeLength(length, format);
  const end = pixels.valueStart + expected;
  const surplus = file.bytes.subarray(end, pixels.end);
  if (surplus.some((value) => value !== surplus[0])) throw otherLength(length, expected);
  // 8-bit values come in 16-bit words when the VR is OW: the last one may lie in the padding.
  const wide8 = !file.littleEndian && width === 1 && pixels.vr === 'OW';
  const bytes = Uint8Array.from(file.bytes.subarray(pixels.valueStart, wide8 ? pixels.end : end));
  // Big endian swaps the bytes of each container.
  if (!file.littleEndian)
    swap(wide8 ? bytes.subarray(0, bytes.length - (bytes.length % 2)) : bytes, wide8 ? 2 : width);
  if (width === 1) return bytes.subarray(0, expected);
  return width === 2 ? new Uint16Array(bytes.buffer) : new Uint32Array(bytes.buffer);
}

function swap(bytes: Uint8Array, width: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (width === 2) buffer.swap16();
  else if (width === 4) buffer.swap32();
}

function otherLength(length: number, expected: number): LimpidError {
  return new LimpidError(
    'E_PIXEL_LENGTH',
    `The pixel data has ${length} bytes where its dimensions ask for ${expected}.`,
    'Copy or export the file again.',
  );
}
