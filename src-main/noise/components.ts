import { eigenWorkspace, symmetricEigen } from '../base/linear/eigen.js';
import { originalFrames, type Volume } from '../imaging/volume.js';
import { tissueThreshold } from './foreground.js';
import { MOST_FRAMES, meanPlane, type Plane, spread } from './planes.js';
import { sigmaFromMagnitude } from './rician.js';
import { median } from './robust.js';

/** Fewer frames leave fewer than three eigenvalues beside three of signal: too few to tell the noise from. */
export const TELLING_FRAMES = 6;
const MOST_WINDOWS = 240;
const LEAST_WINDOWS = 12;
/** Squares of stored steps: what rounding leaves of frames that a scanner interpolated has a twelfth, and its spread. */
const ROUNDED = 0.2;
/** Times that the correlation of what is left as noise, and with it its level, is measured. */
const ROUNDS = 3;

/**
 * The variance of the noise: the largest set of the smallest eigenvalues whose spread is that of the
 * Marchenko-Pastur distribution of their mean (Veraart et al, Magn Reson Med 76:1582, 2016, equation 12).
 *
 * @param values eigenvalues, ascending
 * @param larger the longer side of the matrix they come from, in independent samples
 * @param least below which an eigenvalue says nothing of the noise
 */
export function noiseVariance(values: Float64Array, larger: number, least = 0): number {
  const own = values.subarray(
    Math.max(
      0,
      values.findIndex((value) => value >= least),
    ),
  );
  let sum = own.reduce((total, value) => total + value, 0);
  for (let count = own.length; count > 0; count--) {
    const mean = sum / count;
    if (own[count - 1] - own[0] <= 4 * Math.sqrt(count / larger) * mean) return mean;
    sum -= own[count - 1];
  }
  return 0;
}

/**
 * Channel sigma by the principal components that hold noise and nothing else: those of windows of tissue over the
 * frames, whose eigenvalues spread as noise has them. Frames need be no repeats: what changes with the gradients or
 * with time lies in few components. Voxels that share noise are fewer samples than voxels, which widens the spread of
 * the eigenvalues; their correlation is that of the components that were taken for noise.
 *
 * @returns null with fewer than six frames that are no copies of one another, or too little tissue
 */
export function componentsNoise(volume: Volume, planes: readonly Plane[], rician: boolean): number | null {
  const some = spread(volume.frames, MOST_FRAMES);
  const originals = originalFrames(volume, some);
  const frames = some.filter((frame, k) => originals[k] === frame);
  if (frames.length < TELLING_FRAMES) return null;
  const grid = windowGrid(volume);
  const windows = tissueWindows(volume, planes, grid).map((at) => openWindow(volume, frames, grid, at));
  if (windows.length < LEAST_WINDOWS) return null;
  let correlation: Correlation = [0, 0, 0];
  const least = ROUNDED * volume.quantum ** 2;
  let found = windows.map((window) => noiseOf(window, independent(grid, correlation), least));
  for (let round = 1; round < ROUNDS; round++) {
    correlation = correlationOf(windows, found, grid);
    found = windows.map((window) => noiseOf(window, independent(grid, correlation), least));
  }
  const levels = windows.flatMap(({ mean }, k) => {
    const sd = Math.sqrt(found[k].variance);
    return sd > 0 ? [rician ? sigmaFromMagnitude(mean, sd) : sd] : [];
  });
  return levels.length < LEAST_WINDOWS ? null : median(levels);
}

/** Sides of a window along rows, columns and slices. */
type WindowGrid = readonly [number, number, number];
/** Lag-1 correlation along the same. */
type Correlation = readonly [number, number, number];

/** Voxels along a side of a window of three dimensions, as MP-PCA has them, and of one plane. */
export const WINDOW = { cube: 5, plane: 7 } as const;

/** Cubes, or where there are too few slices for one squares of a plane. */
function windowGrid({ columns, rows, slices }: Volume): WindowGrid {
  const isCube = slices >= WINDOW.cube;
  const side = isCube ? WINDOW.cube : WINDOW.plane;
  return [Math.min(side, columns), Math.min(side, rows), isCube ? side : 1];
}

/** First voxels of windows whose mean over time is tissue throughout, at most so many, evenly spread. */
function tissueWindows(
  volume: Volume,
  planes: readonly Plane[],
  [width, height, depth]: WindowGrid,
): number[] {
  const { columns, rows, slices } = volume;
  const first = planes[0]?.frame;
  const means = planes
    .filter(({ frame, slice }) => frame === first && slice + depth <= slices)
    .map(({ slice }) => meanPlane(volume, slice));
  const { level } = tissueThreshold(means);
  const found: number[] = [];
  for (const { values, usable, slice } of means)
    for (let y = 0; y + height <= rows; y += height)
      for (let x = 0; x + width <= columns; x += width) {
        let tissue = true;
        for (let k = 0; k < width * height && tissue; k++) {
          const i = (y + Math.floor(k / width)) * columns + x + (k % width);
          tissue = usable[i] === 1 && values[i] > level;
        }
        if (tissue) found.push((slice * rows + y) * columns + x);
      }
  return spread(found.length, MOST_WINDOWS).map((k) => found[k]);
}

/** The eigenvectors of a window's frames, and the samples on them. */
interface ComponentWindow {
  readonly mean: number;
  /** Ascending. */
  readonly values: Float64Array;
  /** Samples on each eigenvector, component after component, each a voxel after the other. */
  readonly scores: Float64Array;
}

function openWindow(
  volume: Volume,
  frames: readonly number[],
  [width, height, depth]: WindowGrid,
  at: number,
): ComponentWindow {
  const { columns, rows, slices } = volume;
  const voxels = width * height * depth;
  const count = frames.length;
  const samples = new Float64Array(count * voxels);
  let mean = 0;
  frames.forEach((frame, t) => {
    const start = frame * slices * rows * columns + at;
    let sum = 0;
    for (let k = 0; k < voxels; k++) {
      const [x, y, z] = [k % width, Math.floor(k / width) % height, Math.floor(k / (width * height))];
      const value = volume.data[start + (z * rows + y) * columns + x];
      samples[t * voxels + k] = value;
      sum += value;
    }
    mean += sum / voxels / count;
    for (let k = 0; k < voxels; k++) samples[t * voxels + k] -= sum / voxels;
  });
  const work = eigenWorkspace(count);
  for (let a = 0; a < count; a++)
    for (let b = 0; b <= a; b++) {
      let sum = 0;
      for (let k = 0; k < voxels; k++) sum += samples[a * voxels + k] * samples[b * voxels + k];
      work.matrix[a * count + b] = sum / (voxels - 1);
      work.matrix[b * count + a] = sum / (voxels - 1);
    }
  symmetricEigen(work);
  const scores = new Float64Array(count * voxels);
  for (let c = 0; c < count; c++)
    for (let t = 0; t < count; t++) {
      const weight = work.matrix[t * count + c];
      for (let k = 0; k < voxels; k++) scores[c * voxels + k] += weight * samples[t * voxels + k];
    }
  return { mean, values: work.values.slice(), scores };
}

interface WindowNoise {
  readonly variance: number;
  /** The smallest eigenvalues: so many components hold noise alone. */
  readonly components: number;
}

function noiseOf({ values }: ComponentWindow, samples: number, least: number): WindowNoise {
  const larger = Math.max(samples - 1, 1);
  const variance = noiseVariance(values, larger, least);
  const limit = (1 + Math.sqrt(values.length / larger)) ** 2 * variance;
  let components = 0;
  while (components < values.length && values[components] < limit) components++;
  return { variance, components };
}

/** Samples that tell as much as the voxels of a window whose noise is correlated so. */
function independent(grid: WindowGrid, correlation: Correlation): number {
  return grid.reduce((product, side, axis) => {
    let sum = 0;
    for (let lag = 1 - side; lag < side; lag++)
      sum += (side - Math.abs(lag)) * correlation[axis] ** (2 * Math.abs(lag));
    return (product * side * side) / sum;
  }, 1);
}

/** Lag-1 correlation of the components that hold noise, over all windows. */
function correlationOf(
  windows: readonly ComponentWindow[],
  noise: readonly WindowNoise[],
  grid: WindowGrid,
): Correlation {
  const [width, height, depth] = grid;
  const voxels = width * height * depth;
  const steps = [1, width, width * height];
  const along = (axis: number): number => {
    const [side, step] = [grid[axis], steps[axis]];
    if (side < 2) return 0;
    let product = 0;
    let energy = 0;
    windows.forEach(({ scores }, w) => {
      for (let c = 0; c < noise[w].components; c++)
        for (let k = 0; k < voxels; k++) {
          if (Math.floor(k / step) % side === side - 1) continue;
          const [a, b] = [scores[c * voxels + k], scores[c * voxels + k + step]];
          product += a * b;
          energy += (a * a + b * b) / 2;
        }
    });
    return energy > 0 ? Math.max(0, Math.min(0.9, product / energy)) : 0;
  };
  return [along(0), along(1), along(2)];
}
