/**
 * A plane moved around its edges by half its rows, and by half its columns: at each pixel, what an N/2 ghost adds
 * there (Reeder et al, Magn Reson Med 41:87, 1999). A network reaches no other way as far at full resolution.
 *
 * @param values rows * columns
 */
export function foldedPlanes(values: Float32Array, rows: number, columns: number): Float32Array[] {
  return [moved(values, columns, rows >> 1, 0), moved(values, columns, 0, columns >> 1)];
}

/** The folded planes in the order of a view: transposed, columns come first. */
export function foldedView(
  values: Float32Array,
  rows: number,
  columns: number,
  transposed: boolean,
): Float32Array[] {
  const planes = foldedPlanes(values, rows, columns);
  return transposed ? planes.reverse() : planes;
}

function moved(values: Float32Array, columns: number, down: number, right: number): Float32Array {
  const rows = values.length / columns;
  const out = new Float32Array(values.length);
  for (let y = 0, i = 0; y < rows; y++) {
    const start = ((y + down) % rows) * columns;
    for (let x = 0; x < columns; x++, i++) out[i] = values[start + ((x + right) % columns)];
  }
  return out;
}
