import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VERSION } from '../../src-main/base/version.js';
import { CLI } from '../jobs/fixtures.js';
import { openTestWindow, type TestWindow, whatIsMissing } from './window.js';

/** A newer version that a server of this computer announces. */

const missing = whatIsMissing();
if (missing) console.warn(missing);

const root = mkdtempSync(path.join(os.tmpdir(), 'limpid-updates-'));
const HASH = Buffer.alloc(64, 0xab);
const latest = (version: string) =>
  `version: ${version}\nfiles:\n  - url: limpid.deb\n    sha512: ${HASH.toString('base64')}\n    size: 7\nreleaseDate: '2026-12-01T08:00:00.000Z'\n`;
let body = latest('99.1.0');
const asked: string[] = [];
const server = http.createServer((request, response) => {
  asked.push(`${request.method} ${request.url} ${request.rawHeaders.join(' ')}`);
  response.writeHead(body === '' ? 404 : 200).end(body);
});
let base: string;
let window: TestWindow;

beforeAll(async () => {
  if (missing) return;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/limpid/`;
  window = await openTestWindow(root);
});
afterAll(async () => {
  await window?.close();
  server.close();
  rmSync(root, { recursive: true, force: true });
});

const page = () => window.page;
const panel = () => page().getByRole('tabpanel');
async function show(tab: string): Promise<void> {
  await page().keyboard.press('Alt+6');
  await page().getByRole('tab', { name: tab }).click();
}

describe.skipIf(missing)('a newer version', () => {
  it('is not looked for unless a person enters where', async () => {
    await show('Updates');
    await panel().getByText('Limpid does not look for newer versions.').waitFor();
    await window.expectAccessible();
    await window.shoot('settings-updates-off');
    expect(asked).toEqual([]);
  });

  it('is refused at an address that is not safe, beside the field', async () => {
    await panel().getByLabel('Address or path').fill('http://updates.example.org/');
    await page().keyboard.press('Enter');
    await panel().getByText('E_USAGE').waitFor();
    await panel().getByText('Limpid does not look for newer versions.').waitFor();
  });

  it('is told with its address and hash, there and in the status bar, by one request that tells nothing', async () => {
    await panel().getByLabel('Address or path').fill(base);
    await page().keyboard.press('Enter');
    await panel().getByText(`Limpid 99.1.0 is there; this is ${VERSION}.`).waitFor();
    await panel().getByText(`${base}limpid.deb`).waitFor();
    await panel()
      .getByText(`SHA-512 ${HASH.toString('hex')}`)
      .waitFor();
    await window.expectAccessible();
    await window.shoot('settings-updates');
    const { host } = new URL(base);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatch(/^GET \/limpid\/latest(-mac|-linux(-\w+)?)?\.yml connection close Host /);
    expect(asked[0].endsWith(` ${host}`)).toBe(true);
    await page().keyboard.press('Alt+1');
    await page().getByRole('contentinfo').getByRole('button', { name: 'Limpid 99.1.0 is there' }).click();
    await panel().getByText(`${base}limpid.deb`).waitFor();
  });

  it('is known after a restart, without asking again; a failure says what to do', async () => {
    await window.restart();
    await show('Updates');
    await panel().getByText(`Limpid 99.1.0 is there; this is ${VERSION}.`).waitFor();
    expect(asked).toHaveLength(1);
    body = '';
    await panel().getByRole('button', { name: 'Look now' }).click();
    await panel().getByText('The server that announces newer versions answered 404.').waitFor();
    await window.expectAccessible();
    expect(asked).toHaveLength(2);
  });

  it('is told in German, and no more once it is not looked for', async () => {
    body = latest(VERSION);
    await show('Appearance');
    await page().getByLabel('Language').selectOption({ label: 'Deutsch' });
    await page().getByRole('tab', { name: 'Neue Versionen' }).click();
    await panel().getByRole('button', { name: 'Jetzt nachsehen' }).click();
    await panel().getByText(`Version ${VERSION} ist angekündigt; diese, ${VERSION}, ist so neu.`).waitFor();
    await window.shoot('settings-updates-de');
    await panel().getByRole('button', { name: 'Nicht mehr nachsehen' }).click();
    await panel().getByText('Limpid sucht nicht nach neueren Versionen.').waitFor();
    await page().getByRole('tab', { name: 'Darstellung' }).click();
    await page().getByLabel('Sprache').selectOption({ label: 'English' });
    // the choice is kept after it shows: an end that came before would leave the next start in German
    await expect.poll(() => readFileSync(path.join(root, 'home/settings.json'), 'utf8')).toContain('"en"');
    await window.restart();
    expect(asked).toHaveLength(3);
    expect(window.complaints).toEqual([]);
  });

  it('is found by the command line, at a place that is given or at that of the settings', () => {
    const file = path.join(root, 'latest.json');
    writeFileSync(
      file,
      JSON.stringify({ version: '99.2.0', files: [{ url: 'a.deb', sha512: HASH.toString('base64') }] }),
    );
    const run = (...args: readonly string[]) =>
      spawnSync(process.execPath, [CLI, 'updates', ...args], {
        encoding: 'utf8',
        cwd: root,
        env: { ...process.env, LIMPID_HOME: path.join(root, 'other') },
      });
    const told = run('latest.json');
    expect([told.status, told.stderr]).toEqual([0, '']);
    expect(told.stdout).toBe(
      `Limpid 99.2.0 is there; this is ${VERSION}.\n${path.join(root, 'a.deb')}\n  SHA-512 ${HASH.toString('hex')}\n`,
    );
    const none = run('--json');
    expect(none.status).toBe(2);
    expect(JSON.parse(none.stdout)).toMatchObject({
      command: 'updates',
      exitCode: 2,
      stopped: { code: 'E_USAGE', reason: 'E_USAGE/no-update-place' },
    });
    expect(none.stderr).toContain('limpid updates https://');
  });
});
