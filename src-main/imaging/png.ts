import { encode } from 'fast-png';
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
  return encode({
    width: columns,
    height: rows,
    data: levels(values, columns, rows, window),
    depth: 8,
    channels: 1,
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
  return encode({ width: columns, height: rows, data, depth: 8, channels: 3 });
}

/**
 * An 8-bit RGB PNG.
 *
 * @param data red, green and blue of each pixel
 * @throws LimpidError E_SHAPE when they do not fill the picture
 */
export function rgbPng(data: Uint8Array, columns: number, rows: number): Uint8Array {
  if (data.length !== 3 * columns * rows) throw fault('E_SHAPE/picture');
  return encode({ width: columns, height: rows, data, depth: 8, channels: 3 });
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
