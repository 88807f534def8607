import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestWindow, type TestWindow, whatIsMissing } from './window.js';

/** The window of a person whose data folder another version of Limpid wrote. */

const missing = whatIsMissing();
if (missing) console.warn(missing);

const root = mkdtempSync(path.join(os.tmpdir(), 'limpid-kept-'));
const home = path.join(root, 'home');
const LATER = JSON.stringify({ theme: 'light', grain: 0.3 });
let window: TestWindow;

beforeAll(async () => {
  if (missing) return;
  mkdirSync(home);
  writeFileSync(path.join(home, 'settings.json'), LATER);
  writeFileSync(path.join(home, 'targets.json'), '{"targets": [');
  window = await openTestWindow(root);
});

afterAll(async () => {
  await window?.close();
  rmSync(root, { recursive: true, force: true });
});

const alerts = () => window.page.getByRole('alert');

describe.skipIf(missing)('files of another version', () => {
  it('are told with the place where they are kept, and the rest is in use', async () => {
    await expect.poll(() => alerts().count()).toBe(2);
    for (const name of ['settings.unread.json', 'targets.unread.json'])
      expect(
        await alerts()
          .filter({ hasText: path.join(home, name) })
          .innerText(),
      ).toContain('W_UNREADABLE');
    expect(readFileSync(path.join(home, 'settings.unread.json'), 'utf8')).toBe(LATER);
    expect(await window.page.locator('html').getAttribute('data-theme')).toBe('light');
    await window.expectAccessible();
    await window.shoot('kept-files');
  });

  it('are told in German, and once', async () => {
    await window.rail('Settings').click();
    await window.page.getByLabel('Language').selectOption('de');
    await alerts().first().getByText('Die ganze Datei wird an diesem Ort aufbewahrt').waitFor();
    await window.shoot('kept-files-de');
    await window.page.getByLabel('Sprache').selectOption('en');
    await expect.poll(() => readFileSync(path.join(home, 'settings.json'), 'utf8')).toContain('"en"');
    await window.restart();
    await window.page.getByRole('heading', { name: 'Studies', exact: true }).waitFor();
    expect(existsSync(path.join(home, 'settings.unread-2.json'))).toBe(false);
    expect(await alerts().count()).toBe(0);
    expect(window.complaints).toEqual([]);
  });
});
