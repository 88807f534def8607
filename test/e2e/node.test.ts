import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import type { SeriesRecord } from '../../src-main/contract/requests/node.js';
import { fits, list, object, otherwise, text } from '../../src-main/contract/schema/schema.js';
import { readAttributes } from '../../src-main/dicom/elements/attributes.js';
import { walkElements } from '../../src-main/dicom/elements/elements.js';
import { store } from '../../src-main/dicom/net/scu.js';
import { readStorable } from '../../src-main/dicom/net/storable.js';
import { encodeModel } from '../../src-main/graph/onnx.js';
import { readConfig } from '../../src-main/node/config.js';
import { command, listSeries } from '../../src-main/process/node-door.js';
import { tempFolder } from '../dicom/support.js';
import { drawSeries, sendStalling } from '../node/support.js';
import { NodeProcess } from '../support/node-process.js';
import { freePort, startOrthanc, startStorescp } from '../support/servers.js';
import { fileLacks, hasTool } from '../support/tools.js';

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, '../..');
const LIMPID = path.join(ROOT, 'bin/limpid.js');
const DICOM_WEB = '/usr/share/orthanc/plugins/libOrthancDicomWeb.so';
const lacks = !hasTool('storescp', 'Orthanc') || fileLacks(DICOM_WEB, 'orthanc-dicomweb') !== '';
/** LIMPID_KILLS=50 for the long version. */
const KILLS = Number(process.env.LIMPID_KILLS ?? 5);

const closers: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closers.splice(0)) await close();
});

/** Sends until all is acknowledged, as a scanner does whose node is away for a while. */
async function sendAll(config: { title: string; port: number }, files: readonly string[]): Promise<void> {
  const left = new Map(
    await Promise.all(
      files.map(
        async (file): Promise<[string, Awaited<ReturnType<typeof readStorable>>]> => [
          file,
          await readStorable(file),
        ],
      ),
    ),
  );
  const peer = { title: config.title, host: '127.0.0.1', port: config.port, tls: null };
  while (left.size > 0)
    try {
      await store(peer, 'SCANNER', [...left.values()], (one, { kind }) => {
        if (kind === 'stored') left.delete(one.path);
      });
    } catch {
      // Killed meanwhile: what was not acknowledged is sent again, after a pause in which the node may start.
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
}

/**
 * As a scanner that stalls in the middle of its last image: where the node goes away, it begins its series again, and
 * stalls again, until `goOn`.
 */
async function sendAllStalling(
  config: { title: string; port: number },
  files: readonly string[],
  goOn: Promise<void>,
): Promise<void> {
  for (;;)
    try {
      return await sendStalling(config, files, goOn);
    } catch {
      // Killed meanwhile.
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
}

async function records(config: string): Promise<readonly SeriesRecord[]> {
  return listSeries(await readConfig(config)).catch(() => []);
}

function settings(folder: string, ports: { node: number; pacs: number; storescp: number; web: number }) {
  const config = path.join(folder, 'node.json');
  const dicom = (title: string, port: number, commitment: boolean) => ({
    kind: 'dicom',
    title,
    host: '127.0.0.1',
    port,
    commitment,
    report: commitment,
  });
  const targets = ['pacs', 'second', 'web'];
  fs.writeFileSync(
    config,
    JSON.stringify({
      host: '127.0.0.1',
      port: ports.node,
      folder: 'data',
      // longer than a scanner needs to come back to a node that was killed, also on a machine under load: a series
      // that nobody sends for so long is whole, and would be worked on without its last image
      quietSeconds: 10,
      leastFreeGb: 0,
      longestPauseSeconds: 2,
      device: 'cpu',
      targets: {
        pacs: dicom('ORTHANC', ports.pacs, true),
        second: dicom('SECOND', ports.storescp, false),
        web: { kind: 'dicomweb', url: `http://127.0.0.1:${ports.web}/dicom-web`, report: true },
      },
      rules: [
        { name: 'localiser', where: 'SeriesDescription~localizer', do: 'skip' },
        {
          name: 'careful',
          where: 'SeriesDescription~careful',
          do: 'denoise',
          model: 'nlm',
          targets,
          warned: 'hold',
        },
        {
          name: 'erased',
          where: 'SeriesDescription~erased',
          do: 'denoise',
          model: { file: 'eraser' },
          targets,
        },
        { name: 'rest', do: 'denoise', model: 'nlm', targets, originals: ['pacs'] },
      ],
    }),
  );
  return config;
}

/** Keeps a network for the node that gives nothing but black: what it makes of a series fails every trust report. */
async function keepEraser(home: string): Promise<void> {
  const file = path.join(home, 'black.onnx');
  fs.writeFileSync(
    file,
    encodeModel({
      nodes: [{ type: 'Mul', inputs: ['noisy', 'zero'], output: 'image', attributes: {} }],
      initializers: [{ name: 'zero', type: 'float32', dims: [], bytes: new Uint8Array(4) }],
      inputs: [{ name: 'noisy', dims: ['n', 1, 'h', 'w'] }],
      outputs: [{ name: 'image', dims: ['n', 1, 'h', 'w'] }],
    }),
  );
  const args = ['models', 'import', file, '--name', 'eraser', '--foreign', 'image'];
  await run(process.execPath, [LIMPID, ...args], { env: { ...process.env, LIMPID_HOME: home } });
}

/** What Orthanc tells of each series, and of each study. */
const Stored = list(
  object({
    ParentStudy: text,
    MainDicomTags: object({
      SeriesInstanceUID: text,
      Modality: text,
      SeriesDescription: otherwise(text, ''),
    }),
    Instances: list(text),
  }),
);
const StoredStudies = list(object({ ID: text, MainDicomTags: object({ StudyInstanceUID: text }) }));

/** Series of an Orthanc by the study that they are of: how many instances, what they are, and how they are called. */
async function storedAt(http: string) {
  const [series, studies]: unknown[] = await Promise.all(
    ['series', 'studies'].map(async (level) => (await fetch(`${http}/${level}?expand`)).json()),
  );
  if (!fits(Stored, series) || !fits(StoredStudies, studies))
    throw new Error('Orthanc answered something else.');
  return series.map(({ ParentStudy, MainDicomTags: tags, Instances }) => ({
    study: studies.find(({ ID }) => ID === ParentStudy)?.MainDicomTags.StudyInstanceUID,
    series: tags.SeriesInstanceUID,
    modality: tags.Modality,
    description: tags.SeriesDescription,
    instances: Instances.length,
    first: Instances[0],
  }));
}

const uidsIn = (folder: string) => fs.readdirSync(folder).sort();

describe.skipIf(lacks)('a day of a node', () => {
  it(`with three studies at once and one that stalls, a PACS that goes and comes back, and ${KILLS} kills: every image once`, async () => {
    const folder = tempFolder();
    const ports = {
      node: await freePort(),
      pacs: await freePort(),
      storescp: await freePort(),
      web: await freePort(),
    };
    const config = settings(folder, ports);
    const second = tempFolder();
    const scp = await startStorescp(second, [], ports.storescp);
    closers.push(scp.close);
    const store1 = {
      title: 'ORTHANC',
      ports: { dicom: ports.pacs, http: await freePort() },
      peers: { LIMPID: ports.node },
    };
    const database = tempFolder();
    let orthanc = await startOrthanc(database, store1);
    const web = await startOrthanc(tempFolder(), {
      title: 'WEB',
      ports: { dicom: await freePort(), http: ports.web },
      more: { Plugins: [DICOM_WEB], DicomWeb: { Enable: true, Root: '/dicom-web/' } },
    });
    closers.push(web.close);
    await keepEraser(folder);
    const node = new NodeProcess(config);
    closers.push(async () => void (await node.end('SIGKILL')));
    await node.start();

    const rest = [1, 2, 3].map((seed) => drawSeries({ seed, slices: 5, description: 'T2' }));
    const careful = drawSeries({ seed: 1, slices: 5, description: 'Careful' });
    const localiser = drawSeries({ seed: 5, slices: 2, description: 'Localizer' });
    const erased = drawSeries({ seed: 6, slices: 3, description: 'Erased' });
    const all = [...rest, careful, erased, localiser];
    const stalled = drawSeries({ seed: 8, slices: 3, description: 'T2' });
    let goOn = () => {};
    const stalling = sendAllStalling(
      { title: 'LIMPID', port: ports.node },
      stalled.files,
      new Promise((resolve) => {
        goOn = resolve;
      }),
    );
    let isSent = false;
    const sending = Promise.all(
      all.map(({ files }) => sendAll({ title: 'LIMPID', port: ports.node }, files)),
    ).then(() => {
      isSent = true;
    });
    const random = new Random(7);
    for (let kill = 0; kill < KILLS; kill++) {
      // A moment that is drawn, for a power cut comes at any: nothing is concluded from the time that passes.
      await new Promise((resolve) => setTimeout(resolve, 200 + random.integer(4000)));
      await node.end('SIGKILL');
      if (kill === Math.floor(KILLS / 2)) await orthanc.close();
      await node.start();
    }
    await sending;
    expect(isSent).toBe(true);
    orthanc = await startOrthanc(database, store1);
    closers.push(() => orthanc.close());

    // The one warns, as that of the same pixels does, and is held by its rule; the other shows nothing of its source any more.
    for (const [{ series }, why] of [
      [careful, { verdict: 'warn', reason: 'W_TRUST' }],
      [erased, { verdict: 'fail', reason: 'E_TRUST' }],
    ] as const) {
      const held = async () => (await records(config)).find((one) => one.series === series);
      await expect.poll(async () => (await held())?.state, { timeout: 300_000 }).toBe('held');
      const record = await held();
      expect(record).toMatchObject(why);
      await command(await readConfig(config), record?.id ?? '', 'release');
    }
    const states = async () =>
      Object.fromEntries((await records(config)).map((one) => [one.series, one.state]));
    await expect.poll(states, { timeout: 300_000 }).toEqual({
      ...Object.fromEntries([...rest, careful, erased].map(({ series }) => [series, 'sent'])),
      [localiser.series]: 'skipped',
      // All others were quiet for no longer and are done; of this one an association is open.
      [stalled.series]: 'receiving',
    });
    const partly = (await records(config)).find((one) => one.series === stalled.series);
    const shown = path.join(folder, 'data', 'series', partly?.id ?? '', 'images');
    expect(uidsIn(shown)).toEqual(
      stalled.instances
        .slice(0, 2)
        .map((one) => `${one}.dcm`)
        .sort(),
    );
    goOn();
    await stalling;
    const last = async () => (await states())[stalled.series];
    await expect.poll(last, { timeout: 300_000 }).toBe('sent');
    all.push(stalled);

    // Everything that was acknowledged is there, and no result twice: one derived series a source series.
    for (const { series, instances } of all) {
      const record = (await records(config)).find((one) => one.series === series);
      expect(record?.instances).toBe(instances.length);
      const images = path.join(folder, 'data', 'series', record?.id ?? '', 'images');
      expect(uidsIn(images)).toEqual(instances.map((one) => `${one}.dcm`).sort());
    }
    expect(uidsIn(second)).toHaveLength(26);
    const sources = all.map(({ series }) => series);
    const atPacs = await storedAt(orthanc.http);
    for (const stored of [atPacs, await storedAt(web.http)])
      for (const { study, series, instances } of [...rest, careful, erased, stalled]) {
        const record = (await records(config)).find((one) => one.series === series);
        const made = stored.filter((one) => one.study === study && !sources.includes(one.series));
        const images = made.filter(({ modality }) => modality === 'MR');
        const documents = made.filter(({ modality }) => modality === 'DOC');
        expect(images.map((one) => one.instances)).toEqual([instances.length]);
        expect(documents.map((one) => one.instances)).toEqual([1]);
        expect(made).toHaveLength(2);
        // What does not pass says so to whoever sees lists only.
        const { verdict } = record ?? {};
        const told = /\(trust: (warn|fail)\)$/.exec(images[0]?.description ?? '')?.[1] ?? 'pass';
        expect(told).toBe(verdict);
      }
    const originals = atPacs.filter(({ series }) => sources.includes(series));
    expect(originals.map(({ instances }) => instances).sort()).toEqual([3, 5, 5, 5]);
    // The report is the one that lies beside the result, made to a document of the study.
    const document = atPacs.find(({ study, modality }) => study === erased.study && modality === 'DOC');
    const bytes = new Uint8Array(
      await (await fetch(`${orthanc.http}/instances/${document?.first}/file`)).arrayBuffer(),
    );
    expect(readAttributes(bytes, walkElements(bytes)).text('x00080016')).toBe(
      '1.2.840.10008.5.1.4.1.1.104.1',
    );
    const pdf = Buffer.from(bytes).toString('latin1');
    expect(pdf.slice(pdf.indexOf('%PDF'), pdf.indexOf('%%EOF'))).toMatch(/\(Trust report\) Tj/);
    expect(await node.end('SIGTERM')).toBe(0);
  }, 900_000);

  it('says by its commands which rule would fire, and that no node runs', async () => {
    const folder = tempFolder();
    const config = settings(folder, { node: 11112, pacs: 11113, storescp: 11114, web: 11115 });
    const { files } = drawSeries({ slices: 2, description: 'Localizer' });
    const { stdout } = await run(process.execPath, [
      LIMPID,
      'node',
      'check',
      path.dirname(files[0]),
      '--config',
      config,
    ]);
    expect(stdout).toMatch(/2 images: localiser -> skip/);
    await expect(run(process.execPath, [LIMPID, 'node', 'list', '--config', config])).rejects.toMatchObject({
      code: 2,
    });
    await expect(run(process.execPath, [LIMPID, 'node'])).rejects.toMatchObject({ code: 2 });
  });
});
