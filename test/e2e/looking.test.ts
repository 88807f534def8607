import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Page } from '@playwright/test';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brainSlices, derive } from '../jobs/fixtures.js';
import { openTestWindow, type TestWindow, whatIsMissing } from './window.js';

/** Looking as one looks, in the built window over `limpid serve`: what files say, and what stays after a restart. */

const missing = whatIsMissing();
if (missing) console.warn(missing);

const root = mkdtempSync(path.join(os.tmpdir(), 'limpid-looking-'));
const [input, derived] = [path.join(root, 'scans'), path.join(root, 'derived')];
let window: TestWindow;
let page: Page;

beforeAll(async () => {
  if (missing) return;
  await brainSlices(input, [8, 9, 10]);
  const files = readdirSync(input).map((name) => readFileSync(path.join(input, name)));
  mkdirSync(derived);
  const result = await derive(files, 1, false);
  for (const [i, file] of result.images.entries()) writeFileSync(path.join(derived, `${i}.dcm`), file);
  window = await openTestWindow(root);
  page = window.page;
});

afterAll(async () => {
  await window?.close();
  rmSync(root, { recursive: true, force: true });
});

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
    const person = () => viewer().locator('.person').allInnerTexts();
    expect((await person()).length).toBeGreaterThan(0);
    await window.shoot('looking-corners');
    const width = await page.locator('.grid').evaluate((grid) => grid.clientWidth);
    expect(width / 1280).toBeGreaterThanOrEqual(0.7);
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
    const file = path.join(root, 'home', 'views.json');
    const written = () => {
      try {
        return readFileSync(file, 'utf8');
      } catch {
        // nothing is written yet
        return '';
      }
    };
    await expect.poll(written).toContain('ellipse');
    await window.restart();
    await window.openFolder(input);
    await look();
    await expect.poll(where).toMatch(/^3\/3/);
    await expect.poll(() => viewer().locator('.viewport svg text').first().textContent()).toBe('1');
    const uid = /1\.2\.840\.113619[\d.]+/;
    expect(written()).not.toMatch(uid);
  });

  it('complained about nothing', () => {
    expect(window.complaints).toEqual([]);
  });
});
