import { simulateArtifact } from '../../../src-main/artifacts/artifacts.js';
import { drawnHeads, mrHeads, seriesHeads } from './heads.js';
import type { Kind } from './kind.js';

/** N/2 ghosts whose phase goes along the read-out and differs by plane. */
export const ghostKind = (folders: string | null): Kind => ({
  name: 'ghost',
  about: { modality: 'MR', phase: 'y' },
  heads: async () => [
    ...(await mrHeads()),
    ...drawnHeads(96, [11, 12]),
    ...(await seriesHeads(folders, ['Manufacturer', 'SeriesDescription'])),
  ],
  picture: 1,
  cases: (head) =>
    [5, 20, 40].map((severity) => ({
      drawn: `${severity} %`,
      harmed: simulateArtifact(head, { artifact: 'ghost', severity, seed: 17 }),
      truth: head,
    })),
});
