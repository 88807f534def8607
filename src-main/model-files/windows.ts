import type { NamedArrays } from '../graph/types.js';
import { mirrorIndex } from '../imaging/tiles.js';
import type { LoadedModel } from '../runtime/types.js';

/** An image: rows * columns * channels, channel fastest. */
interface Image {
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
  readonly channels: number;
}

/**
 * Runs a model that takes windows of one size only on an image that is cut into them, side by side.
 *
 * @param image rows and columns multiples of `side`
 * @returns `reconstruction` [1, rows, columns, 1]
 */
export async function runWindows(model: LoadedModel, side: number, image: Image): Promise<NamedArrays> {
  const { rows, columns } = image;
  const data = new Float32Array(rows * columns);
  for (let top = 0; top + side <= rows; top += side)
    for (let left = 0; left + side <= columns; left += side) {
      const { reconstruction } = await model.runShaped(windowAt(image, side, top, left));
      for (let y = 0; y < side; y++)
        data.set(reconstruction.data.subarray(y * side, (y + 1) * side), (top + y) * columns + left);
    }
  return { reconstruction: { data, shape: [1, rows, columns, 1] } };
}

/** Windows of an encoder. */
interface Windows {
  readonly side: number;
  /** Side of what one vector stands for; divides `side`. */
  readonly cell: number;
}

/**
 * Runs an encoder that takes windows of one side only. What surrounds a cell in its window changes its vector, so windows
 * overlap by half, and a cell has the mean over the windows that see it, those the most in whose middle it lies: without,
 * the borders of windows showed in clusters of pixels. The last windows end where the image does, which is mirrored only
 * where it is smaller than one.
 *
 * @param image rows and columns multiples of `cell`
 * @returns what the encoder gives, each [1, rows / cell, columns / cell, channels of its own]
 */
export async function encodeWindows(
  encoder: LoadedModel,
  { side, cell }: Windows,
  image: Image,
): Promise<NamedArrays> {
  const [down, across, each] = [image.rows, image.columns, side].map((length) => length / cell);
  const middle = (cells: number): number => Math.min(cells + 1, each - cells);
  const weights = new Float64Array(down * across);
  const sums: Record<string, { readonly data: Float64Array; readonly channels: number }> = {};
  for (const top of startsOf(down, each))
    for (const left of startsOf(across, each)) {
      const codes = await encoder.runShaped(windowAt(image, side, top * cell, left * cell));
      for (let y = 0; y < Math.min(each, down - top); y++)
        for (let x = 0; x < Math.min(each, across - left); x++) {
          const weight = middle(y) * middle(x);
          const at = (top + y) * across + left + x;
          weights[at] += weight;
          for (const [name, { data, shape }] of Object.entries(codes)) {
            const channels = shape[3];
            sums[name] ??= { data: new Float64Array(down * across * channels), channels };
            for (let c = 0; c < channels; c++)
              sums[name].data[at * channels + c] += weight * data[(y * each + x) * channels + c];
          }
        }
    }
  return Object.fromEntries(
    Object.entries(sums).map(([name, { data, channels }]) => [
      name,
      {
        data: Float32Array.from(data, (sum, i) => sum / weights[Math.floor(i / channels)]),
        shape: [1, down, across, channels],
      },
    ]),
  );
}

/** Where windows begin along an axis, in cells: evenly, no more than half a window apart. */
function startsOf(length: number, window: number): number[] {
  const last = Math.max(0, length - window);
  const steps = Math.ceil(last / Math.max(1, Math.floor(window / 2)));
  return Array.from({ length: steps + 1 }, (_, i) => Math.round((i * last) / Math.max(1, steps)));
}

/** A window of an image, which goes on as its mirror image. */
function windowAt(
  { values, rows, columns, channels }: Image,
  side: number,
  top: number,
  left: number,
): NamedArrays {
  const data = new Float32Array(side * side * channels);
  for (let y = 0; y < side; y++) {
    const line = mirrorIndex(top + y, rows) * columns;
    for (let x = 0; x < side; x++) {
      const from = (line + mirrorIndex(left + x, columns)) * channels;
      for (let c = 0; c < channels; c++) data[(y * side + x) * channels + c] = values[from + c];
    }
  }
  return { image: { data, shape: [1, side, side, channels] } };
}
