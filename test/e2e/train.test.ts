import { mkdtempSync, rmSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Page } from '@playwright/test';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readModelWeights } from '../../src-main/model-files/model-file.js';
import { brainSlices } from '../jobs/fixtures.js';
import { openTestWindow, type TestWindow, whatIsMissing } from './window.js';

/** The Train screen of the built window over `limpid serve`, in a real browser, by keys alone. */

const missing = whatIsMissing();
if (missing) console.warn(missing);
/** A step takes a tenth of a second, and far more on a machine that is busy. */
const LONG = { timeout: 120_000 };

const root = mkdtempSync(path.join(os.tmpdir(), 'limpid-train-'));
const scans = path.join(root, 'scans');
let window: TestWindow;
let page: Page;

beforeAll(async () => {
  if (missing) return;
  await brainSlices(scans, [6, 7, 8, 9, 10, 11, 12, 13]);
  window = await openTestWindow(root);
  page = window.page;
});

afterAll(async () => {
  await window?.close();
  rmSync(root, { recursive: true, force: true, maxRetries: 20 });
});

const screen = () => page.locator('#screen-train');
const button = (name: string | RegExp) => screen().getByRole('button', { name });
const submit = () => screen().getByRole('button', { name: 'Train', exact: true });

/** Puts the focus on a control and presses a key, as somebody without a mouse does. */
async function press(target: ReturnType<typeof button>, key: string): Promise<void> {
  await target.focus();
  await page.keyboard.press(key);
}

/** Types into a field, in place of what is in it. */
async function type(label: string, text: string): Promise<void> {
  await screen().getByLabel(label, { exact: true }).focus();
  await page.keyboard.press('Control+a');
  await page.keyboard.type(text);
  await page.keyboard.press('Tab');
}

/** Steps done, from the line above the meter. */
async function step(): Promise<number> {
  const text = await screen().innerText();
  return Number(/step ([\d,]+) of/.exec(text)?.[1].replaceAll(',', '') ?? 0);
}

/** How many different values a picture is drawn with: one where it is blank. */
async function colours(index: number): Promise<number> {
  return Number(
    await page.evaluate(
      `(() => { const canvas = document.querySelectorAll('#screen-train canvas')[${index}]; return new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data).size; })()`,
    ),
  );
}

describe.skipIf(missing)('training in the window', () => {
  it('says what is missing, and takes a folder', async () => {
    await page.keyboard.press('Alt+3');
    await page.getByRole('heading', { name: 'Train', exact: true }).waitFor();
    await screen().getByText('Choose at least one series.').waitFor();
    await window.expectAccessible();
    await press(button('Add folder…'), 'Enter');
    await press(window.dialog().getByRole('button', { name: '/', exact: true }), 'Enter');
    for (const name of scans.split('/').filter(Boolean))
      await press(window.dialog().getByRole('button', { name, exact: true }), 'Enter');
    await window.dialog().getByText(scans, { exact: true }).waitFor();
    await press(window.dialog().getByRole('button', { name: 'Choose this folder' }), 'Enter');
    await screen().getByText('1 series chosen').waitFor();
    await screen().getByText('2,000 steps of 8 patches, 64 × 64 pixels.').waitFor();
    await screen().getByText('5 planes train, 1 judges: neighbouring slices').waitFor();
  });

  it('says beforehand what does not go together, as the command line does', async () => {
    const bce = screen().getByLabel('Binary cross-entropy', { exact: true });
    await press(bce, 'Space');
    await screen().getByText('These losses cannot be added').waitFor();
    await screen().getByText('E_USAGE').waitFor();
    expect(await submit().isDisabled()).toBe(true);
    await press(bce, 'Space');
    await screen().getByText('2,000 steps of').waitFor();
    await screen().getByLabel('Family', { exact: true }).selectOption('video');
    await screen().getByText('E_TOO_FEW').waitFor();
    await screen().getByLabel('Family', { exact: true }).selectOption('vector-quantised');
    await press(screen().getByText('Settings of the family: vector-quantised'), 'Enter');
    await type('Codes', '5000');
    await screen().getByText('The setting codes is out of range.').waitFor();
    await type('Codes', '32');
    await type('Channels', '8');
    await screen().getByText('2,000 steps of').waitFor();
    await window.expectAccessible();
    await window.shoot('train-form');
  });

  it('trains, with curves and with patches that are rebuilt as it learns', async () => {
    await screen().getByLabel('Family', { exact: true }).selectOption('denoising');
    await type('Channels', '4');
    await type('Budget', '4000');
    await screen().getByLabel('Device', { exact: true }).selectOption('cpu');
    await type('Name', 'brain denoiser');
    await screen().getByText('4,000 steps of').waitFor();
    await press(submit(), 'Enter');
    await screen().getByText('Learning curves').waitFor(LONG);
    await expect.poll(step, LONG).toBeGreaterThan(0);
    await screen()
      .getByText(/mean PSNR [\d.]+ dB before, [\d.]+ dB after/)
      .first()
      .waitFor(LONG);
    expect(
      await screen()
        .getByRole('img', { name: /held-out loss [\d.]+/ })
        .count(),
    ).toBe(1);
    expect(await screen().locator('.uplot canvas').count()).toBe(1);
    // The chart, then inputs, rebuilt, targets and differences of six patches.
    expect(await screen().locator('canvas').count()).toBe(25);
    for (const index of [1, 7, 13, 19]) expect(await colours(index)).toBeGreaterThan(20);
    await window.expectAccessible();
    await window.shoot('train-running');
  });

  it('pauses at the very step, and goes on with it after a restart of the app', async () => {
    await press(button('Pause'), 'Enter');
    await screen().getByText('Paused, as is the whole queue.').waitFor();
    const { points } = await measuredSoFar();
    expect(points).toBeGreaterThan(0);
    await window.restart();
    await page.keyboard.press('Alt+3');
    await press(button(/brain denoiser/), 'Enter');
    await screen().getByText('Learning curves').waitFor();
    expect((await measuredSoFar()).points).toBe(points);
    await press(button('Go on'), 'Enter');
    // Only what is done from its checkpoint on can tell that it did not begin again.
    await expect.poll(step, LONG).toBeGreaterThanOrEqual(points * 100);
  });

  it('stops and keeps the best, with a model card', async () => {
    const finish = button('Stop and keep best');
    await expect.poll(() => finish.isEnabled(), LONG).toBe(true);
    await press(finish, 'Enter');
    await screen().getByRole('heading', { name: 'Model card' }).waitFor(LONG);
    await screen()
      .getByText(/Best held-out loss [\d.]+ at step [\d,]+ of [\d,]+\./)
      .waitFor();
    await screen().getByText('SHA-256').first().waitFor();
    const text = await screen().innerText();
    for (const fact of ['Not for diagnostic use', 'denoising', 'rician', 'SHA-256'])
      expect(text).toContain(fact);
    expect(text).not.toMatch(/brain_0|scans/);
    const models = path.join(root, 'home', 'models');
    const [name] = (await fs.readdir(models)).filter((one) => one.endsWith('.onnx'));
    const { card } = readModelWeights(await fs.readFile(path.join(models, name)));
    expect(card.training.steps).toBeLessThan(4000);
    expect(text).toContain(card.weightsSha256);
    await window.expectAccessible();
    await window.shoot('train-card');
  });

  it('shows the patches of earlier steps', async () => {
    const slider = screen().getByRole('slider', { name: 'At step' });
    await slider.waitFor();
    await press(slider, 'Home');
    await screen().getByText('Step 100: mean PSNR').first().waitFor();
  });

  it('keeps the model where Models and Denoise find it', async () => {
    await press(button('Show in Models'), 'Enter');
    await page.getByRole('heading', { name: 'brain denoiser' }).waitFor();
    await page.keyboard.press('Alt+3');
    await press(button('Use in Denoise'), 'Enter');
    await page.getByRole('heading', { name: 'Studies', exact: true }).waitFor();
  });

  it('says why a training failed, and can be seen in light and in German', async () => {
    await page.keyboard.press('Alt+3');
    await press(button('New training'), 'Enter');
    await press(button('Add folder…'), 'Enter');
    await window.walkTo(scans);
    await window.dialog().getByRole('button', { name: 'Choose this folder' }).click();
    await screen().getByText('steps of').waitFor();
    await fs.rename(scans, path.join(root, 'moved'));
    await press(submit(), 'Enter');
    await screen().getByText('E_NOT_FOUND').waitFor(LONG);
    await screen().getByRole('button', { name: 'Copy', exact: true }).waitFor();
    await fs.rename(path.join(root, 'moved'), scans);
    await page.keyboard.press('Alt+6');
    await page.getByLabel('Light').check();
    await page.getByLabel('Language').selectOption('de');
    await page.keyboard.press('Alt+3');
    await press(button(/brain denoiser/), 'Enter');
    await screen().getByRole('heading', { name: 'Modellkarte' }).waitFor();
    await window.expectAccessible();
    await window.shoot('train-german');
  });

  it('complained about nothing', () => {
    expect(window.complaints).toEqual([]);
  });
});

/** Rows of the table of numbers. */
async function measuredSoFar(): Promise<{ points: number }> {
  const numbers = screen().locator('details', { hasText: 'Numbers' });
  if (!(await numbers.getByRole('table').isVisible())) await press(numbers.locator('summary'), 'Enter');
  return { points: await numbers.locator('tbody tr').count() };
}
