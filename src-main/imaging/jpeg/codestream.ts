import { fault, type LimpidError } from '../../contract/errors.js';
import type { TermName } from '../../contract/words/terms.js';

/** What the header of a compressed frame says about it. */
export interface CodestreamInfo {
  readonly rows: number;
  readonly columns: number;
  readonly components: number;
  /** Bits per sample. */
  readonly precision: number;
  readonly signed: boolean;
}

/** @throws LimpidError E_CODEC_DIMS when a codestream is not what the data set says it is. */
export function requireFormat(info: CodestreamInfo, format: FrameFormat): void {
  const sameSize = info.rows === format.rows && info.columns === format.columns;
  if (!sameSize || info.components !== 1) throw fault('E_CODEC_DIMS/size');
  if (info.precision < 1 || info.precision > Math.min(format.bitsAllocated, 16))
    throw fault('E_CODEC_DIMS/bits');
  // Where the sign bit lies would be a guess.
  if (!info.signed && format.signed && info.precision < format.bitsStored) throw fault('E_CODEC_DIMS/sign');
}

export function cutShort(cause?: unknown): LimpidError {
  return fault('E_CODEC_TRUNCATED/cut-short', {}, undefined, cause);
}

export function damaged(what: TermName<'codestream'>, cause?: unknown): LimpidError {
  return fault('E_CODEC/damaged', { what }, undefined, cause);
}

/**
 * The codestream up to and with the marker that ends it. What follows may only be padding: zeros, as PS3.5 section A.4
 * asks for, or the FF bytes that some encoders write.
 *
 * @throws LimpidError E_CODEC_TRUNCATED where it does not end so.
 */
export function endedStream(data: Uint8Array, marker: number): Uint8Array {
  let end = data.length;
  while (end > 0 && (data[end - 1] === 0 || data[end - 1] === 0xff)) end--;
  if (end < 2 || data[end - 2] !== 0xff || data[end - 1] !== marker) throw cutShort();
  return data.subarray(0, end);
}

/** A decoder allocates per tile: a header that claims very many would exhaust memory. */
const MAX_TILES = 4096;

/** SIZ of a JPEG 2000 codestream (ISO/IEC 15444-1 section A.5.1). @throws LimpidError E_CODEC, E_CODEC_TRUNCATED. */
export function readJpeg2000Header(data: Uint8Array): CodestreamInfo {
  if (data.length < 48) throw cutShort();
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (view.getUint32(0) !== 0xff4fff51) throw damaged('no-jpeg2000');
  const [width, height, left, top] = [8, 12, 16, 20].map((offset) => view.getUint32(offset));
  const [tileWidth, tileHeight] = [view.getUint32(24), view.getUint32(28)];
  if (left >= width || top >= height || tileWidth === 0 || tileHeight === 0) throw damaged('size');
  if (Math.ceil(width / tileWidth) * Math.ceil(height / tileHeight) > MAX_TILES)
    throw fault('E_CODEC/tiles', { most: MAX_TILES });
  if (data[43] !== 1 || data[44] !== 1) throw damaged('subsampled');
  return {
    columns: width - left,
    rows: height - top,
    components: view.getUint16(40),
    precision: (data[42] & 0x7f) + 1,
    signed: (data[42] & 0x80) !== 0,
  };
}

/** The frame header of a JPEG-LS stream (ISO/IEC 14495-1 annex C). @throws LimpidError E_CODEC, E_CODEC_TRUNCATED. */
export function readJpegLsHeader(data: Uint8Array): CodestreamInfo {
  if (data[0] !== 0xff || data[1] !== 0xd8) throw damaged('no-jpeg-ls');
  let offset = 2;
  while (offset + 10 <= data.length) {
    if (data[offset] !== 0xff) throw damaged('no-marker');
    const marker = data[offset + 1];
    if (marker === 0xf7) {
      const at = (i: number): number => data[offset + i] * 256 + data[offset + i + 1];
      return {
        precision: data[offset + 4],
        rows: at(5),
        columns: at(7),
        components: data[offset + 9],
        signed: false,
      };
    }
    if (marker === 0xda || marker === 0xd9) throw damaged('no-frame-header');
    offset += 2 + data[offset + 2] * 256 + data[offset + 3];
  }
  throw cutShort();
}

/**
 * Whether a codestream says that it lost something: JPEG 2000 by the wavelet that cannot be inverted exactly, JPEG-LS by
 * errors that it allows. False where it does not tell; one of JPEG 2000 that was only cut off does not.
 */
export function tellsLoss(data: Uint8Array): boolean {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (data.length < 4) return false;
  const jpeg2000 = view.getUint16(0) === 0xff4f;
  if (!jpeg2000 && view.getUint16(0) !== 0xffd8) return false;
  for (let at = 2; at + 4 <= data.length; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint16(at);
    // COD: style, progression, layers, components, levels, block, then the transformation (table A.20)
    if (jpeg2000 && marker === 0xff52) return data[at + 13] === 0;
    // SOS, of JPEG-LS where NEAR follows the components: only after its own frame header
    if (marker === 0xfff7) return nearOf(data, view, at + 2 + view.getUint16(at + 2)) > 0;
    if (marker < 0xff00 || marker === 0xff90 || marker === 0xffda) return false;
  }
  return false;
}

/** NEAR of the first scan of JPEG-LS (ISO/IEC 14495-1 annex C.2.3), 0 where there is none. */
function nearOf(data: Uint8Array, view: DataView, from: number): number {
  for (let at = from; at + 5 <= data.length; at += 2 + view.getUint16(at + 2))
    if (view.getUint16(at) === 0xffda) return data[at + 5 + 2 * data[at + 4]] ?? 0;
  return 0;
}

/** What the data set says of a compressed frame with one sample per pixel. */
export interface FrameFormat {
  readonly transferSyntax: string;
  readonly rows: number;
  readonly columns: number;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly signed: boolean;
}

/** Samples as the codestream has them: bit patterns of the container, or signed where the codestream says so. */
export type Samples =
  | Uint8Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>;
