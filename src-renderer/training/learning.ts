import type { LearningEvent, Preview } from '../../src-main/contract/events.js';
import type { LearningPoint } from '../../src-main/contract/models.js';
import type { CurvePoint } from '../app/progress.js';

/** What is known of how a model learns, folded from the events of its training. */
export interface Learning {
  readonly points: readonly LearningPoint[];
  readonly best: LearningEvent['best'];
  /** Pictures that can be looked at, in the order of their steps. */
  readonly previews: readonly Preview[];
}

export const NOTHING_LEARNT: Learning = { points: [], best: null, previews: [] };

/** A run that was resumed tells again what it had measured: later points take the place of earlier ones. */
export function withLearning(learning: Learning, { points, best, preview }: LearningEvent): Learning {
  const from = points[0]?.step ?? Number.POSITIVE_INFINITY;
  const kept = learning.points.filter(({ step }) => step < from);
  return {
    points: [...kept, ...points],
    best,
    previews:
      preview === null
        ? learning.previews
        : [...learning.previews.filter(({ lasting, step }) => lasting && step < preview.step), preview],
  };
}

/** Columns of a chart: steps, and for each the running loss, the mean loss since the last measurement, held out. */
export type Columns = readonly [number[], (number | null)[], (number | null)[], (number | null)[]];

/** Points of the running loss that are drawn. */
const MOST_LIVE = 600;

/** @param live the running mean of the training loss; empty where nobody watched */
export function columnsOf(points: readonly LearningPoint[], live: readonly CurvePoint[]): Columns {
  const every = Math.max(1, Math.ceil(live.length / MOST_LIVE));
  const drawn = live.filter((_, i) => i % every === 0 || i === live.length - 1);
  const running = new Map(drawn.map(({ step, loss }) => [step, loss]));
  const measured = new Map(points.map((point) => [point.step, point]));
  const steps = [...new Set([...running.keys(), ...measured.keys()])].sort((a, b) => a - b);
  return [
    steps,
    steps.map((step) => running.get(step) ?? null),
    steps.map((step) => measured.get(step)?.loss ?? null),
    steps.map((step) => measured.get(step)?.heldOut ?? null),
  ];
}

/** Whether all losses are positive, so that their logarithms can be drawn. */
export function canBeLogarithmic([, ...columns]: Columns): boolean {
  return columns.every((column) => column.every((value) => value === null || value > 0));
}

/**
 * Range of losses worth drawing: the first steps may lie far above all that matters, so the running loss counts
 * between its percentiles only.
 */
export function rangeOf([, running, mean, heldOut]: Columns): readonly [number, number] | null {
  const numbers = (column: readonly (number | null)[]) => column.filter((value) => value !== null);
  const live = numbers(running).sort((a, b) => a - b);
  const at = (share: number) => live.slice(Math.round(share * (live.length - 1))).slice(0, 1);
  const all = [...numbers(mean), ...numbers(heldOut), ...at(0.02), ...at(0.95)];
  if (all.length === 0) return null;
  const [low, high] = [Math.min(...all), Math.max(...all)];
  return low === high ? [low * 0.9, high * 1.1] : [low, high];
}

/** Patches as planes of size * size: what they are made from, what is to be made of them, and what was. */
export interface Patches {
  readonly size: number;
  readonly input: readonly Float32Array[];
  readonly target: readonly Float32Array[];
}

/** @throws RangeError when the bytes are not those of so many patches */
export function patchesOf(bytes: ArrayBuffer, { count, size }: Pick<Preview, 'count' | 'size'>): Patches {
  const planes = planesOf(bytes, 2 * count, size);
  return { size, input: planes.slice(0, count), target: planes.slice(count) };
}

export function planesOf(bytes: ArrayBuffer, count: number, size: number): Float32Array[] {
  const area = size * size;
  if (bytes.byteLength !== 4 * count * area) throw new RangeError('The patches are not whole.');
  return Array.from({ length: count }, (_, i) => new Float32Array(bytes, 4 * i * area, area));
}

/** Peak signal-to-noise ratio in dB of scaled images, whose peak is 1; null where they are equal. */
export function psnr(image: Float32Array, target: Float32Array): number | null {
  const error = image.reduce((sum, value, i) => sum + (value - target[i]) ** 2, 0) / image.length;
  return error === 0 ? null : -10 * Math.log10(error);
}

/** Mean over patches, of the squared errors; null where all are equal. */
export function meanPsnr(images: readonly Float32Array[], targets: readonly Float32Array[]): number | null {
  const errors = images.map((image, i) => {
    const one = psnr(image, targets[i]);
    return one === null ? 0 : 10 ** (-one / 10);
  });
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  return mean === 0 ? null : -10 * Math.log10(mean);
}

/** Grey RGBA of scaled values: 0 is black, 1 is white. */
export function greys(values: Float32Array): Uint8ClampedArray<ArrayBuffer> {
  return painted(values, (value) => {
    const grey = 255 * value;
    return [grey, grey, grey];
  });
}

/** RGBA of each value through a colour. */
export function painted(
  values: Float32Array,
  colour: (value: number) => readonly [number, number, number],
): Uint8ClampedArray<ArrayBuffer> {
  const out = new Uint8ClampedArray(4 * values.length);
  values.forEach((value, i) => {
    out.set([...colour(value), 255], 4 * i);
  });
  return out;
}
