import { createHash } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { fileName, requirePlace } from '../../src-main/app/updates/read.js';
import { lookForUpdate, openUpdates } from '../../src-main/app/updates/updates.js';
import { VERSION } from '../../src-main/base/version.js';
import type { UpdateView } from '../../src-main/contract/window/updates.js';
import { removeFolders, temporaryFolder } from '../jobs/fixtures.js';

const HASH = createHash('sha512').update('installer');
const [BASE64, HEX] = [HASH.copy().digest('base64'), HASH.digest('hex')];

/** As electron-builder writes it. */
const latest = (version: string, url = 'limpid_amd64.deb') =>
  `version: ${version}
files:
  - url: ${url}
    sha512: ${BASE64}
    size: 75000000
path: ${url}
sha512: ${BASE64}
releaseDate: '2026-12-01T08:00:00.000Z'
`;

const [major = 0, minor = 0, patch = 0] = VERSION.split(/[.-]/).map(Number);

interface Asked {
  readonly url: string;
  readonly headers: readonly string[];
}
/** What the server answers, and what it was asked. */
let answer: { status: number; body: string; headers?: Record<string, string> };
const asked: Asked[] = [];
const server = http.createServer((request, response) => {
  asked.push({ url: request.url ?? '', headers: request.rawHeaders });
  response.writeHead(answer.status, answer.headers).end(answer.body);
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const port = (server.address() as AddressInfo).port;
const base = `http://127.0.0.1:${port}/limpid/`;
beforeEach(() => {
  answer = { status: 200, body: latest('99.0.0') };
  asked.length = 0;
});
afterAll(async () => {
  server.close();
  await removeFolders();
});

describe('looking for a newer version', () => {
  it('sends one request for the file of this system, and nothing in it but where it goes', async () => {
    const view = await lookForUpdate(base);
    expect(asked).toEqual([
      {
        url: `/limpid/${fileName()}`,
        headers: ['connection', 'close', 'Host', `127.0.0.1:${port}`],
      },
    ]);
    expect(view).toMatchObject({ at: base, isNewer: true, problem: null });
    expect(view.announced).toEqual({
      version: '99.0.0',
      released: '2026-12-01T08:00:00.000Z',
      files: [{ address: `${base}limpid_amd64.deb`, sha512: HEX, bytes: 75000000 }],
    });
  });

  it.each([
    [`${VERSION}-beta.2`, false],
    [VERSION, false],
    ['0.0.9', false],
    [`${VERSION}+build.7`, false],
    [`${major}.${minor}.${patch + 1}-alpha`, true],
    [`${major}.${minor + 9}.0`, true],
    [`v${major + 1}.0.0`, true],
  ])(`takes %s for newer than ${VERSION}: %s`, async (version, newer) => {
    answer.body = latest(version);
    expect((await lookForUpdate(`${base}any.yml`)).isNewer).toBe(newer);
    expect(asked[0].url).toBe('/limpid/any.yml');
  });

  it('reads a file, the one of a folder, JSON, and installers elsewhere', async () => {
    const folder = await temporaryFolder();
    const file = path.join(folder, fileName());
    await fs.writeFile(file, latest('99.0.0', 'a%20b.deb'));
    const beside = path.join(folder, 'a b.deb');
    for (const place of [file, folder])
      expect((await lookForUpdate(place)).announced?.files[0].address).toBe(beside);
    const elsewhere = 'https://files.test/limpid.deb';
    const json = JSON.stringify({ version: '99.0.0', files: [{ url: elsewhere, sha512: BASE64 }] });
    await fs.writeFile(file, json);
    const { announced } = await lookForUpdate(file);
    expect(announced).toEqual({
      version: '99.0.0',
      released: null,
      files: [{ address: elsewhere, sha512: HEX, bytes: null }],
    });
    expect(asked).toEqual([]);
  });

  it.each([
    ['no YAML', 'version: "', 'E_UPDATE/syntax'],
    ['a page', '<html><p>Not here</p></html>', 'E_UPDATE/format'],
    ['no version', 'version: newest', 'E_UPDATE/version'],
    ['a short hash', latest('99.0.0').replaceAll(BASE64, 'AAAA'), 'E_UPDATE/format'],
    ['a script', latest('99.0.0', 'javascript:alert(1)'), 'E_UPDATE/place'],
    ['a file of this computer', latest('99.0.0', 'file:///etc/passwd'), 'E_UPDATE/place'],
    ['a long file', `version: 99.0.0\n# ${'x'.repeat(70_000)}`, 'E_UPDATE/length'],
    [
      'a file that grows',
      `a: &a [1,1]\nb: &b [*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b]\nversion: 9.9.9`,
      'E_UPDATE/syntax',
    ],
  ])('refuses %s', async (_, body, reason) => {
    answer.body = body;
    const view = await lookForUpdate(base);
    expect([view.problem?.reason, view.announced, view.isNewer]).toEqual([reason, null, false]);
  });

  it('tells what does not answer, and follows no redirection', async () => {
    answer = { status: 302, body: '', headers: { location: `${base}elsewhere.yml` } };
    expect((await lookForUpdate(base)).problem).toMatchObject({
      reason: 'E_NETWORK/update-status',
      facts: { status: 302 },
    });
    expect(asked).toHaveLength(1);
    const closed = await new Promise<number>((resolve) => {
      const other = http.createServer().listen(0, '127.0.0.1', () => {
        const { port: free } = other.address() as AddressInfo;
        other.close(() => resolve(free));
      });
    });
    const silent = await lookForUpdate(`http://127.0.0.1:${closed}/latest.yml`);
    expect(silent.problem).toMatchObject({ reason: 'E_NETWORK/update', facts: { code: 'ECONNREFUSED' } });
    const missing = path.join(await temporaryFolder(), 'latest.yml');
    expect((await lookForUpdate(missing)).problem).toMatchObject({ code: 'E_NOT_FOUND', place: missing });
  });

  it('looks where it is safe to, and where no password is told', () => {
    for (const place of ['https://a.test/', 'http://localhost:8/', 'http://[::1]/x', '/mnt/software'])
      expect(() => requirePlace(place)).not.toThrow();
    for (const place of [
      'http://a.test/',
      'https://me:secret@a.test/',
      'https://',
      'latest.yml',
      'ftp://a/b',
    ])
      expect(() => requirePlace(place)).toThrow(expect.objectContaining({ reason: 'E_USAGE/update-place' }));
  });

  it('knows the names that electron-builder gives', () => {
    expect(fileName('win32', 'x64')).toBe('latest.yml');
    expect(fileName('darwin', 'arm64')).toBe('latest-mac.yml');
    expect(fileName('linux', 'x64')).toBe('latest-linux.yml');
    expect(fileName('linux', 'arm64')).toBe('latest-linux-arm64.yml');
  });
});

describe('the app', () => {
  async function opened(place: () => string | null, file?: string) {
    const found: UpdateView[] = [];
    const kept = file ?? path.join(await temporaryFolder(), 'updates.json');
    const updates = await openUpdates({ file: kept, place, onFound: (view) => found.push(view) });
    return { updates, found, kept };
  }
  /** Longer than a request to this computer takes. */
  const aWhile = () => new Promise((resolve) => setTimeout(resolve, 300));

  it('looks for nothing unless a place is set', async () => {
    const { updates } = await opened(() => null);
    updates.plan();
    await aWhile();
    expect(asked).toEqual([]);
    expect(await updates.api.updates()).toBeNull();
    await expect(updates.api.lookForUpdates()).rejects.toMatchObject({ reason: 'E_USAGE/no-update-place' });
    expect(asked).toEqual([]);
  });

  it('looks once when one is set, once for two who ask, and not again within a day, over restarts too', async () => {
    let place: string | null = null;
    const first = await opened(() => place);
    first.updates.plan();
    place = base;
    first.updates.plan();
    await vi.waitFor(() => expect(first.found).toHaveLength(1));
    const both = await Promise.all([first.updates.api.lookForUpdates(), first.updates.api.lookForUpdates()]);
    expect(both[0]).toBe(both[1]);
    expect(asked).toHaveLength(2);
    first.updates.close();

    const second = await opened(() => place, first.kept);
    second.updates.plan();
    await aWhile();
    expect(asked).toHaveLength(2);
    expect(await second.updates.api.updates()).toMatchObject({ isNewer: true, at: base });
    second.updates.close();

    const old = { ...both[0], time: new Date(Date.now() - 90_000_000).toISOString() };
    await fs.writeFile(first.kept, JSON.stringify(old));
    const third = await opened(() => place, first.kept);
    third.updates.plan();
    await vi.waitFor(() => expect(third.found).toHaveLength(1));
    place = null;
    third.updates.plan();
    expect(await third.updates.api.updates()).toBeNull();
    third.updates.close();
  });

  it('starts with whatever stands in its file', async () => {
    const file = path.join(await temporaryFolder(), 'updates.json');
    for (const text of [
      '',
      '{}',
      JSON.stringify({ at: base, time: 'x', announced: { version: '?', released: null, files: [] } }),
    ]) {
      await fs.writeFile(file, text);
      const { updates } = await opened(() => base, file);
      expect((await updates.api.updates())?.isNewer ?? false).toBe(false);
    }
  });
});
