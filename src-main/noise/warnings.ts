import { type Problem, problemOf } from '../contract/errors.js';
import type { NoiseEstimate } from './noise-estimate.js';

const DISAGREE = 1.3;
const FEW_LEVELS = 300;
/** Variation of the level from which on it is worth a word, though a map is used of less. */
const VARIES = 0.05;
/** Percent of the median foreground under which there is hardly anything to remove; for CT that is about 1 HU. */
export const CLEAN_PERCENT = { rician: 0.3, gaussian: 0.1 } as const;

/** Steps of the stored values under which noise makes no difference to them. */
export const CLEAN_STEP = 0.5;

/** What a person should know before trusting an estimate. */
export function noiseWarnings(estimate: Omit<NoiseEstimate, 'warnings'>): Problem[] {
  const { sigma, relative, methods, correlation, quantisation } = estimate;
  const warnings: Problem[] = [];
  const levels = tellingLevels(estimate).filter((level) => level > 0);
  const lowest = Math.min(...levels);
  const highest = Math.max(...levels);
  if (levels.length > 1 && highest > DISAGREE * lowest)
    warnings.push(problemOf('W_NOISE_DISAGREE/estimates', { factor: highest / lowest }));
  if (estimate.correlated)
    warnings.push(problemOf('W_NOISE_CORRELATED/neighbours', { x: correlation.x, y: correlation.y }));
  const little = relative < CLEAN_PERCENT[estimate.distribution] || sigma < CLEAN_STEP * quantisation.step;
  const unknown = !estimate.certain && little;
  if (!estimate.certain && !unknown) warnings.push(problemOf('W_NOISE_UNCERTAIN/guess'));
  if (estimate.airMasked) warnings.push(problemOf('W_AIR_MASKED/air'));
  if (quantisation.levels < FEW_LEVELS)
    warnings.push(problemOf('W_FEW_LEVELS/levels', { levels: quantisation.levels }));
  if (!(sigma > 0) && isUnseen(methods)) warnings.push(problemOf('W_NOISE_UNKNOWN/small'));
  else if (unknown) warnings.push(problemOf('W_NOISE_UNKNOWN/structure'));
  else if (little) warnings.push(problemOf('W_CLEAN/small'));
  if (estimate.map !== null && estimate.mapVariation >= VARIES)
    warnings.push(problemOf('W_NOISE_VARIES/map', { variation: estimate.mapVariation }));
  return warnings;
}

/** Whether there was nowhere to look at all. */
function isUnseen({ background, wavelet, repeats }: NoiseEstimate['methods']): boolean {
  return background === null && wavelet === null && repeats === null;
}

/** Whether nothing can be said of the level: what was found may all be structure, and there may be far more or less. */
export function isUnknown({ warnings }: Pick<NoiseEstimate, 'warnings'>): boolean {
  return warnings.some(({ code }) => code === 'W_NOISE_UNKNOWN');
}

/** Whether there is a level to denoise with. */
export function isMeasured(noise: Pick<NoiseEstimate, 'sigma' | 'warnings'>): boolean {
  return noise.sigma > 0 && !isUnknown(noise);
}

/** Levels that should agree: structure adds to what tissue shows, so that it tells nothing beside repeats. */
function tellingLevels({ methods, structured }: Omit<NoiseEstimate, 'warnings'>): number[] {
  const { background, wavelet, repeats } = methods;
  const isStructure = structured === 1 || (repeats !== null && wavelet !== null && wavelet > repeats);
  return [background, isStructure ? null : wavelet, repeats].filter((level) => level !== null);
}
