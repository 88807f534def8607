/**
 * What a denoiser took away must look like noise: of the right size, without mean, as white as the noise was, blind
 * to edges and without structure in its local means. These are the tests of the "method noise" (Buades, Coll and
 * Morel 2005, section 2) put into numbers.
 */
import { Pair } from '../../base/linear/pair.js';
import type { ResidualReport } from '../../contract/trust.js';
import type { Volume } from '../../imaging/volume.js';
import { FaintTally } from './faint.js';
import { foregroundThreshold } from './foreground.js';
import { type NoiseModel, noiseModel } from './noise-model.js';
import { ENOUGH_PAIRS, LagSums, Moments } from './sums.js';
import { judge, type ResidualMeasures, unjudged } from './verdict.js';

export interface ResidualOptions {
  /** Noise level in units of the volume: one number, or one a voxel (of the volume, or of one frame). */
  readonly sigma: number | Float32Array;
  readonly distribution: 'rician' | 'gaussian';
  /** Lag-1 correlation of the noise itself: what the residual may have too. White when left out. */
  readonly noiseCorrelation?: { readonly x: number; readonly y: number; readonly z: number };
}

const BLOCK = 8;
/** A block counts when three quarters of it are foreground. */
const BLOCK_VOXELS = (BLOCK * BLOCK * 3) / 4;
/** Gradient histogram: 1/16 sigma a bin, up to 64 sigma a voxel. */
const GRADIENT_BINS = 1024;
const BINS_A_SIGMA = 16;

/**
 * Measures and judges `before - after` over the foreground of `after`. The residual is standardised: with Rician noise
 * the mean of the magnitude lies above the true amplitude (Rice 1944), so what the amplitude `after` predicts is
 * subtracted, and the result is divided by the predicted standard deviation. One pass, plane by plane; extra memory
 * is four planes.
 *
 * @param before, after volumes of the same size, in the same units; all values finite
 */
export function residualStatistics(before: Volume, after: Volume, options: ResidualOptions): ResidualReport {
  const model = noiseModel(options.sigma, options.distribution);
  if (!(model.typical > 0)) return unjudged();
  const threshold = foregroundThreshold(after, model.typical, options.distribution === 'rician');
  const correlation = options.noiseCorrelation ?? { x: 0, y: 0, z: 0 };
  const tally = newTally(before, correlation);
  const planes = before.frames * before.slices;
  for (let plane = 0; plane < planes; plane++) {
    fillPlane(tally, before, after, model, threshold, plane);
    addPlane(tally, plane % before.slices !== 0);
    addBlocks(tally);
    tally.faint.add(tally.current.residual, tally.current.foreground);
    [tally.previous, tally.current] = [tally.current, tally.previous];
  }
  return judge(measuresOf(tally, correlation));
}

interface Plane {
  /** Standardised residual; 0 outside the foreground. */
  readonly residual: Float32Array;
  readonly foreground: Uint8Array;
  /** In-plane gradient magnitude of the output, in sigma a voxel; -1 where a neighbour is missing. */
  readonly gradient: Float32Array;
}

interface Tally {
  readonly columns: number;
  readonly rows: number;
  current: Plane;
  previous: Plane;
  readonly values: Moments;
  readonly lags: { readonly x: LagSums; readonly y: LagSums; readonly z: LagSums };
  readonly edges: Edges;
  readonly blocks: { count: number; voxels: number; sum: number; energy: number };
  readonly faint: FaintTally;
}

interface Edges {
  readonly counts: Float64Array;
  readonly energy: Float64Array;
  readonly pairs: Pair;
}

function newTally(volume: Volume, noise: { readonly x: number; readonly y: number }): Tally {
  return {
    columns: volume.columns,
    rows: volume.rows,
    current: newPlane(volume.columns * volume.rows),
    previous: newPlane(volume.columns * volume.rows),
    values: new Moments(),
    lags: { x: new LagSums(), y: new LagSums(), z: new LagSums() },
    edges: {
      counts: new Float64Array(GRADIENT_BINS),
      energy: new Float64Array(GRADIENT_BINS),
      pairs: new Pair(),
    },
    blocks: { count: 0, voxels: 0, sum: 0, energy: 0 },
    faint: new FaintTally(volume.columns, volume.rows, noise),
  };
}

function newPlane(length: number): Plane {
  return {
    residual: new Float32Array(length),
    foreground: new Uint8Array(length),
    gradient: new Float32Array(length),
  };
}

function fillPlane(
  tally: Tally,
  before: Volume,
  after: Volume,
  model: NoiseModel,
  threshold: number,
  plane: number,
): void {
  const { columns, rows } = tally;
  const { residual, foreground, gradient } = tally.current;
  const input = before.data;
  const output = after.data;
  const measured = before.measured;
  const start = plane * columns * rows;
  for (let y = 0, i = 0; y < rows; y++) {
    const inner = y > 0 && y < rows - 1;
    for (let x = 0; x < columns; x++, i++) {
      const at = start + i;
      const value = output[at];
      const inside = value > threshold && (measured === null || measured[at % measured.length] !== 0);
      foreground[i] = inside ? 1 : 0;
      residual[i] = inside ? model.standardise(input[at], value, at) : 0;
      gradient[i] = -1;
      if (!inside || !inner || x === 0 || x === columns - 1) continue;
      const dx = output[at + 1] - output[at - 1];
      const dy = output[at + columns] - output[at - columns];
      gradient[i] = (0.5 * Math.sqrt(dx * dx + dy * dy)) / model.sigmaAt(at);
    }
  }
}

function addPlane(tally: Tally, hasPrevious: boolean): void {
  const { columns, values, lags, edges } = tally;
  const { residual, foreground, gradient } = tally.current;
  const below = tally.previous;
  for (let i = 0, x = 0; i < residual.length; i++, x = x + 1 === columns ? 0 : x + 1) {
    if (foreground[i] === 0) continue;
    const value = residual[i];
    values.add(value);
    if (x > 0 && foreground[i - 1] !== 0) lags.x.add(value, residual[i - 1]);
    if (i >= columns && foreground[i - columns] !== 0) lags.y.add(value, residual[i - columns]);
    if (hasPrevious && below.foreground[i] !== 0) lags.z.add(value, below.residual[i]);
    if (gradient[i] >= 0) addEdge(edges, gradient[i], value);
  }
}

function addEdge(edges: Edges, gradient: number, value: number): void {
  const bin = Math.min(GRADIENT_BINS - 1, Math.floor(gradient * BINS_A_SIGMA));
  const size = Math.abs(value);
  edges.counts[bin]++;
  edges.energy[bin] += value * value;
  edges.pairs.add(gradient, size);
}

function addBlocks(tally: Tally): void {
  const { columns, rows, blocks } = tally;
  const { residual, foreground } = tally.current;
  for (let top = 0; top + BLOCK <= rows; top += BLOCK)
    for (let left = 0; left + BLOCK <= columns; left += BLOCK) {
      let count = 0;
      let sum = 0;
      for (let y = 0; y < BLOCK; y++)
        for (let i = (top + y) * columns + left, end = i + BLOCK; i < end; i++) {
          count += foreground[i];
          sum += residual[i];
        }
      if (count < BLOCK_VOXELS) continue;
      blocks.count++;
      blocks.voxels += count;
      blocks.sum += sum;
      blocks.energy += (sum * sum) / count;
    }
}

function measuresOf(tally: Tally, noise: { x: number; y: number; z: number }): ResidualMeasures {
  const { values, lags, edges } = tally;
  const mean = values.mean();
  return {
    voxels: values.count,
    sdOverSigma: values.count > 1 ? values.sd() : null,
    meanOverSigma: values.count > 0 ? mean : null,
    correlation: {
      x: lags.x.correlation(values),
      y: lags.y.correlation(values),
      z: lags.z.correlation(values),
    },
    noiseCorrelation: noise,
    edgeCorrelation: edges.pairs.count < ENOUGH_PAIRS ? null : edges.pairs.correlation(),
    edgeRatio: edgeRatioOf(edges),
    localMeanRatio: localMeanRatioOf(tally, mean, noise),
    faintRatio: tally.faint.ratio(),
  };
}

/** SD in the steepest tenth over SD in the flattest half, from the histogram. */
function edgeRatioOf(edges: Edges): number | null {
  const total = edges.pairs.count;
  if (total < 100) return null;
  const flat = meanEnergy(edges, 0, 0.5 * total);
  const steep = meanEnergy(edges, 0.9 * total, total);
  return flat > 0 ? Math.sqrt(steep / flat) : null;
}

/** Mean energy of the voxels whose rank by gradient lies in [from, to); bins on the border count in part. */
function meanEnergy(edges: Edges, from: number, to: number): number {
  let rank = 0;
  let count = 0;
  let energy = 0;
  for (let bin = 0; bin < GRADIENT_BINS && rank < to; bin++) {
    const size = edges.counts[bin];
    const overlap = Math.min(rank + size, to) - Math.max(rank, from);
    if (overlap > 0) {
      count += overlap;
      energy += (edges.energy[bin] * overlap) / size;
    }
    rank += size;
  }
  return count > 0 ? energy / count : 0;
}

function localMeanRatioOf(
  tally: Tally,
  mean: number,
  noise: { x: number; y: number; z: number },
): number | null {
  const { count, voxels, sum, energy } = tally.blocks;
  if (count < 10) return null;
  const spread = (energy - 2 * mean * sum + mean * mean * voxels) / count;
  return Math.sqrt(Math.max(0, spread) / (blockInflation(noise.x) * blockInflation(noise.y)));
}

/** How much larger the variance of a mean over BLOCK samples is when neighbours correlate like an AR(1) series. */
function blockInflation(correlation: number): number {
  const rho = Math.min(0.95, Math.max(0, correlation));
  let factor = 1;
  for (let lag = 1; lag < BLOCK; lag++) factor += 2 * (1 - lag / BLOCK) * rho ** lag;
  return factor;
}
