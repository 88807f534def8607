import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import type { Page } from '@playwright/test';
import { afterAll, describe, expect, it } from 'vitest';
import { brainSlices } from '../jobs/fixtures.js';
import { type Server, startStorescp } from '../support/servers.js';
import { hasTool } from '../support/tools.js';
import { type TestWindow, whatIsMissing, windowInFolder } from './window.js';

/** The main job by the keyboard alone, from the folder to the archive: nothing here clicks, focuses or fills. */

const noArchive = hasTool('storescp') ? false : 'skipped: storescp is missing; install dcmtk';
if (noArchive) console.warn(noArchive);

let window: TestWindow;
let page: Page;
let archive: Server | null = null;
const { root } = windowInFolder(
  'keyboard',
  async (folder) => {
    if (noArchive) return;
    const [scans, store, home] = ['scans', 'store', 'home'].map((name) => path.join(folder, name));
    for (const one of [store, home]) mkdirSync(one);
    await brainSlices(scans, [8, 9, 10]);
    archive = await startStorescp(store);
    const target = { kind: 'dicom', name: 'Archive', calling: 'LIMPID', title: 'ARCHIVE', host: '127.0.0.1' };
    const targets = [{ id: '0123456789ab', ...target, port: archive.port, tls: null }];
    writeFileSync(path.join(home, 'targets.json'), JSON.stringify({ targets }));
  },
  (opened) => {
    window = opened;
    page = opened.page;
  },
);
afterAll(async () => {
  await archive?.close();
});

/** What a person hears or sees of the element that has the focus. */
const FOCUSED = `(() => {
  const at = document.activeElement;
  if (at === null || at === document.body) return '';
  const labels = [...(at.labels ?? [])].map((one) => one.textContent);
  const text = at.getAttribute('aria-label') ?? (labels.length > 0 ? labels.join(' ') : at.textContent);
  return text.replace(/\\s+/g, ' ').trim();
})()`;
const MOST_STEPS = 80;

/** Tab, or Shift+Tab, until what has the focus is called so. */
async function tabTo(name: RegExp, key = 'Tab'): Promise<void> {
  const passed: string[] = [];
  for (let i = 0; i < MOST_STEPS; i++) {
    await page.keyboard.press(key);
    const text = String(await page.evaluate(FOCUSED));
    if (name.test(text)) return;
    passed.push(text.slice(0, 30));
  }
  throw new Error(`no ${String(name)} by ${key}: ${passed.join(' | ')}`);
}

async function pressOn(name: RegExp): Promise<void> {
  await tabTo(name);
  await page.keyboard.press('Enter');
}

/** Chooses a folder in the picker, from the root of the file system. */
async function walkTo(folder: string): Promise<void> {
  await pressOn(/^\/$/);
  let at = '/';
  for (const name of folder.split('/').filter(Boolean)) {
    await page.locator(`dialog .path[title="${at}"]`).waitFor();
    await tabTo(/^Filter/);
    await page.keyboard.type(name);
    await pressOn(new RegExp(`^${name}$`));
    at = path.posix.join(at, name);
  }
  await page.locator(`dialog .path[title="${at}"]`).waitFor();
}

const result = () => page.getByRole('region', { name: 'Result', exact: true });

describe.skipIf(whatIsMissing() || noArchive)('the main job by keys alone', () => {
  it('opens a folder, and the series in it', async () => {
    await page.evaluate(`
      globalThis.pressed = 0;
      addEventListener('pointerdown', () => globalThis.pressed++, true)`);
    await page.keyboard.press('Control+o');
    await window.dialog().waitFor();
    await walkTo(path.join(root, 'scans'));
    await pressOn(/^Choose this folder$/);
    await page.getByRole('treeitem', { name: /3 files/ }).waitFor();
    await tabTo(/^Series$/);
    await page.keyboard.press('Home');
    await page.keyboard.press('Enter');
    await page.locator('.picture[data-slice] canvas').first().waitFor();
  });

  it('chooses a model and denoises', async () => {
    await page.keyboard.press('Control+d');
    await expect.poll(() => page.evaluate('document.activeElement?.id')).toBe('denoise-start');
    await tabTo(/^Model/, 'Shift+Tab');
    await page.keyboard.type('DCT');
    await page.keyboard.press('Control+d');
    await expect.poll(() => page.evaluate('document.activeElement?.id')).toBe('denoise-start');
    await page.keyboard.press('Enter');
    await result().waitFor();
    await page.locator('.picture[data-kind="after"][data-slice]').waitFor();
    expect(await page.getByRole('region', { name: 'Results' }).innerText()).toContain('DCT');
  });

  it('goes to the places to look at, which are marked in every viewport', async () => {
    const slices = () =>
      page.locator('.picture').evaluateAll((all) => all.map((one) => one.getAttribute('data-slice')));
    await tabTo(/^Line, brighter than before/);
    const slice = Number(/Slice (\d+) · /.exec(String(await page.evaluate(FOCUSED)))?.[1]);
    await page.keyboard.press('Enter');
    await expect.poll(slices).toEqual([String(slice - 1), String(slice - 1)]);
    await expect.poll(() => page.locator('.picture path.selected').count()).toBe(2);
    expect(await page.evaluate('document.activeElement.getAttribute("aria-pressed")')).toBe('true');
    await window.shoot('keyboard-place');
    // back again from where a person has scrolled to
    await page.keyboard.press('PageDown');
    await page.keyboard.press('Home');
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await expect.poll(slices).toEqual([String(slice - 1), String(slice - 1)]);
  });

  it('accepts the result and sends it', async () => {
    await pressOn(/^Accept$/);
    await result().getByText('Accepted', { exact: false }).first().waitFor();
    await pressOn(/^Send…$/);
    // three slices, and the error map of them in one file
    await window.dialog().getByText('4 images go', { exact: false }).waitFor();
    await pressOn(/^Send$/);
    await result().getByText('Archive has all 4 images').waitFor();
    expect(readdirSync(path.join(root, 'store'))).toHaveLength(4);
    expect(await page.evaluate('globalThis.pressed')).toBe(0);
    expect(window.complaints).toEqual([]);
  });
});
