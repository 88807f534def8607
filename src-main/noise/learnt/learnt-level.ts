import type { LevelDescriptors } from './descriptors.js';
import ofMagnitudes from './magnitude-network.json' with { type: 'json' };
import { askNetwork, certaintyOf, type LevelNetwork } from './network.js';
import ofSigned from './signed-network.json' with { type: 'json' };

/** What a network that saw thousands of scans of known level says of one image. */
export interface LearntLevel {
  /** Of one channel in magnitudes, the median over the tissue. */
  readonly sigma: number;
  /** Probability that it is off by less than a fifth. */
  readonly certainty: number;
  /** 0 for images as those it learnt from, 1 for such as it never saw: nothing of its answer counts then. */
  readonly strange: number;
}

/** One that learnt from scans of MR, and one from CT and other values with a sign. */
const NETWORKS: { readonly magnitudes: LevelNetwork; readonly signed: LevelNetwork } = {
  magnitudes: ofMagnitudes,
  signed: ofSigned,
};
const A_FIFTH = Math.log(1.2);

/** The level of a single frame. */
export function learntLevel({ values, found, reference, signed }: LevelDescriptors): LearntLevel {
  const answer = askNetwork(signed ? NETWORKS.signed : NETWORKS.magnitudes, values, found);
  return {
    sigma: reference * Math.exp(answer.log),
    certainty: certaintyOf(answer, A_FIFTH),
    strange: answer.strange,
  };
}
