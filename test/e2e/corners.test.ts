import type { Page } from '@playwright/test';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TagEntry } from '../../src-main/contract/viewing.js';
import { noBrowser, openTestViewer, press, type TestViewer } from '../viewer/page/open.js';
import { drawnSet } from '../viewer/series.js';

/** What the corners say is of the image on screen: each image, and each frame, states a value of its own. */

if (noBrowser) console.warn(noBrowser);
const SLICES = 4;
const FRAMES = 3;
const sets = {
  ct: drawnSet('ct', { modality: 'CT', side: 64, slices: SLICES, frames: 1 }),
  time: drawnSet('time', { modality: 'MR', side: 64, slices: SLICES, frames: FRAMES }),
};
let viewer: TestViewer;

beforeAll(async () => {
  if (noBrowser) return;
  viewer = await openTestViewer(sets);
  viewer.server.tags = elements;
});
afterAll(async () => {
  await viewer?.close();
});

const element = (tag: string, value: number | string, depth = 0): TagEntry => ({
  path: tag,
  tag,
  depth,
  vr: 'DS',
  name: '',
  value: String(value),
});

/** Values that follow from the series and the place of the image in it; those of an enhanced image lie in groups. */
function elements(series: string, index: number): readonly TagEntry[] {
  const result = series.includes('after') ? 500 : 0;
  if (series.startsWith('ct'))
    return [
      element('00100020', 'P1'),
      element('00180060', 80 + index + result),
      element('00181152', 100 + index + result),
    ];
  return [
    element('00100020', 'P1'),
    element('00189082', 10 + index + result, 2),
    element('00189087', 1000 + index + result, 2),
  ];
}

const corners = (page: Page, pane: number) =>
  page.locator('.viewport').nth(pane).locator('.sequence').allInnerTexts();
/** Lines of an image of CT, and of one of MR. */
const ct = (index: number) => [`${80 + index} kV ${100 + index} mAs`];
const mr = (index: number) => [`TE ${10 + index}`, `b ${1000 + index}`];
const spaced = async (page: Page, pane: number) =>
  (await corners(page, pane)).map((line) => line.replace(/\s+/g, ' ').replace(/(?<=\d)[,.](?=\d{3})/, ''));

describe.skipIf(noBrowser)('the corners of an image', () => {
  it('tell kV and mAs of each slice, of before and of after', async () => {
    const page = await viewer.open('?set=ct&pair=after');
    await press(page, 'Home');
    for (const slice of [0, 1, 2, 3, 2]) {
      await expect.poll(() => spaced(page, 0)).toEqual(ct(slice));
      await expect.poll(() => spaced(page, 1)).toEqual(ct(slice + 500));
      await press(page, slice === 3 ? 'ArrowUp' : 'ArrowDown');
    }
    await page.close();
  });

  it('tell echo time and b-value of each frame, and of each slice of it', async () => {
    const page = await viewer.open('?set=time&pair=none');
    await press(page, 'Home');
    for (let frame = 0; frame < FRAMES; frame++) {
      await expect.poll(() => spaced(page, 0)).toEqual(mr(frame * SLICES));
      await press(page, 'ArrowDown');
      await expect.poll(() => spaced(page, 0)).toEqual(mr(frame * SLICES + 1));
      await press(page, 'ArrowUp', 'ArrowRight');
    }
    await page.close();
  });

  it('say nothing of how an image was taken until its own file was read, and who it is all the while', async () => {
    let go = () => {};
    const page = await viewer.open('?set=ct&pair=none');
    await press(page, 'Home');
    await expect.poll(() => spaced(page, 0)).toEqual(ct(0));
    viewer.server.tags = async (series, index) => {
      await new Promise<void>((resolve) => {
        go = resolve;
      });
      return elements(series, index);
    };
    const asked = page.waitForRequest(/\/tags\//);
    await press(page, 'End');
    await asked;
    expect(await spaced(page, 0)).toEqual([]);
    expect(await page.locator('.person').allInnerTexts()).toEqual(['P1']);
    viewer.server.tags = elements;
    go();
    await expect.poll(() => spaced(page, 0)).toEqual(ct(SLICES - 1));
    // what was read once is told at once, without asking again
    await press(page, 'Home');
    expect(await spaced(page, 0)).toEqual(ct(0));
    await page.close();
  });

  it('complained about nothing', () => {
    expect(viewer.complaints).toEqual([]);
  });
});
