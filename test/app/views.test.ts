import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checked } from '../../src-main/app/checked.js';
import { openViews } from '../../src-main/app/views.js';
import { KeptView } from '../../src-main/contract/viewing.js';
import type { OpenInput } from '../../src-main/contract/window/opened.js';
import { removeFolders, temporaryFolder } from '../jobs/fixtures.js';
import { emptyCard } from '../viewer/series.js';

afterAll(removeFolders);

const card = { ...emptyCard('i1.a', 8, 8, 2), seriesInstanceUid: '1.2.3.4' };
const input: OpenInput = {
  id: 'i1',
  paths: ['/scans/smith'],
  state: 'ready',
  filesSeen: 2,
  series: [card, { ...emptyCard('i1.nifti-1', 8, 8, 2), seriesInstanceUid: null, id: 'smith.nii' }],
  problems: [],
  refused: 0,
  others: 0,
  problem: null,
};
const view: KeptView = {
  position: 3.5,
  frame: 0,
  window: { center: 40, width: 80 },
  zoom: 2,
  pan: { x: 1, y: -2 },
  rotation: 90,
  flipX: false,
  flipY: true,
  invert: false,
  measurements: [{ id: '1', kind: 'arrow', x0: 1, y0: 2, x1: 3, y1: 4, slice: 1, frame: 0, text: 'here' }],
};

describe('views that are kept', () => {
  it('are those of the series after a restart, whatever its input is called then', async () => {
    const file = path.join(await temporaryFolder(), 'home', 'views.json');
    const views = openViews(file, () => [input]);
    expect(await views.kept('i1.a')).toBe(null);
    await views.keep('i1.a', view);
    await views.keep('i1.nifti-1', { ...view, zoom: 3 });
    const again = openViews(file, () => [
      {
        ...input,
        id: 'i2',
        series: input.series.map((one) => ({ ...one, key: one.key.replace('i1', 'i2') })),
      },
    ]);
    expect(await again.kept('i2.a')).toEqual(view);
    expect(await again.kept('i2.nifti-1')).toMatchObject({ zoom: 3 });
    expect(await again.kept('i1.a')).toBeNull();
    const written = await fs.readFile(file, 'utf8');
    for (const name of ['1.2.3.4', 'smith', 'i1.a']) expect(written).not.toContain(name);
  });

  it('are forgotten where the file is damaged, and the oldest of too many', async () => {
    const file = path.join(await temporaryFolder(), 'views.json');
    await fs.writeFile(file, '{"views": [{"series": "x", "view": 3}]}');
    const many: OpenInput = {
      ...input,
      series: Array.from({ length: 501 }, (_, i) => ({
        ...card,
        key: `i1.${i}`,
        seriesInstanceUid: `1.${i}`,
      })),
    };
    const views = openViews(file, () => [many]);
    expect(await views.kept('i1.0')).toBe(null);
    await Promise.all(many.series.map(({ key }) => views.keep(key, view)));
    expect(await views.kept('i1.0')).toBe(null);
    expect(await views.kept('i1.500')).toEqual(view);
  });

  it('are checked on their way in', () => {
    expect(checked(KeptView, view, 'view')).toEqual(view);
    for (const wrong of [{ zoom: Number.NaN }, { rotation: 45 }, { measurements: [{ kind: 'x' }] }])
      expect(() => checked(KeptView, { ...view, ...wrong }, 'view')).toThrow(/request/);
  });
});
