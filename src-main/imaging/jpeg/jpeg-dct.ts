import { damaged } from './codestream.js';
import type { BitReader } from './jpeg-huffman.js';
import type { JpegImage } from './jpeg-image.js';

const ZIGZAG = Uint8Array.from([
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46,
  53, 60, 61, 54, 47, 55, 62, 63,
]);

/**
 * Sequential DCT, 8 or 12 bits (ITU-T T.81 annex F), one component. The inverse DCT is the integer one of the
 * Independent JPEG Group (jidctint.c), so pixels equal those of the decoders built on it.
 *
 * @returns rows * columns samples.
 * @throws LimpidError E_CODEC, E_CODEC_TRUNCATED.
 */
export function decodeDct(image: JpegImage, reader: BitReader): Uint16Array<ArrayBuffer> {
  const { rows, columns, restartInterval } = image;
  const out = new Uint16Array(rows * columns);
  const block = new Int32Array(64);
  const blocksAcross = Math.ceil(columns / 8);
  const blocks = blocksAcross * Math.ceil(rows / 8);
  let dc = 0;
  for (let index = 0; index < blocks; index++) {
    if (restartInterval > 0 && index > 0 && index % restartInterval === 0) {
      reader.restart(index / restartInterval - 1);
      dc = 0;
    }
    dc += readBlock(image, reader, block, dc);
    reader.requireAll();
    inverseDct(block, image.precision);
    place(block, out, image, Math.floor(index / blocksAcross) * 8, (index % blocksAcross) * 8);
  }
  return out;
}

/** Fills `block` with dequantised coefficients in natural order and returns the difference of the DC term. */
function readBlock(image: JpegImage, reader: BitReader, block: Int32Array, dc: number): number {
  const { quantisation, ac } = image;
  if (quantisation === null || ac === null) throw damaged('no-table');
  block.fill(0);
  const size = reader.symbol(image.dc);
  if (size > 15) throw damaged('dc-category');
  const difference = reader.value(size);
  block[0] = (dc + difference) * quantisation[0];
  for (let k = 1; k < 64; k++) {
    const symbol = reader.symbol(ac);
    const bits = symbol & 15;
    const run = symbol >> 4;
    if (bits === 0) {
      if (run !== 15) break;
      k += 15;
      continue;
    }
    k += run;
    if (k > 63) throw damaged('coefficients');
    block[ZIGZAG[k]] = reader.value(bits) * quantisation[k];
  }
  return difference;
}

const CONST_BITS = 13;
const FIX_0_298631336 = 2446;
const FIX_0_390180644 = 3196;
const FIX_0_541196100 = 4433;
const FIX_0_765366865 = 6270;
const FIX_0_899976223 = 7373;
const FIX_1_175875602 = 9633;
const FIX_1_501321110 = 12299;
const FIX_1_847759065 = 15137;
const FIX_1_961570560 = 16069;
const FIX_2_053119869 = 16819;
const FIX_2_562915447 = 20995;
const FIX_3_072711026 = 25172;

/** In place: columns, then rows. Twelve-bit samples leave one bit less of headroom between the passes. */
function inverseDct(block: Int32Array, precision: number): void {
  const passBits = precision === 8 ? 2 : 1;
  for (let x = 0; x < 8; x++) pass(block, x, 8, CONST_BITS - passBits);
  for (let y = 0; y < 64; y += 8) pass(block, y, 1, CONST_BITS + passBits + 3);
}

/** One 8-point inverse DCT after Loeffler, Ligtenberg and Moschytz (1989), scaled by 2^CONST_BITS, rounded down. */
function pass(block: Int32Array, at: number, step: number, shift: number): void {
  const i1 = at + step;
  const i2 = i1 + step;
  const i3 = i2 + step;
  const i4 = i3 + step;
  const i5 = i4 + step;
  const i6 = i5 + step;
  const i7 = i6 + step;

  const even = (block[i2] + block[i6]) * FIX_0_541196100;
  const t2 = even - block[i6] * FIX_1_847759065;
  const t3 = even + block[i2] * FIX_0_765366865;
  const t0 = (block[at] + block[i4]) * 2 ** CONST_BITS;
  const t1 = (block[at] - block[i4]) * 2 ** CONST_BITS;
  const e0 = t0 + t3;
  const e3 = t0 - t3;
  const e1 = t1 + t2;
  const e2 = t1 - t2;

  const z5 = (block[i7] + block[i3] + block[i5] + block[i1]) * FIX_1_175875602;
  const z1 = -(block[i7] + block[i1]) * FIX_0_899976223;
  const z2 = -(block[i5] + block[i3]) * FIX_2_562915447;
  const z3 = z5 - (block[i7] + block[i3]) * FIX_1_961570560;
  const z4 = z5 - (block[i5] + block[i1]) * FIX_0_390180644;
  const o0 = block[i7] * FIX_0_298631336 + z1 + z3;
  const o1 = block[i5] * FIX_2_053119869 + z2 + z4;
  const o2 = block[i3] * FIX_3_072711026 + z2 + z3;
  const o3 = block[i1] * FIX_1_501321110 + z1 + z4;

  const half = 2 ** (shift - 1);
  block[at] = (e0 + o3 + half) >> shift;
  block[i7] = (e0 - o3 + half) >> shift;
  block[i1] = (e1 + o2 + half) >> shift;
  block[i6] = (e1 - o2 + half) >> shift;
  block[i2] = (e2 + o1 + half) >> shift;
  block[i5] = (e2 - o1 + half) >> shift;
  block[i3] = (e3 + o0 + half) >> shift;
  block[i4] = (e3 - o0 + half) >> shift;
}

/** Level shift and clamp, cropped at the image's edges. */
function place(block: Int32Array, out: Uint16Array, image: JpegImage, top: number, left: number): void {
  const centre = 2 ** (image.precision - 1);
  const largest = 2 ** image.precision - 1;
  const height = Math.min(8, image.rows - top);
  const width = Math.min(8, image.columns - left);
  for (let y = 0; y < height; y++) {
    const start = (top + y) * image.columns + left;
    for (let x = 0; x < width; x++)
      out[start + x] = Math.min(largest, Math.max(0, block[8 * y + x] + centre));
  }
}
