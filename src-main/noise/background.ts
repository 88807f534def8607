import type { Plane } from './planes.js';
import { RAYLEIGH_MEAN, RAYLEIGH_SNR } from './rician.js';
import { median } from './robust.js';

export interface Background {
  /** Channel sigma from the second moment of the air: E[m^2] = 2 sigma^2. */
  readonly sigma: number;
  /** Mean over standard deviation of the air; 1.913 for Rayleigh noise. */
  readonly ratio: number;
  /** Share of the image that is air, 0 to 1. */
  readonly share: number;
}

const SIDE = 4;
const LEAST_WINDOWS = 60;
const LEAST_SHARE = 0.01;
/** How far the moments may be from Rayleigh before the air is taken for ghosts, a filter or several coils. */
const RATIO_TOLERANCE = 0.12;

interface Window {
  readonly mean: number;
  readonly square: number;
}

/**
 * Noise level from air, where air has Rayleigh noise. Local means and second moments of 4 x 4 windows, in the manner
 * of Aja-Fernandez et al, Magn Reson Imaging 27:1397, 2009; windows that look Rayleigh give a first level, all
 * windows around its mean the final one, and its moments must agree with Rayleigh or the answer is null.
 */
export function backgroundNoise(planes: readonly Plane[]): Background | null {
  const windows = planes.flatMap(windowsOf);
  const total = planes.reduce((sum, plane) => sum + plane.values.length, 0) / (SIDE * SIDE);
  let air = windows.filter((w) => looksRayleigh(w));
  if (!enough(air, total)) return null;
  let sigma = Math.sqrt(median(air.map((w) => w.square)) / 2);
  for (let i = 0; i < 8; i++) {
    air = windows.filter((w) => Math.abs(w.mean / (RAYLEIGH_MEAN * sigma) - 1) < 0.5);
    if (!enough(air, total)) return null;
    // the median of windows resists the few with tissue or a ghost in them; it is not far from the mean
    const next = median(air.map((w) => w.mean)) / RAYLEIGH_MEAN;
    if (Math.abs(next - sigma) < 1e-4 * sigma) break;
    sigma = next;
  }
  const mean = average(air, (w) => w.mean);
  const square = average(air, (w) => w.square);
  const ratio = mean / Math.sqrt(square - mean * mean);
  if (Math.abs(ratio / RAYLEIGH_SNR - 1) > RATIO_TOLERANCE) return null;
  return { sigma: Math.sqrt(square / 2), ratio, share: air.length / total };
}

function enough(windows: readonly Window[], total: number): boolean {
  return windows.length >= Math.max(LEAST_WINDOWS, LEAST_SHARE * total);
}

/** Sixteen values give the ratio to about a fifth. */
function looksRayleigh({ mean, square }: Window): boolean {
  const ratio = mean / Math.sqrt(square - mean * mean);
  return ratio > 0.75 * RAYLEIGH_SNR && ratio < 1.3 * RAYLEIGH_SNR;
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
      if (count === n && squares > 0) found.push({ mean: sum / n, square: squares / n });
    }
  return found;
}
