import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Page } from '@playwright/test';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawnSeries } from '../support/drawn-series.js';
import { openTestWindow, type TestWindow, whatIsMissing } from './window.js';

/** What the window chooses, refuses, queues and tells when something goes wrong. */

const missing = whatIsMissing();
if (missing) console.warn(missing);

const root = mkdtempSync(path.join(os.tmpdir(), 'limpid-steady-'));
let window: TestWindow;
let page: Page;

function write(name: string, slices: number): string {
  const folder = path.join(root, name);
  mkdirSync(folder, { recursive: true });
  for (const [k, bytes] of drawnSeries(slices, 64, 1).entries())
    writeFileSync(path.join(folder, `${k}.dcm`), bytes);
  return folder;
}

beforeAll(async () => {
  if (missing) return;
  window = await openTestWindow(root);
  page = window.page;
});

afterAll(async () => {
  window?.freeze(false);
  await window?.close();
  rmSync(root, { recursive: true, force: true });
});

const panel = () => page.getByRole('complementary', { name: 'Denoise' });
const model = () => panel().getByLabel('Model', { exact: true });
const start = () => panel().getByRole('button', { name: 'Denoise', exact: true });

async function view(name: RegExp): Promise<void> {
  await window.rail('Studies').click();
  await page.getByRole('treeitem', { name }).first().dblclick();
  await panel().waitFor();
}

describe.skipIf(missing)('the window while things change', () => {
  it('suggests what is worth doing with a series, and says what nobody measured yet', async () => {
    await window.openFolder(write('five', 5));
    const suggestion = page
      .getByRole('complementary', { name: 'Details of the series' })
      .getByRole('region', { name: 'Suggestion' });
    await suggestion.getByText(/^MR, 5 slices · Noise \d/).waitFor();
    await suggestion.getByText(/^The noise hides faint structure/).waitFor();
    await suggestion.getByText('known after the first such run').waitFor();
    await window.expectAccessible();
    await window.shoot('steady-suggestion');
  });

  it('keeps what is chosen for a series with that series', async () => {
    await page.getByRole('treeitem', { name: /5 files/ }).waitFor();
    await window.openFolder(write('six', 6));
    await page.getByRole('treeitem', { name: /6 files/ }).waitFor();
    await view(/5 files/);
    await model().selectOption('dct');
    await panel().getByText('Advanced', { exact: true }).click();
    await panel().getByLabel('Noise level').fill('40');
    await panel().getByLabel('Noise level').press('Enter');
    await view(/6 files/);
    expect(await model().inputValue()).toBe('auto');
    await panel().getByText('Advanced', { exact: true }).click();
    expect(await panel().getByLabel('Noise level').inputValue()).toBe('');
    await view(/5 files/);
    expect(await model().inputValue()).toBe('dct');
    await window.expectAccessible();
  });

  it('takes a noise level that a person gives instead of an estimate', async () => {
    await start().click();
    await panel().getByRole('region', { name: 'Result', exact: true }).waitFor();
    const report = JSON.parse(readFileSync(path.join(root, 'five-denoised', 'report.json'), 'utf8'));
    expect(report.series[0].noise).toMatchObject({ sigma: 40, methods: { told: 40 } });
    // The time of the next such run is known from then on.
    await panel()
      .getByRole('region', { name: 'Suggestion' })
      .getByText(/^Takes about \d+ (s|min)/)
      .waitFor();
  });

  it('takes and shows numbers as the language writes them', async () => {
    const speak = async (settings: string, tab: string, label: string, language: string) => {
      await window.rail(settings).click();
      await page.getByRole('tab', { name: tab }).click();
      await page.getByLabel(label).selectOption(language);
    };
    await speak('Settings', 'Appearance', 'Language', 'de');
    await window.rail('Betrachter').click();
    const form = page.getByRole('complementary', { name: 'Entrauschen' });
    await form.getByText('Erweitert', { exact: true }).click();
    const level = form.getByLabel('Rauschpegel');
    const typed = async (field: typeof level, text: string) => {
      await field.fill(text);
      await field.press('Enter');
      await expect.poll(() => field.inputValue()).not.toBe(text);
      return field.inputValue();
    };
    await level.fill('37,5');
    await level.press('Enter');
    expect(await level.inputValue()).toBe('37,5');
    // A point is taken, too, and shown as a comma; what is no level is not left standing.
    expect(await typed(level, '12.5')).toBe('12,5');
    expect(await typed(level, '-3')).toBe('');
    expect(await typed(level, 'viel')).toBe('');
    await window.expectAccessible();
    await window.shoot('steady-numbers');
    await speak('Einstellungen', 'Darstellung', 'Sprache', 'en');
  });

  it('refuses a run whose source is gone before it is queued, and tells that beside the images, not over them', async () => {
    await view(/6 files/);
    // Results of another part of the same series are none of this one.
    expect(await panel().getByRole('region', { name: 'Results' }).count()).toBe(0);
    renameSync(path.join(root, 'six'), path.join(root, 'gone'));
    await start().click();
    const failures = page.getByRole('region', { name: 'What failed' });
    await failures.getByText('E_NOT_FOUND').waitFor();
    expect(await panel().getByRole('button', { name: 'Cancel this run' }).count()).toBe(0);
    const [told, main] = await Promise.all([failures.boundingBox(), page.locator('main').boundingBox()]);
    if (told === null || main === null) throw new Error('Nothing is on screen.');
    expect(main.y + main.height).toBeLessThanOrEqual(told.y + 1);
    await window.expectAccessible();
    await window.shoot('steady-failure');
    await failures.getByRole('button', { name: 'Close' }).click();
    await expect.poll(() => failures.count()).toBe(0);
    renameSync(path.join(root, 'gone'), path.join(root, 'six'));
    // A refused call is complained about by the browser, and rightly.
    window.complaints.length = 0;
  });

  it('tells in Batch the verdict of what is done and how long the next will take, and exports a table', async () => {
    await window.rail('Batch').click();
    const ended = page.locator('section[aria-labelledby="batch-ended"]');
    await ended.getByText(/^Done, (Pass|Look closely|Fail) · DCT/).waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('The queue is paused').waitFor();
    await view(/6 files/);
    await model().selectOption('dct');
    await start().click();
    await window.rail('Batch').click();
    await page
      .locator('section[aria-labelledby="batch-waiting"]')
      .getByText(/^about \d+ (s|min)/)
      .waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export table' }).click(),
    ]);
    const lines = readFileSync(await download.path(), 'utf8')
      .trim()
      .split('\r\n');
    expect(lines[0]).toBe(
      'job,input,kind,state,created,series,status,verdict,share_written,accepted,problem',
    );
    expect(lines).toHaveLength(3);
    expect(lines[2]).toMatch(/,five,denoise,done,.*,done,(pass|warn|fail),/);
    await window.expectAccessible();
    await window.shoot('steady-batch');
  });

  it('says that the app does not answer while it does not, and comes back by itself', async () => {
    const lost = page.getByText('The app does not answer.');
    window.freeze(true);
    await lost.waitFor();
    await window.shoot('steady-lost');
    window.freeze(false);
    await lost.waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('heading', { name: /^Waiting/ }).waitFor({ state: 'hidden' });
  });

  it('takes away what told of a run that is done', async () => {
    const told = page.getByRole('region', { name: 'Messages' }).getByText('Denoising finished.');
    await told.waitFor();
    await told.waitFor({ state: 'hidden' });
  });

  it('complained about nothing', () => {
    expect(window.complaints).toEqual([]);
  });
});
