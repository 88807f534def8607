import * as fs from 'node:fs';
import { createServer } from 'node:http';
import * as path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { SendRequest } from '../../src-main/contract/requests/network.js';
import { readAttributes } from '../../src-main/dicom/elements/attributes.js';
import { walkElements } from '../../src-main/dicom/elements/elements.js';
import { type Received, startStorage } from '../../src-main/dicom/net/scp.js';
import { runEcho } from '../../src-main/jobs/echo.js';
import { runSend } from '../../src-main/jobs/send.js';
import { makeDicom, tempFolder } from '../dicom/support.js';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function target(received: (one: Received) => void, port = 0) {
  const node = await startStorage(
    {
      title: 'PACS',
      host: '127.0.0.1',
      port,
      folder: tempFolder(),
      callers: null,
      mostAssociations: 5,
      mostBytes: 1 << 24,
      silenceMs: 60_000,
    },
    { received },
  );
  closers.push(node.close);
  return node;
}

function request(port: number, change: Partial<SendRequest> = {}): SendRequest {
  return {
    type: 'send',
    inputs: [],
    target: { title: 'PACS', host: '127.0.0.1', port, tls: null },
    calling: 'LIMPID',
    all: false,
    retries: 0,
    ...change,
  };
}

/** An output folder of two series of two images, whose trust reports say what is given. */
function outputs(...verdicts: string[]): string {
  const folder = tempFolder();
  const series = verdicts.map((verdict, i) => {
    const name = `series-00${i + 1}`;
    fs.mkdirSync(path.join(folder, name));
    for (const image of [1, 2])
      fs.writeFileSync(
        path.join(folder, name, `000${image}.dcm`),
        makeDicom({ sopInstance: `2.25.${i + 1}${image}`, rows: 8, columns: 8 }),
      );
    return { id: `id-${i + 1}`, trust: verdict === 'none' ? null : { verdict }, outputs: [{ path: name }] };
  });
  fs.writeFileSync(path.join(folder, 'report.json'), JSON.stringify({ series }));
  fs.mkdirSync(path.join(folder, '.limpid'));
  fs.writeFileSync(path.join(folder, '.limpid', 'half'), makeDicom({ sopInstance: '2.25.9' }));
  return folder;
}

describe('send', () => {
  it('sends what passes or warns, holds what fails, and leaves reports and what is not whole', async () => {
    const received: Received[] = [];
    const { port } = await target((one) => received.push(one));
    const folder = outputs('pass', 'fail', 'warn');
    const result = await runSend(request(port, { inputs: [folder] }), () => undefined);
    expect(result).toMatchObject({ exitCode: 1, sent: 4, held: 2, failed: 0, others: 1, problems: [] });
    expect(received.map(({ sopInstance }) => sopInstance).sort()).toEqual([
      '2.25.11',
      '2.25.12',
      '2.25.31',
      '2.25.32',
    ]);
    const all = await runSend(request(port, { inputs: [folder], all: true }), () => undefined);
    expect(all).toMatchObject({ exitCode: 0, sent: 6, held: 0 });
  });

  it('puts what passes into a folder, flat and by names that tell series apart', async () => {
    const folder = path.join(tempFolder(), 'passed');
    const asked = request(0, { inputs: [outputs('pass', 'fail')], target: { folder } });
    expect(await runSend(asked, () => undefined)).toMatchObject({ sent: 2, held: 2, exitCode: 1 });
    expect(fs.readdirSync(folder).map((name) => name.split('#')[1])).toEqual(['2.25.11.dcm', '2.25.12.dcm']);
    expect((await runSend(asked, () => undefined)).sent).toBe(2);
    expect(fs.readdirSync(folder)).toHaveLength(2);
  });

  it('holds what fails in the folders of a batch too, and what of these has a report that cannot be read', async () => {
    const { port } = await target(() => undefined);
    const batch = tempFolder();
    fs.renameSync(outputs('pass', 'fail'), path.join(batch, 'series-001'));
    fs.renameSync(outputs('pass'), path.join(batch, 'series-002'));
    fs.writeFileSync(path.join(batch, 'series-002', 'report.json'), '{"series": [');
    const result = await runSend(request(port, { inputs: [batch] }), () => undefined);
    expect(result).toMatchObject({ exitCode: 1, sent: 2, held: 4, failed: 0 });
  });

  it('says a verdict that is no pass in the description where that is asked for, of a batch too, and changes no file', async () => {
    const received: Received[] = [];
    const { port } = await target((one) => received.push(one));
    const batch = tempFolder();
    const folder = path.join(batch, 'series-001');
    fs.renameSync(outputs('pass', 'fail', 'warn', 'none'), folder);
    const files = ['1', '2', '3'].map((k) => path.join(folder, `series-00${k}`, '0001.dcm'));
    const before = files.map((file) => fs.readFileSync(file));
    const description = (file: string) => {
      const bytes = fs.readFileSync(file);
      return readAttributes(bytes, walkElements(bytes)).label('x0008103e') ?? '';
    };
    const told = async (change: Partial<SendRequest>) => {
      received.splice(0);
      expect(await runSend(request(port, { all: true, ...change }), () => undefined)).toMatchObject({
        sent: 8,
        problems: [],
      });
      return Object.fromEntries(received.map(({ sopInstance, file }) => [sopInstance, description(file)]));
    };
    const words = {
      '2.25.11': '',
      '2.25.12': '',
      '2.25.21': '(trust: fail)',
      '2.25.22': '(trust: fail)',
      '2.25.31': '(trust: warn)',
      '2.25.32': '(trust: warn)',
      '2.25.41': '(trust: none)',
      '2.25.42': '(trust: none)',
    };
    expect(await told({ inputs: [folder], tellVerdict: true })).toEqual(words);
    expect(await told({ inputs: [batch], tellVerdict: true })).toEqual(words);
    expect(new Set(Object.values(await told({ inputs: [folder] })))).toEqual(new Set(['']));
    expect(files.map((file) => fs.readFileSync(file))).toEqual(before);
  });

  it('holds what fails however deep it lies, and leaves what is hidden: results in the trash among it', async () => {
    const { port } = await target(() => undefined);
    const parent = tempFolder();
    fs.mkdirSync(path.join(parent, 'patient', 'day'), { recursive: true });
    fs.renameSync(outputs('pass', 'fail'), path.join(parent, 'patient', 'day', 'out'));
    fs.mkdirSync(path.join(parent, '.limpid-trash', 'one'), { recursive: true });
    fs.renameSync(outputs('pass'), path.join(parent, '.limpid-trash', 'one', 'result'));
    const given = { inputs: [parent] };
    const held = await runSend(request(port, given), () => undefined);
    expect(held).toMatchObject({ exitCode: 1, sent: 2, held: 2, failed: 0 });
    const all = await runSend(request(port, { ...given, all: true }), () => undefined);
    expect(all).toMatchObject({ exitCode: 0, sent: 4, held: 0 });
  });

  it('holds everything back where the report cannot be read', async () => {
    const { port } = await target(() => undefined);
    const folder = outputs('pass');
    fs.writeFileSync(path.join(folder, 'report.json'), '{"series": [');
    await expect(runSend(request(port, { inputs: [folder] }), () => undefined)).rejects.toMatchObject({
      code: 'E_IO',
    });
  });

  it('goes on where the target comes back, and sends nothing twice', async () => {
    const received: string[] = [];
    const first = await target((one) => {
      received.push(one.sopInstance);
      if (received.length === 3) void first.close().then(() => again());
    });
    const again = () => target((one) => received.push(one.sopInstance), first.port);
    const folder = outputs('pass', 'pass', 'pass');
    const result = await runSend(request(first.port, { inputs: [folder], retries: 8 }), () => undefined);
    expect(result).toMatchObject({ exitCode: 0, sent: 6, failed: 0 });
    // The third was stored, but its sender did not hear of it: it comes again, and is stored once.
    expect([...new Set(received)].sort()).toEqual([
      '2.25.11',
      '2.25.12',
      '2.25.21',
      '2.25.22',
      '2.25.31',
      '2.25.32',
    ]);
    expect(received.length).toBeLessThanOrEqual(7);
  });

  it('says that nothing listens, and that there is nothing to send', async () => {
    const { port, close } = await target(() => undefined);
    await close();
    closers.pop();
    await expect(
      runSend(request(port, { inputs: [outputs('pass')] }), () => undefined),
    ).rejects.toMatchObject({
      code: 'E_NETWORK',
    });
    await expect(runSend(request(port, { inputs: [tempFolder()] }), () => undefined)).rejects.toMatchObject({
      code: 'E_NOTHING',
    });
    const missing = path.join(tempFolder(), 'missing');
    await expect(runSend(request(port, { inputs: [missing] }), () => undefined)).rejects.toMatchObject({
      code: 'E_NOT_FOUND',
    });
  });

  it('tells of a file that went while it was sent, and sends the rest', async () => {
    const folder = outputs('pass', 'pass');
    const { port } = await target(() =>
      fs.rmSync(path.join(folder, 'series-002', '0001.dcm'), { force: true }),
    );
    const result = await runSend(request(port, { inputs: [folder] }), () => undefined);
    expect(result).toMatchObject({ exitCode: 1, sent: 3, failed: 1 });
    expect(result.problems.map(({ code }) => code)).toEqual(['E_NOT_FOUND']);
  });

  it('tells of a damaged file and sends the rest', async () => {
    const { port } = await target(() => undefined);
    const folder = outputs('pass');
    fs.writeFileSync(path.join(folder, 'odd'), Buffer.concat([makeDicom(), Buffer.alloc(1)]));
    const result = await runSend(request(port, { inputs: [folder] }), () => undefined);
    expect(result).toMatchObject({ exitCode: 1, sent: 2, failed: 1 });
    expect(result.problems.map(({ code }) => code)).toEqual(['E_ELEMENT']);
  });
});

/** A DICOMweb service that takes what comes with a token, and what it was asked. */
async function web(token: string) {
  const asked: string[] = [];
  const server = createServer((message, response) => {
    asked.push(`${message.method} ${message.url}`);
    message.resume();
    message.on('end', () => {
      const isKnown = message.headers.authorization === `Bearer ${token}`;
      response.writeHead(isKnown ? 200 : 401, { 'content-type': 'application/dicom+json' });
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const tokenFile = path.join(tempFolder(), 'token');
  fs.writeFileSync(tokenFile, `${token}\n`);
  return { asked, tokenFile, url: `http://127.0.0.1:${port}/dicom-web/` };
}

describe('sending one result', () => {
  it('sends of an output folder the series that is meant, and nothing else', async () => {
    const received: string[] = [];
    const { port } = await target(({ sopInstance }) => received.push(sopInstance));
    const folder = outputs('pass', 'pass', 'fail');
    const result = await runSend(request(port, { inputs: [folder], only: ['id-2'] }), () => {});
    expect(result).toMatchObject({ sent: 2, held: 0, failed: 0, exitCode: 0 });
    expect(received.sort()).toEqual(['2.25.21', '2.25.22']);
    const held = await runSend(request(port, { inputs: [folder], only: ['id-3'] }), () => {});
    expect(held).toMatchObject({ sent: 0, held: 2, exitCode: 1 });
    await expect(
      runSend(request(port, { inputs: [folder], only: ['id-9'] }), () => {}),
    ).rejects.toMatchObject({ code: 'E_NOTHING' });
  });

  it('goes to a DICOMweb service with the token of its file', async () => {
    const { asked, url, tokenFile } = await web('secret');
    const sent = request(0, { inputs: [outputs('pass')], target: { url, tokenFile } });
    expect(await runSend(sent, () => {})).toMatchObject({ sent: 2, failed: 0, exitCode: 0 });
    expect(asked).toEqual(['POST /dicom-web/studies', 'POST /dicom-web/studies']);
    const without = { ...sent, target: { url, tokenFile: null } };
    await expect(runSend(without, () => {})).rejects.toMatchObject({
      code: 'E_NETWORK',
      reason: 'E_NETWORK/dicomweb-status',
    });
  });

  it('asks a target first whether it is there', async () => {
    const { url, tokenFile } = await web('secret');
    const { port } = await target(() => undefined);
    const echo = { type: 'echo', calling: 'LIMPID' } as const;
    const dicom = { title: 'PACS', host: '127.0.0.1', port, tls: null };
    expect(await runEcho({ ...echo, target: dicom })).toMatchObject({ command: 'echo', exitCode: 0 });
    expect(await runEcho({ ...echo, target: { url, tokenFile } })).toMatchObject({ exitCode: 0 });
    for (const wrong of [
      { ...dicom, title: 'OTHER' },
      { url, tokenFile: null },
      { url: 'http://127.0.0.1:1/', tokenFile: null },
    ])
      await expect(runEcho({ ...echo, target: wrong })).rejects.toMatchObject({ code: 'E_NETWORK' });
    await expect(runEcho({ ...echo, target: { url, tokenFile: '/none' } })).rejects.toMatchObject({
      code: 'E_NOT_FOUND',
    });
  });

  it('puts nothing outside of the folder that it is sent into, and all else there beside what cannot be read', async () => {
    const [input, out] = [tempFolder(), path.join(tempFolder(), 'in', 'deep')];
    const write = (name: string, bytes: Uint8Array) => fs.writeFileSync(path.join(input, name), bytes);
    write('1', makeDicom({ sopInstance: '2.25.1', series: '../../outside' }));
    write('2', makeDicom({ sopInstance: '2.25.2', series: '' }));
    const cut = makeDicom({ sopInstance: '2.25.3', rows: 8, columns: 8 });
    write('3', cut.subarray(0, cut.length - 20));
    write('4', makeDicom({ sopInstance: '2.25.4', series: '1.2.3' }));
    const result = await runSend(
      request(0, { inputs: [input], target: { folder: out }, retries: 3 }),
      () => undefined,
    );
    expect(result).toMatchObject({ sent: 1, failed: 3 });
    const above = path.dirname(path.dirname(out));
    expect(fs.readdirSync(above, { recursive: true }).sort()).toEqual([
      'in',
      path.join('in', 'deep'),
      path.join('in', 'deep', '1.2.3#2.25.4.dcm'),
    ]);
  });
});

describe('a folder that is a target', () => {
  it('lies not among what is sent, where it would be sent the next time', async () => {
    const folder = outputs('pass');
    const within = path.join(folder, 'passed');
    await expect(
      runSend(request(0, { inputs: [folder], target: { folder: within } }), () => {}),
    ).rejects.toMatchObject({ code: 'E_INSIDE_SOURCE', place: within });
    expect(fs.existsSync(within)).toBe(false);
  });

  it('is tried once where the file system refuses it: only connections come back', async () => {
    const file = path.join(tempFolder(), 'file');
    fs.writeFileSync(file, 'x');
    const folder = path.join(file, 'below');
    const started = performance.now();
    await expect(
      runSend(request(0, { inputs: [outputs('pass')], target: { folder }, retries: 20 }), () => {}),
    ).rejects.toMatchObject({ code: 'E_EXISTS', place: folder });
    // Twenty tries take a quarter of an hour.
    expect(performance.now() - started).toBeLessThan(60_000);
  });
});
