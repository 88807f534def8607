import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Page } from '@playwright/test';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SeriesRecord } from '../../src-main/contract/requests/node.js';
import { store } from '../../src-main/dicom/net/scu.js';
import { readStorable } from '../../src-main/dicom/net/storable.js';
import { readRecords, seriesFolder } from '../../src-main/process/node-folder.js';
import { drawSeries } from '../node/support.js';
import { NodeProcess } from '../support/node-process.js';
import { freePort, type Server, startStorescp } from '../support/servers.js';
import { hasTool } from '../support/tools.js';
import { openTestWindow, type TestWindow, whatIsMissing } from './window.js';

/** A node and the window that looks at it: `limpid node` on loopback, and dcmtk's storescp as its archive. */

const missing =
  whatIsMissing() || (hasTool('storescp') ? false : 'skipped: storescp is missing; install dcmtk');
if (missing) console.warn(missing);

const root = mkdtempSync(path.join(os.tmpdir(), 'limpid-node-screen-'));
const [home, archiveFolder] = [path.join(root, 'node'), path.join(root, 'archive')];
const data = path.join(home, 'data');
const config = path.join(home, 'node.json');
const node = new NodeProcess(config);
let window: TestWindow;
let page: Page;
let archive: Server | undefined;
let ports: { readonly node: number; readonly archive: number };

beforeAll(async () => {
  if (missing) return;
  for (const folder of [home, archiveFolder]) mkdirSync(folder);
  ports = { node: await freePort(), archive: await freePort() };
  writeFileSync(
    config,
    JSON.stringify({
      ...{ host: '127.0.0.1', port: ports.node, folder: 'data', quietSeconds: 0.5, leastFreeGb: 0 },
      ...{ longestPauseSeconds: 1, device: 'cpu' },
      targets: { pacs: { kind: 'dicom', title: 'ARCHIVE', host: '127.0.0.1', port: ports.archive } },
      rules: [{ name: 'brain', do: 'denoise', model: 'dct', targets: ['pacs'] }],
    }),
  );
  window = await openTestWindow(root);
  page = window.page;
});

afterAll(async () => {
  await window?.close();
  await node.end('SIGKILL');
  await archive?.close();
  rmSync(root, { recursive: true, force: true });
});

const screen = () => page.locator('#screen-node');
const group = (name: string) => screen().getByRole('region', { name, exact: true });
const button = (name: string | RegExp) => screen().getByRole('button', { name });

async function record(series: string): Promise<SeriesRecord | undefined> {
  const all = await readRecords(data);
  return all.flatMap((one) => one.record ?? []).find((one) => one.series === series);
}

/** Sends a series as a scanner does, and waits until the node has a result, which no archive takes yet. */
async function received(seed: number): Promise<string> {
  const { files, series } = drawSeries({ seed, slices: 5, description: 'T2' });
  const peer = { title: 'LIMPID', host: '127.0.0.1', port: ports.node, tls: null };
  await store(peer, 'SCANNER', await Promise.all(files.map(readStorable)), () => undefined);
  await expect
    .poll(async () => (await record(series))?.deliveries.length, { timeout: 300_000 })
    .toBeGreaterThan(0);
  return series;
}

/** The node, which does not run, finds this of a series when it starts. */
async function told(series: string, change: Partial<SeriesRecord>): Promise<void> {
  const now = await record(series);
  if (now === undefined) throw new Error('The node has no such series.');
  const { root, described } = seriesFolder(data, now.id);
  // The copy that names the verdict of before.
  rmSync(described(now.generation), { recursive: true, force: true });
  const file = path.join(root, 'state.json');
  writeFileSync(file, JSON.stringify({ ...now, ...change }));
}

describe.skipIf(missing)('the screen of a node', () => {
  it('leads to the settings of one, by the keyboard', async () => {
    await page.keyboard.press('Alt+7');
    await screen().getByText('No node is watched').waitFor();
    await window.expectAccessible();
    await window.shoot('node-none');
    await button('Choose settings…').last().click();
    await window.pick(home, 'node.json');
    await screen().getByText('The node does not run.').waitFor();
    await screen().getByText('It has no series yet.').waitFor();
    await node.start();
    await screen().getByText('The node runs.').waitFor();
  });

  it('tells how far series came while the node does not run', async () => {
    const held = await received(1);
    const failed = await received(2);
    expect(await node.end('SIGTERM')).toBe(0);
    // Whatever the tests of these drawn images say: the first failed them, the job of the second ended.
    await told(held, { state: 'held', verdict: 'fail', reason: 'E_TRUST' });
    await told(failed, { state: 'failed', verdict: null, reason: 'E_CRASH', deliveries: [] });
    await screen().getByText('The node does not run.').waitFor();
    await group('Held').getByText('Its trust report fails.').waitFor();
    await group('Failed').getByText('A process ended unexpectedly.').waitFor();
    expect(await button(/^Release/).isDisabled()).toBe(true);
    await window.shoot('node-down');
    await node.start();
    await screen().getByText('The node runs.').waitFor();
    await expect.poll(() => button(/^Release/).isDisabled()).toBe(false);
    await window.expectAccessible();
  });

  it('opens what is held, and names it only where patients are not hidden', async () => {
    await group('Held')
      .getByRole('button', { name: /^Look at/ })
      .click();
    await page.getByRole('treeitem', { name: /T2/ }).first().waitFor();
    await page.keyboard.press('Alt+7');
    await group('Held').getByText('Telling, Name · T2').waitFor();
    await window.expectAccessible();
    await window.shoot('node-held');
    await page.keyboard.press('Alt+6');
    await page.getByRole('tab', { name: 'Privacy' }).click();
    await page.getByLabel('Hide patients on screen').check();
    await page.keyboard.press('Alt+7');
    await group('Held').getByText('Its trust report fails.').waitFor();
    const shown = (await screen().innerHTML()).toLowerCase();
    // T2 as a word: names of classes end in letters and digits by chance.
    for (const secret of [/telling/, /\bt2\b/, /node\.json/]) expect(shown).not.toMatch(secret);
    await window.shoot('node-hidden');
  });

  it('releases what fails only after a person has said so, and it arrives', async () => {
    archive = await startStorescp(archiveFolder, [], ports.archive);
    await group('Held')
      .getByRole('button', { name: /^Release/ })
      .focus();
    await page.keyboard.press('Enter');
    const release = window.dialog().getByRole('button', { name: 'Release' });
    expect(await release.isDisabled()).toBe(true);
    await window.expectAccessible();
    await window.shoot('node-release');
    await window.dialog().getByLabel('I have looked at it: send it all the same').check();
    expect(readdirSync(archiveFolder)).toEqual([]);
    await release.click();
    await group('Sent').getByText('pacs has all 5 images (results)').waitFor();
    const arrived = readdirSync(archiveFolder);
    expect(arrived).toHaveLength(5);
    for (const name of arrived)
      expect(readFileSync(path.join(archiveFolder, name)).includes('(trust: fail)')).toBe(true);
    expect(await group('Held').count()).toBe(0);
  });

  it('does again what failed', async () => {
    await group('Failed')
      .getByRole('button', { name: /^Do again/ })
      .click();
    await group('Failed').waitFor({ state: 'hidden' });
    await expect
      .poll(async () => (await readRecords(data)).map((one) => one.record?.state), { timeout: 300_000 })
      .toEqual(['sent', 'sent']);
    await expect.poll(() => group('Sent').getByRole('listitem').count()).toBe(2);
    expect(readdirSync(archiveFolder)).toHaveLength(10);
  });

  it('speaks German', async () => {
    await page.keyboard.press('Alt+6');
    await page.getByRole('tab', { name: 'Appearance' }).click();
    await page.getByLabel('Language').selectOption('de');
    await page.keyboard.press('Alt+7');
    await page.getByRole('region', { name: 'Gesendet', exact: true }).waitFor();
    await screen().getByText('Der Knoten läuft.').waitFor();
    await window.expectAccessible();
    await window.shoot('node-de');
    expect(window.complaints).toEqual([]);
  });
});
