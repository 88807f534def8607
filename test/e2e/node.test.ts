import { type ChildProcess, execFile, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { fits, list, object, text } from '../../src-main/contract/schema/schema.js';
import { store } from '../../src-main/dicom/net/scu.js';
import { readStorable } from '../../src-main/dicom/net/storable.js';
import { readConfig } from '../../src-main/node/config.js';
import type { SeriesRecord } from '../../src-main/node/record.js';
import { command, listSeries } from '../../src-main/node/status.js';
import { tempFolder } from '../dicom/support.js';
import { drawSeries } from '../node/support.js';
import { freePort, startOrthanc, startStorescp } from '../support/servers.js';
import { hasTool } from '../support/tools.js';

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, '../..');
const LIMPID = path.join(ROOT, 'bin/limpid.js');
const lacks = !hasTool('storescp', 'storescu', 'Orthanc');
/** LIMPID_KILLS=50 for the long version. */
const KILLS = Number(process.env.LIMPID_KILLS ?? 5);

const closers: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closers.splice(0)) await close();
});

/** `limpid node` as a process, that is killed and started again. */
class NodeProcess {
  readonly #config: string;
  #child: ChildProcess | null = null;

  constructor(config: string) {
    this.#config = config;
  }

  async start(): Promise<void> {
    const child = spawn(process.execPath, [LIMPID, 'node', '--config', this.#config], {
      env: { ...process.env, LIMPID_HOME: path.dirname(this.#config) },
    });
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      let told = '';
      child.stdout?.on('data', (bytes) => {
        told += bytes;
        if (/listens on/.test(told)) resolve();
      });
      child.stderr?.on('data', (bytes) => {
        told += bytes;
      });
      child.once('exit', (code) => reject(new Error(`The node ended with ${code}: ${told}`)));
    });
  }

  /** @returns its exit code, null where it was killed */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const child = this.#child;
    if (child === null) return null;
    const ended = new Promise<number | null>((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) resolve(child.exitCode);
      else child.once('exit', resolve);
    });
    child.removeAllListeners('exit');
    const again = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.kill(signal);
    return Promise.race([ended, again]);
  }
}

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

async function records(config: string): Promise<readonly SeriesRecord[]> {
  return listSeries(await readConfig(config)).catch(() => []);
}

function settings(folder: string, ports: { node: number; pacs: number; storescp: number }) {
  const config = path.join(folder, 'node.json');
  const dicom = (title: string, port: number, commitment: boolean) => ({
    kind: 'dicom',
    title,
    host: '127.0.0.1',
    port,
    commitment,
  });
  fs.writeFileSync(
    config,
    JSON.stringify({
      host: '127.0.0.1',
      port: ports.node,
      folder: 'data',
      quietSeconds: 2,
      leastFreeGb: 0,
      longestPauseSeconds: 2,
      device: 'cpu',
      targets: { pacs: dicom('ORTHANC', ports.pacs, true), second: dicom('SECOND', ports.storescp, false) },
      rules: [
        { name: 'localiser', where: 'SeriesDescription~localizer', do: 'skip' },
        {
          name: 'careful',
          where: 'SeriesDescription~careful',
          do: 'denoise',
          model: 'nlm',
          targets: ['pacs', 'second'],
          warned: 'hold',
        },
        { name: 'rest', do: 'denoise', model: 'nlm', targets: ['pacs', 'second'], originals: ['pacs'] },
      ],
    }),
  );
  return config;
}

/** What Orthanc tells of each series. */
const Stored = list(object({ MainDicomTags: object({ SeriesInstanceUID: text }), Instances: list(text) }));

const uidsIn = (folder: string) => fs.readdirSync(folder).sort();

describe.skipIf(lacks)('a day of a node', () => {
  it(`with three studies at once, a PACS that goes and comes back, and ${KILLS} kills: every image once`, async () => {
    const folder = tempFolder();
    const ports = { node: await freePort(), pacs: await freePort(), storescp: await freePort() };
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
    const node = new NodeProcess(config);
    closers.push(async () => void (await node.end('SIGKILL')));
    await node.start();

    const rest = [1, 2, 3].map((seed) => drawSeries({ seed, slices: 5, description: 'T2' }));
    const careful = drawSeries({ seed: 4, slices: 1, size: 32, description: 'Careful' });
    const localiser = drawSeries({ seed: 5, slices: 2, description: 'Localizer' });
    const all = [...rest, careful, localiser];
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

    const held = async () => (await records(config)).find((one) => one.series === careful.series);
    await expect.poll(async () => (await held())?.state, { timeout: 300_000 }).toMatch(/^(held|sent)$/);
    const { id = '', state } = (await held()) ?? {};
    if (state === 'held') await command(await readConfig(config), id, 'release');
    const states = async () =>
      Object.fromEntries((await records(config)).map((one) => [one.series, one.state]));
    await expect.poll(states, { timeout: 300_000 }).toEqual({
      ...Object.fromEntries([...rest, careful].map(({ series }) => [series, 'sent'])),
      [localiser.series]: 'skipped',
    });

    // Everything that was acknowledged is there, and no result twice: one derived series a source series.
    for (const { series, instances } of all) {
      const record = (await records(config)).find((one) => one.series === series);
      expect(record?.instances).toBe(instances.length);
      const images = path.join(folder, 'data', 'series', record?.id ?? '', 'images');
      expect(uidsIn(images)).toEqual(instances.map((one) => `${one}.dcm`).sort());
    }
    expect(uidsIn(second)).toHaveLength(16);
    const derived: unknown = await (await fetch(`${orthanc.http}/series?expand`)).json();
    if (!fits(Stored, derived)) throw new Error('Orthanc answered something else.');
    const sources = all.map(({ series }) => series);
    const made = derived.filter(({ MainDicomTags }) => !sources.includes(MainDicomTags.SeriesInstanceUID));
    expect(made.map(({ Instances }) => Instances.length).sort()).toEqual([1, 5, 5, 5]);
    const originals = derived.filter(({ MainDicomTags }) =>
      sources.includes(MainDicomTags.SeriesInstanceUID),
    );
    expect(originals.map(({ Instances }) => Instances.length)).toEqual([5, 5, 5]);
    expect(await node.end('SIGTERM')).toBe(0);
  }, 900_000);

  it('says by its commands which rule would fire, and that no node runs', async () => {
    const folder = tempFolder();
    const config = settings(folder, { node: 11112, pacs: 11113, storescp: 11114 });
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
