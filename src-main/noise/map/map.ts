import type { Volume } from '../../imaging/volume.js';
import type { Plane } from '../planes.js';
import { ricianMean, ricianVariance } from '../rician.js';
import { median, quantile } from '../robust.js';
import { type Block, SIDE, type TissueSpectrum } from '../spectrum.js';
import { FLAT, fieldBlocks, type Half, halvesOf } from './blocks.js';
import { fitSpline, type Sites, type SplineGrid, splineAt, splineGrid, splineOver } from './spline.js';

/** Blocks without structure that a field asks for. */
const LEAST_FLAT = 100;
/** A field that decides whether the noise varies, and the one that is used: chance and structure move it more. */
const STIFF = { intervals: 4, smoothness: 0.5 } as const;
const SUPPLE = { intervals: 6, smoothness: 0.5 } as const;
/** Slices from which on it changes through the planes. */
const LAYERED = 8;
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
 *
 * @param over a map that is known already: what varies beyond it is looked for
 */
export function noiseMap(
  volume: Volume,
  planes: readonly Plane[],
  level: number,
  spectrum: TissueSpectrum,
  rician: boolean,
  over: Float32Array | null = null,
): NoiseMap {
  const layers = new Set(planes.map(({ slice }) => slice)).size >= LAYERED ? 2 : 1;
  const tasks = fieldBlocks(planes, level, over)
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

const MOST_VALUES = 20_000;

/** (90th - 10th percentile) / median of a map over the tissue of some planes. */
export function variationOver(planes: readonly Plane[], level: number, map: Float32Array): number {
  const step = Math.ceil(planes.reduce((sum, { values }) => sum + values.length, 0) / MOST_VALUES);
  const logs = planes.flatMap(({ slice, values }) => {
    const some: number[] = [];
    for (let i = 0; i < values.length; i += step)
      if (values[i] > level) some.push(Math.log(map[slice * values.length + i]));
    return some;
  });
  return logs.length === 0 ? 0 : variationOf(Float64Array.from(logs));
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
