import { Random } from '../../base/random.js';
import { CONDITIONS } from '../../models/family.js';
import { stabiliser } from '../../noise/stabiliser.js';
import type { BatchSource, FedBatch, Part } from '../samples/batches.js';
import { drawNoise } from '../samples/objective.js';
import { dihedral } from '../samples/samples.js';
import type { Grid } from './field.js';
import { type ProceduralVolume, proceduralVolume } from './volume.js';

export interface ProceduralSettings {
  readonly size: number;
  readonly count: number;
  /** Neighbouring slices on each side. */
  readonly context: number;
  readonly seed: number;
  /** Dead leaves only, or anatomy among them; `leaves` unless given. */
  readonly images?: ProceduralImages;
}

export type ProceduralImages = 'leaves' | 'mixed';

/** Share of volumes that are anatomy in mixed images. */
const ANATOMY_SHARE = 0.6;
const GRID: Grid = { columns: 128, rows: 128, slices: 12 };
/** Volumes at hand at any step, and steps until the oldest is replaced by a new one. */
const POOL = 48;
const STEPS_A_VOLUME = 8;
const HELD_OUT_VOLUMES = 24;

/** Noise over the contrast of the image: from scans that look clean to those where little is seen. */
const LOWEST_LEVEL = 0.006;
const HIGHEST_LEVEL = 0.7;
const CORRELATED_SHARE = 0.15;
const WITHOUT_CONTEXT_SHARE = 0.2;
const MASKED_SHARE = 0.1;
const COARSE_SHARE = 0.1;
/** Amplitude from which a stabilised magnitude is Gaussian to the eye of a network. */
const GAUSSIAN_FROM = 8;

/**
 * Pairs for supervised training in unit noise: input of a conditioned network and clean target. Volumes come and go:
 * step s sees the volumes floor(s / STEPS_A_VOLUME) and the POOL - 1 that follow, so that a resumed run sees the same.
 */
export function proceduralBatches(settings: ProceduralSettings): BatchSource {
  const mixed = settings.images === 'mixed';
  const root = new Random(settings.seed).fork(mixed ? 'mixed volumes' : 'procedural volumes');
  const pool = new Map<string, ProceduralVolume>();
  const volume = (name: string): ProceduralVolume => {
    const known = pool.get(name);
    if (known !== undefined) return known;
    const kind = mixed && root.fork(`kind of ${name}`).uniform() < ANATOMY_SHARE ? 'anatomy' : 'leaves';
    const made = proceduralVolume(GRID, root.fork(name), kind);
    pool.set(name, made);
    return made;
  };
  return volumeBatches(settings, (random, part, step) => {
    if (part === 'heldOut') return volume(`held out ${random.integer(HELD_OUT_VOLUMES)}`);
    const first = Math.floor(step / STEPS_A_VOLUME);
    pool.delete(`training ${first - 1}`);
    return volume(`training ${first + random.integer(POOL)}`);
  });
}

/**
 * The same pairs from any clean volumes.
 *
 * @param draw the volume of the next pair of a batch: standard deviation 1, at least `size` by `size` pixels and
 *   2 context + 1 slices
 */
export function volumeBatches(
  settings: PairSettings,
  draw: (random: Random, part: Part, step: number) => ProceduralVolume,
): BatchSource {
  return { batch: (random, part, step) => makePairs(() => draw(random, part, step), settings, random) };
}

type PairSettings = Pick<ProceduralSettings, 'size' | 'count' | 'context'>;

function makePairs(draw: () => ProceduralVolume, settings: PairSettings, random: Random): FedBatch {
  const { size, count, context } = settings;
  const channels = 2 * context + 1 + CONDITIONS.length;
  const area = size * size;
  const batch = {
    input: new Float32Array(count * area * channels),
    target: new Float32Array(count * area),
    weight: new Float32Array(count * area),
  };
  for (let i = 0; i < count; i++)
    pair(draw(), settings, random, {
      input: batch.input.subarray(i * area * channels, (i + 1) * area * channels),
      target: batch.target.subarray(i * area, (i + 1) * area),
      weight: batch.weight.subarray(i * area, (i + 1) * area),
    });
  return batch;
}

/** One noisy patch with its conditions, and the clean one. */
function pair(volume: ProceduralVolume, settings: PairSettings, random: Random, out: FedBatch): void {
  const { size, context } = settings;
  const slices = 2 * context + 1;
  const channels = slices + CONDITIONS.length;
  const place = somewhere(volume, size, context, random);
  const level = drawLevel(random);
  const correlation = drawCorrelation(random);
  const hasContext = random.uniform() >= WITHOUT_CONTEXT_SHARE ? 1 : 0;
  const masked = volume.air !== null && random.uniform() < MASKED_SHARE;
  const quantum = random.uniform() < COARSE_SHARE ? 0.2 + random.uniform() : 0;
  const condition = {
    // as a series would give it: with its noise in it, and not quite the statistics of the whole volume
    level: 1 / Math.hypot(1, Math.exp(0.25 * random.normal()) / level),
    mean: (volume.mean + 0.2 * random.normal()) / level,
    correlationX: correlation[0],
    correlationY: correlation[1],
    context: hasContext,
  };
  const importance = level ** 0.7;
  const clean = new Float32Array(size * size);
  const noisy = new Float32Array(size * size);
  const air = new Uint8Array(size * size);
  for (let c = 0; c < slices; c++) {
    cut(volume, place, c - context, size, clean, air);
    for (let i = 0; i < clean.length; i++) clean[i] /= level;
    corrupt(clean, noisy, size, volume.magnitude, correlation, random, c === context ? out.target : null);
    if (quantum > 0)
      for (let i = 0; i < noisy.length; i++) noisy[i] = quantum * Math.round(noisy[i] / quantum);
    if (masked) for (let i = 0; i < noisy.length; i++) if (air[i] === 1) noisy[i] = 0;
    for (let i = 0; i < noisy.length; i++) out.input[i * channels + c] = noisy[i];
    if (c === context)
      for (let i = 0; i < noisy.length; i++) out.weight[i] = masked && air[i] === 1 ? 0 : importance;
  }
  CONDITIONS.forEach((name, k) => {
    for (let i = 0; i < clean.length; i++) out.input[i * channels + slices + k] = condition[name];
  });
}

interface Place {
  readonly row: number;
  readonly column: number;
  readonly slice: number;
  readonly turn: number;
  readonly up: 1 | -1;
}

/** A place where there is something to see: the one of three with the most contrast. */
function somewhere(volume: ProceduralVolume, size: number, context: number, random: Random): Place {
  const draws = Array.from({ length: 3 }, () => ({
    row: random.integer(volume.rows - size + 1),
    column: random.integer(volume.columns - size + 1),
    slice: context + random.integer(volume.slices - 2 * context),
  }));
  const best = draws.reduce((a, b) => (contrast(volume, b, size) > contrast(volume, a, size) ? b : a));
  const chosen = random.uniform() < 0.85 ? best : draws[0];
  return { ...chosen, turn: random.integer(8), up: random.uniform() < 0.5 ? 1 : -1 };
}

function contrast(
  volume: ProceduralVolume,
  place: { readonly row: number; readonly column: number; readonly slice: number },
  size: number,
): number {
  let sum = 0;
  for (let y = 0; y < size - 4; y += 4)
    for (let x = 0; x < size - 4; x += 4) {
      const at = (place.slice * volume.rows + place.row + y) * volume.columns + place.column + x;
      const step = Math.abs(volume.values[at] - volume.values[at + 4]);
      sum += Math.min(1, step);
    }
  return sum;
}

function cut(
  volume: ProceduralVolume,
  place: Place,
  offset: number,
  size: number,
  out: Float32Array,
  air: Uint8Array,
): void {
  const plane = (place.slice + place.up * offset) * volume.rows;
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const [v, u] = dihedral(place.turn, y, x, size);
      const at = (plane + place.row + v) * volume.columns + place.column + u;
      out[y * size + x] = volume.values[at];
      air[y * size + x] = volume.air === null ? 0 : volume.air[at];
    }
}

/** Noise over the contrast of a volume: evenly on a logarithmic scale. */
export function drawLevel(random: Random): number {
  return LOWEST_LEVEL * Math.exp(random.uniform() * Math.log(HIGHEST_LEVEL / LOWEST_LEVEL));
}

/** A volume of either kind, as mixed training draws them. */
export function drawVolume(grid: Grid, random: Random): ProceduralVolume {
  return proceduralVolume(grid, random, random.uniform() < ANATOMY_SHARE ? 'anatomy' : 'leaves');
}

/** White for most; else of one correlation a direction, as interpolation by the scanner leaves it. */
export function drawCorrelation(random: Random): readonly [number, number] {
  if (random.uniform() >= CORRELATED_SHARE) return [0, 0];
  const both = 0.25 + 0.6 * random.uniform();
  const other = random.uniform() < 0.6 ? both : random.uniform() < 0.5 ? 0 : 0.25 + 0.6 * random.uniform();
  return random.uniform() < 0.5 ? [both, other] : [other, both];
}

/**
 * Adds noise of standard deviation 1 to a plane in unit noise, and gives what a perfect denoiser would return: for
 * magnitudes the expectation of the stabilised value, from which the exact inverse finds the amplitude.
 */
function corrupt(
  clean: Float32Array,
  noisy: Float32Array,
  size: number,
  magnitude: boolean,
  correlation: readonly [number, number],
  random: Random,
  target: Float32Array | null,
): void {
  const first = drawNoise(size, size, correlation, random);
  if (!magnitude) {
    for (let i = 0; i < clean.length; i++) noisy[i] = clean[i] + first[i];
    target?.set(clean);
    return;
  }
  const second = clean.some((value) => value < GAUSSIAN_FROM)
    ? drawNoise(size, size, correlation, random)
    : first;
  const { forward, expected } = stabiliser();
  for (let i = 0; i < clean.length; i++) {
    const mean = expected(clean[i]);
    noisy[i] =
      clean[i] < GAUSSIAN_FROM ? forward(Math.hypot(clean[i] + first[i], second[i])) : mean + first[i];
    if (target !== null) target[i] = mean;
  }
}
