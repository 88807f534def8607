import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';

/** Numbers below 65536 as bytes that brotli compresses: all low bytes, then, where some need them, all high bytes. */

const LEVELS = 256;

export function encodeCodes(numbers: Uint16Array): Uint8Array {
  const wide = numbers.some((value) => value >= LEVELS);
  const bytes = new Uint8Array(numbers.length * (wide ? 2 : 1));
  for (let i = 0; i < numbers.length; i++) {
    bytes[i] = numbers[i] % LEVELS;
    if (wide) bytes[numbers.length + i] = Math.floor(numbers[i] / LEVELS);
  }
  return brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
}

/** @returns null where the bytes are not those of so many numbers */
export function decodeCodes(bytes: Uint8Array, count: number): Uint16Array | null {
  let unpacked: Uint8Array;
  try {
    unpacked = brotliDecompressSync(bytes, { maxOutputLength: 2 * count });
  } catch {
    // Bytes that do not unpack are no codes, which the caller refuses.
    return null;
  }
  if (unpacked.length !== count && unpacked.length !== 2 * count) return null;
  return Uint16Array.from(
    { length: count },
    (_, i) => unpacked[i] + LEVELS * (unpacked.length > count ? unpacked[count + i] : 0),
  );
}
