import { existsSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobRecord } from '../../src-main/contract/window/app.js';
import type { OpenInput } from '../../src-main/contract/window/opened.js';
import { resourcePath } from '../../src-main/contract/window/resources.js';
import { CHANNELS } from '../../src-main/contract/window/transport.js';
import { BRAIN, brainSlices, denoiseRequest, removeFolders, temporaryFolder } from '../jobs/fixtures.js';
import { isRecord } from '../support/record.js';
import { type Launched, launch } from './stand-in/launch.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const MAIN = path.join(ROOT, 'dist/main/main.js');
const CHROMIUM = '/usr/bin/chromium';
const missing = existsSync(CHROMIUM) ? false : `skipped: ${CHROMIUM} is missing; install Debian's chromium`;
if (missing) console.warn(missing);

let app: Launched;
let home: string;
let folder: string;

beforeAll(async () => {
  if (missing) return;
  folder = await temporaryFolder();
  home = path.join(folder, 'home');
  app = await launch(MAIN, home);
  await listenInPage();
});

afterAll(async () => {
  await app?.quit();
  await removeFolders();
});

/** Calls a method of the contract in the page, through preload and IPC. @throws the problem's code */
async function call(method: string, ...args: readonly unknown[]): Promise<unknown> {
  const answer: unknown = await app.page.evaluate(
    `window.limpid.call(${JSON.stringify(method)}, ${JSON.stringify(args)})`,
  );
  if (isRecord(answer) && isRecord(answer.problem)) throw new Error(String(answer.problem.code));
  return isRecord(answer) ? answer.value : undefined;
}

async function listenInPage(): Promise<void> {
  await app.page.evaluate(
    'window.heard = []; void window.limpid.subscribe((event) => window.heard.push(event))',
  );
}

async function heard(type: string): Promise<unknown[]> {
  return app.page.evaluate(`window.heard.filter((event) => event.type === ${JSON.stringify(type)})`);
}

async function look(): Promise<Readonly<Record<string, unknown>>> {
  const state = await app.ask('look');
  if (!isRecord(state)) throw new Error('the stand-in does not answer');
  return state;
}

/** Ends at once when it is met; the minute is for what never comes. */
async function until<T>(what: string, read: () => Promise<T | null>, seconds = 60): Promise<T> {
  const end = performance.now() + 1000 * seconds;
  while (performance.now() < end) {
    const value = await read();
    if (value !== null) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what}: not in ${seconds} s`);
}

async function jobs(): Promise<readonly JobRecord[]> {
  const state = (await call('jobs')) as { readonly jobs: readonly JobRecord[] };
  return state.jobs;
}

async function opened(id: unknown): Promise<OpenInput> {
  return until('the input', async () => {
    const inputs = (await call('inputs')) as readonly OpenInput[];
    return inputs.find((input) => input.id === id && input.state !== 'scanning') ?? null;
  });
}

describe.skipIf(missing)('the built shell, on a stand-in for Electron', () => {
  it('keeps Chromium from the network by itself', async () => {
    const { switches, spellChecker } = await look();
    expect(switches).toEqual([
      ['host-resolver-rules', 'MAP * ~NOTFOUND'],
      ['no-proxy-server', ''],
      ['disable-background-networking', ''],
      ['disable-component-update', ''],
      ['disable-domain-reliability', ''],
    ]);
    expect(spellChecker).toBe(false);
  });

  it('opens one sandboxed, isolated window without Node (checklist 2, 3, 4, 6, 8, 9, 10)', async () => {
    const { appId, windows, sandboxed, privileges, channels } = await look();
    expect(sandboxed).toBe(true);
    // what the installer calls the app, by which Windows finds its notifications
    expect(await fs.readFile(path.join(ROOT, 'electron-builder.yml'), 'utf8')).toContain(
      `appId: ${String(appId)}\n`,
    );
    expect(privileges).toEqual([
      { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } },
    ]);
    expect(windows).toMatchObject([
      {
        visible: true,
        options: {
          webPreferences: {
            contextIsolation: true,
            sandbox: true,
            nodeIntegration: false,
            nodeIntegrationInWorker: false,
            nodeIntegrationInSubFrames: false,
            webSecurity: true,
            allowRunningInsecureContent: false,
            experimentalFeatures: false,
            webviewTag: false,
          },
        },
      },
    ]);
    expect(channels).toEqual([CHANNELS.call]);
  });

  it('gives the page the contract and nothing else (checklist 20)', async () => {
    const page = await app.page.evaluate(
      '[typeof require, typeof process, Object.keys(window.limpid).sort(), Object.isFrozen(window.limpid)]',
    );
    expect(page).toEqual(['undefined', 'undefined', ['call', 'dragOut', 'pathOf', 'subscribe'], true]);
    await expect(app.page.evaluate("window.limpid.call('removeEverything', [])")).rejects.toThrow(
      'no such method',
    );
    expect(await call('about')).toMatchObject({ transport: 'electron', dialogs: true });
    await expect(call('startJob', { type: 'denoise', input: 5 }, 'last')).rejects.toThrow('E_USAGE');
  });

  it('answers only the main frame of its own page (checklist 17)', async () => {
    const forged = (url: string, inside: boolean) =>
      app.ask('forge', CHANNELS.call, ['about', []], { url, parent: inside ? {} : null });
    expect(await forged('app://limpid/', false)).toMatchObject({
      value: { value: { transport: 'electron' } },
    });
    for (const [url, inside] of [
      ['https://limpid/', false],
      ['app://limpid.example/', false],
      ['app://limpid/', true],
      ['app://limpid/reports/1/report.html', false],
      ['app://limpid/runs/x/report.html', false],
      ['about:blank', false],
    ] as const)
      expect(await forged(url, inside)).toMatchObject({ value: { problem: { code: 'E_USAGE' } } });
  });

  it('allows no script but its own, and nothing from elsewhere (checklist 1, 7)', async () => {
    const inline = `(() => { const s = document.createElement('script'); s.textContent = 'window.inline = 1';
      document.head.append(s); return window.inline ?? null; })()`;
    expect(await app.page.evaluate(inline)).toBeNull();
    // Evaluated later by the page itself: what a test evaluates is exempt from the policy.
    await app.page.evaluate("void setTimeout('window.evaluated = 1', 0)").catch(() => undefined);
    // A later timer of the page with the same delay: the first one's turn is over when this one's comes.
    await app.page.evaluate('new Promise((done) => setTimeout(done, 0))');
    expect(await app.page.evaluate('window.evaluated ?? null')).toBeNull();
    expect(await app.page.evaluate("fetch('https://example.org/').catch((e) => e.name)")).toBe('TypeError');
    const policy = await app.page.evaluate(
      "fetch('/').then((r) => [r.headers.get('content-security-policy'), r.headers.get('x-content-type-options')])",
    );
    expect(policy).toEqual([
      expect.stringContaining("default-src 'none'; script-src 'self'; style-src 'self'"),
      'nosniff',
    ]);
  });

  it('serves nothing outside the built window', async () => {
    for (const address of [
      '/..%2fmain/main.js',
      '/%2e%2e/main/main.js',
      '/..%5cmain%5cmain.js',
      '/nothing.js',
      '/%00.js',
    ])
      expect(await app.page.evaluate(`fetch('${address}').then((r) => r.status)`)).toBe(404);
  });

  it('stays where it is: no navigation, window, webview or permission (checklist 5, 12, 13, 14)', async () => {
    const url = app.page.url();
    const failed = app.page.waitForEvent('requestfailed', (request) => request.isNavigationRequest());
    await app.page.evaluate("location.href = 'https://example.org/'").catch(() => undefined);
    // The guard aborts a navigation; what it lets through is blocked as a request, and ends at a page of errors.
    expect((await failed).failure()?.errorText).toBe('net::ERR_ABORTED');
    expect(app.page.url()).toBe(url);
    for (const url of ['app://limpid/reports/1/report.html', 'app://limpid/runs/x/report.html']) {
      expect(await app.ask('navigate', { url, isMainFrame: true })).toBe(false);
      expect(await app.ask('navigate', { url, isMainFrame: false })).toBe(true);
    }
    expect(await app.ask('navigate', { url: 'app://limpid/', isMainFrame: false })).toBe(false);
    expect(await app.ask('openWindow', 'https://example.org/')).toBe('deny');
    expect(await app.ask('attachWebview')).toBe(true);
    const window = { requestingUrl: 'app://limpid/', isMainFrame: true };
    for (const permission of ['media', 'geolocation', 'notifications', 'openExternal', 'clipboard-read']) {
      expect(await app.ask('permission', permission, window)).toBe(false);
      expect(await app.ask('permissionCheck', permission, window)).toBe(false);
    }
  });

  it('lets the window alone write to the clipboard, and save only what it made (checklist 5)', async () => {
    const copy = 'clipboard-sanitized-write';
    const window = { requestingUrl: 'app://limpid/', isMainFrame: true };
    expect(await app.ask('permission', copy, window)).toBe(true);
    expect(await app.ask('permissionCheck', copy, window)).toBe(true);
    for (const other of [
      { requestingUrl: 'app://limpid/', isMainFrame: false },
      { requestingUrl: 'app://limpid/runs/x/report.html', isMainFrame: true },
      { requestingUrl: 'app://limpid/reports/1/report.html', isMainFrame: false },
      { requestingUrl: 'https://example.org/', isMainFrame: true },
    ]) {
      expect(await app.ask('permission', copy, other)).toBe(false);
      expect(await app.ask('permissionCheck', copy, other)).toBe(false);
    }
    // A check for no document, as of a worker, comes without an address.
    expect(await app.ask('permissionCheck', copy, { isMainFrame: true })).toBe(false);
    const page = { url: 'app://limpid/', parent: null };
    expect(await app.ask('download', 'blob:app://limpid/0b1e', page)).toBe(true);
    for (const [address, frame] of [
      ['app://limpid/outputs/1/report.json', page],
      ['https://example.org/x.exe', page],
      ['data:text/plain,x', page],
      ['blob:null/0b1e', page],
      ['blob:app://limpid/0b1e', { url: 'app://limpid/runs/x/report.html', parent: {} }],
      ['blob:app://limpid/0b1e', { url: 'app://limpid/', parent: {} }],
      ['blob:app://limpid/0b1e', null],
    ] as const)
      expect(await app.ask('download', address, frame)).toBe(false);
  });

  it('opens a series and serves its pixels by fetch, exactly', async () => {
    const input = await opened(await call('openInput', [BRAIN]));
    expect(input).toMatchObject({ state: 'ready', filesSeen: 20, refused: 0 });
    const [card] = input.series;
    expect(card).toMatchObject({ modality: 'MR', columns: 256, rows: 256, slices: 20, viewable: true });
    const address = resourcePath({ kind: 'frame', series: card.key, index: 3 });
    const frame = await app.page.evaluate(`fetch(${JSON.stringify(address)}).then(async (r) => ({
      header: JSON.parse(r.headers.get('x-limpid-frame')), pixels: [...new Uint8Array(await r.arrayBuffer())] }))`);
    if (!isRecord(frame) || !Array.isArray(frame.pixels)) throw new Error('no frame');
    expect(frame.header).toMatchObject({ pixels: 'int16', columns: 256, rows: 256, slope: 1, intercept: 0 });
    // The slices lie along the normal: which file is the fourth, the files' own pixels tell.
    const stored = await Promise.all(
      (await fs.readdir(BRAIN)).map(async (name) =>
        (await fs.readFile(path.join(BRAIN, name))).subarray(-131072),
      ),
    );
    const shown = Buffer.from(frame.pixels.map(Number));
    const same = stored.filter((pixels) => pixels.equals(shown));
    expect(same).toHaveLength(1);
    const thumbnail = await app.page.evaluate(
      `fetch(${JSON.stringify(resourcePath({ kind: 'thumbnail', series: card.key }))}).then((r) => r.headers.get('content-type'))`,
    );
    expect(thumbnail).toBe('image/png');
  });

  it('sends menu commands, and opens what a second start names', async () => {
    await app.ask('click', 'open-folder');
    await until('the command', async () => ((await heard('command')).length > 0 ? true : null));
    expect(await heard('command')).toEqual([{ type: 'command', command: 'open-folder' }]);
    await app.ask('secondStart', ['electron', '.', '--flag', 'brain_001.dcm', 'absent.dcm'], BRAIN);
    const inputs = await until('the file', async () => {
      const open = (await call('inputs')) as readonly OpenInput[];
      return open.find(({ paths }) => paths[0]?.endsWith('brain_001.dcm')) ?? null;
    });
    expect(inputs.paths).toEqual([path.join(BRAIN, 'brain_001.dcm')]);
  });

  it('asks by native dialogs, and shows only what jobs wrote', async () => {
    await app.ask('answerDialog', ['/somewhere']);
    expect(await call('choosePaths', 'open-folder')).toEqual(['/somewhere']);
    await expect(call('choosePaths', 'anything')).rejects.toThrow('E_USAGE');
    await expect(call('showInFolder', '/etc/passwd')).rejects.toThrow('E_USAGE');
  });

  it('denoises in a process of its own, restarts it after a crash, and shows the report', async () => {
    const input = path.join(folder, 'in');
    const output = path.join(folder, 'out');
    await brainSlices(input, [1]);
    const request = denoiseRequest(input, output, { steps: 8, device: 'auto', errorMap: true });
    const id = await call('startJob', request, 'last');
    const compute = await until('compute', async () => {
      const { children } = await look();
      if (!Array.isArray(children)) return null;
      const found: unknown = children.find(({ file }) => String(file).endsWith('compute.js'));
      const training = (await jobs())[0]?.progress?.type === 'progress';
      return isRecord(found) && training ? found : null;
    });
    expect(['missing', 'slower', 'faster', 'wrong', 'crashed', 'late', 'no binary']).toContain(
      compute.probed,
    );
    const { children } = await look();
    expect(Array.isArray(children) && children.every(({ silent }) => silent === '1')).toBe(true);
    expect((await look()).blockers).toEqual(['prevent-app-suspension']);
    process.kill(Number(compute.pid), 'SIGKILL');
    const job = await until(
      'the job',
      async () => {
        const found = (await jobs()).find((one) => one.id === id);
        return found !== undefined && !['waiting', 'running'].includes(found.state) ? found : null;
      },
      90,
    );
    expect(job.state).toBe('done');
    expect(await heard('crash')).toMatchObject([{ problem: { code: 'E_CRASH' } }]);
    const report = `fetch('/reports/${id}/report.html').then(async (r) => [r.status, r.headers.get('content-security-policy'), (await r.text()).length > 1000])`;
    expect(await app.page.evaluate(report)).toEqual([
      200,
      expect.stringContaining('sandbox allow-scripts'),
      true,
    ]);
    const { progress, blockers } = await look();
    if (!Array.isArray(progress)) throw new Error('no progress');
    expect(progress.some((value) => value > 0)).toBe(true);
    expect(progress.at(-1)).toBe(-1);
    expect(blockers).toEqual([]);
    await call('showInFolder', output);
    // Results are dragged out by the window; nothing else may be, whoever asks.
    await app.page
      .getByRole('navigation')
      .first()
      .getByRole('button', { name: /^Batch/ })
      .click();
    await app.page.evaluate("window.limpid.dragOut(['/etc/passwd'])");
    await app.page.getByRole('group', { name: 'Drag out' }).dispatchEvent('dragstart');
    await until('the drag', async () => {
      const { drags } = await look();
      return Array.isArray(drags) && drags.length > 0 ? true : null;
    });
    expect((await look()).drags).toEqual([[output]]);
    const result = await opened(await call('openInput', [output]));
    const source = result.series.find(({ map }) => map === undefined);
    const map = result.series.find((one) => one.map !== undefined);
    expect(source?.derivedFrom).not.toBeNull();
    expect(map).toMatchObject({ derivedFrom: source?.derivedFrom, viewable: true, eligible: false });
  });

  it('goes on with the queue after the power was cut', async () => {
    const input = path.join(folder, 'in');
    const output = path.join(folder, 'later');
    const id = await call('startJob', denoiseRequest(input, output, { steps: 12 }), 'last');
    await until('the training', async () => {
      const found = (await jobs()).find((one) => one.id === id);
      return found?.progress?.type === 'progress' ? true : null;
    });
    await app.kill();
    app = await launch(MAIN, home);
    const job = await until(
      'the job',
      async () => {
        const found = (await jobs()).find((one) => one.id === id);
        return found !== undefined && !['waiting', 'running'].includes(found.state) ? found : null;
      },
      90,
    );
    expect(job.state).toBe('done');
    expect(await app.quit()).toBe(0);
  });
});
