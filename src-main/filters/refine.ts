import { onShared, sharedFloats } from '../base/shared.js';
import type { Effort } from '../contract/requests/choices.js';
import type { UnitNoiseImage } from '../noise/domain.js';
import { type BayesSettings, origins } from './bayes.js';
import { SlicePool, type SlicePoolOptions } from './pool.js';
import type { Grid, SliceRange } from './slab.js';
import type { SliceTask } from './tasks.js';

/** One pass: sides of the patches in a plane, patches of a group, and how many of these are restored. */
interface Pass {
  readonly side: number;
  /** How far apart reference patches are in a plane. */
  readonly step: number;
  readonly group: number;
  readonly restored: number;
}

/** How an image is refined whose slices lie so far apart, as multiples of its pixels. */
interface Manner {
  readonly upTo: number;
  readonly passes: readonly Pass[];
  /** Slices of a patch. */
  readonly depth: number;
  /** Slices on each side among which patches of a group are looked for. */
  readonly reachThrough: number;
}

/** Where a patch lies in one slice. */
const PLANAR_PASSES: readonly Pass[] = [
  { side: 5, step: 4, group: 60, restored: 60 },
  { side: 7, step: 4, group: 80, restored: 60 },
];

/**
 * Chosen on slices 32 to 55 of ch2 with 5 and 9 % Rician noise, all of them (1) and every third (3). Up to 10 patches of
 * the slices beside are worth 0.1 to 0.5 dB (every eighth slice of brains, a series of 7 mm; on a head CT of 9.4 pixels
 * 0.03); on a CT whose slices lie 16 pixels apart they cost 0.5 dB (docs/quality.md).
 */
const MANNERS: readonly Manner[] = [
  {
    upTo: 2,
    depth: 4,
    reachThrough: 3,
    passes: [
      { side: 4, step: 3, group: 32, restored: 32 },
      { side: 5, step: 4, group: 60, restored: 60 },
      { side: 5, step: 3, group: 60, restored: 60 },
    ],
  },
  {
    upTo: 5,
    depth: 2,
    reachThrough: 2,
    passes: [
      { side: 5, step: 4, group: 60, restored: 60 },
      { side: 6, step: 4, group: 80, restored: 60 },
    ],
  },
  { upTo: 10, depth: 1, reachThrough: 1, passes: PLANAR_PASSES },
  { upTo: Number.POSITIVE_INFINITY, depth: 1, reachThrough: 0, passes: PLANAR_PASSES },
];
const REACH = 6;
/**
 * With less work no group is asked for a patch in whose middle others have so much say: what many groups tell needs no
 * more of them, what is rare is in few and keeps its own (the "paste trick" of Lebrun, Buades and Morel, IPOL 3:1, 2013).
 * On slabs for tuning at 9 %: 0.05 dB less on ch2, 0.09 on the macaque, 0.29 in zero-filled noise (with its level given),
 * for half of the time. Without the last pass instead the same time cost 0.10, 0.20 and 0.46 dB. Groups asked up to a say
 * of 5 take 0.6 of the time for 0.01 to 0.08 dB, and 0.16 in zero-filled noise: too much for what is no fast run.
 */
const ENOUGH = 2;
/** Tasks for each thread before their results are added: more would only take memory. */
const ROUND = 3;

/**
 * Slices on each side that have a say in a slice, where slices lie so far apart: in the last two passes a patch that
 * begins this far off. What passes before them saw beyond hardly shows.
 */
export function refineContext(spacingRatio: number): number {
  const { depth, reachThrough } = mannerOf(spacingRatio);
  return 2 * (reachThrough + depth - 1);
}

/**
 * What makes slabs of an image come out as the whole: slices on each side that all passes together reach, and the step
 * at which reference patches of all passes begin.
 */
export function refineSlabs(spacingRatio: number): { readonly halo: number; readonly step: number } {
  const manner = mannerOf(spacingRatio);
  const steps = manner.passes.map(({ step }) => Math.min(step, manner.depth));
  return { halo: manner.passes.length * reachOfPass(manner), step: steps.reduce(leastCommonMultiple, 1) };
}

/** From a slice to the farthest that one pass makes it of: over a reference patch to the far end of its group. */
function reachOfPass({ depth, reachThrough }: Pick<Manner, 'depth' | 'reachThrough'>): number {
  return 2 * reachThrough + depth - 1;
}

function leastCommonMultiple(a: number, b: number): number {
  let multiple = a;
  while (multiple % b !== 0) multiple += a;
  return multiple;
}

export interface RefineOptions extends SlicePoolOptions {
  /** Absent: as usual. */
  readonly effort?: Effort;
}

/** Slices that are wanted. */
export interface Looked extends SliceRange {
  /** They must come out as if all were wanted: passes before the last go farther. Absent: they may differ at the ends. */
  readonly exact?: boolean;
}

/** Slices in which reference patches of a pass must lie: their groups reach the wanted slices, and what later passes read. */
function lookedIn(pass: number, looked: Looked, manner: Manner, slices: number): SliceRange {
  if (looked.exact !== true) return looked;
  const more = (manner.passes.length - 1 - pass) * reachOfPass(manner) + manner.reachThrough;
  // the last patch that reaches them may overlap the one before
  const last = manner.depth - 1;
  return { from: Math.max(0, looked.from - more), to: Math.min(slices, looked.to + more + last) };
}

/**
 * Refines an estimate of an image with the noisy image itself, two or three times, by groups of patches that are alike
 * in it (bayes.ts). What an estimate has blurred comes back from the noisy values where many patches agree on it.
 * Deterministic: neither the number of threads nor the order of their work changes a bit. Besides image and estimate it
 * takes the memory of some slices a thread, and of two frames where these do not lie on shared memory. Images under
 * 7 x 7 pixels come back as estimated.
 *
 * @param image noise of standard deviation 1
 * @param estimate of its values without noise, in the same domain and order; overwritten and returned
 * @param spacingRatio distance of slices as a multiple of that of pixels; infinite where slices are no neighbours
 * @param looked slices that are wanted; others may come back as estimated
 * @param onProgress of the work done, from 0 to 1
 */
export async function refine(
  image: UnitNoiseImage,
  estimate: Float32Array,
  spacingRatio: number,
  looked: Looked,
  onProgress: (share: number) => void = () => {},
  options: RefineOptions = {},
): Promise<Float32Array> {
  const { columns, rows, slices, frames } = image;
  const grid: Grid = { columns, rows, slices };
  const manner = mannerOf(slices === 1 ? Number.POSITIVE_INFINITY : spacingRatio);
  const passes = passesOf(image, manner, options.effort);
  if (passes.some(({ patch }) => patch[0] > Math.min(columns, rows))) return estimate;
  const length = columns * rows * slices;
  const pool = new SlicePool(options);
  let done = 0;
  try {
    for (let frame = 0; frame < frames; frame++) {
      const part = { from: frame * length, to: (frame + 1) * length };
      const input = onShared(image.values.subarray(part.from, part.to));
      const own = estimate.subarray(part.from, part.to);
      const pilot = onShared(own);
      for (const [pass, settings] of passes.entries()) {
        const start = done++;
        const wanted = lookedIn(pass, looked, manner, slices);
        await runPass(pool, input, pilot, grid, settings, wanted, (share) =>
          onProgress((start + share) / (frames * passes.length)),
        );
      }
      if (pilot !== own) own.set(pilot);
    }
  } finally {
    pool.close();
  }
  return estimate;
}

function passesOf(
  { slices, correlation, lags }: UnitNoiseImage,
  { depth, reachThrough, passes }: Manner,
  effort?: Effort,
): BayesSettings[] {
  return passes.map(({ side, step, group, restored }) => ({
    patch: [side, side, Math.min(depth, slices)],
    step,
    reach: REACH,
    reachThrough,
    group,
    restored,
    enough: effort === 'fast' ? ENOUGH : Number.POSITIVE_INFINITY,
    correlation: [...correlation, 0],
    ...(lags === undefined ? {} : { lags }),
  }));
}

/**
 * There is none with more work: patches half as far apart in the last pass brought at most 0.03 dB in twice the time, a
 * fourth pass as much on ch2, and took 0.08 dB off another T1.
 */
function mannerOf(spacingRatio: number): Manner {
  return MANNERS.find(({ upTo }) => spacingRatio <= upTo) ?? MANNERS[MANNERS.length - 1];
}

/**
 * One pass over a frame, slab by slab: what it makes of a slice takes the pilot's place once no slab that is still to
 * come reads or adds to that slice, so that sums are kept of some slices only. Where nothing was done the pilot stays.
 */
async function runPass(
  pool: SlicePool,
  input: Float32Array,
  pilot: Float32Array,
  grid: Grid,
  settings: BayesSettings,
  looked: SliceRange,
  onProgress: (share: number) => void,
): Promise<void> {
  const area = grid.columns * grid.rows;
  const slabs = slabsOf(grid.slices, settings, looked);
  const round = Math.min(ROUND * pool.threads, slabs.length);
  const deepest = slabs.reduce((most, { from, to }) => Math.max(most, to - from), 0);
  // the same for each round: threads hold on to what they were given for a while
  const outputs = Array.from({ length: round }, () => sharedFloats(2 * deepest * area));
  const taskOf = ({ from, to, layer }: Slab, k: number): SliceTask => {
    const slices = to - from;
    return {
      step: { name: 'bayes', pilot: pilot.subarray(from * area, to * area), layer, settings },
      grid: { ...grid, slices },
      range: { from: 0, to: slices },
      input: input.subarray(from * area, to * area),
      output: outputs[k].subarray(0, 2 * slices * area),
    };
  };
  let sums = openSums(0, 0, area);
  let done = 0;
  for (let first = 0; first < slabs.length; first += round) {
    const some = slabs.slice(first, first + round);
    const tasks = some.map(taskOf);
    await pool.run(tasks, () => onProgress(++done / slabs.length));
    sums = moved(sums, some[0].from, some[some.length - 1].to, area);
    // in the order of the slices, whoever was ready first, since sums of floats depend on it
    for (const [k, { output }] of tasks.entries()) add(sums, output, (some[k].from - sums.from) * area);
    settle(sums, pilot, slabs[first + round]?.from ?? sums.to, area);
  }
}

/** Weighted sums of the estimates of each voxel of slices [from, to), and their weights. */
interface Sums extends SliceRange {
  readonly values: Float32Array;
  readonly counts: Float32Array;
}

function openSums(from: number, to: number, area: number): Sums {
  const length = (to - from) * area;
  return { from, to, values: new Float32Array(length), counts: new Float32Array(length) };
}

/** Sums of other slices, with what is known of those that both have. */
function moved(old: Sums, from: number, to: number, area: number): Sums {
  const sums = openSums(from, Math.max(to, old.to), area);
  if (old.to <= from) return sums;
  const known = (from - old.from) * area;
  sums.values.set(old.values.subarray(known));
  sums.counts.set(old.counts.subarray(known));
  return sums;
}

function add({ values, counts }: Sums, output: Float32Array, start: number): void {
  const half = output.length / 2;
  for (let i = 0; i < half; i++) {
    values[start + i] += output[i];
    counts[start + i] += output[half + i];
  }
}

/**
 * Weight of the pilot beside what groups say of a voxel. Where many do it does not count, where few do it keeps a group
 * from standing out.
 */
const PILOT_SAY = 4;

/** Their mean with the pilot in its place, up to a slice. */
function settle({ from, values, counts }: Sums, pilot: Float32Array, to: number, area: number): void {
  const start = from * area;
  for (let i = 0; i < (to - from) * area; i++)
    if (counts[i] > 0)
      pilot[start + i] = (values[i] + PILOT_SAY * pilot[start + i]) / (counts[i] + PILOT_SAY);
}

interface Slab {
  readonly from: number;
  readonly to: number;
  /** First slice of the reference patches, counted from `from`. */
  readonly layer: number;
}

/** Layers of reference patches, with the slices that their groups lie in: as few as cover the slices looked at. */
function slabsOf(slices: number, { patch, step, reachThrough }: BayesSettings, looked: SliceRange): Slab[] {
  const [, , depth] = patch;
  const layers = origins(slices, depth, Math.min(step, depth)).filter(
    (layer) => layer + depth > looked.from && layer < looked.to,
  );
  // the last is there for the border; slices between two regular layers are covered without it
  const needed = layers.filter((_, i) => i === 0 || layers[i - 1] + depth < looked.to);
  return needed.map((layer) => {
    const from = Math.max(0, layer - reachThrough);
    return { from, to: Math.min(slices, layer + reachThrough + depth), layer: layer - from };
  });
}
