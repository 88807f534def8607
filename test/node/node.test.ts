import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fault, problemOf } from '../../src-main/contract/errors.js';
import type { Report } from '../../src-main/contract/report.js';
import { SeriesRecord } from '../../src-main/contract/requests/node.js';
import { read } from '../../src-main/contract/schema/schema.js';
import { readAttributes } from '../../src-main/dicom/elements/attributes.js';
import { walkElements } from '../../src-main/dicom/elements/elements.js';
import { sequenceElement, uidElement } from '../../src-main/dicom/elements/encode.js';
import { Association } from '../../src-main/dicom/net/association.js';
import { COMMAND_FIELD } from '../../src-main/dicom/net/command.js';
import { STORAGE_COMMITMENT } from '../../src-main/dicom/net/commitment.js';
import { connectTo } from '../../src-main/dicom/net/connect.js';
import { asData, DATA_SET_SYNTAXES, encodeDataSet } from '../../src-main/dicom/net/data-set.js';
import { type Received, startStorage } from '../../src-main/dicom/net/scp.js';
import { store } from '../../src-main/dicom/net/scu.js';
import { readStorable } from '../../src-main/dicom/net/storable.js';
import { runJob } from '../../src-main/jobs/run.js';
import { checkRules } from '../../src-main/node/check.js';
import { type NodeConfig, parseConfig } from '../../src-main/node/config.js';
import { type LimpidNode, startNode } from '../../src-main/node/node.js';
import { writeRecord } from '../../src-main/node/record.js';
import { readRules } from '../../src-main/node/rules.js';
import { Shelf } from '../../src-main/node/shelf.js';
import { startStatus } from '../../src-main/node/status.js';
import { FolderWatch } from '../../src-main/node/watch.js';
import { type NodeOptions, Working } from '../../src-main/node/working.js';
import { command, listSeries } from '../../src-main/process/node-door.js';
import { seriesFolder } from '../../src-main/process/node-folder.js';
import { reportJson } from '../../src-main/report/report-html.js';
import { tempFolder } from '../dicom/support.js';
import { freePort, startOrthanc } from '../support/servers.js';
import { fileLacks, hasTool } from '../support/tools.js';
import { drawSeries, fakeJobs, nodeConfig, sendStalling } from './support.js';

const DICOM_WEB = '/usr/share/orthanc/plugins/libOrthancDicomWeb.so';
const noDicomWeb = !hasTool('Orthanc') || fileLacks(DICOM_WEB, 'orthanc-dicomweb') !== '';
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function started(config: NodeConfig, options: NodeOptions): Promise<LimpidNode> {
  const node = await startNode(config, options);
  let isClosed = false;
  const close = node.close;
  const once = async () => {
    if (!isClosed) await close();
    isClosed = true;
  };
  closers.push(once);
  return { ...node, close: once };
}

async function send(config: NodeConfig, files: readonly string[]): Promise<void> {
  const instances = await Promise.all(files.map(readStorable));
  const peer = { title: config.title, host: '127.0.0.1', port: config.port, tls: null };
  const failed: string[] = [];
  await store(peer, 'SCANNER', instances, ({ sopInstance }, { kind }) => {
    if (kind !== 'stored') failed.push(sopInstance);
  });
  expect(failed).toEqual([]);
}

/** A PACS that tells what it received. */
async function pacs(port: number): Promise<{ received: Received[]; close: () => Promise<void> }> {
  const received: Received[] = [];
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
    { received: (one) => received.push(one) },
  );
  closers.push(node.close);
  return { received, close: node.close };
}

/** As a target that says of one instance that it does not keep it (PS3.4 section J.3.3). */
async function reportUncommitted(config: NodeConfig, transaction: string, instance: string): Promise<void> {
  const socket = await connectTo({ title: config.title, host: '127.0.0.1', port: config.port, tls: null });
  const context = { id: 1, abstractSyntax: STORAGE_COMMITMENT, transferSyntaxes: DATA_SET_SYNTAXES };
  const role = { sopClass: STORAGE_COMMITMENT, scu: false, scp: true };
  const titles = { called: config.title, calling: 'PACS' };
  const association = await Association.open(socket, titles, [context], [role]);
  const missing = [uidElement(0x00081150, MR), uidElement(0x00081155, instance)];
  const report = [uidElement(0x00081195, transaction), sequenceElement(0x00081198, missing)];
  await association.send(
    1,
    {
      commandField: COMMAND_FIELD.eventRequest,
      affectedClass: STORAGE_COMMITMENT,
      affectedInstance: `${STORAGE_COMMITMENT}.1`,
      messageId: 1,
      eventType: 2,
    },
    asData(encodeDataSet(report, association.accepted.get(1)?.transferSyntax ?? '')),
  );
  expect((await association.receive())?.command.status).toBe(0);
  await association.release();
}

async function untilRecord(
  node: LimpidNode,
  series: string,
  test: (record: SeriesRecord) => boolean,
): Promise<SeriesRecord> {
  let found: SeriesRecord | undefined;
  await expect
    .poll(() => {
      found = node.records().find((one) => one.series === series);
      return found !== undefined && test(found);
    })
    .toBe(true);
  if (found === undefined) throw new Error('There is no such record.');
  return found;
}

const MR = '1.2.840.10008.5.1.4.1.1.4';
const inState = (state: SeriesRecord['state']) => (record: SeriesRecord) => record.state === state;
const UNTESTED: Report = {
  schemaVersion: 1,
  notice: 'Not for diagnostic use',
  tool: { name: 'limpid', version: '0.1.0' },
  createdAt: '2026-01-02T03:04:05.678Z',
  seconds: 1,
  request: {
    input: 'dicom',
    model: { kind: 'dct', sha256: null },
    clean: null,
    objective: 'recorrupted',
    steps: null,
    seed: 1,
    strength: 1,
    device: 'auto',
    errorMap: false,
    uncertainty: false,
    refine: true,
    effort: null,
    strict: false,
    force: false,
  },
  device: { name: 'cpu', description: 'CPU', warnings: [] },
  warnings: [],
  series: [
    {
      id: '0123',
      modality: 'MR',
      status: 'done',
      problem: null,
      input: { instances: 6, transferSyntaxes: [], sha256: [] },
      geometry: null,
      noise: null,
      aligned: null,
      race: null,
      cleaned: [],
      training: null,
      residual: null,
      trust: null,
      timings: [],
      warnings: [problemOf('W_UNTESTED/other-change')],
      outputs: [],
    },
  ],
};

const toPacs = (port: number, more: object = {}) => ({
  targets: { pacs: { kind: 'dicom', title: 'PACS', host: '127.0.0.1', port, ...more } },
  rules: [{ name: 'all', do: 'denoise', targets: ['pacs'] }],
});

describe('settings of a node', () => {
  it('are refused with the place of each value that is wrong', () => {
    expect(() => parseConfig({ folder: 'x', rules: [] })).toThrow(/rules: /);
    expect(() => parseConfig({ folder: 'x', prot: 1, rules: [{ name: 'a', do: 'melt' }] })).toThrow(
      /rules\.0\.do/,
    );
    expect(() =>
      parseConfig({ folder: 'x', rules: [{ name: 'a', do: 'denoise', targets: ['nowhere'] }] }),
    ).toThrow(/no target nowhere/);
    // What every object has is no target that was named.
    for (const target of ['constructor', 'toString'])
      expect(() =>
        parseConfig({ folder: 'x', rules: [{ name: 'a', do: 'denoise', originals: [target] }] }),
      ).toThrow(`no target ${target}`);
  });

  it('with a condition that names an unknown attribute start no node', async () => {
    // The settings that docs/node.md begins with, as they stand there.
    const docs = fs.readFileSync(path.resolve(import.meta.dirname, '../../docs/node.md'), 'utf8');
    const [, written = ''] = /```json\n([\s\S]*?)```/.exec(docs) ?? [];
    expect(readRules(parseConfig(JSON.parse(written)).rules)).toHaveLength(2);
    const config = await nodeConfig({ rules: [{ name: 'a', do: 'skip', where: 'Nonsense=1' }] });
    await expect(
      startNode(
        config,
        fakeJobs(() => 'pass'),
      ),
    ).rejects.toMatchObject({ code: 'E_USAGE' });
  });
});

describe('a node', () => {
  it('denoises a series once it is complete and sends what passes, once', async () => {
    const port = await freePort();
    const target = await pacs(port);
    const config = await nodeConfig(toPacs(port));
    const jobs = fakeJobs(() => 'pass');
    const node = await started(config, jobs);
    const { series, files } = drawSeries();
    await send(config, files);
    const record = await untilRecord(node, series, inState('sent'));
    expect(record).toMatchObject({ instances: 6, verdict: 'pass', rule: 'all', generation: 1 });
    expect(target.received).toHaveLength(6);
    // What comes again is what is there.
    await send(config, files);
    await send(config, drawSeries({ slices: 1 }).files);
    await expect.poll(() => node.records().filter(inState('sent')).length).toBe(2);
    expect(jobs.started).toHaveLength(2);
    expect(target.received).toHaveLength(7);
  });

  it('holds what fails until it is released, and what warns where the rule says so', async () => {
    const port = await freePort();
    const target = await pacs(port);
    const config = await nodeConfig({
      ...toPacs(port),
      rules: [
        {
          name: 'strict',
          where: 'SeriesDescription~careful',
          do: 'denoise',
          targets: ['pacs'],
          warned: 'hold',
        },
        { name: 'all', do: 'denoise', targets: ['pacs'] },
      ],
    });
    const verdicts = ['fail', 'warn', 'warn'] as const;
    let count = 0;
    const node = await started(
      config,
      fakeJobs(() => verdicts[count++] ?? 'pass'),
    );
    const failing = drawSeries();
    await send(config, failing.files);
    const held = await untilRecord(node, failing.series, inState('held'));
    expect(held).toMatchObject({ verdict: 'fail', reason: 'E_TRUST' });

    const careful = drawSeries({ description: 'Careful' });
    await send(config, careful.files);
    expect(await untilRecord(node, careful.series, inState('held'))).toMatchObject({
      rule: 'strict',
      verdict: 'warn',
    });

    const other = drawSeries();
    await send(config, other.files);
    await untilRecord(node, other.series, inState('sent'));
    expect(target.received).toHaveLength(6);

    await node.release(held.id);
    await untilRecord(node, failing.series, inState('sent'));
    expect(target.received).toHaveLength(12);
    await expect(node.release(held.id)).rejects.toMatchObject({ code: 'E_USAGE' });
  });

  it('sends no twin of what a run left as it was, holds what was changed unjudged, and forwards the originals of both', async () => {
    const port = await freePort();
    const target = await pacs(port);
    const config = await nodeConfig({
      ...toPacs(port),
      rules: [{ name: 'all', do: 'denoise', targets: ['pacs'], originals: ['pacs'] }],
    });
    const verdicts = ['unchanged', 'untested'] as const;
    let count = 0;
    const node = await started(
      config,
      fakeJobs(() => verdicts[count++] ?? 'pass'),
    );
    const clean = drawSeries({ slices: 2 });
    await send(config, clean.files);
    expect(await untilRecord(node, clean.series, inState('skipped'))).toMatchObject({
      verdict: null,
      reason: 'nothing-to-do',
    });
    const changed = drawSeries({ slices: 2 });
    await send(config, changed.files);
    expect(await untilRecord(node, changed.series, inState('held'))).toMatchObject({
      verdict: null,
      reason: 'W_UNTESTED',
    });
    const isForwarded = ({ deliveries }: SeriesRecord) =>
      deliveries.some(({ what, state }) => what === 'originals' && state === 'done');
    await untilRecord(node, clean.series, isForwarded);
    await untilRecord(node, changed.series, isForwarded);
    await node.close();
    expect(target.received.map(({ sopInstance }) => sopInstance).sort()).toEqual(
      [...clean.instances, ...changed.instances].sort(),
    );
  });

  it('keeps a series that was skipped as long as its originals are on their way', async () => {
    const port = await freePort();
    const config = await nodeConfig({
      ...toPacs(port),
      keepDays: 0,
      rules: [{ name: 'all', do: 'denoise', targets: ['pacs'], originals: ['pacs'] }],
    });
    const node = await started(
      config,
      fakeJobs(() => 'unchanged'),
    );
    const { series, files, instances } = drawSeries({ slices: 2 });
    await send(config, files);
    await untilRecord(node, series, ({ state, deliveries }) => {
      return state === 'skipped' && (deliveries[0]?.attempts ?? 0) > 1;
    });
    const target = await pacs(port);
    await untilRecord(node, series, ({ removed }) => removed);
    expect(target.received.map(({ sopInstance }) => sopInstance).sort()).toEqual(instances.sort());
  });

  it('cleans by a rule, with a model that has a file by another, and tells of a series without artifacts that there was nothing to do', async () => {
    const config = await nodeConfig({
      rules: [
        { name: 'spikes', where: 'SeriesDescription~spiky', do: 'clean', clean: ['spike'] },
        { name: 'fields', where: 'SeriesDescription~field', do: 'clean', clean: ['bias'] },
        { name: 'heads', where: 'SeriesDescription~head', do: 'denoise', model: { file: 'head.onnx' } },
        { name: 'all', do: 'clean' },
      ],
    });
    const jobs = fakeJobs(() => 'unchanged');
    const node = await started(config, jobs);
    for (const description of ['Spiky', 'Head', 'Other']) {
      const { series, files } = drawSeries({ slices: 1, description });
      await send(config, files);
      await untilRecord(node, series, inState('skipped'));
    }
    expect(jobs.started).toMatchObject([
      { model: { kind: 'none' }, clean: ['spike'], strength: 1 },
      { model: { kind: 'file', path: 'head.onnx' } },
      { model: { kind: 'none' }, clean: 'auto' },
    ]);
    expect(jobs.started[1]?.clean).toBeUndefined();
    await node.close();

    // What a run really leaves, and really says of it.
    const real = await started(config, {
      startJob: (request) => ({
        result: runJob(request, () => undefined),
        cancel: () => undefined,
        pause: () => undefined,
        finish: () => undefined,
      }),
    });
    const spiky = drawSeries({ slices: 2, description: 'Spiky' });
    await send(config, spiky.files);
    expect(await untilRecord(real, spiky.series, inState('skipped'))).toMatchObject({
      rule: 'spikes',
      verdict: null,
      reason: 'nothing-to-do',
    });
    const field = drawSeries({ slices: 2, description: 'Field' });
    await send(config, field.files);
    expect(await untilRecord(real, field.series, inState('sent'))).toMatchObject({ verdict: 'warn' });
    // The stripes of the drawn disc may be a field, but two slices do not tell: they are left where no name is given.
    const other = drawSeries({ slices: 2, description: 'Other' });
    await send(config, other.files);
    expect(await untilRecord(real, other.series, inState('skipped'))).toMatchObject({
      rule: 'all',
      reason: 'nothing-to-do',
    });
  });

  it('sends what warns, or was released, with that in its description, and what passes as it is', async () => {
    const port = await freePort();
    const target = await pacs(port);
    const config = await nodeConfig(toPacs(port));
    const verdicts = ['warn', 'fail', 'untested', 'pass'] as const;
    const words = ['(trust: warn)', '(trust: fail)', '(trust: none)', undefined];
    let count = 0;
    const node = await started(
      config,
      fakeJobs(() => verdicts[count++] ?? 'pass'),
    );
    const isHeld = (verdict: (typeof verdicts)[number]) => verdict === 'fail' || verdict === 'untested';
    const descriptions = (files: readonly string[]) =>
      new Set(
        files.map((file) => {
          const bytes = fs.readFileSync(file);
          return readAttributes(bytes, walkElements(bytes)).label('x0008103e');
        }),
      );
    for (const [i, verdict] of verdicts.entries()) {
      const { series, files } = drawSeries({ slices: 2 });
      await send(config, files);
      const { id } = await untilRecord(node, series, inState(isHeld(verdict) ? 'held' : 'sent'));
      if (isHeld(verdict)) await node.release(id);
      await untilRecord(node, series, inState('sent'));
      const got = target.received.slice(2 * i).map(({ file }) => file);
      expect(got).toHaveLength(2);
      expect(descriptions(got)).toEqual(new Set([words[i]]));
      const kept = path.join(seriesFolder(config.folder, id).output(1), 'series-001');
      expect(descriptions(fs.readdirSync(kept).map((name) => path.join(kept, name)))).toEqual(
        new Set([undefined]),
      );
    }
  });

  it('sends the report as a document of the study where a target wants it', async () => {
    const port = await freePort();
    const target = await pacs(port);
    const folder = tempFolder();
    const { targets } = toPacs(port, { report: true });
    const config = await nodeConfig({
      targets: { ...targets, shelf: { kind: 'folder', path: folder } },
      rules: [{ name: 'all', do: 'denoise', model: 'dct', targets: ['pacs', 'shelf'] }],
    });
    const jobs = fakeJobs(() => 'pass');
    const node = await started(config, {
      startJob(request) {
        const job = jobs.startJob(request);
        fs.writeFileSync(path.join(request.output, 'report.json'), reportJson(UNTESTED));
        return job;
      },
    });
    const { series, files } = drawSeries();
    await send(config, files);
    // What was not judged is held.
    await node.release((await untilRecord(node, series, inState('held'))).id);
    await untilRecord(node, series, inState('sent'));
    const got = await Promise.all(target.received.map(({ file }) => readStorable(file)));
    const documents = got.filter(({ sopClass }) => sopClass === '1.2.840.10008.5.1.4.1.1.104.1');
    expect([got.length, documents.length]).toEqual([7, 1]);
    const bytes = fs.readFileSync(documents[0]?.path ?? '');
    const attributes = readAttributes(bytes, walkElements(bytes));
    // The study of the images that were made.
    expect(attributes.text('x0020000d')).toBe('1.2.3');
    // Of the patient only the header tells, as that of every image of the study.
    const text = bytes.subarray(bytes.indexOf('%PDF')).toString('latin1');
    const document = text.slice(0, text.indexOf('%%EOF'));
    expect(document).toContain('(Trust report) Tj');
    expect(document).toContain('(Series 1 \\(MR\\): done) Tj');
    expect(document).not.toContain('Telling');
    expect(
      fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((one) => one.endsWith('.dcm')),
    ).toHaveLength(6);
  });

  it('waits for a series as long as an association that brings its study is open', async () => {
    const config = await nodeConfig();
    const jobs = fakeJobs(() => 'pass');
    const node = await started(config, jobs);
    const { series, files } = drawSeries();
    const other = drawSeries();
    let goOn = () => {};
    const sending = sendStalling(
      config,
      files,
      new Promise((resolve) => {
        goOn = resolve;
      }),
    );
    await untilRecord(node, series, ({ instances }) => instances === 5);
    // Another series completes by the same quiet time while this association stalls in the middle of an image.
    await send(config, other.files);
    await untilRecord(node, other.series, inState('sent'));
    expect(node.records().find((one) => one.series === series)).toMatchObject({ state: 'receiving' });
    goOn();
    await sending;
    expect(await untilRecord(node, series, inState('sent'))).toMatchObject({ instances: 6, generation: 1 });
    expect(jobs.started).toHaveLength(2);
  });

  it('gives a sender that was cut off after a long stall as long to come back as any other', async () => {
    const config = await nodeConfig({ quietSeconds: 3 });
    const jobs = fakeJobs(() => 'pass');
    const node = await started(config, jobs);
    const { series, files } = drawSeries();
    let cutOff = () => {};
    const cut = new Promise<void>((resolve) => {
      cutOff = resolve;
    });
    const sending = sendStalling(config, files, new Promise(() => undefined), cut);
    await untilRecord(node, series, ({ instances }) => instances === 5);
    // Quiet for longer than a series may be, while its association is open.
    await new Promise((resolve) => setTimeout(resolve, 4000));
    cutOff();
    await expect(sending).rejects.toThrow();
    await expect.poll(() => node.associations()).toBe(0);
    // Half of the time that it has.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(node.records().find((one) => one.series === series)).toMatchObject({ state: 'receiving' });
    await send(config, files);
    expect(await untilRecord(node, series, inState('sent'))).toMatchObject({ instances: 6, generation: 1 });
    expect(jobs.started).toHaveLength(1);
  });

  it('waits no longer than its patience for a sender that stalls for ever, and shows nothing of its half image', async () => {
    const config = await nodeConfig({ patienceSeconds: 3 });
    const jobs = fakeJobs(() => 'pass');
    const node = await started(config, jobs);
    const { series, files, instances } = drawSeries();
    const sending = sendStalling(config, files, new Promise(() => undefined));
    const { id } = await untilRecord(node, series, inState('sent'));
    const { images } = seriesFolder(config.folder, id);
    expect(fs.readdirSync(images)).toEqual(
      instances
        .slice(0, 5)
        .map((one) => `${one}.dcm`)
        .sort(),
    );
    expect(node.associations()).toBe(1);
    await Promise.all([node.close(), expect(sending).rejects.toThrow()]);
    expect(fs.readdirSync(path.join(config.folder, 'incoming'))).toEqual([]);
  });

  it('goes on where the clock is set, back or forward', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    closers.push(async () => void vi.useRealTimers());
    const port = await freePort();
    const config = await nodeConfig(toPacs(port));
    const node = await started(
      config,
      fakeJobs(() => 'pass'),
    );
    const [first, stalled] = [drawSeries(), drawSeries()];
    let goOn = () => {};
    const until = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const sending = sendStalling(config, stalled.files, until);
    await untilRecord(node, stalled.series, ({ instances }) => instances === 5);
    await send(config, first.files);
    vi.setSystemTime(Date.now() - 86_400_000);
    await untilRecord(node, first.series, ({ deliveries }) => (deliveries[0]?.attempts ?? 0) > 0);
    vi.setSystemTime(Date.now() - 86_400_000);
    const target = await pacs(port);
    await untilRecord(node, first.series, inState('sent'));
    // A day forward is no patience of a day: an association still brings this one.
    vi.setSystemTime(Date.now() + 5 * 86_400_000);
    const other = drawSeries();
    await send(config, other.files);
    await untilRecord(node, other.series, inState('sent'));
    expect(node.records().find(({ series }) => series === stalled.series)?.state).toBe('receiving');
    goOn();
    await sending;
    expect(await untilRecord(node, stalled.series, inState('sent'))).toMatchObject({ generation: 1 });
    expect(target.received).toHaveLength(18);
  });

  it('does a series anew when images come late', async () => {
    const port = await freePort();
    const target = await pacs(port);
    const config = await nodeConfig(toPacs(port));
    const jobs = fakeJobs(() => 'pass');
    const node = await started(config, jobs);
    const { series, files } = drawSeries();
    await send(config, files.slice(0, 4));
    await untilRecord(node, series, inState('sent'));
    await send(config, files.slice(4));
    const record = await untilRecord(
      node,
      series,
      ({ state, generation }) => state === 'sent' && generation === 2,
    );
    expect(record.instances).toBe(6);
    expect(target.received).toHaveLength(10);
    expect(fs.readdirSync(jobs.started[1].input)).toHaveLength(6);
  });

  it('takes late images once they can be moved, and lets others pass meanwhile', async () => {
    const config = await nodeConfig();
    const node = await started(
      config,
      fakeJobs(() => 'pass'),
    );
    const { series, files, instances } = drawSeries({ slices: 3 });
    await send(config, files.slice(0, 2));
    const { id } = await untilRecord(node, series, inState('sent'));
    const inTheWay = path.join(seriesFolder(config.folder, id).images, `${instances[2]}.dcm`);
    fs.mkdirSync(inTheWay);
    await send(config, files.slice(2));
    const other = drawSeries({ slices: 1 });
    await send(config, other.files);
    await untilRecord(node, other.series, inState('sent'));
    fs.rmdirSync(inTheWay);
    const again = ({ state, generation }: SeriesRecord) => state === 'sent' && generation === 2;
    expect(await untilRecord(node, series, again)).toMatchObject({ instances: 3 });
  });

  it('takes nothing in and moves nothing more once another node has taken its folder over', async () => {
    const config = await nodeConfig();
    const jobs = fakeJobs(() => 'pass');
    const node = await started(config, jobs);
    const lock = path.join(config.folder, 'node.lock');
    const theirs = JSON.stringify({ pid: 1, host: 'elsewhere', machine: 'x', token: 'y', leaseMs: 60_000 });
    fs.renameSync(lock, `${lock}.aside`);
    fs.writeFileSync(lock, theirs);
    expect(await node.lost).toMatchObject({ code: 'E_LOCKED' });
    await expect(send(config, drawSeries({ slices: 1 }).files)).rejects.toMatchObject({ code: 'E_NETWORK' });
    await node.close();
    expect(node.records()).toEqual([]);
    expect(fs.readdirSync(path.join(config.folder, 'incoming'))).toEqual([]);
    expect(jobs.started).toEqual([]);
    expect(fs.readFileSync(lock, 'utf8')).toBe(theirs);
  });

  it('leaves what came in, and what is written of a series, to the node that has its folder', async () => {
    const to = tempFolder();
    const config = await nodeConfig({
      targets: { shelf: { kind: 'folder', path: to } },
      rules: [{ name: 'all', do: 'forward', originals: ['shelf'] }],
    });
    const { series, files } = drawSeries({ slices: 2 });
    const node = await started(
      config,
      fakeJobs(() => 'pass'),
    );
    await send(config, files.slice(0, 1));
    const { id } = await untilRecord(node, series, inState('sent'));
    await node.close();
    // As after a stop in the middle of the delivery, by a node that sees the loss of its folder only now.
    const at = path.join(seriesFolder(config.folder, id).root, 'state.json');
    const sent: unknown = JSON.parse(fs.readFileSync(at, 'utf8'));
    const record = read(SeriesRecord, sent);
    if (!record.fits) throw new Error('There is no record.');
    const again = record.value.deliveries.map((one) => ({ ...one, state: 'waiting' as const }));
    await writeRecord(config.folder, { ...record.value, state: 'sending', deliveries: again });
    const shelf = await Shelf.open(config.folder, () => undefined);
    const lost = new Working(
      config,
      fakeJobs(() => 'pass'),
      readRules(config.rules),
      shelf,
      path.join(config.folder, 'incoming'),
      () => Promise.reject(fault('E_LOCKED/window-lost')),
    );
    await writeRecord(config.folder, record.value);
    const theirs = fs.readFileSync(at, 'utf8');
    lost.courier.start(Date.now());
    await lost.courier.idle();
    expect(await lost.lost).toMatchObject({ code: 'E_LOCKED' });
    expect(fs.readFileSync(at, 'utf8')).toBe(theirs);

    const incoming = path.join(config.folder, 'incoming');
    for (const file of [files[1], ...drawSeries({ slices: 1 }).files])
      fs.copyFileSync(file, path.join(incoming, path.basename(file)));
    const came = fs.readdirSync(incoming);
    await lost.sortAll(came);
    expect(fs.readdirSync(incoming)).toEqual(came);
    expect(fs.readdirSync(path.join(config.folder, 'series'))).toEqual([id]);
    await expect(lost.retry(id)).rejects.toMatchObject({ code: 'E_LOCKED' });
  });

  it('sends originals untouched, and what a rule only forwards or skips', async () => {
    const port = await freePort();
    const target = await pacs(port);
    const config = await nodeConfig({
      ...toPacs(port),
      rules: [
        { name: 'localiser', where: 'SeriesDescription~localizer', do: 'skip' },
        { name: 'through', where: 'SeriesDescription~scout', do: 'forward', originals: ['pacs'] },
        { name: 't2', where: 'SeriesDescription~T2', do: 'denoise', originals: ['pacs'] },
      ],
    });
    const jobs = fakeJobs(() => 'pass');
    const node = await started(config, jobs);
    const [skipped, through, t2, none] = ['Localizer', 'Scout', 'T2', 'Other'].map((description) =>
      drawSeries({ description, slices: 2 }),
    );
    for (const { files } of [skipped, through, t2, none]) await send(config, files);
    expect(await untilRecord(node, skipped.series, inState('skipped'))).toMatchObject({ reason: 'rule' });
    expect(await untilRecord(node, none.series, inState('skipped'))).toMatchObject({ reason: 'no-rule' });
    await untilRecord(node, through.series, inState('sent'));
    await untilRecord(node, t2.series, inState('sent'));
    expect(jobs.started).toHaveLength(1);
    const sent = new Map(target.received.map(({ sopInstance, file }) => [sopInstance, file]));
    expect([...sent.keys()].sort()).toEqual([...through.instances, ...t2.instances].sort());
    for (const file of t2.files) {
      const [source, arrived] = await Promise.all(
        [file, sent.get(path.basename(file, '.dcm')) ?? ''].map(async (at) => {
          const { dataStart } = await readStorable(at);
          return fs.readFileSync(at).subarray(dataStart);
        }),
      );
      expect(arrived.equals(source)).toBe(true);
    }
    expect(await checkRules(config, path.dirname(t2.files[0]))).toMatchObject([
      { rule: 't2', does: 'denoise', images: 2 },
    ]);
  });

  it('goes on sending when a PACS comes back, and loses nothing over restarts', async () => {
    const port = await freePort();
    const config = await nodeConfig(toPacs(port));
    const jobs = fakeJobs(() => 'pass');
    const first = await started(config, jobs);
    const { series, files } = drawSeries();
    await send(config, files);
    const waiting = await untilRecord(first, series, ({ deliveries }) => (deliveries[0]?.attempts ?? 0) >= 2);
    expect(waiting.deliveries[0]).toMatchObject({ state: 'waiting', problem: 'E_NETWORK' });
    await first.close();
    const second = await started({ ...config, port: await freePort() }, jobs);
    const target = await pacs(port);
    await untilRecord(second, series, inState('sent'));
    expect(target.received).toHaveLength(6);
    expect(jobs.started).toHaveLength(1);
  });

  it.skipIf(noDicomWeb)('stores at a DICOMweb service, and goes on when it is there again', async () => {
    const ports = { dicom: await freePort(), http: await freePort() };
    const config = await nodeConfig({
      targets: { web: { kind: 'dicomweb', url: `http://127.0.0.1:${ports.http}/dicom-web` } },
      rules: [{ name: 'all', do: 'forward', originals: ['web'] }],
    });
    const node = await started(
      config,
      fakeJobs(() => 'pass'),
    );
    const { series, files, instances } = drawSeries({ slices: 3 });
    await send(config, files);
    await untilRecord(node, series, ({ deliveries }) => deliveries[0]?.problem === 'E_NETWORK');
    const orthanc = await startOrthanc(tempFolder(), {
      title: 'WEB',
      ports,
      more: { Plugins: [DICOM_WEB], DicomWeb: { Enable: true, Root: '/dicom-web/' } },
    });
    closers.push(orthanc.close);
    await untilRecord(node, series, inState('sent'));
    const found: unknown = await (await fetch(`${orthanc.http}/dicom-web/instances`)).json();
    expect(JSON.stringify(found)).toContain(instances[0]);
    expect(found).toHaveLength(3);
  });

  it.skipIf(!hasTool('Orthanc'))(
    'asks at once again for the commitment that a process before it asked for',
    async () => {
      const ports = { dicom: await freePort(), http: await freePort() };
      const config = await nodeConfig({
        targets: {
          pacs: { kind: 'dicom', title: 'PACS', host: '127.0.0.1', port: ports.dicom, commitment: true },
        },
        rules: [{ name: 'all', do: 'forward', originals: ['pacs'] }],
      });
      const orthanc = await startOrthanc(tempFolder(), {
        title: 'PACS',
        ports,
        peers: { LIMPID: config.port },
      });
      closers.push(orthanc.close);
      const jobs = fakeJobs(() => 'pass');
      const first = await started(config, jobs);
      const { series, files } = drawSeries({ slices: 1 });
      await send(config, files);
      const { id } = await untilRecord(first, series, inState('sent'));
      await first.close();
      // As after a kill between the question and its answer.
      const file = path.join(seriesFolder(config.folder, id).root, 'state.json');
      const record = JSON.parse(fs.readFileSync(file, 'utf8'));
      const asked = { state: 'committing', transaction: '2.25.1', notBefore: '2999-01-01T00:00:00.000Z' };
      fs.writeFileSync(
        file,
        JSON.stringify({ ...record, state: 'sending', deliveries: [{ ...record.deliveries[0], ...asked }] }),
      );
      const second = await started(config, jobs);
      await untilRecord(second, series, inState('sent'));
    },
  );

  it('tells of a target that takes all and will not bind itself to keep it, sends again, and ever more seldom', async () => {
    const port = await freePort();
    const target = await pacs(port);
    const config = await nodeConfig({
      targets: { pacs: { kind: 'dicom', title: 'PACS', host: '127.0.0.1', port, commitment: true } },
      rules: [{ name: 'all', do: 'forward', originals: ['pacs'] }],
    });
    const node = await started(
      config,
      fakeJobs(() => 'pass'),
    );
    const { series, files, instances } = drawSeries({ slices: 2 });
    await send(config, files);
    const refused = await untilRecord(
      node,
      series,
      ({ deliveries }) => (deliveries[0]?.said ?? null) !== null,
    );
    expect(refused).toMatchObject({ state: 'sending', deliveries: [{ state: 'committing', sent: 2 }] });
    expect(refused.deliveries[0].said).toMatch(/does not take storage commitment/);
    const { attempts } = refused.deliveries[0];
    // Each try has a transaction of its own: a report of an earlier one is of no account.
    await expect
      .poll(async () => {
        const { transaction } = node.records()[0].deliveries[0];
        await reportUncommitted(config, transaction ?? '', instances[0]);
        return target.received.length;
      })
      .toBeGreaterThan(2);
    expect(target.received[2].sopInstance).toBe(instances[0]);
    // While it asks again nothing is said; the last try may have been refused as a whole again.
    const again = await untilRecord(node, series, ({ deliveries: [one] }) => {
      const said = /all but one instance|does not take storage commitment/.test(one.said ?? '');
      return said && one.attempts > attempts + 1;
    });
    expect(again.state).toBe('sending');
  });

  it('gives a series up whose job ends the process again and again, and does it again when asked', async () => {
    const config = await nodeConfig();
    let isBroken = true;
    const jobs = fakeJobs(() => (isBroken ? 'crash' : 'pass'));
    const node = await started(config, jobs);
    const { series, files } = drawSeries({ slices: 2 });
    await send(config, files);
    const failed = await untilRecord(node, series, inState('failed'));
    expect(failed).toMatchObject({ reason: 'E_CRASH', crashes: 2 });
    expect(jobs.started).toHaveLength(3);
    isBroken = false;
    await node.retry(failed.id);
    await untilRecord(node, series, inState('sent'));
  });

  it('takes what lies still in a watched folder, once, and changes nothing there', async () => {
    const { series, files } = drawSeries({ slices: 3 });
    const folder = path.dirname(files[0]);
    fs.writeFileSync(path.join(folder, 'notes.txt'), 'no image');
    const before = fs.readdirSync(folder).map((name) => fs.readFileSync(path.join(folder, name)));
    const config = await nodeConfig({ watch: [{ path: folder, settleSeconds: 0.2 }] });
    const jobs = fakeJobs(() => 'pass');
    const node = await started(config, jobs);
    expect(await untilRecord(node, series, inState('sent'))).toMatchObject({ instances: 3 });
    await node.close();
    const again = await started({ ...config, port: await freePort() }, jobs);
    const marker = drawSeries({ slices: 1 });
    fs.copyFileSync(marker.files[0], path.join(folder, 'new.dcm'));
    await untilRecord(again, marker.series, inState('sent'));
    expect(jobs.started).toHaveLength(2);
    fs.rmSync(path.join(folder, 'new.dcm'));
    expect(fs.readdirSync(folder).map((name) => fs.readFileSync(path.join(folder, name)))).toEqual(before);
  });

  it('tries a watched image again that could not be copied, and never takes it for done', async () => {
    const { files } = drawSeries({ slices: 1 });
    const incoming = path.join(tempFolder(), 'not-there-yet');
    const watch = new FolderWatch(path.dirname(files[0]), 0, path.join(tempFolder(), 'taken.txt'));
    expect(await watch.look(1, incoming)).toEqual([]);
    fs.mkdirSync(incoming);
    expect(await watch.look(2, incoming)).toHaveLength(1);
    expect(await watch.look(3, incoming)).toEqual([]);
  });

  it('tells how it is to anyone on this machine by numbers, and takes commands of its user only', async () => {
    const config = await nodeConfig({ quietSeconds: 3600 });
    const node = await started(
      config,
      fakeJobs(() => 'pass'),
    );
    const status = await startStatus(config, node);
    closers.push(status.close);
    const { series, files } = drawSeries({ slices: 2 });
    await send(config, files);
    const { id } = await untilRecord(node, series, ({ instances }) => instances === 2);
    const at = `http://127.0.0.1:${status.port}`;
    expect(await (await fetch(`${at}/health`)).json()).toMatchObject({ ok: true, series: { receiving: 1 } });
    expect(await (await fetch(`${at}/metrics`)).text()).toContain('limpid_node_received_total 2');
    expect((await fetch(`${at}/series`)).status).toBe(401);
    expect((await fetch(`${at}/series/${id}/now`, { method: 'POST' })).status).toBe(401);
    expect((await fetch(`${at}/health`, { headers: { origin: 'http://evil.example' } })).status).toBe(403);
    expect(await listSeries(config)).toMatchObject([{ id, state: 'receiving' }]);
    await command(config, id, 'now');
    await untilRecord(node, series, inState('sent'));
    await expect(command(config, id, 'now')).rejects.toMatchObject({ code: 'E_USAGE' });
    await expect(command(config, '0123456789abcdef', 'now')).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
  });

  it('writes an audit without patients and names of files, and is alone in its folder', async () => {
    const config = await nodeConfig();
    const node = await started(
      config,
      fakeJobs(() => 'pass'),
    );
    const { series, files } = drawSeries({ slices: 2, description: 'Telling words' });
    await send(config, files);
    await untilRecord(node, series, inState('sent'));
    await expect(
      startNode(
        { ...config, port: await freePort() },
        fakeJobs(() => 'pass'),
      ),
    ).rejects.toMatchObject({
      code: 'E_LOCKED',
      message: expect.stringMatching(/^A node runs with this folder already/),
    });
    await node.close();
    const folder = path.join(config.folder, 'audit');
    const audit = fs
      .readdirSync(folder)
      .map((name) => fs.readFileSync(path.join(folder, name), 'utf8'))
      .join('');
    expect(
      audit
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).event),
    ).toEqual(['started', 'began', 'complete', 'started', 'sent', 'stopped']);
    expect(audit).not.toMatch(/Telling|P1|\.dcm/);
  });
});
