import type { Problem } from '../contract/errors.js';
import type { NoiseEstimate } from './estimate.js';

const DISAGREE = 1.3;
const FEW_LEVELS = 300;
/** Percent of the median foreground under which there is hardly anything to remove; for CT that is about 1 HU. */
const CLEAN_PERCENT = { rician: 0.3, gaussian: 0.1 } as const;

/** What a person should know before trusting an estimate. */
export function noiseWarnings(estimate: Omit<NoiseEstimate, 'warnings'>): Problem[] {
  const { sigma, relative, methods, correlation, quantisation } = estimate;
  const warnings: Problem[] = [];
  const levels = [methods.background, methods.wavelet, methods.repeats].filter(
    (level): level is number => level !== null && level > 0,
  );
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
  if (!estimate.certain)
    warnings.push({
      code: 'W_NOISE_UNCERTAIN',
      message:
        'The noise level is a guess: there is neither air nor a repeat to tell noise from fine structure.',
      remedy: 'The training works without the level then; read the residual with care.',
    });
  if (estimate.airMasked)
    warnings.push({
      code: 'W_AIR_MASKED',
      message: 'Air, or another large part of the image, is set to one value: it says nothing of the noise.',
      remedy: 'Look at the residual: the level rests on what is left of the air and on the tissue.',
    });
  if (quantisation.levels < FEW_LEVELS)
    warnings.push({
      code: 'W_FEW_LEVELS',
      message: `The image has only ${quantisation.levels} grey levels.`,
      remedy: 'Where possible export the series with 12 or 16 bits and without windowing.',
    });
  if (relative < CLEAN_PERCENT[estimate.distribution] || sigma < 0.5 * quantisation.step)
    warnings.push({
      code: 'W_CLEAN',
      message: 'The noise is too small to matter, or the image was denoised before.',
      remedy: 'Leave this series as it is.',
    });
  return warnings;
}
