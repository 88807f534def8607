import { cosines, forward8x8, transform8 } from '../base/dct.js';
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
  const offsets = Int32Array.from(
    { length: VOXELS },
    (_, k) =>
      (k % width) + (Math.floor(k / width) % height) * columns + Math.floor(k / (width * height)) * area,
  );
  const first = Math.max(0, from - depth + 1);
  const last = Math.min(slices - depth, to - 1);
  const sums = new Float32Array((last - first + depth) * area);
  const weights = new Float32Array(sums.length);
  const [block, guide] = [new Float64Array(VOXELS), new Float64Array(VOXELS)];
  const forward = planar ? forward8x8 : forward4x4x4;
  const inverse = planar ? inverse8x8 : inverse4x4x4;
  for (let z = first; z <= last; z++)
    for (let y = 0; y + height <= rows; y++)
      for (let x = 0; x + width <= columns; x++) {
        const at = z * area + y * columns + x;
        for (let k = 0; k < VOXELS; k++) block[k] = frame[at + offsets[k]];
        forward(block);
        if (pilot !== null) {
          for (let k = 0; k < VOXELS; k++) guide[k] = pilot[at + offsets[k]];
          forward(guide);
        }
        const weight = shrink(block, guide);
        inverse(block);
        const target = at - first * area;
        for (let k = 0; k < VOXELS; k++) {
          const i = target + offsets[k];
          sums[i] += weight * block[k];
          weights[i] += weight;
        }
      }
  const out = new Float32Array((to - from) * area);
  const skipped = (from - first) * area;
  for (let i = 0; i < out.length; i++) out[i] = sums[skipped + i] / weights[skipped + i];
  return out;
}

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

/** In place; coefficient k at the place of voxel k. */
export function forward4x4x4(block: Float64Array): void {
  for (let i = 0; i < 64; i += 4) forward4(block, i, 1);
  for (let i = 0; i < 64; i += 16) for (let x = i; x < i + 4; x++) forward4(block, x, 4);
  for (let i = 0; i < 16; i++) forward4(block, i, 16);
}

export function inverse4x4x4(block: Float64Array): void {
  for (let i = 0; i < 64; i += 4) inverse4(block, i, 1);
  for (let i = 0; i < 64; i += 16) for (let x = i; x < i + 4; x++) inverse4(block, x, 4);
  for (let i = 0; i < 16; i++) inverse4(block, i, 16);
}

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

export function inverse8x8(block: Float64Array): void {
  for (let i = 0; i < 64; i += 8) transform8(block, i, 1, 1, 8);
  for (let i = 0; i < 8; i++) transform8(block, i, 8, 1, 8);
}
