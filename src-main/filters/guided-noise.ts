import type { Volume } from '../imaging/volume.js';
import { estimateNoise, withGuides } from '../noise/estimate/estimate.js';
import type { NoiseEstimate } from '../noise/noise-estimate.js';
import { type Plane, samplePlanes } from '../noise/planes.js';
import { classicalDenoiser } from './denoiser.js';

/** Values that are filtered: a second or two of one processor. */
const MOST_VALUES = 1_000_000;
const LEAST_SIDE = 24;

/** Noise of a series as `estimateNoise` measures it, guided where that is not certain. */
export function measuredNoise(volume: Volume, hint: { modality?: string } = {}): Promise<NoiseEstimate> {
  return guidedNoise(volume, estimateNoise(volume, hint), hint);
}

/**
 * An estimate with the level measured once more where tissue alone tells it: some planes are filtered, and the level
 * is measured where the result is flat, since structure that hides under the noise counts as noise otherwise.
 */
export async function guidedNoise(
  volume: Volume,
  estimate: NoiseEstimate,
  hint: { modality?: string } = {},
): Promise<NoiseEstimate> {
  if (!restsOnTissue(estimate) || Math.min(volume.columns, volume.rows) < LEAST_SIDE) return estimate;
  const planes = somePlanes(volume);
  const filter = classicalDenoiser('nlm', { threads: 1 });
  const { data } = await filter(stackOf(volume, planes), noiseOn(planes, estimate), true);
  const area = volume.columns * volume.rows;
  const guides = planes.map((_, i) => data.subarray(i * area, (i + 1) * area));
  return withGuides(estimate, planes, guides, hint);
}

/** Repeats, and air that agrees, tell the level without any structure in it. */
function restsOnTissue({ sigma, methods: { background, repeats } }: NoiseEstimate): boolean {
  return sigma > 0 && repeats === null && !(background !== null && sigma <= background);
}

function somePlanes(volume: Volume): Plane[] {
  const planes = samplePlanes(volume);
  const most = Math.max(1, Math.floor(MOST_VALUES / (volume.columns * volume.rows)));
  const step = Math.max(1, planes.length / most);
  return Array.from({ length: Math.min(most, planes.length) }, (_, i) => planes[Math.floor(i * step)]);
}

/** The planes, one behind the other. */
function stackOf(volume: Volume, planes: readonly Plane[]): Volume {
  const area = volume.columns * volume.rows;
  const data = new Float32Array(area * planes.length);
  for (const [i, { values }] of planes.entries()) data.set(values, i * area);
  return { ...volume, data, slices: planes.length, frames: 1, measured: null };
}

/** The noise of that stack. */
function noiseOn(planes: readonly Plane[], estimate: NoiseEstimate): NoiseEstimate {
  const area = planes[0].values.length;
  const { map } = estimate;
  if (map === null) return { ...estimate, airMasked: false };
  const cut = new Float32Array(area * planes.length);
  for (const [i, { slice }] of planes.entries())
    cut.set(map.subarray(slice * area, (slice + 1) * area), i * area);
  return { ...estimate, map: cut, airMasked: false };
}
