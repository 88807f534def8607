// How well pixels are told from few labels, by latents and by plainer features:
//   npm run bench -- segment [--steps N] [--only TASK] [--write]
// --write keeps the rows in test/bench/results/segment.json and puts them into docs/encoders.md.
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { OverlapCounts } from '../../src-main/analysis/segment/overlaps.js';
import { patchComponents, pixelFeatures } from '../../src-main/analysis/segment/pixel-features.js';
import { learnClusters, tellClasses } from '../../src-main/analysis/segment/segmenter.js';
import type { Components } from '../../src-main/base/linear/pca.js';
import { Random } from '../../src-main/base/random.js';
import type { SegmentFeature } from '../../src-main/contract/requests/choices.js';
import type { TrainRequest } from '../../src-main/contract/requests/training.js';
import { readNifti, writeNiftiFromVolume } from '../../src-main/imaging/nifti.js';
import type { Volume } from '../../src-main/imaging/volume.js';
import { runTrain } from '../../src-main/jobs/train/train.js';
import type { OpenModel } from '../../src-main/model-files/model-file.js';
import { type ScaledStack, scaledStack } from '../../src-main/restore/apply.js';
import { openModelSource } from '../../src-main/store/model-source.js';
import { CH2 } from '../imaging/support.js';
import { trainRequest } from '../jobs/train-request.js';
import { judged, mean, planeOf, type Task, tissuesOfDrawnHeads } from './segment-scene.js';
import { benchOptions, keep, markdown, type Row } from './tables.js';

const options = benchOptions({ steps: 100 });
const root = fs.mkdtempSync(path.join(os.tmpdir(), 'limpid-segment-'));
process.env.LIMPID_HOME = path.join(root, 'home');

/** Every second pixel and slice of ch2's templates (1 mm). */
function halved(volume: Volume): Volume {
  const [columns, rows, slices] = [volume.columns >> 1, volume.rows >> 1, volume.slices >> 1];
  const data = new Float32Array(columns * rows * slices);
  for (let i = 0; i < data.length; i++) {
    const [x, y, z] = [i % columns, Math.floor(i / columns) % rows, Math.floor(i / (columns * rows))];
    data[i] = volume.data[(2 * z * volume.rows + 2 * y) * volume.columns + 2 * x];
  }
  return { ...volume, data, columns, rows, slices, measured: null };
}

const template = (name: string): Volume =>
  halved(readNifti(fs.readFileSync(path.join(path.dirname(CH2), name))).volume);

/** Of the labels of aal (Tzourio-Mazoyer 2002, Debian mricron-data): deep grey matter, cerebellum, the rest of the cortex. */
function structureOf(label: number): number {
  if (label === 0) return 0;
  return label >= 91 ? 1 : label >= 71 && label <= 78 ? 2 : 3;
}

function tasks(): Task[] {
  const ch2 = template('ch2.nii.gz');
  const brain = Uint8Array.from(template('ch2bet.nii.gz').data, (value) => (value > 0 ? 1 : 0));
  const structures = Uint8Array.from(template('aal.nii.gz').data, structureOf);
  return [
    tissuesOfDrawnHeads(),
    { name: 'ch2: brain', image: ch2, truth: brain, classes: 2 },
    { name: 'ch2: cerebellum, deep grey, cortex', image: ch2, truth: structures, classes: 4 },
  ];
}

/** Learns without labels from the very image: what few labels are to gain from. */
async function trained(name: string, image: Volume, more: Partial<TrainRequest>): Promise<OpenModel> {
  const [input, output] = [path.join(root, `${name}.nii`), path.join(root, `${name}.onnx`)];
  fs.writeFileSync(input, writeNiftiFromVolume(image, { gzip: false }));
  const settings = { base: 8, latent: 8 };
  const request = trainRequest(input, output, {
    family: 'convolutional',
    batchSize: 8,
    patchSize: 32,
    patience: 1000,
    budget: { unit: 'steps', value: options.steps },
    ...more,
    settings: { ...settings, ...more.settings },
  });
  await runTrain(request, () => {});
  return (await openModelSource(output, 'cpu', () => {})).model;
}

interface Method {
  readonly name: string;
  readonly kinds: readonly SegmentFeature[];
  readonly model: OpenModel | null;
}

async function methods(task: Task, index: number): Promise<Method[]> {
  const latents = await trained(`latents-${index}`, task.image, {});
  const random = await trained(`random-${index}`, task.image, { settings: { linear: false } });
  const of = (name: string, kinds: readonly SegmentFeature[], model: OpenModel | null = null): Method => ({
    name,
    kinds,
    model,
  });
  return [
    of('intensities', ['intensity']),
    of('components of patches', ['components'], latents),
    of('latents', ['latent'], latents),
    of('latents, no linear start', ['latent'], random),
    of('components and intensities', ['components', 'intensity'], latents),
    of('latents and intensities', ['latent', 'intensity'], latents),
    of('intensities and places', ['intensity', 'place']),
    of('latents, intensities and places', ['latent', 'intensity', 'place'], latents),
  ];
}

/** Overlap where each group of pixels is called what most of it is: no labels tell so well. */
function namedBest(groups: Uint8Array, { truth, classes }: Task): number {
  const tally = new Map<number, Float64Array>();
  groups.forEach((group, i) => {
    const of = tally.get(group) ?? new Float64Array(classes);
    of[truth[i]]++;
    tally.set(group, of);
  });
  const counts = new OverlapCounts(classes);
  groups.forEach((group, i) => {
    const of = tally.get(group) ?? new Float64Array(classes);
    counts.add(of.indexOf(Math.max(...of)), truth[i]);
  });
  return mean(counts.dice().slice(1));
}

const BINS = 64;

/** Limits between `classes` classes of intensity with the most variance between them (Otsu 1979). */
function otsu(values: Float32Array, classes: number): Uint8Array {
  const binOf = (value: number): number => Math.min(BINS - 1, Math.max(0, Math.floor(value * BINS)));
  const [count, sum] = [new Float64Array(BINS + 1), new Float64Array(BINS + 1)];
  for (const value of values) count[binOf(value) + 1]++;
  for (let b = 0; b < BINS; b++) {
    sum[b + 1] = sum[b] + b * count[b + 1];
    count[b + 1] += count[b];
  }
  const part = (from: number, to: number): number => {
    const n = count[to] - count[from];
    return n > 0 ? (sum[to] - sum[from]) ** 2 / n : 0;
  };
  const best = (from: number, left: number): { readonly score: number; readonly limits: number[] } => {
    if (left === 1) return { score: part(from, BINS), limits: [] };
    let found = { score: -1, limits: [BINS] };
    for (let to = from + 1; to < BINS; to++) {
      const rest = best(to, left - 1);
      const score = part(from, to) + rest.score;
      if (score > found.score) found = { score, limits: [to, ...rest.limits] };
    }
    return found;
  };
  const { limits } = best(0, classes);
  return Uint8Array.from(values, (value) => limits.filter((limit) => binOf(value) >= limit).length);
}

async function clustered(
  task: Task,
  stack: ScaledStack,
  kinds: readonly SegmentFeature[] | null,
): Promise<number> {
  const area = stack.rows * stack.columns;
  const features = kinds === null ? null : pixelFeatures(kinds, null, null);
  const length = features?.length ?? 1;
  const of = async (slice: number): Promise<Float32Array> =>
    features === null ? planeOf(stack.values, area, slice) : features.of(stack, slice);
  const random = new Random(5);
  const data: number[] = [];
  for (let slice = 0; slice < stack.slices; slice += 4) {
    const all = await of(slice);
    for (let n = 0; n < 250; n++) {
      const pixel = random.integer(area);
      data.push(...all.subarray(pixel * length, (pixel + 1) * length));
    }
  }
  // One more than classes: air and bone are no tissue.
  const teller = learnClusters({ data: Float32Array.from(data), length }, task.classes + 1, random);
  const groups = new Uint8Array(stack.values.length);
  for (let slice = 0; slice < stack.slices; slice++)
    groups.set(tellClasses(teller, await of(slice)), slice * area);
  return namedBest(groups, task);
}

const all = tasks();
for (const [index, task] of all.entries()) {
  if (options.only.length > 0 && !options.only.includes(String(index + 1))) continue;
  const stack = scaledStack(task.image);
  const area = stack.rows * stack.columns;
  const rows: Row[] = [];
  const add = (features: string, dice: readonly string[]): void => {
    rows.push({
      task: task.name,
      'told by': features,
      '1 %': dice[0],
      '3 %': dice[1] ?? '',
      '10 %': dice[2] ?? '',
    });
    console.log(markdown(rows.slice(-1)));
  };
  const free = (dice: number): string[] => [`${dice.toFixed(3)} (no labels, named by the truth)`];
  add('limits of intensity (Otsu)', free(namedBest(otsu(stack.values, task.classes), task)));
  add('k-means of the intensity', free(await clustered(task, stack, null)));
  add('k-means of intensities', free(await clustered(task, stack, ['intensity'])));
  add(
    'the intensity alone',
    await judged(task, stack, 1, async (slice) => planeOf(stack.values, area, slice)),
  );
  for (const { name, kinds, model } of await methods(task, index)) {
    const planes = Array.from({ length: stack.slices }, (_, i) => i);
    const components: Components | null = kinds.includes('components')
      ? patchComponents([{ stack, planes }], model, new Random(7))
      : null;
    const features = pixelFeatures(kinds, model, components);
    const known = new Map<number, Float32Array>();
    const vectors = async (slice: number): Promise<Float32Array> => {
      const found = known.get(slice) ?? (await features.of(stack, slice));
      known.set(slice, found);
      return found;
    };
    add(name, await judged(task, stack, features.length, vectors));
  }
  if (options.write)
    keep(
      'segment',
      String(index + 1),
      rows,
      all.map((_, i) => String(i + 1)),
      'docs/encoders.md',
    );
}
fs.rmSync(root, { recursive: true });
