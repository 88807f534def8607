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
  const measured = tellingLevels(methods);
  const levels = measured.filter((level) => level > 0);
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
  if (!(sigma > 0) && measured.length === 0) warnings.push(problemOf('W_NOISE_UNKNOWN/small'));
  else if (unknown) warnings.push(problemOf('W_NOISE_UNKNOWN/structure'));
  else if (little) warnings.push(problemOf('W_CLEAN/small'));
  if (estimate.map !== null && estimate.mapVariation >= VARIES)
    warnings.push(problemOf('W_NOISE_VARIES/map', { variation: estimate.mapVariation }));
  return warnings;
}

/** Levels that should agree: structure adds to what tissue shows, so that it tells nothing beside repeats. */
function tellingLevels({ background, wavelet, repeats }: NoiseEstimate['methods']): number[] {
  const tissue = repeats !== null && wavelet !== null && wavelet > repeats ? null : wavelet;
  return [background, tissue, repeats].filter((level) => level !== null);
}
