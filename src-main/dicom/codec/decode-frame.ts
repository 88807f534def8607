import type { FrameFormat, Samples } from '../../imaging/jpeg/codestream.js';
import {
  cutShort,
  damaged,
  endedStream,
  readJpeg2000Header,
  readJpegLsHeader,
  requireFormat,
} from '../../imaging/jpeg/codestream.js';
import { decodeJpeg, parseJpeg } from '../../imaging/jpeg/jpeg.js';
import { decodeWasm, type WasmCodec } from './decode-wasm.js';
import { decodeRle } from './rle.js';

type Decoder = (data: Uint8Array, format: FrameFormat) => Samples | Promise<Samples>;

const END_OF_IMAGE = 0xd9;

const DECODERS: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ['1.2.840.10008.1.2.4.50', jpeg],
  ['1.2.840.10008.1.2.4.51', jpeg],
  ['1.2.840.10008.1.2.4.57', jpeg],
  ['1.2.840.10008.1.2.4.70', jpeg],
  ['1.2.840.10008.1.2.4.80', jpegLs],
  ['1.2.840.10008.1.2.4.81', jpegLs],
  ['1.2.840.10008.1.2.4.90', (data, format) => jpeg2000('J2KDecoder', data, format)],
  ['1.2.840.10008.1.2.4.91', (data, format) => jpeg2000('J2KDecoder', data, format)],
  ['1.2.840.10008.1.2.4.201', (data, format) => jpeg2000('HTJ2KDecoder', data, format)],
  ['1.2.840.10008.1.2.4.202', (data, format) => jpeg2000('HTJ2KDecoder', data, format)],
  ['1.2.840.10008.1.2.4.203', (data, format) => jpeg2000('HTJ2KDecoder', data, format)],
  ['1.2.840.10008.1.2.5', rle],
]);

/**
 * Decodes one compressed frame. The codestream's header is compared with the data set before anything is allocated
 * for it, and its end is required, because codecs return wrong pixels for streams that are cut short.
 *
 * @returns rows * columns samples.
 * @throws LimpidError E_CODEC_DIMS, E_CODEC_TRUNCATED, E_CODEC.
 */
export async function decodeFrame(data: Uint8Array, format: FrameFormat): Promise<Samples> {
  const decoder = DECODERS.get(format.transferSyntax);
  if (decoder === undefined) throw damaged('no-codec');
  const samples = await decoder(data, format);
  if (samples.length !== format.rows * format.columns) throw cutShort();
  return samples;
}

function jpeg(data: Uint8Array, format: FrameFormat): Samples {
  const image = parseJpeg(data);
  requireFormat(image, format);
  return decodeJpeg(image);
}

async function jpegLs(data: Uint8Array, format: FrameFormat): Promise<Samples> {
  const info = readJpegLsHeader(data);
  requireFormat(info, format);
  const stream = endedStream(data, END_OF_IMAGE);
  return unsigned(await decodeWasm('JpegLSDecoder', stream), info.precision);
}

async function jpeg2000(codec: WasmCodec, data: Uint8Array, format: FrameFormat): Promise<Samples> {
  const info = readJpeg2000Header(data);
  requireFormat(info, format);
  const stream = endedStream(data, END_OF_IMAGE);
  const samples = unsigned(await decodeWasm(codec, stream), info.precision);
  if (!info.signed) return samples;
  return samples instanceof Uint8Array
    ? new Int8Array(samples.buffer, samples.byteOffset, samples.length)
    : new Int16Array(samples.buffer, samples.byteOffset, samples.length);
}

function rle(data: Uint8Array, format: FrameFormat): Samples {
  const bytesPerSample = format.bitsAllocated / 8;
  const bytes = decodeRle(data, format.rows * format.columns, bytesPerSample);
  if (bytesPerSample === 4) return new Uint32Array(bytes.buffer);
  return unsigned(bytes, format.bitsAllocated);
}

function unsigned(
  bytes: Uint8Array<ArrayBuffer>,
  precision: number,
): Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> {
  if (precision <= 8) return bytes;
  return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 1);
}
