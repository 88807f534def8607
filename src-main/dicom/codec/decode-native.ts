import type { Samples } from '../../imaging/jpeg/codestream.js';
import type { Element, ElementFile } from '../elements/elements.js';
import type { PixelFormat } from '../read/pixel-format.js';
import { nativeLength, otherLength, requireNativeLength } from '../read/pixel-format.js';

/**
 * Native pixels (PS3.5 section 8.1), copied out of the file: containers of 8, 16 or 32 bits, bits untouched; of all
 * frames, or of the one that is asked for. One byte of padding makes an odd length even; some writers leave it out, and
 * some fill up with more.
 *
 * @throws LimpidError E_PIXEL_LENGTH where there are fewer bytes than the dimensions ask for, or more that are not one
 * value over and over.
 */
export function nativeSamples(
  file: ElementFile,
  pixels: Element,
  format: PixelFormat,
  only?: number,
): Samples {
  const width = format.bitsAllocated / 8;
  const expected = nativeLength(format);
  const length = pixels.end - pixels.valueStart;
  requireNativeLength(length, format);
  const end = pixels.valueStart + expected;
  const surplus = file.bytes.subarray(end, pixels.end);
  if (surplus.some((value) => value !== surplus[0])) throw otherLength(length, expected);
  // 8-bit values come in 16-bit words when the VR is OW: the last one may lie in the padding.
  const wide8 = !file.littleEndian && width === 1 && pixels.vr === 'OW';
  const size = expected / format.numberOfFrames;
  if (wide8) return frameAt(wholeWords(file, pixels), size, only, expected);
  const start = pixels.valueStart + size * (only ?? 0);
  const bytes = Uint8Array.from(file.bytes.subarray(start, only === undefined ? end : start + size));
  // Big endian swaps the bytes of each container.
  if (!file.littleEndian) swap(bytes, width);
  if (width === 1) return bytes;
  return width === 2 ? new Uint16Array(bytes.buffer) : new Uint32Array(bytes.buffer);
}

function wholeWords(file: ElementFile, pixels: Element): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.from(file.bytes.subarray(pixels.valueStart, pixels.end));
  swap(bytes.subarray(0, bytes.length - (bytes.length % 2)), 2);
  return bytes;
}

function frameAt(
  bytes: Uint8Array<ArrayBuffer>,
  size: number,
  only: number | undefined,
  all: number,
): Uint8Array<ArrayBuffer> {
  return only === undefined ? bytes.subarray(0, all) : bytes.subarray(size * only, size * (only + 1));
}

function swap(bytes: Uint8Array, width: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (width === 2) buffer.swap16();
  else if (width === 4) buffer.swap32();
}
