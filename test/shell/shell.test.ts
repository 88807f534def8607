import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { Resource } from '../../src-main/contract/window/app.js';
import { resourcePath } from '../../src-main/contract/window/resources.js';
import { pathsOf } from '../../src-main/shell/open-with.js';
import { isOurBlob, isOurs, isReport, isWindow, ORIGIN } from '../../src-main/shell/origin.js';
import { readWindowState } from '../../src-main/shell/window-state.js';
import { BRAIN, removeFolders, temporaryFolder } from '../jobs/fixtures.js';

afterAll(removeFolders);

describe('the origin of the window', () => {
  it('is ours only when scheme and host are', () => {
    for (const ours of ['app://limpid/', 'app://limpid/frames/a/1']) expect(isOurs(ours)).toBe(true);
    for (const other of [
      'app://limpid.evil/',
      'app://user@limpid/',
      'https://limpid/',
      'file:///limpid',
      'app:limpid',
      '',
    ])
      expect(isOurs(other)).toBe(false);
  });

  it('knows every page that is a report, and nothing else as one', () => {
    const pages: readonly Resource[] = [
      { kind: 'report', job: '1', format: 'html' },
      { kind: 'run-report', run: 'x', format: 'html' },
    ];
    for (const page of pages) expect(isReport(`${ORIGIN}${resourcePath(page)}`)).toBe(true);
    expect(isReport('app://limpid/runs/x/report.html?y#z')).toBe(true);
    for (const other of [
      'app://limpid/',
      'app://limpid/index.html?/reports/',
      'app://limpid/index.html?/runs/x',
      'app://limpid/reports/1/report.json',
      'app://limpid/reports/1/report.pdf',
      'app://limpid/runs/x/report.pdf',
      'app://limpid/runs/x/report.json',
      'app://limpid/runs',
      'app://limpid/runs/x/y',
      'app://limpid.evil/runs/x/report.html',
      'https://limpid/runs/x/report.html',
    ])
      expect(isReport(other)).toBe(false);
  });
});

describe('what only the window may', () => {
  it('is asked in the main frame of our own page', () => {
    expect(isWindow('app://limpid/', true)).toBe(true);
    expect(isWindow('app://limpid/index.html#/studies', true)).toBe(true);
    expect(isWindow('app://limpid/', false)).toBe(false);
    for (const other of [
      'app://limpid/runs/x/report.html',
      'app://limpid/reports/1/report.html',
      'https://limpid/',
      '',
    ])
      expect(isWindow(other, true)).toBe(false);
  });

  it('is to save blobs that it made', () => {
    expect(isOurBlob('blob:app://limpid/0b1e')).toBe(true);
    for (const other of [
      'blob:null/0b1e',
      'blob:app://limpid.evil/0b1e',
      'app://limpid/',
      'data:text/html,x',
    ])
      expect(isOurBlob(other)).toBe(false);
  });
});

describe('the place of the window', () => {
  const screens = [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }];

  it('is kept while a screen shows it', async () => {
    const file = path.join(await temporaryFolder(), 'window.json');
    const write = (value: unknown) => fs.writeFile(file, JSON.stringify(value));
    expect(await readWindowState(file, screens)).toBeNull();
    const bounds = { x: 100, y: 50, width: 1200, height: 800 };
    await write({ bounds, maximised: true });
    expect(await readWindowState(file, screens)).toEqual({ bounds, maximised: true });
    await write({ bounds: { ...bounds, x: 4000 } });
    expect(await readWindowState(file, screens)).toBeNull();
    await write({ bounds: { ...bounds, width: 'wide' } });
    expect(await readWindowState(file, screens)).toBeNull();
    await fs.writeFile(file, '{');
    expect(await readWindowState(file, screens)).toBeNull();
  });
});

describe('files that the app is started with', () => {
  it('are those that exist, and no options', () => {
    expect(pathsOf(['electron', '.', '--x', 'brain_001.dcm', 'nothing.dcm'], BRAIN, false)).toEqual([
      path.join(BRAIN, 'brain_001.dcm'),
    ]);
    expect(pathsOf(['/opt/limpid', BRAIN], '/', true)).toEqual([BRAIN]);
  });

  it('may be named by addresses, as desktops of Linux do', async () => {
    const folder = await temporaryFolder();
    const file = path.join(folder, 'a b ü.dcm');
    await fs.writeFile(file, '');
    const { href } = pathToFileURL(file);
    const others = ['file://elsewhere/a.dcm', 'file:///%zz', 'smb://server/a.dcm'];
    expect(pathsOf(['/opt/limpid', href, ...others], '/', true)).toEqual([file]);
  });
});
