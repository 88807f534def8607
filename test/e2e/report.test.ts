import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as os from 'node:os';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from '@playwright/test';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Report, ReportWords } from '../../src-main/contract/report.js';
import { readText } from '../../src-main/contract/schema/schema.js';
import { renderSeriesImages } from '../../src-main/report/images.js';
import { buildReportHtml, DATA_MARK } from '../../src-main/report/report-html.js';
import { brainSample, type Sample } from '../trust/sample.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const CHROMIUM = '/usr/bin/chromium';
const missing = existsSync(CHROMIUM) ? false : `skipped: ${CHROMIUM} is missing; install Debian's chromium`;
if (missing) console.warn(missing);
/** Where to leave pictures of the page for a person to look at; nowhere by default. */
const SHOTS = process.env.LIMPID_SCREENSHOTS;

const folder = mkdtempSync(path.join(os.tmpdir(), 'limpid-report-'));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
let browser: Browser;
let template: string;
let words: ReportWords;
let report: Report;
let sample: Sample;
let full: string;
let small: string;

beforeAll(async () => {
  if (missing) return;
  const outDir = path.join(folder, 'built');
  await build({
    configFile: path.join(ROOT, 'build/vite.report.ts'),
    logLevel: 'error',
    build: { outDir, emptyOutDir: true },
  });
  template = readFileSync(path.join(outDir, 'report.html'), 'utf8');
  const read = readText(ReportWords, readFileSync(path.join(outDir, 'words.json'), 'utf8'));
  if (!read.fits) throw new Error('words.json is not what a report takes.');
  words = read.value;
  sample = await brainSample();
  report = sample.report;
  const images = renderSeriesImages('s1', sample.before, sample.after, {
    sigma: sample.sigma,
    uncertainty: sample.uncertainty,
  });
  full = write('report.html', buildReportHtml(report, [images], template, words));
  const few = { ...images, columns: 64, rows: 64 };
  small = write('small.html', buildReportHtml(report, [few], template, words));
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

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, html: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, html);
  return pathToFileURL(file).href;
}

interface Opened {
  readonly page: Page;
  /** Console errors, exceptions, and requests for anything but the page and its data URLs. */
  readonly complaints: string[];
}

async function open(
  url: string,
  colorScheme: 'dark' | 'light' = 'dark',
  width = 1600,
  language = 'en-GB',
): Promise<Opened> {
  const page = await browser.newPage({ colorScheme, viewport: { width, height: 1000 }, locale: language });
  page.setDefaultTimeout(60_000);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (request.url() !== url.replace(/#.*/, '') && !request.url().startsWith('data:'))
      complaints.push(request.url());
  });
  await page.goto(url);
  await page.waitForSelector('main h1');
  return { page, complaints };
}

async function shoot(page: Page, name: string): Promise<void> {
  if (SHOTS !== undefined)
    await page.screenshot({
      path: path.join(SHOTS, `${name}.png`),
      fullPage: name !== 'many' && name !== 'many-print',
    });
}

/** Words of English that German has not, among all that is shown or read out. */
async function englishOn(page: Page): Promise<string[]> {
  const texts = await page.evaluate<string[]>(`[
    document.body.innerText,
    ...[...document.querySelectorAll('[aria-label], [alt], [aria-valuetext]')].flatMap((one) =>
      ['aria-label', 'alt', 'aria-valuetext'].map((name) => one.getAttribute(name) ?? '')),
  ]`);
  const all = texts.join(' ').replaceAll('English', '');
  return (
    all.match(
      /\b(the|of|and|is|are|were|with|without|noise|slices?|before|after|what|which|from)\b.{0,40}/gi,
    ) ?? []
  );
}

/** Computed style of the first picture whose alternative text begins so. */
function styleOf(page: Page, alt: string, property: string): Promise<unknown> {
  return page.evaluate(`getComputedStyle(document.querySelector('img[alt^="${alt}"]')).${property}`);
}

describe.skipIf(missing)('report.html in a browser', () => {
  it('is small before it is filled, and has one place for its data', () => {
    expect(template.length).toBeLessThan(150_000);
    expect(template.split(DATA_MARK)).toHaveLength(2);
    expect(template).not.toMatch(/(?:src|href)="(?!data:)[^"#]/);
  });

  it('shows every picture from a file, without a request or a complaint', async () => {
    const { page, complaints } = await open(full);
    const pictures = await page.evaluate(
      '[...document.images].map((i) => [i.complete, i.naturalWidth, i.naturalHeight])',
    );
    expect(pictures).toEqual(new Array(5).fill([true, 256, 256]));
    expect(await page.title()).toBe('Limpid report');
    expect(await page.getByText('Not for diagnostic use').isVisible()).toBe(true);
    expect(complaints).toEqual([]);
    await shoot(page, 'dark');
    await page.close();
  });

  it('blocks foreign scripts, styles and requests by its own policy', async () => {
    const { page, complaints } = await open(full);
    await page.evaluate(`
      const script = document.createElement('script');
      script.textContent = 'document.title = "taken"';
      document.body.append(script);
      const picture = new Image();
      picture.src = 'https://example.invalid/pixel.png';
      document.body.append(picture);
    `);
    const blocked = () => complaints.filter((text) => /Content Security Policy/.test(text));
    await expect.poll(() => blocked().length).toBe(2);
    expect(blocked().join()).toMatch(/inline script.*|example\.invalid/s);
    expect(await page.title()).toBe('Limpid report');
    await page.close();
  });

  it('draws the residual in colours: dark at zero, blue and red at the ends', async () => {
    const { page } = await open(full);
    const tables = await page
      .locator('#residual-colours feFuncR, #residual-colours feFuncB')
      .evaluateAll((functions) => functions.map((element) => element.getAttribute('tableValues') ?? ''));
    const [red, blue] = tables.map((table) => table.split(' ').map(Number));
    expect(red).toHaveLength(256);
    expect(Math.max(red[128], blue[128])).toBeLessThan(0.15);
    expect(blue[1]).toBeGreaterThan(red[1] + 0.3);
    expect(red[255]).toBeGreaterThan(blue[255] + 0.3);
    await page.close();
  });

  it('changes slice, divider and mode by keyboard alone', async () => {
    const { page, complaints } = await open(full);
    const before = page.getByRole('img', { name: /^Before denoising/ });
    const first = await before.getAttribute('src');
    await page.getByRole('slider', { name: 'Slice' }).focus();
    await page.keyboard.press('ArrowRight');
    expect(await before.getAttribute('src')).not.toBe(first);

    await page.getByRole('slider', { name: /^Divider/ }).focus();
    await page.keyboard.press('End');
    expect(await styleOf(page, 'Before', 'clipPath')).toMatch(/^inset\(0(px|%)?/);
    await page.keyboard.press('Home');
    expect(await styleOf(page, 'Before', 'clipPath')).toContain('100%');

    await page.getByRole('radio', { name: 'Swipe' }).focus();
    await page.keyboard.press('ArrowRight');
    const flip = page.getByRole('button', { name: 'Show before' });
    await flip.focus();
    await page.keyboard.press('Enter');
    expect(await styleOf(page, 'Before', 'visibility')).toBe('visible');
    await page.keyboard.press('Enter');
    expect(await styleOf(page, 'Before', 'visibility')).toBe('hidden');

    await page.getByRole('radio', { name: 'Flicker' }).focus();
    await page.keyboard.press('ArrowRight');
    await shoot(page, 'side');
    expect(await page.locator('img').count()).toBe(5);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('zooms to whole multiples with sharp pixels, and scrolls the pictures together', async () => {
    const { page } = await open(full, 'dark', 1200);
    await page.getByLabel('Zoom').selectOption('4');
    const picture = page.locator('img').first();
    expect((await picture.boundingBox())?.width).toBe(1024);
    expect(await styleOf(page, 'Before', 'imageRendering')).toBe('pixelated');
    await page.getByLabel('Smooth pixels').check();
    expect(await styleOf(page, 'Before', 'imageRendering')).toBe('auto');
    await page
      .locator('.frame')
      .first()
      .evaluate((frame) => frame.scrollTo(0, 100));
    await expect
      .poll(() => page.locator('.frame').evaluateAll((frames) => frames.map((frame) => frame.scrollTop)))
      .toEqual([100, 100, 100, 100]);
    await page.close();
  });

  it('puts the four pictures in one row, each with label and slider as wide as it', async () => {
    const { page } = await open(full, 'dark', 1400);
    const figures = await page.locator('.panels figure').evaluateAll((all) =>
      all.map((figure) => {
        const box = (selector: string) => figure.querySelector(selector)?.getBoundingClientRect();
        return {
          top: box('.stage')?.top,
          widths: ['.stage', 'figcaption', '.swipe'].map((s) => box(s)?.width),
        };
      }),
    );
    expect(figures).toHaveLength(4);
    expect(new Set(figures.map(({ top }) => top)).size).toBe(1);
    for (const { widths } of figures) expect(new Set(widths.filter((w) => w !== undefined)).size).toBe(1);
    await page.close();
  });

  it('leaves the words around small pictures their room', async () => {
    const { page } = await open(small, 'dark', 420);
    await shoot(page, 'small');
    const cut = await page
      .locator('.panels :is(figcaption, .ends)')
      .evaluateAll((all) =>
        all.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.innerHTML),
      );
    expect(cut).toEqual([]);
    await page.close();
  });

  it('zooms to the room that there is, in a window that gets its width late, until a person chooses', async () => {
    const { page } = await open(full, 'dark', 420);
    const zoom = page.getByLabel('Zoom');
    expect(await zoom.inputValue()).toBe('1');
    await page.setViewportSize({ width: 2400, height: 1000 });
    await expect.poll(() => zoom.inputValue()).toBe('2');
    await zoom.selectOption('3');
    await page.setViewportSize({ width: 1400, height: 1000 });
    await expect.poll(() => page.evaluate('innerWidth')).toBe(1400);
    expect(await zoom.inputValue()).toBe('3');
    await page.close();
  });

  it('lists what failed and what was skipped, with code and remedy', async () => {
    const { page } = await open(full);
    const failed = page.getByRole('region', { name: 'Series s2' });
    expect(await failed.textContent()).toMatch(/failed.*E_TRUNCATED.*Copy or export the file again/s);
    expect(await page.getByRole('region', { name: 'Series s3' }).textContent()).toContain('E_NOT_ELIGIBLE');
    expect(await page.getByRole('link', { name: 's2' }).getAttribute('href')).toBe('#series-s2');
    await page.close();
  });

  it('draws no millimetres where nothing tells the size of a pixel', async () => {
    const [done] = report.series;
    if (done.geometry === null) throw new Error('The sample has a geometry.');
    const series = [{ ...done, geometry: { ...done.geometry, calibration: 'none' as const } }];
    const pictures = renderSeriesImages('s1', sample.before, sample.after, {
      sigma: sample.sigma,
      calibration: 'none',
    });
    const file = write(
      'uncalibrated.html',
      buildReportHtml({ ...report, series }, [pictures], template, words),
    );
    const { page, complaints } = await open(file);
    const region = page.getByRole('region', { name: 'Series s1' });
    const text = (await region.innerText()).replace(/\s+/g, ' ');
    expect(text).toContain('pixels (not calibrated)');
    expect(text).toMatch(/\d px, \d σ/);
    expect(text).not.toMatch(/\bmm\b/);
    expect(await page.locator('.scale').count()).toBe(0);
    expect(await page.locator('.outer .uncalibrated').allInnerTexts()).toEqual(
      Array.from({ length: 3 }, () => 'not calibrated'),
    );
    expect(complaints).toEqual([]);
    await page.close();
    const calibrated = await open(full);
    const usual = await calibrated.page.getByRole('region', { name: 'Series s1' }).innerText();
    expect(usual).toMatch(/voxels\s+of [\d.]+ × [\d.]+ × [\d.]+ mm/);
    expect(usual).not.toContain('calibrated');
    await calibrated.page.close();
  });

  it.each(['dark', 'light'] as const)('has no accessibility violation in %s', async (scheme) => {
    const { page } = await open(full, scheme);
    for (const details of await page.locator('summary').all()) await details.click();
    const found: unknown = await page.evaluate(
      `${axe}; axe.run(document, { resultTypes: ['violations'] }).then((r) => r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.html).join(' ')))`,
    );
    expect(found).toEqual([]);
    await shoot(page, `open-${scheme}`);
    await page.close();
  });

  it('says so when it holds no series, and when it holds no report', async () => {
    const empty = await open(
      write('empty.html', buildReportHtml({ ...report, series: [] }, [], template, words)),
    );
    expect(await empty.page.getByText('No series was found.').isVisible()).toBe(true);
    const bare = await open(write('bare.html', template), 'light');
    expect(await bare.page.getByText('holds no report').isVisible()).toBe(true);
    expect(await bare.page.getByText('Not for diagnostic use').isVisible()).toBe(true);
    expect([...empty.complaints, ...bare.complaints]).toEqual([]);
    await shoot(empty.page, 'empty');
    await shoot(bare.page, 'bare');
    await empty.page.close();
    await bare.page.close();
  });

  it('opens with fifty series, and prints', async () => {
    const [done, failed] = report.series;
    const series = Array.from({ length: 50 }, (_, i) => ({
      ...(i % 10 === 9 ? failed : done),
      id: `n${i + 1}`,
    }));
    const { page, complaints } = await open(
      write('many.html', buildReportHtml({ ...report, series }, [], template, words)),
    );
    expect(await page.getByRole('navigation').getByRole('link').count()).toBe(50);
    expect(await page.getByText('No pictures of this series').count()).toBe(45);
    await shoot(page, 'many');
    await page.emulateMedia({ media: 'print' });
    await shoot(page, 'many-print');
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('speaks the language of the browser, or what its address asks for, and another by choice', async () => {
    const { page, complaints } = await open(full, 'dark', 1600, 'de-AT');
    expect(await page.title()).toBe('Limpid-Bericht');
    expect(await page.locator('html').getAttribute('lang')).toBe('de');
    for (const details of await page.locator('summary').all()) await details.click();
    await shoot(page, 'german');
    expect(await englishOn(page)).toEqual([]);
    expect(await page.getByRole('region', { name: 'Serie s2' }).innerText()).toContain(
      'Die Datei noch einmal kopieren oder exportieren',
    );
    await page.getByLabel('Sprache').selectOption('en');
    expect(await page.title()).toBe('Limpid report');
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
    expect(complaints).toEqual([]);
    await page.close();
    const asked = await open(`${full}#lang=de`, 'light');
    expect(await asked.page.title()).toBe('Limpid-Bericht');
    await asked.page.emulateMedia({ media: 'print' });
    await shoot(asked.page, 'german-print');
    await asked.page.close();
    const unknown = await open(full, 'dark', 1600, 'fr-FR');
    expect(await unknown.page.title()).toBe('Limpid report');
    await unknown.page.close();
  });

  it('fits a narrow window without sideways scrolling', async () => {
    const { page } = await open(full, 'dark', 420);
    await shoot(page, 'narrow');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(420);
    await page.close();
  });
});
