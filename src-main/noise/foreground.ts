import { type Plane, sampleValues } from './planes.js';
import { median, quantile } from './robust.js';

const SIDE = 4;
const BINS = 96;
/** The dark class is air only where it is this much darker than the bright one; else all is tissue. */
const DARKER = 0.55;

/**
 * The value between air with its ghosts and tissue: where the variance between the two classes of local means is
 * largest (Otsu, IEEE Trans SMC 9:62, 1979), of roots, so that dark tissue counts as tissue. Where no part is clearly
 * darker the image holds no air: a tenth of the way from the first to the 99th percentile then.
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
  if (!(below < DARKER * above)) return { level: plain, air: false };
  return { level: valley, air: true };
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

function localMeans({ values, usable, columns, rows }: Plane): number[] {
  const found: number[] = [];
  for (let top = 0; top + SIDE <= rows; top += SIDE)
    for (let left = 0; left + SIDE <= columns; left += SIDE) {
      let sum = 0;
      let count = 0;
      for (let y = top; y < top + SIDE; y++)
        for (let i = y * columns + left; i < y * columns + left + SIDE; i++)
          if (usable[i] === 1) {
            sum += values[i];
            count++;
          }
      if (count === SIDE * SIDE) found.push(sum / count);
    }
  return found;
}
