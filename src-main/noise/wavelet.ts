import type { Plane } from './planes.js';
import { sigmaFromMagnitude } from './rician.js';
import { clippedSd, median, quantile, robustCorrelation } from './robust.js';

/** 2 x 2 blocks of tissue without structure, and the differences that only noise should make there. */
export interface FlatBlocks {
  /** Diagonal Haar detail (a - b - c + d) / 2: standard deviation sigma for white noise; over the map where one is. */
  readonly detail: Float32Array;
  /** Mean of the block. */
  readonly mean: Float32Array;
  /** Plane (index into the list given) and pixel of the upper left corner. */
  readonly plane: Int32Array;
  readonly pixel: Int32Array;
}

/** All 2 x 2 blocks of tissue. */
export interface TissueBlocks extends FlatBlocks {
  /** Size of the difference of the blocks on both sides, across and down. */
  readonly gradient: Float32Array;
}

/** Share of the foreground blocks, those with the least gradient, that counts as flat. */
const FLAT_SHARE = 0.2;

/**
 * The flattest blocks.
 *
 * @param map noise level at each voxel of a frame, where it varies: what is flat where noise is high has more gradient
 */
export function flattest(
  planes: readonly Plane[],
  blocks: TissueBlocks,
  map: Float32Array | null = null,
): FlatBlocks {
  const gains =
    map === null ? null : Float32Array.from(blocks.pixel, (_, k) => map[voxelOf(planes, blocks, k)]);
  const gradient = gains === null ? blocks.gradient : blocks.gradient.map((value, k) => value / gains[k]);
  const limit = quantile(gradient, FLAT_SHARE);
  const kept: number[] = [];
  for (let k = 0; k < gradient.length; k++) if (gradient[k] <= limit) kept.push(k);
  return {
    detail: Float32Array.from(kept, (k) => blocks.detail[k] / (gains === null ? 1 : gains[k])),
    mean: Float32Array.from(kept, (k) => blocks.mean[k]),
    plane: Int32Array.from(kept, (k) => blocks.plane[k]),
    pixel: Int32Array.from(kept, (k) => blocks.pixel[k]),
  };
}

function voxelOf(planes: readonly Plane[], { plane, pixel }: FlatBlocks, k: number): number {
  const { slice, columns, rows } = planes[plane[k]];
  return slice * columns * rows + pixel[k];
}

/** So many say all that there is to know; of larger series some rows of blocks are left out. */
const MOST_BLOCKS = 500_000;

/** The blocks of tissue above `level`, or an even part of them. */
export function tissueBlocks(planes: readonly Plane[], level: number): TissueBlocks {
  const all = planes.reduce((sum, { columns, rows }) => sum + (columns >> 1) * (rows >> 1), 0);
  const step = 2 * Math.max(1, Math.round(all / MOST_BLOCKS));
  const most = planes.reduce((sum, { columns, rows }) => sum + (columns >> 1) * Math.ceil(rows / step), 0);
  const room = {
    detail: new Float32Array(most),
    mean: new Float32Array(most),
    gradient: new Float32Array(most),
    plane: new Int32Array(most),
    pixel: new Int32Array(most),
  };
  let count = 0;
  planes.forEach((plane, index) => {
    count = addBlocks(plane, index, level, step, room, count);
  });
  return {
    detail: room.detail.subarray(0, count),
    mean: room.mean.subarray(0, count),
    gradient: room.gradient.subarray(0, count),
    plane: room.plane.subarray(0, count),
    pixel: room.pixel.subarray(0, count),
  };
}

/** Adds blocks of one plane, `step` rows apart, behind the first `count`; returns how many there are then. */
function addBlocks(
  plane: Plane,
  index: number,
  level: number,
  step: number,
  room: TissueBlocks,
  count: number,
): number {
  const { values, usable, columns, rows } = plane;
  for (let y = 2; y + 4 <= rows; y += step)
    for (let x = 2; x + 4 <= columns; x += 2) {
      const i = y * columns + x;
      const right = i + 1;
      const below = i + columns;
      const mean = sumOf(values, i, columns) / 4;
      if (mean <= level || !(usable[i] && usable[right] && usable[below] && usable[below + 1])) continue;
      // sums of neighbouring blocks share no pixel with the detail, so that choosing by them does not bias it
      const across = sumOf(values, i + 2, columns) - sumOf(values, i - 2, columns);
      const down = sumOf(values, i + 2 * columns, columns) - sumOf(values, i - 2 * columns, columns);
      const gradient = Math.sqrt(across * across + down * down);
      if (!Number.isFinite(gradient)) continue;
      room.detail[count] = detailAt(plane, i);
      room.mean[count] = mean;
      room.gradient[count] = gradient;
      room.plane[count] = index;
      room.pixel[count++] = i;
    }
  return count;
}

function sumOf(values: Float32Array, i: number, columns: number): number {
  return values[i] + values[i + 1] + values[i + columns] + values[i + columns + 1];
}

/** Fewer blocks give the level to no better than a tenth. */
const LEAST_BLOCKS = 60;

/**
 * Channel sigma from the diagonal details (Donoho and Johnstone, Biometrika 81:425, 1994), made robust by taking
 * flat tissue only, corrected for the Rician shrinking of the deviation (Koay and Basser 2006; Coupe et al, Med
 * Image Anal 14:483, 2010).
 *
 * @param left what the correlation of the noise leaves of its variance in a detail: `detailVariance`
 * @returns null with too few blocks
 */
export function waveletNoise(blocks: FlatBlocks, rician: boolean, left: number): number | null {
  if (blocks.detail.length < LEAST_BLOCKS) return null;
  const sd = clippedSd(blocks.detail) / Math.sqrt(left);
  return rician ? sigmaFromMagnitude(median(blocks.mean), sd) : sd;
}

/** Pixels after which the noise of an interpolated image no longer hangs together. */
const FAR = 3;

/**
 * Lag-1 correlation of the noise along x and y in flat tissue: mixed differences at lag 1 against lag 3,
 * rho_x = 1 - V(1, 1) / V(3, 1). Mixed differences cancel what is constant along either axis, so structure
 * counts little; what is left of it raises rho.
 */
export function planeCorrelation(planes: readonly Plane[], blocks: FlatBlocks): { x: number; y: number } {
  const near = mixedDifferences(planes, blocks, 1, 1);
  const farX = mixedDifferences(planes, blocks, FAR, 1);
  const farY = mixedDifferences(planes, blocks, 1, FAR);
  const v = clippedSd(near) ** 2;
  const ratio = (far: Float32Array): number => clamp(1 - v / Math.max(clippedSd(far) ** 2, 1e-30));
  return v > 0 ? { x: ratio(farX), y: ratio(farY) } : { x: 0, y: 0 };
}

function mixedDifferences(
  planes: readonly Plane[],
  blocks: FlatBlocks,
  dx: number,
  dy: number,
): Float32Array {
  const out = new Float32Array(blocks.pixel.length);
  let count = 0;
  for (let k = 0; k < out.length; k++) {
    const { values, usable, columns } = planes[blocks.plane[k]];
    const a = blocks.pixel[k];
    const c = a + dy * columns;
    if (c + dx >= values.length || (a % columns) + dx >= columns) continue;
    if (usable[a + dx] && usable[c] && usable[c + dx])
      out[count++] = values[a] - values[a + dx] - values[c] + values[c + dx];
  }
  return out.subarray(0, count);
}

/** Lag-1 correlation between neighbouring slices: of the diagonal details at the same place. 0 with one slice. */
export function sliceCorrelation(planes: readonly Plane[], blocks: FlatBlocks): number {
  const here: number[] = [];
  const next: number[] = [];
  for (let k = 0; k < blocks.pixel.length; k++) {
    const plane = planes[blocks.plane[k]];
    const above = planes[blocks.plane[k] + 1];
    if (above === undefined || above.frame !== plane.frame || above.slice !== plane.slice + 1) continue;
    const { usable, columns } = above;
    const i = blocks.pixel[k];
    if (!(usable[i] && usable[i + 1] && usable[i + columns] && usable[i + columns + 1])) continue;
    here.push(detailAt(plane, i));
    next.push(detailAt(above, i));
  }
  return here.length < LEAST_BLOCKS ? 0 : clamp(robustCorrelation(here, next));
}

function detailAt({ values, columns }: Plane, i: number): number {
  return (values[i] - values[i + 1] - values[i + columns] + values[i + columns + 1]) / 2;
}

function clamp(rho: number): number {
  return Math.max(-0.9, Math.min(0.95, rho));
}
