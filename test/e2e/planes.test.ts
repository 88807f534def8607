import type { Page } from '@playwright/test';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  drawn,
  expectAccessible,
  noBrowser,
  openTestViewer,
  press,
  shoot,
  type TestViewer,
  viewState,
} from '../viewer/page/open.js';
import { brainSet, drawnSet } from '../viewer/series.js';

/** Three planes through one voxel, in a real browser. */

if (noBrowser) console.warn(noBrowser);
const thick = drawnSet('thick', { modality: 'MR', side: 64, slices: 12, frames: 1, between: 4 });
let viewer: TestViewer;

beforeAll(async () => {
  if (noBrowser) return;
  viewer = await openTestViewer({ brain: brainSet(), thick });
});
afterAll(async () => {
  await viewer?.close();
});

function planes(page: Page, kind = 'before'): Promise<(string | null)[]> {
  return page
    .locator(`.picture[data-kind="${kind}"]`)
    .evaluateAll((all) =>
      all.map((one) => `${one.getAttribute('data-axis')} ${one.getAttribute('data-index')}`),
    );
}

describe.skipIf(noBrowser)('planes', () => {
  it('show before, after and residual through one voxel, linked by the crossing', async () => {
    const page = await viewer.open('?set=thick');
    await press(page, 'Shift+P');
    await page.locator('.picture[data-axis="column"] canvas').first().waitFor();
    expect(await page.locator('.picture').count()).toBe(9);
    await expect.poll(() => planes(page)).toEqual(['slice 5', 'row 32', 'column 32']);
    // a press in the slice moves the two others, in all three rows
    const box = await page.locator('.picture[data-axis="slice"]').first().boundingBox();
    if (box === null) throw new Error('no plane');
    const scale = Math.min(box.width, box.height) / 64;
    await page.mouse.move(
      box.x + box.width / 2 + (20.5 - 32) * scale,
      box.y + box.height / 2 + (24.5 - 32) * scale,
    );
    await page.mouse.down();
    await page.mouse.up();
    await expect.poll(() => planes(page, 'residual')).toEqual(['slice 5', 'row 24', 'column 20']);
    // the values of all kinds are those of the voxel
    const [before, after] = [thick.before, thick.after].map(({ frames }) => frames[5].pixels[64 * 24 + 20]);
    const values = () => page.locator('.viewport .label .value').allInnerTexts();
    const expected = [before, after, before - after].map((value) => `${value} a.u.`.replace('-', '\u2212'));
    expect(await values()).toEqual(expected.flatMap((value) => [value, value, value]));
    // by keys: through the plane that has the focus, and within it
    await page.locator('.picture[data-axis="row"]').first().focus();
    await press(page, 'ArrowDown', 'Shift+ArrowRight', 'Shift+ArrowDown');
    await expect.poll(() => planes(page)).toEqual(['slice 6', 'row 25', 'column 21']);
    await expectAccessible(page);
    await shoot(page, 'planes');
    await press(page, 'Shift+2');
    expect(await page.locator('.picture').count()).toBe(2);
    await page.close();
  });

  it('cross where a place was chosen, before they are shown and while they are', async () => {
    const page = await viewer.open('?set=thick');
    const lookAt = (slice: number, column: number, row: number) =>
      page.evaluate(`lookAt({ slice: ${slice}, frame: 0, point: { column: ${column}, row: ${row} } })`);
    await lookAt(7, 12, 50);
    await press(page, 'Shift+P');
    await page.locator('.picture[data-axis="column"] canvas').first().waitFor();
    await expect.poll(() => planes(page)).toEqual(['slice 7', 'row 50', 'column 12']);
    await lookAt(3, 40, 20);
    await expect.poll(() => planes(page)).toEqual(['slice 3', 'row 20', 'column 40']);
    await page.close();
  });

  it('draw thick slices as high as they are apart, as bars and not as more than was measured', async () => {
    const page = await viewer.open('?set=thick&pair=none');
    await press(page, 'Shift+P');
    const row = page.locator('.picture[data-axis="row"]');
    await row.locator('canvas').first().waitFor();
    await page.getByText('Slices 4 mm apart').first().waitFor();
    await drawn(page);
    // along a column in the middle of the drawn plane: 12 slices of 4 pixels each, with one grey a slice
    const runs: number[] = await row.evaluate((host) => {
      const canvas = Object(host.querySelector('canvas.cornerstone-canvas'));
      const context = canvas.getContext('2d');
      const scale = Math.min(canvas.width / 64, canvas.height / 48);
      const top = Math.round(canvas.height / 2 - 24 * scale);
      const high = Math.round(48 * scale);
      const { data } = context.getImageData(Math.round(canvas.width / 2), top, 1, high);
      const found: number[] = [];
      for (let y = 0; y < high; y++)
        if (y === 0 || data[4 * y] !== data[4 * (y - 1)]) found.push(1);
        else found[found.length - 1]++;
      return found.map((run) => run / scale);
    });
    expect(runs.length).toBeGreaterThanOrEqual(10);
    expect(runs.length).toBeLessThanOrEqual(14);
    expect(Math.max(...runs)).toBeGreaterThan(3.5);
    // the head is above, whatever the order of the slices
    expect(await page.locator('.viewport').nth(1).locator('.letter.top').innerText()).toBe('H');
    await page.close();
  });

  it('keep the slice, and have their place in all sizes of windows', async () => {
    const page = await viewer.open('?set=brain', { width: 1920, height: 1080 });
    await press(page, 'Shift+P');
    await page.locator('.picture[data-axis="column"] canvas').first().waitFor();
    await page.locator('.picture[data-axis="slice"]').first().hover();
    await page.mouse.wheel(0, 120);
    await expect.poll(async () => (await planes(page))[0]).toBe('slice 10');
    await shoot(page, 'planes-1920');
    await press(page, 'Shift+1');
    await expect.poll(() => page.locator('.picture').getAttribute('data-slice')).toBe('10');
    expect(await viewState(page)).toMatchObject({ planes: false });
    await page.close();
  });

  it('complained about nothing', () => {
    expect(viewer.complaints).toEqual([]);
  });
});
