import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as http from 'node:http';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenInput, SeriesCard } from '../../src-main/contract/window/opened.js';
import { resourcePath } from '../../src-main/contract/window/resources.js';
import { BRAIN, CLI, removeFolders, temporaryFolder } from '../jobs/fixtures.js';
import { isRecord } from '../support/record.js';

interface Served {
  readonly child: ChildProcess;
  readonly url: URL;
  readonly ended: Promise<number | null>;
}

let home: string;
let served: Served;
let cookie: string;

beforeAll(async () => {
  home = path.join(await temporaryFolder(), 'home');
  served = await serve(home);
  const response = await fetch(served.url, { redirect: 'manual' });
  expect([response.status, response.headers.get('location')]).toEqual([303, '/']);
  const set = response.headers.get('set-cookie') ?? '';
  expect(set).toMatch(/; HttpOnly; SameSite=Strict; Path=\/$/);
  cookie = set.split(';')[0];
});

afterAll(async () => {
  served?.child.kill('SIGINT');
  await served?.ended;
  await removeFolders();
});

function serve(folder: string, more: NodeJS.ProcessEnv = {}, args: readonly string[] = []): Promise<Served> {
  const env = { ...process.env, LIMPID_HOME: folder, ...more };
  const child = spawn(process.execPath, [CLI, 'serve', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return new Promise((resolve, reject) => {
    let text = '';
    child.stderr.on('data', (chunk) => {
      text += chunk;
    });
    child.stdout.on('data', (chunk) => {
      text += chunk;
      const url = /http:\/\/127\.0\.0\.1:\d+\/\?token=[0-9a-f]{64}/.exec(text)?.[0];
      if (url !== undefined) resolve({ child, url: new URL(url), ended });
    });
    void ended.then((code) => reject(new Error(`ended with ${code}: ${text}`)));
  });
}

interface Asked {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A request with exactly these headers: fetch would not let Host and Origin be forged. */
function raw({
  path: asked = '/',
  method = 'GET',
  headers = {},
  body,
}: Asked): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host: '127.0.0.1', port: served.url.port, path: asked, method, headers },
      (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

async function call(method: string, ...args: readonly unknown[]): Promise<unknown> {
  const { origin } = served.url;
  const headers = { cookie, origin, 'content-type': 'application/json' };
  const response = await fetch(`${origin}/api/${method}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(args),
  });
  const answer: unknown = await response.json();
  if (isRecord(answer) && isRecord(answer.problem)) throw new Error(String(answer.problem.code));
  return isRecord(answer) ? answer.value : undefined;
}

async function seriesOf(id: unknown): Promise<readonly SeriesCard[]> {
  for (;;) {
    const inputs = (await call('inputs')) as readonly OpenInput[];
    const input = inputs.find((one) => one.id === id);
    if (input !== undefined && input.state !== 'scanning') return input.series;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('limpid serve', () => {
  it('answers only who holds the token, by its own name, from its own page', async () => {
    const { host, origin } = served.url;
    const api = { path: '/api/about', method: 'POST', body: '[]' };
    const good = { host, origin, cookie, 'content-type': 'application/json' };
    expect((await raw({ ...api, headers: good })).status).toBe(200);
    const { cookie: _, ...without } = good;
    const wrong = [
      without,
      { ...good, cookie: cookie.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')) },
      { ...good, host: `evil.example:${served.url.port}` },
      { ...good, origin: 'http://evil.example' },
      { ...good, origin: 'null' },
      { ...good, 'sec-fetch-site': 'cross-site' },
      { host, cookie, 'content-type': 'application/json' },
    ];
    for (const headers of wrong) expect((await raw({ ...api, headers })).status).toBe(403);
    expect((await raw({ ...api, headers: { ...good, 'content-type': 'text/plain' } })).status).toBe(400);
    for (const asked of ['/', '/events', '/?token=0', '/frames/a/0']) {
      expect((await raw({ path: asked, headers: { host } })).status).toBe(403);
    }
    expect(
      (await raw({ path: '/', headers: { host, cookie: 'x=y', referer: 'http://evil.example' } })).text,
    ).not.toMatch(/[0-9a-f]{64}/);
  });

  it('exchanges its token once, for another secret', async () => {
    const token = served.url.searchParams.get('token') ?? '';
    expect(cookie).not.toContain(token);
    for (const path of [served.url.pathname + served.url.search, '/?token=']) {
      const { status, text } = await raw({ path, headers: { host: served.url.host } });
      expect([status, text]).toEqual([403, expect.stringContaining('can be used once')]);
    }
    expect(
      (await raw({ headers: { host: served.url.host, cookie: cookie.replace(/=.*/, `=${token}`) } })).status,
    ).toBe(403);
    // Opened again in the browser that has the cookie, the address is only tidied up.
    const again = await fetch(served.url, { headers: { cookie }, redirect: 'manual' });
    expect([again.status, again.headers.get('location'), again.headers.get('set-cookie')]).toEqual([
      303,
      '/',
      null,
    ]);
  });

  it('lets a page of another site bring the token, and nothing else', async () => {
    const other = await serve(path.join(await temporaryFolder(), 'home'));
    try {
      const headers = { 'sec-fetch-site': 'cross-site' };
      const without = await fetch(other.url.origin, { headers, redirect: 'manual' });
      expect([without.status, without.headers.get('set-cookie')]).toEqual([403, null]);
      const response = await fetch(other.url, { headers, redirect: 'manual' });
      expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('0; url=/')]);
      const given = { ...headers, cookie: (response.headers.get('set-cookie') ?? '').split(';')[0] };
      expect((await fetch(other.url.origin, { headers: given })).status).toBe(403);
      expect((await fetch(other.url, { headers, redirect: 'manual' })).status).toBe(403);
    } finally {
      other.child.kill('SIGINT');
      await other.ended;
    }
  });

  it.runIf(process.platform === 'linux')('opens a browser without its token on a command line', async () => {
    const root = await temporaryFolder();
    const opener = path.join(root, 'xdg-open');
    const told = path.join(root, 'told');
    await fs.writeFile(opener, `#!/bin/sh\necho "$@" > ${told}.part\nmv ${told}.part ${told}\n`, {
      mode: 0o755,
    });
    const own = path.join(root, 'home');
    const other = await serve(own, { PATH: `${root}:${process.env.PATH}` }, ['--open']);
    try {
      while (!existsSync(told)) await new Promise((resolve) => setTimeout(resolve, 20));
      const page = (await fs.readFile(told, 'utf8')).trim();
      expect(page).toBe(path.join(own, 'open.html'));
      expect((await fs.stat(page)).mode & 0o777).toBe(0o600);
      expect(await fs.readFile(page, 'utf8')).toContain(`url=${other.url}"`);
      const { pid } = other.child;
      expect(await fs.readFile(`/proc/${pid}/cmdline`, 'utf8')).not.toMatch(/[0-9a-f]{64}/);
      expect((await fetch(other.url, { redirect: 'manual' })).status).toBe(303);
      while (existsSync(page)) await new Promise((resolve) => setTimeout(resolve, 20));
    } finally {
      other.child.kill('SIGINT');
      await other.ended;
    }
  });

  it('closes a data folder that was open to others, and what Limpid made in it', async () => {
    const own = path.join(await temporaryFolder(), 'home');
    await fs.mkdir(path.join(own, 'trainings/a'), { recursive: true });
    await fs.mkdir(path.join(own, 'strangers'));
    const files = ['settings.json', 'queue.json', 'trainings/a/patches.bin', 'strangers/file'];
    for (const file of files) await fs.writeFile(path.join(own, file), '{}');
    for (const place of ['', 'trainings', 'trainings/a', 'strangers'])
      await fs.chmod(path.join(own, place), 0o755);
    for (const file of files) await fs.chmod(path.join(own, file), 0o644);
    const other = await serve(own);
    const modeOf = async (place: string) => (await fs.stat(path.join(own, place))).mode & 0o777;
    for (const place of ['', 'trainings', 'trainings/a']) expect(await modeOf(place)).toBe(0o700);
    for (const file of [...files.slice(0, 3), 'app.lock'])
      expect([file, await modeOf(file)]).toEqual([file, 0o600]);
    // Nobody else's: the folder around it is closed.
    expect([await modeOf('strangers'), await modeOf('strangers/file')]).toEqual([0o755, 0o644]);
    other.child.kill('SIGINT');
    await other.ended;
  });

  it('listens on the loopback address only', async () => {
    const os = await import('node:os');
    const outside = Object.values(os.networkInterfaces())
      .flatMap((list) => list ?? [])
      .find(({ internal, family }) => !internal && family === 'IPv4');
    if (outside === undefined) return console.warn('no other address here: only 127.0.0.1 was tried');
    await expect(fetch(`http://${outside.address}:${served.url.port}/`)).rejects.toThrow();
  });

  it('refuses methods and arguments that are not in the contract', async () => {
    await expect(call('constructor')).rejects.toThrow('E_USAGE');
    await expect(call('openInput', 'not a list')).rejects.toThrow('E_USAGE');
    await expect(call('choosePaths', 'open-folder')).rejects.toThrow('E_USAGE');
    await expect(call('cancelJob', 'nothing')).rejects.toThrow('E_NOT_FOUND');
  });

  it('tells events, shows frames and measures noise', async () => {
    const { origin } = served.url;
    const stream = await fetch(`${origin}/events`, { headers: { cookie } });
    const reader = stream.body?.getReader();
    const id = await call('openInput', [BRAIN]);
    const [card] = await seriesOf(id);
    const frame = await fetch(origin + resourcePath({ kind: 'frame', series: card.key, index: 0 }), {
      headers: { cookie },
    });
    expect((await frame.arrayBuffer()).byteLength).toBe(131072);
    expect(JSON.parse(frame.headers.get('x-limpid-frame') ?? '')).toMatchObject({ columns: 256, rows: 256 });
    const none = await fetch(origin + resourcePath({ kind: 'frame', series: card.key, index: 99 }), {
      headers: { cookie },
    });
    expect([none.status, await none.json()]).toMatchObject([404, { problem: { code: 'E_NOT_FOUND' } }]);
    const noise = await call('measureNoise', card.key);
    expect(noise).toMatchObject({ noise: { distribution: 'rician' }, problem: null });
    let text = '';
    while (!text.includes('"state":"ready"'))
      text += Buffer.from((await reader?.read())?.value ?? []).toString();
    await reader?.cancel();
    expect(text).toContain('data: {"type":"input"');
  });

  it('takes dropped files into a folder that goes with it, and nowhere else', async () => {
    const { origin } = served.url;
    const batch = '0123456789abcdef';
    const send = async (relative: string, body: Uint8Array<ArrayBuffer>) => {
      const query = new URLSearchParams({ batch, path: relative });
      const headers = { cookie, origin };
      const response = await fetch(`${origin}/upload?${query}`, { method: 'POST', headers, body });
      const answer: unknown = await response.json();
      if (!isRecord(answer)) throw new Error('no answer');
      return answer;
    };
    const names = ['brain_001.dcm', 'brain_002.dcm'];
    const files = await Promise.all(names.map((name) => fs.readFile(path.join(BRAIN, name))));
    const places = [];
    for (const [i, name] of names.entries())
      places.push((await send(`drop/inner/${name}`, Uint8Array.from(files[i]))).value);
    expect(places[0]).toBe(places[1]);
    const place = String(places[0]);
    expect(files[0].equals(await fs.readFile(path.join(place, 'inner', names[0])))).toBe(true);
    expect(await seriesOf(await call('openInput', [place]))).toMatchObject([{ slices: 2 }]);
    const { recent } = (await call('settings')) as { recent: readonly string[] };
    expect(recent).not.toContain(place);
    for (const bad of ['../x', 'a/../../x', '/etc/x', 'a\\b', 'a//b', 'C:x', '.'])
      expect(await send(bad, new Uint8Array(1))).toMatchObject({ problem: { code: 'E_PATH_ESCAPE' } });
    expect(await send(`drop/inner/${names[0]}`, new Uint8Array(1))).toMatchObject({
      problem: { code: 'E_EXISTS' },
    });
    served.child.kill('SIGINT');
    expect(await served.ended).toBe(0);
    expect(existsSync(place)).toBe(false);
    served = await serve(home);
  });

  it('clears what was dropped into a server that was killed, and leaves the rest', async () => {
    const root = await temporaryFolder();
    const temporary = { TMPDIR: path.join(root, 'temporary') };
    await fs.mkdir(temporary.TMPDIR);
    const dropped = async (server: Served): Promise<string> => {
      const answer = await fetch(server.url, { redirect: 'manual' });
      const headers = {
        cookie: (answer.headers.get('set-cookie') ?? '').split(';')[0],
        origin: server.url.origin,
      };
      const query = 'batch=0123456789abcdef&path=drop/a.dcm';
      const stored: unknown = await (
        await fetch(`${server.url.origin}/upload?${query}`, { method: 'POST', headers, body: 'x' })
      ).json();
      return isRecord(stored) ? String(stored.value) : '';
    };
    const killed = await serve(path.join(root, 'one'), temporary);
    const left = await dropped(killed);
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect(existsSync(left)).toBe(true);
    // No server's: one that is just starting, one that holds something else, and one whose name is another's.
    const at = (name: string) => path.join(temporary.TMPDIR, name);
    for (const name of ['limpid-upload-fresh1', 'limpid-upload-other1', 'limpid-upload-toolong'])
      await fs.mkdir(at(name), { mode: 0o700 });
    await fs.writeFile(path.join(at('limpid-upload-other1'), 'notes.txt'), 'x');
    const living = await serve(path.join(root, 'two'), temporary);
    const used = await dropped(living);
    expect(existsSync(path.dirname(path.dirname(left)))).toBe(false);
    const third = await serve(path.join(root, 'three'), temporary);
    expect(existsSync(used)).toBe(true);
    for (const name of ['limpid-upload-fresh1', 'limpid-upload-other1', 'limpid-upload-toolong'])
      expect([name, existsSync(at(name))]).toEqual([name, true]);
    for (const server of [living, third]) {
      server.child.kill('SIGINT');
      await server.ended;
    }
  });

  it('does not run twice over one home', async () => {
    await expect(serve(home)).rejects.toThrow(/E_LOCKED/);
  });
});
