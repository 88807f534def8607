import { once } from 'node:events';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { QueueState } from '../../src-main/contract/window/app.js';
import { brainSlices, CLI, denoiseRequest, removeFolders, temporaryFolder } from '../jobs/fixtures.js';
import { isRecord } from '../support/record.js';
import { readTrace, startTraced, type Traced, whyNoStrace } from '../support/strace.js';

const missing = process.platform === 'linux' ? whyNoStrace() : 'skipped: strace is a program of Linux';
if (missing) console.warn(missing);

const VARIABLE = 'ORT_DISABLE_TELEMETRY';

interface Place {
  readonly root: string;
  readonly input: string;
  readonly output: string;
  readonly trace: string;
  /** Nothing of the environment of the tests: libraries are silent in tests and in CI anyway. */
  readonly env: NodeJS.ProcessEnv;
}

let place: Place;
beforeAll(async () => {
  const root = await temporaryFolder();
  const at = (name: string) => path.join(root, name);
  for (const name of ['person', 'temporary']) await fs.mkdir(at(name));
  await brainSlices(at('in'), [1, 2, 3, 4, 5, 6]);
  place = {
    root,
    input: at('in'),
    output: at('out'),
    trace: at('trace'),
    env: {
      PATH: process.env.PATH,
      HOME: at('person'),
      TMPDIR: at('temporary'),
      LIMPID_HOME: at('data'),
    },
  };
});
afterAll(removeFolders);

/** Written outside the output folder, the data folder and the temporary folder. */
function elsewhere({ written }: Traced): readonly string[] {
  const own = [place.output, ...['data', 'temporary'].map((name) => path.join(place.root, name))];
  const allowed = (file: string) =>
    own.some((folder) => file === folder || file.startsWith(`${folder}/`)) || file === '/dev/null';
  return written.filter((file) => !allowed(file));
}

async function traced(command: readonly string[]): Promise<Traced> {
  const child = startTraced(place.trace, command, { cwd: place.root, env: place.env });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (said += data));
  const [code] = await once(child, 'close');
  expect([code, code === 0 ? '' : said]).toEqual([0, '']);
  return readTrace(place.trace);
}

function expectSilent(found: Traced): void {
  expect(found.internet).toEqual([]);
  expect(elsewhere(found)).toEqual([]);
}

/** Processes that compute were really started, each with the variable in the environment of its start. */
function expectStartedSilent({ loaders }: Traced): void {
  expect(loaders.length).toBeGreaterThan(0);
  for (const environment of loaders) expect(environment).toContain(`${VARIABLE}=1`);
}

describe.skipIf(missing !== false)('under strace nothing leaves, and nothing is left elsewhere', () => {
  it('by the trace, which sees a socket and a file that are there', async () => {
    const script = `
      require('node:dgram').createSocket('udp4').bind(0, '127.0.0.1', function () { this.close() });
      require('node:fs').writeFileSync('person/left', 'x');`;
    const found = await traced([process.execPath, '-e', script]);
    expect(found.internet.join()).toContain('AF_INET');
    expect(elsewhere(found)).toEqual([path.join(place.root, 'person/left')]);
    await fs.rm(path.join(place.root, 'person/left'));
  });

  it('when a series is denoised', async () => {
    const options = ['--steps', '4', '--device', 'auto', '--error-map'];
    const found = await traced([process.execPath, CLI, 'denoise', place.input, place.output, ...options]);
    expectSilent(found);
    expectStartedSilent(found);
    expect(found.written.some((file) => file.startsWith(`${place.output}/`))).toBe(true);
  });

  it('when a model is trained', async () => {
    const models = path.join(place.output, 'models');
    await fs.mkdir(models, { recursive: true });
    const small = ['--steps', '4', '--batch', '2', '--patch-size', '32', '--val', '0.3'];
    const options = [...small, '--set', 'base=8', '--out', path.join(models, 'model.onnx')];
    const found = await traced([process.execPath, CLI, 'train', place.input, ...options]);
    expectSilent(found);
    expectStartedSilent(found);
  });

  it('when the window is served: it listens on the loopback address, and connects to nothing', async () => {
    const child = startTraced(place.trace, [process.execPath, CLI, 'serve'], {
      cwd: place.root,
      env: place.env,
    });
    const ended = once(child, 'close');
    const address = await new Promise<URL>((resolve, reject) => {
      let said = '';
      child.stdout?.on('data', (data) => {
        said += data;
        const found = /http:\/\/\S+/.exec(said)?.[0];
        if (found !== undefined) resolve(new URL(found));
      });
      void ended.then(() => reject(new Error(`ended: ${said}`)));
    });
    const page = await fetch(address, { redirect: 'manual' });
    const headers = {
      cookie: (page.headers.get('set-cookie') ?? '').split(';')[0],
      origin: address.origin,
      'content-type': 'application/json',
    };
    const call = async (method: string, ...args: readonly unknown[]): Promise<unknown> => {
      const body = JSON.stringify(args);
      const answer: unknown = await (
        await fetch(`${address.origin}/api/${method}`, { method: 'POST', headers, body })
      ).json();
      if (!isRecord(answer) || answer.problem !== undefined) throw new Error(JSON.stringify(answer));
      return answer.value;
    };
    await call('openInput', [place.input]);
    expect(await call('devices')).toContainEqual(expect.objectContaining({ name: 'cpu', available: true }));
    await call('startJob', denoiseRequest(place.input, path.join(place.output, 'served')), 'last');
    for (let state = ''; state !== 'done'; ) {
      const { jobs } = (await call('jobs')) as QueueState;
      state = jobs[0].state;
      expect(['waiting', 'running', 'done']).toContain(state);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    // strace passes no signal on: its child, the server, is to be told.
    const [server] = (await fs.readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')).split(' ');
    process.kill(Number(server), 'SIGINT');
    await ended;
    const found = readTrace(place.trace);
    expect(elsewhere(found)).toEqual([]);
    expectStartedSilent(found);
    const calls = found.internet.map((line) => line.replace(/^\d+ +/, ''));
    expect(calls.filter((line) => !line.startsWith('socket(') && !line.startsWith('bind('))).toEqual([]);
    const bound = calls.filter((line) => line.startsWith('bind('));
    expect(bound).toHaveLength(1);
    expect(bound[0]).toContain('inet_addr("127.0.0.1")');
  });

  it('and nothing stays in the temporary folder', async () => {
    expect(await fs.readdir(path.join(place.root, 'temporary'))).toEqual([]);
    expect(await fs.readdir(path.join(place.root, 'person'))).toEqual([]);
  });
});
