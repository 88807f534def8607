import type { Plane } from './planes.js';
import { sigmaFromMagnitude } from './rician.js';
import { clippedSd, median, quantile, robustCorrelation } from './robust.js';

/** A 2 x 2 block of tissue without structure, and the differences that only noise should make there. */
export interface FlatBlocks {
  /** Diagonal Haar detail (a - b - c + d) / 2: standard deviation sigma for white noise. */
  readonly detail: Float32Array;
  /** Mean of the block. */
  readonly mean: Float32Array;
  /** Plane (index into the list given) and pixel of the upper left corner. */
  readonly plane: Int32Array;
  readonly pixel: Int32Array;
}

/** Share of the foreground blocks, those with the least gradient, that counts as flat. */
const FLAT_SHARE = 0.2;

/** The flattest blocks of tissue above `level`. */
export function flatBlocks(planes: readonly Plane[], level: number): FlatBlocks {
  const all = planes.map((plane, index) => blocksOf(plane, index, level));
  const gradients = Float32Array.from(all.flatMap((b) => b.gradient));
  const limit = quantile(gradients, FLAT_SHARE);
  const kept = all.map((b) => b.gradient.map((g, i) => (g <= limit ? i : -1)).filter((i) => i >= 0));
  const pick = (of: (b: Blocks) => number[]): number[] =>
    all.flatMap((b, p) => {
      const values = of(b);
      return kept[p].map((i) => values[i]);
    });
  return {
    detail: Float32Array.from(pick((b) => b.detail)),
    mean: Float32Array.from(pick((b) => b.mean)),
    plane: Int32Array.from(pick((b) => b.plane)),
    pixel: Int32Array.from(pick((b) => b.pixel)),
  };
}

interface Blocks {
  readonly detail: number[];
  readonly mean: number[];
  readonly plane: number[];
  readonly pixel: number[];
  readonly gradient: number[];
}

function blocksOf(plane: Plane, index: number, level: number): Blocks {
  const { values, usable, columns, rows } = plane;
  const blocks: Blocks = { detail: [], mean: [], plane: [], pixel: [], gradient: [] };
  const sum = (i: number): number =>
    values[i] + values[i + 1] + values[i + columns] + values[i + columns + 1];
  for (let y = 2; y + 4 <= rows; y += 2)
    for (let x = 2; x + 4 <= columns; x += 2) {
      const i = y * columns + x;
      const right = i + 1;
      const below = i + columns;
      const mean = sum(i) / 4;
      if (mean <= level || !(usable[i] && usable[right] && usable[below] && usable[below + 1])) continue;
      // sums of neighbouring blocks share no pixel with the detail, so that choosing by them does not bias it
      const gradient = Math.hypot(sum(i + 2) - sum(i - 2), sum(i + 2 * columns) - sum(i - 2 * columns));
      if (!Number.isFinite(gradient)) continue;
      blocks.detail.push((values[i] - values[right] - values[below] + values[below + 1]) / 2);
      blocks.mean.push(mean);
      blocks.plane.push(index);
      blocks.pixel.push(i);
      blocks.gradient.push(gradient);
    }
  return blocks;
}

/**
 * Channel sigma from the diagonal details (Donoho and Johnstone, Biometrika 81:425, 1994), made robust by taking
 * flat tissue only, corrected for the Rician shrinking of the deviation (Koay and Basser 2006; Coupe et al, Med
 * Image Anal 14:483, 2010) and for what correlation takes from the detail, (1 - rho_x) (1 - rho_y).
 */
export function waveletNoise(
  blocks: FlatBlocks,
  rician: boolean,
  correlation: { readonly x: number; readonly y: number },
): number | null {
  if (blocks.detail.length < 200) return null;
  const lost = Math.sqrt((1 - correlation.x) * (1 - correlation.y));
  const sd = clippedSd(blocks.detail) / lost;
  return rician ? sigmaFromMagnitude(median(blocks.mean), sd) : sd;
}

/** Pixels after which the noise of an interpolated image no longer hangs together. */
const FAR = 3;

/**
 * Lag-1 correlation of the noise along x and y in flat tissue: mixed differences at lag 1 against lag 3,
 * rho_x = 1 - V(1, 1) / V(3, 1). Mixed differences cancel what is constant along either axis, so structure
 * counts little; what is left of it raises rho.
 */
export function planeCorrelation(planes: readonly Plane[], blocks: FlatBlocks): { x: number; y: number } {
  const near = mixedDifferences(planes, blocks, 1, 1);
  const farX = mixedDifferences(planes, blocks, FAR, 1);
  const farY = mixedDifferences(planes, blocks, 1, FAR);
  const v = clippedSd(near) ** 2;
  const ratio = (far: Float32Array): number => clamp(1 - v / Math.max(clippedSd(far) ** 2, 1e-30));
  return v > 0 ? { x: ratio(farX), y: ratio(farY) } : { x: 0, y: 0 };
}

function mixedDifferences(
  planes: readonly Plane[],
  blocks: FlatBlocks,
  dx: number,
  dy: number,
): Float32Array {
  const out = new Float32Array(blocks.pixel.length);
  let count = 0;
  for (let k = 0; k < out.length; k++) {
    const { values, usable, columns } = planes[blocks.plane[k]];
    const a = blocks.pixel[k];
    const c = a + dy * columns;
    if (c + dx >= values.length || (a % columns) + dx >= columns) continue;
    if (usable[a + dx] && usable[c] && usable[c + dx])
      out[count++] = values[a] - values[a + dx] - values[c] + values[c + dx];
  }
  return out.subarray(0, count);
}

/** Lag-1 correlation between neighbouring slices: of the diagonal details at the same place. 0 with one slice. */
export function sliceCorrelation(planes: readonly Plane[], blocks: FlatBlocks): number {
  const here: number[] = [];
  const next: number[] = [];
  for (let k = 0; k < blocks.pixel.length; k++) {
    const plane = planes[blocks.plane[k]];
    const above = planes[blocks.plane[k] + 1];
    if (above === undefined || above.frame !== plane.frame || above.slice !== plane.slice + 1) continue;
    const { values, usable, columns } = above;
    const i = blocks.pixel[k];
    if (!(usable[i] && usable[i + 1] && usable[i + columns] && usable[i + columns + 1])) continue;
    here.push(blocks.detail[k]);
    next.push((values[i] - values[i + 1] - values[i + columns] + values[i + columns + 1]) / 2);
  }
  return here.length < 200 ? 0 : clamp(robustCorrelation(here, next));
}

function clamp(rho: number): number {
  return Math.max(-0.9, Math.min(0.95, rho));
}
