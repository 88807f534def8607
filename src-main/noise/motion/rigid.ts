import type { Volume } from '../../imaging/volume.js';

/** Row-major 4x4, the last row 0 0 0 1. */
export type Matrix = readonly number[];
export type Vector = readonly [number, number, number];

export const IDENTITY: Matrix = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

/** What the parameters of a motion are counted along and about. */
export interface Frame {
  /** Unit vectors in patient coordinates: those of the patient (LPS), or of the planes where motion is told in these alone. */
  readonly axes: readonly [Vector, Vector, Vector];
  /** Point that rotations are about, mm: the centre of the field of view. */
  readonly centre: Vector;
  /** Which of the six parameters are told: all, or two translations and one rotation in the plane. */
  readonly free: readonly number[];
}

const ALL = [0, 1, 2, 3, 4, 5];
const IN_PLANE = [0, 1, 5];
const PATIENT: Frame['axes'] = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];

type Grid = Pick<Volume, 'columns' | 'rows' | 'slices' | 'spacing' | 'affine'>;

/** Voxel to mm: the volume's own, or made of the distances where that has no extent, as without geometry. */
export function placesOf({ affine, spacing: [x, y, z] }: Grid): Matrix {
  const volume = Math.abs(determinant(affine));
  if (volume > 1e-6 * x * y * z && Number.isFinite(volume)) return affine;
  return [x || 1, 0, 0, 0, 0, y || 1, 0, 0, 0, 0, z || 1, 0, 0, 0, 0, 1];
}

export function frameOf(grid: Grid, inPlane: boolean): Frame {
  const places = placesOf(grid);
  const centre = applied(places, [(grid.columns - 1) / 2, (grid.rows - 1) / 2, (grid.slices - 1) / 2]);
  if (!inPlane) return { axes: PATIENT, centre, free: ALL };
  const row = unit([places[0], places[4], places[8]]);
  const column = unit([places[1], places[5], places[9]]);
  const normal = unit(cross(row, column));
  return { axes: [row, unit(cross(normal, row)), normal], centre, free: IN_PLANE };
}

/** Where a rigid motion takes a point: about the centre, then along; six values: mm along the axes, radians about them. */
export function rigid({ axes, centre }: Frame, values: ArrayLike<number>): Matrix {
  const along = combined(axes, [values[0], values[1], values[2]]);
  const turn = combined(axes, [values[3], values[4], values[5]]);
  const r = rotation(turn);
  const shift = [0, 1, 2].map(
    (i) =>
      centre[i] + along[i] - (r[3 * i] * centre[0] + r[3 * i + 1] * centre[1] + r[3 * i + 2] * centre[2]),
  );
  return [r[0], r[1], r[2], shift[0], r[3], r[4], r[5], shift[1], r[6], r[7], r[8], shift[2], 0, 0, 0, 1];
}

/** The six values that `rigid` makes this matrix of. */
export function valuesOf({ axes, centre }: Frame, m: Matrix): number[] {
  const moved = applied(m, centre);
  const along: Vector = [moved[0] - centre[0], moved[1] - centre[1], moved[2] - centre[2]];
  const cosine = Math.max(-1, Math.min(1, (m[0] + m[5] + m[10] - 1) / 2));
  const angle = Math.acos(cosine);
  const scale = angle < 1e-9 ? 0.5 : angle / (2 * Math.sin(angle));
  const turn: Vector = [scale * (m[9] - m[6]), scale * (m[2] - m[8]), scale * (m[4] - m[1])];
  return [...axes.map((axis) => dot(axis, along)), ...axes.map((axis) => dot(axis, turn))];
}

/** Rodrigues' formula. */
function rotation(turn: Vector): number[] {
  const angle = Math.hypot(...turn);
  if (angle < 1e-12) return [1, 0, 0, 0, 1, 0, 0, 0, 1];
  const [x, y, z] = turn.map((value) => value / angle);
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const t = 1 - c;
  return [
    t * x * x + c,
    t * x * y - s * z,
    t * x * z + s * y,
    t * x * y + s * z,
    t * y * y + c,
    t * y * z - s * x,
    t * x * z - s * y,
    t * y * z + s * x,
    t * z * z + c,
  ];
}

export function multiplied(a: Matrix, b: Matrix): Matrix {
  return a.map((_, i) => {
    const [row, column] = [i & 12, i & 3];
    return (
      a[row] * b[column] +
      a[row + 1] * b[column + 4] +
      a[row + 2] * b[column + 8] +
      a[row + 3] * b[column + 12]
    );
  });
}

/** Of any matrix of which the upper left part has an inverse. */
export function inverted(m: Matrix): Matrix {
  const d = determinant(m);
  const r = [
    m[5] * m[10] - m[6] * m[9],
    m[2] * m[9] - m[1] * m[10],
    m[1] * m[6] - m[2] * m[5],
    m[6] * m[8] - m[4] * m[10],
    m[0] * m[10] - m[2] * m[8],
    m[2] * m[4] - m[0] * m[6],
    m[4] * m[9] - m[5] * m[8],
    m[1] * m[8] - m[0] * m[9],
    m[0] * m[5] - m[1] * m[4],
  ].map((value) => value / d);
  const shift = [0, 1, 2].map((i) => -(r[3 * i] * m[3] + r[3 * i + 1] * m[7] + r[3 * i + 2] * m[11]));
  return [r[0], r[1], r[2], shift[0], r[3], r[4], r[5], shift[1], r[6], r[7], r[8], shift[2], 0, 0, 0, 1];
}

export function applied(m: Matrix, [x, y, z]: Vector): Vector {
  return [
    m[0] * x + m[1] * y + m[2] * z + m[3],
    m[4] * x + m[5] * y + m[6] * z + m[7],
    m[8] * x + m[9] * y + m[10] * z + m[11],
  ];
}

function combined(axes: Frame['axes'], values: Vector): Vector {
  const at = (i: number): number => axes[0][i] * values[0] + axes[1][i] * values[1] + axes[2][i] * values[2];
  return [at(0), at(1), at(2)];
}

export function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

export function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function unit(a: Vector): Vector {
  const length = Math.hypot(...a) || 1;
  return [a[0] / length, a[1] / length, a[2] / length];
}

function determinant(m: Matrix): number {
  return dot([m[0], m[4], m[8]], cross([m[1], m[5], m[9]], [m[2], m[6], m[10]]));
}
