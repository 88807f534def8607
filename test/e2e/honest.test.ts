import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Page } from '@playwright/test';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDicom, type TestImage } from '../dicom/support.js';
import { openTestWindow, type TestWindow, whatIsMissing } from './window.js';

/** What the window says of images, and does not: lengths, names, windows and labels, on small drawn series. */

const missing = whatIsMissing();
if (missing) console.warn(missing);

const root = mkdtempSync(path.join(os.tmpdir(), 'limpid-honest-'));
const input = path.join(root, 'Anna-Quast');
const SIDE = 64;
let window: TestWindow;
let page: Page;

const FIRST = { patient: 'Quast^Anna', patientId: '1', study: '1.2.826.1', seriesDescription: 'Kopf Anna' };
const SECOND = { patient: 'Zweite^Berta', patientId: '2', study: '1.2.826.2' };

/** A bright disc on dark ground; `times` brighter. */
function disc(times: number): number[] {
  return Array.from({ length: SIDE * SIDE }, (_, i) => {
    const [x, y] = [(i % SIDE) - SIDE / 2, Math.floor(i / SIDE) - SIDE / 2];
    const texture = (7 * i) % 13;
    return Math.round(times * (Math.hypot(x, y) < 20 ? 800 + 8 * texture : 40 + texture));
  });
}

function write(folder: string, images: readonly TestImage[]): void {
  mkdirSync(folder, { recursive: true });
  for (const [i, image] of images.entries())
    writeFileSync(path.join(folder, `${i}.dcm`), makeDicom({ rows: SIDE, columns: SIDE, ...image }));
}

/** Three slices. */
function stack(uid: string, image: TestImage): TestImage[] {
  return Array.from({ length: 3 }, (_, k) => ({
    values: disc(1),
    ...image,
    series: uid,
    instanceNumber: k + 1,
    position: [0, 0, 3 * k],
  }));
}

beforeAll(async () => {
  if (missing) return;
  write(path.join(input, 'bare'), stack('1.2.826.1.1', { ...FIRST, spacing: null }));
  const atDetector = { ...SECOND, spacing: '1\\1', seriesDescription: 'Detektor' };
  const detector = { ...atDetector, imagerSpacing: '1\\1', calibrationType: 'GEOMETRY' };
  write(path.join(input, 'detector'), stack('1.2.826.2.1', detector));
  const diffusion = { ...SECOND, seriesDescription: 'DWI', window: ['450', '900'] as const };
  write(path.join(input, 'diffusion'), [
    ...stack('1.2.826.2.2', { ...diffusion, bValue: 0 }),
    ...stack('1.2.826.2.2', { ...diffusion, bValue: 1000, values: disc(0.1) }),
  ]);
  writeFileSync(path.join(input, 'Anna-cut.dcm'), makeDicom(FIRST).subarray(0, 300));
  window = await openTestWindow(root);
  page = window.page;
});

afterAll(async () => {
  await window?.close();
  rmSync(root, { recursive: true, force: true });
});

const details = () => page.getByRole('complementary', { name: 'Details of the series' });
const viewer = () => page.getByRole('region', { name: 'Viewer' });
const row = (name: RegExp) => page.getByRole('treeitem', { name });

async function view(name: RegExp): Promise<void> {
  await window.rail('Studies').click();
  await row(name).dblclick();
  await page.locator('.picture[data-slice] canvas').first().waitFor();
}

/** Grey in the middle of the first picture, and on its ground, 0 to 255. */
function greys(): Promise<number[]> {
  return page.evaluate(`(() => {
    const shown = document.querySelector('.picture[data-slice] canvas.cornerstone-canvas');
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [shown.width, shown.height];
    canvas.getContext('2d', { willReadFrequently: true }).drawImage(shown, 0, 0);
    const at = (x, y) => canvas.getContext('2d').getImageData(canvas.width * x, canvas.height * y, 1, 1).data[0];
    return [at(0.5, 0.5), at(0.5, 0.02)];
  })()`);
}

async function hidePatients(): Promise<void> {
  await window.rail('Studies').click();
  await page.getByRole('button', { name: 'Hide patients' }).click();
}

describe.skipIf(missing)('what the window says of images', () => {
  it('tells no millimetres, and draws no scale, where nothing tells the size of a pixel', async () => {
    await window.openFolder(input);
    await row(/Kopf Anna/).click();
    await details().getByText('not calibrated').waitFor();
    expect(await details().innerText()).not.toMatch(/\d mm/);
    await view(/Kopf Anna/);
    await viewer().getByText('not calibrated').first().waitFor();
    expect(await page.locator('.viewport .scale').count()).toBe(0);
    await page.locator('.picture').first().focus();
    await page.keyboard.press('l');
    await page.keyboard.press('Enter');
    await viewer().getByText(/ px/).first().waitFor();
    expect(await viewer().innerText()).not.toMatch(/\bmm/);
    await window.shoot('honest-bare');
  });

  it('says of sizes by a known magnification that they are such', async () => {
    await view(/Detektor/);
    await viewer().getByText('calibrated by geometry').first().waitFor();
    expect(await page.locator('.viewport .scale').count()).toBe(1);
    await window.rail('Studies').click();
    await details().getByText('calibrated by geometry').waitFor();
  });

  it('tells b-values on the image, and shows those above zero in a window in which they are seen', async () => {
    await view(/DWI/);
    await viewer().getByText('b 0', { exact: true }).first().waitFor();
    await expect.poll(async () => (await greys())[0]).toBeGreaterThan(150);
    await page.locator('.picture').first().focus();
    await page.keyboard.press('ArrowRight');
    await viewer().getByText('b 1000', { exact: true }).first().waitFor();
    await expect.poll(async () => (await greys())[0]).toBeGreaterThan(150);
    expect((await greys())[1]).toBeLessThan(60);
    await window.shoot('honest-b1000');
    // What a person sets for images of one b-value is kept for these, and leaves the others alone.
    const legend = () => page.locator('.bottom-right').first().innerText();
    await page.keyboard.press(']');
    const set = await legend();
    await page.keyboard.press('ArrowLeft');
    await expect.poll(legend).toContain('W 900');
    await page.keyboard.press('ArrowRight');
    await expect.poll(legend).toBe(set);
  });

  it('shows no picture beside a name until that of this name has come', async () => {
    await window.rail('Studies').click();
    await row(/Kopf Anna/).click();
    const picture = details().locator('img');
    const loaded = () => picture.evaluate((one: { naturalWidth: number }) => one.naturalWidth);
    await expect.poll(loaded).toBe(128);
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    // Of a series of another input, which no picture was asked of before.
    await page.route(/thumbnail/, async (route) => {
      await held;
      await route.continue();
    });
    const other = path.join(root, 'other');
    write(other, stack('1.2.826.3.1', { ...SECOND, study: '1.2.826.3', seriesDescription: 'Held' }));
    await window.openFolder(other);
    await row(/Held/).click();
    await details().getByRole('heading', { name: /Held/ }).waitFor();
    expect(await loaded()).toBe(0);
    release();
    await expect.poll(loaded).toBe(128);
    await page.unroute(/thumbnail/);
  });

  it('shows no description, study or file where patients are hidden', async () => {
    await hidePatients();
    const names = /Anna|Quast|Berta|Kopf|Detektor|DWI|Held|\.dcm/;
    const text = async () =>
      `${await page.locator('body').innerText()} ${await page
        .locator('[title], [aria-label]')
        .evaluateAll((all) =>
          all.map((one) => [one.getAttribute('title'), one.getAttribute('aria-label')]).join(),
        )}`;
    await expect.poll(text).not.toMatch(names);
    await window.shoot('honest-hidden');
    await page
      .getByRole('button', { name: /refused|other file/ })
      .first()
      .click();
    await window.dialog().waitFor();
    expect(await text()).not.toMatch(names);
    await page.keyboard.press('Escape');
    await row(/MR/).first().dblclick();
    await page.locator('.picture[data-slice] canvas').first().waitFor();
    expect(await text()).not.toMatch(names);
    await window.expectAccessible();
    await hidePatients();
  });

  it('complained about nothing', () => {
    expect(window.complaints).toEqual([]);
  });
});
