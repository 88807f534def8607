import { fault } from '../../contract/errors.js';
import type { TermName } from '../../contract/words/terms.js';
import { type CodestreamInfo, cutShort, damaged } from './codestream.js';
import { decodeDct } from './jpeg-dct.js';
import { BitReader, type HuffmanTable, huffmanTable } from './jpeg-huffman.js';
import type { JpegImage } from './jpeg-image.js';
import { decodeLossless } from './jpeg-lossless.js';

const BASELINE = 0xc0;
const EXTENDED = 0xc1;
const LOSSLESS = 0xc3;

/**
 * Parses a stream of the processes that DICOM uses: baseline and extended sequential (Huffman, 8 or 12 bits) and
 * lossless.
 *
 * @throws LimpidError E_CODEC (another process, damaged tables), E_CODEC_TRUNCATED (no end of image).
 */
export function parseJpeg(data: Uint8Array): JpegImage {
  if (data[0] !== 0xff || data[1] !== 0xd8) throw damaged('no-jpeg');
  const tables = new Tables();
  let offset = 2;
  for (;;) {
    while (data[offset] === 0xff && data[offset + 1] === 0xff) offset++;
    if (offset + 4 > data.length) throw cutShort();
    if (data[offset] !== 0xff) throw damaged('no-marker');
    const marker = data[offset + 1];
    const length = data[offset + 2] * 256 + data[offset + 3];
    if (length < 2) throw damaged('marker-length');
    if (offset + 2 + length > data.length) throw cutShort();
    const segment = data.subarray(offset + 4, offset + 2 + length);
    offset += 2 + length;
    if (marker === 0xda) return tables.image(segment, scanBytes(data, offset));
    tables.read(marker, segment);
  }
}

/**
 * Samples of a parsed stream, row by row.
 *
 * @throws LimpidError E_CODEC, E_CODEC_TRUNCATED.
 */
export function decodeJpeg(image: JpegImage): Uint16Array<ArrayBuffer> {
  const reader = new BitReader(image.scan);
  return image.process === LOSSLESS ? decodeLossless(image, reader) : decodeDct(image, reader);
}

/** The bytes up to the marker that ends the scan, which must be the end of the image. */
function scanBytes(data: Uint8Array, start: number): Uint8Array {
  for (let i = start; i + 1 < data.length; i++) {
    if (data[i] !== 0xff) continue;
    const next = data[i + 1];
    if (next === 0 || next === 0xff || (next >= 0xd0 && next <= 0xd7)) continue;
    if (next !== 0xd9) throw damaged('scans');
    return data.subarray(start, i);
  }
  throw cutShort();
}

/** What the marker segments before the scan have defined. */
class Tables {
  readonly #quantisation = new Map<number, Uint16Array>();
  readonly #huffman = new Map<number, HuffmanTable>();
  #frame: (CodestreamInfo & { process: number; id: number; quantiser: number }) | undefined;
  #restartInterval = 0;

  read(marker: number, segment: Uint8Array): void {
    if (marker === 0xdb) this.#readQuantisation(segment);
    else if (marker === 0xc4) this.#readHuffman(segment);
    else if (marker === 0xdd) this.#restartInterval = word(segment, 0);
    else if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc8 && marker !== 0xcc)
      this.#readFrame(marker, segment);
    else if (marker === 0xcc) throw damaged('arithmetic');
    else if (marker < 0xe0 && marker !== 0xfe) throw damaged('marker');
  }

  image(scanHeader: Uint8Array, scan: Uint8Array): JpegImage {
    const frame = this.#frame;
    if (frame === undefined) throw damaged('no-frame-header');
    const { process, id, quantiser, ...info } = frame;
    const base = { ...info, process, restartInterval: this.#restartInterval, scan };
    if (info.components !== 1) {
      // Refused by the caller, who compares it with the data set; colour is never decoded.
      return { ...base, quantisation: null, dc: EMPTY_TABLE, ac: null, spectralStart: 0, pointTransform: 0 };
    }
    if (scanHeader.length < 6 || scanHeader[0] !== 1 || scanHeader[1] !== id) throw damaged('scan-header');
    const lossless = process === LOSSLESS;
    const pointTransform = scanHeader[5] & 15;
    // Spectral selection means nothing in a sequential scan, and some encoders leave it 0.
    if (lossless && (scanHeader[3] < 1 || scanHeader[3] > 7 || pointTransform >= info.precision))
      throw damaged('predictor');
    return {
      ...base,
      quantisation: lossless ? null : known(this.#quantisation.get(quantiser), 'no-quantisation-table'),
      dc: known(this.#huffman.get(scanHeader[2] >> 4), 'no-huffman-table'),
      ac: lossless ? null : known(this.#huffman.get(16 + (scanHeader[2] & 15)), 'no-huffman-table'),
      spectralStart: scanHeader[3],
      pointTransform,
    };
  }

  #readFrame(process: number, segment: Uint8Array): void {
    if (process !== BASELINE && process !== EXTENDED && process !== LOSSLESS)
      throw fault('E_CODEC/jpeg-process', { process: process - 0xc0 });
    if (segment.length < 9 || this.#frame !== undefined) throw damaged('frame-header');
    const precision = segment[0];
    const allowed = process === BASELINE ? [8] : process === EXTENDED ? [8, 12] : range(2, 16);
    if (!allowed.includes(precision)) throw damaged('precision');
    this.#frame = {
      process,
      precision,
      rows: word(segment, 1),
      columns: word(segment, 3),
      components: segment[5],
      signed: false,
      id: segment[6],
      quantiser: segment[8],
    };
  }

  #readQuantisation(segment: Uint8Array): void {
    for (let at = 0; at < segment.length; ) {
      const wide = segment[at] >> 4;
      const bytes = wide === 0 ? 64 : 128;
      if (wide > 1 || at + 1 + bytes > segment.length) throw damaged('quantisation-table');
      const start = at + 1;
      const table = Uint16Array.from({ length: 64 }, (_, i) =>
        wide === 0 ? segment[start + i] : word(segment, start + 2 * i),
      );
      this.#quantisation.set(segment[at] & 15, table);
      at += 1 + bytes;
    }
  }

  #readHuffman(segment: Uint8Array): void {
    for (let at = 0; at < segment.length; ) {
      if (at + 17 > segment.length) throw damaged('huffman-table');
      const counts = segment.subarray(at + 1, at + 17);
      const total = counts.reduce((sum, count) => sum + count, 0);
      if (total > 256 || at + 17 + total > segment.length) throw damaged('huffman-table');
      this.#huffman.set(segment[at], huffmanTable(counts, segment.subarray(at + 17, at + 17 + total)));
      at += 17 + total;
    }
  }
}

const EMPTY_TABLE: HuffmanTable = new Uint16Array(0);

function known<T>(value: T | undefined, absent: TermName<'codestream'>): T {
  if (value === undefined) throw damaged(absent);
  return value;
}

function word(bytes: Uint8Array, at: number): number {
  if (at + 2 > bytes.length) throw damaged('marker-short');
  return bytes[at] * 256 + bytes[at + 1];
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
