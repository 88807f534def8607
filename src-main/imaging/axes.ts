/** Slices, rows and columns of a frame. */
type Axis = 0 | 1 | 2;

/** An order of the axes: which of them planes are stacked along, run down and run across. */
export type Axes = readonly [Axis, Axis, Axis];

/** Values of one frame; the last axis is the fastest. */
export interface Block<T extends Float32Array | Uint8Array> {
  readonly values: T;
  readonly shape: readonly [number, number, number];
}

/** The same values, their axes in the order of `axes`. */
export function turned(block: Block<Float32Array>, axes: Axes): Block<Float32Array>;
export function turned(block: Block<Uint8Array>, axes: Axes): Block<Uint8Array>;
export function turned(
  { values, shape }: Block<Float32Array | Uint8Array>,
  axes: Axes,
): Block<Float32Array | Uint8Array> {
  const strides = [shape[1] * shape[2], shape[2], 1];
  const [a, b, c] = axes.map((axis) => shape[axis]);
  const [da, db, dc] = axes.map((axis) => strides[axis]);
  const out = values.slice();
  let to = 0;
  for (let i = 0; i < a; i++)
    for (let j = 0; j < b; j++) {
      const from = i * da + j * db;
      for (let k = 0; k < c; k++) out[to++] = values[from + k * dc];
    }
  return { values: out, shape: [a, b, c] };
}

/** The order that brings axes back which `turned` took into the order of `axes`. */
export function turnedBack(axes: Axes): Axes {
  const placeOf = (axis: Axis): Axis => (axes[0] === axis ? 0 : axes[1] === axis ? 1 : 2);
  return [placeOf(0), placeOf(1), placeOf(2)];
}
