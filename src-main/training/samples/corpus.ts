import { physicsOf } from '../../artifacts/artifacts.js';
import type { Random } from '../../base/random.js';
import { fault } from '../../contract/errors.js';
import type { Volume } from '../../imaging/volume.js';
import { quantile } from '../../noise/robust.js';

/**
 * The images that a family learns from: series scaled so that most values lie in [0, 1], and which of their slices
 * only judge.
 */

/** Which intensities become 0 and 1: robust percentiles of a series. */
export interface IntensityScale {
  readonly low: number;
  readonly high: number;
}

/** Percentiles that become 0 and 1. */
export const SCALE_PERCENTILES = [0.5, 99.5] as const;
const SCALE_SAMPLE = 200_000;

export const SLICE_TRAINS = 0;
export const SLICE_JUDGES = 1;
/** Beside a slice that judges: too like it to learn from. */
export const SLICE_APART = 2;

export interface CorpusSeries {
  /** Series that must not be split between learning and judging have the same group (a patient, a study). */
  readonly group: string;
  /** frames * slices planes, scaled. */
  readonly values: Float32Array;
  /** What is to be made of `values`, in supervised training; same scale. */
  readonly target: Float32Array | null;
  readonly rows: number;
  readonly columns: number;
  readonly slices: number;
  readonly frames: number;
  /** 0 in padding. */
  readonly usable: Uint8Array | null;
  /** What true zero signal and the brightest value are, scaled: magnitude noise depends on them. */
  readonly zero: number;
  readonly peak: number;
  /** What the simulation of artifacts asks of an image, scaled. */
  readonly physics: CorpusPhysics;
  /** SLICE_..., one a slice; or, of series that are split by time, one a plane (frame * slices + slice). */
  readonly roles: Uint8Array;
}

/** What of a series decides how a corpus is split and planned. */
export type CorpusShape = Pick<CorpusSeries, 'group' | 'rows' | 'columns' | 'slices' | 'frames' | 'roles'>;

interface CorpusPhysics {
  /** Values of air and of water, which give the attenuation of X-rays. */
  readonly air: number;
  readonly water: number;
  /** From where magnitudes count: true zero signal, or air where values may be negative. */
  readonly darkest: number;
  /** Side of a pixel in mm. */
  readonly pixel: number;
}

/** @throws LimpidError E_VALUES for values that are no numbers and for constant images */
export function intensityScale(volume: Volume): IntensityScale {
  const { data, measured } = volume;
  const step = Math.max(1, Math.floor(data.length / SCALE_SAMPLE));
  const sample: number[] = [];
  for (let i = 0; i < data.length; i++) {
    if (measured !== null && measured[i] === 0) continue;
    if (!Number.isFinite(data[i])) throw fault('E_VALUES/series-no-numbers');
    if (i % step === 0) sample.push(data[i]);
  }
  if (sample.length === 0) throw fault('E_VALUES/all-padding');
  const [low, high] = SCALE_PERCENTILES.map((percent) => quantile(sample, percent / 100));
  if (!(high > low)) {
    // Mostly air: the percentiles meet although there is an image.
    const [least, most] = [quantile(sample, 0), quantile(sample, 1)];
    if (most > least) return { low: least, high: most };
    throw fault('E_VALUES/constant');
  }
  return { low, high };
}

/** Padding becomes 0, the darkest. */
export function scaled(data: Float32Array, measured: Uint8Array | null, scale: IntensityScale): Float32Array {
  const width = scale.high - scale.low;
  return data.map((value, i) => (measured !== null && measured[i] === 0 ? 0 : (value - scale.low) / width));
}

/** Scaled values back into the units of the volume. */
export function unscaled(values: Float32Array, { low, high }: IntensityScale): Float32Array {
  return values.map((value) => low + value * (high - low));
}

/**
 * One series for the corpus; all its slices train until `splitCorpus`.
 *
 * @param reference the clean image of supervised training, on the same grid
 * @throws LimpidError as intensityScale; E_SHAPE for a reference on another grid
 */
export function corpusSeries(volume: Volume, group: string, reference: Volume | null): CorpusSeries {
  const { rows, columns, slices, frames } = volume;
  if (
    reference !== null &&
    (reference.rows !== rows ||
      reference.columns !== columns ||
      reference.slices !== slices ||
      reference.frames !== frames)
  )
    throw fault('E_SHAPE/reference');
  // The reference tells the scale: noise would widen it.
  const scale = intensityScale(reference ?? volume);
  if (reference !== null) intensityScale(volume);
  const values = scaled(volume.data, volume.measured, scale);
  let peak = Number.NEGATIVE_INFINITY;
  for (const value of values) if (value > peak) peak = value;
  return {
    group,
    values,
    target: reference === null ? null : scaled(reference.data, volume.measured, scale),
    rows,
    columns,
    slices,
    frames,
    usable: volume.measured,
    zero: -scale.low / (scale.high - scale.low),
    peak,
    physics: scaledPhysics(volume, scale),
    roles: new Uint8Array(slices),
  };
}

function scaledPhysics(volume: Volume, { low, high }: IntensityScale): CorpusPhysics {
  const { air, water } = physicsOf(volume);
  const onScale = (value: number): number => (value - low) / (high - low);
  return {
    air: onScale(air),
    water: onScale(water),
    darkest: onScale(Math.min(0, air)),
    pixel: (volume.spacing[0] + volume.spacing[1]) / 2,
  };
}

export function roleOf({ roles }: Pick<CorpusShape, 'roles'>, plane: number): number {
  return roles[plane % roles.length];
}

/** Fewest frames of a time series: each has a neighbour, and some change can be told from noise. */
const FEWEST_FRAMES = 3;

/** @throws LimpidError E_TOO_FEW for a series that a model of time series cannot use */
export function requireFrames({ frames }: { readonly frames: number }): void {
  if (frames >= FEWEST_FRAMES) return;
  throw fault('E_TOO_FEW/frames', { frames, least: FEWEST_FRAMES });
}

/** Fewest slices that can be divided into some that train and some that judge. */
const FEWEST_SLICES = 4;
/** From this many groups on, whole groups judge. */
const FEWEST_GROUPS = 3;

/**
 * Sets aside about `fraction` of the images for judging: whole groups where there are several, otherwise a run of
 * neighbouring slices of every series, with a slice apart on each side. Time series of too few slices for that are
 * split by time: a run of frames judges.
 *
 * @throws LimpidError E_TOO_FEW
 */
export function splitCorpus<S extends CorpusShape>(
  series: readonly S[],
  fraction: number,
  random: Random,
  timeSeries = false,
): S[] {
  const slices = series.reduce((sum, one) => sum + one.slices, 0);
  const frames = Math.min(...series.map((one) => one.frames));
  if (timeSeries && slices < FEWEST_SLICES && frames >= FEWEST_SLICES)
    return series.map((one) => ({ ...one, roles: runOfFrames(one, fraction, random) }));
  if (slices < FEWEST_SLICES) throw fault('E_TOO_FEW/slices', { slices, least: FEWEST_SLICES });
  const groups = [...new Set(series.map(({ group }) => group))];
  if (groups.length < FEWEST_GROUPS) {
    const split = series.map((one) => ({ ...one, roles: runOfSlices(one.slices, fraction, random) }));
    if (split.some(({ roles }) => roles.includes(SLICE_JUDGES))) return split;
    // Single slices: every other series judges.
    return split.map((one, i) => ({ ...one, roles: one.roles.map(() => i % 2) }));
  }
  const shuffled = random.shuffle([...groups]);
  const count = Math.min(groups.length - 1, Math.max(1, Math.round(fraction * groups.length)));
  const judging = new Set(shuffled.slice(0, count));
  return series.map((one) => ({
    ...one,
    roles: new Uint8Array(one.slices).fill(judging.has(one.group) ? SLICE_JUDGES : SLICE_TRAINS),
  }));
}

function runOfFrames({ slices, frames }: CorpusShape, fraction: number, random: Random): Uint8Array {
  const byFrame = runOfSlices(frames, fraction, random);
  return Uint8Array.from({ length: slices * frames }, (_, plane) => byFrame[Math.floor(plane / slices)]);
}

function runOfSlices(slices: number, fraction: number, random: Random): Uint8Array {
  const roles = new Uint8Array(slices);
  if (slices < 2) return roles;
  const count = Math.min(slices - 1, Math.max(1, Math.round(fraction * slices)));
  // In the middle, where there is something to see.
  const least = Math.floor((slices - count) * 0.25);
  const most = Math.ceil((slices - count) * 0.75);
  const start = least + random.integer(Math.max(1, most - least));
  roles.fill(SLICE_JUDGES, start, start + count);
  if (slices - count > 4) {
    if (start > 0) roles[start - 1] = SLICE_APART;
    if (start + count < slices) roles[start + count] = SLICE_APART;
  }
  return roles;
}

export function countSlices(series: readonly CorpusShape[], role: number): number {
  return series.reduce(
    (sum, { roles, slices, frames }) =>
      sum +
      ((slices * frames) / roles.length) * roles.reduce((count, one) => count + (one === role ? 1 : 0), 0),
    0,
  );
}

/**
 * Every plane padded to a square with the darkest value and scaled by area to size * size: for families whose
 * latent stands for a whole plane.
 */
export function wholePlanes(series: CorpusSeries, size: number): CorpusSeries {
  const planes = series.slices * series.frames;
  const resize = (data: Float32Array): Float32Array => {
    const out = new Float32Array(planes * size * size);
    const area = series.rows * series.columns;
    for (let plane = 0; plane < planes; plane++)
      out.set(
        squarePlane(data.subarray(plane * area, (plane + 1) * area), series.rows, series.columns, size),
        plane * size * size,
      );
    return out;
  };
  return {
    ...series,
    values: resize(series.values),
    target: series.target === null ? null : resize(series.target),
    usable: null,
    rows: size,
    columns: size,
  };
}

/** One plane as a square of size * size: centred, padded with 0, box-filtered when it shrinks. */
export function squarePlane(values: Float32Array, rows: number, columns: number, size: number): Float32Array {
  const side = Math.max(rows, columns);
  const [top, left] = [(side - rows) / 2, (side - columns) / 2];
  const ratio = side / size;
  const taps = Math.max(1, Math.ceil(ratio) * 2);
  const out = new Float32Array(size * size);
  const at = (y: number, x: number): number =>
    y < 0 || x < 0 || y >= rows || x >= columns ? 0 : values[y * columns + x];
  for (let v = 0; v < size; v++)
    for (let u = 0; u < size; u++) {
      let sum = 0;
      for (let i = 0; i < taps; i++)
        for (let j = 0; j < taps; j++) {
          const y = (v + (i + 0.5) / taps) * ratio - top;
          const x = (u + (j + 0.5) / taps) * ratio - left;
          sum += at(Math.floor(y), Math.floor(x));
        }
      out[v * size + u] = sum / (taps * taps);
    }
  return out;
}
