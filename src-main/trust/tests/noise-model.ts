import { ricianMean, ricianVariance } from '../../noise/rician.js';

/** How a noisy value is expected to scatter around a clean one. */
export interface NoiseModel {
  /** A level that stands for the whole volume; units of the volume. */
  readonly typical: number;
  /** Whether the noise never goes below zero: magnitudes. */
  readonly floor: boolean;
  sigmaAt(index: number): number;
  /** (value - E[value | clean]) / SD[value | clean]. */
  standardise(value: number, clean: number, index: number): number;
}

/** Above this ratio of amplitude to sigma, E = nu + sigma^2 / (2 nu) and SD = sigma hold to 0.3 %. */
const TABLE_SNR = 16;
const STEPS = 32;

export function noiseModel(sigma: number | Float32Array, distribution: 'rician' | 'gaussian'): NoiseModel {
  const sigmaAt = lookup(sigma);
  const standardise =
    distribution === 'rician'
      ? ricianStandard(sigmaAt)
      : (value: number, clean: number, index: number) => (value - clean) / sigmaAt(index);
  return { typical: typicalOf(sigma), floor: distribution === 'rician', sigmaAt, standardise };
}

/** A map's zeros (nothing measured there) must not divide: they count as its typical level. */
function lookup(sigma: number | Float32Array): (index: number) => number {
  if (typeof sigma === 'number') return () => sigma;
  const typical = typicalOf(sigma);
  const length = sigma.length;
  return (index) => {
    const value = sigma[index % length];
    return value > 0 ? value : typical;
  };
}

function typicalOf(sigma: number | Float32Array): number {
  if (typeof sigma === 'number') return sigma;
  let sum = 0;
  let count = 0;
  for (const value of sigma)
    if (value > 0) {
      sum += value;
      count++;
    }
  return count > 0 ? sum / count : 0;
}

function ricianStandard(sigmaAt: (index: number) => number): NoiseModel['standardise'] {
  const length = TABLE_SNR * STEPS + 2;
  const means = new Float64Array(length);
  const scales = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    means[i] = ricianMean(i / STEPS, 1);
    scales[i] = 1 / Math.sqrt(ricianVariance(i / STEPS, 1));
  }
  return (value, clean, index) => {
    const level = sigmaAt(index);
    const snr = Math.max(0, clean / level);
    const observed = value / level;
    if (snr >= TABLE_SNR) return observed - snr - 0.5 / snr;
    const at = snr * STEPS;
    const i = Math.floor(at);
    const t = at - i;
    return (
      (observed - means[i] - t * (means[i + 1] - means[i])) * (scales[i] + t * (scales[i + 1] - scales[i]))
    );
  };
}
