// What a node receives in a second, against dcmtk's storescp, in one run.
//   npm run bench -- receive [INSTANCES]
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { newUid } from '../../src-main/dicom/elements/uid.js';
import { parseConfig } from '../../src-main/node/config.js';
import { startNode } from '../../src-main/node/node.js';
import { freePort, startStorescp } from '../support/servers.js';
import { receivedImage } from './receive-image.js';

/**
 * The same images of 512 x 512, sent by dcmtk's storescu over one association: to storescp, to a node, and again in the
 * other order. Prints instances and MB a second, and the ratio.
 */
const COUNT = Number(process.argv[2] ?? 1000);
const SIZE = 512;

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'limpid-receive-'));
const images = path.join(folder, 'images');
fs.mkdirSync(images);
const [study, series] = [newUid(), newUid()];
for (let i = 0; i < COUNT; i++) {
  const names = { study, series, sopInstanceUid: newUid() };
  fs.writeFileSync(path.join(images, `${i}.dcm`), receivedImage(names, SIZE));
}

function seconds(title: string, port: number): number {
  const started = performance.now();
  execFileSync('storescu', ['+sd', '-aec', title, '127.0.0.1', `${port}`, images], { stdio: 'ignore' });
  return (performance.now() - started) / 1000;
}

async function toStorescp(): Promise<number> {
  const into = fs.mkdtempSync(path.join(folder, 'scp-'));
  const scp = await startStorescp(into);
  try {
    return seconds('ANY', scp.port);
  } finally {
    await scp.close();
  }
}

async function toNode(): Promise<{
  readonly taken: number;
  readonly memory: number;
  readonly sorted: number;
}> {
  const into = fs.mkdtempSync(path.join(folder, 'node-'));
  const config = parseConfig({
    host: '127.0.0.1',
    port: await freePort(),
    folder: into,
    quietSeconds: 3600,
    leastFreeGb: 0,
    rules: [{ name: 'all', do: 'skip' }],
  });
  // In this process storescu would wait for itself: it is asked to send from another.
  const node = await startNode(config, {
    startJob: () => {
      throw new Error('Nothing is denoised here.');
    },
  });
  try {
    const started = performance.now();
    const { spawn } = await import('node:child_process');
    const child = spawn('storescu', ['+sd', '-aec', 'LIMPID', '127.0.0.1', `${config.port}`, images], {
      stdio: 'ignore',
    });
    await new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const taken = (performance.now() - started) / 1000;
    while ((node.records()[0]?.instances ?? 0) < COUNT)
      await new Promise((resolve) => setTimeout(resolve, 20));
    const sorted = (performance.now() - started) / 1000;
    return { taken, sorted, memory: process.memoryUsage().rss };
  } finally {
    await node.close();
  }
}

try {
  const runs = [
    { scp: await toStorescp(), node: await toNode() },
    { node: await toNode(), scp: await toStorescp() },
  ];
  const rate = (time: number) => `${(COUNT / time).toFixed(0)} a second`;
  for (const { scp, node } of runs)
    console.log(
      `storescp ${rate(scp)}; node ${rate(node.taken)} (in its series ${rate(node.sorted)}): ${(scp / node.taken).toFixed(2)} of storescp; ${(node.memory / 1e6).toFixed(0)} MB`,
    );
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
