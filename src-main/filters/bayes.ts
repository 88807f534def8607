import { setFlagsFromString } from 'node:v8';
import { choleskyInPlace } from '../base/linear/cholesky.js';
import { fault } from '../contract/errors.js';
import { lagCovariance } from '../noise/autocorrelation.js';
import type { Correlation } from './dct.js';
import { type Address, instantiate, type Kernel } from './kernel/restore.ts?wasm';
import type { Grid } from './slab.js';

/** How patches are grouped; lengths in voxels along a row, along a column and across slices. */
export interface BayesSettings {
  readonly patch: readonly [number, number, number];
  /** Distance between reference patches along each axis. */
  readonly step: number;
  /** How far from the reference in a plane, and across slices, patches of its group lie. */
  readonly reach: number;
  readonly reachThrough: number;
  /** Patches of a group: from them its model is made. */
  readonly group: number;
  /** The nearest of them, which the model restores. */
  readonly restored: number;
  /** Say that other groups of the layer must have in the middle of a reference patch for it to need none of its own. */
  readonly enough: number;
  readonly correlation: Correlation;
  /** Correlation by distance in the plane, as `UnitNoiseImage` has it; absent: what the lag-1 correlation gives. */
  readonly lags?: readonly number[];
}

/**
 * The noise variance that a group is filtered with. More than the noise has: what is left of it in the guiding
 * estimate makes the spread of a group look larger than it is. 1, 1.3 and 1.6 differed by less than 0.1 dB.
 */
const NOISE_VARIANCE = 1.3;
/**
 * Patches whose estimate spans less than this, in sigma, hold nothing that the estimate could have blurred: their
 * groups have no say. From twice this on they have all of it; in between it grows, so that no patch stands out of its
 * surroundings.
 */
const FLAT = 0.7;
/** Strongly correlated noise can be almost singular. */
const LEAST_PIVOT = 1e-6;
/**
 * Single precision is enough up to this variance of a group, in units of the least pivot of the noise: errors stayed
 * under 0.01 sigma where an edge of 100 to 150 sigma ran through all groups, and grow with the variance.
 */
const SINGLE = 4000;

/**
 * Non-local Bayes with a given first estimate: the second step of Lebrun, Buades and Morel, SIAM J Imaging Sci 6:1665,
 * 2013, in three dimensions. For each reference patch the patches most alike in the estimate make a group; with m the
 * mean of its noisy patches, C the covariance of its patches in the estimate and N that of the noise, each noisy patch
 * y becomes y - N (C + N)^-1 (y - m). What all groups say of a voxel is averaged.
 *
 * @param frame noisy values, noise of standard deviation 1
 * @param pilot estimate of the frame without noise
 * @param layer slice in which reference patches begin
 * @returns weighted sums of all estimates of each voxel of the frame, then their weights; 0 where the estimate is flat
 */
export function bayesSums(
  frame: Float32Array,
  pilot: Float32Array,
  grid: Grid,
  layer: number,
  settings: BayesSettings,
): Float32Array {
  const { patch, step } = settings;
  const [width, height] = patch;
  kernel ??= opened();
  const { memory, frame: noisy, pilot: guide, sums: values, counts, restore } = kernel;
  prepare(kernel, grid, settings);
  const length = frame.length;
  const image = ({ value }: Address) => new Float32Array(memory.buffer, value, length);
  image(noisy).set(frame);
  image(guide).set(pilot);
  for (const y of origins(grid.rows, height, step))
    for (const x of origins(grid.columns, width, step)) restore(x, y, layer);
  const sums = new Float32Array(2 * length);
  sums.set(image(values));
  sums.set(image(counts), length);
  return sums;
}

/** Where patches of a side begin along an axis: every `step`, and at its end. */
export function origins(length: number, side: number, step: number): number[] {
  const last = length - side;
  if (last < 0) return [];
  const regular = Array.from({ length: Math.floor(last / step) + 1 }, (_, i) => i * step);
  return last % step === 0 ? regular : [...regular, last];
}

/** Of this thread; its memory is as large as its largest task so far. */
let kernel: Kernel | undefined;

/**
 * With multiplications and additions that are rounded once, which takes a sixth off the time of refining, where the
 * processor and the engine have them: the V8 of Node 20, the last one before they came without, behind a flag. So the
 * last bits are those of the computer.
 */
function opened(): Kernel {
  if (process.versions.v8.startsWith('11.3.')) setFlagsFromString('--experimental-wasm-relaxed-simd');
  return instantiate();
}

/** Lays out the memory of the kernel and fills it, but for the images. */
function prepare(kernel: Kernel, { columns, rows, slices }: Grid, settings: BayesSettings): void {
  const { patch, reach, reachThrough, group, restored } = settings;
  const lines = linesOf(reach, reachThrough);
  const { covariance, n, isWhite, pivots } = noiseOf(settings);
  const isReady = kernel.prepare(
    columns,
    rows,
    slices,
    ...patch,
    settings.correlation[2] === 0 ? patch[0] * patch[1] : n,
    reach,
    lines.length / 2,
    group,
    restored,
    FLAT,
    isWhite ? NOISE_VARIANCE : 0,
    SINGLE * pivots.reduce((low, pivot) => Math.min(low, pivot)),
    settings.enough,
  );
  if (isReady === 0) throw fault('E_INTERNAL/refining');
  const { buffer } = kernel.memory;
  const [size, stride] = [kernel.size.value, kernel.stride.value];
  new Int32Array(buffer, kernel.lines.value, lines.length).set(lines);
  new Float32Array(buffer, kernel.pivots.value, size).fill(1).set(pivots);
  new Float32Array(buffer, kernel.window.value, size).set(windowOf(patch));
  for (let k = 0; k < size; k++) {
    const row = new Float32Array(buffer, kernel.noise.value + 4 * k * stride, size);
    // beyond the patch: a variance that has nothing to do with the rest
    if (k < n) row.set(covariance.subarray(k * n, (k + 1) * n));
    else row[k] = 1;
  }
}

/**
 * Say of the voxels of a patch: half a sine along each axis, which is least at the border and nowhere 0. With equal say
 * the edges of patches show in flat tissue.
 */
function windowOf(patch: readonly [number, number, number]): Float32Array {
  const [width, height, depth] = patch;
  const along = (at: number, side: number): number => Math.sin((Math.PI * (at + 0.5)) / side);
  return Float32Array.from(
    { length: width * height * depth },
    (_, k) =>
      along(k % width, width) *
      along(Math.floor(k / width) % height, height) *
      along(Math.floor(k / (width * height)), depth),
  );
}

/** Rows and slices of a search as pairs of shifts, nearest first: where patches are equally alike, the near ones are taken. */
function linesOf(reach: number, through: number): Int32Array {
  const lines: [number, number][] = [];
  for (let dz = -through; dz <= through; dz++) for (let dy = -reach; dy <= reach; dy++) lines.push([dy, dz]);
  const far = ([dy, dz]: [number, number]) => dy * dy + dz * dz;
  return Int32Array.from(lines.sort((a, b) => far(a) - far(b)).flat());
}

function noiseCovariance({ patch, correlation, lags }: BayesSettings): Float64Array {
  const [width, height, depth] = patch;
  const n = width * height * depth;
  const at = (k: number) => [k % width, Math.floor(k / width) % height, Math.floor(k / (width * height))];
  const side = lags === undefined ? 0 : Math.sqrt(lags.length);
  return Float64Array.from({ length: n * n }, (_, i) => {
    const [a, b] = [at(Math.floor(i / n)), at(i % n)];
    const [x, y, z] = a.map((value, axis) => Math.abs(value - b[axis]));
    const inPlane =
      lags !== undefined && Math.max(x, y) < side
        ? lags[y * side + x]
        : lagCovariance(correlation[0], x) * lagCovariance(correlation[1], y);
    return NOISE_VARIANCE * inPlane * lagCovariance(correlation[2], z);
  });
}

interface PatchNoise {
  readonly covariance: Float64Array;
  /** Voxels of a patch. */
  readonly n: number;
  readonly isWhite: boolean;
  /** Squares of the diagonal of the Cholesky factor: what the kernel keeps those of the sum with a covariance above. */
  readonly pivots: Float64Array;
}

/** That of the last task of this thread, since those of a pass have the same. */
let known: { readonly key: string; readonly noise: PatchNoise } | undefined;

function noiseOf(settings: BayesSettings): PatchNoise {
  const { patch, correlation, lags } = settings;
  const key = JSON.stringify([patch, correlation, lags]);
  if (known?.key !== key) known = { key, noise: madeNoise(settings) };
  return known.noise;
}

function madeNoise(settings: BayesSettings): PatchNoise {
  const covariance = noiseCovariance(settings);
  const n = Math.sqrt(covariance.length);
  const isWhite = covariance.every((value, i) => value === 0 || i % (n + 1) === 0);
  return { covariance, n, isWhite, pivots: choleskyInPlace(covariance.slice(), n, LEAST_PIVOT) };
}
