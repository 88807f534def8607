/**
 * Whether a series looks like what a model was trained on, as the network sees it: in units of its noise. Numbers of
 * a few slices, and how far their mean lies from those of the training slices (Mahalanobis 1936), so that a combination
 * of usual numbers that never occurs together counts as odd too.
 */
import { choleskyInPlace } from '../base/linear/cholesky.js';
import type { FamiliarityReport, TrainingStatistics } from '../contract/trust.js';
import type { Volume } from '../imaging/volume.js';
import type { NoiseEstimate } from '../noise/noise-estimate.js';
import { foregroundLevel, type Plane, samplePlanes } from '../noise/planes.js';
import { quantile } from '../noise/robust.js';

/** In the order of the vectors. */
export const FEATURES = [
  'air over noise',
  'dark tissue over noise',
  'tissue over noise',
  'bright tissue over noise',
  'typical gradient over noise',
  'steep gradient over noise',
  'correlation of the noise',
  'range of tissue over noise',
  'share of tissue',
  'share of edges',
  'structure over noise',
] as const;

/** Logarithmic units (correlation and shares: their own) within which series of one kind differ anyway. */
const SPREAD = [0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.4, 0.3, 0.15, 0.1, 0.3] as const;
/** Distance above which a series is foreign, where the training of the model gives no limit of its own. */
const FOREIGN = 2.5;
/** A gradient this share of the steepest ones is an edge. */
const EDGE = 0.5;
const BLOCK = 8;

type Noise = Pick<NoiseEstimate, 'sigma' | 'correlation'>;

/** One vector a slice, of up to 20 slices: what to collect while training. */
export function describe(volume: Volume, noise: Noise): number[][] {
  if (!(noise.sigma > 0)) return [];
  const planes = samplePlanes(volume);
  const level = foregroundLevel(planes);
  return planes.map((plane) => describePlane(plane, level, noise)).filter((vector) => vector !== null);
}

function describePlane(plane: Plane, level: number, noise: Noise): number[] | null {
  const { values } = plane;
  const tissue = values.filter((value) => value > level);
  if (tissue.length < 100) return null;
  // where values have no zero of their own (HU), air is it
  const air = quantile(values, 0.01);
  const base = Math.min(0, air);
  const unit = (value: number) => signedLog((value - base) / noise.sigma);
  const gradients = gradientsOf(plane, level);
  const [dark, typical, bright] = [0.1, 0.5, 0.95].map((q) => quantile(tissue, q));
  const [flat, steep, steepest] = [0.5, 0.95, 0.99].map((q) => quantile(gradients, q));
  return [
    unit(air),
    unit(dark),
    unit(typical),
    unit(bright),
    signedLog(flat / noise.sigma),
    signedLog(steep / noise.sigma),
    (noise.correlation.x + noise.correlation.y) / 2,
    signedLog((bright - dark) / noise.sigma),
    tissue.length / values.length,
    gradients.filter((value) => value > EDGE * steepest).length / gradients.length,
    signedLog((BLOCK * spreadOfBlocks(plane)) / noise.sigma),
  ];
}

/** Standard deviation of the means of 8 x 8 pixels: an eighth of sigma where there is nothing but white noise. */
function spreadOfBlocks({ values, columns, rows }: Plane): number {
  const means: number[] = [];
  for (let top = 0; top + BLOCK <= rows; top += BLOCK)
    for (let left = 0; left + BLOCK <= columns; left += BLOCK) {
      let sum = 0;
      for (let y = top; y < top + BLOCK; y++)
        for (let x = left; x < left + BLOCK; x++) sum += values[y * columns + x];
      means.push(sum / BLOCK ** 2);
    }
  if (means.length === 0) return 0;
  const mean = average(means);
  return Math.sqrt(average(means.map((value) => (value - mean) ** 2)));
}

/** Differences of the means of neighbouring 2 x 2 blocks in tissue: the noise of a mean is half that of a voxel. */
function gradientsOf({ values, columns, rows }: Plane, level: number): number[] {
  const found: number[] = [];
  const mean = (i: number) => (values[i] + values[i + 1] + values[i + columns] + values[i + columns + 1]) / 4;
  for (let y = 2; y + 4 <= rows; y += 2)
    for (let x = 2; x + 4 <= columns; x += 2) {
      const i = y * columns + x;
      if (mean(i) <= level) continue;
      found.push(Math.hypot(mean(i + 2) - mean(i - 2), mean(i + 2 * columns) - mean(i - 2 * columns)) / 2);
    }
  return found.length > 0 ? found : [0];
}

function signedLog(value: number): number {
  return Math.sign(value) * Math.log1p(Math.abs(value));
}

/**
 * Mean, spread and covariance of the vectors of all training slices; null for none. For the card of a model.
 *
 * @param held vectors of series that are like the training and not in it, one list a series: the limit is what 95 of
 *   100 of them stay under
 */
export function trainingStatistics(
  vectors: readonly (readonly number[])[],
  held: readonly (readonly (readonly number[])[])[] = [],
): TrainingStatistics | null {
  if (vectors.length === 0) return null;
  const column = (f: number) => vectors.map((vector) => vector[f]);
  const mean = FEATURES.map((_, f) => average(column(f)));
  const covariance = FEATURES.map((_, f) =>
    FEATURES.map((_, g) => average(vectors.map((vector) => (vector[f] - mean[f]) * (vector[g] - mean[g])))),
  );
  const statistics = {
    features: FEATURES,
    mean,
    spread: FEATURES.map((_, f) => Math.sqrt(covariance[f][f])),
    covariance,
    slices: vectors.length,
    limit: FOREIGN,
  };
  const distances = held
    .filter((series) => series.length > 0)
    .map((series) => distanceOf(centreOf(series), statistics).distance);
  return distances.length === 0
    ? statistics
    : { ...statistics, limit: Math.max(1, quantile(distances, 0.95)) };
}

/** As the report has it, with a feature that there are words for. */
export type Familiarity = FamiliarityReport & { readonly furthest: (typeof FEATURES)[number] };

/**
 * How far a series is from the training of a model; null where either says nothing, or the statistics are of other
 * features.
 */
export function familiarity(volume: Volume, noise: Noise, training: TrainingStatistics): Familiarity | null {
  const vectors = describe(volume, noise);
  if (vectors.length === 0 || !FEATURES.every((name, f) => training.features[f] === name)) return null;
  const { distance, furthest } = distanceOf(centreOf(vectors), training);
  return { distance, limit: training.limit, furthest: FEATURES[furthest] };
}

/**
 * The distance a feature, about 1 where it is usual: fourth powers, so that one feature that is far off is not lost
 * among many that are not. And the feature that is furthest off on its own.
 */
function distanceOf(
  vector: readonly number[],
  { mean, spread, covariance }: Pick<TrainingStatistics, 'mean' | 'spread' | 'covariance'>,
): { distance: number; furthest: number } {
  const away = vector.map((value, f) => value - mean[f]);
  const widened = covariance.map((row, f) => row.map((value, g) => value + (f === g ? SPREAD[f] ** 2 : 0)));
  const whitened = forwardSolved(widened, away);
  const steps = away.map((value, f) => Math.abs(value) / Math.hypot(spread[f], SPREAD[f]));
  return {
    distance: average(whitened.map((value) => value ** 4)) ** 0.25,
    furthest: steps.indexOf(Math.max(...steps)),
  };
}

/** L^-1 b of the Cholesky factor L of a positive definite matrix: its squares add up to b' A^-1 b. */
function forwardSolved(matrix: readonly (readonly number[])[], b: readonly number[]): number[] {
  const n = b.length;
  const factor = Float64Array.from(matrix.flat());
  choleskyInPlace(factor, n);
  const solved: number[] = [];
  b.forEach((value, i) => {
    const row = factor.subarray(i * n, i * n + i);
    solved.push((value - row.reduce((sum, each, k) => sum + each * solved[k], 0)) / factor[i * n + i]);
  });
  return solved;
}

function centreOf(vectors: readonly (readonly number[])[]): number[] {
  return FEATURES.map((_, f) => average(vectors.map((vector) => vector[f])));
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
