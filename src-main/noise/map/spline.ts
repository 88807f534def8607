import { choleskyInPlace, choleskySolved } from '../../base/linear/cholesky.js';
/**
 * Smooth fields over a volume: tensor products of B-splines, cubic in the plane and linear through it, with a penalty
 * on their curvature (Eilers and Marx, Stat Sci 11:89, 1996).
 */

/** Where something was measured: x, y, z as parts of the volume, 0 to 1. */
export interface Sites {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly z: Float64Array;
}

/** Coefficients along each axis; their number is the product. */
export interface SplineGrid {
  readonly columns: number;
  readonly rows: number;
  readonly layers: number;
}

/** The coefficients that have a say at one place, and how much. */
interface Terms {
  readonly at: Int32Array;
  readonly weight: Float64Array;
}

const DEGREE = 3;

/** `intervals` in the plane along either axis, `layers` of coefficients through it. */
export function splineGrid(intervals: number, layers: number): SplineGrid {
  return { columns: intervals + DEGREE, rows: intervals + DEGREE, layers };
}

/** The field of these coefficients at each site. */
export function splineAt(grid: SplineGrid, coefficients: Float64Array, sites: Sites): Float64Array {
  return valuesOf(termsOf(grid, sites), coefficients);
}

/** The field at the centre of each voxel of a frame (slices * rows * columns). */
export function splineOver(
  grid: SplineGrid,
  coefficients: Float64Array,
  { columns, rows, slices }: { readonly columns: number; readonly rows: number; readonly slices: number },
): Float32Array {
  const xs = Array.from({ length: columns }, (_, x) => cubic((x + 0.5) / columns, grid.columns));
  const ys = Array.from({ length: rows }, (_, y) => cubic((y + 0.5) / rows, grid.rows));
  const out = new Float32Array(columns * rows * slices);
  const area = grid.columns * grid.rows;
  const plane = new Float64Array(area);
  const line = new Float64Array(grid.columns);
  for (let i = 0, slice = 0; slice < slices; slice++) {
    const z = linear((slice + 0.5) / slices, grid.layers);
    for (let k = 0; k < area; k++)
      plane[k] = z.weight.reduce((sum, w, c) => sum + w * coefficients[(z.first + c) * area + k], 0);
    for (const y of ys) {
      for (let k = 0; k < line.length; k++)
        line[k] = y.weight.reduce((sum, w, c) => sum + w * plane[(y.first + c) * grid.columns + k], 0);
      for (const { first, weight } of xs)
        out[i++] =
          weight[0] * line[first] +
          weight[1] * line[first + 1] +
          weight[2] * line[first + 2] +
          weight[3] * line[first + 3];
    }
  }
  return out;
}

/** Share of the error that values below a field weigh in the first rounds: the field lies in their lower part then. */
const ABOVE = 0.25;
const LOWER_ROUNDS = 3;
const ROUNDS = 5;
/** From how many deviations on values above and below the field weigh less, since they are no noise. */
const FAR = { above: 1.5, below: 3 } as const;

/**
 * Fits a field to values of which some are too high, in a lower part of them first, then in all that are near it.
 *
 * @param deviation that values have about the field where nothing but chance moves them
 * @param smoothness weight of the squared second differences of the coefficients
 * @returns the coefficients
 */
export function fitSpline(
  grid: SplineGrid,
  sites: Sites,
  values: Float64Array,
  deviation: number,
  smoothness: number,
): Float64Array {
  const size = grid.columns * grid.rows * grid.layers;
  const terms = termsOf(grid, sites);
  const smooth = penalty(grid, smoothness);
  const weights = new Float64Array(values.length).fill(1);
  let coefficients = new Float64Array(size);
  for (let round = 0; round < ROUNDS; round++) {
    const matrix = Float64Array.from(smooth);
    const right = new Float64Array(size);
    for (let k = 0; k < terms.length; k++) {
      const { at, weight } = terms[k];
      for (let a = 0; a < at.length; a++) {
        const part = weights[k] * weight[a];
        right[at[a]] += part * values[k];
        const start = at[a] * size;
        for (let b = 0; b <= a; b++) matrix[start + at[b]] += part * weight[b];
      }
    }
    choleskyInPlace(matrix, right.length, RIDGE * RIDGE);
    coefficients = choleskySolved(matrix, right);
    const fitted = valuesOf(terms, coefficients);
    for (let k = 0; k < weights.length; k++) {
      const rest = values[k] - fitted[k];
      weights[k] = round < LOWER_ROUNDS ? (rest > 0 ? ABOVE : 1 - ABOVE) : nearness(rest / deviation);
    }
  }
  return coefficients;
}

function nearness(rest: number): number {
  if (rest > FAR.above) return (FAR.above / rest) ** 2;
  return rest < -FAR.below ? FAR.below / -rest : 1;
}

function valuesOf(terms: readonly Terms[], coefficients: Float64Array): Float64Array {
  return Float64Array.from(terms, ({ at, weight }) => {
    let sum = 0;
    for (let a = 0; a < at.length; a++) sum += weight[a] * coefficients[at[a]];
    return sum;
  });
}

function termsOf(grid: SplineGrid, { x, y, z }: Sites): Terms[] {
  return Array.from(x, (_, k) => {
    const [across, down, through] = [
      cubic(x[k], grid.columns),
      cubic(y[k], grid.rows),
      linear(z[k], grid.layers),
    ];
    const count = across.weight.length * down.weight.length * through.weight.length;
    const at = new Int32Array(count);
    const weight = new Float64Array(count);
    let i = 0;
    for (let c = 0; c < through.weight.length; c++)
      for (let b = 0; b < down.weight.length; b++) {
        const line = ((through.first + c) * grid.rows + down.first + b) * grid.columns + across.first;
        for (let a = 0; a < across.weight.length; a++) {
          at[i] = line + a;
          weight[i++] = across.weight[a] * down.weight[b] * through.weight[c];
        }
      }
    return { at, weight };
  });
}

interface Along {
  readonly first: number;
  readonly weight: readonly number[];
}

function cubic(part: number, coefficients: number): Along {
  const at = Math.max(0, part * (coefficients - DEGREE));
  const first = Math.min(Math.floor(at), coefficients - DEGREE - 1);
  const [f, g] = [at - first, 1 - at + first];
  return {
    first,
    weight: [g ** 3 / 6, (3 * f ** 3 - 6 * f * f + 4) / 6, (3 * g ** 3 - 6 * g * g + 4) / 6, f ** 3 / 6],
  };
}

function linear(part: number, coefficients: number): Along {
  if (coefficients === 1) return { first: 0, weight: [1] };
  const at = Math.max(0, part * (coefficients - 1));
  const first = Math.min(Math.floor(at), coefficients - 2);
  return { first, weight: [1 - at + first, at - first] };
}

/** Enough for a solution where nothing was measured, too little to matter elsewhere. */
const RIDGE = 1e-6;

/** Squared second differences in the plane, first ones through it. */
function penalty({ columns, rows, layers }: SplineGrid, smoothness: number): Float64Array {
  const size = columns * rows * layers;
  const matrix = new Float64Array(size * size);
  const add = (at: readonly number[], pattern: readonly number[], weight: number): void => {
    at.forEach((i, a) => {
      at.forEach((j, b) => {
        matrix[i * size + j] += weight * pattern[a] * pattern[b];
      });
    });
  };
  for (let z = 0; z < layers; z++)
    for (let y = 0; y < rows; y++)
      for (let x = 0; x < columns; x++) {
        const i = (z * rows + y) * columns + x;
        matrix[i * size + i] += RIDGE;
        if (x + 2 < columns) add([i, i + 1, i + 2], [1, -2, 1], smoothness);
        if (y + 2 < rows) add([i, i + columns, i + 2 * columns], [1, -2, 1], smoothness);
        if (x + 1 < columns && y + 1 < rows)
          add([i, i + 1, i + columns, i + columns + 1], [1, -1, -1, 1], 2 * smoothness);
        if (z + 1 < layers) add([i, i + columns * rows], [1, -1], 2 * smoothness);
      }
  return matrix;
}
