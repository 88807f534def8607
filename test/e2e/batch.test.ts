import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import * as path from 'node:path';
import type { Page } from '@playwright/test';
import { describe, expect, it } from 'vitest';
import { drawSeries } from '../node/support.js';
import { type TestWindow, windowInFolder } from './window.js';

/** Batch: rules over what is open, and folders that are watched. */

let window: TestWindow;
let page: Page;
const { root, missing } = windowInFolder(
  'batch',
  (folder) => {
    const to = path.join(folder, 'scans');
    put(to, 1, 'T2 head');
    put(to, 2, 'Localizer', 2);
    put(to, 3, 'FLAIR');
  },
  (opened) => {
    window = opened;
    page = opened.page;
  },
);
const scans = path.join(root, 'scans');

/** A drawn series in a folder. */
function put(folder: string, seed: number, description: string, slices = 5): string[] {
  mkdirSync(folder, { recursive: true });
  return drawSeries({ seed, description, slices }).files.map((file) => {
    const to = path.join(folder, path.basename(file));
    copyFileSync(file, to);
    return to;
  });
}

const screen = () => page.locator('#screen-batch');
const tab = (name: string) => screen().getByRole('tab', { name });
const rules = () => screen().getByRole('list', { name: 'Rules, in order' }).getByRole('listitem');
const row = (series: string) => screen().getByRole('row', { name: new RegExp(series) });
const names = () => rules().locator('strong').allInnerTexts();

/** What is left of settings on the disk. */
function savedRules(): { readonly name: string }[] {
  return JSON.parse(readFileSync(path.join(root, 'home/settings.json'), 'utf8')).rules;
}

describe.skipIf(missing)('rules in Batch', () => {
  it('are added by the keyboard alone, with a condition that is told wrong at once', async () => {
    await page.keyboard.press('Alt+5');
    await tab('Queue').focus();
    await page.keyboard.press('ArrowRight');
    await screen().getByText('No series is open').waitFor();
    await window.expectAccessible();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.type('Schädel');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.type('SeriesDescription~');
    await window
      .dialog()
      .getByText(/expected a value after/)
      .waitFor();
    const keep = window.dialog().getByRole('button', { name: 'Keep rule' });
    expect(await keep.isDisabled()).toBe(true);
    await window.expectAccessible();
    await page.keyboard.type('t2');
    await window.dialog().getByText('fits 0 open series').waitFor();
    await window.dialog().getByLabel('Model', { exact: true }).focus();
    await page.keyboard.type('DCT');
    await window.shoot('rule-form');
    await keep.focus();
    await page.keyboard.press('Enter');
    await expect.poll(names).toEqual(['Schädel']);
    await rules().getByText('Denoise · DCT · Strength 100%').waitFor();
    await expect
      .poll(savedRules)
      .toMatchObject([{ name: 'Schädel', where: 'SeriesDescription~t2', do: 'denoise', model: 'dct' }]);
  });

  it('get tests by choice, and leave series alone', async () => {
    await screen().getByRole('button', { name: 'Add rule…' }).click();
    const form = window.dialog();
    await form.getByLabel('Name').fill('small');
    await form.getByLabel('Attribute').fill('files');
    await form.getByLabel('Comparison').selectOption('<');
    await form.getByLabel('Value', { exact: true }).fill('3');
    await form.getByRole('button', { name: 'Add', exact: true }).click();
    expect(await form.getByLabel('Condition', { exact: true }).inputValue()).toBe('files<3');
    await form.getByLabel('Leave them alone').check();
    await form.getByRole('button', { name: 'Keep rule' }).click();
    await expect.poll(names).toEqual(['Schädel', 'small']);
  });

  it('show which open series fits which before anything is queued', async () => {
    await screen().getByRole('button', { name: 'Open folder…' }).click();
    await window.walkTo(scans);
    await window.dialog().getByRole('button', { name: 'Choose this folder' }).click();
    await row('T2 head').getByText('Schädel').waitFor();
    await row('T2 head').getByText('Denoise · DCT').waitFor();
    await row('Localizer').getByText('Leave alone').waitFor();
    await row('FLAIR').getByText('No rule fits: left alone').waitFor();
    await screen().getByRole('button', { name: 'Queue 1 series' }).waitFor();
    await rules().first().getByText('fits 1 open series').waitFor();
    await window.expectAccessible();
    await window.shoot('rules');
    await page.setViewportSize({ width: 1920, height: 1080 });
    await window.shoot('rules-1920');
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  it('decide in their order, which is changed by the keyboard and kept over restarts', async () => {
    await screen().getByRole('button', { name: 'Add rule…' }).click();
    const form = window.dialog();
    await form.getByLabel('Name').fill('all');
    await form.getByLabel('Every series').check();
    await form.getByText('fits 3 open series').waitFor();
    await form.getByLabel('Clean', { exact: true }).check();
    await form.getByRole('button', { name: 'Keep rule' }).click();
    await row('FLAIR').getByText('Clean · Artifacts: Look for all').waitFor();
    await row('T2 head').getByText('Schädel').waitFor();
    await screen().getByRole('button', { name: 'Move all up' }).focus();
    await page.keyboard.press('Alt+ArrowUp');
    await page.keyboard.press('Alt+ArrowUp');
    await expect.poll(names).toEqual(['all', 'Schädel', 'small']);
    await screen().getByRole('button', { name: 'Queue 3 series' }).waitFor();
    await expect.poll(() => savedRules().map(({ name }) => name)).toEqual(['all', 'Schädel', 'small']);
    await window.restart();
    await page.keyboard.press('Alt+5');
    await tab('Rules').click();
    await expect.poll(names).toEqual(['all', 'Schädel', 'small']);
    await screen().getByRole('button', { name: 'Remove rule all' }).click();
    await expect.poll(names).toEqual(['Schädel', 'small']);
    await expect.poll(() => page.locator(':focus').getAttribute('aria-label')).toBe('Edit… Schädel');
  });

  it('are told at once where their model is gone, and queue nothing then', async () => {
    await screen().getByRole('button', { name: 'Open folder…' }).click();
    await window.walkTo(scans);
    await window.dialog().getByRole('button', { name: 'Choose this folder' }).click();
    await screen().getByRole('button', { name: 'Queue 1 series' }).waitFor();
    const model = path.join(root, 'gone.onnx');
    writeFileSync(model, 'a model, or so it was');
    await screen().getByRole('button', { name: 'Edit… Schädel' }).click();
    await window.dialog().getByLabel('Model', { exact: true }).selectOption('A model file');
    await window.dialog().getByRole('button', { name: 'Choose…' }).click();
    await window.pick(root, 'gone.onnx');
    await window.dialog().getByRole('button', { name: 'Keep rule' }).click();
    await rules().getByText('Denoise · gone.onnx').waitFor();
    rmSync(model);
    await tab('Queue').click();
    await tab('Rules').click();
    await rules().getByText('E_NOT_FOUND').waitFor();
    await screen().getByText('Mend the rules that are marked first.').waitFor();
    expect(await screen().getByRole('button', { name: 'Queue 1 series' }).isDisabled()).toBe(true);
    await window.expectAccessible();
    await window.shoot('rules-gone');
    await screen().getByRole('button', { name: 'Edit… Schädel' }).click();
    await window.dialog().getByLabel('Model', { exact: true }).selectOption('DCT');
    await window.dialog().getByRole('button', { name: 'Keep rule' }).click();
    await rules().getByText('E_NOT_FOUND').waitFor({ state: 'hidden' });
  });

  it('become one job for each that decides over something', async () => {
    await screen().getByRole('button', { name: 'Queue 1 series' }).click();
    await screen().getByRole('tab', { name: 'Queue', selected: true }).waitFor();
    const done = screen().getByRole('region', { name: 'Finished' });
    await done.getByText(/DCT/).waitFor({ timeout: 300_000 });
    const out = path.join(root, 'scans-denoised-Schädel');
    await expect.poll(() => existsSync(path.join(out, 'report.json'))).toBe(true);
    const report: unknown = JSON.parse(readFileSync(path.join(out, 'report.json'), 'utf8'));
    expect(report).toMatchObject({ series: [{ status: 'done' }] });
    expect(readdirSync(root).filter((name) => name.startsWith('scans-'))).toEqual(['scans-denoised-Schädel']);
  });
});

describe.skipIf(missing)('a watched folder in Batch', () => {
  const incoming = path.join(root, 'incoming');
  const results = path.join(root, 'results');
  const region = (name: string) => screen().getByRole('region', { name, exact: true });
  const button = (name: string | RegExp) => screen().getByRole('button', { name });
  const counted = (state: string) =>
    screen().getByLabel('Series by state').locator('div', { hasText: state }).locator('dd').innerText();
  const dicomIn = (folder: string) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.dcm'));

  async function choose(which: string, folder: string): Promise<void> {
    await window.dialog().getByRole('button', { name: which }).click();
    await window.walkTo(folder);
    await window.dialog().getByRole('button', { name: 'Choose this folder' }).click();
    await expect.poll(() => window.dialog().count()).toBe(1);
  }

  it('is chosen with another folder, which must not lie in it', async () => {
    mkdirSync(path.join(incoming, 'deep'), { recursive: true });
    mkdirSync(results);
    await tab('Queue').focus();
    await page.keyboard.press('ArrowLeft');
    await screen().getByText('No folder is watched').waitFor();
    await window.expectAccessible();
    await button('Watch a folder…').click();
    const start = window.dialog().getByRole('button', { name: 'Watch it' });
    expect(await start.isDisabled()).toBe(true);
    await choose('Watched folder', incoming);
    await choose('Results go into', path.join(incoming, 'deep'));
    await window.dialog().getByLabel('A series is complete after quiet of').fill('1');
    await window.dialog().getByLabel('A result that warns').selectOption('is held');
    await start.click();
    await window
      .dialog()
      .getByText(/What is written would be taken in again/)
      .waitFor();
    await window.expectAccessible();
    await choose('Results go into', results);
    await window.shoot('watch-form');
    await start.click();
    await screen().getByText('It is watched.').waitFor();
    await screen().getByText('No series came yet.').waitFor();
    await window.expectAccessible();
  });

  it('has what comes in done by its rules, and holds what the trust gate does not let through', async () => {
    put(incoming, 11, 'T2 head');
    put(incoming, 12, 'Localizer', 2);
    await region('Held by the trust gate')
      .getByText(/Its trust report warns/)
      .waitFor({ timeout: 300_000 });
    await region('Left alone').getByText('A rule says to skip it.').waitFor();
    expect([await counted('Seen'), await counted('Done')]).toEqual(['2', '0']);
    expect(dicomIn(results)).toEqual([]);
    await window.expectAccessible();
    await window.shoot('watch');
    await page.setViewportSize({ width: 1920, height: 1080 });
    await window.shoot('watch-1920');
    await page.setViewportSize({ width: 1280, height: 800 });
    await button(/^Release/).focus();
    await page.keyboard.press('Enter');
    await region('Done').waitFor();
    await expect.poll(() => dicomIn(results).length).toBe(5);
    expect(readdirSync(incoming).filter((name) => name.endsWith('.dcm'))).toHaveLength(7);
    await tab('Queue').click();
    await screen().getByText('incoming', { exact: true }).waitFor();
    await tab('Watched folders').click();
  });

  it('waits for an image that is half written, over a restart too, and queues its series once', async () => {
    const [first = ''] = put(incoming, 13, 'T2 late');
    const whole = readFileSync(first);
    writeFileSync(first, whole.subarray(0, whole.length / 2));
    await screen()
      .getByText(/^1 file in it still changes/)
      .waitFor();
    await region('Coming in').waitFor();
    await window.shoot('watch-half');
    await window.restart();
    await page.keyboard.press('Alt+5');
    await tab('Watched folders').click();
    await screen()
      .getByText(/^1 file in it still changes/)
      .waitFor();
    expect(await counted('Coming in')).toBe('1');
    writeFileSync(first, whole);
    await region('Held by the trust gate').getByText('5 files').waitFor({ timeout: 300_000 });
    expect([await counted('Seen'), await counted('Done'), await counted('Held')]).toEqual(['3', '1', '1']);
    await tab('Queue').click();
    await expect.poll(() => screen().getByText('incoming', { exact: true }).count()).toBe(2);
    await tab('Watched folders').click();
  });

  it('may go and come back, is paused and goes on', async () => {
    renameSync(incoming, `${incoming}-away`);
    await screen().getByText('The folder is not there.').waitFor();
    await window.expectAccessible();
    renameSync(`${incoming}-away`, incoming);
    await screen().getByText('It is watched.').waitFor();
    await button('Pause: incoming').click();
    await screen().getByText('Paused.').waitFor();
    expect(await button(/^Release/).isDisabled()).toBe(true);
    await button('Go on: incoming').click();
    await screen().getByText('It is watched.').waitFor();
    await expect.poll(() => button(/^Release/).isDisabled()).toBe(false);
  });

  it('names nothing where patients are hidden, and speaks German', async () => {
    await page.keyboard.press('Alt+6');
    await page.getByRole('tab', { name: 'Privacy' }).click();
    await page.getByLabel('Hide patients on screen').check();
    await page.getByRole('tab', { name: 'Appearance' }).click();
    await page.getByLabel('Language').selectOption('de');
    await page.keyboard.press('Alt+5');
    await screen().getByText('Er wird beobachtet.').waitFor();
    await region('Zurückgehalten').waitFor();
    const shown = (await screen().innerHTML()).toLowerCase();
    for (const secret of [/telling/, /incoming/, /results/]) expect(shown).not.toMatch(secret);
    await window.expectAccessible();
    await window.shoot('watch-de');
    await tab('Regeln').click();
    await screen().getByText('Entrauschen · DCT · Stärke 100 %').waitFor();
    await window.expectAccessible();
    await window.shoot('rules-de');
    await screen().getByRole('button', { name: 'Bearbeiten … Schädel' }).click();
    await window.expectAccessible();
    await window.shoot('rule-form-de');
    await page.keyboard.press('Escape');
  });

  it('is forgotten after a person has said so, and both folders stay', async () => {
    await tab('Beobachtete Ordner').click();
    await button(/^Entfernen …/).click();
    await window.dialog().getByText('1 Serie ist zurückgehalten').waitFor();
    await window.expectAccessible();
    await window.dialog().getByRole('button', { name: 'Nicht mehr beobachten' }).click();
    await screen().getByText('Kein Ordner wird beobachtet').waitFor();
    expect(readdirSync(path.join(root, 'home/watched'))).toEqual([]);
    expect([dicomIn(incoming).length, dicomIn(results).length]).toEqual([12, 5]);
    expect(window.complaints).toEqual([]);
  });
});
