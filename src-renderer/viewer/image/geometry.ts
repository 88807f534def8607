import type { SeriesCard } from '../../../src-main/contract/window/opened.js';

/** What of a series places it in space. */
export type Grid = Pick<SeriesCard, 'affine' | 'columns' | 'rows' | 'slices' | 'frames' | 'spacing'>;
export type Vector = readonly [number, number, number];
export type Rotation = 0 | 90 | 180 | 270;

/** How a stored plane is turned on screen: flipped first, then rotated clockwise. */
export interface Orientation {
  readonly rotation: Rotation;
  readonly flipX: boolean;
  readonly flipY: boolean;
}

export interface Letters {
  readonly left: string;
  readonly right: string;
  readonly top: string;
  readonly bottom: string;
}

/** A plane is taken for parallel to another when their normals agree within about 2.5 degrees. */
const PARALLEL = 0.999;
/** A patient axis is named when the direction leans at least this far towards it: about 12 degrees. */
const NAMED = 0.2;

const AXIS_LETTERS = [
  ['L', 'R'],
  ['P', 'A'],
  ['H', 'F'],
] as const;

/** Column of the affine: the step of one voxel along x (0), y (1), z (2), or the origin (3), in mm. */
function column(affine: readonly number[], index: 0 | 1 | 2 | 3): Vector {
  return [affine[index], affine[4 + index], affine[8 + index]];
}

function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function unit(v: Vector): Vector | null {
  const length = Math.hypot(...v);
  return length > 0 ? [v[0] / length, v[1] / length, v[2] / length] : null;
}

/** Unit normal of the slices, rows x columns (DICOM PS3.3 C.7.6.2.1.1); null where the geometry is unknown. */
function normalOf(grid: Grid): Vector | null {
  if (grid.affine === null) return null;
  const a = column(grid.affine, 0);
  const b = column(grid.affine, 1);
  return unit([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]);
}

/** How a plane lies in the patient, by the axis that its normal leans to most; null where the geometry is unknown. */
export function planeName(grid: Grid): 'sagittal' | 'coronal' | 'axial' | null {
  const normal = normalOf(grid);
  if (normal === null) return null;
  const sizes = normal.map(Math.abs);
  return (['sagittal', 'coronal', 'axial'] as const)[sizes.indexOf(Math.max(...sizes))];
}

/** Position of a slice along the normal in mm; from the first slice where the geometry is unknown. */
export function slicePosition(grid: Grid, slice: number): number {
  const normal = normalOf(grid);
  if (grid.affine === null || normal === null) return slice * (grid.spacing[2] || 1);
  return dot(normal, column(grid.affine, 3)) + slice * dot(normal, column(grid.affine, 2));
}

/** The slice nearest to a position in mm, within the series. */
export function nearestSlice(grid: Grid, position: number): number {
  const first = slicePosition(grid, 0);
  const step = grid.slices > 1 ? slicePosition(grid, 1) - first : 0;
  if (step === 0) return 0;
  return Math.min(grid.slices - 1, Math.max(0, Math.round((position - first) / step)));
}

/**
 * The slice of `other` at the place of a slice of `reference`: the nearest, at most half of its slice distance away.
 * null where there is none, or where the planes are not parallel. Without geometry, series of equal length are
 * linked by index.
 */
export function linkedSlice(reference: Grid, slice: number, other: Grid): number | null {
  if (reference === other) return slice;
  const normal = normalOf(reference);
  const otherNormal = normalOf(other);
  if (normal === null || otherNormal === null || reference.affine === null || other.affine === null)
    return reference.slices === other.slices ? slice : null;
  if (Math.abs(dot(normal, otherNormal)) < PARALLEL) return null;
  const start = dot(normal, column(other.affine, 3));
  const step = dot(normal, column(other.affine, 2));
  const position = slicePosition(reference, slice);
  const distance = Math.abs(step) || reference.spacing[2] || 1;
  const index = other.slices > 1 && step !== 0 ? Math.round((position - start) / step) : 0;
  if (index < 0 || index >= other.slices) return null;
  return Math.abs(start + index * step - position) <= distance / 2 + 1e-3 ? index : null;
}

/** Whether pixels of two series can be compared one by one: same size, same place in the plane within half a pixel. */
export function sameGrid(a: Grid, b: Grid): boolean {
  if (a.columns !== b.columns || a.rows !== b.rows) return false;
  if (a.affine === null || b.affine === null) return true;
  const normal = normalOf(a);
  if (normal === null) return true;
  const tolerance = Math.min(a.spacing[0], a.spacing[1]) / 2;
  return [
    [0, 0],
    [a.columns - 1, 0],
    [0, a.rows - 1],
  ].every(([x, y]) => {
    const p = voxelToPatient(a, x, y, 0);
    const q = voxelToPatient(b, x, y, 0);
    if (p === null || q === null) return true;
    const d: Vector = [q[0] - p[0], q[1] - p[1], q[2] - p[2]];
    const along = dot(d, normal);
    return (
      Math.hypot(d[0] - along * normal[0], d[1] - along * normal[1], d[2] - along * normal[2]) <= tolerance
    );
  });
}

/** Patient position LPS in mm of a voxel (indices may be fractions); null where the geometry is unknown. */
export function voxelToPatient(grid: Grid, x: number, y: number, slice: number): Vector | null {
  const m = grid.affine;
  if (m === null) return null;
  return [
    m[0] * x + m[1] * y + m[2] * slice + m[3],
    m[4] * x + m[5] * y + m[6] * slice + m[7],
    m[8] * x + m[9] * y + m[10] * slice + m[11],
  ];
}

/** Letters of a direction in LPS, the strongest axis first (DICOM PS3.3 C.7.6.1.1.1); '' for no direction. */
export function directionLetters(direction: Vector): string {
  const u = unit(direction);
  if (u === null) return '';
  return u
    .map((value, axis) => ({ size: Math.abs(value), letter: AXIS_LETTERS[axis][value > 0 ? 0 : 1] }))
    .filter(({ size }) => size >= NAMED)
    .sort((a, b) => b.size - a.size)
    .map(({ letter }) => letter)
    .join('');
}

/** Where the four borders of the screen point in the patient; empty where the geometry is unknown. */
export function borderLetters(grid: Grid, orientation: Orientation): Letters {
  const axes = screenAxes(grid, orientation);
  if (axes === null) return { left: '', right: '', top: '', bottom: '' };
  const [right, down] = axes;
  return {
    right: directionLetters(right),
    left: directionLetters(negated(right)),
    bottom: directionLetters(down),
    top: directionLetters(negated(down)),
  };
}

function negated(v: Vector): Vector {
  return [-v[0], -v[1], -v[2]];
}

/** Directions in the patient of the right and the bottom of the screen. */
function screenAxes(grid: Grid, orientation: Orientation): readonly [Vector, Vector] | null {
  if (grid.affine === null) return null;
  const along = unit(column(grid.affine, 0));
  const down = unit(column(grid.affine, 1));
  if (along === null || down === null) return null;
  const toPatient = (screenX: number, screenY: number): Vector => {
    const [x, y] = screenToImage(orientation, screenX, screenY);
    return [x * along[0] + y * down[0], x * along[1] + y * down[1], x * along[2] + y * down[2]];
  };
  return [toPatient(1, 0), toPatient(0, 1)];
}

/** A direction on screen as a direction in the stored plane: the rotation undone, then the flips. */
export function screenToImage(orientation: Orientation, x: number, y: number): readonly [number, number] {
  const [c, s] = { 0: [1, 0], 90: [0, 1], 180: [-1, 0], 270: [0, -1] }[orientation.rotation];
  return [(c * x + s * y) * (orientation.flipX ? -1 : 1), (c * y - s * x) * (orientation.flipY ? -1 : 1)];
}

/** As stored. */
export const STORED: Orientation = { rotation: 0, flipX: false, flipY: false };

/**
 * The orientation to open a series with. DICOM planes are shown as stored, as every viewer does; NIfTI planes, stored
 * in any order, are turned so that the screen's right is the patient's left (posterior in a sagittal plane) and its
 * bottom is posterior or the feet.
 */
export function defaultOrientation(series: Pick<SeriesCard, 'kind'> & Grid): Orientation {
  const normal = normalOf(series);
  if (series.kind === 'dicom' || normal === null) return STORED;
  const sizes = normal.map(Math.abs);
  const plane = sizes.indexOf(Math.max(...sizes));
  const right: Vector = plane === 0 ? [0, 1, 0] : [1, 0, 0];
  const bottom: Vector = plane === 2 ? [0, 1, 0] : [0, 0, -1];
  let best = STORED;
  let bestScore = -Infinity;
  for (const rotation of [0, 90, 180, 270] as const)
    for (const flipX of [false, true]) {
      const axes = screenAxes(series, { rotation, flipX, flipY: false });
      const score = axes === null ? -Infinity : dot(axes[0], right) + dot(axes[1], bottom);
      if (score > bestScore + 1e-9) {
        best = { rotation, flipX, flipY: false };
        bestScore = score;
      }
    }
  return best;
}

/** Turns what is on screen a quarter clockwise. */
export function rotated(o: Orientation): Orientation {
  const next: Record<Rotation, Rotation> = { 0: 90, 90: 180, 180: 270, 270: 0 };
  return { ...o, rotation: next[o.rotation] };
}

/** Mirrors what is on screen left to right ('x') or top to bottom ('y'), whatever its rotation. */
export function mirrored(o: Orientation, axis: 'x' | 'y'): Orientation {
  const quarter = o.rotation === 90 || o.rotation === 270;
  return (axis === 'x') !== quarter ? { ...o, flipX: !o.flipX } : { ...o, flipY: !o.flipY };
}

/** Pixel coordinates to CSS pixels of the host: x' = a x + c y + e, y' = b x + d y + f. */
export interface Matrix {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly e: number;
  readonly f: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Screen pixels a mm at which the whole plane just fits, in the units of `size`. */
export function fitScale(grid: Grid, rotation: Rotation, size: Size): number {
  const [sx, sy] = pixelSpacing(grid);
  const width = grid.columns * sx;
  const height = grid.rows * sy;
  return rotation === 90 || rotation === 270
    ? Math.min(size.width / height, size.height / width)
    : Math.min(size.width / width, size.height / height);
}

/** mm along a row and along a column; 1, which is a pixel, where the file does not say. */
export function pixelSpacing(grid: Pick<Grid, 'spacing'>): readonly [number, number] {
  const [x, y] = grid.spacing;
  return x > 0 && y > 0 ? [x, y] : [1, 1];
}
