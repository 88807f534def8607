import { type Problem, problemOf } from '../../contract/errors.js';
import type { Volume } from '../../imaging/volume.js';
import { CORRELATED } from '../levels.js';
import type { NoiseEstimate } from '../noise-estimate.js';
import { darkLevel, foregroundLevel, samplePlanes } from '../planes.js';
import { median, quantile } from '../robust.js';
import { noiseWarnings } from '../warnings.js';

/** The noise as a person knows it. */
export interface ToldNoise {
  /** Of a channel, in units of the volume; at each voxel of a frame where it is known to vary. All above zero. */
  readonly level: number | Float32Array;
  /** Lag-1 correlation along x and y, where that is known too. */
  readonly correlation?: { readonly x: number; readonly y: number };
}

/** Factor from which on it is worth a word that the images show another level. */
const APART = 1.5;

/** An estimate with its level, and what else is known, replaced by what was told: that is certain. */
export function withToldNoise(estimate: NoiseEstimate, volume: Volume, told: ToldNoise): NoiseEstimate {
  const map = typeof told.level === 'number' ? null : told.level;
  const levels = map === null ? null : inTissue(volume, map);
  const sigma = typeof told.level === 'number' ? told.level : median(levels ?? told.level);
  const variation = levels === null ? 0 : (quantile(levels, 0.9) - quantile(levels, 0.1)) / sigma;
  const brightness =
    median(inTissue(volume, volume.data)) - darkLevel(samplePlanes(volume), volume.units === 'HU');
  const correlation = { ...estimate.correlation, ...told.correlation };
  const known: Omit<NoiseEstimate, 'warnings'> = {
    ...estimate,
    sigma,
    map,
    mapVariation: variation,
    relative: brightness > 0 ? (100 * sigma) / brightness : 0,
    correlation,
    correlated: Math.max(correlation.x, correlation.y) > CORRELATED,
    certain: true,
    certainty: 1,
    methods: { ...estimate.methods, told: sigma },
  };
  return { ...known, warnings: [...differs(estimate, sigma), ...others(known)] };
}

/** What methods say of one another is of no interest where the level was told. */
function others(known: Omit<NoiseEstimate, 'warnings'>): Problem[] {
  return noiseWarnings(known).filter(({ code }) => code !== 'W_NOISE_DISAGREE');
}

function differs({ sigma: found, certain }: NoiseEstimate, sigma: number): Problem[] {
  const factor = Math.max(found / sigma, sigma / found);
  if (!certain || !(found > 0) || factor < APART) return [];
  const reason = found > sigma ? 'W_NOISE_DISAGREE/told-low' : 'W_NOISE_DISAGREE/told-high';
  return [problemOf(reason, { times: factor, found })];
}

/** Values of a frame where the first frame is bright; all of them where nothing is. */
function inTissue(volume: Volume, values: Float32Array): Float32Array {
  const planes = samplePlanes({ ...volume, frames: 1 });
  const threshold = foregroundLevel(planes);
  const found: number[] = [];
  for (const { values: own, slice } of planes)
    for (let i = 0; i < own.length; i++) if (own[i] > threshold) found.push(values[slice * own.length + i]);
  return found.length > 0 ? Float32Array.from(found) : values;
}
