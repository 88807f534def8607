import { LimpidError } from '../contract/errors.js';
import type { Samples } from './decode-frame.js';
import type { Element, ElementFile } from './elements.js';
import type { PixelFormat } from './instance.js';

/**
 * Native pixels (PS3.5 section 8.1), copied out of the file: containers of 8, 16 or 32 bits, bits untouched.
 *
 * @throws LimpidError E_PIXEL_LENGTH unless there are exactly as many bytes as the dimensions ask, and padding to an
 * even length.
 */
export function nativeSamples(file: ElementFile, pixels: Element, format: PixelFormat): Samples {
  const width = format.bitsAllocated / 8;
  const expected = format.rows * format.columns * format.numberOfFrames * width;
  const length = pixels.end - pixels.valueStart;
  if (length !== expected + (expected % 2))
    throw new LimpidError(
      'E_PIXEL_LENGTH',
      `The pixel data has ${length} bytes where its dimensions ask for ${expected}.`,
      'Copy or export the file again.',
    );
  const bytes = Uint8Array.from(file.bytes.subarray(pixels.valueStart, pixels.end));
  // Big endian swaps the bytes of each container; 8-bit values come in 16-bit words when the VR is OW.
  if (!file.littleEndian) swap(bytes, width === 1 && pixels.vr === 'OW' ? 2 : width);
  if (width === 1) return bytes.subarray(0, expected);
  return width === 2 ? new Uint16Array(bytes.buffer) : new Uint32Array(bytes.buffer);
}

function swap(bytes: Uint8Array, width: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (width === 2) buffer.swap16();
  else if (width === 4) buffer.swap32();
}
