import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import type { CDPSession, Locator } from '@playwright/test';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { brainSlices } from '../../jobs/fixtures.js';
import { type TestWindow, windowInFolder } from '../window.js';

/**
 * No words of the built window are cut, on any screen, in either language, from 1280 x 800 to 4K and 150 % of 1920 x 1080,
 * and axe finds nothing there: in German on dark, in English on light.
 * Names of data are as long as a person may write them: where one has no room, a title tells it.
 */

const LONG = 'Left hippocampus before and after contrast, second visit, repeated for motion';
const SIZES = [
  { width: 1280, height: 800, deviceScaleFactor: 1 },
  { width: 1920, height: 1080, deviceScaleFactor: 1 },
  // 1920 x 1080 at 150 %
  { width: 1280, height: 720, deviceScaleFactor: 1.5 },
  // 4K without scaling; with scaling by two it has the room of 1920 x 1080
  { width: 3840, height: 2160, deviceScaleFactor: 1 },
] as const;
const SCRIPT = readFileSync(path.join(import.meta.dirname, 'cut-texts.js'), 'utf8');

let window: TestWindow;
let device: CDPSession;
const { root, missing } = windowInFolder(
  'cut',
  async (folder) => {
    const scans = path.join(folder, LONG);
    await brainSlices(scans, [8, 9, 10]);
    writeFileSync(
      path.join(scans, 'cut.dcm'),
      readFileSync(path.join(scans, 'brain_008.dcm')).subarray(0, 60_000),
    );
    const sample = path.join(import.meta.dirname, '../../../assets/samples/Drawn head with noise.nii.gz');
    mkdirSync(path.join(folder, 'volumes'));
    copyFileSync(sample, path.join(folder, 'volumes', `${LONG}.nii.gz`));
  },
  (opened) => {
    window = opened;
  },
);
const page = () => window.page;
const screen = (name: string) => page().locator(`#screen-${name}`);
const panel = () => screen('viewer').locator('aside');
const tabs = async (of: Locator): Promise<Locator[]> => await of.getByRole('tab').all();
const focusImage = () => page().locator('.picture').first().focus();

/** Every text that is cut, of the screen as it is, at every size, and what axe finds at the smallest. */
const found: string[] = [];
async function look(name: string): Promise<void> {
  const language = String(await page().evaluate('document.documentElement.lang'));
  for (const size of SIZES) {
    await device.send('Emulation.setDeviceMetricsOverride', { ...size, mobile: false });
    await expect
      .poll(() => page().evaluate('[innerWidth, devicePixelRatio].join()'))
      .toBe(`${size.width},${size.deviceScaleFactor}`);
    // layout that follows the size is done after two frames
    await page().evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    const cut: unknown = await page().evaluate(`${SCRIPT}\ncutTexts(${JSON.stringify(LONG)})`);
    if (!Array.isArray(cut)) throw new Error('the script gives a list');
    const at = `${name}, ${language}, ${size.width} x ${size.height}`;
    found.push(...cut.map((one) => `${at}: ${String(one)}`));
    await window.shoot(`cut-${at.replace(/\W+/g, '-')}`);
    if (size === SIZES[0]) found.push(...(await window.axe()).map((one) => `${at}, axe: ${one}`));
  }
}

/** What was cut since the last call. */
const taken = () => found.splice(0);

async function speak(tag: string): Promise<void> {
  await page().keyboard.press('Alt+6');
  await page().locator('#tab-general').click();
  await page().locator('#settings-panel select').selectOption(tag);
  await expect.poll(() => page().evaluate('document.documentElement.lang')).toBe(tag);
  await page().emulateMedia({ colorScheme: tag === 'de' ? 'dark' : 'light' });
}

/** The dialog that a press opens, closed again. */
async function lookAtDialog(name: string, open: () => Promise<void>): Promise<void> {
  await open();
  await window.dialog().waitFor();
  await look(name);
  await page().keyboard.press('Escape');
  await window.dialog().waitFor({ state: 'hidden' });
}

/** Each of the choices of a list. */
async function lookAtOptions(list: Locator): Promise<void> {
  for (const option of await list.locator('option:enabled').all()) {
    await list.selectOption((await option.getAttribute('value')) ?? '');
    await look(`choosing ${await option.innerText()}`);
  }
}

describe.skipIf(missing)('no text is cut, and axe finds nothing', () => {
  beforeAll(async () => {
    device = await page().context().newCDPSession(page());
  });

  // What was not taken is of a test that failed otherwise.
  afterEach(() => {
    taken();
  });

  it('where nothing is open yet', async () => {
    for (const language of ['de', 'en']) {
      await speak(language);
      await page().keyboard.press('Alt+1');
      await look('start');
      await page().keyboard.press('Alt+2');
      await look('viewer, empty');
    }
    expect(taken()).toEqual([]);
  });

  it('in lists of studies, models, jobs, settings, forms and dialogs', async () => {
    await page().keyboard.press('Alt+1');
    for (const folder of [LONG, 'volumes']) await window.openFolder(path.join(root, folder));
    await expect.poll(() => page().getByRole('treeitem').count()).toBe(6);
    for (const language of ['de', 'en']) {
      await speak(language);
      for (const tab of await tabs(screen('settings'))) {
        await tab.click();
        await look(`settings, ${await tab.innerText()}`);
      }
      await page().locator('#tab-targets').click();
      await lookAtDialog('target', () => page().locator('#settings-panel > button').last().click());
      await page().keyboard.press('Alt+1');
      await screen('studies').getByRole('treeitem').nth(2).click();
      await look('studies');
      await lookAtDialog('open', () => page().keyboard.press('Control+o'));
      await page().keyboard.press('Alt+3');
      await screen('train').locator('form select').first().waitFor();
      await screen('train')
        .locator('details')
        .evaluateAll((all) => {
          for (const one of all) one.setAttribute('open', '');
        });
      await look('train');
      await page().keyboard.press('Alt+4');
      for (const tab of await tabs(screen('models'))) {
        await tab.click();
        await look(`models, ${await tab.innerText()}`);
      }
      await page().keyboard.press('Alt+5');
      for (const tab of await tabs(screen('batch'))) {
        await tab.click();
        await look(`batch, ${await tab.innerText()}`);
      }
      await page().keyboard.press('Alt+7');
      await look('node');
    }
    expect(taken()).toEqual([]);
  });

  it('in the forms of Batch', async () => {
    for (const language of ['de', 'en']) {
      await speak(language);
      await page().keyboard.press('Alt+5');
      const [, rules, watched] = await tabs(screen('batch'));
      await rules.click();
      await lookAtDialog('rule', () => screen('batch').getByRole('button', { name: /…$/ }).first().click());
      await watched.click();
      await lookAtDialog('watch', () => screen('batch').getByRole('button', { name: /…$/ }).click());
    }
    expect(taken()).toEqual([]);
  });

  it('in what is chosen to denoise by', async () => {
    await page().keyboard.press('Alt+1');
    await page().getByRole('treeitem').nth(2).dblclick();
    await page().locator('.picture canvas').first().waitFor();
    for (const language of ['de', 'en']) {
      await speak(language);
      await page().keyboard.press('Alt+2');
      const model = panel().locator('select[id$=-model]');
      await panel()
        .locator('details')
        .evaluate((one) => one.setAttribute('open', ''));
      await lookAtOptions(model);
      await model.selectOption('self');
      await lookAtOptions(panel().locator('select[id$=-objective]'));
      await lookAtOptions(panel().locator('select[id$=-device]'));
      await lookAtOptions(panel().locator('select[id$=-what]'));
      await panel().getByRole('radio').nth(1).check();
      await look('clean');
      await panel().getByRole('radio').nth(0).check();
    }
    expect(taken()).toEqual([]);
  });

  it('beside a result, on images, measurements and planes', async () => {
    await panel().locator('select[id$=-what]').selectOption('none');
    await panel().locator('select[id$=-model]').selectOption('dct');
    await panel().getByLabel('Write an error map').check();
    await panel().locator('#denoise-start').click();
    await page().locator('.picture[data-kind="after"] canvas').first().waitFor();
    for (const language of ['de', 'en']) {
      await speak(language);
      await page().keyboard.press('Alt+2');
      for (const keys of [['Shift+2'], ['Shift+4'], ['Shift+2', 'r', 'Enter'], ['Shift+P']]) {
        await focusImage();
        for (const key of keys) await page().keyboard.press(key);
        await look(`viewer, ${keys.join(' ')}`);
      }
      await focusImage();
      await page().keyboard.press('Shift+P');
      await focusImage();
      await page().keyboard.press('Shift+F10');
      await page().getByRole('menu').waitFor();
      await look('menu');
      await page().keyboard.press('Escape');
      await focusImage();
      await lookAtDialog('elements', () => page().keyboard.press('d'));
      for (const screenKey of ['1', '5']) {
        await page().keyboard.press(`Alt+${screenKey}`);
        await look(`screen ${screenKey} with a result`);
      }
    }
    expect(taken()).toEqual([]);
  });

  it('in what became of artifacts, with where most was changed', async () => {
    await page().keyboard.press('Alt+2');
    await panel().getByRole('radio', { name: 'Clean' }).check();
    await panel().locator('select[id$=-what]').selectOption('named');
    await panel().getByLabel('Gibbs ringing').check();
    await panel().locator('#denoise-start').click();
    // what is on screen stays, until another result is chosen
    await panel()
      .getByRole('button', { name: /Artifacts only/ })
      .click();
    await panel().getByRole('heading', { name: 'Artifacts that were looked for' }).waitFor();
    for (const language of ['de', 'en']) {
      await speak(language);
      await page().keyboard.press('Alt+2');
      const places = panel()
        .locator('section details')
        .filter({ has: page().locator('ol') });
      await places.evaluate((one) => one.setAttribute('open', ''));
      await look('artifacts');
    }
    expect(taken()).toEqual([]);
  });

  it('complained about nothing', () => {
    expect(window.complaints).toEqual([]);
  });
});
