// What masked pretraining gains where labels or clean slices are few:
//   npm run bench -- few-labels [--steps N] [--only pixels|slices|families|denoising] [--write]
// --write keeps the rows in test/bench/results/few-labels.json and puts them into docs/encoders.md.
import {
  type Planes,
  patchComponents as planeMoments,
  rawStatistics,
} from '../../src-main/analysis/probe/baselines.js';
import { linearProbe } from '../../src-main/analysis/probe/cross-validate.js';
import { judgeClasses } from '../../src-main/analysis/probe/judge.js';
import { allRows, linearPredictor } from '../../src-main/analysis/probe/learners.js';
import { patchComponents, pixelFeatures } from '../../src-main/analysis/segment/pixel-features.js';
import type { Rows } from '../../src-main/base/linear/clusters.js';
import { Random } from '../../src-main/base/random.js';
import type { SegmentFeature } from '../../src-main/contract/requests/choices.js';
import { vectorKind, vectorOf } from '../../src-main/jobs/latent/latent-vectors.js';
import { exportModel, type OpenModel, openModelFile } from '../../src-main/model-files/model-file.js';
import { modelCard } from '../../src-main/model-files/trained-card.js';
import type { FamilySettings } from '../../src-main/models/family.js';
import { encodePlane, type ScaledStack, scaledStack } from '../../src-main/restore/apply.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import type { TrainedFamily } from '../../src-main/training/family.js';
import {
  type CorpusSeries,
  corpusSeries,
  SLICE_APART,
  SLICE_TRAINS,
  splitCorpus,
} from '../../src-main/training/samples/corpus.js';
import { apply, brainCorpus, heldOutImages, meanSquare, planFor, trainOn } from '../training/brain.js';
import { headDrawer, ORIENTATIONS, WEIGHTINGS, type Weighting } from './drawn-heads.js';
import { fineTuned } from './fine-tune.js';
import { judged, planeOf, SHARES, tissuesOfDrawnHeads } from './segment-scene.js';
import { benchOptions, keep, markdown, type Row } from './tables.js';

/** Side of the planes of drawn heads, and of what a masked model sees. */
const SIDE = 64;
/** Patients without labels, whom models learn from, and others with. */
const [UNLABELLED, LABELLED] = [6, 10];
/** Patients whose labels are learnt from. */
const FEW = [1, 2, 5] as const;
/** Share of the series whose labels are wrong, in the rows of families. */
const WRONG = 0.3;

const options = benchOptions({ steps: 600 });
const runtime = await openRuntime('cpu', { threads: options.threads });

/** The file of a masked model that learnt to rebuild what is hidden of some images, as `limpid train` writes it. */
async function pretrained(corpus: readonly CorpusSeries[], steps: number): Promise<OpenModel> {
  const trained = await trainOn(
    runtime,
    splitCorpus([...corpus], 0.2, new Random(1)),
    planFor('masked', { steps, settings: { patch: 8 }, size: SIDE, peakRate: 1e-3, batchSize: 16 }),
  );
  return opened(trained);
}

function opened(trained: TrainedFamily): Promise<OpenModel> {
  const data = { series: 0, trainingPlanes: 0, heldOutPlanes: 0, modalities: [], noise: null };
  const card = modelCard(trained, { version: '', device: 'cpu', data });
  return openModelFile(runtime, exportModel(trained, card));
}

async function pixels(): Promise<Row[]> {
  const task = tissuesOfDrawnHeads();
  const stack = scaledStack(task.image);
  const corpus = [corpusSeries(task.image, 'heads', null)];
  const learnt = await pretrained(corpus, options.steps);
  const random = await pretrained(corpus, 1);
  const planes = Array.from({ length: stack.slices }, (_, i) => i);
  const components = patchComponents([{ stack, planes }], learnt, new Random(7));
  const area = stack.rows * stack.columns;
  const rows: Row[] = [];
  const add = async (name: string, kinds: readonly SegmentFeature[], model: OpenModel | null) => {
    const features = pixelFeatures(kinds, model, components);
    const known = new Map<number, Float32Array>();
    const vectors = async (slice: number): Promise<Float32Array> => {
      const found = known.get(slice) ?? (await features.of(stack, slice));
      known.set(slice, found);
      return found;
    };
    rows.push(row('tissues of pixels, Dice', name, await judged(task, stack, features.length, vectors)));
    console.log(markdown(rows.slice(-1)));
  };
  const alone = async (slice: number): Promise<Float32Array> => planeOf(stack.values, area, slice);
  rows.push(row('tissues of pixels, Dice', 'the intensity alone', await judged(task, stack, 1, alone)));
  await add('intensities', ['intensity'], null);
  await add('components of patches', ['components'], null);
  await add('masked, pretrained', ['latent'], learnt);
  await add('masked, random weights', ['latent'], random);
  await add('masked, pretrained, and intensities', ['latent', 'intensity'], learnt);
  await add('components and intensities', ['components', 'intensity'], null);
  return rows;
}

interface Drawn {
  readonly corpus: CorpusSeries[];
  readonly stacks: ScaledStack[];
  readonly patients: number[];
  readonly labels: { readonly weighting: number[]; readonly orientation: number[] };
}

function drawnSeries(from: number, count: number): Drawn {
  const draw = headDrawer(SIDE);
  const random = new Random(5 + from);
  const out: Drawn = { corpus: [], stacks: [], patients: [], labels: { weighting: [], orientation: [] } };
  for (let patient = from; patient < from + count; patient++)
    for (const [w, weighting] of (Object.keys(WEIGHTINGS) as Weighting[]).entries())
      for (const [o, orientation] of ORIENTATIONS.entries()) {
        const volume = draw(patient, weighting, orientation, 0.005 + 0.075 * random.uniform());
        out.corpus.push(corpusSeries(volume, `p${patient}`, null));
        out.stacks.push(scaledStack(volume));
        out.patients.push(patient);
        out.labels.weighting.push(w);
        out.labels.orientation.push(o);
      }
  return out;
}

/** Moments of the tokens or latents of each plane, as `limpid probe` describes planes by cells. */
async function tokenMoments(model: OpenModel, { stacks, places }: Planes): Promise<Rows> {
  const vectors: Float32Array[] = [];
  for (const { series, plane } of places)
    vectors.push(vectorOf((await encodePlane(model, stacks[series], plane)).latent, vectorKind(model)));
  const length = vectors[0].length;
  const data = new Float32Array(vectors.length * length);
  vectors.forEach((vector, i) => {
    data.set(vector, i * length);
  });
  return { data, length };
}

/**
 * Balanced accuracy of slices of patients that were not learnt from: the mean over five choices of the few.
 *
 * @param wrong share of the series that are learnt from with another label than theirs
 */
function told(
  rows: Rows,
  { places }: Planes,
  drawn: Drawn,
  of: readonly number[],
  few: number,
  wrong = 0,
): string {
  const classes = 1 + Math.max(...of);
  const labels = Int32Array.from(places, ({ series }) => of[series]);
  const groups = Int32Array.from(places, ({ series }) => drawn.patients[series]);
  let sum = 0;
  for (let first = 0; first < LABELLED; first += 2) {
    const random = new Random(first);
    const given = of.map((label) =>
      random.uniform() < wrong ? (label + 1 + random.integer(classes - 1)) % classes : label,
    );
    const target = {
      kind: 'classes',
      labels: labels.map((_, i) => given[places[i].series]),
      classes,
    } as const;
    const samples = { rows, target, groups, weights: new Float64Array(places.length).fill(1) };
    const learning = new Set(Array.from({ length: few }, (_, k) => UNLABELLED + ((first + k) % LABELLED)));
    const learnt = allRows(rows).filter((i) => learning.has(groups[i]));
    const { map, scaling } = linearProbe(samples, learnt, new Random(first));
    const predict = linearPredictor(map, scaling, 'classes');
    const others = allRows(rows).filter((i) => !learning.has(groups[i]));
    const outputs = others.map((i) => ({ output: predict(rows, i), truth: labels[i], weight: 1 }));
    sum += judgeClasses(outputs, classes).balancedAccuracy;
  }
  return `${((100 * sum) / (LABELLED / 2)).toFixed(1)} %`;
}

/** Planes of the patients with labels. */
function labelledPlanes(drawn: Drawn): Planes {
  const places = drawn.stacks.flatMap((stack, series) =>
    Array.from({ length: stack.slices }, (_, plane) => ({ series, plane })),
  );
  return { stacks: drawn.stacks, places };
}

/** Whether penalties on latents help where labels are few or wrong: families that only rebuild, of 8 x 8 cells. */
async function families(): Promise<Row[]> {
  const { corpus } = drawnSeries(0, UNLABELLED);
  const drawn = drawnSeries(UNLABELLED, LABELLED);
  const planes = labelledPlanes(drawn);
  const features: (readonly [string, Rows])[] = [
    ['components of patches', planeMoments(planes, 8, 8, new Random(3))],
  ];
  for (const [name, family, settings] of REBUILDING) {
    const trained = await trainOn(
      runtime,
      splitCorpus([...corpus], 0.2, new Random(1)),
      planFor(family, { steps: options.steps, settings, size: 32 }),
    );
    const model = await opened(trained);
    features.push([name, await tokenMoments(model, planes)]);
    await model.close();
  }
  return ([0, WRONG] as const).flatMap((wrong) =>
    (['weighting', 'orientation'] as const).flatMap((what) =>
      features.map(([name, vectors]) => {
        const values = FEW.map((few) => told(vectors, planes, drawn, drawn.labels[what], few, wrong));
        const how = wrong === 0 ? '' : `, ${100 * wrong} % of the labels wrong`;
        const out = row(`${what} of slices${how}`, name, values);
        console.log(markdown([out]).split('\n').at(-1));
        return out;
      }),
    ),
  );
}

const REBUILDING: readonly (readonly [string, string, FamilySettings])[] = [
  ['convolutional, 8 values', 'convolutional', { base: 8, latent: 8 }],
  ['sparse, 64 units, an eighth active', 'sparse', { base: 8, latent: 64, levels: 3, rate: 0.125 }],
  ['contractive, 8 values', 'contractive', { kind: 'convolutional', base: 8, latent: 8, weight: 1 }],
  ['contractive, 64 units', 'contractive', { kind: 'dense', patch: 8, latent: 64, weight: 0.1 }],
];

async function slices(): Promise<Row[]> {
  const { corpus } = drawnSeries(0, UNLABELLED);
  const drawn = drawnSeries(UNLABELLED, LABELLED);
  const planes = labelledPlanes(drawn);
  const learnt = await pretrained(corpus, options.steps);
  const random = await pretrained(corpus, 1);
  const features: readonly (readonly [string, Rows])[] = [
    ['statistics', rawStatistics(planes)],
    ['components of patches', planeMoments(planes, 8, 16, new Random(3))],
    ['masked, pretrained', await tokenMoments(learnt, planes)],
    ['masked, random weights', await tokenMoments(random, planes)],
  ];
  const rows: Row[] = [];
  for (const what of ['weighting', 'orientation'] as const)
    for (const [name, vectors] of features) {
      const values = FEW.map((few) => told(vectors, planes, drawn, drawn.labels[what], few));
      rows.push(row(`${what} of slices, balanced accuracy`, name, values));
      console.log(markdown(rows.slice(-1)));
    }
  return rows;
}

/** The same corpus, of whose slices few are learnt from: evenly chosen ones. */
function fewer(corpus: readonly CorpusSeries[], share: number): CorpusSeries[] {
  return corpus.map((series) => {
    const training = [...series.roles.keys()].filter((i) => series.roles[i] === SLICE_TRAINS);
    const count = Math.max(1, Math.round(share * series.slices));
    const kept = Array.from(
      { length: count },
      (_, i) => training[Math.floor(((i + 0.5) * training.length) / count)],
    );
    return {
      ...series,
      roles: series.roles.map((role, i) => (role !== SLICE_TRAINS || kept.includes(i) ? role : SLICE_APART)),
    };
  });
}

/** Denoising learnt from few clean slices, from weights that were pretrained on all of them under noise. */
async function denoising(): Promise<Row[]> {
  const corpus = brainCorpus(30, 130);
  const noisy = corpus.map((series) => ({ ...series, values: noised(series.values, 0.05) }));
  const start = await trainOn(
    runtime,
    noisy,
    planFor('masked', {
      steps: options.steps,
      settings: { patch: 8 },
      size: SIDE,
      peakRate: 1e-3,
      batchSize: 16,
    }),
  );
  const images = heldOutImages(corpus, 48, SIDE);
  const rows: Record<string, string[]> = {};
  for (const share of SHARES) {
    const { pretrained: one, scratch: other } = await fineTuned(
      runtime,
      fewer(corpus, share),
      start,
      options.steps,
      SIDE,
    );
    for (const [name, trained] of [
      ['masked, pretrained', one],
      ['masked, from scratch', other],
    ] as const) {
      const values = [];
      for (const sigma of [0.05, 0.09]) {
        const { reconstruction } = await apply(runtime, trained, {
          ...images,
          data: noised(images.data, sigma),
        });
        values.push((-10 * Math.log10(meanSquare(reconstruction, images.data))).toFixed(2));
      }
      rows[name] = [...(rows[name] ?? []), `${values.join(', ')} dB`];
    }
  }
  return Object.entries(rows).map(([name, values]) =>
    row('denoising at 5 and 9 %, held-out slices', name, values),
  );
}

/** |clean + n1 + i n2| with channels of standard deviation `sigma`. */
function noised(clean: Float32Array, sigma: number): Float32Array {
  const random = new Random(9);
  return clean.map((value) => Math.hypot(value + sigma * random.normal(), sigma * random.normal()));
}

function row(task: string, told: string, [least = '', some = '', most = '']: readonly string[]): Row {
  return { task, 'told by': told, 'fewest labels': least, more: some, most };
}

const measures = { pixels, slices, families, denoising };
const names = Object.keys(measures);
for (const [name, measure] of Object.entries(measures)) {
  if (options.only.length > 0 && !options.only.includes(name)) continue;
  const rows = await measure();
  console.log(markdown(rows));
  if (options.write) keep('few-labels', name, rows, names, 'docs/encoders.md');
}
await runtime.close();
