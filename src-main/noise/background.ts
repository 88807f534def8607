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
  /** Lag-1 correlation of the noise of one channel along x and y: there is no structure in air to add to it. */
  readonly correlation: { readonly x: number; readonly y: number };
}

const SIDE = 4;
const LEAST_WINDOWS = 60;
const LEAST_SHARE = 0.01;
/** How far the moments may be from Rayleigh before the air is taken for ghosts, a filter or several coils. */
const RATIO_TOLERANCE = 0.12;

interface Window {
  readonly plane: Plane;
  /** Index of its first pixel. */
  readonly first: number;
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
  const correlation = { x: correlationOf(air, square, false), y: correlationOf(air, square, true) };
  return { sigma: Math.sqrt(square / 2), ratio, share: air.length / total, correlation };
}

/** Values of squared magnitude above this many means are a ghost, or chance that would weigh too much. */
const LARGEST_SQUARE = 6;

/**
 * Squared magnitudes of complex Gaussian noise of correlation rho have the correlation rho^2, so the root of what is
 * measured within the windows of air. What is under 0.1 cannot be told from none.
 */
function correlationOf(air: readonly Window[], square: number, down: boolean): number {
  let product = 0;
  let energy = 0;
  for (const { plane, first } of air)
    for (let y = 0; y < SIDE - (down ? 1 : 0); y++)
      for (let x = 0; x < SIDE - (down ? 0 : 1); x++) {
        const i = first + y * plane.columns + x;
        const [a, b] = [i, i + (down ? plane.columns : 1)].map(
          (at) => Math.min(LARGEST_SQUARE, plane.values[at] ** 2 / square) - 1,
        );
        product += a * b;
        energy += (a * a + b * b) / 2;
      }
  const squared = energy > 0 ? product / energy : 0;
  return squared < 0.01 ? 0 : Math.min(0.95, Math.sqrt(squared));
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
      if (count === n && squares > 0)
        found.push({ plane, first: top * columns + left, mean: sum / n, square: squares / n });
    }
  return found;
}
