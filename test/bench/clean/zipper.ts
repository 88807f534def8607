import type { Volume } from '../../../src-main/imaging/volume.js';
import { type Interference, withZippers } from '../../artifacts/remove/zippers.js';
import { drawnHeads, mrHeads, seriesHeads } from './heads.js';
import type { Drawn, Kind } from './kind.js';

/** So many tell of lines together. */
const SLICES = 12;

/** Lines of interference along columns, on a pixel and between two, at the same places in all slices. */
export const zipperKind = (folders: string | null): Kind => ({
  name: 'zipper',
  about: { modality: 'MR', phase: 'y' },
  heads: async () => [
    ...(await mrHeads(SLICES)),
    ...drawnHeads(128, [31, 32], SLICES),
    ...(await seriesHeads(folders, ['Manufacturer', 'SeriesDescription'], SLICES)),
  ],
  picture: 1,
  cases: (head) => {
    const at = (share: number) => Math.round(share * head.columns);
    return [
      drawn(head, [{ at: at(0.37), percent: 20 }]),
      drawn(head, [{ at: at(0.56), percent: 50 }]),
      drawn(head, [
        { at: at(0.12), percent: 30 },
        { at: at(0.62) + 0.25, percent: 60 },
      ]),
    ];
  },
});

function drawn(truth: Volume, lines: readonly Interference[]): Drawn {
  const words = lines.map(
    ({ at, percent }) => `${percent} %${Number.isInteger(at) ? '' : ' between pixels'}`,
  );
  return {
    drawn: `${lines.length === 1 ? 'line' : 'lines'} of ${words.join(' and ')}`,
    harmed: withZippers(truth, lines, 41),
    truth,
  };
}
