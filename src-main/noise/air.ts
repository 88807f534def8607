import type { Autocorrelation } from './autocorrelation.js';
import { ramp } from './levels.js';
import { isMasked, type Plane } from './planes.js';
import { RAYLEIGH_SNR } from './rician.js';
import { median, quantile } from './robust.js';

export interface Air {
  /** Channel sigma from the moments of the air; whatever the number of coils whose squares were summed. */
  readonly sigma: number;
  /** Independent channels whose squares make one value: 1 for a Rayleigh magnitude, more for a sum of squares. */
  readonly channels: number;
  /** Share of the image that is air, 0 to 1. */
  readonly share: number;
  /** How far most that is dark looks as the noise of one magnitude does, all alike, 0 to 1: ghosts and shading do not. */
  readonly even: number;
  /** Of the noise of one channel: there is no structure in air to add to it. */
  readonly correlation: Autocorrelation;
}

const SIDE = 4;
const LEAST_WINDOWS = 40;
const LEAST_SHARE = 0.01;
/** How far mean over standard deviation may be from Rayleigh's for the air to be that of one magnitude. */
const RATIO_TOLERANCE = 0.12;
/** Shares of the dark windows that the densest part of their means holds: air may be most of what is dark, or little of it. */
const DENSEST = [0.3, 0.1] as const;
/** How far the mean of a window may be from that of most air, at least and at most; in between 3 deviations. */
const SPREADS = { least: 0.1, most: 0.5 } as const;

interface Window {
  readonly plane: Plane;
  /** Index of its first pixel. */
  readonly first: number;
  readonly mean: number;
  readonly square: number;
}

/**
 * Noise of the air: of windows of 4 x 4 pixels under `tissue` whose mean is near that of most of them. The square of a
 * magnitude of n channels has the mean 2 n sigma^2 and the variance 4 n sigma^4 (Aja-Fernandez and Vegas-Sanchez-Ferrero,
 * Statistical Analysis of Noise in MRI, 2016, chapter 2): both together tell sigma and n.
 *
 * @param tissue the value above which a window is tissue
 * @returns null where there is too little air, or where it is no noise alone
 */
export function airNoise(planes: readonly Plane[], tissue: number): Air | null {
  const total = planes.reduce((sum, plane) => sum + plane.values.length, 0) / (SIDE * SIDE);
  const dark = planes.flatMap(windowsOf).filter((w) => w.mean < tissue);
  const rayleigh = dark.filter(looksRayleigh);
  // noise of one magnitude is known by its looks among ghosts; of a sum of squares that much of the air is alike
  const starts = [
    { centre: rayleigh.length === 0 ? 0 : median(rayleigh.map((w) => w.mean)), spread: SPREADS.most },
    ...DENSEST.map((share) => densest(dark, share)),
  ];
  // a mask takes the air away: what is dark and alike beside it is tissue, unless it looks as noise of one magnitude
  const most = isMasked(planes) ? 1 : MOST_CHANNELS;
  let best: Candidate | null = null;
  for (const start of starts) {
    const found = candidate(dark, start, Math.max(LEAST_WINDOWS, LEAST_SHARE * total), most);
    if (found !== null && (best === null || isRather(found, best))) best = found;
  }
  if (best === null) return null;
  const { windows, channels, off, looks, correlation, mean } = best;
  const unevenness = spreadOf(windows) / scatterOf(looks, correlation.x ** 2, correlation.y ** 2);
  return {
    sigma: mean / chiMean(channels),
    channels,
    share: windows.length / total,
    even:
      (1 - ramp(off, RATIOS)) * ramp(windows.length / dark.length, ALIKE) * (1 - ramp(unevenness, UNEVEN)),
    correlation,
  };
}

/** Windows that may be the air, and how they look. */
interface Candidate {
  readonly windows: readonly Window[];
  /** Median of their means. */
  readonly mean: number;
  readonly channels: number;
  /** Mean over deviation of noise of so many channels. */
  readonly looks: number;
  /** How far mean over deviation is from that, as a part of it. */
  readonly off: number;
  /** Deviation of the means of windows of such noise, as a part of the mean, by what neighbours share. */
  readonly scatter: number;
  /** How far their means lie apart, over that: 1 for noise. */
  readonly unevenness: number;
  readonly correlation: Autocorrelation;
}

/** By how much more even than the one found first another must be; none is more even than noise. */
const PREFERENCE = 1.5;
/** Unevenness of noise alone. */
const ALONE = [0.8, 1.4] as const;
/** Standard deviations of the means of noise that windows may be off their middle. */
const REACH = 3;
const ROUNDS = 3;
/** Channels up to which what is found may be one, and from which on there are more. */
const ONE = [1.25, 1.5] as const;
/** Values that vary by less than the noise of so many channels are those of tissue. */
const MOST_CHANNELS = 64;

/**
 * Whether another candidate is rather the air. No magnitude of several channels is darker than their noise alone, so a
 * darker one that looks as such noise is; else one that is far more even.
 */
function isRather(other: Candidate, than: Candidate): boolean {
  const isFloor = other.channels >= ONE[1] && other.off < RATIO_TOLERANCE && other.unevenness < ALONE[1];
  if (isFloor && other.mean < than.mean) return true;
  return PREFERENCE * Math.max(1, other.unevenness) < than.unevenness;
}

/** Windows around the start, no farther from their middle than noise of what they look like puts them. */
function candidate(dark: readonly Window[], start: Cluster, least: number, most: number): Candidate | null {
  let cluster = start;
  let found: Candidate | null = null;
  for (let round = 0; round < ROUNDS; round++) {
    const windows = cluster.centre > 0 ? around(dark, cluster) : [];
    const next = windows.length < least ? null : looksOf(windows, most);
    if (next === null) break;
    found = next;
    if (next.channels < ONE[1]) break;
    cluster = {
      centre: next.mean,
      spread: Math.max(SPREADS.least, Math.min(SPREADS.most, REACH * next.scatter)),
    };
  }
  return found;
}

/** Null where values vary by more than the noise of one channel does: something else is in them. */
function looksOf(windows: readonly Window[], most: number): Candidate | null {
  const square = median(windows.map((w) => w.square));
  const mean = median(windows.map((w) => w.mean));
  const ratio = mean / Math.sqrt(square - mean * mean);
  const [near, far] = [differences(windows, 1), differences(windows, SIDE - 1)];
  const several = (2 * square ** 2) / (far.x + far.y);
  const isRayleigh = Math.abs(ratio / RAYLEIGH_SNR - 1) < RATIO_TOLERANCE;
  if (!isRayleigh && !(several >= ONE[0] && several <= most)) return null;
  const channels = isRayleigh ? 1 : 1 + (several - 1) * ramp(several, ONE);
  const expected = chiMean(channels);
  const looks = expected / Math.sqrt(2 * channels - expected ** 2);
  const correlation = correlationOf(windows, square);
  const shared = (axis: 'x' | 'y'): number => Math.max(0, 1 - near[axis] / far[axis]);
  const scatter = scatterOf(looks, shared('x'), shared('y'));
  const unevenness = spreadOf(windows) / scatter;
  // of one channel the looks tell; what is taken for several may be dark tissue, whose windows vary by more, or by less
  if (!isRayleigh && !(unevenness > ALONE[0] && unevenness < ALONE[1])) return null;
  return {
    windows,
    mean,
    channels,
    looks,
    off: Math.abs(ratio / looks - 1),
    scatter,
    unevenness,
    correlation,
  };
}

/** Mean of the root of the sum of squares of 2 n normal values: root 2 times Gamma(n + 1/2) / Gamma(n). */
function chiMean(channels: number): number {
  // the asymptotic series is exact to six digits a few steps up, from where the recursion of Gamma leads down
  let factor = Math.SQRT2;
  let n = channels;
  for (; n < SERIES_FROM; n++) factor *= n / (n + 0.5);
  return factor * Math.sqrt(n) * (1 - 1 / (8 * n) + 1 / (128 * n * n) + 5 / (1024 * n ** 3));
}

const SERIES_FROM = 6;

/** How far the ratio of mean and deviation is from that of noise up to where it is, and from where on it is not. */
const RATIOS = [0.08, RATIO_TOLERANCE] as const;
/** Share of what is dark that must be alike for something else to be the exception. */
const ALIKE = [0.4, 0.6] as const;
/** Unevenness up to which it is that of noise, and from which on something else than noise is in the air. */
const UNEVEN = [1.1, 1.3] as const;
/** Between the tenth and the ninetieth percent of normal values, in standard deviations. */
const DECILES = 2.563;

/** Deviation of the means of windows as a part of their median, as far as most of them show it. */
function spreadOf(air: readonly Window[]): number {
  const means = Float64Array.from(air, (w) => w.mean);
  return (quantile(means, 0.9) - quantile(means, 0.1)) / DECILES / median(means);
}

/** Deviation of the means of windows of noise, as a part of the mean, by what neighbours share along rows and columns. */
function scatterOf(looks: number, sharedX: number, sharedY: number): number {
  return Math.sqrt(varianceOfMean(sharedX) * varianceOfMean(sharedY)) / looks;
}

/** Variance of the mean of as many values as a window has on a side, of which neighbours share such a part. */
function varianceOfMean(shared: number): number {
  let sum = 0;
  for (let lag = 1 - SIDE; lag < SIDE; lag++) sum += (SIDE - Math.abs(lag)) * shared ** Math.abs(lag);
  return sum / (SIDE * SIDE);
}

/** Mean over standard deviation of a window of pure noise: sixteen values give the ratio to about a fifth. */
function looksRayleigh({ mean, square }: Window): boolean {
  const ratio = mean / Math.sqrt(square - mean * mean);
  return ratio > 0.75 * RAYLEIGH_SNR && ratio < 1.3 * RAYLEIGH_SNR;
}

/** Windows near the centre, which moves to their median: that resists the few with tissue or a ghost in them. */
function around(windows: readonly Window[], start: Cluster): readonly Window[] {
  let { centre } = start;
  let found: readonly Window[] = [];
  for (let i = 0; i < 8; i++) {
    found = windows.filter((w) => Math.abs(w.mean / centre - 1) < start.spread);
    const next = median(found.map((w) => w.mean));
    if (!(Math.abs(next - centre) > 1e-4 * centre)) break;
    centre = next;
  }
  return found;
}

interface Cluster {
  readonly centre: number;
  /** How far a mean may be from the centre, over the centre. */
  readonly spread: number;
}

/** Where the means lie densest, and how far most of them are from there, both as parts of the mean. */
function densest(windows: readonly Window[], share: number): Cluster {
  if (windows.length === 0) return { centre: 0, spread: 0 };
  const means = Float64Array.from(windows, (w) => Math.log(Math.max(w.mean, Number.MIN_VALUE))).sort();
  const reach = Math.max(LEAST_WINDOWS, Math.floor(share * means.length));
  let first = 0;
  for (let i = 0; i + reach < means.length; i++)
    if (means[i + reach] - means[i] < means[first + reach] - means[first]) first = i;
  const width = means[Math.min(first + reach, means.length - 1)] - means[first];
  // of normal values 0.3 lie within 0.385 deviations of the mean
  const spread = (3 * width) / (2 * 0.385);
  return {
    centre: Math.exp(means[first + Math.floor(reach / 2)]),
    spread: Math.max(SPREADS.least, Math.min(SPREADS.most, spread)),
  };
}

/** Values of squared magnitude above this many means are a ghost, or chance that would weigh too much. */
const LARGEST_SQUARE = 6;
/** A window whose squares vary by more than this many times the median of all holds a border. */
const BORDER = 5;

/**
 * Half of the mean square of differences of squared magnitudes so far apart along rows and along columns, which is
 * their variance less what they share. What changes slowly, as dark tissue does, adds little, and what windows differ
 * by adds nothing: it is no noise of a voxel.
 */
function differences(air: readonly Window[], far: number): { readonly x: number; readonly y: number } {
  const along = (step: (columns: number) => number, across: (columns: number) => number): number => {
    const each = Float64Array.from(air, ({ plane: { values, columns }, first }) => {
      let sum = 0;
      for (let row = 0; row < SIDE; row++)
        for (let k = 0; k + far < SIDE; k++) {
          const i = first + row * across(columns) + k * step(columns);
          sum += (values[i] ** 2 - values[i + far * step(columns)] ** 2) ** 2;
        }
      return sum / (2 * SIDE * (SIDE - far));
    });
    const most = BORDER * median(each);
    return each.reduce((sum, v) => sum + Math.min(v, most), 0) / each.length;
  };
  const one = (): number => 1;
  const row = (columns: number): number => columns;
  return { x: along(one, row), y: along(row, one) };
}

/** Correlation that cannot be told from none, and from where on all of it counts. */
const NONE = 0.06;
const SURE = 0.16;

/**
 * Squared magnitudes of complex Gaussian noise of correlation rho have the correlation rho^2. What pixels share that
 * lie as far apart as a window allows is no noise but the slow change of its level, and is taken off.
 */
function correlationOf(air: readonly Window[], square: number): Autocorrelation {
  const far = SIDE - 1;
  const slow = Math.max(0, Math.min(squared(air, square, far, 0), squared(air, square, 0, far)));
  const root = (dx: number, dy: number): number => {
    const rest = (squared(air, square, dx, dy) - slow) / (1 - slow);
    const rho = Math.sqrt(Math.max(0, rest));
    return Math.min(0.95, rho >= SURE ? rho : (SURE * Math.max(0, rho - NONE)) / (SURE - NONE));
  };
  return { x: root(1, 0), y: root(0, 1), down: root(1, 1), up: root(1, -1) };
}

function squared(air: readonly Window[], square: number, dx: number, dy: number): number {
  let product = 0;
  let energy = 0;
  for (const { plane, first } of air)
    for (let y = Math.max(0, -dy); y < SIDE - Math.max(0, dy); y++)
      for (let x = 0; x < SIDE - dx; x++) {
        const i = first + y * plane.columns + x;
        const j = i + dy * plane.columns + dx;
        const a = Math.min(LARGEST_SQUARE, plane.values[i] ** 2 / square) - 1;
        const b = Math.min(LARGEST_SQUARE, plane.values[j] ** 2 / square) - 1;
        product += a * b;
        energy += (a * a + b * b) / 2;
      }
  return energy > 0 ? Math.min(0.99, product / energy) : 0;
}

function windowsOf(plane: Plane): Window[] {
  const { values, usable, columns, rows } = plane;
  const found: Window[] = [];
  for (let top = 0; top + SIDE <= rows; top += SIDE)
    for (let left = 0; left + SIDE <= columns; left += SIDE) {
      let sum = 0;
      let squares = 0;
      let count = 0;
      for (let y = top; y < top + SIDE; y++)
        for (let i = y * columns + left; i < y * columns + left + SIDE; i++) {
          sum += values[i];
          squares += values[i] * values[i];
          count += usable[i];
        }
      const n = SIDE * SIDE;
      if (count === n && squares > 0)
        found.push({ plane, first: top * columns + left, mean: sum / n, square: squares / n });
    }
  return found;
}
