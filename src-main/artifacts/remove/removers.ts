import type { CleanName } from '../../contract/requests/choices.js';
import { biasRemover } from './bias.js';
import { ghostRemover } from './ghost.js';
import { gibbsRemover } from './gibbs.js';
import { outlierRemover } from './outliers.js';
import type { Remover } from './remover.js';
import { ringRemover } from './ring.js';
import { spikeRemover } from './spike.js';
import { zipperRemover } from './zipper.js';

/** Every artifact that is removed without training, in the order of the work: one file and one line each. */
export const REMOVERS: Readonly<Record<CleanName, Remover>> = {
  spike: spikeRemover,
  zipper: zipperRemover,
  ghost: ghostRemover,
  ring: ringRemover,
  outliers: outlierRemover,
  gibbs: gibbsRemover,
  bias: biasRemover,
};
