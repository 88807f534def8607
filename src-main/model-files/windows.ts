import type { NamedArrays } from '../graph/types.js';
import type { LoadedModel } from '../runtime/types.js';

/**
 * Runs a model that takes windows of one size only on an image that is cut into them, side by side.
 *
 * @param image rows * columns * channels; rows and columns multiples of `side`
 * @returns `reconstruction` [1, rows, columns, 1]
 */
export async function runWindows(
  model: LoadedModel,
  side: number,
  channels: number,
  image: Float32Array,
  rows: number,
  columns: number,
): Promise<NamedArrays> {
  const data = new Float32Array(rows * columns);
  const window = new Float32Array(side * side * channels);
  for (let top = 0; top + side <= rows; top += side)
    for (let left = 0; left + side <= columns; left += side) {
      for (let y = 0; y < side; y++) {
        const from = ((top + y) * columns + left) * channels;
        window.set(image.subarray(from, from + side * channels), y * side * channels);
      }
      const fed = { image: { data: window, shape: [1, side, side, channels] } };
      const { reconstruction } = await model.runShaped(fed);
      for (let y = 0; y < side; y++)
        data.set(reconstruction.data.subarray(y * side, (y + 1) * side), (top + y) * columns + left);
    }
  return { reconstruction: { data, shape: [1, rows, columns, 1] } };
}
