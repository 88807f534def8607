import type { Autocorrelation } from './autocorrelation.js';
import { ramp } from './levels.js';
import type { Plane } from './planes.js';
import { RAYLEIGH_MEAN, RAYLEIGH_SNR } from './rician.js';
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
/** Share of the dark windows that the densest part of their means holds. */
const DENSEST = 0.3;
/** How far the mean of a window may be from that of most air, at least and at most; in between 3 deviations. */
const SPREADS = { least: 0.15, most: 0.5 } as const;

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
  // noise of one magnitude is known by its looks among ghosts; of a sum of squares only that most air has it
  const starts = [
    { centre: rayleigh.length === 0 ? 0 : median(rayleigh.map((w) => w.mean)), spread: SPREADS.most },
    densest(dark),
  ];
  for (const start of starts) {
    const air = start.centre > 0 ? around(dark, start) : [];
    if (air.length < Math.max(LEAST_WINDOWS, LEAST_SHARE * total)) continue;
    const square = median(air.map((w) => w.square));
    const mean = median(air.map((w) => w.mean));
    const ratio = mean / Math.sqrt(square - mean * mean);
    const off = Math.abs(ratio / RAYLEIGH_SNR - 1);
    const single = off < RATIO_TOLERANCE;
    const channels = single ? 1 : square ** 2 / varianceOfSquares(air, square);
    if (!(channels >= 1)) continue;
    const correlation = correlationOf(air, square);
    return {
      sigma: single ? mean / RAYLEIGH_MEAN : Math.sqrt(square / (2 * channels)),
      channels,
      share: air.length / total,
      even:
        (1 - ramp(off, RATIOS)) *
        ramp(air.length / dark.length, ALIKE) *
        (1 - ramp(unevenness(air, correlation), UNEVEN)),
      correlation,
    };
  }
  return null;
}

/** How far the ratio of mean and deviation is from that of noise up to where it is, and from where on it is not. */
const RATIOS = [0.08, RATIO_TOLERANCE] as const;
/** Share of what is dark that must be alike for something else to be the exception. */
const ALIKE = [0.4, 0.6] as const;
/** Unevenness up to which it is that of noise, and from which on something else than noise is in the air. */
const UNEVEN = [1.1, 1.3] as const;
/** Between the tenth and the ninetieth percent of normal values, in standard deviations. */
const DECILES = 2.563;

/** How far the means of windows lie apart, over how far those of Rayleigh noise of this correlation do. */
function unevenness(air: readonly Window[], { x, y }: Autocorrelation): number {
  const means = Float64Array.from(air, (w) => w.mean);
  const found = (quantile(means, 0.9) - quantile(means, 0.1)) / DECILES / median(means);
  return found / Math.sqrt(varianceOfMean(x) * varianceOfMean(y)) / (1 / RAYLEIGH_SNR);
}

/** Variance of the mean of as many values as a window has on a side; magnitudes have the correlation of a channel squared. */
function varianceOfMean(rho: number): number {
  let sum = 0;
  for (let lag = 1 - SIDE; lag < SIDE; lag++) sum += (SIDE - Math.abs(lag)) * rho ** (2 * Math.abs(lag));
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
function densest(windows: readonly Window[]): Cluster {
  if (windows.length === 0) return { centre: 0, spread: 0 };
  const means = Float64Array.from(windows, (w) => Math.log(Math.max(w.mean, Number.MIN_VALUE))).sort();
  const reach = Math.max(1, Math.floor(DENSEST * means.length));
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

function varianceOfSquares(air: readonly Window[], square: number): number {
  return average(air, ({ plane, first }) => {
    let sum = 0;
    for (let y = 0; y < SIDE; y++)
      for (let x = 0; x < SIDE; x++) sum += (plane.values[first + y * plane.columns + x] ** 2 - square) ** 2;
    return sum / (SIDE * SIDE);
  });
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

function average(windows: readonly Window[], of: (window: Window) => number): number {
  return windows.reduce((sum, window) => sum + of(window), 0) / windows.length;
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
