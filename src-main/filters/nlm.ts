import { DECAY_SCALE, decayed, halfShifts, type Shift } from './decay.js';
import { eachInner, type Grid, type PaddedSlab, padSlab, type SliceRange } from './slab.js';

export interface NlmSettings {
  /** Farthest voxel that is averaged, along a row or column and across slices; 0 across: plane by plane. */
  readonly reach: number;
  readonly reachThrough: number;
  /**
   * How much of the noise floor of Rician magnitudes is taken away, from 0 to 1: with 1 squares are averaged, with 0 the
   * values, in between powers between.
   */
  readonly floor: number;
}

/** A patch is 3 voxels wide. */
const PATCH_RADIUS = 1;

/**
 * Non-local means of one frame whose noise has standard deviation 1 (Buades et al 2005; in 3D with the noise floor
 * 2 sigma^2 taken from the mean square, Wiest-Daessle et al, MICCAI 2008, and Manjon et al, Med Image Anal 12:514,
 * 2008). A voxel is averaged with weight exp(-d / sqrt(2)), d the mean squared difference of patches of 3 x 3 x 3
 * voxels, as in DIPY. One shift of the image at a time: the differences of all patches are then box sums of one
 * difference image, and each weight serves both voxels of its pair.
 *
 * @param frame magnitudes (or other values) over sigma
 * @returns the slices of `range`, in the units of `frame`
 */
export function nonLocalMeans(
  frame: Float32Array,
  grid: Grid,
  range: SliceRange,
  settings: NlmSettings,
): Float32Array {
  const patchThrough = settings.reachThrough > 0 ? PATCH_RADIUS : 0;
  const inPlane = settings.reach + PATCH_RADIUS;
  const through = settings.reachThrough + patchThrough;
  const slab = padSlab(frame, grid, range, inPlane, through);
  const { floor } = settings;
  const averaged =
    floor === 1
      ? slab.values.map((value) => value * value)
      : floor > 0
        ? slab.values.map((value) => Math.abs(value) ** (1 + floor))
        : slab.values;
  const sums: Sums = {
    // its own patch differs by nothing
    value: averaged.slice(),
    weight: new Float32Array(averaged.length).fill(1),
  };
  for (const shift of halfShifts(settings.reach, settings.reachThrough))
    addShift(slab, averaged, sums, shift, { inPlane, through, patchThrough });
  const out = new Float32Array((range.to - range.from) * grid.rows * grid.columns);
  eachInner(slab, inPlane, through, (from, to) => {
    const mean = sums.value[from] / sums.weight[from];
    out[to] = floor > 0 ? Math.max(mean - 2 * floor, 0) ** (1 / (1 + floor)) : mean;
  });
  return out;
}

interface Sums {
  readonly value: Float32Array;
  readonly weight: Float32Array;
}

interface Margins {
  readonly inPlane: number;
  readonly through: number;
  readonly patchThrough: number;
}

/** Adds every pair of voxels that lie one shift apart, where one of them is in the unpadded part. */
function addShift(
  slab: PaddedSlab,
  averaged: Float32Array,
  sums: Sums,
  { dx, dy, dz }: Shift,
  { inPlane, through, patchThrough }: Margins,
): void {
  const { columns, rows, planes } = slab;
  const window: Window = {
    left: inPlane - Math.max(dx, 0),
    right: columns - inPlane - Math.min(dx, 0),
    top: inPlane - Math.max(dy, 0),
    bottom: rows - inPlane - Math.min(dy, 0),
  };
  const area = columns * rows;
  const offset = dx + dy * columns + dz * area;
  const depth = 2 * patchThrough + 1;
  const ring = Array.from({ length: depth }, () => new Float32Array(area));
  const rowSums = new Float32Array(area);
  for (let plane = through - dz - patchThrough; plane < planes - through + patchThrough; plane++) {
    patchDifferences(slab, plane, offset, window, rowSums, ring[plane % depth]);
    const centre = plane - patchThrough;
    if (centre < through - dz) continue;
    // always in the order of the planes, so that rounding does not depend on where the slab begins
    const layers = ring.map((_, k) => ring[(plane + 1 + k) % depth]);
    addPlane(averaged, sums, layers, centre * area, offset, columns, window);
  }
}

/** Adds the pairs of one plane, given the differences of their patches, layer by layer. */
function addPlane(
  averaged: Float32Array,
  { value, weight }: Sums,
  layers: readonly Float32Array[],
  start: number,
  offset: number,
  columns: number,
  { left, right, top, bottom }: Window,
): void {
  const scale = DECAY_SCALE / (Math.SQRT2 * 9 * layers.length);
  const [first, second, third] = layers;
  for (let y = top; y < bottom; y++)
    for (let i = y * columns + left, end = y * columns + right; i < end; i++) {
      const sum = layers.length === 1 ? first[i] : first[i] + second[i] + third[i];
      const w = decayed(sum * scale);
      if (w === 0) continue;
      const one = start + i;
      const other = one + offset;
      value[one] += w * averaged[other];
      weight[one] += w;
      value[other] += w * averaged[one];
      weight[other] += w;
    }
}

interface Window {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Squared differences between a plane and the shifted one, summed over 3 x 3 pixels. */
function patchDifferences(
  { values, columns, rows }: PaddedSlab,
  plane: number,
  offset: number,
  { left, right, top, bottom }: Window,
  rowSums: Float32Array,
  out: Float32Array,
): void {
  const start = plane * columns * rows;
  for (let y = top - 1; y < bottom + 1; y++) {
    const line = y * columns;
    let i = start + line + left - 1;
    let before = (values[i] - values[i + offset]) ** 2;
    i++;
    let here = (values[i] - values[i + offset]) ** 2;
    for (let x = line + left; x < line + right; x++) {
      i++;
      const difference = values[i] - values[i + offset];
      const after = difference * difference;
      rowSums[x] = before + here + after;
      before = here;
      here = after;
    }
  }
  for (let y = top; y < bottom; y++) {
    const line = y * columns;
    for (let i = line + left; i < line + right; i++)
      out[i] = rowSums[i - columns] + rowSums[i] + rowSums[i + columns];
  }
}
