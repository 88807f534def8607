import { grayPng, type Window } from '../../imaging/png.js';
import { realValues } from './pixels.js';
import type { Frame } from './protocol.js';

interface Look {
  /** Longest side, pixels. */
  readonly size: number;
  /** mm between columns and between rows; 0 where unknown. */
  readonly spacing: readonly [number, number];
  readonly window: { readonly center: number; readonly width: number } | null;
  readonly inverted: boolean;
}

/** A small grey PNG of a plane, in its true proportions: means of what falls into a pixel. */
export function thumbnailPng(frame: Frame, look: Look): Uint8Array {
  const { columns, rows } = frame.header;
  const values = realValues(frame);
  const [dx, dy] = look.spacing[0] > 0 && look.spacing[1] > 0 ? look.spacing : [1, 1];
  const longest = Math.max(columns * dx, rows * dy);
  const width = Math.max(1, Math.round((look.size * columns * dx) / longest));
  const height = Math.max(1, Math.round((look.size * rows * dy) / longest));
  const small = reduce(values, columns, rows, width, height);
  const { low, high } = windowOf(small, look.window);
  const shown = look.inverted ? small.map((value) => low + high - value) : small;
  return grayPng(shown, width, height, { low, high });
}

function windowOf(values: Float32Array, named: Look['window']): Window {
  if (named !== null) return { low: named.center - named.width / 2, high: named.center + named.width / 2 };
  const sorted = values.slice().sort();
  const at = (part: number) => sorted[Math.round(part * (sorted.length - 1))];
  return { low: at(0.01), high: at(0.99) };
}

function reduce(
  values: Float32Array,
  columns: number,
  rows: number,
  width: number,
  height: number,
): Float32Array {
  const out = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const [top, bottom] = span(y, height, rows);
    for (let x = 0; x < width; x++) {
      const [left, right] = span(x, width, columns);
      let sum = 0;
      for (let row = top; row < bottom; row++)
        for (let column = left; column < right; column++) sum += values[row * columns + column];
      out[y * width + x] = sum / ((bottom - top) * (right - left));
    }
  }
  return out;
}

/** The source pixels of one target pixel; at least one. */
function span(index: number, of: number, length: number): [number, number] {
  const start = Math.min(length - 1, Math.floor((index * length) / of));
  return [start, Math.max(start + 1, Math.floor(((index + 1) * length) / of))];
}
