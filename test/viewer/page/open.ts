import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as os from 'node:os';
import * as path from 'node:path';
import { type Browser, chromium, type Page } from '@playwright/test';
import { expect } from 'vitest';
import type { FixtureSet } from '../series.js';
import { serveViewer, type ViewerServer } from './serve.js';

/** The viewer, built, in a real browser, as a test works with it. */
export interface TestViewer {
  readonly server: ViewerServer;
  /** A page with a set of series, on screen. `?set=` names it, `&pair=none|after|all` says what of it. */
  open(query: string, size?: { readonly width: number; readonly height: number }): Promise<Page>;
  /** Console errors, warnings and exceptions of all pages. */
  readonly complaints: string[];
  close(): Promise<void>;
}

const CHROMIUM = '/usr/bin/chromium';
const SHOTS = process.env.LIMPID_SCREENSHOTS;

/** Why the viewer cannot be tested here; false: it can. */
export const noBrowser = existsSync(CHROMIUM)
  ? false
  : `skipped: ${CHROMIUM} is missing; install Debian's chromium`;

export async function openTestViewer(sets: Readonly<Record<string, FixtureSet>>): Promise<TestViewer> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'limpid-viewer-'));
  const server = await serveViewer(path.join(folder, 'built'), sets);
  const browser: Browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-quic',
    ],
  });
  const complaints: string[] = [];
  return {
    server,
    complaints,
    async open(query, size = { width: 1280, height: 800 }) {
      const page = await browser.newPage({ viewport: size, colorScheme: 'dark', acceptDownloads: true });
      // It ends a wait for what never comes: what comes late, on a loaded machine, is waited for.
      page.setDefaultTimeout(60_000);
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(String(error)));
      await page.goto(server.url + query);
      await page.locator('.picture[data-slice] canvas').first().waitFor();
      return page;
    },
    async close() {
      await browser.close();
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Two animation frames: effects have run, and cornerstone has drawn. */
export function drawn(page: Page): Promise<unknown> {
  return page.evaluate(
    'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))',
  );
}

export async function press(page: Page, ...keys: string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
  await drawn(page);
}

/** What all viewports share, as the viewer tells it. */
export async function viewState(page: Page): Promise<Readonly<Record<string, unknown>>> {
  return Object(await page.evaluate('viewer.viewState()'));
}

/** The slices on screen, one a viewport. */
export function slicesShown(page: Page): Promise<(string | null)[]> {
  return page
    .locator('.picture')
    .evaluateAll((all) => all.map((element) => element.getAttribute('data-slice')));
}

/** Fails where axe finds a violation in the viewer. */
export async function expectAccessible(page: Page): Promise<void> {
  const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  const found: unknown = await page.evaluate(
    `${axe}; axe.run(document.querySelector('.viewer'), { resultTypes: ['violations'] }).then((r) => r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.html.slice(0, 300)).join(' ')))`,
  );
  expect(found).toEqual([]);
}

/** A picture for a person, in the folder LIMPID_SCREENSHOTS; nothing without it. */
export async function shoot(page: Page, name: string): Promise<void> {
  if (SHOTS === undefined) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: path.join(SHOTS, `viewer-${name}.png`) });
}
