import { ramp, SURE } from '../levels.js';
import type { RuleLevel } from './descriptors.js';
import type { LearntLevel } from './learnt-level.js';

/** Certainty up to which the network's level of tissue that shows nothing but structure is none, and from which on it is one. */
const TOLD = [SURE, 0.7] as const;
/**
 * Percent of the brightness of tissue: what it learnt from has a noise of its own, and rules alone tell levels that are
 * lower; from the second on they are the network's.
 */
const FAINT = [0.7, 1.4] as const;

/**
 * Of images as the network never saw any, what tissue and air show counts. Where these show nothing but structure the level
 * is unknown, and stays so unless the network is sure of one.
 */
export function withLearnt(
  rules: RuleLevel,
  learnt: LearntLevel | null,
  brightness: number,
): Pick<RuleLevel, 'sigma' | 'certainty'> {
  if (learnt === null) return rules;
  const known = (1 - learnt.strange) * ramp((100 * learnt.sigma) / brightness, FAINT);
  const unknown = rules.air === null ? rules.structured : 0;
  const share = known * (1 - unknown * (1 - ramp(learnt.certainty, TOLD)));
  // a level that is taken in part is no level that anything is certain of
  return {
    sigma: rules.sigma + share * (learnt.sigma - rules.sigma),
    certainty: rules.certainty + share * (learnt.certainty - rules.certainty),
  };
}
