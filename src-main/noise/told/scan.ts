import { fault, type LimpidError } from '../../contract/errors.js';
import type { Volume } from '../../imaging/volume.js';
import { airNoise } from '../air.js';
import { type Plane, samplePlanes } from '../planes.js';
import { clippedSd, median, quantile, robustCorrelation } from '../robust.js';

/** What a scan without any signal tells of the noise. */
export interface ScannedNoise {
  /** Standard deviation of one channel, in units of the scan. */
  readonly sigma: number;
  /** Lag-1 correlation along x and y. */
  readonly correlation: { readonly x: number; readonly y: number };
  /** The level at each voxel of a frame; null where it is the same everywhere. */
  readonly levels: Float32Array | null;
}

/** Details over the mean: noise has about half of it (sums of squares of many coils less), a map of levels next to none. */
const ROUGH = 0.15;

/** Whether values are noise, and no map of its level, which is smooth. */
export function looksLikeNoise(volume: Volume): boolean {
  const planes = samplePlanes(volume);
  const details: number[] = [];
  const means: number[] = [];
  for (const { values, columns, rows, usable } of planes)
    for (let y = 0; y + 1 < rows; y += 2)
      for (let x = 0; x + 1 < columns; x += 2) {
        const i = y * columns + x;
        if (usable[i] === 0) continue;
        const [a, b, c, d] = [values[i], values[i + 1], values[i + columns], values[i + columns + 1]];
        details.push((a - b - c + d) / 2);
        means.push(Math.abs(a + b + c + d) / 4);
      }
  return details.length > 0 && clippedSd(details) > ROUGH * median(means);
}

/**
 * Level, its map and correlation of a scan in which nothing was excited: magnitudes of any number of channels, or values
 * around zero.
 *
 * @throws LimpidError E_VALUES where it is no noise alone
 */
export function scannedNoise(scan: Volume): ScannedNoise {
  const planes = samplePlanes(scan);
  const isMagnitude = planes.every(({ values }) => values.every((value) => value >= 0));
  const found = isMagnitude ? ofMagnitudes(planes) : ofValues(planes);
  if (found === null || !(found.sigma > 0)) throw noNoise();
  const { mean, ...rest } = found;
  return { ...rest, levels: levelsOf(scan, found.sigma, mean) };
}

function noNoise(): LimpidError {
  return fault('E_VALUES/noise-scan');
}

type Found = Pick<ScannedNoise, 'sigma' | 'correlation'> & { readonly mean: number };

/** @returns with the root of the mean of squares */
function ofMagnitudes(planes: readonly Plane[]): Found | null {
  const air = airNoise(planes, Number.POSITIVE_INFINITY);
  if (air === null || air.share < MOST) return null;
  const { sigma, channels, correlation } = air;
  return {
    sigma,
    correlation: { x: correlation.x, y: correlation.y },
    mean: sigma * Math.sqrt(2 * channels),
  };
}

/** Share of the windows that must show the noise: of a head there is less air. */
const MOST = 0.5;

function ofValues(planes: readonly Plane[]): Found | null {
  const here: number[] = [];
  const right: number[] = [];
  const below: number[] = [];
  for (const { values, columns, rows, usable } of planes)
    for (let y = 0; y + 1 < rows; y++)
      for (let x = 0; x + 1 < columns; x++) {
        const i = y * columns + x;
        if (usable[i] === 0) continue;
        here.push(values[i]);
        right.push(values[i + 1]);
        below.push(values[i + columns]);
      }
  const sigma = clippedSd(here);
  const mean = here.reduce((sum, value) => sum + value, 0) / Math.max(1, here.length);
  // noise has neither a mean nor tails: a scan of something has
  const whole = Math.sqrt(here.reduce((sum, value) => sum + value * value, 0) / Math.max(1, here.length));
  if (!(sigma > 0) || Math.abs(mean) > OFF_ZERO * sigma || whole > TAILS * sigma) return null;
  return {
    sigma,
    correlation: { x: robustCorrelation(here, right), y: robustCorrelation(here, below) },
    mean: sigma,
  };
}

/** Mean over deviation from which on values are no noise around zero. */
const OFF_ZERO = 0.2;
/** The deviation over that without outliers: a level that rises fourfold over the image makes 1.3. */
const TAILS = 1.5;

/** Half sides of the box in which squares are averaged, in the plane and through the planes. */
const BOX = [8, 2] as const;
/** Variation of the averages from which on the level has a map: chance makes a fifth of it. */
const VARIES = 0.12;

/** Roots of means of squares in boxes, such that the typical level is `sigma`; null where they hardly differ. */
function levelsOf(scan: Volume, sigma: number, mean: number): Float32Array | null {
  const { columns, rows, slices, data } = scan;
  const length = columns * rows * slices;
  const squares = Float64Array.from({ length }, (_, i) => {
    let sum = 0;
    for (let frame = 0; frame < scan.frames; frame++) sum += data[frame * length + i] ** 2;
    return sum / scan.frames;
  });
  const [plane, through] = BOX;
  averaged(squares, 1, columns, plane);
  averaged(squares, columns, rows, plane);
  averaged(squares, columns * rows, slices, through);
  const levels = Float32Array.from(squares, (square) => (sigma / mean) * Math.sqrt(square));
  const centre = median(levels);
  if (!levels.every((level) => level > 0)) return null;
  return quantile(levels, 0.9) - quantile(levels, 0.1) < VARIES * centre ? null : levels;
}

/** Means over `reach` on both sides along one axis, in place. */
function averaged(values: Float64Array, stride: number, size: number, reach: number): void {
  const line = new Float64Array(size + 1);
  for (let start = 0; start < values.length; start++) {
    if (Math.floor(start / stride) % size !== 0) continue;
    for (let k = 0; k < size; k++) line[k + 1] = line[k] + values[start + k * stride];
    for (let k = 0; k < size; k++) {
      const [from, to] = [Math.max(0, k - reach), Math.min(size, k + reach + 1)];
      values[start + k * stride] = (line[to] - line[from]) / (to - from);
    }
  }
}
