// How like real planes the planes are that models make, and how like the planes they learnt from:
//   npm run bench -- generation [--steps N] [--only METHOD,...] [--write]
// --write keeps the rows in test/bench/results/generation.json and puts them into docs/families.md.
import * as fs from 'node:fs';
import { codebookOf, codeGrid, latentOfCodes } from '../../src-main/analysis/code-prior.js';
import { eigenWorkspace, symmetricEigen } from '../../src-main/base/linear/eigen.js';
import { principalComponents } from '../../src-main/base/linear/pca.js';
import { Random } from '../../src-main/base/random.js';
import { grayPng } from '../../src-main/imaging/png.js';
import { exportModel, openModelFile } from '../../src-main/model-files/model-file.js';
import { modelCard } from '../../src-main/model-files/trained-card.js';
import { fitCodePrior, sampleCodes } from '../../src-main/models/code-prior.js';
import { fitPlanePrior, samplePlane } from '../../src-main/models/plane-prior.js';
import { quantile } from '../../src-main/noise/robust.js';
import { applyToPlane, decodeLatent, encodePlane, scaledStack } from '../../src-main/restore/apply.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import { trainFamily } from '../../src-main/training/family.js';
import { corpusSeries, splitCorpus } from '../../src-main/training/samples/corpus.js';
import { FEATURES, planeFeatures } from '../../src-main/trust/plane-features.js';
import { planFor } from '../training/brain.js';
import { headDrawer } from './drawn-heads.js';
import { benchOptions, keep, markdown, type Row } from './tables.js';

const options = benchOptions({ steps: 600 });
const SIDE = 64;
const SLICES = 8;
const AREA = SIDE * SIDE;
/** Patients learnt from; others that stand for real planes; others yet, from which the space of features comes. */
const PATIENTS = { learn: 24, real: 24, space: 24 };
const COUNT = PATIENTS.real * SLICES;
const COMPONENTS = 24;

const draw = headDrawer(SIDE, SLICES);
const planesOf = (from: number, count: number): Float32Array[] =>
  Array.from({ length: count }, (_, p) => scaledStack(draw(from + p, 'T1', 'axial', 0.01))).flatMap(
    ({ values }) => Array.from({ length: SLICES }, (_, s) => values.slice(s * AREA, (s + 1) * AREA)),
  );
const learnt = planesOf(0, PATIENTS.learn);
const real = planesOf(300, PATIENTS.real);
const others = planesOf(600, PATIENTS.space);
const spaces = [described, coarse].map((describe) => {
  const space = featureSpace(others, describe);
  return { space, ofReal: moments(real.map(space)) };
});

const runtime = await openRuntime('cpu', { threads: 1 });
const corpus = splitCorpus(
  Array.from({ length: PATIENTS.learn }, (_, p) => corpusSeries(draw(p, 'T1', 'axial', 0.01), `${p}`, null)),
  0.1,
  new Random(1),
);
const stack = {
  values: Float32Array.from(learnt.flatMap((plane) => [...plane])),
  rows: SIDE,
  columns: SIDE,
  slices: learnt.length,
  frames: 1,
  measured: null,
  scale: { low: 0, high: 1 },
};

type Draw = (random: Random) => Promise<Float32Array>;

async function trained(family: string, settings: Record<string, number>, size: number, whole: boolean) {
  process.stderr.write(`training ${family}\n`);
  const model = await trainFamily(
    runtime,
    corpus,
    planFor(family, {
      steps: options.steps,
      settings,
      size,
      augmentation: { flips: false, turns: false, intensity: 0, elastic: 0 },
    }),
  );
  const data = { series: 1, trainingPlanes: 1, heldOutPlanes: 1, modalities: [], noise: null };
  const bytes = exportModel(
    model,
    modelCard(model, { version: '0', device: 'cpu', data }, whole ? SIDE : null),
  );
  return { bytes, open: await openModelFile(runtime, bytes) };
}

const SETS: Readonly<Record<string, () => Promise<Float32Array[]>>> = {
  'other real planes': async () => planesOf(900, PATIENTS.real),
  'the training planes themselves': async () => learnt,
  'principal components (32) of planes, normal': async () => {
    const sampler = gaussianOf(learnt, 32);
    return many(async (random) => sampler(random));
  },
  'variational, 32 latents': async () => {
    const { open } = await trained('variational', { base: 8, latent: 32, beta: 1, warmup: 100 }, SIDE, true);
    const shape = [1, 1, 1, 32];
    return many(
      async (random) =>
        (await decodeLatent(open, { data: random.normals(new Float32Array(32)), shape })).values,
    );
  },
  'vector-quantised': async () => [],
};

const vq = async () => {
  const { bytes, open } = await trained('vector-quantised', { base: 8, codes: 128 }, 32, false);
  const book = codebookOf(bytes);
  const latents: Float32Array[] = [];
  const grids = [];
  const rebuilt: Float32Array[] = [];
  for (let plane = 0; plane < learnt.length; plane++) {
    const codes = await encodePlane(open, stack, plane);
    latents.push(codes.latent.data);
    grids.push(codeGrid(codes, book));
    rebuilt.push(await applyToPlane(open, stack, plane));
  }
  const prior = fitCodePrior(grids, 128);
  const shape = [1, SIDE / 4, SIDE / 4, 16];
  const decoded = async (codes: ReturnType<typeof sampleCodes>): Promise<Float32Array> =>
    (await decodeLatent(open, latentOfCodes(book, codes))).values;
  const sets: Record<string, Float32Array[]> = {
    'vector-quantised: rebuilt training planes': rebuilt,
    'vector-quantised: Markov mesh of codes': await many((random) => decoded(sampleCodes(prior, random))),
  };
  const planes = fitPlanePrior(
    latents.map((data) => ({ data, shape })),
    new Random(2),
  );
  if (planes === null) throw new Error('There are too few planes.');
  sets['vector-quantised: components of code planes'] = await many((random) =>
    decoded(codeGrid({ latent: samplePlane(planes, random) }, book)),
  );
  await open.close();
  return sets;
};

const rows: Row[] = [];
const ACROSS = 6;
const sheets: Float32Array[][] = [];
const only = (name: string): boolean =>
  options.only.length === 0 || options.only.some((one) => name.includes(one));
for (const [name, make] of Object.entries(SETS)) {
  if (!only(name)) continue;
  if (name === 'vector-quantised') for (const [one, planes] of Object.entries(await vq())) judge(one, planes);
  else judge(name, await make());
}
await runtime.close();
console.log(markdown(rows));
if (options.write) {
  keep('generation', 'drawn', rows, ['drawn']);
  fs.writeFileSync('docs/pictures/generation.png', picture());
}

function many(one: Draw): Promise<Float32Array[]> {
  return Promise.all(Array.from({ length: COUNT }, (_, i) => one(new Random(40 + i))));
}

function judge(name: string, planes: readonly Float32Array[]): void {
  const near = planes.map((plane) => nearestOf(plane, learnt, planes === learnt));
  const distances = spaces.map(({ space, ofReal }) => frechet(ofReal, moments(planes.map(space))).toFixed(1));
  rows.push({
    planes: name,
    'distance, coarse': distances[1],
    'distance, all features': distances[0],
    'nearest training plane, median': `${quantile(near, 0.5).toFixed(1)} dB`,
    'nearest of all': `${Math.max(...near).toFixed(1)} dB`,
  });
  console.log(markdown(rows.slice(-1)));
  sheets.push(planes.filter((_, n) => n % 16 === 3).slice(0, ACROSS));
}

/** Six planes of each set, a row a set. */
function picture(): Uint8Array {
  const sheet = new Float32Array(ACROSS * SIDE * sheets.length * SIDE);
  for (const [row, planes] of sheets.entries())
    for (const [column, plane] of planes.entries())
      for (let y = 0; y < SIDE; y++)
        sheet.set(plane.subarray(y * SIDE, (y + 1) * SIDE), (row * SIDE + y) * ACROSS * SIDE + column * SIDE);
  return grayPng(sheet, ACROSS * SIDE, sheets.length * SIDE, { low: 0, high: 1 });
}

function nearestOf(plane: Float32Array, others: readonly Float32Array[], self: boolean): number {
  let least = Number.POSITIVE_INFINITY;
  for (const other of others) {
    if (self && other === plane) continue;
    let sum = 0;
    for (let i = 0; i < plane.length && sum < least * AREA; i++) sum += (plane[i] - other[i]) ** 2;
    least = Math.min(least, sum / AREA);
  }
  return -10 * Math.log10(least);
}

/** Means and spreads of the plain features over 4 x 4 parts of a plane: anatomy and texture. */
function described(values: Float32Array): Float32Array {
  const { rows, columns, values: cells } = planeFeatures({ values, rows: SIDE, columns: SIDE }, null);
  const out = new Float32Array(2 * 16 * FEATURES);
  for (let part = 0; part < 16; part++)
    for (let f = 0; f < FEATURES; f++) {
      let [sum, square] = [0, 0];
      for (let y = 0; y < rows / 4; y++)
        for (let x = 0; x < columns / 4; x++) {
          const cell = (Math.floor(part / 4) * (rows / 4) + y) * columns + (part % 4) * (columns / 4) + x;
          sum += cells[cell * FEATURES + f];
          square += cells[cell * FEATURES + f] ** 2;
        }
      const count = (rows * columns) / 16;
      out[(part * FEATURES + f) * 2] = sum / count;
      out[(part * FEATURES + f) * 2 + 1] = Math.sqrt(Math.max(0, square / count - (sum / count) ** 2));
    }
  return out;
}

/** Means over 16 x 16 parts of a plane: anatomy alone. */
function coarse(values: Float32Array): Float32Array {
  const out = new Float32Array(256);
  values.forEach((value, i) => {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
    out[Math.floor(y / 4) * 16 + Math.floor(x / 4)] += value / 16;
  });
  return out;
}

type Describe = (plane: Float32Array) => Float32Array;

/** Features of a plane in the space of the first components of those of other planes, each of unit spread there. */
function featureSpace(
  planes: readonly Float32Array[],
  describe: Describe,
): (plane: Float32Array) => Float64Array {
  const vectors = planes.map(describe);
  const { length } = vectors[0];
  const scale = vectors[0].map((_, f) => {
    const mean = vectors.reduce((sum, one) => sum + one[f], 0) / vectors.length;
    return 1 / Math.sqrt(vectors.reduce((sum, one) => sum + (one[f] - mean) ** 2, 0) / vectors.length + 1e-9);
  });
  const data = Float32Array.from(vectors.flatMap((one) => [...one.map((value, f) => value * scale[f])]));
  const { mean, vectors: axes, variances } = principalComponents(data, length, COMPONENTS, new Random(1));
  return (plane) => {
    const values = describe(plane);
    return Float64Array.from({ length: COMPONENTS }, (_, k) => {
      let sum = 0;
      for (let f = 0; f < length; f++) sum += axes[k * length + f] * (values[f] * scale[f] - mean[f]);
      return sum / Math.sqrt(variances[k]);
    });
  };
}

interface Moments {
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
}

function moments(vectors: readonly Float64Array[]): Moments {
  const n = COMPONENTS;
  const mean = Float64Array.from(
    { length: n },
    (_, i) => vectors.reduce((sum, one) => sum + one[i], 0) / vectors.length,
  );
  const covariance = Float64Array.from({ length: n * n }, (_, k) => {
    const [i, j] = [Math.floor(k / n), k % n];
    return vectors.reduce((sum, one) => sum + (one[i] - mean[i]) * (one[j] - mean[j]), 0) / vectors.length;
  });
  return { mean, covariance };
}

/** Distance of two Gaussians (Frechet): |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)). */
function frechet(a: Moments, b: Moments): number {
  const n = COMPONENTS;
  const root = ofEigen(a.covariance, Math.sqrt);
  const inner = product(product(root, b.covariance), root);
  let distance = 0;
  for (let i = 0; i < n; i++)
    distance += (a.mean[i] - b.mean[i]) ** 2 + a.covariance[i * (n + 1)] + b.covariance[i * (n + 1)];
  const both = ofEigen(inner, Math.sqrt);
  for (let i = 0; i < n; i++) distance -= 2 * both[i * (n + 1)];
  return distance;
}

function product(a: Float64Array, b: Float64Array): Float64Array {
  const n = COMPONENTS;
  return a.map((_, k) => {
    let sum = 0;
    for (let m = 0; m < n; m++) sum += a[Math.floor(k / n) * n + m] * b[m * n + (k % n)];
    return sum;
  });
}

/** A function of a symmetric matrix, by its eigenvalues, of which none is negative but for rounding. */
function ofEigen(matrix: Float64Array, of: (value: number) => number): Float64Array {
  const n = COMPONENTS;
  const work = eigenWorkspace(n);
  work.matrix.set(matrix);
  symmetricEigen(work);
  return matrix.map((_, k) => {
    let sum = 0;
    for (let m = 0; m < n; m++)
      sum +=
        work.matrix[Math.floor(k / n) * n + m] *
        work.matrix[(k % n) * n + m] *
        of(Math.max(0, work.values[m]));
    return sum;
  });
}

/** A normal distribution over the first components of vectors. */
function gaussianOf(vectors: readonly Float32Array[], count: number): (random: Random) => Float32Array {
  const { length } = vectors[0];
  const data = new Float32Array(vectors.length * length);
  vectors.forEach((one, i) => {
    data.set(one, i * length);
  });
  const { mean, vectors: axes, variances } = principalComponents(data, length, count, new Random(2));
  return (random) => {
    const weights = Array.from(variances, (variance) => Math.sqrt(variance) * random.normal());
    return Float32Array.from({ length }, (_, f) => {
      let sum = mean[f];
      for (let k = 0; k < weights.length; k++) sum += weights[k] * axes[k * length + f];
      return sum;
    });
  };
}
