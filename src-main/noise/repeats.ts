import { sliceView, type Volume } from '../imaging/volume.js';
import { type Plane, spread } from './planes.js';
import { sigmaFromMagnitude } from './rician.js';
import { clippedSd, median, quantile, robustCorrelation } from './robust.js';
import type { FlatBlocks } from './wavelet.js';

export interface Repeats {
  readonly sigma: number;
  /** Largest deviation of a pair over the smallest: near 1 for repeats, more where frames have other contrast. */
  readonly range: number;
  /** By how much of its brightness tissue changes between the frames of the pair where it changes least. */
  readonly change: number;
  /** Lag-1 correlation of the difference along x and y. */
  readonly correlation: { readonly x: number; readonly y: number };
}

const PAIRS = 6;

/**
 * Noise level and correlation from differences of neighbouring frames, (f[t+1] - f[t]) / sqrt 2, in flat tissue.
 * Frames that are no repeats (other gradients, contrast agent, motion) differ by more than noise, so the lower
 * quartile of some pairs counts; a frame that is a copy of its neighbour says nothing. Null with one frame, or where all
 * are copies.
 */
export function repeatsNoise(
  volume: Volume,
  planes: readonly Plane[],
  blocks: FlatBlocks,
  rician: boolean,
): Repeats | null {
  if (volume.frames < 2 || blocks.pixel.length < 200) return null;
  const frame = planes[0].frame;
  const found = spread(volume.frames - 1, PAIRS).flatMap((first) => {
    const { here, right, below, drift } = differences(volume, planes, blocks, frame, first);
    const sd = clippedSd(here);
    const [x, y] = [robustCorrelation(here, right), robustCorrelation(here, below)];
    return sd > 0 ? [{ sd, x, y, drift }] : [];
  });
  if (found.length === 0) return null;
  const sds = found.map((pair) => pair.sd);
  const sd = quantile(sds, 0.25);
  const [least, most] = [Math.min(...sds), Math.max(...sds)];
  const brightness = median(blocks.mean);
  return {
    range: most / least,
    change: brightness > 0 ? Math.min(...found.map(({ drift }) => drift)) / brightness : 0,
    sigma: rician ? sigmaFromMagnitude(brightness, sd) : sd,
    correlation: { x: median(found.map((pair) => pair.x)), y: median(found.map((pair) => pair.y)) },
  };
}

/**
 * Differences at each flat block and at its neighbours, each slice's median taken away (drift of the scanner), and the
 * typical size of these medians.
 */
function differences(
  volume: Volume,
  planes: readonly Plane[],
  blocks: FlatBlocks,
  frame: number,
  first: number,
): { here: Float64Array; right: Float64Array; below: Float64Array; drift: number } {
  const here: number[] = [];
  const drifts: number[] = [];
  const right: number[] = [];
  const below: number[] = [];
  planes.forEach((plane, index) => {
    if (plane.frame !== frame) return;
    const a = sliceView(volume, plane.slice, first);
    const b = sliceView(volume, plane.slice, first + 1);
    const at = (i: number): number => (b[i] - a[i]) / Math.SQRT2;
    const pixels = blocks.pixel.filter((_, k) => blocks.plane[k] === index);
    const drift = median(Float32Array.from(pixels, at));
    if (pixels.length > 0) drifts.push(Math.SQRT2 * Math.abs(drift));
    for (const i of pixels) {
      here.push(at(i) - drift);
      right.push(at(i + 1) - drift);
      below.push(at(i + plane.columns) - drift);
    }
  });
  return {
    here: Float64Array.from(here),
    right: Float64Array.from(right),
    below: Float64Array.from(below),
    drift: median(drifts),
  };
}
