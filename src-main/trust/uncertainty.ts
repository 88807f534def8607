/**
 * How far the output may be from the truth, voxel by voxel. For the posterior mean of a Gaussian observation the
 * posterior variance is sigma^2 times the derivative of the output voxel by its own input voxel (Tweedie's formula of
 * second order; Manor and Michaeli, "On the posterior distribution in denoising", ICLR 2024). The derivative is
 * measured with an ensemble of draws of small noise (Hutchinson 1989), which is as white as the noise of the image,
 * and averaged over neighbours. A denoiser trained for least squares is near the posterior mean; what is left between
 * the two is in one calibration factor, set once on images with known truth.
 */
import type { Random } from '../base/random.js';
import type { UncertaintyReport } from '../contract/trust.js';
import type { Place } from '../imaging/box.js';
import { type Volume, withData } from '../imaging/volume.js';
import { noiseField } from '../noise/simulate.js';
import type { DenoiseFunction } from './part.js';
import type { NoiseModel } from './tests/noise-model.js';

/** Size of the probing noise over sigma: small against the noise, large against rounding. */
const PROBE = 0.3;
/** Standard deviation of the averaging window in the plane; voxels. */
const WINDOW = 2.5;
/** Least share of the noise that is ever left: no output is exact. */
const FLOOR = 0.02;

/**
 * Set on slices 42 to 48 of ch2 (Debian's mricron-data) with 1, 5 and 9 % Rician noise and the shipped, refined network,
 * so that the 90 % interval holds a little more than that; see docs/report.md.
 */
export const CALIBRATION: UncertaintyReport['calibration'] = {
  factor: 1.1,
  source: 'ch2 slices 42-48, Rician noise of 1, 5 and 9 %',
  coverage: [0.93, 0.94],
  coverageSource: 'ch2 slices 78-84, Rician noise of 3 and 9 %',
};

export interface UncertaintyOptions {
  readonly noise: NoiseModel;
  /** Lag-1 correlation of the noise in the plane. */
  readonly correlation: { readonly x: number; readonly y: number };
  /** Draws; one is enough for numbers of a series, four for a map. */
  readonly draws: number;
  readonly random: Random;
  /** Where the volume lies in the series. */
  readonly place: Place;
}

/**
 * One standard deviation of the error at each voxel, in units of the volume; 0 outside the foreground.
 *
 * @param before the noisy volume
 * @param after what `denoise` makes of it, from the same call, so that the draws inside the denoiser are the same
 * @param foreground 1 where a voxel is tissue
 */
export async function uncertaintyMap(
  denoise: DenoiseFunction,
  before: Volume,
  after: Volume,
  foreground: Uint8Array,
  options: UncertaintyOptions,
): Promise<Float32Array> {
  const { noise, draws, place } = options;
  const gain = new Float32Array(before.data.length);
  for (let draw = 0; draw < draws; draw++) {
    const field = probeField(before, options, draw);
    const probed = await denoise(perturbed(before, field, noise), place);
    for (let i = 0; i < gain.length; i++)
      gain[i] += (field[i] * (probed.data[i] - after.data[i])) / (PROBE * noise.sigmaAt(i) * options.draws);
  }
  const smooth = smoothed(gain, foreground, before.columns, before.rows);
  return smooth.map((value, i) =>
    foreground[i] === 0
      ? 0
      : CALIBRATION.factor * noise.sigmaAt(i) * Math.sqrt(Math.min(1, Math.max(FLOOR * FLOOR, value))),
  );
}

function probeField(volume: Volume, { correlation, random }: UncertaintyOptions, draw: number): Float32Array {
  const field = new Float32Array(volume.data.length);
  const frame = field.length / volume.frames;
  const widths = [widthOf(correlation.x), widthOf(correlation.y), 0] as const;
  for (let at = 0; at < volume.frames; at++)
    field.set(noiseField(volume, random.fork(`draw ${draw} frame ${at}`), widths), at * frame);
  return field;
}

/** Full width of the Gaussian kernel that gives white noise this lag-1 correlation; 0 where it is as good as white. */
function widthOf(rho: number): number {
  if (rho < 0.25) return 0;
  return Math.sqrt(8 * Math.log(2)) / (2 * Math.sqrt(-Math.log(Math.min(0.95, rho))));
}

function perturbed(volume: Volume, field: Float32Array, noise: NoiseModel): Volume {
  const { data, measured } = volume;
  return withData(
    volume,
    data.map((value, i) => {
      if (measured !== null && measured[i % measured.length] === 0) return value;
      // a value that a mask put there stays one
      if (noise.floor && value === 0) return value;
      const moved = value + PROBE * noise.sigmaAt(i) * field[i];
      return noise.floor ? Math.abs(moved) : moved;
    }),
  );
}

/** Gaussian average over the foreground in the plane. */
function smoothed(values: Float32Array, foreground: Uint8Array, columns: number, rows: number): Float32Array {
  const area = columns * rows;
  const out = new Float32Array(values.length);
  const radius = Math.ceil(2.5 * WINDOW);
  const kernel = Float64Array.from({ length: 2 * radius + 1 }, (_, k) =>
    Math.exp(-((k - radius) ** 2) / (2 * WINDOW * WINDOW)),
  );
  const sums = { value: new Float64Array(area), weight: new Float64Array(area) };
  for (let start = 0; start < values.length; start += area) {
    sums.value.fill(0);
    sums.weight.fill(0);
    for (let i = 0; i < area; i++) {
      if (foreground[start + i] === 0) continue;
      const x = i % columns;
      for (let k = Math.max(-radius, -x); k <= Math.min(radius, columns - 1 - x); k++) {
        sums.value[i + k] += kernel[k + radius] * values[start + i];
        sums.weight[i + k] += kernel[k + radius];
      }
    }
    for (let i = 0; i < area; i++) {
      if (foreground[start + i] === 0) continue;
      const y = Math.floor(i / columns);
      let value = 0;
      let weight = 0;
      for (let k = Math.max(-radius, -y); k <= Math.min(radius, rows - 1 - y); k++) {
        value += kernel[k + radius] * sums.value[i + k * columns];
        weight += kernel[k + radius] * sums.weight[i + k * columns];
      }
      out[start + i] = weight > 0 ? value / weight : 0;
    }
  }
  return out;
}

/**
 * The same for input + share (output - input): the noise that comes back, and its covariance with the error, which
 * for the posterior mean is the posterior variance itself.
 */
export function blendedUncertainty(values: Float32Array, share: number, sigma: number): Float32Array {
  const kept = (1 - share) ** 2 * sigma * sigma;
  const rest = share * share + 2 * share * (1 - share);
  return values.map((value) => (value > 0 ? Math.sqrt(kept + rest * value * value) : 0));
}
