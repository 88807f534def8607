import * as fs from 'node:fs';
import * as path from 'node:path';
import { Random } from '../../src-main/base/random.js';
import type { ResultEvent } from '../../src-main/contract/events.js';
import type { DenoiseRequest } from '../../src-main/contract/requests/requests.js';
import { newUid } from '../../src-main/dicom/elements/uid.js';
import { Association } from '../../src-main/dicom/net/association.js';
import { COMMAND_FIELD } from '../../src-main/dicom/net/command.js';
import { connectTo } from '../../src-main/dicom/net/connect.js';
import { dataSetOf, readStorable } from '../../src-main/dicom/net/storable.js';
import { type NodeConfig, parseConfig } from '../../src-main/node/config.js';
import type { RunningJob } from '../../src-main/process/client.js';
import { makeDicom, tempFolder } from '../dicom/support.js';
import { freePort } from '../support/servers.js';

/** A noisy drawn series: a disc of tissue in air, in files. */
export function drawSeries(
  options: { study?: string; slices?: number; seed?: number; description?: string; size?: number } = {},
): {
  readonly study: string;
  readonly series: string;
  readonly files: string[];
  readonly instances: string[];
} {
  const { study = newUid(), slices = 6, seed = 1, description = 'T2', size = 48 } = options;
  const random = new Random(seed);
  const series = newUid();
  const folder = tempFolder();
  const made = Array.from({ length: slices }, (_, slice) => {
    const instance = newUid();
    const values = Array.from({ length: size * size }, (_, i) => {
      const [x, y] = [(i % size) - size / 2, Math.floor(i / size) - size / 2];
      const tissue = Math.hypot(x, y) < size / 3 ? 800 + 200 * Math.sin(x / 4) : 0;
      return Math.round(Math.hypot(tissue + 40 * random.normal(), 40 * random.normal()));
    });
    const file = path.join(folder, `${instance}.dcm`);
    fs.writeFileSync(
      file,
      makeDicom({
        sopInstance: instance,
        study,
        series,
        patientId: 'P1',
        patient: 'Telling^Name',
        seriesDescription: description,
        instanceNumber: slice + 1,
        position: [0, 0, 3 * slice],
        rows: size,
        columns: size,
        values,
      }),
    );
    return { file, instance };
  });
  return {
    study,
    series,
    files: made.map(({ file }) => file),
    instances: made.map(({ instance }) => instance),
  };
}

/**
 * Sends a series over one association, and says nothing more in the middle of its last image until `goOn`: the
 * association stays open. @returns once all is acknowledged and released
 * @param cut when the network breaks
 * @throws errors of the network, where it or the node ends the association
 */
export async function sendStalling(
  { title, port }: { readonly title: string; readonly port: number },
  files: readonly string[],
  goOn: Promise<void>,
  cut?: Promise<void>,
): Promise<void> {
  const instances = await Promise.all(files.map(readStorable));
  const [{ sopClass, transferSyntax }] = instances;
  const socket = await connectTo({ title, host: '127.0.0.1', port, tls: null });
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  void cut?.then(() => socket.destroy());
  const context = { id: 1, abstractSyntax: sopClass, transferSyntaxes: [transferSyntax] };
  const association = await Association.open(socket, { called: title, calling: 'STALLING' }, [context]);
  for (const [i, one] of instances.entries()) {
    const command = {
      commandField: COMMAND_FIELD.storeRequest,
      affectedClass: sopClass,
      affectedInstance: one.sopInstance,
      messageId: i + 1,
      priority: 0,
    };
    const isLast = i === instances.length - 1;
    await association.send(1, command, isLast ? inHalves(dataSetOf(one), goOn, ended) : dataSetOf(one));
    if ((await association.receive())?.command.status !== 0) throw new Error('An image was not taken.');
  }
  await association.release();
}

async function* inHalves(data: AsyncIterable<Uint8Array>, ...either: Promise<void>[]) {
  let isHeld = false;
  for await (const bytes of data) {
    const half = 2 * Math.floor(bytes.length / 4);
    yield bytes.subarray(0, half);
    if (!isHeld) await Promise.race(either);
    isHeld = true;
    yield bytes.subarray(half);
  }
}

export async function nodeConfig(change: Readonly<Record<string, unknown>> = {}): Promise<NodeConfig> {
  return parseConfig({
    host: '127.0.0.1',
    port: await freePort(),
    folder: tempFolder(),
    quietSeconds: 0.5,
    leastFreeGb: 0,
    longestPauseSeconds: 1,
    rules: [{ name: 'all', do: 'denoise' }],
    ...change,
  });
}

/** `unchanged` and `untested` are results that nothing judged, of which only the second differs from its source. */
type FakeVerdict = 'pass' | 'warn' | 'fail' | 'nothing' | 'unchanged' | 'untested';

/** What a job of a test does instead of denoising: copies its input and says what the trust report would. */
export function fakeJobs(verdictOf: (request: DenoiseRequest) => FakeVerdict | 'crash'): {
  readonly startJob: (request: DenoiseRequest) => RunningJob;
  readonly started: DenoiseRequest[];
} {
  const started: DenoiseRequest[] = [];
  return {
    started,
    startJob(request) {
      started.push(request);
      const verdict = verdictOf(request);
      return {
        result: Promise.resolve(verdict === 'crash' ? stopped('E_CRASH') : written(request, verdict)),
        cancel: () => undefined,
        pause: () => undefined,
        finish: () => undefined,
      };
    },
  };
}

function stopped(code: 'E_CRASH'): ResultEvent {
  return { type: 'result', command: 'denoise', exitCode: 1, stopped: { code, message: '', remedy: '' } };
}

function written(request: DenoiseRequest, verdict: FakeVerdict): ResultEvent {
  const folder = path.join(request.output, 'series-001');
  fs.mkdirSync(folder, { recursive: true });
  const nothing = verdict === 'nothing';
  for (const name of nothing ? [] : fs.readdirSync(request.input))
    fs.writeFileSync(
      path.join(folder, name),
      makeDicom({
        sopInstance: `${name.replace('.dcm', '')}.1`.slice(-60).replace(/^[.0]+/, '1.'),
        rows: 8,
        columns: 8,
      }),
    );
  const report = {
    series: [
      {
        status: nothing ? 'skipped' : 'done',
        problem: nothing ? { code: 'E_NOT_ELIGIBLE' } : null,
        trust: verdict === 'pass' || verdict === 'warn' || verdict === 'fail' ? { verdict } : null,
        warnings: verdict === 'untested' ? [{ code: 'W_UNTESTED' }] : [],
      },
    ],
  };
  fs.writeFileSync(path.join(request.output, 'report.json'), JSON.stringify(report));
  return { type: 'result', command: 'denoise', exitCode: 0, series: [], report: null, problems: [] };
}
