import { crc32, deflateSync } from 'node:zlib';
import { fault } from '../contract/errors.js';
import { type ColourMap, colourTable } from './colour-maps.js';

/** Values shown as black (or the first colour) and as white (or the last); all others between, linearly. */
export interface Window {
  readonly low: number;
  readonly high: number;
}

/**
 * An 8-bit grey PNG of one slice. Values outside the window are clipped, NaN is black.
 *
 * @param values rows * columns, column fastest
 * @param text tEXt chunks by keyword: Latin-1
 * @throws LimpidError E_SHAPE when the values do not fill the picture
 */
export function grayPng(
  values: Float32Array,
  columns: number,
  rows: number,
  window: Window,
  text?: Record<string, string>,
): Uint8Array {
  return pngFile({
    columns,
    rows,
    channels: 1,
    data: levels(values, columns, rows, window),
    ...(text === undefined ? {} : { text }),
  });
}

/** An 8-bit RGB PNG of one slice through a colour map; otherwise as `grayPng`. */
export function colourPng(
  values: Float32Array,
  columns: number,
  rows: number,
  map: ColourMap,
  range: Window,
): Uint8Array {
  const table = colourTable(map);
  const data = new Uint8Array(3 * values.length);
  levels(values, columns, rows, range).forEach((level, i) => {
    data.set(table.subarray(3 * level, 3 * level + 3), 3 * i);
  });
  return pngFile({ columns, rows, channels: 3, data });
}

/**
 * An 8-bit RGB PNG.
 *
 * @param data red, green and blue of each pixel
 * @throws LimpidError E_SHAPE when they do not fill the picture
 */
export function rgbPng(data: Uint8Array, columns: number, rows: number): Uint8Array {
  if (data.length !== 3 * columns * rows) throw fault('E_SHAPE/picture');
  return pngFile({ columns, rows, channels: 3, data });
}

function levels(values: Float32Array, columns: number, rows: number, { low, high }: Window): Uint8Array {
  if (values.length !== columns * rows) throw fault('E_SHAPE/picture');
  const width = high - low;
  const out = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    // a window of no width is a step, as PS3.3 C.11.2.1.2 has it
    const part = width > 0 ? (value - low) / width : value > low ? 1 : 0;
    out[i] = Number.isNaN(part) ? 0 : Math.round(255 * Math.max(0, Math.min(1, part)));
  }
  return out;
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Bits of a sample, and the colour types of PNG for one and for three samples a pixel. */
const DEPTH = 8;
const GREY = 0;
const RGB = 2;

/** 8-bit pixels, row by row, samples of a pixel side by side. */
export interface Picture {
  readonly columns: number;
  readonly rows: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array | Uint8ClampedArray;
  /** Texts by keyword: Latin-1. */
  readonly text?: Readonly<Record<string, string>>;
}

/**
 * A picture as a PNG file (ISO/IEC 15948), not interlaced and without filters, which gain nothing where there is noise.
 *
 * @param picture rows * columns * channels values
 */
export function pngFile({ columns, rows, channels, data, text = {} }: Picture): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(columns, 0);
  header.writeUInt32BE(rows, 4);
  header[8] = DEPTH;
  header[9] = channels === 1 ? GREY : RGB;
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    ...Object.entries(text).map(([keyword, words]) => chunk('tEXt', textOf(keyword, words))),
    chunk('IDAT', deflateSync(unfiltered(data, columns * channels, rows))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function textOf(keyword: string, words: string): Buffer {
  return Buffer.from(`${keyword}\0${words}`, 'latin1');
}

/** Each row begins with the number of its filter: 0 for none. */
function unfiltered(data: Uint8Array | Uint8ClampedArray, width: number, rows: number): Uint8Array {
  const out = new Uint8Array((width + 1) * rows);
  for (let row = 0; row < rows; row++)
    out.set(data.subarray(row * width, (row + 1) * width), row * (width + 1) + 1);
  return out;
}

/** Length, name, content, and the checksum of name and content. */
function chunk(name: string, content: Uint8Array): Buffer {
  const out = Buffer.alloc(content.length + 12);
  out.writeUInt32BE(content.length, 0);
  out.write(name, 4, 'latin1');
  out.set(content, 8);
  out.writeUInt32BE(crc32(out.subarray(4, -4)), content.length + 8);
  return out;
}
