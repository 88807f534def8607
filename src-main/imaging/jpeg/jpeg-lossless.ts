import { damaged } from './codestream.js';
import type { BitReader } from './jpeg-huffman.js';
import type { JpegImage } from './jpeg-image.js';

/**
 * Lossless JPEG (ITU-T T.81 annex H), all seven predictors, one component.
 *
 * @returns rows * columns samples.
 * @throws LimpidError E_CODEC, E_CODEC_TRUNCATED.
 */
export function decodeLossless(image: JpegImage, reader: BitReader): Uint16Array<ArrayBuffer> {
  const { rows, columns, restartInterval } = image;
  if (restartInterval % columns !== 0) throw damaged('restart-interval');
  const restartRows = restartInterval / columns;
  const out = new Uint16Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const restarted = restartRows > 0 && row > 0 && row % restartRows === 0;
    if (restarted) reader.restart(row / restartRows - 1);
    decodeRow(image, reader, out, row * columns, row === 0 || restarted);
    reader.requireAll();
  }
  if (image.pointTransform > 0) for (let i = 0; i < out.length; i++) out[i] <<= image.pointTransform;
  return out;
}

/** After the start and every restart, the first row is predicted from its left neighbours only (H.1.2.1). */
function decodeRow(
  image: JpegImage,
  reader: BitReader,
  out: Uint16Array,
  start: number,
  first: boolean,
): void {
  const { columns, dc, spectralStart: predictor } = image;
  const above = start - columns;
  out[start] =
    (first ? 2 ** (image.precision - image.pointTransform - 1) : out[above]) + difference(reader, dc);
  for (let x = 1; x < columns; x++) {
    const a = out[start + x - 1];
    const predicted = first ? a : predict(predictor, a, out[above + x], out[above + x - 1]);
    // The array keeps the value modulo 2^16, as the standard asks.
    out[start + x] = predicted + difference(reader, dc);
  }
}

function predict(predictor: number, a: number, b: number, c: number): number {
  switch (predictor) {
    case 1:
      return a;
    case 2:
      return b;
    case 3:
      return c;
    case 4:
      return a + b - c;
    case 5:
      return a + ((b - c) >> 1);
    case 6:
      return b + ((a - c) >> 1);
    default:
      return (a + b) >> 1;
  }
}

/** Category 16 means 32768 and has no further bits (table H.2). */
function difference(reader: BitReader, table: Uint16Array): number {
  const size = reader.symbol(table);
  if (size === 16) return 32_768;
  if (size > 16) throw damaged('difference');
  return reader.value(size);
}
