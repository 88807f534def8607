import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Page } from '@playwright/test';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../src-main/contract/report.js';
import type { Verdict } from '../../src-main/contract/trust.js';
import { CLI } from '../jobs/fixtures.js';
import { drawnSeries } from '../support/drawn-series.js';
import { freePort, type Server, startStorescp } from '../support/servers.js';
import { hasTool } from '../support/tools.js';
import { openTestWindow, type TestWindow, whatIsMissing } from './window.js';

/** A result on its way from the window to an archive: dcmtk's storescp. */

const missing =
  whatIsMissing() || (hasTool('storescp') ? false : 'skipped: storescp is missing; install dcmtk');
if (missing) console.warn(missing);

const root = mkdtempSync(path.join(os.tmpdir(), 'limpid-sending-'));
const [input, store] = [path.join(root, 'scans'), path.join(root, 'store')];
let window: TestWindow;
let page: Page;
let archive: Server;
let closed: number;

beforeAll(async () => {
  if (missing) return;
  mkdirSync(input);
  mkdirSync(store);
  for (const [k, bytes] of drawnSeries(5, 64, 1).entries())
    writeFileSync(path.join(input, `${k}.dcm`), bytes);
  const args = [CLI, 'denoise', input, path.join(root, 'out'), '--device', 'cpu', '--model', 'dct'];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  archive = await startStorescp(store);
  closed = await freePort();
  window = await openTestWindow(root);
  page = window.page;
});

afterAll(async () => {
  await window?.close();
  await archive?.close();
  rmSync(root, { recursive: true, force: true });
});

const panel = () => page.getByRole('complementary', { name: 'Denoise' });
const result = () => panel().getByRole('region', { name: 'Result', exact: true });
const sent = () => result().getByRole('list', { name: 'Sent so far' });
const field = (name: string) => window.dialog().getByLabel(name, { exact: true });

/** The report of the run says another verdict from now on. */
function judge(verdict: Verdict): void {
  const file = path.join(root, 'out', 'report.json');
  const report: Report = JSON.parse(readFileSync(file, 'utf8'));
  const series = report.series.map((one) => ({
    ...one,
    trust: one.trust === null ? null : { ...one.trust, verdict },
  }));
  writeFileSync(file, JSON.stringify({ ...report, series }));
}

async function look(): Promise<void> {
  await window.rail('Studies').click();
  await page
    .getByRole('treeitem', { name: /5 files/ })
    .filter({ hasNotText: 'DENOISED' })
    .dblclick();
  await panel()
    .getByRole('button', { name: /^Result 1/ })
    .click();
  await result().getByRole('button', { name: 'Send…' }).waitFor();
}

async function enter(name: string, port: number): Promise<void> {
  await page.getByRole('button', { name: 'Add a target…' }).click();
  await field('Name').fill(name);
  await field('AE title').fill('ARCHIVE');
  await field('Host').fill('127.0.0.1');
  await field('Port').fill(String(port));
  await window.expectAccessible();
  await page.keyboard.press('Enter');
  await window.dialog().waitFor({ state: 'hidden' });
}

describe.skipIf(missing)('sending a result', () => {
  it('leads from a result to the targets, which are entered and tested by keyboard', async () => {
    judge('pass');
    await window.openFolder(input);
    await look();
    await result().getByRole('button', { name: 'Send…' }).click();
    await window.dialog().getByText('No target was entered yet.').waitFor();
    await window.dialog().getByRole('button', { name: 'Enter a target…' }).click();
    await page.getByRole('tab', { name: 'Sending', selected: true }).waitFor();
    await enter('Archive', archive.port);
    await page.getByRole('button', { name: 'Test Archive' }).click();
    await page.getByText(/^It answered after .* s\.$/).waitFor();
    await enter('Nobody', closed);
    await page.getByRole('button', { name: 'Test Nobody' }).click();
    await page.getByText('E_NETWORK').waitFor();
    await window.expectAccessible();
    await window.shoot('settings-targets');
  });

  it('keeps the token of a DICOMweb service to itself', async () => {
    await page.getByRole('button', { name: 'Add a target…' }).click();
    await window.dialog().getByLabel('DICOMweb (STOW-RS)').check();
    await field('Name').fill('Web');
    await field('Address').fill(`http://127.0.0.1:${closed}/dicom-web`);
    await window.dialog().getByText('http:// is not encrypted', { exact: false }).waitFor();
    await field('Token').fill('very-secret');
    await window.expectAccessible();
    await window.shoot('settings-target-web');
    await window.dialog().getByRole('button', { name: 'Save' }).click();
    await window.dialog().waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Change Web' }).click();
    await window.dialog().getByText('One is kept; it stays where nothing is entered.').waitFor();
    expect(await field('Token').inputValue()).toBe('');
    await page.keyboard.press('Escape');
    const home = path.join(root, 'home');
    const holding = readdirSync(home, { recursive: true, withFileTypes: true })
      .filter((one) => one.isFile())
      .map((one) => path.join(one.parentPath, one.name))
      .filter((file) => readFileSync(file, 'utf8').includes('very-secret'));
    expect(holding.map((file) => path.relative(home, file))).toEqual([
      expect.stringMatching(/^targets\/[0-9a-f]{12}\.token$/),
    ]);
  });

  it('sends what passes, and tells it where it is true', async () => {
    await look();
    await result().getByRole('button', { name: 'Send…' }).click();
    await window.dialog().getByText('5 images go', { exact: false }).waitFor();
    await window.expectAccessible();
    await window.shoot('send-dialog');
    await window.dialog().getByRole('button', { name: 'Send', exact: true }).click();
    await sent().getByText('Archive has all 5 images').waitFor();
    expect(readdirSync(store)).toHaveLength(5);
    await window.expectAccessible();
    await window.shoot('send-sent');
  });

  it('tells of a target that is not there as that, and claims nothing of what arrived', async () => {
    await result().getByRole('button', { name: 'Send…' }).click();
    await field('To').selectOption({ label: 'Nobody' });
    await window.dialog().getByRole('button', { name: 'Send', exact: true }).click();
    await sent().getByText('Not finished: what Nobody has of it is not known').waitFor();
    await sent().getByText('E_NETWORK').waitFor();
    await window.shoot('send-failed');
  });

  it('holds what fails until a person has said that it goes all the same', async () => {
    rmSync(store, { recursive: true });
    mkdirSync(store);
    judge('fail');
    await window.restart();
    await window.openFolder(input);
    await look();
    // What became of earlier ones is known after a restart too.
    expect(await sent().getByText('Not finished: what Nobody has of it is not known').count()).toBe(1);
    await result().getByRole('button', { name: 'Send…' }).click();
    const now = window.dialog().getByRole('button', { name: 'Send', exact: true });
    expect(await now.isDisabled()).toBe(true);
    await window.expectAccessible();
    await window.shoot('send-held');
    expect(readdirSync(store)).toHaveLength(0);
    await window.dialog().getByLabel('I have looked at it: send it all the same').check();
    await now.click();
    await expect.poll(() => readdirSync(store).length, { timeout: 60_000 }).toBe(5);
    await expect.poll(() => sent().getByText('Archive has all 5 images').count()).toBe(2);
    for (const name of readdirSync(store))
      expect(readFileSync(path.join(store, name), 'latin1')).toContain('(trust: fail)');
    expect(window.complaints).toEqual([]);
  });
});
