import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { hostname } from 'node:os';
import * as path from 'node:path';
import * as tls from 'node:tls';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { store } from '../../src-main/dicom/net/scu.js';
import { readStorable } from '../../src-main/dicom/net/storable.js';
import { openAudit } from '../../src-main/node/audit/audit.js';
import { startForwarding } from '../../src-main/node/audit/forward.js';
import { type AuditEvent, auditXml } from '../../src-main/node/audit/message.js';
import { Refusals } from '../../src-main/node/audit/refusals.js';
import { type NodeConfig, readConfig } from '../../src-main/node/config.js';
import { type LimpidNode, startNode } from '../../src-main/node/node.js';
import { tempFolder } from '../dicom/support.js';
import { freePort } from '../support/servers.js';
import { hasTool } from '../support/tools.js';
import { drawSeries, fakeJobs, nodeConfig } from './support.js';

const run = promisify(execFile);
const noOpenssl = !hasTool('openssl');
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Node {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Node[];
  text: string;
}

const unescaped = (value: string) =>
  value.replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)));

/** XML as strict as our own messages are: anything else throws. */
function parsedXml(xml: string): Node {
  const root: Node = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  const token =
    /<\?[^<>]*\?>|<(\/?)([A-Za-z]+)((?: [A-Za-z-]+="[^"<>&]*(?:&#\d+;[^"<>&]*)*")*)(\/?)>|((?:[^<>&]|&#\d+;)+)/y;
  while (token.lastIndex < xml.length) {
    const at = token.lastIndex;
    const found = token.exec(xml);
    if (found === null) throw new Error(`No XML at ${at}: ${xml.slice(at, at + 40)}`);
    const [all, end, name, given, empty, text] = found;
    const parent = open.at(-1);
    if (parent === undefined) throw new Error('Too many ends.');
    if (text !== undefined) parent.text += unescaped(text);
    else if (end === '/') {
      if (open.pop()?.name !== name) throw new Error(`${all} ends another.`);
    } else if (name !== undefined) {
      const attributes = Object.fromEntries(
        [...(given ?? '').matchAll(/ ([A-Za-z-]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [
          key,
          unescaped(value),
        ]),
      );
      const made: Node = { name, attributes, children: [], text: '' };
      parent.children.push(made);
      if (empty !== '/') open.push(made);
    }
  }
  if (open.length !== 1 || root.children.length !== 1) throw new Error('Not one root.');
  return root.children[0];
}

const CODED = {
  needed: ['csd-code', 'codeSystemName', 'originalText'],
  allowed: ['displayName'],
  children: '',
};
/** The schema of PS3.15 section A.5.1: attributes, and what children in which order. */
const SCHEMA: Readonly<Record<string, { needed?: string[]; allowed?: string[]; children: string }>> = {
  AuditMessage: {
    children:
      '^EventIdentification (ActiveParticipant )+AuditSourceIdentification (ParticipantObjectIdentification )*$',
  },
  EventIdentification: {
    needed: ['EventDateTime', 'EventOutcomeIndicator'],
    allowed: ['EventActionCode'],
    children: '^EventID (EventTypeCode )*(EventOutcomeDescription )?$',
  },
  ActiveParticipant: {
    needed: ['UserID', 'UserIsRequestor'],
    allowed: ['AlternativeUserID', 'UserName', 'NetworkAccessPointID', 'NetworkAccessPointTypeCode'],
    children: '^(RoleIDCode )*(MediaIdentifier )?$',
  },
  AuditSourceIdentification: {
    needed: ['AuditSourceID'],
    allowed: ['AuditEnterpriseSiteID'],
    children: '^(AuditSourceTypeCode )*$',
  },
  AuditSourceTypeCode: { needed: ['csd-code'], children: '^$' },
  ParticipantObjectIdentification: {
    needed: ['ParticipantObjectID'],
    allowed: ['ParticipantObjectTypeCode', 'ParticipantObjectTypeCodeRole'],
    children:
      '^ParticipantObjectIDTypeCode (ParticipantObjectName |ParticipantObjectQuery )(ParticipantObjectDetail )*(ParticipantObjectDescription )*$',
  },
  ParticipantObjectName: { children: '^$' },
  ParticipantObjectDetail: { needed: ['type', 'value'], children: '^$' },
  ParticipantObjectDescription: { children: '^(SOPClass )*$' },
  SOPClass: { needed: ['NumberOfInstances'], children: '^$' },
  MediaIdentifier: { children: '^MediaType $' },
  ...Object.fromEntries(
    ['EventID', 'EventTypeCode', 'RoleIDCode', 'MediaType', 'ParticipantObjectIDTypeCode'].map((name) => [
      name,
      { ...CODED, children: '^$' },
    ]),
  ),
};

function expectValid(node: Node): void {
  const rule = SCHEMA[node.name];
  expect(rule, node.name).toBeDefined();
  const { needed = [], allowed = [], children } = rule;
  const names = Object.keys(node.attributes);
  expect(
    needed.filter((name) => !names.includes(name)),
    node.name,
  ).toEqual([]);
  expect(
    names.filter((name) => ![...needed, ...allowed].includes(name)),
    node.name,
  ).toEqual([]);
  expect(node.children.map(({ name }) => `${name} `).join(''), node.name).toMatch(new RegExp(children));
  for (const child of node.children) expectValid(child);
}

const all = (node: Node, name: string): Node[] => [
  ...(node.name === name ? [node] : []),
  ...node.children.flatMap((child) => all(child, name)),
];
const codeOf = (node: Node) => node.attributes['csd-code'];

/** What a message says: event, type, outcome, who by role, how many instances of which study, and of whom. */
function tellOf(xml: string) {
  const node = parsedXml(xml);
  expectValid(node);
  const objects = all(node, 'ParticipantObjectIdentification').map((one) => [
    codeOf(all(one, 'ParticipantObjectIDTypeCode')[0]),
    one.attributes.ParticipantObjectID,
  ]);
  return {
    event: codeOf(all(node, 'EventID')[0]),
    type: all(node, 'EventTypeCode').map(codeOf),
    outcome: all(node, 'EventIdentification')[0].attributes.EventOutcomeIndicator,
    parties: all(node, 'ActiveParticipant').map((one) => [
      all(one, 'RoleIDCode').map(codeOf).join(),
      one.attributes.AlternativeUserID ?? one.attributes.UserID,
      one.attributes.NetworkAccessPointID,
    ]),
    objects: Object.fromEntries(objects),
    instances: all(node, 'SOPClass').map(({ attributes }) => Number(attributes.NumberOfInstances)),
  };
}

/** Messages of a stream whose octets are counted (RFC 5425 section 4.3). */
function messagesOf(bytes: Buffer): string[] {
  const messages: string[] = [];
  let rest = bytes;
  for (;;) {
    const space = rest.indexOf(0x20);
    const length = space < 0 ? Number.NaN : Number(rest.subarray(0, space).toString('latin1'));
    if (!(rest.length >= space + 1 + length)) return messages;
    messages.push(rest.subarray(space + 1, space + 1 + length).toString('utf8'));
    rest = rest.subarray(space + 1 + length);
  }
}

const HEAD =
  /^<(85|84)>1 \d{4}-\d\d-\d\dT[\d:.]+Z [\x21-\x7e]+ limpid \d+ DICOM\+RFC3881 - \ufeff(<\?xml [\s\S]*)$/;
const headOf = (message: string) => {
  const [, priority = '', xml = ''] = HEAD.exec(message) ?? [];
  return { priority, xml };
};
const eventsOf = (messages: readonly string[]) => messages.map((one) => tellOf(headOf(one).xml));

/** A syslog server that keeps what came, over all connections. */
class Repository {
  readonly port: number;
  readonly #make: (serve: (socket: Socket) => void) => Server;
  readonly #streams: Buffer[][] = [];
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;

  constructor(port: number, make: (serve: (socket: Socket) => void) => Server = createServer) {
    this.port = port;
    this.#make = make;
    closers.push(() => this.close());
  }

  async open(): Promise<void> {
    this.#server = this.#make((socket) => {
      const stream: Buffer[] = [];
      this.#streams.push(stream);
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => stream.push(bytes));
    });
    this.#server.listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  messages(): string[] {
    return this.#streams.flatMap((stream) => messagesOf(Buffer.concat(stream)));
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server === null) return;
    for (const socket of this.#sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  }
}

async function started(config: NodeConfig): Promise<LimpidNode> {
  const node = await startNode(
    config,
    fakeJobs(() => 'pass'),
  );
  let isOpen = true;
  const close = async () => {
    if (isOpen) await node.close();
    isOpen = false;
  };
  closers.push(close);
  return { ...node, close };
}

async function send(config: NodeConfig, files: readonly string[], called = config.title): Promise<void> {
  const peer = { title: called, host: '127.0.0.1', port: config.port, tls: null };
  await store(peer, 'SCANNER', await Promise.all(files.map(readStorable)), () => undefined);
}

const untilSent = (node: LimpidNode, series: string) =>
  expect.poll(() => node.records().find((one) => one.series === series)?.state).toBe('sent');
const US = { title: 'LIMPID', host: 'here', process: 7, site: 'Site' };

describe('a message of the audit', () => {
  it('has the structure of the standard, and takes nothing that a peer sends for mark-up', () => {
    const nasty = "\"><AuditMessage a='&amp;'>\n\u0000\ud800\ud83d\ude00";
    const moved = { study: '1.2.3', instances: 4, patient: nasty };
    const by = { name: nasty, address: '10.0.0.1' };
    const events: AuditEvent[] = [
      { at: '2026-01-02T03:04:05.000Z', kind: 'start' },
      { at: '2026-01-02T03:04:05.000Z', kind: 'stop' },
      { at: '2026-01-02T03:04:05.000Z', kind: 'received', from: [by, by], moved },
      {
        at: '2026-01-02T03:04:05.000Z',
        kind: 'sent',
        to: { name: 'PACS', address: 'https://pacs/x' },
        moved,
      },
      { at: '2026-01-02T03:04:05.000Z', kind: 'exported', to: { name: nasty, address: null }, moved },
      { at: '2026-01-02T03:04:05.000Z', kind: 'refused', by, why: 'called-title', times: 3 },
    ];
    const told = events.map((event) => tellOf(auditXml(event, US)));
    expect(told.map(({ event, type, outcome }) => [event, ...type, outcome])).toEqual([
      ['110100', '110120', '0'],
      ['110100', '110121', '0'],
      ['110104', '0'],
      ['110104', '0'],
      ['110106', '0'],
      ['110113', '110126', '4'],
    ]);
    const shown = nasty.replace('\u0000', '\ufffd').replace('\ud800', '\ufffd');
    expect(told[2].objects).toEqual({ '110180': '1.2.3', 2: shown });
    expect(told[5].parties[1]).toEqual(['110153', shown, '10.0.0.1']);
  });

  it('of a refusal is told once a minute with how often, by whatever title', () => {
    const told: unknown[] = [];
    const refusals = new Refusals((facts) => told.push([facts.title, facts.times]));
    const refusal = (title: string) => ({ why: 'called-title' as const, title, address: '10.0.0.1' });
    for (let i = 0; i < 1000; i++) refusals.add(refusal('A'), i);
    expect(told).toEqual([['A', 1]]);
    refusals.add(refusal('A'), 60_000);
    expect(told.slice(1)).toEqual([
      ['A', 999],
      ['A', 1],
    ]);
    for (let i = 0; i < 5000; i++) refusals.add(refusal(`T${i}`), 60_001);
    refusals.end();
    expect(told.length).toBeLessThan(110);
    const times = told.map((one) => (Array.isArray(one) ? Number(one[1]) : 0)).reduce((a, b) => a + b, 0);
    expect(times).toBe(6001);
  });

  it('of refusals that came to an end is told too, a minute later', () => {
    const told: unknown[] = [];
    const refusals = new Refusals((facts) => told.push(facts.times));
    for (let i = 0; i < 9; i++) refusals.add({ why: 'called-title', title: 'A', address: '10.0.0.1' }, i);
    refusals.look(59_999);
    expect(told).toEqual([1]);
    refusals.look(60_000);
    refusals.look(200_000);
    expect(told).toEqual([1, 8]);
  });
});

const auditFilesOf = (base: string) =>
  fs
    .readdirSync(path.join(base, 'audit'))
    .filter((name) => name.endsWith('.jsonl'))
    .sort();

describe('the files of the audit', () => {
  afterEach(() => void vi.useRealTimers());

  it('stay in order where the clock is set back over the end of a month, now and before a restart', async () => {
    const base = tempFolder();
    vi.useFakeTimers({ toFake: ['Date'] });
    const write = async (...dates: string[]) => {
      const audit = openAudit(base, () => undefined);
      for (const date of dates) {
        vi.setSystemTime(new Date(date));
        audit.write(date, {});
      }
      await audit.close();
    };
    await write('2026-11-30T12:00:00Z', '2026-12-01T12:00:00Z', '2026-11-30T13:00:00Z');
    await write('2026-11-30T14:00:00Z');
    expect(auditFilesOf(base)).toEqual(['2026-11.jsonl', '2026-12.jsonl']);
    const last = fs
      .readFileSync(path.join(base, 'audit', '2026-12.jsonl'), 'utf8')
      .trim()
      .split('\n');
    expect(last.map((line) => JSON.parse(line).event)).toEqual([
      '2026-12-01T12:00:00Z',
      '2026-11-30T13:00:00Z',
      '2026-11-30T14:00:00Z',
    ]);
  });

  it('lose nothing but half a line where one was cut', async () => {
    const base = tempFolder();
    const first = openAudit(base, () => undefined);
    first.write('whole', {});
    await first.close();
    const [name = ''] = auditFilesOf(base);
    const file = path.join(base, 'audit', name);
    fs.appendFileSync(file, '{"at":"20');
    const second = openAudit(base, () => undefined);
    second.write('next', {});
    await second.close();
    const lines = fs.readFileSync(file, 'utf8').trim().split('\n');
    expect(lines).toHaveLength(3);
    expect(JSON.parse(lines[2] ?? '').event).toBe('next');
  });

  it.each([
    ['was moved away', '2026-10.jsonl', 500],
    ['was cut to nothing', '2026-11.jsonl', 5000],
  ])('are told from the next on where the one that was told last %s', async (_, file, offset) => {
    const base = tempFolder();
    const server = new Repository(await freePort());
    await server.open();
    fs.mkdirSync(path.join(base, 'audit'));
    fs.writeFileSync(path.join(base, 'audit', 'told.json'), JSON.stringify({ file, offset }));
    fs.writeFileSync(
      path.join(base, 'audit', '2026-11.jsonl'),
      `${JSON.stringify({ at: '2026-11-30T12:00:00.000Z', event: 'started' })}\n`,
    );
    const forwarding = await startForwarding({
      base,
      title: 'LIMPID',
      site: null,
      syslog: { protocol: 'tcp', host: '127.0.0.1', port: server.port, tls: null },
      meaning: ({ at }) => Promise.resolve({ at, kind: 'start' }),
    });
    await forwarding.stop();
    expect(eventsOf(server.messages()).map(({ type }) => type)).toEqual([['110120']]);
  });
});

describe('a node that tells a syslog server of its audit', () => {
  it.skipIf(noOpenssl)(
    'does so over TLS: start, refusals, what came, what went, stop; nobody is named',
    async () => {
      const folder = tempFolder();
      const [key, cert] = ['key.pem', 'cert.pem'].map((name) => path.join(folder, name));
      const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
      await run('openssl', [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-days',
        '2',
        ...subject,
        '-keyout',
        key,
        '-out',
        cert,
      ]);
      const server = new Repository(await freePort(), (serve) =>
        tls.createServer({ key: fs.readFileSync(key), cert: fs.readFileSync(cert) }, serve),
      );
      await server.open();
      const file = path.join(folder, 'node.json');
      fs.writeFileSync(
        file,
        JSON.stringify({
          host: '127.0.0.1',
          port: await freePort(),
          folder: 'data',
          quietSeconds: 0.5,
          leastFreeGb: 0,
          targets: { shelf: { kind: 'folder', path: 'shelf' } },
          rules: [{ name: 'all', do: 'denoise', targets: ['shelf'] }],
          syslog: { host: '127.0.0.1', port: server.port, tls: { authority: 'cert.pem' }, patients: true },
        }),
      );
      const config = await readConfig(file);
      const node = await started(config);
      const { study, series, files } = drawSeries({ slices: 2 });
      await expect(send(config, files, 'WRONG')).rejects.toMatchObject({ code: 'E_NETWORK' });
      await send(config, files);
      await untilSent(node, series);
      await node.close();
      const messages = server.messages();
      expect(messages.join()).not.toContain('Telling');
      expect(messages.map((one) => headOf(one).priority)).toEqual(['85', '84', '85', '85', '85']);
      const [us, here] = ['AETITLES=LIMPID', hostname()];
      expect(eventsOf(messages)).toMatchObject([
        { event: '110100', type: ['110120'], parties: [['110150', us, here]] },
        {
          event: '110113',
          parties: [
            ['110150', us, here],
            ['110153', 'SCANNER', '127.0.0.1'],
          ],
        },
        {
          event: '110104',
          parties: [
            ['110153', 'SCANNER', '127.0.0.1'],
            ['110152', us, here],
          ],
          objects: { '110180': study, 2: 'P1' },
          instances: [2],
        },
        {
          event: '110106',
          parties: [
            ['110153', us, here],
            ['110154', 'shelf', undefined],
          ],
          objects: { '110180': study },
          instances: [2],
        },
        { event: '110100', type: ['110121'], parties: [['110150', us, here]] },
      ]);
    },
  );

  it('goes on where the server is away, and tells all once it is there, over a restart too', async () => {
    const server = new Repository(await freePort());
    const config = await nodeConfig({ syslog: { protocol: 'tcp', host: '127.0.0.1', port: server.port } });
    const first = await started(config);
    const one = drawSeries({ slices: 1 });
    await send(config, one.files);
    await untilSent(first, one.series);
    await expect.poll(async () => (await first.audit())?.failures).toBeGreaterThan(0);
    expect((await first.audit())?.waiting).toBeGreaterThan(0);
    await first.close();
    await server.open();
    const second = await started({ ...config, port: await freePort() });
    await expect.poll(async () => (await second.audit())?.waiting).toBe(0);
    // A server that goes may not have what it was told last: it hears it again from the next.
    await server.close();
    const events = () => eventsOf(server.messages()).map(({ event, type }) => type[0] ?? event);
    expect(events().slice(0, 4)).toEqual(['110120', '110104', '110121', '110120']);
    await server.open();
    await second.close();
    expect(events().at(-1)).toBe('110121');
  });

  it('sends a message a datagram where UDP is asked for', async () => {
    const socket = createSocket('udp4');
    closers.push(async () => void socket.close());
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const came: string[] = [];
    socket.on('message', (bytes) => came.push(bytes.toString('utf8')));
    const syslog = { protocol: 'udp', host: '127.0.0.1', port: socket.address().port };
    const node = await started(await nodeConfig({ syslog }));
    await node.close();
    await expect.poll(() => came.length).toBe(2);
    expect(eventsOf(came).map(({ type }) => type[0])).toEqual(['110120', '110121']);
  });

  it('asks a server that breaks each line after growing pauses, says so, and ends', async () => {
    let lines = 0;
    const server = createServer((socket) => {
      lines++;
      socket.on('error', () => undefined);
      socket.on('data', () => socket.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(async () => void server.close());
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const node = await started(await nodeConfig({ syslog: { protocol: 'tcp', host: '127.0.0.1', port } }));
    await expect.poll(async () => (await node.audit())?.failures).toBeGreaterThan(1);
    expect(lines).toBeLessThanOrEqual(1 + ((await node.audit())?.failures ?? 0));
    await node.close();
  });

  it('counts a machine where nobody takes datagrams as one that is away', async () => {
    const syslog = { protocol: 'udp', host: '127.0.0.1', port: await freePort() };
    const node = await started(await nodeConfig({ syslog }));
    await expect.poll(async () => (await node.audit())?.failures).toBeGreaterThan(0);
    await node.close();
  });

  it.each([
    ['resets the line', (socket: Socket) => void socket.on('end', () => socket.resetAndDestroy())],
    ['never ends it', () => undefined],
  ])('ends with its folder free where the server %s', async (_, misbehave) => {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      closers.push(async () => void socket.destroy());
      socket.on('error', () => undefined);
      socket.resume();
      misbehave(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(async () => void server.close());
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const config = await nodeConfig({ syslog: { protocol: 'tcp', host: '127.0.0.1', port } });
    await (await started(config)).close();
    await (await started({ ...config, syslog: null })).close();
  });
});
