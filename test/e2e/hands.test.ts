import type { Page } from '@playwright/test';
import { decode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  drawn,
  expectAccessible,
  noBrowser,
  openTestViewer,
  press,
  shoot,
  slicesShown,
  type TestViewer,
  viewState,
} from '../viewer/page/open.js';
import { brainSet, drawnSet } from '../viewer/series.js';

/** Hands on the viewer: wheel, keys, menu, steps taken back. */

if (noBrowser) console.warn(noBrowser);
let viewer: TestViewer;

beforeAll(async () => {
  if (noBrowser) return;
  viewer = await openTestViewer({
    brain: brainSet(),
    ct: drawnSet('ct', { modality: 'CT', side: 64, slices: 5, frames: 1 }),
    time: drawnSet('time', { modality: 'MR', side: 64, slices: 5, frames: 4 }),
  });
});
afterAll(async () => {
  await viewer?.close();
});

/** Turns of a wheel or a touchpad as Chromium reports them: of a wheel, multiples of 120 and what the system scrolls by it. */
async function turn(page: Page, ...deltas: readonly { pixels: number; ticks: number; shift?: boolean }[]) {
  await page.evaluate(`(() => {
    const picture = document.querySelector('.picture');
    for (const { pixels, ticks, shift } of ${JSON.stringify(deltas)}) {
      const event = new WheelEvent('wheel', { deltaY: pixels, shiftKey: shift === true, bubbles: true, cancelable: true });
      Object.defineProperty(event, 'wheelDeltaY', { value: ticks });
      picture.dispatchEvent(event);
    }
  })()`);
  await drawn(page);
}

async function middle(page: Page, viewport: number): Promise<{ x: number; y: number }> {
  const box = await page.locator('.picture').nth(viewport).boundingBox();
  if (box === null) throw new Error('no viewport');
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

describe.skipIf(noBrowser)('hands on the viewer', () => {
  it('goes one slice a notch of the wheel, however far the system scrolls by it', async () => {
    const page = await viewer.open('?set=brain');
    await press(page, 'Home');
    for (const pixels of [33, 100, 120, 333]) await turn(page, { pixels, ticks: -120 });
    await expect.poll(() => slicesShown(page)).toEqual(['4', '4']);
    // two notches in one event
    await turn(page, { pixels: 200, ticks: -240 });
    await expect.poll(() => slicesShown(page)).toEqual(['6', '6']);
    await page.locator('.picture').first().hover();
    await page.mouse.wheel(0, 100);
    await expect.poll(() => slicesShown(page)).toEqual(['7', '7']);
    await page.close();
  });

  it('adds up the small steps of a touchpad', async () => {
    const page = await viewer.open('?set=brain');
    await press(page, 'Home');
    await turn(page, ...Array.from({ length: 9 }, () => ({ pixels: 4, ticks: -12 })));
    expect(await slicesShown(page)).toEqual(['0', '0']);
    await turn(page, { pixels: 4, ticks: -12 });
    await expect.poll(() => slicesShown(page)).toEqual(['1', '1']);
    await page.close();
  });

  it('takes keys when it opens, and wherever the focus is but in a field', async () => {
    const page = await viewer.open('?set=brain');
    await press(page, 'Home', 'ArrowDown');
    await expect.poll(() => slicesShown(page)).toEqual(['1', '1']);
    await page.getByRole('button', { name: 'Invert' }).focus();
    await press(page, 'ArrowDown');
    await expect.poll(() => slicesShown(page)).toEqual(['2', '2']);
    await page.getByLabel('Level', { exact: true }).focus();
    await press(page, 'ArrowDown', 'i');
    expect(await slicesShown(page)).toEqual(['2', '2']);
    expect(await viewState(page)).toMatchObject({ invert: false });
    await page.close();
  });

  it('goes through time by Shift and wheel, by the switch, and plays through it', async () => {
    const page = await viewer.open('?set=time&pair=none');
    const frame = async () => (await viewState(page)).frame;
    await turn(page, { pixels: 100, ticks: -120, shift: true });
    expect(await frame()).toBe(1);
    expect(await slicesShown(page)).toEqual(['2']);
    await page.getByRole('button', { name: 'Through time' }).click();
    await turn(page, { pixels: 100, ticks: -120 });
    expect(await frame()).toBe(2);
    await press(page, 'c');
    await expect.poll(frame).toBe(0);
    await press(page, 'c');
    expect(await slicesShown(page)).toEqual(['2']);
    await page.close();
  });

  it('chooses windows of CT by the keys 1 to 9', async () => {
    const page = await viewer.open('?set=ct&pair=none');
    const windows = [];
    for (const key of ['1', '2', '3', '4']) {
      await press(page, key);
      windows.push((await viewState(page)).window);
    }
    expect(windows).toEqual([
      { center: 40, width: 80 },
      { center: 400, width: 1800 },
      { center: -600, width: 1500 },
      { center: 40, width: 350 },
    ]);
    expect(await page.getByLabel('Preset').locator('option').allInnerTexts()).toContain('Brain (1)');
    await page.close();
  });

  it('shows a pixel of the image by a pixel of the screen, and zooms about the pointer', async () => {
    const page = await viewer.open('?set=brain');
    await press(page, 'z');
    // the slope of the mapping from pixels to the screen, of the probe under two points of it
    const column = async (dx: number) => {
      const { x, y } = await middle(page, 0);
      await page.mouse.move(x + dx, y);
      return Object((await viewState(page)).probe).x;
    };
    expect((await column(50)) - (await column(-50))).toBeCloseTo(100, 1);
    const at = await column(60);
    const { x, y } = await middle(page, 0);
    await page.mouse.move(x + 60, y);
    await page.mouse.down({ button: 'right' });
    await page.mouse.move(x + 60, y - 60, { steps: 5 });
    await page.mouse.up({ button: 'right' });
    expect(Number((await viewState(page)).zoom)).toBeGreaterThan(0);
    expect(await column(60)).toBeCloseTo(at, 1);
    await page.close();
  });

  it('gives one viewport all the room by a double click, and takes it back', async () => {
    const page = await viewer.open('?set=brain');
    await press(page, 'Shift+4');
    const kinds = () =>
      page.locator('.picture').evaluateAll((all) => all.map((one) => one.getAttribute('data-kind')));
    const four = await kinds();
    expect(four).toHaveLength(4);
    const { x, y } = await middle(page, 2);
    await page.mouse.dblclick(x, y);
    await expect.poll(kinds).toEqual([four[2]]);
    const now = await middle(page, 0);
    await page.mouse.dblclick(now.x, now.y);
    await expect.poll(kinds).toEqual(four);
    await page.close();
  });

  it('takes measurements and changes of the view back, one after the other, and does them again', async () => {
    const page = await viewer.open('?set=brain');
    const before = await viewState(page);
    await press(page, 'r', 'Enter', 'i', '+', 'ArrowDown');
    await press(page, 'Control+z');
    expect(await viewState(page)).toMatchObject({ zoom: before.zoom, invert: true });
    await press(page, 'Control+z', 'Control+z');
    expect(await viewState(page)).toMatchObject({ invert: false, measurements: [], window: before.window });
    await press(page, 'Control+y', 'Control+Shift+z');
    expect(await viewState(page)).toMatchObject({ invert: true });
    expect((await viewState(page)).measurements).toHaveLength(1);
    // a drag is one step
    const { x, y } = await middle(page, 0);
    await press(page, 'w');
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x + 80, y + 20, { steps: 8 });
    await page.mouse.up();
    expect((await viewState(page)).window).not.toEqual(before.window);
    await press(page, 'Control+z');
    expect((await viewState(page)).window).toEqual(before.window);
    await page.close();
  });

  it('has a menu by the right button and by the keyboard', async () => {
    const page = await viewer.open('?set=brain');
    const menu = page.getByRole('menu');
    const { x, y } = await middle(page, 1);
    await page.mouse.click(x, y, { button: 'right' });
    await menu.waitFor();
    await expectAccessible(page);
    await shoot(page, 'menu');
    await menu.getByRole('menuitem', { name: /^Invert/ }).click();
    expect(await menu.count()).toBe(0);
    expect(await viewState(page)).toMatchObject({ invert: true });
    await press(page, 'Shift+F10', 'Home', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowUp');
    await expect
      .poll(() => page.evaluate('document.activeElement?.textContent'))
      .toMatch(/^A pixel of the image/);
    await press(page, 'Enter');
    expect(Number((await viewState(page)).zoom)).not.toBe(1);
    await press(page, 'Shift+F10', 'Escape');
    expect(await menu.count()).toBe(0);
    // a right drag zooms, and is no click
    await page.mouse.move(x, y);
    await page.mouse.down({ button: 'right' });
    await page.mouse.move(x, y - 40, { steps: 4 });
    await page.mouse.up({ button: 'right' });
    expect(await menu.count()).toBe(0);
    await page.close();
  });

  it('writes on images so that it is read on white ones too', async () => {
    const page = await viewer.open('?set=time&pair=none');
    await press(page, 'i', 'Shift+N');
    const box = await page.locator('.letter.top').first().boundingBox();
    if (box === null) throw new Error('no letter');
    const clip = { x: box.x - 6, y: box.y - 6, width: box.width + 12, height: box.height + 12 };
    const { data, width, height, channels } = decode(await page.screenshot({ clip }));
    const light = (i: number) => {
      const [r, g, b] = [0, 1, 2].map((k) => (data[channels * i + k] / 255) ** 2.2);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const fill = 1 * 0.2126 + (0xd9 / 255) ** 2.2 * 0.7152 + (0x8a / 255) ** 2.2 * 0.0722;
    const letter = Array.from({ length: width * height }, (_, i) => i).filter(
      (i) => Math.abs(light(i) - fill) < 0.02 && data[channels * i + 2] < 200,
    );
    expect(letter.length).toBeGreaterThan(10);
    expect(light(0)).toBeGreaterThan(0.8);
    for (const i of letter) {
      // the darkest of the pixels around a stroke is its border
      const around = [-4, -3, -2, -1, 1, 2, 3, 4].flatMap((d) => [i + d, i + d * width]);
      const border = Math.min(...around.filter((at) => at >= 0 && at < width * height).map(light));
      expect((fill + 0.05) / (border + 0.05)).toBeGreaterThanOrEqual(4.5);
    }
    await page.close();
  });

  it('complained about nothing', () => {
    expect(viewer.complaints).toEqual([]);
  });
});
