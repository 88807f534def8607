import { type Plane, sampleValues } from './planes.js';
import { median, quantile } from './robust.js';

const SIDE = 4;
const BINS = 96;
/** The dark class is air only where it is this much darker than the bright one; else all is tissue. */
const DARKER = 0.55;

/**
 * The value between air with its ghosts and tissue: where the variance between the two classes of local means is
 * largest (Otsu, IEEE Trans SMC 9:62, 1979), of roots, so that dark tissue counts as tissue. Where no part is clearly
 * darker, nor as even and as quiet as noise alone is in magnitudes (strong noise, or that of many coils, is hardly darker
 * than tissue), the image holds no air: a tenth of the way from the first to the 99th percentile then.
 */
export function tissueThreshold(planes: readonly Plane[]): { readonly level: number; readonly air: boolean } {
  const values = sampleValues(planes, 200_000, false);
  const low = quantile(values, 0.01);
  const plain = low + 0.1 * (quantile(values, 0.99) - low);
  const means = planes.flatMap(localMeans);
  if (means.length < 2 * BINS) return { level: plain, air: false };
  const valley = otsu(means.map((mean) => Math.sqrt(Math.max(0, mean)))) ** 2;
  const dark = means.filter((mean) => mean <= valley);
  const bright = means.filter((mean) => mean > valley);
  if (dark.length === 0 || bright.length === 0) return { level: plain, air: false };
  const [below, above] = [median(dark), median(bright)];
  if (!(below < DARKER * above) && !isNoise(planes, valley)) return { level: plain, air: false };
  return { level: valley, air: true };
}

/** Spread of the means of four windows over that of single ones: a half for noise of single voxels, near one for anatomy. */
const EVEN = 0.65;
/** Magnitudes of noise alone deviate by 0.66 (one coil) to 0.71 (many) of a channel, those of tissue by more. */
const QUIET = 0.9;
/** Share of the windows that are taken for flat. */
const FLAT = 0.2;
const LEAST_BLOCKS = 100;

/** Whether what is dark is noise alone. */
function isNoise(planes: readonly Plane[], valley: number): boolean {
  const blocks = planes.flatMap(blocksOf);
  const dark = blocks.filter((block) => block.every(({ mean }) => mean <= valley));
  const bright = blocks.filter((block) => block.every(({ mean }) => mean > valley)).flat();
  if (dark.length < LEAST_BLOCKS || bright.length < LEAST_BLOCKS) return false;
  const single = spreadOf(dark.flat().map(({ mean }) => mean));
  const four = spreadOf(dark.map((block) => block.reduce((sum, { mean }) => sum + mean, 0) / block.length));
  const quietest = (windows: readonly Window[]): number =>
    quantile(
      windows.map(({ variance }) => variance),
      FLAT,
    );
  return four < EVEN * single && quietest(dark.flat()) < QUIET ** 2 * quietest(bright);
}

function spreadOf(values: readonly number[]): number {
  return quantile(values, 0.9) - quantile(values, 0.1);
}

interface Window {
  readonly mean: number;
  readonly variance: number;
}

/** Squares of four windows each. */
function blocksOf(plane: Plane): Window[][] {
  const found: Window[][] = [];
  for (let top = 0; top + 2 * SIDE <= plane.rows; top += 2 * SIDE)
    for (let left = 0; left + 2 * SIDE <= plane.columns; left += 2 * SIDE) {
      const block = [0, SIDE].flatMap((down) =>
        [0, SIDE].flatMap((right) => windowAt(plane, top + down, left + right) ?? []),
      );
      if (block.length === 4) found.push(block);
    }
  return found;
}

function otsu(values: readonly number[]): number {
  const start = quantile(values, 0.005);
  const width = (quantile(values, 0.995) - start) / BINS;
  if (!(width > 0)) return Number.POSITIVE_INFINITY;
  const counts = new Float64Array(BINS);
  for (const value of values) counts[Math.max(0, Math.min(BINS - 1, Math.floor((value - start) / width)))]++;
  const whole = counts.reduce((sum, count, i) => sum + count * i, 0);
  let below = 0;
  let sum = 0;
  // all values of a gap divide the classes alike: the valley is its middle
  let best = { from: 0, to: 0, between: -1 };
  counts.forEach((count, i) => {
    below += count;
    sum += count * i;
    const above = values.length - below;
    if (below === 0 || above === 0) return;
    const between = below * above * (sum / below - (whole - sum) / above) ** 2;
    if (between > best.between) best = { from: i + 1, to: i + 1, between };
    else if (count === 0 && best.to === i) best = { ...best, to: i + 1 };
  });
  return start + ((best.from + best.to) / 2) * width;
}

function localMeans(plane: Plane): number[] {
  const found: number[] = [];
  for (let top = 0; top + SIDE <= plane.rows; top += SIDE)
    for (let left = 0; left + SIDE <= plane.columns; left += SIDE) {
      const window = windowAt(plane, top, left);
      if (window !== null) found.push(window.mean);
    }
  return found;
}

/** Null where a value may not be used. */
function windowAt({ values, usable, columns }: Plane, top: number, left: number): Window | null {
  let sum = 0;
  let squares = 0;
  for (let y = top; y < top + SIDE; y++)
    for (let i = y * columns + left; i < y * columns + left + SIDE; i++) {
      if (usable[i] === 0) return null;
      sum += values[i];
      squares += values[i] ** 2;
    }
  const mean = sum / (SIDE * SIDE);
  return { mean, variance: squares / (SIDE * SIDE) - mean * mean };
}
