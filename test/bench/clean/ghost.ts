import { simulateArtifact } from '../../../src-main/artifacts/artifacts.js';
import { headDrawer } from '../drawn-heads.js';
import { mrHeads, seriesHeads } from './heads.js';
import type { Head, Kind } from './kind.js';

/** N/2 ghosts whose phase goes along the read-out and differs by plane. */
export const ghostKind = (folders: string | null): Kind => ({
  name: 'ghost',
  about: { modality: 'MR', phase: 'y' },
  heads: async () => [
    ...(await mrHeads()),
    ...drawnHeads(),
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

/** Heads that do not exist, with a coil's field and noise. */
function drawnHeads(): Head[] {
  const draw = headDrawer(96, 3);
  return [
    { name: 'drawn, T1', volume: draw(11, 'T1', 'axial', 0.01) },
    { name: 'drawn, T2', volume: draw(12, 'T2', 'axial', 0.02) },
  ];
}
