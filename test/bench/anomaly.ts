// How well drawn lesions are told from normal tissue, by what families rebuild badly and by strong plain ways:
//   npm run bench -- anomaly [--steps N] [--only METHOD,...] [--write]
// --write keeps the rows in test/bench/results/anomaly.json and puts them into docs/anomaly.md.
import * as fs from 'node:fs/promises';
import { centreOf } from '../../src-main/analysis/normal-scores.js';
import { Random } from '../../src-main/base/random.js';
import { grayPng } from '../../src-main/imaging/png.js';
import { exportModel, type OpenModel, openModelFile } from '../../src-main/model-files/model-file.js';
import { modelCard } from '../../src-main/model-files/trained-card.js';
import { quantile } from '../../src-main/noise/robust.js';
import { applyToPlane, type ScaledStack, scaledStack } from '../../src-main/restore/apply.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import { type FamilyPlan, trainFamily } from '../../src-main/training/family.js';
import { corpusSeries, splitCorpus } from '../../src-main/training/samples/corpus.js';
import { CropSampler } from '../../src-main/training/samples/crops.js';
import { planeFeatures } from '../../src-main/trust/plane-features.js';
import { ranking } from '../../src-main/trust/ranking.js';
import { bodyOf, errorScores, intensityScores, type Plane } from '../../src-main/trust/unlike.js';
import { featureScores, fitPlaces } from '../../src-main/trust/usual-places.js';
import { planFor, squares } from '../training/brain.js';
import {
  coarseNoise,
  gaussianPlaces,
  latentFeatures,
  nearestPatches,
  plainFeatures,
  type Scores,
} from './anomaly-baselines.js';
import { DIAMETERS, drawLesions, LESION_KINDS, type Lesions } from './anomaly-scene.js';
import { headDrawer } from './drawn-heads.js';
import { benchOptions, keep, markdown, type Row } from './tables.js';

const options = benchOptions({ steps: 400 });
const SIDE = 96;
const SLICES = 8;
const NOISE = 0.02;
/** Patients that are learnt from, that limits are taken from, and that have lesions. */
const PATIENTS = { learn: 16, calibrate: 4, judge: 16 };
/** Lesions a plane. */
const EACH = 2;
/** Share of normal pixels above the limit. */
const FALSE = 0.01;

const draw = headDrawer(SIDE, SLICES);
const learnt = Array.from({ length: PATIENTS.learn }, (_, p) => draw(p, 'T1', 'axial', NOISE));
const normal = learnt.map((volume) => scaledStack(volume)).flatMap(planesOf);
const calibrating = Array.from({ length: PATIENTS.calibrate }, (_, p) =>
  scaledStack(draw(100 + p, 'T1', 'axial', NOISE)),
);
const judged = judgedHeads();

/** Scores of a plane of a stack. */
type Judge = (stack: ScaledStack, plane: number) => Promise<Float32Array>;
const ofPlane =
  (scores: Scores): Judge =>
  (stack, plane) =>
    scores(planesOf(stack)[plane]);

const runtime = await openRuntime('cpu', { threads: 1 });
const models = new Map<string, Promise<OpenModel>>();

const residual =
  (name: keyof typeof FAMILIES): (() => Promise<Judge>) =>
  async () => {
    const model = await modelNamed(name);
    return async (stack, plane) =>
      errorScores(planesOf(stack)[plane], await applyToPlane(model, stack, plane));
  };

const FAMILIES = {
  convolutional: { family: 'convolutional', settings: { base: 8, latent: 8 }, size: 32 },
  'vector-quantised': { family: 'vector-quantised', settings: { base: 8, codes: 64, levels: 3 }, size: 32 },
  plain: { family: 'plain', settings: { latent: 32, patch: 16 }, size: 32 },
  sparse: { family: 'sparse', settings: { base: 8, rate: 0.05 }, size: 32 },
  contractive: {
    family: 'contractive',
    settings: { kind: 'convolutional', base: 8, latent: 8, weight: 1 },
    size: 32,
  },
  masked: { family: 'masked', settings: {}, size: 64 },
  variational: {
    family: 'variational',
    settings: { base: 8, latent: 32, beta: 0.1, warmup: 0 },
    size: 64,
    whole: true,
  },
  denoising: {
    family: 'denoising',
    settings: { base: 8 },
    size: 48,
    objective: { kind: 'rician', levels: [3, 10] },
  },
  coarse: { family: 'denoising', settings: { base: 8 }, size: 64 },
} as const;

const BEST = '**plain features: Gaussian a place** (`--score features`)';
/** In the picture. */
const SHOWN = [BEST, 'residual: convolutional'];

const METHODS: Readonly<Record<string, () => Promise<Judge>>> = {
  'intensity: far from the median': async () => async (stack, plane) =>
    intensityScores(planesOf(stack)[plane], centreOf(stack)),
  'intensity: z-score at its place': async () => ofPlane(await gaussianPlaces(normal, blurredIntensity)),
  'residual: plain': residual('plain'),
  'residual: convolutional': residual('convolutional'),
  'residual: sparse': residual('sparse'),
  'residual: contractive': residual('contractive'),
  'residual: vector-quantised': residual('vector-quantised'),
  'residual: masked': residual('masked'),
  'residual: variational': residual('variational'),
  'residual: denoising (3 to 10 % noise)': residual('denoising'),
  'residual: denoising (coarse noise)': residual('coarse'),
  'latents of convolutional: nearest of 4000': async () =>
    ofPlane(await nearestPatches(normal, latentFeatures(await modelNamed('convolutional')), 4000, 0)),
  'latents of convolutional: nearest of 4000, place weighed in': async () =>
    ofPlane(await nearestPatches(normal, latentFeatures(await modelNamed('convolutional')), 4000, 5)),
  'latents of convolutional: Gaussian a place': async () =>
    ofPlane(await gaussianPlaces(normal, latentFeatures(await modelNamed('convolutional')))),
  'plain features: nearest of 4000': async () =>
    ofPlane(await nearestPatches(normal, plainFeatures, 4000, 0)),
  'plain features: nearest of 4000, place weighed in': async () =>
    ofPlane(await nearestPatches(normal, plainFeatures, 4000, 5)),
  [BEST]: async () => {
    const usual = fitPlaces(
      normal.map((plane) => planeFeatures(plane, null)),
      new Random(1),
    );
    if (usual === null) throw new Error('There is no body.');
    return ofPlane(async (plane) => featureScores(usual, plane, null));
  },
};

for (const [method, open] of Object.entries(METHODS)) {
  if (options.only.length > 0 && !options.only.some((part) => method.includes(part))) continue;
  const row = await measured(method, await open());
  console.log(markdown([row]));
  if (options.write) keep('anomaly', method, [row], Object.keys(METHODS), 'docs/anomaly.md');
}
if (options.write && (options.only.length === 0 || options.only.includes('picture'))) await pictures();
for (const model of models.values()) await (await model).close();
await runtime.close();

async function measured(method: string, judge: Judge): Promise<Row> {
  const usual: number[] = [];
  for (const stack of calibrating)
    for (const [plane, image] of planesOf(stack).entries()) {
      const scores = await judge(stack, plane);
      bodyOf(image).forEach((inside, i) => {
        if (inside !== 0) usual.push(scores[i]);
      });
    }
  const limit = quantile(usual, 1 - FALSE);
  const scores: number[] = [];
  const truth: number[] = [];
  const found: { readonly kind: string; readonly diameter: number; readonly hit: boolean }[] = [];
  for (const { stack, lesions, marks } of judged)
    for (let plane = 0; plane < SLICES; plane++) {
      const given = await judge(stack, plane);
      given.forEach((score, i) => {
        const mark = marks[plane * given.length + i];
        if (mark === 2) return;
        scores.push(score);
        truth.push(mark);
      });
      for (const { kind, diameter, pixels, plane: where } of lesions)
        if (where === plane) {
          const above = pixels.filter((pixel) => given[pixel] > limit).length;
          found.push({ kind, diameter, hit: 2 * above >= pixels.length });
        }
    }
  const ranks = ranking(Float32Array.from(scores), Uint8Array.from(truth), limit);
  if (ranks === null) throw new Error('There are no lesions.');
  const share = (some: typeof found): string =>
    `${Math.round((100 * some.filter(({ hit }) => hit).length) / some.length)} %`;
  return {
    'marked by': method,
    AUROC: ranks.auroc.toFixed(3),
    AUPRC: ranks.auprc.toFixed(3),
    'best Dice': ranks.bestDice.toFixed(3),
    found: share(found),
    ...Object.fromEntries(
      DIAMETERS.map((pixels) => [
        `${pixels} pixels`,
        share(found.filter(({ diameter }) => diameter === pixels)),
      ]),
    ),
    ...Object.fromEntries(LESION_KINDS.map((one) => [one, share(found.filter(({ kind }) => kind === one))])),
  };
}

/** Three planes with lesions: the image, what marks by features, and by the residual of a convolutional model, over their limits. */
async function pictures(): Promise<void> {
  const shown = [0, 3, 5].map((head, i) => ({ ...judged[head], plane: 2 + i }));
  const judges = await Promise.all(SHOWN.map((method) => METHODS[method]()));
  const sheet = new Float32Array(9 * SIDE * SIDE);
  const put = (values: Float32Array, row: number, column: number, scale: number): void =>
    values.forEach((value, i) => {
      sheet[(row * SIDE + Math.floor(i / SIDE)) * 3 * SIDE + column * SIDE + (i % SIDE)] = value * scale;
    });
  for (const [column, { stack, plane }] of shown.entries()) {
    put(planesOf(stack)[plane].values, 0, column, 1);
    for (const [row, judge] of judges.entries()) {
      const usual = await judge(calibrating[0], plane);
      put(await judge(stack, plane), row + 1, column, 0.5 / quantile(usual, 1 - FALSE));
    }
  }
  const png = grayPng(sheet, 3 * SIDE, 3 * SIDE, { low: 0, high: 1 });
  await fs.writeFile('docs/pictures/anomaly.png', png);
}

function planesOf({ values, rows, columns }: ScaledStack): Plane[] {
  const area = rows * columns;
  return Array.from({ length: values.length / area }, (_, plane) => ({
    values: values.subarray(plane * area, (plane + 1) * area),
    rows,
    columns,
  }));
}

function judgedHeads(): ({ readonly stack: ScaledStack } & Lesions)[] {
  let drawn = 0;
  const every = LESION_KINDS.flatMap((kind) => DIAMETERS.map((diameter) => ({ kind, diameter })));
  const next = () => {
    const nth = Math.floor(drawn / every.length);
    return { ...every[drawn++ % every.length], strong: nth % 2 === 1 };
  };
  return Array.from({ length: PATIENTS.judge }, (_, p) => {
    const found: Lesions[] = [];
    const volume = draw(200 + p, 'T1', 'axial', NOISE, (values) => {
      found.push(drawLesions(values, SIDE, EACH, next, new Random(500 + p)));
    });
    return { stack: scaledStack(volume), ...found[0] };
  });
}

/** The second of the plain features alone: a mean over some pixels. */
async function blurredIntensity(plane: Plane) {
  const cells = await plainFeatures(plane);
  const values = Float32Array.from(
    { length: cells.rows * cells.columns },
    (_, i) => cells.values[i * cells.length + 1],
  );
  return { ...cells, length: 1, values };
}

function modelNamed(name: keyof typeof FAMILIES): Promise<OpenModel> {
  const model = models.get(name) ?? train(name);
  models.set(name, model);
  return model;
}

async function train(name: keyof typeof FAMILIES): Promise<OpenModel> {
  process.stderr.write(`training ${name}\n`);
  const { family, settings, size, ...more } = FAMILIES[name];
  const corpus = splitCorpus(
    learnt.map((volume, p) => corpusSeries(volume, `patient ${p}`, null)),
    0.15,
    new Random(1),
  );
  const plan: FamilyPlan = planFor(family, {
    steps: options.steps,
    settings,
    size,
    augmentation: { flips: true, turns: false, intensity: 0, elastic: 0 },
    ...('objective' in more ? { objective: more.objective } : {}),
  });
  const { augmentation, batchSize } = plan;
  const source =
    name === 'coarse'
      ? coarseNoise(new CropSampler(corpus, { size, context: 0, augmentation }), size, batchSize)
      : null;
  const whole = 'whole' in more;
  const trained = await trainFamily(runtime, whole ? squares(corpus, size) : corpus, plan, {}, source);
  const data = { series: 1, trainingPlanes: 1, heldOutPlanes: 1, modalities: [], noise: null };
  const card = modelCard(trained, { version: '0.0.0', device: 'cpu', data }, whole ? size : null);
  return openModelFile(runtime, exportModel(trained, card));
}
