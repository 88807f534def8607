import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Page } from '@playwright/test';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawHeads } from '../jobs/probe/heads.js';
import { openTestWindow, type TestWindow, whatIsMissing } from './window.js';

/** A probe in Models: learnt from a table of labels, and applied, on drawn heads of two weightings. */

const missing = whatIsMissing();
if (missing) console.warn(missing);
const LIMPID = path.resolve(import.meta.dirname, '../../bin/limpid.js');
const PATIENTS = 5;
const root = mkdtempSync(path.join(os.tmpdir(), 'limpid-probe-'));
const heads = path.join(root, 'heads');
let window: TestWindow;
let page: Page;

beforeAll(async () => {
  if (missing) return;
  await drawHeads(heads, PATIENTS);
  const file = path.join(root, 'cells.onnx');
  const run = (...options: readonly string[]) =>
    execFileSync(process.execPath, [LIMPID, ...options], {
      stdio: 'ignore',
      env: { ...process.env, LIMPID_HOME: path.join(root, 'home') },
    });
  const network = ['--family', 'plain', '--set', 'patch=8', '--latent', '4', '--steps', '4', '--batch', '2'];
  run('train', heads, ...network, '--device', 'cpu', '--out', file);
  run('models', 'import', file, '--name', 'cells');
  const lines = Array.from({ length: PATIENTS }, (_, p) =>
    ['t1', 't2'].map((kind) => `${path.join(heads, `p${p}`, `${kind}.nii`)},${kind},p${p}`),
  );
  writeFileSync(path.join(root, 'labels.csv'), ['file,label,patient', ...lines.flat()].join('\n'));
  window = await openTestWindow(root);
  page = window.page;
});

afterAll(async () => {
  await window?.close();
  rmSync(root, { recursive: true, force: true });
});

const form = () => page.getByRole('region', { name: 'Labels from latents' });
const tables = () => page.locator('#screen-models').getByRole('table');

describe.skipIf(missing)('a probe', () => {
  it('is learnt from a table, and judged beside plainer ways', async () => {
    await window.openFolder(heads);
    await page
      .getByRole('treeitem', { name: /t2/ })
      .nth(PATIENTS - 1)
      .waitFor();
    await window.rail('Models').click();
    await page.getByRole('tab', { name: 'Probe' }).click();
    await page.getByText('Nothing learnt yet').waitFor();
    await window.expectAccessible();
    expect(await form().getByRole('button', { name: 'Learn and judge' }).isEnabled()).toBe(false);
    await form().getByRole('button', { name: 'Choose table (CSV)…' }).click();
    await window.pick(root, 'labels.csv');
    await form().getByRole('button', { name: 'Learn and judge' }).click();
    await page.getByRole('heading', { name: 'How well, on patients that were not learnt from' }).waitFor({
      timeout: 180_000,
    });
    expect(await tables().first().getByRole('rowheader').count()).toBe(6);
    const counted = await tables().nth(1).getByRole('cell').allInnerTexts();
    const sum = counted.reduce((total, text) => total + (Number(text) || 0), 0);
    expect(sum).toBe(2 * PATIENTS);
    expect(await page.getByRole('img', { name: 'ROC, each class against the others (slices)' }).count()).toBe(
      1,
    );
    // Whatever the verdict is, it is said in words for both.
    await page.getByText(/principal components of as many numbers/).waitFor();
    await page.getByText(/plain statistics of intensities/).waitFor();
    await window.expectAccessible();
    await window.shoot('models-probe');
  });

  it('tells an open series, with its probability and how far that is to be believed', async () => {
    await form().getByLabel('Tell series by what was learnt').check();
    const boxes = form().getByRole('checkbox');
    for (let i = 2; i < 2 * PATIENTS; i++) await boxes.nth(i).uncheck();
    await form().getByRole('button', { name: 'Tell', exact: true }).click();
    await tables().getByRole('columnheader', { name: 'Probability' }).waitFor({ timeout: 180_000 });
    const rows = tables().getByRole('row');
    expect(await rows.count()).toBe(3);
    for (const i of [1, 2]) expect(await rows.nth(i).innerText()).toMatch(/t[12]\s+\d+\.\d %\s+4$/);
    await page.getByText(/of 5 patients that were held out in turn/).waitFor();
    await window.expectAccessible();
    await window.shoot('models-probe-told');
    // One that was made elsewhere tells the same of the same series.
    const [output] = readdirSync(root).filter((name) => name.includes('-probe'));
    const found = readdirSync(path.join(root, output), { recursive: true, encoding: 'utf8' });
    const [file] = found.filter((name) => name.endsWith('probe.json'));
    copyFileSync(path.join(root, output, file), path.join(root, 'elsewhere.json'));
    const before = await tables().allInnerTexts();
    await form().getByRole('button', { name: 'Choose probe.json…' }).click();
    await window.pick(root, 'elsewhere.json');
    await form().getByText('another is refused').waitFor();
    await window.expectAccessible();
    await form().getByRole('button', { name: 'Tell', exact: true }).click();
    const done = page.getByRole('list', { name: 'Probes so far' }).getByRole('button');
    await expect.poll(() => done.count(), { timeout: 180_000 }).toBe(3);
    await expect.poll(() => tables().allInnerTexts(), { timeout: 60_000 }).toEqual(before);
    await done.nth(1).click();
    await window.rail('Settings').click();
    await page.getByLabel('Language').selectOption('de');
    await window.rail('Modelle').click();
    await page.getByRole('tab', { name: 'Sonde' }).click();
    await page.getByText(/an 5 Patienten, die reihum zurückgehalten wurden/).waitFor();
    await page.setViewportSize({ width: 1920, height: 1080 });
    await page.getByRole('list', { name: 'Bisherige Sonden' }).getByRole('button').nth(2).click();
    await page
      .getByRole('heading', { name: 'Wie gut, an Patienten, aus denen nicht gelernt wurde' })
      .waitFor();
    await window.expectAccessible();
    await window.shoot('models-probe-de');
    expect(window.complaints).toEqual([]);
  });
});
