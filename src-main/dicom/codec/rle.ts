import { fault } from '../../contract/errors.js';
import { cutShort, damaged } from '../../imaging/jpeg/codestream.js';

const HEADER_BYTES = 64;

/**
 * Decodes one frame of RLE Lossless (PS3.5 annex G), one sample per pixel. Strict: every segment must hold exactly
 * `pixels` bytes.
 *
 * @returns little-endian bytes, `bytesPerSample` for each pixel.
 * @throws LimpidError E_CODEC_TRUNCATED, E_CODEC.
 */
export function decodeRle(data: Uint8Array, pixels: number, bytesPerSample: number): Uint8Array<ArrayBuffer> {
  if (data.length < HEADER_BYTES) throw cutShort();
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const segments = view.getUint32(0, true);
  if (segments !== bytesPerSample)
    throw fault('E_CODEC/segments', { found: segments, expected: bytesPerSample });
  const out = new Uint8Array(pixels * bytesPerSample);
  for (let i = 0; i < segments; i++) {
    const start = view.getUint32(4 + 4 * i, true);
    const end = i + 1 < segments ? view.getUint32(8 + 4 * i, true) : data.length;
    if (start < HEADER_BYTES || end < start) throw damaged('segment-outside');
    if (end > data.length) throw cutShort();
    // The first segment holds the most significant bytes.
    decodeSegment(data.subarray(start, end), out, segments - 1 - i, bytesPerSample);
  }
  return out;
}

/** PackBits (PS3.5 section G.3): bytes go to `out[first]`, `out[first + step]`, ... */
function decodeSegment(data: Uint8Array, out: Uint8Array, first: number, step: number): void {
  let from = 0;
  let to = first;
  while (to < out.length) {
    if (from + 1 >= data.length) throw cutShort();
    const control = data[from++];
    if (control === 128) continue;
    const count = control < 128 ? control + 1 : 257 - control;
    if (to + (count - 1) * step >= out.length) throw damaged('segment-long');
    if (control < 128) {
      if (from + count > data.length) throw cutShort();
      for (let i = 0; i < count; i++, to += step) out[to] = data[from + i];
      from += count;
    } else {
      const value = data[from++];
      for (let i = 0; i < count; i++, to += step) out[to] = value;
    }
  }
  // A segment that goes on was not what these pixels were packed into.
  for (let i = from; i < data.length; i++)
    if (data[i] !== 0 && data[i] !== 128 && data[i] !== 255) throw damaged('segment-long');
}
