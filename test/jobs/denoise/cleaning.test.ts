import { describe, expect, it } from 'vitest';
import { aboutStack } from '../../../src-main/jobs/denoise/cleaning.js';

/** What is known of a stack whose first image has these attributes. */
function aboutFiles(values: Readonly<Record<string, readonly string[]>>) {
  return aboutStack({ modality: 'MR', attributes: async () => (name) => values[name] ?? [] });
}

describe('what files tell of how k-space was acquired', () => {
  it.each([
    ['ROW', 'x', 'y'],
    ['COL', 'y', 'x'],
    ['COLUMN', 'y', 'x'],
  ])('is the axes of partial Fourier, of a phase along %s', async (direction, phase, read) => {
    const along = { InPlanePhaseEncodingDirection: [direction] };
    expect(await aboutFiles(along)).toEqual({ modality: 'MR', phase, partial: [] });
    for (const [options, partial] of [
      [['FS', 'PFP'], [phase]],
      [['PFF'], [read]],
      [
        ['PFP', 'PFF'],
        [phase, read],
      ],
      [['FS'], []],
    ])
      expect((await aboutFiles({ ...along, ScanOptions: options })).partial).toEqual(partial);
    for (const [told, partial] of [
      ['PHASE', [phase]],
      ['FREQUENCY', [read]],
      ['COMBINATION', [phase, read]],
      ['SLICE_SELECT', []],
    ] as const) {
      const enhanced = { ...along, PartialFourierDirection: [told] };
      expect((await aboutFiles({ ...enhanced, PartialFourier: ['YES'] })).partial).toEqual(partial);
      expect((await aboutFiles({ ...enhanced, PartialFourier: ['NO'] })).partial).toEqual([]);
    }
  });

  it('is nothing where the phase-encoding axis is not told', async () => {
    const { phase, partial } = await aboutFiles({ ScanOptions: ['PFP'] });
    expect([phase, partial]).toEqual([null, []]);
  });
});
