import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import type { Page } from '@playwright/test';
import { describe, expect, it } from 'vitest';
import { CLI } from '../jobs/fixtures.js';
import { drawnSeries } from '../support/drawn-series.js';
import { type TestWindow, windowInFolder } from './window.js';

/** Results as things of their own: several of one series, of the window and of the command line. */

let window: TestWindow;
let page: Page;
const { root, missing } = windowInFolder(
  'results',
  () => {
    mkdirSync(input, { recursive: true });
    for (const [k, bytes] of drawnSeries(5, 64, 1).entries())
      writeFileSync(path.join(input, `${k}.dcm`), bytes);
    denoise('by-nlm', '--model', 'nlm');
    denoise('by-dct', '--model', 'dct', '--strength', '0.8');
  },
  (opened) => {
    window = opened;
    page = opened.page;
  },
);
const input = path.join(root, 'scans');

/** A run of the command line, into a folder beside the input. */
function denoise(name: string, ...options: readonly string[]): void {
  const args = [CLI, 'denoise', input, path.join(root, name), '--device', 'cpu', ...options];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
}

/** SHA-256 of all files below a folder. */
function hashesOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const file = path.join(parentPath, name);
      return [path.relative(folder, file), createHash('sha256').update(readFileSync(file)).digest('hex')];
    }),
  );
}

const panel = () => page.getByRole('complementary', { name: 'Denoise' });
const results = () => panel().getByRole('region', { name: 'Results' });
const result = () => panel().getByRole('region', { name: 'Result', exact: true });
const run = (name: RegExp) => results().getByRole('button', { name });
const pane = (kind: string) => page.locator(`.picture[data-kind="${kind}"]`);

/** Closes all that is open, in Studies. */
async function closeAll(): Promise<void> {
  for (;;) {
    const close = page.getByRole('button', { name: /^Close / });
    if ((await close.count()) === 0) break;
    const before = await close.count();
    await close.first().click();
    await expect.poll(() => close.count()).toBeLessThan(before);
  }
}

describe.skipIf(missing)('results of a series', () => {
  it('lists the runs of the command line that lie beside the source, with model, strength, verdict and time', async () => {
    await window.openFolder(input);
    await page.getByRole('treeitem', { name: /5 files/ }).dblclick();
    await run(/^Result 1 · .* Non-local means, 100.?%/).waitFor();
    await run(/^Result 2 · .* DCT, 80.?%/).waitFor();
    const year = new Date().getFullYear();
    expect(await run(/^Result 1/).innerText()).toMatch(
      new RegExp(`Result 1 · (Pass|Look closely|Fail)\n.*\n.*${year}`),
    );
    expect(await result().count()).toBe(0);
  });

  it('shows the one that is chosen, with its own verdict', async () => {
    await run(/^Result 1/).click();
    await result().getByRole('heading', { name: 'Result 1' }).waitFor();
    await pane('after').waitFor();
    expect(await run(/^Result 1/).getAttribute('aria-pressed')).toBe('true');
    await run(/^Result 2/).click();
    await result().getByRole('heading', { name: 'Result 2' }).waitFor();
    await expect.poll(() => run(/^Result 1/).getAttribute('aria-pressed')).toBe('false');
    // What is to be done with it comes next after the verdict, before what may be long.
    const top = async (name: string) => (await result().getByRole('button', { name }).boundingBox())?.y;
    expect(await top('Accept')).toBeLessThan((await result().getByLabel('Strength').boundingBox())?.y ?? 0);
    await window.expectAccessible();
    await window.shoot('results-list');
  });

  it('compares two of them, called by their names, at the place that is looked at', async () => {
    await page.locator('.picture').first().focus();
    await page.keyboard.press('Home');
    await expect.poll(() => pane('before').getAttribute('data-slice')).toBe('0');
    await results().getByRole('button', { name: 'Compare with Result 1' }).click();
    await expect.poll(() => pane('before').getAttribute('aria-label')).toMatch(/^Result 1, Slice 1\/5/);
    await expect.poll(() => pane('after').getAttribute('aria-label')).toMatch(/^Result 2, Slice 1\/5/);
    await result().getByRole('heading', { name: 'Result 2' }).waitFor();
    await window.shoot('results-against');
    await results().getByRole('button', { name: 'Compare with Result 1' }).click();
    await expect.poll(() => pane('before').getAttribute('aria-label')).toMatch(/^Before, Slice 1\/5/);
  });

  it('keeps image and verdict while another run works, and when it is stopped', async () => {
    const said = await result().innerText();
    await panel().getByLabel('Model', { exact: true }).selectOption('self');
    await panel().getByText('Advanced', { exact: true }).click();
    await panel().getByLabel('Device').selectOption('cpu');
    await panel().getByLabel('Steps').fill('9000');
    await panel().getByRole('button', { name: 'Denoise', exact: true }).click();
    await panel().getByRole('progressbar').waitFor();
    expect(await result().innerText()).toBe(said);
    await pane('after').waitFor();
    await expect.poll(() => panel().innerText()).toMatch(/Training · step/);
    await panel().getByRole('button', { name: 'Cancel this run' }).click();
    await panel().getByRole('region', { name: 'Last run' }).getByText('kept').waitFor();
    expect(await result().innerText()).toBe(said);
  });

  it('adds a run that is done to the list, and leaves what is on screen', async () => {
    await panel().getByLabel('Model', { exact: true }).selectOption('dct');
    await panel().getByRole('button', { name: 'Denoise', exact: true }).click();
    await run(/^Result 3 · .* DCT, 100.?%/).waitFor();
    await result().getByRole('heading', { name: 'Result 2' }).waitFor();
    await page.getByRole('region', { name: 'Messages' }).getByRole('button', { name: 'Show result' }).click();
    await result().getByRole('heading', { name: 'Result 3' }).waitFor();
  });

  it('accepts a result, by keyboard, and keeps that over a restart', async () => {
    await run(/^Result 1/).click();
    await result().getByRole('heading', { name: 'Result 1' }).waitFor();
    await result().getByRole('button', { name: 'Accept', exact: true }).focus();
    await page.keyboard.press('Enter');
    await result()
      .getByText(/^Accepted on/)
      .waitFor();
    expect(await run(/^Result 1/).innerText()).toMatch(/Accepted/);
    expect(await run(/^Result 2/).innerText()).not.toMatch(/Accepted/);
    await window.expectAccessible();
    await window.shoot('results-accepted');
    await window.restart();
    await window.openFolder(input);
    await page.getByRole('treeitem', { name: /5 files/ }).dblclick();
    await expect.poll(() => run(/^Result 1/).innerText()).toMatch(/Accepted/);
  });

  it('takes results of the command line and of the window back, brings them back, and touches no source', async () => {
    const source = hashesOf(input);
    const made = hashesOf(path.join(root, 'by-nlm'));
    await run(/^Result 1/).click();
    await pane('after').waitFor();
    await result().getByRole('button', { name: 'Take back' }).click();
    await expect.poll(() => run(/^Result 1/).count()).toBe(0);
    expect(existsSync(path.join(root, 'by-nlm'))).toBe(false);
    // the source stays on screen, and the others keep their names
    await expect.poll(() => pane('before').getAttribute('aria-label')).toMatch(/^Before, Slice/);
    expect(await run(/^Result [23]/).count()).toBe(2);
    // its message goes by itself; what is told to screen readers stays
    await page.getByText('Result 1 is in the trash').last().waitFor({ state: 'attached' });
    await results().getByText('1 result in the trash').click();
    await window.expectAccessible();
    await window.shoot('results-trash');
    await results().getByRole('button', { name: 'Bring back Result 1' }).focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => run(/^Result 1/).innerText()).toMatch(/Accepted/);
    expect(hashesOf(path.join(root, 'by-nlm'))).toEqual(made);
    // that of a job: the queue tells where it is
    await run(/^Result 3/).click();
    await result().getByRole('heading', { name: 'Result 3' }).waitFor();
    await result().getByRole('button', { name: 'Accept', exact: true }).click();
    await result()
      .getByText(/^Accepted on/)
      .waitFor();
    await window.rail('Batch').click();
    const row = page.locator('#screen-batch li').filter({ hasText: 'Done' });
    await row.getByText(/accepted/).waitFor();
    await window.rail('Viewer').click();
    await result().getByRole('button', { name: 'Take back' }).click();
    await expect.poll(() => run(/^Result 3/).count()).toBe(0);
    await window.rail('Batch').click();
    await row.getByText(/in the trash/).waitFor();
    expect(await row.getByRole('button', { name: 'Show result' }).count()).toBe(0);
    await window.rail('Viewer').click();
    await results().getByText('1 result in the trash').click();
    await results().getByRole('button', { name: 'Bring back Result 3' }).click();
    await run(/^Result 3/).waitFor();
    await window.rail('Batch').click();
    await row.getByText(/accepted/).waitFor();
    await window.rail('Viewer').click();
    await run(/^Result 3/).waitFor();
    expect(hashesOf(input)).toEqual(source);
  });

  it('takes a result off the tree of a folder above it, too, and puts it there again', async () => {
    const above = path.join(root, 'above');
    mkdirSync(above);
    renameSync(path.join(root, 'by-dct'), path.join(above, 'by-dct'));
    mkdirSync(path.join(above, 'scans'));
    for (const [k, bytes] of drawnSeries(5, 64, 1).entries())
      writeFileSync(path.join(above, 'scans', `${k}.dcm`), bytes);
    await window.rail('Studies').click();
    await closeAll();
    await window.openFolder(above);
    const series = page.getByRole('treeitem', { name: /5 files/ });
    await expect.poll(() => series.count()).toBe(2);
    await series.first().dblclick();
    await run(/DCT, 80.?%/).click();
    await result().getByRole('button', { name: 'Take back' }).click();
    await expect.poll(() => run(/DCT, 80.?%/).count()).toBe(0);
    await window.rail('Studies').click();
    await expect.poll(() => series.count()).toBe(1);
    await window.rail('Viewer').click();
    await results().getByText('1 result in the trash').click();
    await results()
      .getByRole('button', { name: /^Bring back/ })
      .click();
    await run(/DCT, 80.?%/).waitFor();
    await window.rail('Studies').click();
    await expect.poll(() => series.count()).toBe(2);
    renameSync(path.join(above, 'by-dct'), path.join(root, 'by-dct'));
    await closeAll();
    await window.openFolder(input);
    await series.dblclick();
    await run(/^Result 1/).waitFor();
  });

  it('shows the report of a run of the command line', async () => {
    await run(/^Result 1/).click();
    await result().getByRole('heading', { name: 'Result 1' }).waitFor();
    await panel().getByRole('button', { name: 'Report' }).click();
    await page
      .frameLocator('iframe[title="Report"]')
      .getByRole('heading', { name: 'Limpid report' })
      .waitFor();
    const verdict = await result()
      .getByText(/^(Pass|Look closely|Fail)$/)
      .innerText();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save as PDF' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('report.pdf');
    const file = path.join(root, 'report.pdf');
    await download.saveAs(file);
    const written = readFileSync(file).toString('latin1');
    expect(written.startsWith('%PDF-')).toBe(true);
    const word = { Pass: 'PASS', 'Look closely': 'WARN', Fail: 'FAIL' }[verdict] ?? verdict;
    expect(written).toContain(`\\(MR\\): ${word}`);
    await window.expectAccessible();
    await window.shoot('results-report');
    await page.keyboard.press('Escape');
  });

  it('calls a derived series that is opened alone derived, with its verdict and what it was made of', async () => {
    const alone = path.join(root, 'alone');
    mkdirSync(alone);
    renameSync(path.join(root, 'by-nlm'), path.join(alone, 'by-nlm'));
    await window.rail('Studies').click();
    await closeAll();
    await window.openFolder(path.join(alone, 'by-nlm'));
    await page.getByRole('treeitem', { name: /5 files/ }).dblclick();
    await expect.poll(() => pane('before').getAttribute('aria-label')).toMatch(/^Derived, Slice/);
    const note = panel().getByRole('region', { name: 'Derived' });
    await note
      .getByText(/[Ll]impid/)
      .first()
      .waitFor();
    await note.getByText(/Non-local means, 100 %/).waitFor();
    await result()
      .getByText(/^(Pass|Look closely|Fail)$/)
      .waitFor();
    expect(await panel().getByRole('button', { name: 'Denoise', exact: true }).count()).toBe(0);
    await window.expectAccessible();
    await window.shoot('results-derived');
  });

  it('keeps its words inside the panel in German too', async () => {
    const language = async (tag: string) => {
      await page.keyboard.press('Alt+6');
      await page.getByRole('tab').first().click();
      await page.locator('#settings-panel select').selectOption(tag);
      await page.keyboard.press('Alt+2');
    };
    await language('de');
    const side = page.getByRole('complementary', { name: 'Entrauschen' });
    await side.getByRole('button', { name: 'Angenommen' }).waitFor();
    expect(await side.evaluate((all) => all.scrollWidth - all.clientWidth)).toBe(0);
    await window.shoot('results-de');
    await language('en');
    await result().waitFor();
  });

  it('removes artifacts alone, by name, and says of each what was found, how sure, what is left and where to look', async () => {
    await window.rail('Studies').click();
    await closeAll();
    await window.openFolder(input);
    await page.getByRole('treeitem', { name: /5 files/ }).dblclick();
    await panel().getByLabel('Model', { exact: true }).selectOption('nlm');
    await panel().getByRole('radio', { name: 'Clean' }).check();
    // Who comes back finds what was chosen, and no artifacts that nobody asked for.
    await panel().getByRole('radio', { name: 'Denoise' }).check();
    expect(await panel().getByLabel('Model', { exact: true }).inputValue()).toBe('nlm');
    expect(await panel().getByLabel('Artifacts', { exact: true }).inputValue()).toBe('none');
    await panel().getByRole('radio', { name: 'Clean' }).check();
    expect(await panel().getByLabel('Model', { exact: true }).count()).toBe(0);
    const start = panel().getByRole('button', { name: 'Clean', exact: true });
    await panel().getByLabel('Artifacts', { exact: true }).selectOption('named');
    // Nothing was named yet.
    expect(await start.isDisabled()).toBe(true);
    await panel().getByRole('checkbox', { name: 'Bias field' }).check();
    await window.expectAccessible();
    await window.shoot('clean-form');
    await start.click();
    await run(/Artifacts only/).waitFor();
    await run(/Artifacts only/).click();
    await pane('after').waitFor();
    const cleaned = result().getByRole('region', { name: 'Artifacts that were looked for' });
    const said = await cleaned.innerText();
    expect(said).toMatch(/Bias field\s+Removed, (Pass|Look closely)/);
    expect(said).toMatch(/\d+ % sure that it is there · [\d.]+ % found · [\d.]+ % left/);
    await cleaned.getByText('Where most was changed').click();
    const place = cleaned
      .getByRole('button', { name: /^Slice \d: tissue changed by [\d.]+ times the noise$/ })
      .first();
    const slice = /Slice (\d)/.exec(await place.innerText())?.[1];
    expect(await place.getAttribute('aria-pressed')).toBe('false');
    await place.click();
    await expect.poll(() => pane('after').getAttribute('data-slice')).toBe(String(Number(slice) - 1));
    await expect.poll(() => place.getAttribute('aria-pressed')).toBe('true');
    expect(await cleaned.locator('button[aria-pressed="true"]').count()).toBe(1);
    expect(await result().getByRole('button', { name: 'Accept', exact: true }).isEnabled()).toBe(true);
    // Noise stays: there is no part of the result to write.
    expect(await result().getByLabel('Strength').count()).toBe(0);
    await window.expectAccessible();
    await window.shoot('clean-result');
  });

  it('removes artifacts beside the noise where Denoise is told to', async () => {
    await panel().getByRole('radio', { name: 'Denoise' }).check();
    await panel().getByLabel('Model', { exact: true }).selectOption('dct');
    await panel().getByLabel('Artifacts', { exact: true }).selectOption('auto');
    const before = await run(/DCT/).count();
    await panel().getByRole('button', { name: 'Denoise', exact: true }).click();
    await expect.poll(() => run(/DCT/).count()).toBe(before + 1);
    await run(/DCT/).first().click();
    await result().getByRole('region', { name: 'Artifacts that were looked for' }).waitFor();
    await window.shoot('clean-denoised');
  });

  it('complained about nothing', () => {
    expect(window.complaints).toEqual([]);
  });
});
