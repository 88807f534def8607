import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as os from 'node:os';
import * as path from 'node:path';
import { type Browser, chromium, type Locator, type Page } from '@playwright/test';
import { afterAll, beforeAll, expect } from 'vitest';

/** The built window over `limpid serve`, in a real browser, as a test works with it. */
export interface TestWindow {
  readonly page: Page;
  /** Console errors, warnings and exceptions of the window. */
  readonly complaints: string[];
  /** A screen by its name in the rail. */
  rail(name: string): Locator;
  dialog(): Locator;
  /** Goes to a folder in the picker from the root of the file system. */
  walkTo(folder: string): Promise<void>;
  /** Chooses files of one folder in the picker, and goes on. */
  pick(folder: string, ...names: readonly string[]): Promise<void>;
  /** Opens a folder as a person does. */
  openFolder(folder: string): Promise<void>;
  /** What axe finds in the page as it is, a line a rule. */
  axe(): Promise<string[]>;
  /** Fails where axe finds a violation. */
  expectAccessible(): Promise<void>;
  /** A picture for a person, in the folder LIMPID_SCREENSHOTS; nothing without it. */
  shoot(name: string): Promise<void>;
  /** Ends the app, by default as Ctrl-C does, and starts it again. */
  restart(signal?: NodeJS.Signals): Promise<void>;
  /** Stops the app for a while as an overloaded machine does, or lets it go on. */
  freeze(still: boolean): void;
  close(): Promise<void>;
}

const ROOT = path.resolve(import.meta.dirname, '../..');
const CHROMIUM = '/usr/bin/chromium';
const SHOTS = process.env.LIMPID_SCREENSHOTS;

/** Why the window cannot be tested here; false: it can. */
export function whatIsMissing(): string | false {
  if (!existsSync(CHROMIUM)) return `skipped: ${CHROMIUM} is missing; install Debian's chromium`;
  const built = ['dist/main/cli.js', 'dist/app/index.html'].every((file) =>
    existsSync(path.join(ROOT, file)),
  );
  return built ? false : 'skipped: the window is not built; run npm run build';
}

/** A real browser that stays off the network. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-quic',
    ],
  });
}

/** @param folder of the test: the app starts in it, and its home is in it */
export async function openTestWindow(folder: string): Promise<TestWindow> {
  const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  const complaints: string[] = [];
  let server = await serve(folder);
  const browser = await openBrowser();
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  // It ends a wait for what never comes: what comes late, on a loaded machine, is waited for.
  page.setDefaultTimeout(60_000);
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(server.url);
  await page.getByRole('heading', { name: 'Studies', exact: true }).waitFor();
  const dialog = () => page.getByRole('dialog');
  const walkTo = async (to: string): Promise<void> => {
    await dialog().getByRole('button', { name: '/', exact: true }).click();
    let at = '/';
    for (const name of to.split('/').filter(Boolean)) {
      await dialog().locator(`.path[title="${at}"]`).waitFor();
      // a folder for temporary files may hold more than is listed
      await dialog().getByRole('searchbox').fill(name);
      await dialog().getByRole('button', { name, exact: true }).click();
      at = path.posix.join(at, name);
    }
    await expect.poll(() => dialog().getByText(to, { exact: true }).count()).toBe(1);
  };
  const check = async (): Promise<string[]> => {
    const found: unknown = await page.evaluate(
      `${axe}; axe.run(document, { resultTypes: ['violations'] }).then((r) => r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.html.slice(0, 200)).join(' | ')))`,
    );
    if (!Array.isArray(found)) throw new Error('axe gives a list');
    return found.map(String);
  };
  return {
    page,
    complaints,
    rail: (name) =>
      page
        .getByRole('navigation')
        .first()
        .getByRole('button', { name: new RegExp(`^${name}`) }),
    dialog,
    walkTo,
    async pick(from, ...names) {
      await walkTo(from);
      for (const name of names) await dialog().getByRole('button', { name, exact: true }).click();
      await dialog().getByRole('button', { name: 'Open', exact: true }).click();
    },
    async openFolder(which) {
      await page.keyboard.press('Control+o');
      await walkTo(which);
      await dialog().getByRole('button', { name: 'Choose this folder' }).click();
      await dialog().waitFor({ state: 'hidden' });
    },
    axe: check,
    async expectAccessible() {
      expect(await check()).toEqual([]);
    },
    async shoot(name) {
      if (SHOTS !== undefined) await page.screenshot({ path: path.join(SHOTS, `${name}.png`) });
    },
    async restart(signal) {
      await end(server.process, signal);
      server = await serve(folder);
      await page.goto(server.url);
      await page.getByRole('heading', { name: 'Studies', exact: true }).waitFor();
      // The connection that broke is complained about, and rightly.
      complaints.length = 0;
    },
    freeze(still) {
      server.process.kill(still ? 'SIGSTOP' : 'SIGCONT');
    },
    async close() {
      await browser.close();
      await end(server.process);
    },
  };
}

/**
 * A folder of its own for the tests of a file, with the window in it, for as long as they run. To be called while the
 * file is read.
 *
 * @param prepare puts into the folder what is there before the app starts
 * @param opened hears of the window before the first test
 * @returns the folder, and why there is no window
 */
export function windowInFolder(
  name: string,
  prepare: (root: string) => void | Promise<void>,
  opened: (window: TestWindow) => void,
): { readonly root: string; readonly missing: string | false } {
  const missing = whatIsMissing();
  if (missing) console.warn(missing);
  const root = mkdtempSync(path.join(os.tmpdir(), `limpid-${name}-`));
  let window: TestWindow | null = null;
  beforeAll(async () => {
    if (missing) return;
    await prepare(root);
    window = await openTestWindow(root);
    opened(window);
  });
  afterAll(async () => {
    await window?.close();
    rmSync(root, { recursive: true, force: true });
  });
  return { root, missing };
}

interface Server {
  readonly process: ChildProcess;
  readonly url: string;
}

function serve(folder: string): Promise<Server> {
  const server = spawn(process.execPath, [path.join(ROOT, 'bin/limpid.js'), 'serve'], {
    cwd: folder,
    env: { ...process.env, LIMPID_HOME: path.join(folder, 'home') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    let said = '';
    server.stdout?.on('data', (data: Buffer) => {
      said += data.toString();
      const url = /http:\/\/\S+/.exec(said)?.[0];
      if (url !== undefined) resolve({ process: server, url });
    });
    server.once('exit', (code) => reject(new Error(`limpid serve ended with ${code}: ${said}`)));
  });
}

async function end(server: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill(signal);
  await ended;
}
