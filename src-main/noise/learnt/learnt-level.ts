import type { LevelDescriptors } from './descriptors.js';
import weights from './level-network.json' with { type: 'json' };
import { askNetwork, certaintyOf, type LevelNetwork } from './network.js';

/** What a network that saw thousands of scans of known level says of one image. */
export interface LearntLevel {
  /** Channel sigma, the median over the tissue. */
  readonly sigma: number;
  /** Probability that it is off by less than a fifth. */
  readonly certainty: number;
  /** 0 for images as those it learnt from, 1 for such as it never saw: nothing of its answer counts then. */
  readonly strange: number;
}

const NETWORK: LevelNetwork = weights;
const A_FIFTH = Math.log(1.2);

/** The level of magnitudes of a single frame. */
export function learntLevel({ values, found, reference }: LevelDescriptors): LearntLevel {
  const answer = askNetwork(NETWORK, values, found);
  return {
    sigma: reference * Math.exp(answer.log),
    certainty: certaintyOf(answer, A_FIFTH),
    strange: answer.strange,
  };
}
