/**
 * How well two tissues are told apart by their brightness: the coefficient of joint variation, (s1 + s2) / |m1 - m2|
 * (Likar, Viergever and Pernus, IEEE Trans Med Imaging 20:1398, 2001), of the two tissues that the histogram shows most
 * of: white and grey matter of a head. A field of the coil makes it larger.
 */
import { quantile } from '../../../noise/robust.js';

const BINS = 128;
/** Brightest of all counts as what the histogram ends at. */
const END = 0.99;
/** Deviation of the kernel that smooths the histogram before peaks are looked for; bins. */
const SMOOTH = 2;
/** A tissue is a peak of this share of the highest, and between two of them lies a valley of this share of the lower. */
const [PEAK, VALLEY] = [0.25, 0.8];
/** What is fitted goes so far beyond the peaks, over what lies between: further out are other tissues. */
const BESIDE = 0.35;
/** Rounds of fitting two normal distributions, and what is of neither, spread evenly. */
const ROUNDS = 60;
const ELSE = 0.2;
/** Of all places, each tissue must have this share; fewer values tell nothing. */
const [LEAST_SHARE, LEAST_VALUES] = [0.1, 1000];

interface Tissue {
  readonly mean: number;
  readonly sd: number;
  readonly share: number;
}

/** @param values brightness of tissue @returns null where no two tissues are told apart */
export function jointVariation(values: Float32Array): number | null {
  if (values.length < LEAST_VALUES) return null;
  const end = quantile(values, END);
  if (!(end > 0)) return null;
  const counts = new Float64Array(BINS);
  for (const value of values) if (value > 0 && value < end) counts[Math.floor((BINS * value) / end)]++;
  const peaks = twoPeaks(smoothed(counts));
  if (peaks === null) return null;
  const [dark, bright] = fitted(around(counts, peaks), peaks);
  if (Math.min(dark.share, bright.share) < LEAST_SHARE) return null;
  const joint = (dark.sd + bright.sd) / Math.abs(bright.mean - dark.mean);
  return joint < 1 ? joint : null;
}

function smoothed(counts: Float64Array): Float64Array {
  const reach = 3 * SMOOTH;
  return counts.map((_, i) => {
    let sum = 0;
    for (let k = -reach; k <= reach; k++)
      sum += (counts[i + k] ?? 0) * Math.exp(-(k * k) / (2 * SMOOTH * SMOOTH));
    return sum;
  });
}

/** The two highest peaks with a valley between, the darker first. */
function twoPeaks(histogram: Float64Array): [number, number] | null {
  const peaks: number[] = [];
  for (let i = 1; i + 1 < histogram.length; i++)
    if (histogram[i] > histogram[i - 1] && histogram[i] >= histogram[i + 1]) peaks.push(i);
  peaks.sort((a, b) => histogram[b] - histogram[a]);
  const [first, ...others] = peaks;
  const second = others.find((other) => {
    if (histogram[other] < PEAK * histogram[first]) return false;
    const between = histogram.subarray(Math.min(first, other), Math.max(first, other) + 1);
    return between.reduce((low, value) => Math.min(low, value)) <= VALLEY * histogram[other];
  });
  return second === undefined ? null : [Math.min(first, second), Math.max(first, second)];
}

function around(counts: Float64Array, [dark, bright]: readonly [number, number]): Float64Array {
  const beside = BESIDE * (bright - dark);
  return counts.map((count, i) => (i < dark - beside || i > bright + beside ? 0 : count));
}

/** Two normal distributions, and a share that is of neither, by expectation and maximisation. */
function fitted(counts: Float64Array, [dark, bright]: readonly [number, number]): [Tissue, Tissue] {
  const sd = (bright - dark) / 4;
  let tissues: [Tissue, Tissue] = [
    { mean: dark, sd, share: (1 - ELSE) / 2 },
    { mean: bright, sd, share: (1 - ELSE) / 2 },
  ];
  for (let round = 0; round < ROUNDS; round++) {
    const rest = 1 - tissues[0].share - tissues[1].share;
    const densities = tissues.map(({ mean, sd: own, share }) =>
      counts.map(
        (_, i) => (share * Math.exp(-((i - mean) ** 2) / (2 * own * own))) / (own * Math.sqrt(2 * Math.PI)),
      ),
    );
    const total = counts.map((_, i) => densities[0][i] + densities[1][i] + rest / BINS);
    const [a, b] = densities.map((density) => momentsOf(counts, density, total));
    tissues = [a, b];
  }
  return tissues;
}

function momentsOf(counts: Float64Array, density: Float64Array, total: Float64Array): Tissue {
  let [weight, sum, squares, all] = [0, 0, 0, 0];
  for (let i = 0; i < counts.length; i++) {
    const own = total[i] > 0 ? (counts[i] * density[i]) / total[i] : 0;
    weight += own;
    sum += own * i;
    squares += own * i * i;
    all += counts[i];
  }
  const mean = weight > 0 ? sum / weight : 0;
  const variance = weight > 0 ? squares / weight - mean * mean : 0;
  // Not under a bin: that is as fine as the histogram tells.
  return { mean, sd: Math.sqrt(Math.max(1, variance)), share: all > 0 ? weight / all : 0 };
}
