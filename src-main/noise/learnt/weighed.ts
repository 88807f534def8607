import { ramp, SURE } from '../levels.js';
import type { RuleLevel } from './descriptors.js';
import type { LearntLevel } from './learnt-level.js';

/** Certainty up to which the network's level of tissue that shows nothing but structure is none, and from which on it is one. */
const TOLD = [SURE, 0.7] as const;
/**
 * Percent of the brightness of tissue: magnitudes that it learnt from have a noise of their own, and rules alone tell levels
 * that are lower; from the second on they are the network's.
 */
const FAINT = [0.7, 1.4] as const;

/**
 * Of images as the network never saw any, what tissue and air show counts. Where these show nothing but structure the level
 * is unknown, and stays so unless the network is sure of one.
 *
 * @param brightness of tissue in magnitudes; null where values have a sign, whose zero is no darkness
 */
export function withLearnt(
  rules: RuleLevel,
  learnt: LearntLevel | null,
  brightness: number | null,
): Pick<RuleLevel, 'sigma' | 'certainty'> {
  if (learnt === null) return rules;
  const seen = brightness === null ? 1 : ramp((100 * learnt.sigma) / brightness, FAINT);
  const known = (1 - learnt.strange) * seen;
  const unknown = rules.air === null ? rules.structured : 0;
  const share = known * (1 - unknown * (1 - ramp(learnt.certainty, TOLD)));
  // a level that is taken in part is no level that anything is certain of
  return {
    sigma: rules.sigma + share * (learnt.sigma - rules.sigma),
    certainty: rules.certainty + share * (learnt.certainty - rules.certainty),
  };
}
