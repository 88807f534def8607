import { simulateArtifact } from '../../../src-main/artifacts/artifacts.js';
import { ctHeads } from './heads.js';
import type { Kind } from './kind.js';

/** Gain errors of one detector channel in ten, the same in all slices. */
export const ringKind = (folders: string | null): Kind => ({
  name: 'ring',
  about: { modality: 'CT', phase: null },
  heads: () => ctHeads(folders),
  picture: 1,
  cases: (head) =>
    [0.5, 2, 5].map((severity) => ({
      drawn: `gains wrong by ${severity} %`,
      harmed: simulateArtifact(head, { artifact: 'ring', severity, seed: 29 }),
      truth: head,
    })),
});
