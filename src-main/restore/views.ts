import type { Axes } from '../imaging/axes.js';
import type { Volume } from '../imaging/volume.js';
import type { NoiseModel } from '../noise/domain.js';

/** One way to cut a frame into planes, and the symmetries of the square under which these are restored. */
export interface View {
  /** Axes of the volume that the planes are stacked along, run down and run across. */
  readonly axes: Axes;
  /** Numbers of predict.ts. */
  readonly symmetries: readonly number[];
}

/**
 * Once, where the result is refined (filters/refine.ts): on slices 32 to 55 of ch2 with 5 and 9 % Rician noise
 * refining makes 0.05 dB less of it than of the mean of three ways, in a third of the network's time, which is better
 * spent on a third pass of refining, and all eight symmetries 0.01 dB more; on thick slices and on a CT it makes the same as of the mean of two symmetries.
 */
const ONCE: readonly View[] = [{ axes: [0, 1, 2], symmetries: [0] }];

/** Two of the eight symmetries: four gave 0.03 dB more. */
const IN_PLANE: readonly View[] = [{ axes: [0, 1, 2], symmetries: [0, 7] }];

/** Planes across the slices too, whose errors have less in common. */
const THREE_WAYS: readonly View[] = [
  { axes: [0, 1, 2], symmetries: [0] },
  { axes: [1, 0, 2], symmetries: [3] },
  { axes: [2, 0, 1], symmetries: [6] },
];

/** Lag-1 correlation under which noise counts as white: structure makes less by itself. */
const WHITE = 0.25;
/** Distances of voxels may differ by this factor for planes of all directions to look alike. */
const ISOTROPIC = 1.3;
/** Planes across fewer slices are mostly mirrored margin. */
const LEAST_SLICES = 12;

/** How a network is to see a volume, or a part of one, slice by slice. */
export function planarViews(isRefined: boolean): readonly View[] {
  return isRefined ? ONCE : IN_PLANE;
}

/**
 * How a network that knows planes of any direction is to see a volume: across its slices where voxels are cubes, unless
 * refining follows.
 */
export function viewsOf(
  volume: Volume,
  noise: NoiseModel,
  only2d: boolean,
  isRefined: boolean,
): readonly View[] {
  const longest = Math.max(...volume.spacing);
  const isCubic = longest <= ISOTROPIC * Math.min(...volume.spacing);
  // the network is told the correlation in its plane, and trained on slices of independent noise
  const { x, y, z } = noise.correlation;
  const isWhite = [x, y, z].every((rho) => Math.abs(rho) < WHITE);
  const isDeep = isCubic && isWhite && !only2d && volume.slices >= LEAST_SLICES;
  return isDeep && !isRefined ? THREE_WAYS : planarViews(isRefined);
}
