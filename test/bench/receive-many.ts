// Whether a node's memory stays flat over a day of associations: small images, an association a series.
//   npm run bench -- receive-many [INSTANCES] [A-SERIES]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { newUid } from '../../src-main/dicom/elements/uid.js';
import { store } from '../../src-main/dicom/net/scu.js';
import { readStorable } from '../../src-main/dicom/net/storable.js';
import { freePort } from '../support/servers.js';
import { receivedImage } from './receive-image.js';

/** The built node, whose resident memory is looked at ten times; its series are skipped, and kept. */
const [COUNT, EACH] = [100_000, 50].map((usual, i) => Number(process.argv[2 + i] ?? usual));
const SIZE = 16;

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'limpid-receive-'));
const port = await freePort();
const config = path.join(folder, 'node.json');
const rules = [{ name: 'all', do: 'skip' }];
fs.writeFileSync(
  config,
  JSON.stringify({
    host: '127.0.0.1',
    port,
    folder: path.join(folder, 'node'),
    quietSeconds: 1,
    leastFreeGb: 0,
    rules,
  }),
);
const node = spawn(process.execPath, [path.resolve('dist/main/cli.js'), 'node', '--config', config]);
const [told] = await once(node.stdout, 'data');
const health = /http:\S+/.exec(String(told))?.[0] ?? '';

function megabytes(): number {
  const status = fs.readFileSync(`/proc/${node.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

/** Sends one series. @returns how many of its images were acknowledged */
async function sendOne(): Promise<number> {
  const [study, series] = [newUid(), newUid()];
  const instances = [];
  for (let i = 0; i < EACH; i++) {
    const file = path.join(folder, `${i}.dcm`);
    fs.writeFileSync(file, receivedImage({ study, series, sopInstanceUid: newUid() }, SIZE));
    instances.push(await readStorable(file));
  }
  let stored = 0;
  await store({ title: 'LIMPID', host: '127.0.0.1', port, tls: null }, 'BENCH', instances, (_, { kind }) => {
    if (kind === 'stored') stored++;
  });
  return stored;
}

try {
  const started = performance.now();
  const rounds = Math.ceil(COUNT / EACH);
  let stored = 0;
  console.log(`0 instances: ${megabytes().toFixed(0)} MB`);
  for (let i = 1; i <= rounds; i++) {
    stored += await sendOne();
    if (i % Math.max(1, Math.round(rounds / 10)) === 0)
      console.log(
        `${stored} instances in ${i} associations: ${megabytes().toFixed(0)} MB, ${(stored / ((performance.now() - started) / 1000)).toFixed(0)} a second`,
      );
  }
  console.log(
    `acknowledged ${stored} of ${rounds * EACH}; the node says ${await (await fetch(health)).text()}`,
  );
} finally {
  node.kill('SIGTERM');
  await once(node, 'exit');
  fs.rmSync(folder, { recursive: true, force: true });
}
