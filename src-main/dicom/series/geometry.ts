import type { PlaneRecord, Triple } from '../read/frame-record.js';

/** Where the slices of a stack lie. */
export interface Geometry {
  readonly columns: number;
  readonly rows: number;
  readonly slices: number;
  /** Along a row, along a column, between slices; mm. */
  readonly spacing: readonly [number, number, number];
  /** Row-major 4x4: voxel (column, row, slice, 1) to LPS mm (PS3.3 C.7.6.2.1.1). */
  readonly affine: readonly number[];
  /** A distance between slices is over 1.5 times the usual one. */
  readonly sliceGap: boolean;
  /** Distances between slices differ by more than positions are rounded. */
  readonly uneven: boolean;
  /** Slices lie at the same place and no attribute tells them apart. */
  readonly duplicates: boolean;
  /** Slices are shifted in plane: gantry tilt, or a stack that was sheared. */
  readonly tilted: boolean;
  /** Indices of slices that an even stack lacks: there is a place for them and no image. */
  readonly missing: readonly number[];
  /** Every slice lies in a direction of its own: spacing between slices and affine are those of the first. */
  readonly directions: boolean;
  /** Position, orientation or pixel spacing are absent or impossible: the affine is made up. */
  readonly unplaced: boolean;
}

/** Cosine of row and column: three digits of each number leave up to 0.002. */
const ORTHOGONAL = 5e-3;
/** Of the squared length of a unit vector. */
const UNIT = 1e-2;
/** Positions are often rounded to 0.01 mm or three digits. */
const POSITION_MM = 0.02;
const UNEVEN = 0.02;
/** So many slices in a row may be absent from a stack that is otherwise even, and such a share of all. */
const MISSING_IN_A_ROW = 2;
const MISSING_SHARE = 0.2;

/** True when there are a position, pixel spacing and two orthogonal unit vectors. */
export function hasPlane(instance: PlaneRecord): boolean {
  const { imageOrientation: o, imagePosition, pixelSpacing } = instance;
  if (o === null || imagePosition === null || pixelSpacing === null) return false;
  const row = triple(o, 0);
  const column = triple(o, 3);
  return (
    Math.abs(dot(row, row) - 1) < UNIT &&
    Math.abs(dot(column, column) - 1) < UNIT &&
    Math.abs(dot(row, column)) < ORTHOGONAL
  );
}

/** Distance of the centre of an image from the origin along a unit vector, mm. Only where `hasPlane`. */
export function distanceAlong(plane: PlaneRecord, direction: Triple): number {
  const [betweenRows, betweenColumns] = plane.pixelSpacing ?? [1, 1];
  const orientation = plane.imageOrientation ?? [];
  const position = plane.imagePosition ?? [0, 0, 0];
  return (
    dot(position, direction) +
    ((plane.columns - 1) / 2) * betweenColumns * dot(triple(orientation, 0), direction) +
    ((plane.rows - 1) / 2) * betweenRows * dot(triple(orientation, 3), direction)
  );
}

/**
 * The geometry of slices sorted along their normal, one instance a slice, all with the same orientation.
 * `duplicates` is what the grouping found.
 */
export function stackGeometry(slices: readonly PlaneRecord[], duplicates: boolean): Geometry {
  const first = slices[0];
  const orientation = first.imageOrientation ?? [];
  const [row, column] = [triple(orientation, 0), triple(orientation, 3)];
  const normal = normalOf(orientation);
  const [betweenRows, betweenColumns] = first.pixelSpacing ?? [1, 1];
  const steps = stepsOf(slices);
  const along = steps.map((step) => dot(step, normal));
  const usual = along.length === 0 ? singleSpacing(first) : median(along);
  const between = usual > POSITION_MM / 2 ? usual : singleSpacing(first);
  const tolerance = Math.max(POSITION_MM, UNEVEN * between);
  const missing = duplicates ? [] : missingSlices(along, between, tolerance);
  const count = slices.length + missing.length;
  const sliceStep = steps.length === 0 || duplicates ? scale(normal, between) : meanStep(slices, count);
  const origin = first.imagePosition ?? [0, 0, 0];
  const axis = (i: number): number[] => [
    row[i] * betweenColumns,
    column[i] * betweenRows,
    sliceStep[i],
    origin[i],
  ];
  const apart = (distance: number): number =>
    missing.length === 0 ? 1 : Math.max(1, Math.round(distance / between));
  return {
    columns: first.columns,
    rows: first.rows,
    slices: count,
    spacing: [betweenColumns, betweenRows, between],
    affine: [...axis(0), ...axis(1), ...axis(2), 0, 0, 0, 1],
    sliceGap: along.some((distance) => distance > (apart(distance) + 0.5) * between),
    uneven: along.some((distance) => Math.abs(distance - apart(distance) * between) > tolerance),
    duplicates,
    tilted: steps.some((step) => length(subtract(step, scale(normal, dot(step, normal)))) > tolerance),
    missing,
    directions: false,
    unplaced: false,
  };
}

/** Of slices that lie in directions of their own. */
export function directionsGeometry(slices: readonly PlaneRecord[]): Geometry {
  return { ...stackGeometry(slices.slice(0, 1), false), slices: slices.length, directions: true };
}

/** Of slices that do not say where they lie: voxels of the stated size, else of 1 mm, one slice behind the other. */
export function unplacedGeometry(slices: readonly PlaneRecord[]): Geometry {
  const first = slices[0];
  const [betweenRows, betweenColumns] = first.pixelSpacing ?? [1, 1];
  const between = singleSpacing(first);
  return {
    columns: first.columns,
    rows: first.rows,
    slices: slices.length,
    spacing: [betweenColumns, betweenRows, between],
    affine: [betweenColumns, 0, 0, 0, 0, betweenRows, 0, 0, 0, 0, between, 0, 0, 0, 0, 1],
    sliceGap: false,
    uneven: false,
    duplicates: false,
    tilted: false,
    missing: [],
    directions: false,
    unplaced: true,
  };
}

/** Where every distance is a small multiple of the usual one and few slices are absent: their indices. */
function missingSlices(along: readonly number[], between: number, tolerance: number): number[] {
  const missing: number[] = [];
  let at = 0;
  for (const distance of along) {
    const apart = Math.round(distance / between);
    if (apart < 1 || apart > 1 + MISSING_IN_A_ROW || Math.abs(distance - apart * between) > tolerance)
      return [];
    for (let i = 1; i < apart; i++) missing.push(at + i);
    at += apart;
  }
  return missing.length <= MISSING_SHARE * (at + 1) ? missing : [];
}

function stepsOf(slices: readonly PlaneRecord[]): Triple[] {
  return slices
    .slice(1)
    .map((slice, i) => subtract(slice.imagePosition ?? [0, 0, 0], slices[i].imagePosition ?? [0, 0, 0]));
}

/** @param count slices with those that are absent */
function meanStep(slices: readonly PlaneRecord[], count: number): Triple {
  const first = slices[0].imagePosition ?? [0, 0, 0];
  const last = slices[slices.length - 1].imagePosition ?? [0, 0, 0];
  return scale(subtract(last, first), 1 / (count - 1));
}

function singleSpacing(instance: PlaneRecord): number {
  const candidates = [instance.spacingBetweenSlices, instance.sliceThickness];
  return candidates.find((value) => value !== null && value > 0) ?? 1;
}

export function normalOf(orientation: readonly number[]): Triple {
  const [a, b] = [triple(orientation, 0), triple(orientation, 3)];
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function triple(values: readonly number[], start: number): Triple {
  return [values[start] ?? 0, values[start + 1] ?? 0, values[start + 2] ?? 0];
}

function dot(a: Triple, b: Triple): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function subtract(a: Triple, b: Triple): Triple {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

function scale(a: Triple, factor: number): Triple {
  return [a[0] * factor, a[1] * factor, a[2] * factor];
}

function length(a: Triple): number {
  return Math.sqrt(dot(a, a));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
