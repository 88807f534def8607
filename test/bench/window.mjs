/**
 * The window from outside: first image of series of 500 and of 3,000 slices of 512 x 512, size of the bundle, memory at rest.
 * Needs the built app, Debian's chromium and, to compare the reading of headers, dcmtk. Run: npm run bench -- window
 * (test/bench/viewer.mjs, which it starts too, has the times of drawing).
 */
import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { gzipSync } from 'node:zlib';
import { chromium } from '@playwright/test';
import { addressOf } from '../served.mjs';

/** Series by their number of slices, and how often each is opened. */
const SERIES = [
  { slices: 500, rounds: 5 },
  { slices: 3000, rounds: 3 },
];
const HEADER_ROUNDS = 5;
const root = path.resolve(import.meta.dirname, '../..');
const work = mkdtempSync(path.join(os.tmpdir(), 'limpid-window-bench-'));

const median = (list) => list.slice().sort((a, b) => a - b)[Math.floor(list.length / 2)];
const say = (what, value) => console.log(`${what}: ${value}`);

for (const { slices } of SERIES) writeSeries(slices);
const server = spawn(process.execPath, [path.join(root, 'bin/limpid.js'), 'serve'], {
  cwd: work,
  env: { ...process.env, LIMPID_HOME: path.join(work, 'home') },
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
  await page.getByText('Open a study').waitFor();
  await page.waitForTimeout(3000);
  say('memory at rest, nothing open (PSS)', memory());
  for (const { slices, rounds } of SERIES) {
    await firstImage(page, slices, rounds);
    say(`memory as it is measured, ${slices} slices (PSS)`, memory());
    await measured(page);
    say(`memory at rest, ${slices} slices open and measured (PSS)`, memory());
    await close(page);
  }
} finally {
  await browser.close();
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGTERM');
  await ended;
}
say('bundle, gzip', `${bundle()} kB`);
headers(SERIES[0].slices);
rmSync(work, { recursive: true, force: true });

function folderOf(slices) {
  return path.join(work, `series-${slices}`);
}

/** A disc in noise, 12 bits, half a MB a slice; only positions differ from slice to slice. */
function writeSeries(slices) {
  const folder = folderOf(slices);
  mkdirSync(folder);
  const size = 512;
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const values = Array.from({ length: size * size }, (_, i) => {
    const [x, y] = [(i % size) - size / 2, Math.floor(i / size) - size / 2];
    return Math.round((x * x + y * y < 200 ** 2 ? 1060 : 24) + 40 * (random() - 0.5));
  });
  const pixels = Buffer.from(Uint16Array.from(values).buffer);
  for (let slice = 0; slice < slices; slice++)
    writeFileSync(path.join(folder, `${String(slice).padStart(4, '0')}.dcm`), ctSlice(slice, size, pixels));
}

/** A CT image in explicit VR little endian (PS3.10 section 7.1). */
function ctSlice(slice, size, pixels) {
  const element = (tag, vr, value) => {
    const text = typeof value === 'string' ? Buffer.from(value.length % 2 ? `${value} ` : value) : value;
    const header = Buffer.alloc(vr === 'OW' ? 12 : 8);
    header.writeUInt16LE(tag >>> 16, 0);
    header.writeUInt16LE(tag & 0xffff, 2);
    header.write(vr, 4, 'latin1');
    if (vr === 'OW') header.writeUInt32LE(text.length, 8);
    else header.writeUInt16LE(text.length, 6);
    return Buffer.concat([header, text]);
  };
  const uid = (value) => (value.length % 2 ? `${value}\0` : value);
  const word = (value) => Buffer.from(Uint16Array.of(value).buffer);
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from('DICM'),
    element(0x00020010, 'UI', uid('1.2.840.10008.1.2.1')),
    element(0x00080016, 'UI', uid('1.2.840.10008.5.1.4.1.1.2')),
    element(0x00080018, 'UI', uid(`1.2.826.0.1.${slice + 1}`)),
    element(0x00080060, 'CS', 'CT'),
    element(0x0020000d, 'UI', uid('1.2.826.0.2')),
    element(0x0020000e, 'UI', uid('1.2.826.0.3')),
    element(0x00200013, 'IS', String(slice + 1)),
    element(0x00200032, 'DS', `0\\0\\${slice}`),
    element(0x00200037, 'DS', '1\\0\\0\\0\\1\\0'),
    element(0x00280002, 'US', word(1)),
    element(0x00280004, 'CS', 'MONOCHROME2'),
    element(0x00280010, 'US', word(size)),
    element(0x00280011, 'US', word(size)),
    element(0x00280030, 'DS', '1\\1'),
    element(0x00280100, 'US', word(16)),
    element(0x00280101, 'US', word(16)),
    element(0x00280102, 'US', word(15)),
    element(0x00280103, 'US', word(0)),
    element(0x00281052, 'DS', '-1024'),
    element(0x00281053, 'DS', '1'),
    element(0x7fe00010, 'OW', pixels),
  ]);
}

/** From the click that opens the folder to the series in the list, and on to its middle slice on screen. */
async function firstImage(page, slices, rounds) {
  const folder = folderOf(slices);
  const dialog = page.getByRole('dialog');
  const list = [];
  const shown = [];
  for (let round = 0; round < rounds; round++) {
    await page.keyboard.press('Control+o');
    await dialog.getByRole('button', { name: '/', exact: true }).click();
    let at = '/';
    for (const part of folder.split('/').filter(Boolean)) {
      await dialog.locator(`.path[title="${at}"]`).waitFor();
      await dialog.getByRole('searchbox').fill(part);
      await dialog.getByRole('button', { name: part, exact: true }).click();
      at = path.posix.join(at, part);
    }
    const choose = dialog.getByRole('button', { name: 'Choose this folder' });
    await choose.waitFor();
    // Until the folder is listed it cannot be chosen.
    await dialog.getByText(folder, { exact: true }).waitFor();
    // in the page, so that the way from here to the browser is not measured
    const [inList, onScreen] = await page.evaluate(`new Promise((resolve) => {
      const find = (role, text) => [...document.querySelectorAll(role)].find((one) => one.textContent.includes(text));
      const start = performance.now();
      let seen = 0;
      const look = () => {
        const row = find('[role=treeitem]', '512 × 512');
        if (row !== undefined && seen === 0) {
          seen = performance.now() - start;
          row.dispatchEvent(new MouseEvent('dblclick', { bubbles: true }));
        }
        if (document.querySelector('.picture[data-slice] canvas') !== null)
          return resolve([seen, performance.now() - start]);
        requestAnimationFrame(look);
      };
      find('dialog button, [role=dialog] button', 'Choose this folder').click();
      look();
    })`);
    list.push(inList);
    shown.push(onScreen);
    if (round === rounds - 1) break;
    await close(page);
  }
  say(
    `series of ${slices} slices in the list`,
    `${median(list).toFixed(0)} ms (${list.map((ms) => ms.toFixed(0)).join(', ')})`,
  );
  say(
    'its first image on screen',
    `${median(shown).toFixed(0)} ms (${shown.map((ms) => ms.toFixed(0)).join(', ')})`,
  );
}

async function toStudies(page) {
  await page
    .getByRole('navigation')
    .first()
    .getByRole('button', { name: /^Studies/ })
    .click();
}

async function close(page) {
  await toStudies(page);
  await page
    .getByRole('button', { name: /^Close/ })
    .first()
    .click();
  await page.getByRole('treeitem').first().waitFor({ state: 'detached' });
}

/** Waits until the noise of the only series was measured. */
async function measured(page) {
  await toStudies(page);
  await page
    .getByText(/^Noise (\d|unknown)/)
    .first()
    .waitFor({ timeout: 600_000 });
}

/** MB of the service with its processes, and of the renderers of the browser: each page counted once. */
function memory() {
  const service = pssOf(descendants(server.pid));
  const renderers = pssOf(
    descendants(process.pid).filter((pid) => commandOf(pid).includes('--type=renderer')),
  );
  return `service ${service} MB, renderer ${renderers} MB`;
}

function descendants(pid) {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [Number(name), parentOf(name)]);
  const found = [pid];
  for (let i = 0; i < found.length; i++)
    found.push(...parents.filter(([, parent]) => parent === found[i]).map(([child]) => child));
  return found;
}

function parentOf(pid) {
  const stat = readOr(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

function commandOf(pid) {
  return readOr(`/proc/${pid}/cmdline`);
}

function pssOf(pids) {
  const kilobytes = pids.map((pid) =>
    Number(/^Pss:\s+(\d+)/m.exec(readOr(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0),
  );
  return Math.round(kilobytes.reduce((sum, one) => sum + one, 0) / 1024);
}

/** A process may have ended since it was listed. */
function readOr(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function bundle() {
  const files = readdirSync(path.join(root, 'dist/app'), { recursive: true, encoding: 'utf8' });
  const bytes = files
    .filter((name) => /\.(js|css|html)$/.test(name))
    .map((name) => gzipSync(readFileSync(path.join(root, 'dist/app', name))).length);
  return Math.round(bytes.reduce((sum, one) => sum + one, 0) / 1000);
}

function headers(slices) {
  if (!existsSync('/usr/bin/dcmdump')) return;
  const times = Array.from({ length: HEADER_ROUNDS }, () => {
    const start = performance.now();
    spawnSync('dcmdump', ['-q', '+sd', '+P', '0020,0032', folderOf(slices)], { stdio: 'ignore' });
    return performance.now() - start;
  });
  say('dcmdump, the positions of the same files', `${median(times).toFixed(0)} ms`);
}
