import { type ComplexImage, fft2, inverseFft2 } from '../base/fft.js';
import { Random } from '../base/random.js';
import { fault } from '../contract/errors.js';
import { planeLength, type Volume, withData } from '../imaging/volume.js';

export interface NoiseOptions {
  readonly kind: 'rician' | 'gaussian';
  /**
   * Standard deviation of the noise (of each complex channel for 'rician') in the units of the values: one for
   * all, or a map with one value a voxel of one frame (or of all frames).
   */
  readonly sigma: number | Float32Array;
  /**
   * Full width at half maximum, in voxels, of the Gaussian kernel that correlates the noise: in x and y, or in
   * x, y, z. 0 or absent: white noise.
   */
  readonly correlation?: number | readonly [number, number, number];
  readonly seed: number;
}

/**
 * Sigma of a noise level by BrainWeb's convention: `percent` of the brightest value of the clean image
 * (Cocosco et al 1997; Coupe et al 2008 and the denoising papers after them): sigma = percent / 100 * max.
 */
export function sigmaOfLevel(clean: Volume, percent: number): number {
  let brightest = Number.NEGATIVE_INFINITY;
  for (const value of clean.data) if (value > brightest) brightest = value;
  return (percent / 100) * brightest;
}

/**
 * Adds noise. 'rician' gives |clean + n1 + i n2| with two independent channels, 'gaussian' clean + n1. Padding
 * (`measured` = 0) stays as it is. The same seed gives the same noise.
 *
 * @throws LimpidError E_VALUES for a negative sigma or NaN; E_SHAPE for a map of another length
 */
export function simulateNoise(clean: Volume, options: NoiseOptions): Volume {
  const frameLength = planeLength(clean) * clean.slices;
  const sigma = sigmaReader(options.sigma, frameLength, clean.data.length);
  const random = new Random(options.seed);
  const data = new Float32Array(clean.data.length);
  for (let frame = 0; frame < clean.frames; frame++) {
    const start = frame * frameLength;
    const real = noiseField(clean, random, options.correlation);
    const imaginary = options.kind === 'rician' ? noiseField(clean, random, options.correlation) : null;
    for (let i = 0; i < frameLength; i++) {
      const value = clean.data[start + i];
      const level = sigma(start + i);
      if (clean.measured?.[start + i] === 0) data[start + i] = value;
      else if (imaginary === null) data[start + i] = value + level * real[i];
      else data[start + i] = Math.hypot(value + level * real[i], level * imaginary[i]);
    }
  }
  return withData(clean, data);
}

function sigmaReader(
  sigma: number | Float32Array,
  frameLength: number,
  length: number,
): (index: number) => number {
  const bad = typeof sigma === 'number' ? !(sigma >= 0) : sigma.some((value) => !(value >= 0));
  if (bad) throw fault('E_VALUES/noise-level');
  if (typeof sigma === 'number') return () => sigma;
  if (sigma.length !== frameLength && sigma.length !== length) throw fault('E_SHAPE/noise-map');
  return (index) => sigma[index % sigma.length];
}

interface Grid {
  readonly columns: number;
  readonly rows: number;
  readonly slices: number;
}

/**
 * Gaussian noise of mean 0 and standard deviation exactly 1 in expectation at every voxel, correlated by a
 * Gaussian kernel. The filter wraps around, so that the borders have the same deviation as the middle.
 *
 * @returns slices * rows * columns values
 */
export function noiseField(
  grid: Grid,
  random: Random,
  correlation: number | readonly [number, number, number] = 0,
): Float32Array {
  const { columns, rows, slices } = grid;
  const [x, y, z] = typeof correlation === 'number' ? [correlation, correlation, 0] : correlation;
  const field = random.normals(new Float32Array(columns * rows * slices));
  filterAxis(field, columns, 1, x);
  filterAxis(field, rows, columns, y);
  filterAxis(field, slices, columns * rows, z);
  return field;
}

/**
 * Draws planes of Gaussian noise of mean 0 and standard deviation 1 with a given correlation by distance, by the root
 * of its spectrum (Dietrich and Newsam, SIAM J Sci Comput 18:1088, 1997). Each plane wraps around.
 *
 * @param lags correlation by distance along a row and along a column, from 0 on, row by row, as many of each
 * @returns draws rows * columns values
 */
export function spectralNoise(
  rows: number,
  columns: number,
  lags: readonly number[],
): (random: Random) => Float32Array {
  const side = Math.sqrt(lags.length);
  const covariance = emptyPlane(rows, columns);
  for (let y = 0, i = 0; y < rows; y++)
    for (let x = 0; x < columns; x++, i++) {
      const [dx, dy] = [Math.min(x, columns - x), Math.min(y, rows - y)];
      if (dx < side && dy < side) covariance.re[i] = lags[dy * side + dx];
    }
  fft2(covariance);
  // what an estimate has below zero, no noise has
  const power = covariance.re.map((value) => Math.max(0, value));
  const mean = power.reduce((sum, value) => sum + value, 0) / power.length;
  const gain = power.map((value) => Math.sqrt(value / mean));
  return (random) => Float32Array.from(shapedNoise(rows, columns, gain, random));
}

/**
 * A plane of Gaussian noise of mean 0 that wraps around.
 *
 * @param gain root of the power at each frequency, rows * columns; of mean square 1 for a standard deviation of 1
 */
export function shapedNoise(rows: number, columns: number, gain: Float64Array, random: Random): Float64Array {
  const plane = emptyPlane(rows, columns);
  plane.re.set(random.normals(new Float32Array(rows * columns)));
  fft2(plane);
  for (let i = 0; i < gain.length; i++) {
    plane.re[i] *= gain[i];
    plane.im[i] *= gain[i];
  }
  inverseFft2(plane);
  return plane.re;
}

function emptyPlane(rows: number, columns: number): ComplexImage {
  const length = rows * columns;
  return { re: new Float64Array(length), im: new Float64Array(length), rows, columns };
}

/** Circular convolution along one axis with a Gaussian of unit energy, so that the variance stays. */
function filterAxis(field: Float32Array, length: number, stride: number, fwhm: number): void {
  if (!(fwhm > 0) || length < 2) return;
  const kernel = circularKernel(length, fwhm / Math.sqrt(8 * Math.log(2)));
  const line = new Float64Array(length);
  const block = length * stride;
  for (let start = 0; start < field.length; start += block)
    for (let offset = 0; offset < stride; offset++) {
      const first = start + offset;
      for (let i = 0; i < length; i++) line[i] = field[first + i * stride];
      for (let i = 0; i < length; i++) {
        let sum = 0;
        for (const [shift, weight] of kernel) sum += weight * line[(i + shift) % length];
        field[first + i * stride] = sum;
      }
    }
}

/** Taps [shift >= 0, weight] of a Gaussian folded onto a circle of `length`, sum of squares 1. */
function circularKernel(length: number, sd: number): [number, number][] {
  const reach = Math.ceil(4 * sd);
  const folded = new Map<number, number>();
  for (let k = -reach; k <= reach; k++) {
    const shift = ((k % length) + length) % length;
    folded.set(shift, (folded.get(shift) ?? 0) + Math.exp(-(k * k) / (2 * sd * sd)));
  }
  const energy = Math.sqrt([...folded.values()].reduce((sum, w) => sum + w * w, 0));
  return [...folded].map(([shift, weight]) => [shift, weight / energy]);
}

/**
 * A smooth map like the g-factor of parallel imaging (Pruessmann et al, Magn Reson Med 42:952, 1999): 1 at the
 * rim, up to `peak` around a few places near the middle.
 *
 * @returns slices * rows * columns factors from 1 to `peak`; times a sigma it is a noise map
 */
export function gainMap(grid: Grid, peak: number, seed: number): Float32Array {
  const { columns, rows, slices } = grid;
  const random = new Random(seed);
  const bumps = Array.from({ length: 3 }, () => ({
    x: 0.5 + 0.35 * (random.uniform() - 0.5),
    y: 0.5 + 0.35 * (random.uniform() - 0.5),
    z: random.uniform(),
    width: 0.12 + 0.15 * random.uniform(),
  }));
  const map = new Float32Array(columns * rows * slices);
  let highest = 0;
  for (let i = 0, z = 0; z < slices; z++)
    for (let y = 0; y < rows; y++)
      for (let x = 0; x < columns; x++, i++) {
        let sum = 0;
        for (const bump of bumps) {
          const dx = (x + 0.5) / columns - bump.x;
          const dy = (y + 0.5) / rows - bump.y;
          const dz = slices > 1 ? 0.5 * ((z + 0.5) / slices - bump.z) : 0;
          sum += Math.exp(-(dx * dx + dy * dy + dz * dz) / (2 * bump.width * bump.width));
        }
        map[i] = sum;
        highest = Math.max(highest, sum);
      }
  for (let i = 0; i < map.length; i++) map[i] = 1 + ((peak - 1) * map[i]) / highest;
  return map;
}
