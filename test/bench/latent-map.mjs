/**
 * The latent map of the window with thousands of points: how long it takes to appear, and script, style and drawing of
 * a frame while the pointer moves over it and while arrow keys step. Nothing is computed: the map is written as
 * `limpid latent` would. Run: node test/bench/latent-map.mjs [POINTS]
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { chromium } from '@playwright/test';
import { addressOf } from '../served.mjs';

const POINTS = Number(process.argv[2] ?? 5000);
const SERIES = 10;
const CLUSTERS = 6;
const LENGTH = 32;
const MOVES = 120;
const JOB = '00000000-0000-4000-8000-000000000001';
const root = path.resolve(import.meta.dirname, '../..');
const work = mkdtempSync(path.join(os.tmpdir(), 'limpid-map-bench-'));
const home = path.join(work, 'home');
const output = path.join(work, 'latent');

writeMap();
const server = spawn(process.execPath, [path.join(root, 'bin/limpid.js'), 'serve'], {
  cwd: work,
  env: { ...process.env, LIMPID_HOME: home },
  stdio: ['ignore', 'pipe', 'ignore'],
});
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(60_000);
  await page.goto(await addressOf(server));
  await page.keyboard.press('Alt+4');
  const start = performance.now();
  await page.getByRole('tab', { name: 'Latent map' }).click();
  const map = page.getByRole('listbox');
  await map.waitFor();
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done)))');
  console.log(`${POINTS} points on screen after ${Math.round(performance.now() - start)} ms`);
  const box = await map.boundingBox();
  const client = await page.context().newCDPSession(page);
  await client.send('Performance.enable');
  const hover = Array.from({ length: MOVES }, (_, i) => ({
    x: box.x + box.width * (0.3 + 0.4 * Math.abs(Math.sin(i / 9))),
    y: box.y + box.height * (0.3 + 0.4 * Math.abs(Math.cos(i / 7))),
  }));
  report('pointer', await frames(client, hover.length, (i) => page.mouse.move(hover[i].x, hover[i].y)));
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.wheel(0, -100);
  await page.mouse.down();
  report('dragging', await frames(client, hover.length, (i) => page.mouse.move(hover[i].x, hover[i].y)));
  await page.mouse.up();
  report('zooming', await frames(client, 20, (i) => page.mouse.wheel(0, i % 4 < 2 ? -100 : 100)));
  await map.focus();
  await page.keyboard.press('0');
  report('arrow keys', await frames(client, MOVES, () => page.keyboard.press('ArrowRight')));
  const again = performance.now();
  await page.getByLabel('Colour by').selectOption('cluster');
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done)))');
  console.log(`coloured anew after ${Math.round(performance.now() - again)} ms`);
} finally {
  await browser.close();
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGTERM');
  await ended;
  rmSync(work, { recursive: true, force: true });
}

/** Milliseconds of the main thread (script, style, layout, painting) for each step. */
async function frames(client, count, step) {
  const busy = async () => {
    const { metrics } = await client.send('Performance.getMetrics');
    return 1000 * metrics.find(({ name }) => name === 'TaskDuration').value;
  };
  const list = [];
  for (let i = 0; i < count; i++) {
    const before = await busy();
    await step(i);
    await client.send('Runtime.evaluate', {
      expression: 'new Promise((done) => requestAnimationFrame(() => setTimeout(done)))',
      awaitPromise: true,
    });
    list.push((await busy()) - before);
  }
  return list.sort((a, b) => a - b);
}

function report(what, list) {
  const at = (share) => list[Math.floor(share * (list.length - 1))].toFixed(1);
  console.log(`${what}: median ${at(0.5)} ms a frame, 95 % under ${at(0.95)} ms`);
}

function writeMap() {
  mkdirSync(output, { recursive: true });
  mkdirSync(home);
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const each = Math.ceil(POINTS / SERIES);
  const points = Array.from({ length: POINTS }, (_, i) => {
    const cluster = i % CLUSTERS;
    const place = () => [cluster + 2 * random(), (cluster % 3) + 2 * random()];
    return { series: Math.floor(i / each), slice: i % each, frame: 0, cluster, pca: place(), umap: place() };
  });
  const map = {
    format: 'limpid-latent-1',
    notice: 'Not for diagnostic use',
    version: '0.0.0',
    seed: 1,
    model: { family: 'variational', sha256: '0'.repeat(64) },
    vectors: { length: LENGTH, kind: 'plane' },
    series: Array.from({ length: SERIES }, () => ({ id: 'nifti', modality: 'MR', slices: each, frames: 1 })),
    points,
    explained: [0.5, 0.2],
    clusters: Array.from({ length: CLUSTERS }, (_, i) => ({
      size: points.filter(({ cluster }) => cluster === i).length,
      shown: [i],
    })),
    silhouette: 0.5,
    queries: [],
  };
  writeFileSync(path.join(output, 'latent.json'), JSON.stringify(map));
  writeFileSync(path.join(output, 'vectors.npy'), npy(POINTS, LENGTH, random));
  const request = {
    type: 'latent',
    model: 'none',
    inputs: Array.from({ length: SERIES }, (_, i) => path.join(work, `${i}.nii`)),
    output,
    clusters: null,
    nearest: null,
    seed: 1,
    device: 'cpu',
    force: false,
  };
  const result = {
    type: 'result',
    command: 'latent',
    exitCode: 0,
    family: 'variational',
    series: SERIES,
    slices: POINTS,
    length: LENGTH,
    explained: map.explained,
    clusters: map.clusters.map(({ size }) => size),
    silhouette: 0.5,
    queries: 0,
    files: ['vectors.npy', 'latent.json'],
    problems: [],
  };
  const job = { id: JOB, request, createdAt: '2026-01-01T00:00:00.000Z', state: 'done', result };
  writeFileSync(path.join(home, 'queue.json'), JSON.stringify({ format: 1, paused: false, jobs: [job] }));
}

/** As NumPy writes it: format 1.0, little-endian float32, rows. */
function npy(rows, columns, random) {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`;
  const header = Buffer.from(`${text.padEnd(117)}\n`, 'latin1');
  const start = Buffer.from('\x93NUMPY\x01\x00', 'latin1');
  const length = Buffer.from(Uint16Array.of(header.length).buffer);
  const data = Float32Array.from({ length: rows * columns }, random);
  return Buffer.concat([start, length, header, Buffer.from(data.buffer)]);
}
