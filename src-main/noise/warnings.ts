import { type Problem, problemOf } from '../contract/errors.js';
import type { NoiseEstimate } from './noise-estimate.js';

const DISAGREE = 1.3;
const FEW_LEVELS = 300;
/** Variation of the level from which on it is worth a word, though a map is used of less. */
const VARIES = 0.05;
/** Percent of the median foreground under which there is hardly anything to remove; for CT that is about 1 HU. */
const CLEAN_PERCENT = { rician: 0.3, gaussian: 0.1 } as const;

/** What a person should know before trusting an estimate. */
export function noiseWarnings(estimate: Omit<NoiseEstimate, 'warnings'>): Problem[] {
  const { sigma, relative, methods, correlation, quantisation } = estimate;
  const warnings: Problem[] = [];
  const measured = [methods.background, methods.wavelet, methods.repeats].filter((level) => level !== null);
  const levels = measured.filter((level) => level > 0);
  const lowest = Math.min(...levels);
  const highest = Math.max(...levels);
  if (levels.length > 1 && highest > DISAGREE * lowest)
    warnings.push({
      code: 'W_NOISE_DISAGREE',
      message: `The estimates of the noise level differ by a factor of ${(highest / lowest).toFixed(1)}.`,
      remedy: 'Compare before and after at fine structures; lower the strength where they fade.',
    });
  if (estimate.correlated)
    warnings.push({
      code: 'W_NOISE_CORRELATED',
      message: `Neighbouring voxels share noise (correlation ${correlation.x.toFixed(2)} and ${correlation.y.toFixed(2)} in the plane): the scanner interpolated or filtered the image.`,
      remedy: 'Where possible denoise the series as acquired, without interpolation.',
    });
  if (!estimate.certain) warnings.push(problemOf('W_NOISE_UNCERTAIN/guess'));
  if (estimate.airMasked) warnings.push(problemOf('W_AIR_MASKED/air'));
  if (quantisation.levels < FEW_LEVELS)
    warnings.push({
      code: 'W_FEW_LEVELS',
      message: `The image has only ${quantisation.levels} grey levels.`,
      remedy: 'Where possible export the series with 12 or 16 bits and without windowing.',
    });
  if (!(sigma > 0) && measured.length === 0) warnings.push(problemOf('W_NOISE_UNKNOWN/small'));
  else if (relative < CLEAN_PERCENT[estimate.distribution] || sigma < 0.5 * quantisation.step)
    warnings.push(problemOf('W_CLEAN/small'));
  if (estimate.map !== null && estimate.mapVariation >= VARIES)
    warnings.push({
      code: 'W_NOISE_VARIES',
      message: `The noise differs from place to place by ${Math.round(100 * estimate.mapVariation)} % of its typical level; a map of it is used.`,
      remedy: 'Compare before and after where the noise is strongest and where it is weakest.',
    });
  return warnings;
}
