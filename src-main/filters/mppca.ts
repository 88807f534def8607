import { type EigenWorkspace, eigenWorkspace, symmetricEigen } from '../base/linear/eigen.js';
import { noiseVariance } from '../noise/components.js';
import { ramp } from '../noise/levels.js';
import type { Grid, SliceRange } from './slab.js';

export interface PcaSettings {
  /** Voxels that a window reaches from its centre: along rows and columns, and across slices. */
  readonly radius: number;
  readonly radiusThrough: number;
  /** Distance between windows in voxels, along every axis that a window is as wide on; else its width: all voxels are in one. */
  readonly stride: number;
  /**
   * Shrink the components that are kept by what noise added to them, but for voxels that alone carry one, and let those
   * windows say more of a voxel that leave less error there; else components are kept as they are.
   */
  readonly shrink: boolean;
  /** No more is taken for the variance of the noise: from few frames alone it cannot be told from that of signal. */
  readonly mostVariance: number;
}

/**
 * MP-PCA of Veraart et al, NeuroImage 142:394, 2016: in a sliding window the voxels' signals over the frames, less
 * their mean, are projected on the principal components that rise above the Marchenko-Pastur distribution of pure
 * noise; each voxel is the average of all windows it is in, weighted by 1 / (1 + components kept) (Manjon et al, PLoS
 * ONE 8:e73021, 2013). The decomposition runs on the smaller side of the window's matrix. As DIPY's mppca, without
 * `shrink`, where windows have more voxels than there are frames and the stride is 1.
 *
 * With `shrink` the singular values are those of least squared error under white noise (Gavish and Donoho, IEEE Trans
 * Inf Theory 63:2137, 2017, equation 7). That holds in the mean of a window: where few voxels carry a component, such as
 * a focus that enhances, they pay for the noise of all, and what is taken from them is signal at one time and given to
 * them at another. So a voxel with far more of such a component than noise has keeps all of it. And a window at whose
 * border a focus lies takes that for noise: windows are averaged by their expected error at the voxel as well, by
 * exponential weights (Leung and Barron, IEEE Trans Inf Theory 52:3396, 2006).
 *
 * @param data all frames, with noise of standard deviation 1; index = ((frame * slices + slice) * rows + row) * columns + column
 * @returns frames * slices of the range * rows * columns values
 */
export function mpPca(
  data: Float32Array,
  frames: number,
  grid: Grid,
  range: SliceRange,
  settings: PcaSettings,
): Float32Array {
  const { columns, rows, slices } = grid;
  const area = columns * rows;
  const depth = range.to - range.from;
  const width = Math.min(2 * settings.radius + 1, columns);
  const height = Math.min(2 * settings.radius + 1, rows);
  const through = Math.min(2 * settings.radiusThrough + 1, slices);
  const offsets = windowOffsets(width, height, through, columns, area);
  const work = openWindow(offsets.length, frames);
  const sums = new Float32Array(frames * depth * area);
  const weights = new Float32Array(depth * area);
  /** Logarithm of what the weights of a voxel are in units of. */
  const units = new Float64Array(depth * area).fill(Number.NEGATIVE_INFINITY);
  const along = (length: number, side: number) => starts(length, side, Math.min(settings.stride, side));
  const across = along(columns, width);
  for (const z of along(slices, through)) {
    if (z + through <= range.from || z >= range.to) continue;
    for (const y of along(rows, height))
      for (const x of across) {
        const at = z * area + y * columns + x;
        gather(data, slices * area, at, offsets, work);
        project(work, settings);
        for (let voxel = 0; voxel < offsets.length; voxel++) {
          const target = at + offsets[voxel] - range.from * area;
          if (target < 0 || target >= weights.length) continue;
          const log = work.logWeights[voxel];
          if (log > units[target]) {
            const times = Math.exp(units[target] - log);
            weights[target] *= times;
            for (let i = target; i < sums.length; i += weights.length) sums[i] *= times;
            units[target] = log;
          }
          const weight = Math.exp(log - units[target]);
          weights[target] += weight;
          for (let frame = 0, from = voxel * frames; frame < frames; frame++)
            sums[frame * weights.length + target] += weight * work.samples[from + frame];
        }
      }
  }
  for (let i = 0; i < sums.length; i++) sums[i] /= weights[i % weights.length];
  return sums;
}

/**
 * What the error of MP-PCA is expected to be, summed over some windows: Stein's unbiased estimate for functions of
 * singular values (Candes, Sing-Long and Trzasko, IEEE Trans Signal Process 61:4643, 2013), in which voxels of a window
 * are independent.
 *
 * @param data as of `mpPca`
 * @param levels variances of the noise in these windows; null: as found in them
 * @returns the mean squared error over the variance of the noise, that of a single component, and the variances that
 * were used
 */
export function pcaRisk(
  data: Float32Array,
  frames: number,
  grid: Grid,
  settings: PcaSettings,
  levels: readonly number[] | null,
): { readonly error: number; readonly least: number; readonly levels: readonly number[] } {
  const { columns, rows, slices } = grid;
  const area = columns * rows;
  const sides = [
    Math.min(2 * settings.radius + 1, columns),
    Math.min(2 * settings.radius + 1, rows),
    Math.min(2 * settings.radiusThrough + 1, slices),
  ] as const;
  const work = openWindow(sides[0] * sides[1] * sides[2], frames);
  const offsets = windowOffsets(...sides, columns, area);
  const step = Math.max(1, Math.round(Math.cbrt((area * slices) / MOST_RISKS)));
  const used: number[] = [];
  let error = 0;
  for (const z of starts(slices, sides[2], step))
    for (const y of starts(rows, sides[1], step))
      for (const x of starts(columns, sides[0], step)) {
        gather(data, slices * area, z * area + y * columns + x, offsets, work);
        const larger = decompose(work);
        const variance = levels?.[used.length] ?? varianceIn(work, larger, settings.mostVariance);
        used.push(variance);
        if (variance > 0) error += riskOf(work.eigen.values, larger, variance, settings.shrink);
      }
  return {
    error: error / (work.samples.length * used.length),
    least: (work.voxels + frames) / work.samples.length,
    levels: used,
  };
}

/** Windows in which the error is looked for: about so many. */
const MOST_RISKS = 1500;
/** Of a singular value, over which its shrinkage is differentiated. */
const STEP = 1e-5;

/** Of one window, from its eigenvalues. */
function riskOf(values: Float64Array, larger: number, variance: number, shrink: boolean): number {
  const size = values.length;
  const ratio = size / larger;
  const limit = (1 + Math.sqrt(ratio)) ** 2;
  const kept = (square: number): number =>
    square < limit || square <= 0 ? 0 : shrink ? shrinkage(square, ratio) : 1;
  let [off, freedom] = [0, 0];
  for (let k = 0; k < size; k++) {
    const square = values[k] / variance;
    const factor = kept(square);
    off += square * (1 - factor) ** 2;
    if (factor === 0) continue;
    const value = Math.sqrt(square);
    const [above, below] = [value + STEP, value - STEP];
    freedom += (above * kept(above ** 2) - below * kept(below ** 2)) / (2 * STEP) + (larger - size) * factor;
    for (let j = 0; j < size; j++) {
      const apart = square - values[j] / variance;
      if (Math.abs(apart) > STEP) freedom += (2 * square * factor) / apart;
    }
  }
  return larger * off - size * larger + 2 * freedom;
}

/** First voxels of windows along an axis; the last window ends at the border. */
function starts(length: number, window: number, stride: number): number[] {
  const last = length - window;
  const found: number[] = [];
  for (let at = 0; at < last; at += stride) found.push(at);
  found.push(last);
  return found;
}

function windowOffsets(
  width: number,
  height: number,
  through: number,
  columns: number,
  area: number,
): Int32Array {
  return Int32Array.from(
    { length: width * height * through },
    (_, k) =>
      (k % width) + (Math.floor(k / width) % height) * columns + Math.floor(k / (width * height)) * area,
  );
}

interface PcaWindow {
  readonly voxels: number;
  readonly frames: number;
  /** voxels * frames. */
  readonly samples: Float64Array;
  readonly mean: Float64Array;
  readonly eigen: EigenWorkspace;
  /** What each voxel has of each component, voxels * components. */
  readonly scores: Float64Array;
  /** Each component over the frames, of length 1: components * frames. */
  readonly patterns: Float64Array;
  /** What each component is multiplied with. */
  readonly factors: Float64Array;
  /** How far each component lies in few voxels, from 0 to 1. */
  readonly local: Float64Array;
  /** Logarithm of the weight that the window has at each voxel. */
  readonly logWeights: Float64Array;
}

function openWindow(voxels: number, frames: number): PcaWindow {
  const size = Math.min(voxels, frames);
  return {
    voxels,
    frames,
    samples: new Float64Array(voxels * frames),
    mean: new Float64Array(frames),
    eigen: eigenWorkspace(size),
    scores: new Float64Array(voxels * size),
    patterns: new Float64Array(size * frames),
    factors: new Float64Array(size),
    local: new Float64Array(size),
    logWeights: new Float64Array(voxels),
  };
}

/** The samples of a window, less the mean of each frame. */
function gather(
  data: Float32Array,
  frameLength: number,
  at: number,
  offsets: Int32Array,
  { samples, mean, voxels, frames }: PcaWindow,
): void {
  for (let frame = 0; frame < frames; frame++) {
    const start = frame * frameLength + at;
    let sum = 0;
    for (let voxel = 0; voxel < voxels; voxel++) {
      const value = data[start + offsets[voxel]];
      samples[voxel * frames + frame] = value;
      sum += value;
    }
    mean[frame] = sum / voxels;
    for (let i = frame; i < samples.length; i += frames) samples[i] -= mean[frame];
  }
}

/**
 * Fourth moment of what voxels have of a component over the square of the second: 3 where it lies all over the window,
 * and has noise. From the first value on some voxels have more of it than others, from the second on few have it.
 */
const FEW = [4, 6] as const;
/** What a voxel has of such a component, in noise, from which on it keeps more of that than others do, and all of it. */
const OWN = [2, 4] as const;
/** A difference of so many variances of the noise in the expected squared error makes a weight e times less. */
const TEMPERATURE = 8;

/** Replaces the samples by their projection on the components that are no noise, and weights the window at each voxel. */
function project(work: PcaWindow, { shrink, mostVariance }: PcaSettings): void {
  const { samples, mean, voxels, frames, eigen, factors, local, scores, logWeights } = work;
  const { size, values } = eigen;
  const larger = decompose(work);
  const variance = varianceIn(work, larger, mostVariance);
  const ratio = size / larger;
  const limit = (1 + Math.sqrt(ratio)) ** 2 * variance;
  let first = size;
  while (first > 0 && values[first - 1] >= limit && values[first - 1] > 0) first--;
  fillScores(work, first, larger);
  for (let k = first; k < size; k++) {
    factors[k] = shrink ? shrinkage(values[k] / variance, ratio) : 1;
    local[k] = factors[k] < 1 ? ramp(peakedness(work, k), FEW) : 0;
  }
  const simple = -Math.log(1 + size - first);
  const deviation = Math.sqrt(variance);
  for (let voxel = 0; voxel < voxels; voxel++) {
    let freedom = frames / voxels;
    for (let k = first, at = voxel * size + first; k < size; k++, at++) {
      const own = local[k] > 0 ? local[k] * ramp(Math.abs(scores[at]) / deviation, OWN) : 0;
      const kept = factors[k] + (1 - factors[k]) * own;
      // the component follows the noise of a voxel by as much as it is that voxel's own
      freedom += kept * (1 + (frames * scores[at] ** 2) / (values[k] * larger));
      scores[at] *= kept;
    }
    const removed = rebuild(work, voxel, first);
    // by the level of all, not by the variance found here: of what a window takes for noise that may be the largest part
    logWeights[voxel] = simple - (shrink ? (removed + 2 * freedom) / TEMPERATURE : 0);
  }
  for (let i = 0; i < samples.length; i++) samples[i] += mean[i % frames];
}

/** Fourth moment of a component over the voxels, over the square of the second. */
function peakedness({ scores, eigen, voxels }: PcaWindow, component: number): number {
  let [square, fourth] = [0, 0];
  for (let i = component; i < scores.length; i += eigen.size) {
    const power = scores[i] ** 2;
    square += power;
    fourth += power ** 2;
  }
  return square > 0 ? (voxels * fourth) / square ** 2 : 0;
}

/** Puts what its scores say in the place of a voxel's samples; @returns the square of the difference. */
function rebuild(
  { samples, frames, eigen, scores, patterns }: PcaWindow,
  voxel: number,
  first: number,
): number {
  const { size } = eigen;
  let removed = 0;
  for (let frame = 0, at = voxel * frames; frame < frames; frame++, at++) {
    let sum = 0;
    for (let k = first; k < size; k++) sum += scores[voxel * size + k] * patterns[k * frames + frame];
    removed += (samples[at] - sum) ** 2;
    samples[at] = sum;
  }
  return removed;
}

/** Fills the eigenvalues and vectors of a window; @returns the longer side of its matrix. */
function decompose(work: PcaWindow): number {
  const byFrames = work.frames <= work.voxels;
  fillGram(work, byFrames);
  symmetricEigen(work.eigen);
  return byFrames ? work.voxels : work.frames;
}

function varianceIn({ eigen, frames, voxels }: PcaWindow, larger: number, most: number): number {
  // the mean took one dimension: with fewer voxels than frames it leaves an eigenvalue of 0
  const empty = frames <= voxels ? Math.max(0, frames - (voxels - 1)) : 1;
  return Math.min(most, noiseVariance(eigen.values.subarray(empty), larger));
}

/**
 * What remains of a singular value whose square is `square`, in units of the noise variance times the longer side of the
 * matrix; `ratio` of its sides, at most 1.
 */
function shrinkage(square: number, ratio: number): number {
  // without noise nothing is to be shrunk
  if (square === Number.POSITIVE_INFINITY) return 1;
  return Math.sqrt(Math.max(0, (square - ratio - 1) ** 2 - 4 * ratio)) / square;
}

/** The matrix of inner products of frames (or of voxels) over the length of the other side. */
function fillGram({ samples, voxels, frames, eigen }: PcaWindow, byFrames: boolean): void {
  const { matrix, size } = eigen;
  matrix.fill(0);
  if (byFrames) {
    for (let start = 0; start < samples.length; start += frames)
      for (let a = 0; a < size; a++) {
        const value = samples[start + a];
        for (let b = 0; b <= a; b++) matrix[a * size + b] += value * samples[start + b];
      }
  } else {
    for (let a = 0; a < size; a++)
      for (let b = 0; b <= a; b++) {
        let sum = 0;
        for (let frame = 0; frame < frames; frame++)
          sum += samples[a * frames + frame] * samples[b * frames + frame];
        matrix[a * size + b] = sum;
      }
  }
  const scale = 1 / (byFrames ? voxels : frames);
  for (let a = 0; a < size; a++)
    for (let b = 0; b <= a; b++) {
      const value = matrix[a * size + b] * scale;
      matrix[a * size + b] = value;
      matrix[b * size + a] = value;
    }
}

/** What voxels have of the components from `first` on, and these over the frames; `larger` side of the matrix. */
function fillScores(work: PcaWindow, first: number, larger: number): void {
  const { samples, frames, voxels, eigen, scores, patterns } = work;
  const { matrix, size, values } = eigen;
  for (let k = first; k < size; k++) {
    if (frames <= voxels) {
      for (let frame = 0; frame < frames; frame++) patterns[k * frames + frame] = matrix[frame * size + k];
      for (let voxel = 0; voxel < voxels; voxel++) {
        let score = 0;
        for (let frame = 0, at = voxel * frames; frame < frames; frame++, at++)
          score += matrix[frame * size + k] * samples[at];
        scores[voxel * size + k] = score;
      }
    } else {
      const length = Math.sqrt(values[k] * larger);
      for (let voxel = 0; voxel < voxels; voxel++)
        scores[voxel * size + k] = length * matrix[voxel * size + k];
      for (let frame = 0; frame < frames; frame++) {
        let sum = 0;
        for (let voxel = 0; voxel < voxels; voxel++)
          sum += matrix[voxel * size + k] * samples[voxel * frames + frame];
        patterns[k * frames + frame] = sum / length;
      }
    }
  }
}
