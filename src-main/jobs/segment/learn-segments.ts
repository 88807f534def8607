import { OverlapCounts } from '../../analysis/segment/overlaps.js';
import { type PixelFeatures, patchComponents, pixelFeatures } from '../../analysis/segment/pixel-features.js';
import {
  learnClasses,
  learnClusters,
  type PixelSamples,
  type PixelTeller,
  tellClasses,
} from '../../analysis/segment/segmenter.js';
import type { Components } from '../../base/linear/pca.js';
import { startMeter } from '../../base/progress.js';
import type { Random } from '../../base/random.js';
import type { SegmentClass, SegmentLearnt } from '../../contract/encoders/segment.js';
import { fault } from '../../contract/errors.js';
import type { ScaledStack } from '../../restore/apply.js';
import type { Labelled, SegmentWork, StackToSegment } from './work.js';

/** Pixels that are learnt from: more change little and take long. */
const MOST_PIXELS = 2000;
/** Planes of a series that clusters are sought in. */
const CLUSTERED_PLANES = 12;
/** Parts that are held out in turn. */
const MOST_PARTS = 5;

/** How pixels are described and told apart. */
export interface Segmenter {
  readonly features: PixelFeatures;
  readonly components: Components | null;
  /** In the order of the outputs; of label 0 what is none of the others. */
  readonly classes: readonly SegmentClass[];
  readonly teller: PixelTeller;
}

/** Tells, once all is marked, how well what was held out is told. */
export interface HeldOut {
  /** What is told of a labelled plane by what saw nothing of its part is held against its labels. */
  judge(stack: StackToSegment, slice: number, vectors: Float32Array, values: Float32Array): void;
  learnt(): SegmentLearnt;
}

/** Components of patches of the first series, where they are wanted. */
function componentsOf(
  { source }: SegmentWork,
  kinds: PixelFeatures['kinds'],
  stack: ScaledStack,
  random: Random,
): Components | null {
  if (!kinds.includes('components')) return null;
  const planes = Array.from({ length: stack.slices }, (_, i) => i);
  // Beside latents they are held against these: as many, of patches as large.
  const model = kinds.includes('latent') ? (source?.model ?? null) : null;
  return patchComponents([{ stack, planes }], model, random);
}

/**
 * Clusters of the pixels of all series together, the darkest first.
 *
 * @throws LimpidError as reading and `pixelFeatures`
 */
export async function learnClustered(
  work: SegmentWork,
  stacks: readonly StackToSegment[],
  kinds: PixelFeatures['kinds'],
  count: number,
  random: Random,
): Promise<Segmenter> {
  const model = work.source?.model ?? null;
  let components: Components | null = null;
  let features: PixelFeatures | null = null;
  const rows: Float32Array[] = [];
  const brightness: number[] = [];
  const chosen = random.fork('pixels');
  const failed: unknown[] = [];
  for (const one of stacks) {
    const read = await work.load(one).catch((error) => {
      // It is told where the series would be marked, and stops no other.
      failed.push(error);
      return null;
    });
    if (read === null) continue;
    const { stack } = read;
    components ??= componentsOf(work, kinds, stack, random.fork('components'));
    features ??= pixelFeatures(kinds, model, components);
    const planes = Math.min(CLUSTERED_PLANES, stack.slices);
    const each = Math.ceil(MOST_PIXELS / (planes * stacks.length));
    const meter = startMeter(work.emit, {
      series: one.stack.id,
      stage: 'apply',
      unit: 'slices',
      total: planes,
    });
    for (let p = 0; p < planes; p++) {
      const plane = Math.floor(((p + 0.5) * stack.slices) / planes);
      const vectors = await features.of(stack, plane);
      const area = stack.rows * stack.columns;
      for (let n = 0; n < each; n++) {
        const pixel = chosen.integer(area);
        if (stack.measured !== null && stack.measured[plane * area + pixel] === 0) continue;
        rows.push(vectors.slice(pixel * features.length, (pixel + 1) * features.length));
        brightness.push(stack.values[plane * area + pixel]);
      }
      meter.at(p + 1);
    }
  }
  if (features === null) throw failed[0] ?? fault('E_NOTHING/unreadable');
  if (rows.length < count) throw fault('E_VALUES/all-padding');
  const { length } = features;
  const data = new Float32Array(rows.length * length);
  rows.forEach((row, i) => {
    data.set(row, i * length);
  });
  const teller = darkestFirst(
    learnClusters({ data, length }, count, random.fork('clusters')),
    data,
    brightness,
  );
  const classes = Array.from({ length: teller.centres.length / length }, (_, k) => ({
    label: k + 1,
    name: work.nameOf(k + 1, `Cluster ${k + 1}`),
    codes: null,
  }));
  return { features, components, classes, teller };
}

/** Clusters have no order of their own. */
function darkestFirst(
  teller: Extract<PixelTeller, { kind: 'clusters' }>,
  data: Float32Array,
  brightness: readonly number[],
): Extract<PixelTeller, { kind: 'clusters' }> {
  const length = teller.scaling.mean.length;
  const count = teller.centres.length / length;
  const sums = new Float64Array(count);
  const sizes = new Float64Array(count);
  tellClasses(teller, data).forEach((cluster, i) => {
    sums[cluster] += brightness[i];
    sizes[cluster]++;
  });
  const mean = (k: number): number => (sizes[k] > 0 ? sums[k] / sizes[k] : Number.POSITIVE_INFINITY);
  const order = Array.from({ length: count }, (_, k) => k).sort((a, b) => mean(a) - mean(b) || a - b);
  const centres = new Float64Array(teller.centres.length);
  order.forEach((k, place) => {
    centres.set(teller.centres.subarray(k * length, (k + 1) * length), place * length);
  });
  return { ...teller, centres };
}

/**
 * What tells the classes of labels.
 *
 * @throws LimpidError E_LABELS for one class or none; as reading and `pixelFeatures`
 */
export async function learnLabelled(
  work: SegmentWork,
  labelled: readonly Labelled[],
  kinds: PixelFeatures['kinds'],
  random: Random,
): Promise<{ readonly segmenter: Segmenter; readonly heldOut: HeldOut }> {
  const counts = new Map<number, number>();
  for (const { labels } of labelled)
    for (const label of labels) if (label > 0) counts.set(label - 1, (counts.get(label - 1) ?? 0) + 1);
  const numbers = [...counts.keys()].sort((a, b) => a - b);
  if (numbers.length === 0) throw fault('E_LABELS/mask-empty');
  if (numbers.length === 1) throw fault('E_LABELS/mask-one-class');
  const classes = numbers.map((label) => classOf(work, labelled, label));
  const parts = partsOf(labelled);
  const { samples, values, features, components } = await sampled(
    work,
    labelled,
    kinds,
    { numbers, counts, parts },
    random,
  );
  const learn = (from: PixelSamples, chosen: readonly number[], name: string): PixelTeller =>
    learnClasses(from, classes.length, random.fork(name), chosen);
  const all = Array.from(samples.classes, (_, row) => row);
  const teller = learn(samples, all, 'all');
  const alone: PixelSamples = { ...samples, data: values, length: 1 };
  const held = Array.from({ length: parts.count < 2 ? 0 : parts.count }, (_, part) => {
    const rest = all.filter((row) => samples.groups[row] !== part);
    const known = new Set(rest.map((row) => samples.classes[row]));
    return {
      known,
      asked: learn(samples, rest, `part ${part}`),
      alone: learn(alone, rest, `alone ${part}`),
    };
  });
  const overlaps = [new OverlapCounts(classes.length), new OverlapCounts(classes.length)];
  const untold = new Set<number>();
  const heldOut: HeldOut = {
    judge(stack, slice, vectors, plane) {
      const at = labelled.findIndex((one) => one.of === stack);
      const tellers = held[parts.of(at, slice)];
      if (at < 0 || tellers === undefined) return;
      const { labels } = labelled[at];
      const told = [tellClasses(tellers.asked, vectors), tellClasses(tellers.alone, plane)];
      for (let i = 0; i < plane.length; i++) {
        const label = labels[slice * plane.length + i];
        if (label === 0) continue;
        const truth = numbers.indexOf(label - 1);
        if (!tellers.known.has(truth)) untold.add(truth);
        for (const [k, one] of told.entries()) overlaps[k].add(one[i], truth);
      }
    },
    learnt: () => ({
      pixels: numbers.map((number) => counts.get(number) ?? 0),
      series: labelled.length,
      slices: labelled.reduce((sum, one) => sum + slicesOf(one).length, 0),
      heldOut:
        held.length === 0
          ? null
          : {
              by: parts.by,
              parts: parts.count,
              ...named(overlaps.map((one) => one.dice().map((dice, k) => (untold.has(k) ? null : dice)))),
            },
    }),
  };
  return { segmenter: { features, components, classes, teller }, heldOut };
}

function named([dice, intensityDice]: readonly (readonly (number | null)[])[]) {
  return { dice, intensityDice };
}

function classOf({ nameOf }: SegmentWork, labelled: readonly Labelled[], label: number): SegmentClass {
  const told = labelled.flatMap(({ classes }) => classes).find((one) => one.label === label);
  const usual = label === 0 ? 'Background' : (told?.name ?? `Label ${label}`);
  return { label, name: nameOf(label, usual), codes: told?.codes ?? null };
}

/** Slices that have a label. */
function slicesOf({ labels, area }: Labelled): number[] {
  const slices: number[] = [];
  for (let slice = 0; slice * area < labels.length; slice++)
    if (labels.subarray(slice * area, (slice + 1) * area).some((label) => label > 0)) slices.push(slice);
  return slices;
}

interface Parts {
  readonly by: 'patients' | 'slices';
  readonly count: number;
  /** Part of a slice of a labelled series; -1 where there is none. */
  of(at: number, slice: number): number;
}

/** By patients, where there are two or more; else runs of slices, whose neighbours are like them. */
function partsOf(labelled: readonly Labelled[]): Parts {
  const patients = [...new Set(labelled.map(({ of }) => of.patient))];
  if (patients.length > 1) {
    const count = Math.min(MOST_PARTS, patients.length);
    return {
      by: 'patients',
      count,
      of: (at) => (at < 0 ? -1 : patients.indexOf(labelled[at].of.patient) % count),
    };
  }
  const slices = labelled.map(slicesOf);
  const all = slices.flatMap((of, at) => of.map((slice) => `${at} ${slice}`));
  const count = Math.min(MOST_PARTS, all.length);
  const part = new Map(all.map((key, i) => [key, Math.floor((i * count) / all.length)]));
  return { by: 'slices', count, of: (at, slice) => part.get(`${at} ${slice}`) ?? -1 };
}

interface Sampling {
  readonly numbers: readonly number[];
  readonly counts: ReadonlyMap<number, number>;
  readonly parts: Parts;
}

/** As many pixels of each class, which stand for as many as there are. */
async function sampled(
  work: SegmentWork,
  labelled: readonly Labelled[],
  kinds: PixelFeatures['kinds'],
  { numbers, counts, parts }: Sampling,
  random: Random,
) {
  const quota = MOST_PIXELS / numbers.length;
  const rates = numbers.map((number) => Math.min(1, quota / (counts.get(number) ?? 1)));
  const chosen = random.fork('pixels');
  let components: Components | null = null;
  let features: PixelFeatures | null = null;
  const data: number[] = [];
  const values: number[] = [];
  const classes: number[] = [];
  const groups: number[] = [];
  for (const [at, one] of labelled.entries()) {
    const { stack } = await work.load(one.of);
    components ??= componentsOf(work, kinds, stack, random.fork('components'));
    features ??= pixelFeatures(kinds, work.source?.model ?? null, components);
    const slices = slicesOf(one);
    const meter = startMeter(work.emit, {
      series: one.of.stack.id,
      stage: 'apply',
      unit: 'slices',
      total: slices.length,
    });
    for (const [done, slice] of slices.entries()) {
      const vectors = await features.of(stack, slice);
      for (let i = 0; i < one.area; i++) {
        const label = one.labels[slice * one.area + i];
        if (label === 0) continue;
        const k = numbers.indexOf(label - 1);
        if (chosen.uniform() >= rates[k]) continue;
        for (let j = 0; j < features.length; j++) data.push(vectors[i * features.length + j]);
        values.push(stack.values[slice * one.area + i]);
        classes.push(k);
        groups.push(parts.of(at, slice));
      }
      meter.at(done + 1);
    }
  }
  if (features === null) throw fault('E_LABELS/mask-empty');
  const samples: PixelSamples = {
    data: Float32Array.from(data),
    length: features.length,
    classes: Int32Array.from(classes),
    weights: Float64Array.from(classes, (k) => 1 / rates[k]),
    groups: Int32Array.from(groups),
  };
  return { samples, values: Float32Array.from(values), features, components };
}
