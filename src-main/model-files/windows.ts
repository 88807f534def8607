import type { NamedArrays } from '../graph/types.js';
import { mirrorIndex, tilePlane } from '../imaging/tiles.js';
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
 * Runs an encoder that takes windows of one size only. Windows overlap, so that a vector is of the window in which
 * there is most around it; the last ones end where the image does, which is mirrored only where it is smaller.
 *
 * @param image rows and columns multiples of `cell`
 * @returns what the encoder gives, each [1, rows / cell, columns / cell, channels of its own]
 */
export async function encodeWindows(
  encoder: LoadedModel,
  { side, cell }: Windows,
  image: Image,
): Promise<NamedArrays> {
  const [rows, columns] = [image.rows, image.columns].map((length) => Math.max(side, length));
  const [down, across, each] = [image.rows, image.columns, side].map((length) => length / cell);
  const halo = cell * Math.min(HALO, Math.floor((each - 1) / 2));
  const codes: Record<string, { data: Float32Array; shape: number[] }> = {};
  for (const { row, column, keep } of tilePlane(rows, columns, { limit: side, halo, multiple: cell }).tiles)
    for (const [name, { data, shape }] of Object.entries(
      await encoder.runShaped(windowAt(image, side, row, column)),
    )) {
      const channels = shape[3];
      codes[name] ??= {
        data: new Float32Array(down * across * channels),
        shape: [1, down, across, channels],
      };
      const right = Math.min(across, keep.right / cell);
      for (let y = keep.top / cell; y < Math.min(down, keep.bottom / cell); y++) {
        const from = (y - row / cell) * each - column / cell;
        codes[name].data.set(
          data.subarray((from + keep.left / cell) * channels, (from + right) * channels),
          (y * across + keep.left / cell) * channels,
        );
      }
    }
  return codes;
}

/** Cells at the edge of a window that are taken from the next window. */
const HALO = 1;

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
