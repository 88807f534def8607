import type { Volume } from '../../imaging/volume.js';
import { ranked } from '../../noise/robust.js';

const SAMPLES = 200_000;
/** Share of the way from the darkest to the brightest percentile above which a voxel is foreground. */
const SHARE = 0.1;
/** Below this many sigma above the darkest percentile, magnitude noise in air cannot be told from tissue. */
const SIGMAS = 2;

/**
 * The value above which a voxel counts as foreground: a tenth of the way from the first to the 99th percentile of
 * the measured values, and for magnitude images at least two sigma, so that air stays out whatever its noise.
 * Percentiles rather than a share of the maximum, because CT air is at -1000 HU. Units of the volume.
 */
export function foregroundThreshold(volume: Volume, sigma: number, rician: boolean): number {
  const values = sampled(volume);
  if (values.length === 0) return Number.POSITIVE_INFINITY;
  const [low, high] = ranked(
    values,
    [0.01, 0.99].map((share) => Math.floor(share * (values.length - 1))),
  );
  const threshold = low + SHARE * (high - low);
  return rician ? Math.max(threshold, low + SIGMAS * sigma) : threshold;
}

/** Up to SAMPLES finite, measured values, evenly spread; a stride without a common factor with the row length. */
function sampled(volume: Volume): Float32Array {
  const { data, measured } = volume;
  const stride = strideFor(data.length, volume.columns);
  const out = new Float32Array(Math.ceil(data.length / stride));
  let count = 0;
  for (let i = 0; i < data.length; i += stride)
    if ((measured === null || measured[i % measured.length] !== 0) && Number.isFinite(data[i]))
      out[count++] = data[i];
  return out.subarray(0, count);
}

function strideFor(length: number, columns: number): number {
  let stride = Math.max(1, Math.floor(length / SAMPLES));
  while (stride > 1 && columns % stride === 0) stride++;
  return stride;
}
