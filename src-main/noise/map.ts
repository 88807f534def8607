import type { Volume } from '../imaging/volume.js';
import type { Plane } from './planes.js';
import { sigmaFromMagnitude } from './rician.js';
import { clippedSd, median, quantile } from './robust.js';
import { FLAT_SHARE, type TissueBlocks } from './wavelet.js';

/** Side of a cell in pixels, and the most cells along the slices. */
const CELL = 16;
const LAYERS = 6;
const LEAST_BLOCKS = 12;
/** Passes of the 1-2-1 smoothing over cells. */
const SMOOTHING = 2;
/** Variation above which the noise is taken to vary: below it one level is the better estimate. */
const VARIES = 0.2;

/** Where that share of a cell, least gradient first, shows so many times what its flat part shows, it is structure. */
const MOST_SHARE = 0.6;
const STRUCTURED = 1.25;

interface Cells {
  readonly columns: number;
  readonly rows: number;
  readonly layers: number;
  readonly sum: Float64Array;
  readonly weight: Float64Array;
}

/**
 * A smooth map of how the noise level varies: the deviation of the details of flat tissue in cells of 16 x 16 pixels,
 * averaged over neighbouring cells, interpolated linearly, over its median in tissue.
 *
 * @param blocks of tissue, the flattest of each cell of which count: those of the whole lie where noise is low
 * @returns map: slices * rows * columns factors, or null where the noise is uniform or there is too little tissue
 */
export function noiseMap(
  volume: Volume,
  planes: readonly Plane[],
  blocks: TissueBlocks,
  rician: boolean,
): { readonly map: Float32Array | null; readonly variation: number } {
  const cells = fillCells(volume, planes, blocks, rician);
  for (let i = 0; i < SMOOTHING; i++) {
    smoothAxis(cells, 1, cells.columns);
    smoothAxis(cells, cells.columns, cells.rows);
    smoothAxis(cells, cells.columns * cells.rows, cells.layers);
  }
  const levels: number[] = [];
  cells.weight.forEach((weight, i) => {
    if (weight >= LEAST_BLOCKS) levels.push(cells.sum[i] / weight);
  });
  const centre = levels.length < 8 ? 0 : median(levels);
  if (!(centre > 0)) return { map: null, variation: 0 };
  const variation = (quantile(levels, 0.9) - quantile(levels, 0.1)) / centre;
  if (!(variation > VARIES)) return { map: null, variation };
  return { map: interpolated(volume, filled(cells, centre), 1 / centre), variation };
}

function fillCells(volume: Volume, planes: readonly Plane[], blocks: TissueBlocks, rician: boolean): Cells {
  const columns = Math.ceil(volume.columns / CELL);
  const rows = Math.ceil(volume.rows / CELL);
  const layers = Math.min(LAYERS, volume.slices);
  const lists = Array.from({ length: columns * rows * layers }, (): number[] => []);
  for (let k = 0; k < blocks.pixel.length; k++) {
    const plane = planes[blocks.plane[k]];
    const x = Math.floor((blocks.pixel[k] % plane.columns) / CELL);
    const y = Math.floor(Math.floor(blocks.pixel[k] / plane.columns) / CELL);
    const layer = Math.floor((plane.slice * layers) / volume.slices);
    lists[(layer * rows + y) * columns + x].push(k);
  }
  const sum = new Float64Array(lists.length);
  const weight = new Float64Array(lists.length);
  lists.forEach((list, i) => {
    const part = (share: number): number[] => {
      const limit = quantile(
        list.map((k) => blocks.gradient[k]),
        share,
      );
      return list.filter((k) => blocks.gradient[k] <= limit);
    };
    const deviation = (some: readonly number[]): number => clippedSd(some.map((k) => blocks.detail[k]));
    const flat = part(FLAT_SHARE);
    if (flat.length < LEAST_BLOCKS) return;
    const sd = deviation(flat);
    if (deviation(part(MOST_SHARE)) > STRUCTURED * sd) return;
    const level = rician ? sigmaFromMagnitude(median(flat.map((k) => blocks.mean[k])), sd) : sd;
    weight[i] = flat.length;
    sum[i] = level * flat.length;
  });
  return { columns, rows, layers, sum, weight };
}

/** 1-2-1 along one axis, of sums and weights alike, so that empty cells take their neighbours' level. */
function smoothAxis({ sum, weight }: Cells, stride: number, length: number): void {
  for (const values of [sum, weight]) {
    const old = Float64Array.from(values);
    for (let i = 0; i < values.length; i++) {
      const at = Math.floor(i / stride) % length;
      const before = at > 0 ? old[i - stride] : old[i];
      const after = at + 1 < length ? old[i + stride] : old[i];
      values[i] = (before + 2 * old[i] + after) / 4;
    }
  }
}

/** Levels of the cells; those without tissue nearby get the typical level. */
function filled(cells: Cells, typical: number): Cells {
  const sum = cells.sum.map((s, i) => (cells.weight[i] > 1 ? s / cells.weight[i] : typical));
  return { ...cells, sum };
}

/** Trilinear, cell centres to voxels. */
function interpolated(volume: Volume, cells: Cells, scale: number): Float32Array {
  const { columns, rows, slices } = volume;
  const map = new Float32Array(columns * rows * slices);
  const xs = Array.from({ length: columns }, (_, x) => between((x + 0.5) / CELL - 0.5, cells.columns));
  const ys = Array.from({ length: rows }, (_, y) => between((y + 0.5) / CELL - 0.5, cells.rows));
  for (let i = 0, slice = 0; slice < slices; slice++) {
    const z = between(((slice + 0.5) * cells.layers) / slices - 0.5, cells.layers);
    for (const y of ys)
      for (const x of xs) {
        const low = plane(cells, z.low, y, x);
        map[i++] = scale * (low + z.part * (plane(cells, z.high, y, x) - low));
      }
  }
  return map;
}

interface Between {
  readonly low: number;
  readonly high: number;
  readonly part: number;
}

function between(at: number, length: number): Between {
  const low = Math.max(0, Math.min(length - 1, Math.floor(at)));
  const high = Math.min(low + 1, length - 1);
  return { low, high, part: Math.max(0, Math.min(1, at - low)) };
}

function plane(cells: Cells, layer: number, y: Between, x: Between): number {
  const line = (row: number): number => {
    const start = (layer * cells.rows + row) * cells.columns;
    return cells.sum[start + x.low] + x.part * (cells.sum[start + x.high] - cells.sum[start + x.low]);
  };
  const low = line(y.low);
  return low + y.part * (line(y.high) - low);
}
