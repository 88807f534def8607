import { wholeBox } from '../imaging/box.js';
import type { Volume } from '../imaging/volume.js';
import { type NoiseModel, toUnitNoise } from '../noise/domain.js';
import { ramp } from '../noise/levels.js';
import { estimateMotion } from '../noise/motion/motion.js';
import { type MovedMeans, movedMeans } from '../noise/motion/moved.js';
import { addChange } from './change.js';
import { isPlanar, pcaSettings } from './denoiser.js';
import { pcaRisk } from './mppca.js';

/** What MP-PCA is told of the motion of a series. */
export interface Alignment {
  readonly means: MovedMeans;
  /** How much of the change that motion makes is taken off before and given back after, from 0 to 1. */
  readonly share: number;
  /** Share of the expected error that goes with the change taken off in full. */
  readonly gain: number;
  /** Largest motion of a frame from that of reference: translation and rotation at 50 mm from the centre, mm. */
  readonly largest: number;
}

/** Smaller sides tell no motion. */
const LEAST_SIDE = 16;
const LEAST_FRAMES = 4;
/**
 * Of the expected error, that must go before a change is taken off, and with which all of it is. Below lies what drifts
 * and single moves gain by the estimate and do not by the truth: they cost MP-PCA one component, and a mean that is
 * resampled for each frame costs as much.
 */
const PAYS = [0.1, 0.25] as const;
const HEAD_RADIUS = 50;

/**
 * Looks whether MP-PCA of a series comes out better where the change that rigid motion makes is taken off before. It is
 * decided by the expected error in some windows with and without: what drifts slowly, and what does not move, is
 * described by components as well.
 *
 * @param only2d neighbouring slices are no neighbours in space
 * @returns null where it does not pay, or nothing can be told
 */
export function alignmentOf(volume: Volume, noise: NoiseModel, only2d: boolean): Alignment | null {
  const { frames, columns, rows } = volume;
  if (frames < LEAST_FRAMES || Math.min(columns, rows) < LEAST_SIDE || !(noise.sigma > 0)) return null;
  const { outliers = [] } = noise;
  const motion = estimateMotion(volume, { only2d, outliers });
  const bad = outliers.filter(({ dropOuts, spikes }) => dropOuts.length + spikes.length > 0);
  const means = movedMeans(volume, motion, new Set(bad.map(({ frame }) => frame)));
  if (means.every((one) => one === null)) return null;
  const { values } = toUnitNoise(volume, noise);
  const settings = pcaSettings(frames, isPlanar('mppca', volume, only2d));
  const before = pcaRisk(values, frames, volume, settings, null);
  addChange(values, volume, noise, { means, share: 1, box: wholeBox(volume) }, -1);
  const after = pcaRisk(values, frames, volume, settings, before.levels);
  // where voxels share noise the estimate is too low: under the error of one component it tells nothing
  const gain = Math.min(1, (before.error - after.error) / Math.max(before.error, before.least));
  const share = ramp(gain, PAYS);
  if (!(share > 0)) return null;
  const largest = motion.poses.map(({ values: six }) =>
    six === null
      ? 0
      : Math.hypot(...six.map((value, k) => (k < 3 ? value : (HEAD_RADIUS * value * Math.PI) / 180))),
  );
  return { means, share, gain, largest: Math.max(...largest) };
}
