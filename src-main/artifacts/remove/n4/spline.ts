/**
 * Smooth fields over a grid as cubic B-splines, fitted to scattered values by one local pass (Lee, Wolberg and Shin, IEEE
 * Trans Vis Comput Graph 3:228, 1997). The grid is regular, so that each sum over voxels is done axis by axis.
 */

/** Length of a grid along x, y and z; x is fastest. */
export type Extent = readonly [number, number, number];

/** A field: control points of a lattice that covers the whole grid. */
export interface Lattice {
  /** Control points along each axis: one where the field does not change along it, else cells and three. */
  readonly size: Extent;
  readonly values: Float64Array;
}

/** Weights of the control points at each place of an axis. */
interface Axis {
  readonly places: number;
  readonly controls: number;
  /** First control point that a place knows of, and how many it knows of. */
  readonly first: Int32Array;
  readonly reach: 1 | 4;
  /** Weights, `reach` a place: of evaluation; squares; and cubes over the sum of the squares. */
  readonly plain: Float64Array;
  readonly squares: Float64Array;
  readonly cubes: Float64Array;
}

type Axes = readonly [Axis, Axis, Axis];

export interface Spline {
  readonly axes: Axes;
  readonly size: Extent;
}

/** Cubic B-splines on a grid whose axes are parted into so many cells; no cells: constant along that axis. */
export function splineOn(extent: Extent, cells: Extent): Spline {
  const axes: Axes = [axisOf(extent[0], cells[0]), axisOf(extent[1], cells[1]), axisOf(extent[2], cells[2])];
  return { axes, size: [axes[0].controls, axes[1].controls, axes[2].controls] };
}

function axisOf(places: number, cells: number): Axis {
  const reach = cells === 0 ? 1 : 4;
  const axis: Axis = {
    places,
    controls: cells === 0 ? 1 : cells + 3,
    first: new Int32Array(places),
    reach,
    plain: new Float64Array(places * reach).fill(1),
    squares: new Float64Array(places * reach).fill(1),
    cubes: new Float64Array(places * reach).fill(1),
  };
  if (cells === 0) return axis;
  for (let i = 0; i < places; i++) {
    const at = (cells * (i + 0.5)) / places;
    const cell = Math.min(cells - 1, Math.floor(at));
    const weights = cubicWeights(at - cell);
    const sum = weights.reduce((total, weight) => total + weight * weight, 0);
    axis.first[i] = cell;
    for (const [k, weight] of weights.entries()) {
      axis.plain[4 * i + k] = weight;
      axis.squares[4 * i + k] = weight * weight;
      axis.cubes[4 * i + k] = weight ** 3 / sum;
    }
  }
  return axis;
}

function cubicWeights(t: number): readonly number[] {
  return [
    (1 - t) ** 3 / 6,
    (3 * t ** 3 - 6 * t ** 2 + 4) / 6,
    (-3 * t ** 3 + 3 * t ** 2 + 3 * t + 1) / 6,
    t ** 3 / 6,
  ];
}

/** What the places weigh at each control point; it follows from the mask alone. */
export function coverage(spline: Spline, mask: Float32Array): Float64Array {
  return gathered(spline, mask, 'squares');
}

/**
 * The local fit to values at the places of a mask.
 *
 * @param values one a place, 0 outside the mask
 * @param covered `coverage` of the mask
 */
export function fitted(spline: Spline, values: Float32Array, covered: Float64Array): Lattice {
  const sums = gathered(spline, values, 'cubes');
  return { size: spline.size, values: sums.map((sum, i) => (covered[i] > 0 ? sum / covered[i] : 0)) };
}

/** For each control point the sum of the values times its weights at their places. */
function gathered({ axes, size }: Spline, values: Float32Array, kind: 'squares' | 'cubes'): Float64Array {
  const [x, y, z] = axes;
  const [nx, ny] = size;
  const out = new Float64Array(nx * ny * size[2]);
  const row = new Float64Array(nx);
  const plane = new Float64Array(nx * ny);
  for (let k = 0, at = 0; k < z.places; k++) {
    plane.fill(0);
    for (let j = 0; j < y.places; j++, at += x.places) {
      gatherRow(values, at, x, x[kind], row);
      for (let b = 0; b < y.reach; b++) addTimes(plane, (y.first[j] + b) * nx, row, y[kind][j * y.reach + b]);
    }
    for (let c = 0; c < z.reach; c++)
      addTimes(out, (z.first[k] + c) * nx * ny, plane, z[kind][k * z.reach + c]);
  }
  return out;
}

function gatherRow(
  values: Float32Array,
  at: number,
  { places, first, reach }: Axis,
  weights: Float64Array,
  row: Float64Array,
): void {
  row.fill(0);
  for (let i = 0; i < places; i++) {
    const value = values[at + i];
    if (value === 0) continue;
    for (let a = 0; a < reach; a++) row[first[i] + a] += weights[i * reach + a] * value;
  }
}

function addTimes(to: Float64Array, start: number, from: Float64Array, weight: number): void {
  for (let i = 0; i < from.length; i++) to[start + i] += weight * from[i];
}

/** The values of a field, row after row of the grid, each in the same array: what is kept of it is copied. */
export function* rowsOf({ axes, size }: Spline, { values }: Lattice): Generator<Float64Array> {
  const [x, y, z] = axes;
  const [nx, ny] = size;
  const plane = new Float64Array(nx * ny);
  const line = new Float64Array(nx);
  const row = new Float64Array(x.places);
  for (let k = 0; k < z.places; k++) {
    plane.fill(0);
    for (let c = 0; c < z.reach; c++)
      addTimes(plane, 0, part(values, z.first[k] + c, nx * ny), z.plain[k * z.reach + c]);
    for (let j = 0; j < y.places; j++) {
      line.fill(0);
      for (let b = 0; b < y.reach; b++)
        addTimes(line, 0, part(plane, y.first[j] + b, nx), y.plain[j * y.reach + b]);
      for (let i = 0; i < x.places; i++) {
        let sum = 0;
        for (let a = 0; a < x.reach; a++) sum += x.plain[i * x.reach + a] * line[x.first[i] + a];
        row[i] = sum;
      }
      yield row;
    }
  }
}

function part(values: Float64Array, index: number, length: number): Float64Array {
  return values.subarray(index * length, (index + 1) * length);
}

/** The very same field on twice as many cells along the axes named by true. */
export function refined(lattice: Lattice, axes: readonly [boolean, boolean, boolean]): Lattice {
  let [nx, ny, nz] = lattice.size;
  let { values } = lattice;
  if (axes[0]) {
    values = doubled(values, { before: 1, length: nx, after: ny * nz });
    nx = 2 * nx - 3;
  }
  if (axes[1]) {
    values = doubled(values, { before: nx, length: ny, after: nz });
    ny = 2 * ny - 3;
  }
  if (axes[2]) {
    values = doubled(values, { before: nx * ny, length: nz, after: 1 });
    nz = 2 * nz - 3;
  }
  return { size: [nx, ny, nz], values };
}

/** Knots between those of one axis: (1, 6, 1) / 8 at the old ones, (1, 1) / 2 between. */
function doubled(
  values: Float64Array,
  { before, length, after }: { readonly before: number; readonly length: number; readonly after: number },
): Float64Array {
  const longer = 2 * length - 3;
  const out = new Float64Array(before * longer * after);
  for (let k = 0; k < after; k++)
    for (let j = 0; j < longer; j++)
      for (let i = 0; i < before; i++) {
        const of = (control: number) => values[(k * length + control) * before + i];
        const at = j >> 1;
        out[(k * longer + j) * before + i] =
          j % 2 === 0 ? (of(at) + of(at + 1)) / 2 : (of(at) + 6 * of(at + 1) + of(at + 2)) / 8;
      }
  return out;
}
