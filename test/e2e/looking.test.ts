import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Download, Page } from '@playwright/test';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAttributes } from '../../src-main/dicom/elements/attributes.js';
import { walkElements } from '../../src-main/dicom/elements/elements.js';
import { classic, noisyPlanes } from '../jobs/complex-images.js';
import { brainSlices, derive } from '../jobs/fixtures.js';
import { openTestWindow, type TestWindow, whatIsMissing } from './window.js';

/** Looking as one looks, in the built window over `limpid serve`: what files say, and what stays after a restart. */

const missing = whatIsMissing();
if (missing) console.warn(missing);

const root = mkdtempSync(path.join(os.tmpdir(), 'limpid-looking-'));
const [input, derived, other, complex] = ['scans', 'derived', 'other', 'complex'].map((name) =>
  path.join(root, name),
);
let window: TestWindow;
let page: Page;

beforeAll(async () => {
  if (missing) return;
  await brainSlices(input, [8, 9, 10]);
  const files = readdirSync(input).map((name) => readFileSync(path.join(input, name)));
  mkdirSync(derived);
  const result = await derive(files, 1, false);
  for (const [i, file] of result.images.entries()) writeFileSync(path.join(derived, `${i}.dcm`), file);
  await anotherSeries();
  mkdirSync(complex);
  for (const [i, file] of classic(noisyPlanes()).entries())
    writeFileSync(path.join(complex, `${i}.dcm`), file);
  window = await openTestWindow(root);
  page = window.page;
});

afterAll(async () => {
  await window?.close();
  rmSync(root, { recursive: true, force: true });
});

/** The same images, darker, under a number and a UID of their own. */
async function anotherSeries(): Promise<void> {
  await brainSlices(other, [8, 9, 10]);
  for (const name of readdirSync(other)) {
    const file = path.join(other, name);
    const bytes = readFileSync(file);
    const { elements } = walkElements(bytes);
    const uid = elements.find(({ tag }) => tag === 0x0020000e);
    if (uid === undefined) throw new Error('no UID');
    // another last digit of the UID, and half of the value of each pixel
    bytes[uid.end - 2] = bytes[uid.end - 2] === 0x37 ? 0x38 : 0x37;
    const pixels = elements.find(({ tag }) => tag === 0x7fe00010);
    for (let at = pixels?.valueStart ?? 0; at < (pixels?.end ?? 0); at += 2)
      bytes.writeInt16LE(bytes.readInt16LE(at) >> 1, at);
    writeFileSync(file, bytes);
  }
}

const viewer = () => page.getByRole('region', { name: 'Viewer' });

async function look(): Promise<void> {
  await page
    .getByRole('treeitem', { name: /3 files/ })
    .first()
    .dblclick();
  await page.locator('.picture[data-slice] canvas').first().waitFor();
}

describe.skipIf(missing)('looking', () => {
  it('says in the corners who it is and how it was taken, and hides who it is with the patients', async () => {
    await window.openFolder(input);
    await page.getByRole('treeitem', { name: /3 files/ }).waitFor();
    await window.openFolder(derived);
    await expect.poll(() => page.getByRole('treeitem', { name: /3 files/ }).count()).toBe(2);
    await look();
    await expect.poll(() => viewer().locator('.sequence').first().innerText()).toBe('TR 2300 TE 22 FA 90°');
    expect((await viewer().locator('.sequence').allInnerTexts()).join()).toContain('Thickness 5 mm');
    const person = () => viewer().locator('.person').allInnerTexts();
    expect((await person()).length).toBeGreaterThan(0);
    await window.shoot('looking-corners');
    const width = await page.locator('.grid').evaluate((grid) => grid.clientWidth);
    expect(width / 1280).toBeGreaterThanOrEqual(0.7);
    // a window that is made smaller leaves the images their share as well
    await page.setViewportSize({ width: 1920, height: 1080 });
    // the page is told of its size with the next picture; two sizes in one of them would be none that was made smaller
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    await page.keyboard.press('b');
    await viewer().getByRole('heading', { name: 'Measurements' }).waitFor();
    await page.setViewportSize({ width: 1280, height: 800 });
    const share = () => page.locator('.grid').evaluate((grid) => grid.clientWidth / 1280);
    await expect.poll(share).toBeGreaterThanOrEqual(0.7);
    await page.keyboard.press('Shift+N');
    await expect.poll(person).toEqual([]);
    expect(await viewer().locator('.sequence').count()).toBe(0);
    await page.keyboard.press('Shift+N');
    await expect.poll(person).not.toEqual([]);
    await window.rail('Studies').click();
    await page.getByRole('button', { name: 'Hide patients' }).click();
    await window.rail('Viewer').click();
    expect(await person()).toEqual([]);
    expect(await viewer().locator('.sequence').count()).toBeGreaterThan(0);
  });

  it('lists the elements of the files, finds them, and tells what differs from the source; hidden patients stay hidden', async () => {
    await page.keyboard.press('d');
    const rows = () => window.dialog().locator('tbody tr').allInnerTexts();
    await expect.poll(async () => (await rows()).length).toBeGreaterThan(100);
    const name = (await rows()).find((row) => row.includes('PatientName'));
    expect(name).toMatch(/hidden\s+hidden/);
    await window.dialog().getByLabel('Search').fill('echotime');
    await expect.poll(async () => (await rows()).every((row) => row.includes('EchoTime'))).toBe(true);
    expect((await rows())[0]).toMatch(/0018,0081\s+EchoTime\s+DS\s+22.0000\s+22.0000/);
    await window.expectAccessible();
    await window.dialog().getByLabel('Search').fill('');
    await window.dialog().getByLabel('Only what differs between source and result').check();
    await expect.poll(async () => (await rows()).some((row) => row.includes('EchoTime'))).toBe(false);
    const different = (await rows()).join('\n');
    for (const changed of ['SOPInstanceUID', 'DerivationDescription']) expect(different).toContain(changed);
    await window.shoot('looking-tags');
    await page.keyboard.press('Escape');
    await expect.poll(() => window.dialog().count()).toBe(0);
  });

  it('shows a series as it was looked at, with its measurements, after a restart', async () => {
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('i');
    await page.keyboard.press('e');
    await page.keyboard.press('Enter');
    await page
      .getByText(/1 Ellipse/)
      .first()
      .waitFor();
    const where = () => viewer().locator('.top-right').first().innerText();
    await expect.poll(where).toMatch(/^3\/3/);
    expect(await where()).not.toContain('Key image');
    await page.keyboard.press('Shift+K');
    await expect.poll(where).toContain('Key image');
    const file = path.join(root, 'home', 'views.json');
    const written = () => {
      try {
        return readFileSync(file, 'utf8');
      } catch {
        // nothing is written yet
        return '';
      }
    };
    await expect.poll(written).toMatch(/ellipse[\s\S]*keyImages": \[\s*\{/);
    await window.restart();
    await window.openFolder(input);
    await look();
    await expect.poll(where).toMatch(/^3\/3/);
    await expect.poll(() => viewer().locator('.viewport svg text').first().textContent()).toBe('1');
    await expect.poll(where).toContain('Key image');
    const uid = /1\.2\.840\.113619[\d.]+/;
    expect(written()).not.toMatch(uid);
  });

  it('gives measurements and key images out as DICOM of that study, named after nobody, and touches no source', async () => {
    const before = readdirSync(input).map((name) => readFileSync(path.join(input, name)));
    const taken = async (name: string) => {
      await page.locator('.picture').first().focus();
      await page.keyboard.press('Shift+F10');
      const coming: Promise<Download> = page.waitForEvent('download');
      await page.getByRole('menuitem', { name }).click();
      const download = await coming;
      return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
    };
    const of = (bytes: Uint8Array) => readAttributes(bytes, walkElements(bytes));
    const source = of(before[0]);
    const third = before.map(of).find((one) => one.text('x00200013') === '10');
    for (const [file, name, sopClass] of [
      [await taken('Save measurements as a report'), 'measurements.dcm', '1.2.840.10008.5.1.4.1.1.88.33'],
      [await taken('Save key images'), 'key-images.dcm', '1.2.840.10008.5.1.4.1.1.88.59'],
    ] as const) {
      expect(file.name).toBe(name);
      const made = of(file.bytes);
      expect(made.text('x00080016')).toBe(sopClass);
      for (const tag of ['x0020000d', 'x00100010', 'x00100020'] as const)
        expect(made.text(tag)).toBe(source.text(tag));
      // the image that was on screen when it was measured and marked
      expect(file.bytes.includes(third?.text('x00080018') ?? 'none')).toBe(true);
    }
    expect(readdirSync(input).map((name) => readFileSync(path.join(input, name)))).toEqual(before);
  });

  it('shows any two series side by side, by drag and by keyboard, each in its own window', async () => {
    await window.openFolder(other);
    await expect.poll(() => page.getByRole('treeitem', { name: /3 files/ }).count()).toBe(2);
    await window.rail('Viewer').click();
    const strip = page.getByRole('group', { name: 'Open series' });
    const pressed = () =>
      strip.getByRole('button').evaluateAll((all) => all.map((one) => one.getAttribute('aria-pressed')));
    await expect.poll(pressed).toEqual(['true', 'false']);
    await page.keyboard.press('Shift+2');
    await strip.getByRole('button', { pressed: false }).dragTo(page.locator('.picture').nth(1));
    await expect.poll(pressed).toEqual(['true', 'true']);
    const names = () =>
      page
        .locator('.picture')
        .evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')?.split(',')[0]));
    await expect.poll(names).toEqual(['First series', 'Second series']);
    // no result, so nothing is blended
    expect(await viewer().getByRole('slider', { name: 'Strength' }).count()).toBe(0);
    const widths = async () =>
      (await viewer().locator('.bottom-right').allInnerTexts()).map((text) =>
        Number(/W ([\d.]+)/.exec(text)?.[1]),
      );
    // the corners are told with the first drawing, which may come after the names
    await expect.poll(async () => (await widths()).filter(Number.isFinite).length).toBe(2);
    const [first, second] = await widths();
    expect(second / first).toBeGreaterThan(0.4);
    expect(second / first).toBeLessThan(0.6);
    await window.expectAccessible();
    await window.shoot('looking-two');
    await page.locator('.picture').first().focus();
    await strip.getByRole('button').nth(1).focus();
    await page.keyboard.press('Enter');
    await expect.poll(async () => new Set(await pressed()).size).toBe(2);
  });

  it('keeps arrangements of viewports by name, over a restart', async () => {
    await page.keyboard.press('Shift+3');
    const choice = page.getByLabel('Arrangement', { exact: true });
    await choice.selectOption({ label: 'Name this one …' });
    await window.dialog().getByLabel('Name').fill('My three');
    await window.expectAccessible();
    await window.dialog().getByRole('button', { name: 'Keep', exact: true }).click();
    await window.dialog().waitFor({ state: 'hidden' });
    await choice.selectOption({ label: 'Before and after' });
    await expect.poll(() => page.locator('.picture').count()).toBe(2);
    await window.restart();
    await window.openFolder(input);
    await look();
    await choice.selectOption({ label: 'My three' });
    await expect.poll(() => page.locator('.picture').count()).toBe(3);
    await choice.selectOption({ label: 'Remove “My three”' });
    await expect.poll(() => choice.locator('option').allInnerTexts()).not.toContain('My three');
  });

  it('fits screens from 1280 x 800 to 4K and at 150 %, and says what to do in one that is too small', async () => {
    const tight = page.getByText('This window is too small');
    const screen = await page.context().newCDPSession(page);
    for (const [width, height, deviceScaleFactor] of [
      [1280, 800, 1],
      [1920, 1080, 1],
      // 1920 x 1080 at 150 %, and 4K at 100 % and 200 %
      [1280, 720, 1.5],
      [3840, 2160, 1],
      [1920, 1080, 2],
    ] as const) {
      await screen.send('Emulation.setDeviceMetricsOverride', {
        width,
        height,
        deviceScaleFactor,
        mobile: false,
      });
      await expect
        .poll(() => page.evaluate('[innerWidth, devicePixelRatio].join()'))
        .toBe(`${width},${deviceScaleFactor}`);
      const outside = () =>
        page
          .locator('#screen-viewer')
          .evaluate(
            (all, [right, bottom]) =>
              [...all.querySelectorAll('button, select, input, canvas')]
                .map((one) => one.getBoundingClientRect())
                .filter((box) => box.width > 0 && (box.right > right + 1 || box.bottom > bottom + 1)).length,
            [width, height] as const,
          );
      await expect.poll(outside).toBe(0);
      const share = () => page.locator('.grid').evaluate((grid, whole) => grid.clientWidth / whole, width);
      await expect.poll(share).toBeGreaterThanOrEqual(0.7);
      expect(await tight.isVisible()).toBe(false);
    }
    await screen.send('Emulation.setDeviceMetricsOverride', {
      width: 640,
      height: 480,
      deviceScaleFactor: 1,
      mobile: false,
    });
    await tight.waitFor();
    await screen.send('Emulation.clearDeviceMetricsOverride');
    await expect.poll(() => tight.isVisible()).toBe(false);
  });

  it('puts magnitude and phase side by side, from either, by a name of a person too, and goes back to the result', async () => {
    const choice = page.getByLabel('Arrangement', { exact: true });
    const labels = () => choice.locator('option').allInnerTexts();
    const names = () =>
      page
        .locator('.picture')
        .evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')?.split(',')[0]));
    expect(await labels()).not.toContain('Magnitude and phase');
    await window.rail('Studies').click();
    await window.openFolder(complex);
    const halves = page.getByRole('treeitem', { name: /Complex/ });
    await expect.poll(() => halves.count()).toBe(2);
    // what was opened last is selected, though another series was
    await page.getByRole('treeitem', { name: /Complex/, selected: true }).waitFor();
    // the phase is opened: it stands second all the same
    await halves.nth(1).dblclick();
    await page.locator('.picture[data-slice] canvas').first().waitFor();
    await expect.poll(labels).toContain('Magnitude and phase');
    await choice.selectOption({ label: 'Magnitude and phase' });
    await expect.poll(names).toEqual(['Magnitude', 'Phase']);
    expect(await viewer().getByRole('slider', { name: 'Strength' }).count()).toBe(0);
    await expect.poll(() => page.locator('.picture[data-slice] canvas').count()).toBeGreaterThan(1);
    await window.shoot('looking-complex');
    await page.keyboard.press('Shift+3');
    await choice.selectOption({ label: 'Name this one …' });
    await window.dialog().getByLabel('Name').fill('Complex three');
    await window.dialog().getByRole('button', { name: 'Keep', exact: true }).click();
    await window.dialog().waitFor({ state: 'hidden' });

    await window.restart();
    await window.openFolder(complex);
    await expect.poll(() => halves.count()).toBe(2);
    await halves.nth(1).dblclick();
    await page.locator('.picture[data-slice] canvas').first().waitFor();
    await choice.selectOption({ label: 'Complex three' });
    await expect.poll(async () => (await names()).slice(0, 2)).toEqual(['Magnitude', 'Phase']);
    expect(await page.locator('.picture').count()).toBe(3);

    // what a person put beside a source gives way to its result, where this is asked for
    await window.rail('Studies').click();
    await window.openFolder(input);
    await window.openFolder(derived);
    await window.openFolder(other);
    await expect.poll(() => page.getByRole('treeitem', { name: /3 files/ }).count()).toBe(3);
    await page.getByRole('treeitem', { name: /Derived/ }).dblclick();
    await expect.poll(names).toEqual(['Before', 'After']);
    const strip = page.getByRole('group', { name: 'Open series' });
    await strip.getByRole('button', { pressed: false }).first().dragTo(page.locator('.picture').nth(1));
    await expect.poll(names).toEqual(['First series', 'Second series']);
    await choice.selectOption({ label: 'Before and after' });
    await expect.poll(names).toEqual(['Before', 'After']);
    await choice.selectOption({ label: 'Remove “Complex three”' });
    await expect.poll(labels).not.toContain('Complex three');
  });

  it('complained about nothing', () => {
    expect(window.complaints).toEqual([]);
  });
});
