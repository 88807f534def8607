import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openTargets } from '../../src-main/app/kept/targets.js';
import { openSending } from '../../src-main/app/sending.js';
import { problemOf } from '../../src-main/contract/errors.js';
import type { ResultEvent } from '../../src-main/contract/events.js';
import type { EchoRequest, SendRequest } from '../../src-main/contract/requests/network.js';
import type { Verdict } from '../../src-main/contract/trust.js';
import type { Sending, TargetDraft } from '../../src-main/contract/window/sending.js';
import { removeFolders, temporaryFolder } from '../jobs/fixtures.js';

afterAll(async () => {
  delete process.env.LIMPID_HOME;
  await removeFolders();
});

const PACS: TargetDraft = {
  ...{ id: null, kind: 'dicom', name: 'Archive', calling: 'LIMPID', title: 'PACS' },
  ...{ host: '127.0.0.1', port: 104, tls: null },
};
const WEB: TargetDraft = {
  id: null,
  kind: 'dicomweb',
  name: 'Web',
  url: 'https://pacs/dicom-web',
  token: 'secret',
};

/** Everything below a folder that is a file, in one text. */
async function textBelow(folder: string, leftOut: RegExp): Promise<string> {
  const entries = await fs.readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((one) => one.isFile() && !leftOut.test(one.name));
  return (
    await Promise.all(files.map((one) => fs.readFile(path.join(one.parentPath, one.name), 'utf8')))
  ).join();
}

const AT = '2026-01-02T03:04:05.678Z';

async function sendingIn(
  home: string,
  verdict: Verdict | null,
  answer?: Promise<ResultEvent>,
  trashed: { at: string } | null = null,
) {
  const asked: (SendRequest | EchoRequest)[] = [];
  let told: readonly Sending[] = [];
  const { api, isOnItsWay } = await openSending({
    file: path.join(home, 'sendings.json'),
    targets: await openTargets(home),
    compute: (request) => {
      asked.push(request);
      return { result: answer ?? new Promise(() => undefined), cancel: () => undefined };
    },
    runs: { placeOf: () => ({ folder: '/out', createdAt: AT, trashed }), verdictOf: () => verdict },
    onChange: (sendings) => {
      told = sendings;
    },
  });
  return { api, asked, isOnItsWay, told: () => told };
}

const done = (sent: number, failed: number): Promise<ResultEvent> =>
  Promise.resolve({
    ...{ type: 'result', command: 'send', exitCode: failed > 0 ? 1 : 0, sent, held: 0, failed, others: 1 },
    ...{ bytes: 10, seconds: 1, problems: [] },
  });

describe('targets', () => {
  it('are kept, and a token is in a file of its own alone, which only this user may read', async () => {
    const home = await temporaryFolder();
    process.env.LIMPID_HOME = home;
    const targets = await openTargets(home);
    await targets.save(PACS);
    const web = await targets.save(WEB);
    expect(web).toMatchObject({ hasToken: true });
    expect(JSON.stringify(targets.list())).not.toContain('secret');
    const { target } = targets.reached(web);
    expect(JSON.stringify(target)).not.toContain('secret');
    const file = 'tokenFile' in target ? target.tokenFile : null;
    expect(await fs.readFile(file ?? '', 'utf8')).toBe('secret');
    expect((await fs.stat(file ?? '')).mode & 0o077).toBe(0);
    expect(await textBelow(home, /\.token$/)).not.toContain('secret');
    const again = await openTargets(home);
    expect(again.list()).toEqual(targets.list());
    await again.save({ id: web.id, kind: 'dicomweb', name: 'Other', url: 'https://pacs/dicom-web' });
    expect(again.find(web.id)).toMatchObject({ name: 'Other', hasToken: true });
    await again.remove(web.id);
    expect(await textBelow(home, /^$/)).not.toContain('secret');
    expect(() => again.find(web.id)).toThrow();
  });

  it('give the token of one server to no other: where the address goes elsewhere it is dropped', async () => {
    const home = await temporaryFolder();
    const targets = await openTargets(home);
    const web = await targets.save(WEB);
    const edit = (url: string) => targets.save({ id: web.id, kind: 'dicomweb', name: 'Web', url });
    expect(await edit('https://pacs/other-path')).toMatchObject({ hasToken: true });
    for (const url of [
      'https://elsewhere/dicom-web',
      'http://pacs/dicom-web',
      'https://pacs:8443/dicom-web',
    ]) {
      await targets.save({ ...WEB, id: web.id });
      const moved = await edit(url);
      expect(moved).toMatchObject({ hasToken: false });
      expect(targets.reached(moved)).toMatchObject({ target: { url, tokenFile: null } });
      expect(await textBelow(home, /^$/)).not.toContain('secret');
    }
  });

  it('have no address that holds a password, or is none of the web', async () => {
    const targets = await openTargets(await temporaryFolder());
    for (const url of ['https://me:pass@pacs/', 'file:///etc/passwd', 'ftp://pacs/'])
      await expect(targets.save({ ...WEB, url })).rejects.toMatchObject({ reason: 'E_USAGE/target-address' });
    expect(targets.list()).toEqual([]);
  });
});

describe('sending from the window', () => {
  it('holds what fails or was not judged, until that is said', async () => {
    const home = await temporaryFolder();
    for (const verdict of ['fail', null] as const) {
      const { api, asked } = await sendingIn(home, verdict);
      const { id } = await api.saveTarget(PACS);
      await expect(api.sendResult('run', 's', id, false)).rejects.toMatchObject({ reason: 'E_USAGE/held' });
      expect(asked).toEqual([]);
      await api.sendResult('run', 's', id, true);
      expect(asked).toMatchObject([
        { type: 'send', inputs: ['/out'], only: ['s'], all: true, tellVerdict: true },
      ]);
    }
    const { api, asked } = await sendingIn(home, 'warn');
    const [{ id }] = await api.targets();
    await api.sendResult('run', 's', id, false);
    expect(asked).toMatchObject([{ all: false }]);
  });

  it.each([
    [26, 0, 'sent'],
    [20, 6, 'partly'],
    [0, 26, 'failed'],
  ] as const)('tells of %i sent and %i failed as %s', async (sent, failed, state) => {
    const { api, told } = await sendingIn(await temporaryFolder(), 'pass', done(sent, failed));
    const { id } = await api.saveTarget(PACS);
    await api.sendResult('run', 's', id, false);
    await expect.poll(() => told()[0]?.state).toBe(state);
    expect(told()).toMatchObject([{ target: 'Archive', sent, total: 26, verdict: 'pass', made: AT }]);
  });

  it('says of what was on its way when the app ended that nobody knows', async () => {
    const home = await temporaryFolder();
    const before = await sendingIn(home, 'pass');
    const { id } = await before.api.saveTarget(PACS);
    await before.api.sendResult('run', 's', id, false);
    const { api } = await sendingIn(home, 'pass');
    expect(await api.sendings()).toMatchObject([
      { state: 'unfinished', problems: [{ code: 'E_CANCELLED', reason: 'E_CANCELLED/sending' }] },
    ]);
  });

  it('says of a connection that broke that nobody knows, and of nothing to send that nothing is there', async () => {
    for (const [reason, state] of [
      ['E_NETWORK/dicomweb', 'unfinished'],
      ['E_NOTHING/send', 'failed'],
    ] as const) {
      const stopped = problemOf(reason);
      const answer: ResultEvent = { type: 'result', command: 'send', exitCode: 1, stopped };
      const { api, told } = await sendingIn(await temporaryFolder(), 'pass', Promise.resolve(answer));
      const { id } = await api.saveTarget(PACS);
      await api.sendResult('run', 's', id, false);
      await expect.poll(() => told()[0]?.state).toBe(state);
    }
  });

  it('knows what is on its way, and sends nothing that was taken back', async () => {
    const { api, asked, isOnItsWay } = await sendingIn(await temporaryFolder(), 'pass');
    const { id } = await api.saveTarget(PACS);
    await api.sendResult('run', 's', id, false);
    expect([isOnItsWay('run'), isOnItsWay('other')]).toEqual([true, false]);
    expect(asked.length).toBe(1);
    const back = await sendingIn(await temporaryFolder(), 'pass', undefined, { at: AT });
    const archive = await back.api.saveTarget(PACS);
    await expect(back.api.sendResult('run', 's', archive.id, true)).rejects.toMatchObject({
      code: 'E_NOT_FOUND',
    });
    expect(back.asked).toEqual([]);
  });

  it('goes on where nothing can be written: what is not noted is not begun, and what ends is shown', async () => {
    const home = await temporaryFolder();
    const file = path.join(home, 'sendings.json');
    let end: (result: ResultEvent) => void = () => undefined;
    const answer = new Promise<ResultEvent>((resolve) => {
      end = resolve;
    });
    const { api, asked, told } = await sendingIn(home, 'pass', answer);
    const { id } = await api.saveTarget(PACS);
    // A folder in its place cannot be replaced by a file.
    await fs.mkdir(path.join(file, 'full'), { recursive: true });
    await expect(api.sendResult('run', 's', id, false)).rejects.toThrow();
    expect([await api.sendings(), asked]).toEqual([[], []]);
    await fs.rm(file, { recursive: true });
    await api.sendResult('run', 's', id, false);
    await fs.rm(file);
    await fs.mkdir(path.join(file, 'full'), { recursive: true });
    end(await done(26, 0));
    await expect.poll(() => told()[0]?.state).toBe('sent');
  });
});
