import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as http from 'node:http';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isRecord } from '../../src-main/app/validate.js';
import type { OpenInput, SeriesCard } from '../../src-main/contract/app.js';
import { resourcePath } from '../../src-main/contract/resources.js';
import { BRAIN, CLI, removeFolders, temporaryFolder } from '../jobs/fixtures.js';

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

function serve(folder: string): Promise<Served> {
  const env = { ...process.env, LIMPID_HOME: folder };
  const child = spawn(process.execPath, [CLI, 'serve'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
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

  it('does not run twice over one home', async () => {
    await expect(serve(home)).rejects.toThrow(/E_LOCKED/);
  });
});
