import type { Box } from '../../imaging/box.js';
import { applied, type Matrix } from './rigid.js';

/** An image of one frame; index = (slice * rows + row) * columns + column. */
export interface Image {
  readonly data: Float32Array;
  readonly columns: number;
  readonly rows: number;
  readonly slices: number;
}

/**
 * Values of an image where a matrix takes the voxels of a box, by cubic convolution (Keys, IEEE Trans Acoust Speech
 * Signal Process 29:1153, 1981); beyond the image its border goes on.
 *
 * @param m from voxels of the grid in which the box lies to those of the image
 * @returns as many values as the box has voxels
 */
export function resampled(image: Image, m: Matrix, box: Box): Float32Array {
  const out = new Float32Array(box.columns * box.rows * box.slices);
  const read = cubicReader(image);
  let i = 0;
  for (let z = box.slice; z < box.slice + box.slices; z++)
    for (let y = box.row; y < box.row + box.rows; y++)
      for (let x = box.column; x < box.column + box.columns; x++, i++) {
        const [u, v, w] = applied(m, [x, y, z]);
        out[i] = read(u, v, w);
      }
  return out;
}

function cubicReader({ data, columns, rows, slices }: Image): (x: number, y: number, z: number) => number {
  const [alongX, alongY, alongZ] = [columns, rows, slices].map(taps);
  return (x, y, z) => {
    alongX.move(x);
    alongY.move(y);
    alongZ.move(z);
    let sum = 0;
    for (let c = 0; c < 4; c++) {
      if (alongZ.weights[c] === 0) continue;
      let plane = 0;
      for (let b = 0; b < 4; b++) {
        if (alongY.weights[b] === 0) continue;
        const start = (alongZ.places[c] * rows + alongY.places[b]) * columns;
        let line = 0;
        for (let a = 0; a < 4; a++) line += alongX.weights[a] * data[start + alongX.places[a]];
        plane += alongY.weights[b] * line;
      }
      sum += alongZ.weights[c] * plane;
    }
    return sum;
  };
}

/** The four voxels around a place along an axis, and what each counts. */
function taps(length: number) {
  const places = new Int32Array(4);
  const weights = new Float64Array(4);
  const within = (at: number): number => Math.max(0, Math.min(length - 1, at));
  return {
    places,
    weights,
    move(at: number): void {
      const place = within(at);
      const below = Math.floor(place);
      const t = place - below;
      for (let k = 0; k < 4; k++) places[k] = within(below + k - 1);
      weights[0] = ((2 - t) * t - 1) * t * 0.5;
      weights[1] = ((3 * t - 5) * t * t + 2) * 0.5;
      weights[2] = ((4 - 3 * t) * t + 1) * t * 0.5;
      weights[3] = (t - 1) * t * t * 0.5;
    },
  };
}
