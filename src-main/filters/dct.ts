import { cosines, transform8 } from '../base/linear/dct.js';
import { lagCovariance } from '../noise/autocorrelation.js';
import type { Grid, SliceRange } from './slab.js';

/** Lag-1 correlation of the noise along a row, along a column and across slices. */
export type Correlation = readonly [number, number, number];

export interface DctSettings {
  /** Blocks of 8 x 8 pixels instead of 4 x 4 x 4 voxels. */
  readonly planar: boolean;
  readonly correlation: Correlation;
}

/** Hard threshold in standard deviations of the noise of a coefficient (Guleryuz 2007; Manjon 2012). */
const THRESHOLD = 2.7;
const VOXELS = 64;

/**
 * Overlapping-block DCT denoising of one frame whose noise has standard deviation 1: ODCT3D of Manjon et al, Med
 * Image Anal 16:18, 2012. Every block of the frame is transformed, coefficients under 2.7 sigma are dropped, and
 * what the blocks say of a voxel is averaged with weight 1 / (1 + coefficients kept). Blocks never leave the frame.
 * Where the noise is correlated, sigma of each coefficient is what that correlation gives.
 *
 * @param frame at least one block in size
 * @returns the slices of `range`
 */
export function thresholdBlocks(
  frame: Float32Array,
  grid: Grid,
  range: SliceRange,
  settings: DctSettings,
): Float32Array {
  const limits = coefficientVariance(settings).map((variance) => THRESHOLD * Math.sqrt(variance));
  return eachBlock(frame, null, grid, range, settings.planar, (block) => {
    let kept = 1;
    for (let k = 1; k < VOXELS; k++)
      if (Math.abs(block[k]) < limits[k]) block[k] = 0;
      else kept++;
    return 1 / (1 + kept);
  });
}

/**
 * Empirical Wiener filtering in the same blocks, with a first estimate in the place of the true image (Ghael,
 * Sayeed and Baraniuk 1997; the second step of BM3D, Dabov et al 2007): coefficient times p^2 / (p^2 + sigma^2),
 * blocks weighted with one over the energy of the gains.
 *
 * @param pilot estimate of the frame without noise
 */
export function wienerBlocks(
  frame: Float32Array,
  pilot: Float32Array,
  grid: Grid,
  range: SliceRange,
  settings: DctSettings,
): Float32Array {
  const variance = coefficientVariance(settings);
  return eachBlock(frame, pilot, grid, range, settings.planar, (block, guide) => {
    let energy = 1;
    for (let k = 1; k < VOXELS; k++) {
      const power = guide[k] * guide[k];
      const gain = power / (power + variance[k]);
      block[k] *= gain;
      energy += gain * gain;
    }
    return 1 / energy;
  });
}

/** Side lengths of a block: along a row, along a column, across slices. */
export function blockSize(planar: boolean): readonly [number, number, number] {
  return planar ? [8, 8, 1] : [4, 4, 4];
}

/** Shrinks the coefficients in place and returns the weight of the block. */
type Shrink = (block: Float64Array, pilot: Float64Array) => number;

/**
 * Blocks that lie side by side share all columns but one, and a column is what lies behind one voxel of a row: along a
 * column and across slices. So each column is transformed once for all blocks that hold it, and what these make of it is
 * added before it is transformed back: half of the work of transforming every block by itself.
 */
function eachBlock(
  frame: Float32Array,
  pilot: Float32Array | null,
  { columns, rows, slices }: Grid,
  { from, to }: SliceRange,
  planar: boolean,
  shrink: Shrink,
): Float32Array {
  const [width, height, depth] = blockSize(planar);
  const area = columns * rows;
  const length = height * depth;
  const offsets = Int32Array.from(
    { length },
    (_, k) => (k % height) * columns + Math.floor(k / height) * area,
  );
  const first = Math.max(0, from - depth + 1);
  const last = Math.min(slices - depth, to - 1);
  const sums = new Float32Array((last - first + depth) * area);
  const weights = new Float32Array(sums.length);
  const [block, guide] = [new Float64Array(VOXELS), new Float64Array(VOXELS)];
  const { column, columnBack, row, rowBack } = planar ? PLANAR : SOLID;
  const [own, others, found] = Array.from({ length: 3 }, () => new Float64Array(width * length));
  const told = new Float64Array(width);
  /** Where the column of a voxel of the row is kept. */
  const slotOf = (x: number): number => (x % width) * length;
  const load = (image: Float32Array, at: number, into: Float64Array, slot: number): void => {
    for (let k = 0; k < length; k++) into[slot + k] = image[at + offsets[k]];
    column(into, slot);
  };
  const gather = (columnsOf: Float64Array, x: number, into: Float64Array): void => {
    for (let i = 0; i < width; i++)
      for (let k = 0, slot = slotOf(x + i); k < length; k++) into[i + width * k] = columnsOf[slot + k];
    for (let k = 0; k < VOXELS; k += width) row(into, k);
  };
  for (let z = first; z <= last; z++)
    for (let y = 0; y + height <= rows; y++) {
      const start = z * area + y * columns;
      found.fill(0);
      told.fill(0);
      for (let x = 1 - width; x < columns; x++) {
        const next = x + width - 1;
        if (next < columns) {
          load(frame, start + next, own, slotOf(next));
          if (pilot !== null) load(pilot, start + next, others, slotOf(next));
        }
        if (x < 0) continue;
        if (next < columns) {
          gather(own, x, block);
          if (pilot !== null) gather(others, x, guide);
          const weight = shrink(block, guide);
          for (let k = 0; k < VOXELS; k += width) rowBack(block, k);
          for (let i = 0; i < width; i++) {
            told[(x + i) % width] += weight;
            for (let k = 0, slot = slotOf(x + i); k < length; k++)
              found[slot + k] += weight * block[i + width * k];
          }
        }
        // no later block holds this column
        const slot = slotOf(x);
        const target = start + x - first * area;
        columnBack(found, slot);
        for (let k = 0; k < length; k++) {
          sums[target + offsets[k]] += found[slot + k];
          weights[target + offsets[k]] += told[x % width];
          found[slot + k] = 0;
        }
        told[x % width] = 0;
      }
    }
  const out = new Float32Array((to - from) * area);
  const skipped = (from - first) * area;
  for (let i = 0; i < out.length; i++) out[i] = sums[skipped + i] / weights[skipped + i];
  return out;
}

/** Transforms of the columns and rows of a block, in place, and back; from a place on. */
interface Transforms {
  readonly column: (values: Float64Array, start: number) => void;
  readonly columnBack: (values: Float64Array, start: number) => void;
  readonly row: (values: Float64Array, start: number) => void;
  readonly rowBack: (values: Float64Array, start: number) => void;
}

const PLANAR: Transforms = {
  column: (values, start) => transform8(values, start, 1, 8, 1),
  columnBack: (values, start) => transform8(values, start, 1, 1, 8),
  row: (values, start) => transform8(values, start, 1, 8, 1),
  rowBack: (values, start) => transform8(values, start, 1, 1, 8),
};

/** A column has 4 x 4 voxels. */
const SOLID: Transforms = {
  column(values, start) {
    for (let k = start; k < start + 16; k += 4) forward4(values, k, 1);
    for (let k = start; k < start + 4; k++) forward4(values, k, 4);
  },
  columnBack(values, start) {
    for (let k = start; k < start + 16; k += 4) inverse4(values, k, 1);
    for (let k = start; k < start + 4; k++) inverse4(values, k, 4);
  },
  row: (values, start) => forward4(values, start, 1),
  rowBack: (values, start) => inverse4(values, start, 1),
};

/** Variance of each coefficient of noise of variance 1, in the order of a block. */
function coefficientVariance({ planar, correlation }: DctSettings): Float64Array {
  const [width, height, depth] = blockSize(planar);
  const [x, y, z] = [width, height, depth].map((length, axis) => axisVariance(length, correlation[axis]));
  return Float64Array.from(
    { length: VOXELS },
    (_, k) => x[k % width] * y[Math.floor(k / width) % height] * z[Math.floor(k / (width * height))],
  );
}

function axisVariance(length: number, rho: number): Float64Array {
  const basis = cosines(length);
  return Float64Array.from({ length }, (_, k) => {
    let sum = 0;
    for (let i = 0; i < length; i++)
      for (let j = 0; j < length; j++)
        sum += basis[k * length + i] * basis[k * length + j] * lagCovariance(rho, Math.abs(i - j));
    return Math.max(sum, 0);
  });
}
const [C1, C3] = [Math.sqrt(0.5) * Math.cos(Math.PI / 8), Math.sqrt(0.5) * Math.cos((3 * Math.PI) / 8)];

function forward4(block: Float64Array, start: number, step: number): void {
  const [a, b, c, d] = [start, start + step, start + 2 * step, start + 3 * step];
  const outer = block[a] + block[d];
  const inner = block[b] + block[c];
  const outerDifference = block[a] - block[d];
  const innerDifference = block[b] - block[c];
  block[a] = 0.5 * (outer + inner);
  block[b] = C1 * outerDifference + C3 * innerDifference;
  block[c] = 0.5 * (outer - inner);
  block[d] = C3 * outerDifference - C1 * innerDifference;
}

function inverse4(block: Float64Array, start: number, step: number): void {
  const [a, b, c, d] = [start, start + step, start + 2 * step, start + 3 * step];
  const outer = 0.5 * (block[a] + block[c]);
  const inner = 0.5 * (block[a] - block[c]);
  const outerDifference = C1 * block[b] + C3 * block[d];
  const innerDifference = C3 * block[b] - C1 * block[d];
  block[a] = outer + outerDifference;
  block[b] = inner + innerDifference;
  block[c] = inner - innerDifference;
  block[d] = outer - outerDifference;
}
