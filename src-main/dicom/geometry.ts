import type { Instance, Triple } from './instance.js';

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
}

/** Cosines are written with 6 digits or fewer. */
const ORTHOGONAL = 1e-3;
/** Positions are often rounded to 0.01 mm or three digits. */
const POSITION_MM = 0.02;
const UNEVEN = 0.02;

/** True when there are a position, pixel spacing and two orthogonal unit vectors. */
export function hasPlane(instance: Instance): boolean {
  const { imageOrientation: o, imagePosition, pixelSpacing } = instance;
  if (o === null || imagePosition === null || pixelSpacing === null) return false;
  const row = triple(o, 0);
  const column = triple(o, 3);
  return (
    Math.abs(dot(row, row) - 1) < ORTHOGONAL * 10 &&
    Math.abs(dot(column, column) - 1) < ORTHOGONAL * 10 &&
    Math.abs(dot(row, column)) < ORTHOGONAL
  );
}

/** Distance of an image's plane from the origin along its normal, mm. Only where `hasPlane`. */
export function positionAlongNormal(instance: Instance): number {
  return dot(instance.imagePosition ?? [0, 0, 0], normalOf(instance.imageOrientation ?? []));
}

/** True when two distances along the normal are the same place. */
export function samePlace(a: number, b: number): boolean {
  return Math.abs(a - b) < POSITION_MM / 2;
}

/**
 * The geometry of slices sorted along their normal, one instance a slice, all with the same orientation.
 * `duplicates` is what the grouping found.
 */
export function stackGeometry(slices: readonly Instance[], duplicates: boolean): Geometry {
  const first = slices[0];
  const orientation = first.imageOrientation ?? [];
  const [row, column] = [triple(orientation, 0), triple(orientation, 3)];
  const normal = normalOf(orientation);
  const [betweenRows, betweenColumns] = first.pixelSpacing ?? [1, 1];
  const steps = stepsOf(slices);
  const along = steps.map((step) => dot(step, normal));
  const usual = along.length === 0 ? singleSpacing(first) : median(along);
  const between = usual > POSITION_MM / 2 ? usual : singleSpacing(first);
  const sliceStep = steps.length === 0 || duplicates ? scale(normal, between) : meanStep(slices);
  const origin = first.imagePosition ?? [0, 0, 0];
  const axis = (i: number): number[] => [
    row[i] * betweenColumns,
    column[i] * betweenRows,
    sliceStep[i],
    origin[i],
  ];
  const tolerance = Math.max(POSITION_MM, UNEVEN * between);
  return {
    columns: first.columns,
    rows: first.rows,
    slices: slices.length,
    spacing: [betweenColumns, betweenRows, between],
    affine: [...axis(0), ...axis(1), ...axis(2), 0, 0, 0, 1],
    sliceGap: along.some((distance) => distance > 1.5 * between),
    uneven: along.some((distance) => Math.abs(distance - between) > tolerance),
    duplicates,
    tilted: steps.some((step) => length(subtract(step, scale(normal, dot(step, normal)))) > tolerance),
  };
}

function stepsOf(slices: readonly Instance[]): Triple[] {
  return slices
    .slice(1)
    .map((slice, i) => subtract(slice.imagePosition ?? [0, 0, 0], slices[i].imagePosition ?? [0, 0, 0]));
}

function meanStep(slices: readonly Instance[]): Triple {
  const first = slices[0].imagePosition ?? [0, 0, 0];
  const last = slices[slices.length - 1].imagePosition ?? [0, 0, 0];
  return scale(subtract(last, first), 1 / (slices.length - 1));
}

function singleSpacing(instance: Instance): number {
  const candidates = [instance.spacingBetweenSlices, instance.sliceThickness];
  return candidates.find((value) => value !== null && value > 0) ?? 1;
}

function normalOf(orientation: readonly number[]): Triple {
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
