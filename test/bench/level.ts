// The level of the noise that is found, over the true one: scans simulated with known level, and real series whose
// level repeats tell:
//   npm run bench -- level [--only WORD] [--data FOLDER] [--keep FOLDER] [--held-out] [--write]
// ch2 and the macaque are Debian's mricron-data; FOLDER holds unpacked series: ct-bone and ct-iterative (one phantom
// in two reconstructions), repeats (frames that are repeats), dwi-twice (one acquisition made twice, one run after the other).
// --held-out takes other scanners, slices and seeds instead, which nothing was chosen on. --write puts a row a scene into
// results/level.json: the true level, the one by estimateNoise alone (plain), and the one that is used (found); where a
// map of it is used, also the median over tissue of that map over the true one (map). The true level is the median over
// tissue too, but what is found is that of the flattest parts, which is another where coils make it differ by much.
// --keep keeps what was simulated for the next time.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { guidedNoise } from '../../src-main/filters/guided-noise.js';
import { readNifti } from '../../src-main/imaging/nifti.js';
import type { Volume } from '../../src-main/imaging/volume.js';
import { estimateNoise } from '../../src-main/noise/estimate/estimate.js';
import type { NoiseEstimate } from '../../src-main/noise/noise-estimate.js';
import { median } from '../../src-main/noise/robust.js';
import { sigmaOfLevel, simulateNoise } from '../../src-main/noise/simulate.js';
import { openInput } from '../../src-main/series/open-input.js';
import { CH2, MACAQUE, slab } from '../imaging/support.js';
import { PLAIN_SCANNER, type Scanner, simulateScan } from '../noise/scanner.js';
import { drawnHead } from '../support/drawn-head.js';

const { values: options } = parseArgs({
  args: process.argv.slice(2),
  options: {
    only: { type: 'string', default: '' },
    data: { type: 'string' },
    keep: { type: 'string' },
    write: { type: 'boolean', default: false },
    'held-out': { type: 'boolean', default: false },
  },
});

interface Scene {
  readonly name: string;
  readonly modality: string;
  make(): Promise<Made>;
}

interface Made {
  readonly volume: Volume;
  /** Null where nothing tells it. */
  readonly sigma: number | null;
  /** The level at each voxel, and where there is tissue; absent where it is the same everywhere, or not known. */
  readonly truth?: () => { readonly map: Float32Array; readonly tissue: (i: number) => boolean };
}

const SCANNERS: Readonly<Record<string, Partial<Scanner>>> = {
  white: {},
  'zero-filled .6': { acquired: [0.6, 0.6] },
  'zero-filled .5 x .8': { acquired: [0.5, 0.8] },
  fermi: { window: 'fermi' },
  'fermi, zero-filled .75': { window: 'fermi', acquired: [0.75, 0.75] },
  hann: { window: 'hann' },
  'adaptive, normalised': { coils: 8, normalised: true },
  'quiet air': { coils: 8, normalised: true, airGain: 0.3 },
  'quiet air, zero-filled': { coils: 8, normalised: true, airGain: 0.25, acquired: [0.6, 0.8] },
  'sum of squares': { coils: 8, combination: 'sum-of-squares' },
  'sum of squares, fermi .7': {
    coils: 8,
    combination: 'sum-of-squares',
    window: 'fermi',
    acquired: [0.7, 0.7],
  },
  'g-factor 3': { coils: 8, acceleration: 3, normalised: true },
  'g-factor 2, fermi .8': {
    coils: 8,
    acceleration: 2,
    normalised: true,
    window: 'fermi',
    acquired: [0.8, 0.8],
  },
};

/** What was simulated by an earlier run, where a folder keeps it. */
function kept(name: string, make: () => Float32Array): Float32Array {
  if (options.keep === undefined) return make();
  const file = path.join(options.keep, `${name}.f32`);
  if (!fs.existsSync(file)) {
    fs.mkdirSync(options.keep, { recursive: true });
    fs.writeFileSync(file, make());
  }
  return new Float32Array(Uint8Array.from(fs.readFileSync(file)).buffer);
}

/** Of the brightest value, what is tissue where maps are held against the true ones. */
const TISSUE = 0.2;

function simulated(
  anatomy: string,
  clean: () => Volume,
  percents: readonly number[],
  scanners = SCANNERS,
  seed = 1,
): Scene[] {
  return Object.entries(scanners).flatMap(([scanner, settings]) =>
    percents.map((percent) => ({
      name: `${anatomy} ${percent} % ${scanner}`,
      modality: 'MR',
      make: async () => {
        const object = clean();
        const sigma = sigmaOfLevel(object, percent);
        const scan = () => simulateScan(object, { ...PLAIN_SCANNER, ...settings }, sigma, seed);
        const brightest = object.data.reduce((a, b) => Math.max(a, b), 0);
        return {
          volume: {
            ...object,
            data: kept(`${anatomy} ${percent} ${scanner}`, () => scan().noisy.data),
            quantum: 0,
          },
          sigma,
          truth: () => ({
            map: kept(`${anatomy} ${percent} ${scanner} map`, () => scan().map),
            tissue: (i) => object.data[i] > TISSUE * brightest,
          }),
        };
      },
    })),
  );
}

function cropped(
  volume: Volume,
  [left, top, width, height]: readonly [number, number, number, number],
): Volume {
  const data = new Float32Array(width * height * volume.slices);
  for (let i = 0; i < data.length; i++) {
    const [x, y, z] = [i % width, Math.floor(i / width) % height, Math.floor(i / (width * height))];
    data[i] = volume.data[(z * volume.rows + y + top) * volume.columns + x + left];
  }
  return { ...volume, data, columns: width, rows: height };
}

function crops(
  anatomy: string,
  clean: () => Volume,
  box: readonly [number, number, number, number],
): Scene[] {
  return [3, 9].flatMap((percent) =>
    [0, 1.6].map((correlation) => ({
      name: `${anatomy} ${percent} % crop of tissue, FWHM ${correlation}`,
      modality: 'MR',
      make: async () => {
        const whole = clean();
        const sigma = sigmaOfLevel(whole, percent);
        const noisy = simulateNoise(whole, { kind: 'rician', sigma, correlation, seed: 1 });
        return { volume: cropped(noisy, box), sigma };
      },
    })),
  );
}

/** As anonymisation and brain extraction leave it: air set to 0. */
function maskedScene(scene: Scene, clean: () => Volume): Scene {
  return {
    ...scene,
    name: `${scene.name}, air masked`,
    make: async () => {
      const { volume, ...known } = await scene.make();
      const object = clean().data;
      const brightest = object.reduce((a, b) => Math.max(a, b), 0);
      const data = volume.data.map((v, i) => (object[i] > MASK * brightest ? v : 0));
      return { volume: { ...volume, data }, ...known };
    },
  };
}

const MASKED = ['white', 'fermi, zero-filled .75', 'hann', 'zero-filled .5 x .8'];

function masked(anatomy: string, clean: () => Volume, percents: readonly number[]): Scene[] {
  const some = Object.fromEntries(Object.entries(SCANNERS).filter(([scanner]) => MASKED.includes(scanner)));
  return simulated(anatomy, clean, percents, some).map((scene) => maskedScene(scene, clean));
}

/** Values above this part of the brightest are kept. */
const MASK = 0.1;

const brain = (): Volume => slab(readNifti(fs.readFileSync(CH2)).volume, 84, 92);
const monkey = (): Volume => slab(readNifti(fs.readFileSync(MACAQUE)).volume, 44, 52);

async function firstSeries(folder: string): Promise<{ volume: Volume; modality: string }> {
  const input = await openInput(folder, () => {}, { errorMap: false, uncertainty: false, suffix: 'unused' });
  try {
    const stacks = input.units.flatMap((unit) => unit.stacks);
    const largest = stacks.sort((a, b) => b.instances - a.instances)[0];
    if (largest === undefined) throw new Error(`no series in ${folder}`);
    return { volume: (await largest.load(() => {})).volume, modality: largest.modality };
  } finally {
    await input.close();
  }
}

/** Median over tissue of |a - b| / (0.6745 sqrt 2), drift of every slice taken away. */
function difference(a: Float32Array, b: Float32Array, area: number): number {
  const top = [...a].sort((x, y) => y - x)[Math.floor(a.length / 100)];
  const found: number[] = [];
  for (let start = 0; start < a.length; start += area) {
    const kept: number[] = [];
    for (let i = start; i < start + area; i++) if (a[i] > 0.25 * top) kept.push(b[i] - a[i]);
    if (kept.length < 100) continue;
    const drift = median(kept);
    for (const value of kept) found.push(Math.abs(value - drift));
  }
  return median(found) / (0.6745 * Math.SQRT2);
}

function frameOf(volume: Volume, frame: number): Float32Array {
  const length = volume.data.length / volume.frames;
  return volume.data.subarray(frame * length, (frame + 1) * length);
}

function real(folder: string): Scene[] {
  const at = (name: string): string => path.join(folder, name);
  const scenes: Scene[] = [];
  const add = (name: string, make: () => Promise<Made>, modality = 'MR') => {
    scenes.push({ name, modality, make });
  };
  if (fs.existsSync(at('repeats'))) {
    const load = async (frames: number | null) => {
      const { volume } = await firstSeries(at('repeats'));
      const sigmas = Array.from({ length: volume.frames - 1 }, (_, t) =>
        difference(frameOf(volume, t), frameOf(volume, t + 1), volume.rows * volume.columns),
      );
      const seen = frames === null ? volume : { ...volume, data: frameOf(volume, 3).slice(), frames };
      return { volume: seen, sigma: median(sigmas) };
    };
    add('real EPI repeats', () => load(null));
    add('real EPI, one frame', () => load(1));
  }
  for (const [name, sigma] of [
    ['ct-bone', 16.4],
    ['ct-iterative', 3],
  ] as const)
    if (fs.existsSync(at(name)))
      add(`real ${name}`, async () => ({ volume: (await firstSeries(at(name))).volume, sigma }), 'CT');
  if (fs.existsSync(at('dwi-twice'))) {
    const load = async (only: number | null) => {
      const { volume } = await firstSeries(at('dwi-twice'));
      const half = volume.frames / 2;
      const sigmas = Array.from({ length: half }, (_, t) =>
        difference(frameOf(volume, t), frameOf(volume, t + half), volume.rows * volume.columns),
      );
      const data =
        only === null ? volume.data.slice(0, volume.data.length / 2) : frameOf(volume, only).slice();
      return {
        volume: { ...volume, measured: null, data, frames: only === null ? half : 1 },
        // one scanner makes all frames with the same noise; the bright ones differ by what moved between the runs
        sigma: median(sigmas),
      };
    };
    add('real DWI twice', () => load(null));
    add('real DWI, one b0', () => load(0));
    add('real DWI, one direction', () => load(5));
  }
  for (const name of fs.readdirSync(folder).filter((entry) => entry.startsWith('unknown-')))
    add(
      `real ${name}`,
      async () => ({ volume: (await firstSeries(at(name))).volume, sigma: null }),
      name.includes('ct') ? 'CT' : 'MR',
    );
  return scenes;
}

/** Kept back: looked at when nothing is to be changed any more. */
const OTHERS: Readonly<Record<string, Partial<Scanner>>> = {
  white: {},
  'fermi, zero-filled .85': { window: 'fermi', acquired: [0.85, 0.85] },
  'zero-filled .7': { acquired: [0.7, 0.7] },
  'hann, zero-filled .9': { window: 'hann', acquired: [0.9, 0.9] },
  '12 coils, quiet air, zero-filled': { coils: 12, normalised: true, airGain: 0.4, acquired: [0.8, 0.7] },
  '6 coils, quiet air': { coils: 6, normalised: true, airGain: 0.5 },
};

function heldOut(): Scene[] {
  const other = (file: string, from: number) => (): Volume =>
    slab(readNifti(fs.readFileSync(file)).volume, from, from + 8);
  const anatomies: [string, () => Volume][] = [
    ['ch2 low', other(CH2, 56)],
    ['macaque high', other(MACAQUE, 62)],
  ];
  return anatomies.flatMap(([anatomy, clean]) =>
    [3, 7].flatMap((percent) =>
      simulated(anatomy, clean, [percent], OTHERS, 5).flatMap((scene) => [scene, maskedScene(scene, clean)]),
    ),
  );
}

const held = options['held-out'];
const scenes: Scene[] = (
  held
    ? heldOut()
    : [
        ...simulated('ch2', brain, [1, 3, 9]),
        ...simulated('macaque', monkey, [3, 9]),
        ...simulated('drawn', drawnHead, [5]),
        ...masked('ch2', brain, [3, 9]),
        ...masked('macaque', monkey, [3, 9]),
        ...crops('ch2', brain, [50, 60, 80, 100]),
        ...(options.data === undefined ? [] : real(options.data)),
      ]
).filter(({ name }) => name.includes(options.only));

function line(name: string, sigma: number | null, found: NoiseEstimate, seconds: number): string {
  const { methods, correlation } = found;
  const ratio = sigma === null ? '   -' : (found.sigma / sigma).toFixed(2);
  const short = (value: number | null): string => (value === null ? '-' : value.toPrecision(3));
  const by = Object.entries(methods)
    .filter(([, value]) => value !== null)
    .map(([method, value]) => `${method} ${short(value)}`);
  const codes = found.warnings.map(({ code }) => code.replace('W_', '').replace('NOISE_', ''));
  return `${ratio}  ${name.padEnd(42)} true ${short(sigma)} found ${short(found.sigma)} (${by.join(', ')}) ${found.distribution}${found.certain ? '' : ' ?'} rho ${correlation.x.toFixed(2)} ${correlation.y.toFixed(2)} ${found.map ? `map ${found.mapVariation.toFixed(2)} ` : ''}${codes.join(' ')} ${seconds.toFixed(2)} s`;
}

const rows: Record<string, Record<string, number>> = {};
const rounded = (value: number): number => Number(value.toPrecision(4));
const ratios: number[] = [];
/** Median over tissue of the map that was found over the true one. */
function mapRatio({ map }: NoiseEstimate, { truth }: Made): number | null {
  if (map === null || truth === undefined) return null;
  const { map: known, tissue } = truth();
  return median(Float32Array.from([...map].flatMap((level, i) => (tissue(i) ? [level / known[i]] : []))));
}

for (const { name, modality, make } of scenes) {
  const made = await make();
  const { volume, sigma } = made;
  const started = performance.now();
  const plain = estimateNoise(volume, { modality });
  const found = await guidedNoise(volume, plain, { modality });
  const everywhere = mapRatio(found, made);
  if (sigma !== null)
    rows[name] = {
      true: rounded(sigma),
      plain: rounded(plain.sigma),
      found: rounded(found.sigma),
      ...(everywhere === null ? {} : { map: rounded(everywhere) }),
    };
  if (sigma !== null) ratios.push(found.sigma / sigma);
  const placed = everywhere === null ? '' : ` map over true ${everywhere.toFixed(2)}`;
  console.log(line(name, sigma, found, (performance.now() - started) / 1000) + placed);
}
const off = ratios.map((ratio) => Math.max(ratio, 1 / ratio));
const within = (factor: number): number => off.filter((value) => value <= factor).length;
console.log(
  `${ratios.length} levels known: ${within(1.1)} within 10 %, ${within(1.2)} within 20 %, ${off.length - within(2)} off by more than 2`,
);
if (options.write) {
  const file = path.resolve('test/bench/results/level.json');
  const known = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : {};
  fs.writeFileSync(file, `${JSON.stringify({ ...known, ...rows }, null, 2)}\n`);
}
