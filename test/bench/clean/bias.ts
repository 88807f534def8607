import { simulateArtifact } from '../../../src-main/artifacts/artifacts.js';
import type { Volume } from '../../../src-main/imaging/volume.js';
import { distance } from '../../artifacts/support.js';
import { wholeMrHeads } from './heads.js';
import type { Kind } from './kind.js';

/**
 * Fields of coils, over whole heads: few slices tell none. A field is told but for a factor, so a result is scaled to be
 * nearest to the truth.
 */
export const biasKind: Kind = {
  name: 'bias',
  about: { modality: 'MR', phase: null },
  heads: wholeMrHeads,
  picture: 1,
  error: (result, truth) => distance(scaledTo(result, truth), truth.data),
  cases: (head) =>
    [40, 100].map((severity) => ({
      drawn: `range of ${severity} %`,
      harmed: simulateArtifact(head, { artifact: 'bias', severity, seed: 1 }),
      truth: head,
    })),
};

function scaledTo(result: Volume, truth: Volume): Float32Array {
  let [product, square] = [0, 0];
  for (let i = 0; i < result.data.length; i++) {
    product += result.data[i] * truth.data[i];
    square += result.data[i] ** 2;
  }
  return result.data.map((value) => (value * product) / square);
}
