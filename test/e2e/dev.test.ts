import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import type { Browser, Page } from '@playwright/test';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeFolders, temporaryFolder } from '../jobs/fixtures.js';
import { openBrowser, whatIsMissing } from './window.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const missing = whatIsMissing();
if (missing) console.warn(missing);

/** A copy of the repository, so that what the test changes is never the tree that it runs in. */
async function copyOfTree(): Promise<string> {
  const folder = path.join(await temporaryFolder(), 'limpid');
  // The times stay, so that what is built counts as built.
  for (const name of ['bin', 'build', 'dist', 'src-main', 'src-renderer', 'package.json', 'tsconfig.json'])
    await fs.cp(path.join(ROOT, name), path.join(folder, name), {
      recursive: true,
      preserveTimestamps: true,
    });
  for (const name of ['assets', 'node_modules'])
    await fs.symlink(path.join(ROOT, name), path.join(folder, name), 'junction');
  return folder;
}

interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
  readonly address: string;
}

function startDev(folder: string): Promise<Started> {
  const child = spawn(process.execPath, [path.join(folder, 'build/dev.mjs')], {
    cwd: folder,
    env: { ...process.env, LIMPID_HOME: path.join(folder, 'home') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return new Promise((resolve, reject) => {
    let said = '';
    child.stdout.on('data', (data: Buffer) => {
      said += data.toString();
      const address = /http:\/\/\S+/.exec(said)?.[0];
      if (address !== undefined) resolve({ child, ended, address });
    });
    void ended.then(() => reject(new Error(`npm run dev ended: ${said}`)));
  });
}

describe.skipIf(missing)('npm run dev', () => {
  let folder: string;
  let dev: Started;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    folder = await copyOfTree();
    dev = await startDev(folder);
    browser = await openBrowser();
    page = await browser.newPage();
    page.setDefaultTimeout(60_000);
    await page.goto(dev.address);
    await page.getByRole('heading', { name: 'Studies', exact: true }).waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    dev?.child.kill('SIGTERM');
    await dev?.ended;
    await removeFolders();
  });

  it('shows a changed component in the page as it is, and the old one again', async () => {
    await page.evaluate('window.stayed = true');
    const file = path.join(folder, 'src-renderer/studies/Start.svelte');
    const before = await fs.readFile(file, 'utf8');
    await fs.writeFile(file, before.replace('<div class="inner">', '<div class="inner"><p>Seen at once</p>'));
    const seen = page.getByText('Seen at once');
    await seen.waitFor();
    await fs.writeFile(file, before);
    await seen.waitFor({ state: 'detached' });
    expect(await page.evaluate('window.stayed')).toBe(true);
  });

  it('builds and starts the program again when src-main changes, with the page on it', async () => {
    const file = path.join(folder, 'src-main/base/version.ts');
    const before = await fs.readFile(file, 'utf8');
    await fs.writeFile(file, before.replace('= packageJson.version', "= packageJson.version + '-changed'"));
    await expect
      .poll(async () => {
        await page.getByRole('button', { name: /^Settings/ }).click();
        await page.getByRole('tab', { name: 'About' }).click();
        return page.getByText(/^Limpid .*-changed$/).count();
      })
      .toBe(1);
  });

  it('answers nobody who did not open the printed address', async () => {
    const { status } = await fetch(new URL('/', dev.address));
    expect(status).toBe(403);
    const used = await fetch(dev.address, { redirect: 'manual' });
    expect(used.status).toBe(403);
  });
});
