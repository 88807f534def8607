import { readFileSync } from 'node:fs';
import type { Download, Page } from '@playwright/test';
import { type DecodedPng, decode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { number, type Of, object, read, shortList, text } from '../../src-main/contract/schema/schema.js';
import {
  drawn,
  expectAccessible,
  noBrowser,
  openTestViewer,
  press,
  shoot,
  type TestViewer,
  viewState,
} from '../viewer/page/open.js';
import { brainSet, drawnSet, type FixtureSet } from '../viewer/series.js';

/** What is measured in the viewer, and taken out of it. */

if (noBrowser) console.warn(noBrowser);
const time = drawnSet('time', { modality: 'MR', side: 64, slices: 3, frames: 4 });
let viewer: TestViewer;

beforeAll(async () => {
  if (noBrowser) return;
  viewer = await openTestViewer({ brain: brainSet(), time });
});
afterAll(async () => {
  await viewer?.close();
});

async function numbers(page: Page, name: RegExp): Promise<number[]> {
  const row = page.getByRole('row', { name }).first();
  await row.waitFor();
  return (await row.locator('td').allInnerTexts()).map((text) => Number(text.replace('\u2212', '-')));
}

/** Values of the square that Enter places in the middle of a 64 x 64 plane, `dx` pixels to the right. */
function square(set: FixtureSet['before'], plane: number, dx = 0): number[] {
  const { pixels } = set.frames[plane];
  const out: number[] = [];
  for (let y = 28; y < 36; y++) for (let x = 28 + dx; x < 36 + dx; x++) out.push(pixels[64 * y + x]);
  return out;
}
const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const sdOf = (values: readonly number[]) =>
  Math.sqrt(values.reduce((sum, v) => sum + (v - meanOf(values)) ** 2, 0) / (values.length - 1));

async function saved(page: Page, key: string): Promise<Buffer> {
  const coming: Promise<Download> = page.waitForEvent('download');
  await page.keyboard.press(key);
  const download = await coming;
  return readFileSync(await download.path());
}

const PlacedText = object({
  said: text,
  left: number,
  top: number,
  width: number,
  height: number,
  colour: text,
});

/** What a script in the page tells of texts. */
function placedTexts(told: unknown): readonly Of<typeof PlacedText>[] {
  const found = read(shortList(PlacedText), told);
  if (!found.fits) throw new Error('The page told of no texts.');
  return found.value;
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Relative luminance (WCAG 2.2). */
function luminance(rgb: readonly number[]): number {
  const [r, g, b] = rgb.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

type Pixel = readonly [x: number, y: number];

const rgbAt = ({ data, width, channels }: DecodedPng, [x, y]: Pixel) =>
  [0, 1, 2].map((c) => data[channels * (y * width + x) + c]);
const rgbOf = (colour: string) => (colour.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number);

/** Pixels of a text that have its colour but for smoothed borders, where neither what is around it nor the picture has. */
function lettersOf(onBlack: DecodedPng, box: Box, colour: string): readonly Pixel[] {
  const wanted = rgbOf(colour);
  const found: Pixel[] = [];
  for (let y = Math.ceil(box.top); y < box.top + box.height; y++)
    for (let x = Math.ceil(box.left); x < box.left + box.width; x++)
      if (rgbAt(onBlack, [x, y]).every((value, c) => Math.abs(value - wanted[c]) <= 64)) found.push([x, y]);
  return found;
}

/**
 * How letters stand out in a picture: their contrast to what is within five pixels of them, which all but a tenth of
 * their pixels have on at least two of four sides.
 */
function contrastOf(picture: DecodedPng, letters: readonly Pixel[], colour: string): number {
  const own = luminance(rgbOf(colour));
  const contrasts = letters.map(([x, y]) => {
    const sides = [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ].map(([dx, dy]) =>
      Math.max(
        ...[1, 2, 3, 4, 5].map((step) => {
          const other = luminance(rgbAt(picture, [x + step * dx, y + step * dy]));
          return (Math.max(own, other) + 0.05) / (Math.min(own, other) + 0.05);
        }),
      ),
    );
    return sides.sort((one, two) => two - one)[1];
  });
  return contrasts.sort((one, two) => one - two)[Math.floor(contrasts.length / 10)];
}

describe.skipIf(noBrowser)('measuring', () => {
  it('tells least and greatest, the contrast to noise of two regions, and the signal to noise by two time points', async () => {
    const page = await viewer.open('?set=time&pair=none');
    await press(page, 'r', 'Enter');
    await press(page, ...Array.from({ length: 9 }, () => 'Shift+ArrowLeft'));
    await press(page, 'Escape', 'r', 'Enter');
    // slice 1 of 3 at the first time point; the bright square lies to the left
    const [left, right] = [square(time.before, 1, -9), square(time.before, 1)];
    expect(await numbers(page, /^Minimum/)).toEqual([Math.min(...left)]);
    expect(await numbers(page, /^Maximum/)).toEqual([Math.max(...left)]);
    const cnr = Math.abs(meanOf(left) - meanOf(right)) / Math.sqrt((sdOf(left) ** 2 + sdOf(right) ** 2) / 2);
    expect(Math.abs((await numbers(page, /^CNR/))[0] / cnr - 1)).toBeLessThan(1e-3);
    const next = square(time.before, 4);
    const noise = sdOf(right.map((value, i) => value - next[i])) / Math.SQRT2;
    const snr = (meanOf(right) + meanOf(next)) / 2 / noise;
    expect(Math.abs((await numbers(page, /^SNR of region \d+ by two/))[0] / snr - 1)).toBeLessThan(1e-3);
    await expectAccessible(page);
    await shoot(page, 'contrast');
    await page.close();
  });

  it('draws angles, arrows and texts, by hand and by keyboard', async () => {
    const page = await viewer.open('?set=brain');
    await press(page, 'u', 'Enter');
    await page.getByText('90°', { exact: true }).first().waitFor();
    const box = await page.locator('.picture').first().boundingBox();
    if (box === null) throw new Error('no viewport');
    const at = (x: number, y: number) => page.mouse.move(box.x + x, box.y + y, { steps: 3 });
    await at(300, 300);
    await page.mouse.down();
    await at(200, 300);
    await page.mouse.up();
    await at(271, 229);
    await page.mouse.down();
    await page.mouse.up();
    await drawn(page);
    const captions = () => page.locator('.viewport').first().locator('svg text').allTextContents();
    expect((await captions()).map((text) => Math.round(Number(/[\d.]+(?=°)/.exec(text)?.[0])))).toEqual([
      90, 45,
    ]);
    await press(page, 'Shift+L', 'Enter');
    await page.keyboard.type('lesion?');
    await page.keyboard.press('Enter');
    await press(page, 'Escape');
    expect(await captions()).toContain('lesion?');
    await page.locator('.picture').first().focus();
    await press(page, 'Shift+T');
    await at(120, 120);
    await page.mouse.down();
    await page.mouse.up();
    await page.keyboard.type('Mrs Smith');
    await page.keyboard.press('Tab');
    expect(await captions()).toContain('Mrs Smith');
    await shoot(page, 'notes');
    // what a person wrote may name somebody: it goes with the patients
    await page.evaluate('hidePatients(true)');
    await drawn(page);
    expect(await page.locator('.viewer').innerText()).not.toContain('Smith');
    expect(await captions()).not.toContain('Mrs Smith');
    const table = (await saved(page, 'Control+e')).toString();
    expect(table).not.toContain('Smith');
    await page.evaluate('hidePatients(false)');
    expect((await saved(page, 'Control+e')).toString()).toContain('Mrs Smith');
    expect((await viewState(page)).measurements).toHaveLength(4);
    await page.close();
  });

  it('draws a region over time, before and after, with its temporal signal to noise', async () => {
    const page = await viewer.open('?set=time');
    await press(page, 'r', 'Enter');
    await page.getByRole('button', { name: 'Region 1 over time' }).click();
    const tsnr = await numbers(page, /^tSNR/);
    const expected = [time.before, time.after].map((set) => {
      const times = [0, 1, 2, 3].map((frame) => square(set, 1 + 3 * frame));
      return meanOf(
        times[0].map((_, i) => {
          const course = times.map((at) => at[i]);
          return meanOf(course) / sdOf(course);
        }),
      );
    });
    for (const [i, value] of expected.entries()) expect(Math.abs(tsnr[i] / value - 1)).toBeLessThan(1e-3);
    await page.getByText('Mean of region 1 at each time point').waitFor();
    await expectAccessible(page);
    await shoot(page, 'over-time');
    // another slice, or another region, and it is not shown any more
    await press(page, 'ArrowDown');
    expect(await page.getByRole('row', { name: /^tSNR/ }).count()).toBe(0);
    await page.close();
  });

  it('saves measurements of all slices as a table', async () => {
    const page = await viewer.open('?set=time&pair=after');
    await press(page, 'r', 'Enter', 'ArrowDown', 'ArrowRight');
    // what is placed belongs to the slice on screen, which comes when it was read
    await page.locator('.top-right').getByText('Time point 2/4').first().waitFor();
    await press(page, 'e', 'Enter', 'l', 'Enter');
    const lines = (await saved(page, 'Control+e')).toString().trimEnd().split('\r\n');
    const [head, ...rows] = lines.map((line) => line.split(','));
    const column = (name: string) => rows.map((row) => row[head.indexOf(name)]);
    expect(column('kind')).toEqual(['rectangle', 'ellipse', 'line']);
    expect(column('slice')).toEqual(['2', '3', '3']);
    expect(column('time_point')).toEqual(['1', '2', '2']);
    expect(Number(column('mean_before')[0])).toBeCloseTo(meanOf(square(time.before, 1)), 5);
    expect(Number(column('sd_after')[0])).toBeCloseTo(sdOf(square(time.after, 1)), 5);
    expect(column('length')[2]).toBe('16');
    expect(column('length_unit')[2]).toBe('mm');
    await page.close();
  });

  it('saves and copies what is on screen, with the notice burned in', async () => {
    const page = await viewer.open('?set=brain');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await press(page, 'r', 'Enter');
    const png = decode(await saved(page, 'Control+s'));
    const box = await page.locator('.grid').boundingBox();
    expect([png.width, png.height]).toEqual([Math.round(box?.width ?? 0), Math.round(box?.height ?? 0)]);
    const pixel = (x: number, y: number) => [
      ...png.data.subarray(4 * (y * png.width + x), 4 * (y * png.width + x) + 3),
    ];
    const canvas = await page.evaluate(`(() => {
      const canvas = document.querySelector('canvas.cornerstone-canvas');
      return [...canvas.getContext('2d').getImageData(200, 250, 1, 1).data.slice(0, 3)];
    })()`);
    expect(pixel(200, 250)).toEqual(canvas);
    // yellow, which nothing else at that place is
    let yellow = 0;
    for (let y = png.height - 44; y < png.height - 24; y++)
      for (let x = 0; x < png.width; x++) {
        const [r, g, b] = pixel(x, y);
        if (r > 200 && g > 160 && b < 120) yellow++;
      }
    expect(yellow).toBeGreaterThan(400);
    await page.keyboard.press('Control+c');
    await page.getByText('Picture copied').waitFor();
    const types = await page.evaluate(
      'navigator.clipboard.read().then((items) => items.flatMap(({ types }) => types))',
    );
    expect(types).toContain('image/png');
    await page.close();
  });

  it('writes on white and on black tissue with a contrast of at least 4.5 to 1', async () => {
    const page = await viewer.open('?set=brain');
    await press(page, 'r', 'Enter', 'q', 'o');
    // the scale of the overlay, beside tissue that no colour covers
    await page.getByLabel('Clear below').fill('1');
    const pictureAt = async (level: string) => {
      await page.getByLabel('Level', { exact: true }).fill(level);
      await page.getByLabel('Level', { exact: true }).press('Enter');
      await drawn(page);
      return decode(await page.screenshot());
    };
    const white = await pictureAt('-100000');
    const black = await pictureAt('100000');
    const texts = placedTexts(
      await page.evaluate(`[...document.querySelectorAll('.viewport .text, .viewport .letter, .viewport svg text, .viewport .legend span, .viewport .legend figcaption')].map((one) => {
        const { left, top, width, height } = one.getBoundingClientRect();
        const style = getComputedStyle(one);
        const colour = one instanceof SVGElement ? style.fill : style.color;
        return { said: one.textContent, left, top, width, height, colour };
      })`),
    );
    expect(texts.length).toBeGreaterThan(8);
    expect(texts.filter(({ said }) => said === 'σ')).not.toEqual([]);
    for (const { said, colour, ...box } of texts) {
      const letters = lettersOf(black, box, colour);
      expect(letters.length, said).toBeGreaterThan(0);
      expect(contrastOf(black, letters, colour), `${said} on black`).toBeGreaterThanOrEqual(4.5);
      // what the level says is other letters there
      if (!said.startsWith('W '))
        expect(contrastOf(white, letters, colour), `${said} on white`).toBeGreaterThanOrEqual(4.5);
    }
    await page.close();
  });

  it('complained about nothing', () => {
    expect(viewer.complaints).toEqual([]);
  });
});
