import { type EigenWorkspace, eigenWorkspace, symmetricEigen } from '../base/linear/eigen.js';
import { noiseVariance } from '../noise/components.js';
import type { Grid, SliceRange } from './slab.js';

export interface PcaSettings {
  /** Voxels that a window reaches from its centre: along rows and columns, and across slices. */
  readonly radius: number;
  readonly radiusThrough: number;
  /** Distance between windows in voxels, along every axis that a window is as wide on; else its width: all voxels are in one. */
  readonly stride: number;
  /** Shrink the components that are kept by what noise added to them; else they are kept as they are. */
  readonly shrink: boolean;
  /** No more is taken for the variance of the noise: from few frames alone it cannot be told from that of signal. */
  readonly mostVariance: number;
}

/**
 * MP-PCA of Veraart et al, NeuroImage 142:394, 2016: in a sliding window the voxels' signals over the frames, less
 * their mean, are projected on the principal components that rise above the Marchenko-Pastur distribution of pure
 * noise; each voxel is the average of all windows it is in, weighted by 1 / (1 + components kept) (Manjon et al, PLoS
 * ONE 8:e73021, 2013). With `shrink` the singular values are those of least squared error under white noise (Gavish and
 * Donoho, IEEE Trans Inf Theory 63:2137, 2017, equation 7). The decomposition runs on the smaller side of the window's
 * matrix. As DIPY's mppca, without `shrink`, where windows have more voxels than there are frames and the stride is 1.
 *
 * @param data all frames, index = ((frame * slices + slice) * rows + row) * columns + column
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
  const along = (length: number, side: number) => starts(length, side, Math.min(settings.stride, side));
  const across = along(columns, width);
  for (const z of along(slices, through)) {
    if (z + through <= range.from || z >= range.to) continue;
    for (const y of along(rows, height))
      for (const x of across) {
        const at = z * area + y * columns + x;
        gather(data, slices * area, at, offsets, work);
        const weight = 1 / (1 + project(work, settings));
        for (let voxel = 0; voxel < offsets.length; voxel++) {
          const target = at + offsets[voxel] - range.from * area;
          if (target < 0 || target >= weights.length) continue;
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
  readonly scores: Float64Array;
  /** What each component is multiplied with. */
  readonly factors: Float64Array;
}

function openWindow(voxels: number, frames: number): PcaWindow {
  const size = Math.min(voxels, frames);
  return {
    voxels,
    frames,
    samples: new Float64Array(voxels * frames),
    mean: new Float64Array(frames),
    eigen: eigenWorkspace(size),
    scores: new Float64Array(Math.max(voxels, frames)),
    factors: new Float64Array(size),
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

/** Replaces the samples by their projection on the components that are no noise, whose number it returns. */
function project(work: PcaWindow, { shrink, mostVariance }: PcaSettings): number {
  const { samples, mean, voxels, frames, eigen, factors } = work;
  const byFrames = frames <= voxels;
  const larger = decompose(work);
  const variance = varianceIn(work, larger, mostVariance);
  const ratio = eigen.size / larger;
  const limit = (1 + Math.sqrt(ratio)) ** 2 * variance;
  let first = eigen.size;
  while (first > 0 && eigen.values[first - 1] >= limit && eigen.values[first - 1] > 0) first--;
  for (let k = first; k < eigen.size; k++)
    factors[k] = shrink ? shrinkage(eigen.values[k] / variance, ratio) : 1;
  if (byFrames) projectFrames(work, first);
  else projectVoxels(work, first);
  for (let i = 0; i < samples.length; i++) samples[i] += mean[i % frames];
  return eigen.size - first;
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

/** Each voxel's signal onto the eigenvectors from `first` on. */
function projectFrames({ samples, frames, eigen, scores, factors }: PcaWindow, first: number): void {
  const { matrix, size } = eigen;
  for (let start = 0; start < samples.length; start += frames) {
    for (let k = first; k < size; k++) {
      let score = 0;
      for (let frame = 0; frame < frames; frame++) score += matrix[frame * size + k] * samples[start + frame];
      scores[k] = factors[k] * score;
    }
    for (let frame = 0; frame < frames; frame++) {
      let sum = 0;
      for (let k = first; k < size; k++) sum += matrix[frame * size + k] * scores[k];
      samples[start + frame] = sum;
    }
  }
}

/** Each frame's image onto the eigenvectors from `first` on. */
function projectVoxels({ samples, voxels, frames, eigen, scores, factors }: PcaWindow, first: number): void {
  const { matrix, size } = eigen;
  for (let frame = 0; frame < frames; frame++) {
    for (let k = first; k < size; k++) {
      let score = 0;
      for (let voxel = 0; voxel < voxels; voxel++)
        score += matrix[voxel * size + k] * samples[voxel * frames + frame];
      scores[k] = factors[k] * score;
    }
    for (let voxel = 0; voxel < voxels; voxel++) {
      let sum = 0;
      for (let k = first; k < size; k++) sum += matrix[voxel * size + k] * scores[k];
      samples[voxel * frames + frame] = sum;
    }
  }
}
