import { fault } from '../contract/errors.js';
import { sliceView, type Volume } from './volume.js';

/** 1 where a voxel counts; one value a voxel of the volume. */
export type Mask = Uint8Array;

/** Part of the brightest value above which a voxel is tissue: 10 of 255, as in the MRI denoising papers. */
const TISSUE = 10 / 255;
const K1 = 0.01;
const K2 = 0.03;
const WINDOW_SD = 1.5;
const WINDOW_RADIUS = 5;

/** Voxels brighter than 10/255 of the reference's maximum. */
export function automaticMask(reference: Float32Array): Mask {
  const threshold = TISSUE * maximum(reference);
  return Uint8Array.from(reference, (value) => (value > threshold ? 1 : 0));
}

/**
 * Peak signal to noise ratio in dB over the mask (null: everywhere), 20 log10(peak / RMSE); Infinity for equal
 * images. `peak` is the maximum of the reference.
 */
export function psnr(reference: Float32Array, test: Float32Array, mask: Mask | null, peak: number): number {
  const { error, count } = squares(reference, test, mask);
  return 10 * Math.log10((peak * peak * count) / error);
}

/** Root of the summed squared error over the root of the summed squared reference, over the mask. */
function nrmse(reference: Float32Array, test: Float32Array, mask: Mask | null): number {
  const { error, power } = squares(reference, test, mask);
  return Math.sqrt(error / power);
}

function squares(
  reference: Float32Array,
  test: Float32Array,
  mask: Mask | null,
): { error: number; power: number; count: number } {
  let error = 0;
  let power = 0;
  let count = 0;
  for (let i = 0; i < reference.length; i++) {
    if (mask !== null && mask[i] === 0) continue;
    const difference = test[i] - reference[i];
    error += difference * difference;
    power += reference[i] * reference[i];
    count++;
  }
  return { error, power, count };
}

/**
 * Mean structural similarity (Wang et al, IEEE Trans Image Process 13:600, 2004): Gaussian window 11 x 11, standard
 * deviation 1.5, K1 = 0.01, K2 = 0.03, data range = `peak`, slice by slice, mirrored at the border, averaged over
 * the mask (null: everywhere). As scikit-image's structural_similarity with gaussian_weights and
 * use_sample_covariance=False, whose full map is averaged.
 */
export function ssim(reference: Volume, test: Volume, mask: Mask | null, peak: number): number {
  const length = reference.columns * reference.rows;
  let sum = 0;
  let count = 0;
  for (let frame = 0; frame < reference.frames; frame++)
    for (let slice = 0; slice < reference.slices; slice++) {
      const start = (frame * reference.slices + slice) * length;
      if (mask !== null && !mask.subarray(start, start + length).includes(1)) continue;
      const a = sliceView(reference, slice, frame);
      const b = sliceView(test, slice, frame);
      const map = similarity(a, b, reference.columns, reference.rows, peak);
      for (let i = 0; i < length; i++)
        if (mask === null || mask[start + i] !== 0) {
          sum += map[i];
          count++;
        }
    }
  return sum / count;
}

function similarity(
  a: Float32Array,
  b: Float32Array,
  columns: number,
  rows: number,
  peak: number,
): Float64Array {
  const blur = (of: (i: number) => number): Float64Array =>
    gaussian(
      Float64Array.from({ length: a.length }, (_, i) => of(i)),
      columns,
      rows,
    );
  const meanA = blur((i) => a[i]);
  const meanB = blur((i) => b[i]);
  const squareA = blur((i) => a[i] * a[i]);
  const squareB = blur((i) => b[i] * b[i]);
  const product = blur((i) => a[i] * b[i]);
  const c1 = (K1 * peak) ** 2;
  const c2 = (K2 * peak) ** 2;
  return meanA.map((ma, i) => {
    const mb = meanB[i];
    const variances = squareA[i] - ma * ma + squareB[i] - mb * mb;
    const covariance = product[i] - ma * mb;
    return ((2 * ma * mb + c1) * (2 * covariance + c2)) / ((ma * ma + mb * mb + c1) * (variances + c2));
  });
}

const TAPS = 2 * WINDOW_RADIUS + 1;

function gaussian(values: Float64Array, columns: number, rows: number): Float64Array {
  return blurAxis(blurAxis(values, columns, 1), rows, columns);
}

function blurAxis(source: Float64Array, length: number, stride: number): Float64Array {
  const kernel = windowWeights();
  const neighbours = Int32Array.from(
    { length: length * TAPS },
    (_, i) => stride * mirrored(Math.floor(i / TAPS) + (i % TAPS) - WINDOW_RADIUS, length),
  );
  const out = new Float64Array(source.length);
  for (let block = 0; block < source.length; block += length * stride)
    for (let at = 0; at < length; at++)
      for (let first = block; first < block + stride; first++) {
        let sum = 0;
        for (let k = 0; k < TAPS; k++) sum += kernel[k] * source[first + neighbours[at * TAPS + k]];
        out[first + at * stride] = sum;
      }
  return out;
}

function windowWeights(): Float64Array {
  const kernel = Float64Array.from({ length: TAPS }, (_, k) =>
    Math.exp(-((k - WINDOW_RADIUS) ** 2) / (2 * WINDOW_SD * WINDOW_SD)),
  );
  const total = kernel.reduce((sum, weight) => sum + weight, 0);
  return kernel.map((weight) => weight / total);
}

/** Mirrored about the edge of the border pixel: d c b a | a b c d | d c b a. */
function mirrored(at: number, length: number): number {
  const period = 2 * length;
  const k = ((at % period) + period) % period;
  return k < length ? k : period - 1 - k;
}

interface Scores {
  /** dB; null where the images are equal. */
  readonly psnr: number | null;
  readonly ssim: number;
  readonly nrmse: number;
}

export interface Evaluation {
  /** How it was measured, in words for the output. */
  readonly protocol: {
    readonly peak: 'maximum of the reference';
    readonly mask: 'reference > 10/255 of its maximum' | 'given';
    readonly ssim: 'Gaussian window 11, SD 1.5, per slice, data range = peak';
    readonly nrmse: 'root of summed squared error over root of summed squared reference';
  };
  readonly peak: number;
  /** Voxels in the mask and in all. */
  readonly maskVoxels: number;
  readonly voxels: number;
  readonly test: Scores;
  readonly noisy: Scores | null;
  /** Test less noisy; psnr is null where either is. A better test has positive psnr and ssim, negative nrmse. */
  readonly gain: Scores | null;
}

/**
 * Scores of a test image, and of the noisy one it came from, against a reference.
 *
 * @param mask one value a voxel, not 0 where it counts; absent: reference > 10/255 of its maximum
 * @throws LimpidError E_SHAPE when sizes differ; E_VALUES for values that are not finite, a constant reference, a
 *   reference whose maximum is not positive (CT in HU: no peak), or an empty mask
 */
export function evaluate(reference: Volume, test: Volume, noisy?: Volume, mask?: Uint8Array): Evaluation {
  for (const other of noisy === undefined ? [test] : [test, noisy]) sameShape(reference, other);
  if (mask !== undefined && mask.length !== reference.data.length) throw fault('E_SHAPE/mask');
  for (const volume of [reference, test, ...(noisy === undefined ? [] : [noisy])]) finite(volume.data);
  const peak = maximum(reference.data);
  const lowest = reference.data.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY);
  if (!(peak > 0) || lowest === peak) throw fault('E_VALUES/no-peak');
  const where = mask ?? automaticMask(reference.data);
  const maskVoxels = where.reduce((sum, flag) => sum + (flag === 0 ? 0 : 1), 0);
  if (maskVoxels === 0) throw fault('E_VALUES/empty-mask');
  const scores = scoresOf(reference, test, where, peak);
  const before = noisy === undefined ? null : scoresOf(reference, noisy, where, peak);
  return {
    protocol: {
      peak: 'maximum of the reference',
      mask: mask === undefined ? 'reference > 10/255 of its maximum' : 'given',
      ssim: 'Gaussian window 11, SD 1.5, per slice, data range = peak',
      nrmse: 'root of summed squared error over root of summed squared reference',
    },
    peak,
    maskVoxels,
    voxels: reference.data.length,
    test: scores,
    noisy: before,
    gain: before === null ? null : gainOf(scores, before),
  };
}

function scoresOf(reference: Volume, test: Volume, mask: Mask, peak: number): Scores {
  const ratio = psnr(reference.data, test.data, mask, peak);
  return {
    psnr: Number.isFinite(ratio) ? ratio : null,
    ssim: ssim(reference, test, mask, peak),
    nrmse: nrmse(reference.data, test.data, mask),
  };
}

function gainOf(test: Scores, noisy: Scores): Scores {
  return {
    psnr: test.psnr === null || noisy.psnr === null ? null : test.psnr - noisy.psnr,
    ssim: test.ssim - noisy.ssim,
    nrmse: test.nrmse - noisy.nrmse,
  };
}

function sameShape(a: Volume, b: Volume): void {
  if (a.columns !== b.columns || a.rows !== b.rows || a.slices !== b.slices || a.frames !== b.frames)
    throw fault('E_SHAPE/images', { one: sizeOf(a), other: sizeOf(b) });
}

function sizeOf(volume: Volume): string {
  return [volume.columns, volume.rows, volume.slices, volume.frames].join(' x ');
}

function finite(values: Float32Array): void {
  for (const value of values) if (!Number.isFinite(value)) throw fault('E_VALUES/image-not-finite');
}

function maximum(values: Float32Array): number {
  let highest = Number.NEGATIVE_INFINITY;
  for (const value of values) if (value > highest) highest = value;
  return highest;
}
