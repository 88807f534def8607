import type { Page } from '@playwright/test';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  expectAccessible,
  noBrowser,
  openTestViewer,
  press,
  shoot,
  type TestViewer,
  viewState,
} from '../viewer/page/open.js';
import { drawnSet } from '../viewer/series.js';

/** Series over time: slices by time points, and how steady pixels are, in a real browser. */

if (noBrowser) console.warn(noBrowser);
const time = drawnSet('time', { modality: 'MR', side: 64, slices: 3, frames: 4 });
const diffusion = drawnSet('diffusion', { modality: 'MR', side: 64, slices: 2, frames: 5 });
for (const series of [diffusion.before, diffusion.after])
  Object.assign(series.card, { frameBValues: [0, 1000, 1000, 1000, 1000] });
/** Each time point with its own window: the first in one that is ten times as wide. */
const windowed = drawnSet('windowed', { modality: 'MR', side: 64, slices: 2, frames: 3 });
for (const series of [windowed.before, windowed.after])
  series.frames.forEach(({ header }, plane) => {
    const wide = plane < series.card.slices ? 10 : 1;
    Object.assign(header, { windows: [{ center: 400 * wide, width: 800 * wide, name: '' }] });
  });
let viewer: TestViewer;

beforeAll(async () => {
  if (noBrowser) return;
  viewer = await openTestViewer({ time, diffusion, windowed });
});
afterAll(async () => {
  await viewer?.close();
});

const cells = (page: Page) => page.locator('.time button[data-slice]');
const map = (page: Page, side: string) => page.locator(`.map[data-side="${side}"]`);

/** The grey in the middle of each cell of the first slice. */
function greys(page: Page): Promise<readonly number[]> {
  return page.evaluate(
    `[...document.querySelectorAll('.time button[data-slice="0"] canvas.cornerstone-canvas')].map((canvas) => {
      const copy = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
      copy.drawImage(canvas, -canvas.width / 2, -canvas.height / 2);
      return copy.getImageData(0, 0, 1, 1).data[0];
    })`,
  );
}

/** Mean over time by the standard deviation over time of a pixel of a slice, straight from the drawn values. */
function tsnrAt(set: typeof time.before, slice: number, pixel: number, frames: readonly number[]): number {
  const { slices } = set.card;
  const values = frames.map((frame) => set.frames[frame * slices + slice].pixels[pixel]);
  const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
  return mean / Math.sqrt(values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (values.length - 1));
}

/** Values of the square that Enter places in the middle of a 64 x 64 plane. */
function regionMean(of: (pixel: number) => number): number {
  const all: number[] = [];
  for (let y = 28; y < 36; y++) for (let x = 28; x < 36; x++) all.push(of(64 * y + x));
  return all.reduce((sum, one) => sum + one, 0) / all.length;
}

async function regionFact(page: Page, side: string): Promise<number> {
  const text = await map(page, side)
    .getByText(/^Region 1: /)
    .innerText();
  return Number(text.replace('Region 1: ', ''));
}

describe.skipIf(noBrowser)('a series over time', () => {
  it('shows slices by time points, and goes where one is pressed or keys lead', async () => {
    const page = await viewer.open('?set=time');
    await press(page, 'Shift+Y');
    await expect.poll(() => cells(page).locator('canvas.cornerstone-canvas').count()).toBe(12);
    // so few are as large as the room lets all of them be
    const rows = await page.locator('.time .room').boundingBox();
    const last = await cells(page).last().boundingBox();
    if (rows === null || last === null) throw new Error('Nothing is on screen.');
    expect(last.width).toBe(last.height);
    expect(
      Math.min(rows.width + rows.x - last.x - last.width, rows.height + rows.y - last.y - last.height),
    ).toBeLessThan(5);
    const current = page.locator('.time button[aria-current="true"]');
    expect(await current.getAttribute('aria-label')).toBe('Slice 2, time point 1');
    await page.getByRole('button', { name: 'Slice 3, time point 4' }).click();
    await expect.poll(() => viewState(page)).toMatchObject({ frame: 3 });
    // the focus goes along with the arrow keys
    await press(page, 'ArrowLeft', 'ArrowUp');
    await expect.poll(() => current.getAttribute('aria-label')).toBe('Slice 2, time point 3');
    await expect
      .poll(() => page.evaluate('document.activeElement.getAttribute("aria-label")'))
      .toBe('Slice 2, time point 3');
    await page.getByLabel('Shows').selectOption('After');
    await expect.poll(() => cells(page).locator('canvas.cornerstone-canvas').count()).toBe(12);
    await expectAccessible(page);
    await shoot(page, 'matrix');
    await current.dblclick();
    await page.locator('.picture[data-kind="before"] canvas.cornerstone-canvas').waitFor();
    await page.close();
  });

  it('shows each time point in the window that the file names for it, and all in that of a person', async () => {
    const page = await viewer.open('?set=windowed&pair=none');
    await press(page, 'Shift+Y');
    const dark = async () => (await greys(page)).map((grey) => grey < 30);
    await expect.poll(dark).toEqual([true, false, false]);
    await page.getByRole('button', { name: 'Slice 1, time point 3' }).click();
    await expect.poll(() => viewState(page)).toMatchObject({ frame: 2 });
    await expect.poll(dark).toEqual([true, false, false]);
    await page.getByLabel('Width').fill('900');
    await press(page, 'Enter');
    await expect.poll(dark).toEqual([false, false, false]);
    await page.close();
  });

  it('maps the temporal signal to noise before and after, with that of the region', async () => {
    const page = await viewer.open('?set=time');
    await press(page, 'r', 'Enter');
    await press(page, 'Shift+Y', 'Shift+Y');
    await map(page, 'after').locator('canvas.cornerstone-canvas').waitFor();
    for (const side of ['before', 'after'] as const) {
      const expected = regionMean((pixel) => tsnrAt(time[side], 1, pixel, [0, 1, 2, 3]));
      expect(Math.abs((await regionFact(page, side)) / expected - 1), side).toBeLessThan(1e-3);
    }
    await map(page, 'before').getByText('4 time points').waitFor();
    // the region lies on both maps, where it was drawn
    for (const side of ['before', 'after'] as const) {
      const { width: across } = (await map(page, side).locator('svg path').first().boundingBox()) ?? {
        width: 0,
      };
      const { width: whole } = (await map(page, side).locator('canvas').first().boundingBox()) ?? {
        width: 0,
      };
      expect(across, side).toBeGreaterThan(8);
      expect(across, side).toBeLessThan(whole / 2);
      expect(await map(page, side).locator('svg text').allTextContents()).toEqual(['1']);
    }
    await expectAccessible(page);
    await shoot(page, 'tsnr');
    // the figures of the region, and of two time points, stand apart
    await page.getByRole('rowheader', { name: 'SNR of region 1 by two time points' }).waitFor();
    const gaps = await page.locator('aside table tr').evaluateAll((rows) =>
      rows.map((row) => {
        const [before, after] = [...row.children].slice(1).map((cell) => {
          const words = cell.ownerDocument.createRange();
          words.selectNodeContents(cell);
          return words.getBoundingClientRect();
        });
        return after.left - before.right;
      }),
    );
    expect(gaps.length).toBeGreaterThan(6);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(8);
    await press(page, 'Shift+Y');
    await page.locator('.picture[data-kind="before"] canvas.cornerstone-canvas').waitFor();
    await page.close();
  });

  it('counts only time points of the b-value on screen, and says where these are too few', async () => {
    const page = await viewer.open('?set=diffusion&pair=none');
    await press(page, 'Shift+Y', 'Shift+Y');
    await page.getByText(/three time points of one b-value/).waitFor();
    await press(page, 'ArrowRight', 'Shift+Y', 'r', 'Enter', 'Shift+Y', 'Shift+Y');
    await map(page, 'before').getByText('4 time points of b = 1000').waitFor();
    const expected = regionMean((pixel) => tsnrAt(diffusion.before, 0, pixel, [1, 2, 3, 4]));
    expect(Math.abs((await regionFact(page, 'before')) / expected - 1)).toBeLessThan(1e-3);
    await page.close();
  });

  it('complained about nothing', () => {
    expect(viewer.complaints).toEqual([]);
  });
});
