/**
 * Whether a series looks like what a model was trained on, as the network sees it: in units of its noise. Numbers of
 * a few slices, compared one by one with their mean and spread over the training slices.
 */
import type { FamiliarityReport, TrainingStatistics } from '../contract/report.js';
import type { Volume } from '../imaging/volume.js';
import type { NoiseEstimate } from '../noise/estimate.js';
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
] as const;

/** Logarithmic units (correlation: its own) within which series of one kind differ anyway. */
const SPREAD = [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.2] as const;
/** Root mean square of the distances, in spreads, above which a series is foreign. */
export const FOREIGN = 2.5;

/** One vector a slice, of up to 20 slices: what to collect while training. */
export function describe(volume: Volume, noise: NoiseEstimate): number[][] {
  if (!(noise.sigma > 0)) return [];
  const planes = samplePlanes(volume);
  const level = foregroundLevel(planes);
  return planes.map((plane) => describePlane(plane, level, noise)).filter((vector) => vector !== null);
}

function describePlane(plane: Plane, level: number, noise: NoiseEstimate): number[] | null {
  const { values } = plane;
  const tissue = values.filter((value) => value > level);
  if (tissue.length < 100) return null;
  const unit = (value: number) => signedLog(value / noise.sigma);
  const gradients = gradientsOf(plane, level);
  return [
    unit(quantile(values, 0.01)),
    ...[0.1, 0.5, 0.95].map((q) => unit(quantile(tissue, q))),
    ...[0.5, 0.95].map((q) => signedLog(quantile(gradients, q) / noise.sigma)),
    (noise.correlation.x + noise.correlation.y) / 2,
  ];
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

/** Mean and spread of the vectors of all training slices; null for none. For the card of a model. */
export function trainingStatistics(vectors: readonly (readonly number[])[]): TrainingStatistics | null {
  if (vectors.length === 0) return null;
  const column = (f: number) => vectors.map((vector) => vector[f]);
  const mean = FEATURES.map((_, f) => average(column(f)));
  const spread = FEATURES.map((_, f) => Math.sqrt(average(column(f).map((value) => (value - mean[f]) ** 2))));
  return { features: FEATURES, mean, spread, slices: vectors.length };
}

/**
 * How far a series is from the training of a model; null where either says nothing, or the statistics are of other
 * features.
 */
export function familiarity(
  volume: Volume,
  noise: NoiseEstimate,
  training: TrainingStatistics,
): FamiliarityReport | null {
  const vectors = describe(volume, noise);
  if (vectors.length === 0 || !FEATURES.every((name, f) => training.features[f] === name)) return null;
  const steps = FEATURES.map((_, f) => {
    const value = average(vectors.map((vector) => vector[f]));
    return Math.abs(value - training.mean[f]) / Math.hypot(training.spread[f], SPREAD[f]);
  });
  const distance = Math.sqrt(average(steps.map((step) => step * step)));
  return { distance, limit: FOREIGN, furthest: FEATURES[steps.indexOf(Math.max(...steps))] };
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
