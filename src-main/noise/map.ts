import type { Volume } from '../imaging/volume.js';
import type { Plane } from './planes.js';
import { ricianMean, ricianVariance } from './rician.js';
import { median, quantile } from './robust.js';
import {
  type Block,
  COEFFICIENTS,
  orderOf,
  parityOf,
  SIDE,
  type TissueSpectrum,
  tissueDct,
} from './spectrum.js';
import { fitSpline, type Sites, type SplineGrid, splineAt, splineGrid, splineOver } from './spline.js';

const MOST_BLOCKS = 4_000;
const LEAST_BLOCKS = 200;
/** Blocks without structure that a field asks for. */
const LEAST_FLAT = 100;
/** A field that decides whether the noise varies, and the one that is used: chance and structure move it more. */
const STIFF = { intervals: 4, smoothness: 0.5 } as const;
const SUPPLE = { intervals: 6, smoothness: 0.5 } as const;
/** Slices from which on it changes through the planes. */
const LAYERED = 8;
/** Frequencies with less than this part of the strongest noise tell more of structure and rounding than of noise. */
const LEAST_VARIANCE = 0.08;
/** Orders that structure raises first, the lowest that count as noise, and the lowest of the middle ones. */
const LOWEST = 3;
const LEAST_ORDER = 3;
const MIDDLE = 2;
/** How much more energy a block without structure has at lower frequencies than at higher ones, by chance. */
const FLAT = 1.6;
/**
 * Deviation of the logarithm of the level over the tissue: up to `white` or `correlated` the noise is taken for
 * uniform, `ramp` above that the map is used as found, and in between a part of it. Uniform noise of ten anatomies
 * gave up to 0.06 where it was white and up to 0.12 where it was correlated: fewer coefficients tell of it then, and
 * those that structure reaches.
 */
const VARIES = { white: 0.07, correlated: 0.12, ramp: 0.02 } as const;
/** Correlations between which the one becomes the other. */
const WHITE_TO_CORRELATED = [0.1, 0.4] as const;
/** Correlation that the fields of two classes of blocks have at least where both show noise. */
const SAME = 0.7;
/** How many times more than high frequencies middle ones may vary: noise varies alike, structure is in the middle. */
const ALIKE = 1.4;

/** How the noise level varies. */
export interface NoiseMap {
  /** slices * rows * columns factors with the median 1 in tissue; null where the noise is uniform or too little is known. */
  readonly map: Float32Array | null;
  /** (90th - 10th percentile) / median of the level over the tissue. */
  readonly variation: number;
}

/**
 * A smooth map of the noise level: a spline through the logarithms of the energy of blocks of tissue. Blocks are taken
 * for flat where they have no more energy at lower frequencies than at higher ones, for noise of this spectrum: that
 * asks for no level, so noise that is high somewhere is not taken for structure, and the flattest blocks do not lie
 * where noise is low. What is flat is judged by coefficients of one parity and the level by those of the other, which
 * share structure, and no noise. Differences of neighbouring slices and of frames have the noise without much of the
 * structure. A map of the anatomy shows by three things: the flattest blocks have another field than those with some
 * structure, middle frequencies vary more than high ones, and images and differences have other fields.
 */
export function noiseMap(
  volume: Volume,
  planes: readonly Plane[],
  level: number,
  spectrum: TissueSpectrum,
  rician: boolean,
): NoiseMap {
  const layers = new Set(planes.map(({ slice }) => slice)).size >= LAYERED ? 2 : 1;
  const tasks = [undefined, nextSlice(planes), nextFrame(planes)]
    .map((beside) => tissueDct(planes, level, null, MOST_BLOCKS, beside))
    .filter((blocks) => blocks.length >= LEAST_BLOCKS)
    .map((blocks) => taskOf(volume, blocks, spectrum, layers))
    .sort((a, b) => flatShare(b) - flatShare(a));
  let share = 1;
  let best: Task | null = null;
  for (const task of tasks) {
    const found = corrected(task, spectrum, rician);
    if (found === null) continue;
    best ??= found;
    share = Math.min(share, (deviationOf(found.stiff) - uniformUpTo(spectrum)) / VARIES.ramp);
    if (!(share > 0)) break;
    if (!isAlike(found)) return { map: null, variation: variationOf(best.stiff) };
  }
  if (best === null) return { map: null, variation: 0 };
  if (!(share > 0) || !isNoise(best)) return { map: null, variation: variationOf(best.stiff) };
  const supple = fieldOf(best, SUPPLE, 0, 1, FLAT);
  if (supple === null) return { map: null, variation: variationOf(best.stiff) };
  const found = splineAt(gridOf(best, SUPPLE), supple, best.sites);
  const centre = median(found);
  const [least, most] = [found.reduce((a, b) => Math.min(a, b)), found.reduce((a, b) => Math.max(a, b))];
  const map = splineOver(gridOf(best, SUPPLE), supple, volume).map((log) =>
    Math.exp(share * (Math.max(least, Math.min(most, log)) - centre)),
  );
  return { map, variation: variationOf(found.map((log) => share * log)) };
}

function uniformUpTo({ correlation: { x, y } }: TissueSpectrum): number {
  const [white, correlated] = WHITE_TO_CORRELATED;
  const part = (Math.max(x, y) - white) / (correlated - white);
  return VARIES.white + Math.max(0, Math.min(1, part)) * (VARIES.correlated - VARIES.white);
}

function variationOf(field: Float64Array): number {
  const centre = median(field);
  return Math.exp(quantile(field, 0.9) - centre) - Math.exp(quantile(field, 0.1) - centre);
}

type Beside = (plane: Plane) => Plane | null;

function nextSlice(planes: readonly Plane[]): Beside {
  return ({ slice, frame }) => planes.find((p) => p.frame === frame && p.slice === slice + 1) ?? null;
}

function nextFrame(planes: readonly Plane[]): Beside {
  return ({ slice, frame }) => planes.find((p) => p.frame > frame && p.slice === slice) ?? null;
}

function taskOf(volume: Volume, blocks: readonly Block[], spectrum: TissueSpectrum, layers: number): Task {
  return {
    blocks,
    sites: sitesOf(volume, blocks),
    layers,
    halves: halvesOf(blocks, spectrum.variance),
    shrinking: new Float64Array(blocks.length),
    stiff: new Float64Array(blocks.length),
  };
}

/** With the stiff field, and what the magnitude takes from the deviation where the signal is weak given back to it. */
function corrected(task: Task, { deviation }: TissueSpectrum, rician: boolean): Task | null {
  let next = task;
  for (let round = 0; round <= (rician ? CORRECTIONS : 0); round++) {
    const { blocks, stiff } = next;
    const shrinking =
      round === 0
        ? next.shrinking
        : Float64Array.from(blocks, ({ mean }, k) => shrinkingOf(mean / (deviation * Math.exp(stiff[k]))));
    const field = fieldOf({ ...next, shrinking }, STIFF, 0, 1, FLAT);
    if (field === null) return null;
    next = { ...next, shrinking, stiff: splineAt(gridOf(next, STIFF), field, next.sites) };
  }
  return next;
}

function flatShare({ halves, blocks }: Task): number {
  return halves[0].structure.reduce((sum, s) => (s <= FLAT ? sum + 1 : sum), 0) / blocks.length;
}

function gridOf({ layers }: Task, { intervals }: { readonly intervals: number }): SplineGrid {
  return splineGrid(intervals, layers);
}

interface Task {
  readonly blocks: readonly Block[];
  readonly sites: Sites;
  /** Of the spline, through the planes. */
  readonly layers: number;
  readonly halves: readonly [Half, Half];
  /** Logarithm of what the magnitude leaves of the deviation, for each block. */
  readonly shrinking: Float64Array;
  /** The stiff field at each block. */
  readonly stiff: Float64Array;
}

/** The coefficients that a field is made of: all that tell of noise, or a part. */
type Band = 'level' | 'middle' | 'high';

/** What the coefficients of one parity say of each block. */
interface Half {
  /** Logarithm of the deviation over that of the spectrum. */
  readonly level: Float64Array;
  /** Deviation of that by chance. */
  readonly chance: number;
  /** The same of middle and of high frequencies alone. */
  readonly middle: Float64Array;
  readonly high: Float64Array;
  /** Energy at lower frequencies over that at higher ones, for noise 1. */
  readonly structure: Float64Array;
}

function halvesOf(blocks: readonly Block[], variance: Float64Array): readonly [Half, Half] {
  const least = LEAST_VARIANCE * quantile(variance, 0.9);
  const telling = Array.from({ length: COEFFICIENTS }, (_, k) => k).filter(
    (k) => k > 0 && variance[k] > least,
  );
  const noise = telling.filter((k) => orderOf(k) >= LEAST_ORDER);
  const cut = median(noise.map(orderOf));
  const half = (parity: number): Half => {
    const energies = (of: (order: number) => boolean): Float64Array => {
      const some = telling.filter((k) => parityOf(k) === parity && of(orderOf(k)));
      return Float64Array.from(blocks, ({ coefficients: c }) => {
        let sum = 0;
        for (const k of some) sum += (c[k] * c[k]) / variance[k];
        return some.length > 0 ? sum / some.length : 0;
      });
    };
    const count = noise.filter((k) => parityOf(k) === parity).length;
    const low = energies((order) => order <= LOWEST);
    const middle = energies((order) => order >= MIDDLE && order < cut);
    const high = energies((order) => order >= cut);
    const logarithm = (energy: number): number => Math.log(energy + TINY) / 2;
    return {
      level: energies((order) => order >= LEAST_ORDER).map(logarithm),
      middle: middle.map(logarithm),
      high: high.map(logarithm),
      chance: 1 / Math.sqrt(2 * count),
      structure: high.map((e, k) => Math.max(low[k], middle[k]) / (e + TINY)),
    };
  };
  return [half(0), half(1)];
}

const TINY = 1e-30;

function sitesOf({ slices }: Volume, blocks: readonly Block[]): Sites {
  const middle = SIDE / 2;
  return {
    x: Float64Array.from(blocks, ({ at, plane }) => ((at % plane.columns) + middle) / plane.columns),
    y: Float64Array.from(blocks, ({ at, plane }) => (Math.floor(at / plane.columns) + middle) / plane.rows),
    z: Float64Array.from(blocks, ({ plane }) => (plane.slice + 0.5) / slices),
  };
}

/**
 * The field of the blocks whose structure is between two shares of all and at most `limit`: the mean of what the
 * coefficients of both parities say.
 */
function fieldOf(
  task: Task,
  kind: typeof STIFF | typeof SUPPLE,
  from: number,
  to: number,
  limit: number,
  band: Band = 'level',
): Float64Array | null {
  const { sites, halves, shrinking } = task;
  const fields: Float64Array[] = [];
  for (const parity of [0, 1]) {
    const { structure } = halves[1 - parity];
    const { [band]: level, chance } = halves[parity];
    const [least, most] = [
      from > 0 ? quantile(structure, from) : 0,
      Math.min(limit, quantile(structure, to)),
    ];
    const chosen = [...structure.keys()].filter((k) => structure[k] >= least && structure[k] <= most);
    if (chosen.length < LEAST_FLAT) return null;
    const pick = (values: Float64Array): Float64Array => Float64Array.from(chosen, (k) => values[k]);
    fields.push(
      fitSpline(
        gridOf(task, kind),
        { x: pick(sites.x), y: pick(sites.y), z: pick(sites.z) },
        Float64Array.from(chosen, (k) => level[k] - shrinking[k]),
        chance,
        kind.smoothness,
      ),
    );
  }
  return fields[0].map((value, k) => (value + fields[1][k]) / 2);
}

/** Whether blocks with some structure show the same field as the flattest: structure would add to theirs. */
function isNoise(task: Task): boolean {
  const flattest = fieldAt(task, 0, 1 / 3, Number.POSITIVE_INFINITY);
  const middle = fieldAt(task, 1 / 3, 2 / 3, Number.POSITIVE_INFINITY);
  return flattest !== null && middle !== null && correlationOf(flattest, middle) > SAME;
}

/** Whether the noise is as white where it is high as where it is low: one scanner filters all alike, anatomy does not. */
function isAlike(task: Task): boolean {
  const [middle, high] = (['middle', 'high'] as const).map((band) => fieldAt(task, 0, 1, FLAT, band));
  return middle !== null && high !== null && deviationOf(middle) <= ALIKE * deviationOf(high);
}

function fieldAt(task: Task, from: number, to: number, limit: number, band?: Band): Float64Array | null {
  const field = fieldOf(task, STIFF, from, to, limit, band);
  return field === null ? null : splineAt(gridOf(task, STIFF), field, task.sites);
}

function deviationOf(values: Float64Array): number {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  return Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length);
}

function correlationOf(a: Float64Array, b: Float64Array): number {
  const [meanA, meanB] = [a, b].map((values) => values.reduce((sum, v) => sum + v, 0) / values.length);
  let product = 0;
  for (let i = 0; i < a.length; i++) product += (a[i] - meanA) * (b[i] - meanB);
  return product / (a.length * Math.max(TINY, deviationOf(a) * deviationOf(b)));
}

/** Rounds that take back what the magnitude takes from the deviation where the signal is weak. */
const CORRECTIONS = 1;
const AMPLITUDES = 240;
const AMPLITUDE_STEP = 0.05;

let shrinkings: { readonly mean: Float64Array; readonly log: Float64Array } | undefined;

/** Logarithm of the deviation of a magnitude over that of a channel, by its mean over the latter. */
function shrinkingOf(mean: number): number {
  shrinkings ??= {
    mean: Float64Array.from({ length: AMPLITUDES }, (_, i) => ricianMean(i * AMPLITUDE_STEP, 1)),
    log: Float64Array.from(
      { length: AMPLITUDES },
      (_, i) => Math.log(ricianVariance(i * AMPLITUDE_STEP, 1)) / 2,
    ),
  };
  const { mean: means, log } = shrinkings;
  if (!(mean < means[AMPLITUDES - 1])) return 0;
  let [low, high] = [0, AMPLITUDES - 1];
  while (high - low > 1) {
    const between = (low + high) >> 1;
    if (means[between] <= mean) low = between;
    else high = between;
  }
  return log[low];
}
