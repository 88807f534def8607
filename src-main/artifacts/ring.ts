import type { Random } from '../base/random.js';
import { channelsFor, filterViews, valuePerAttenuation } from '../imaging/ct/projection.js';
import type { ArtifactModel, ArtifactPlane, PlaneSize } from './plane.js';

/** Samples a pixel of the radial profile, and angles a pixel of the longest circle. */
const FINE = 4;

/**
 * Rings: a detector channel whose gain is wrong by a factor 1 + e adds -ln(1 + e) to its line integrals in every
 * view (Sijbers and Postnov, Phys Med Biol 49:N247, 2004). The reconstruction is linear, so
 * the rings are that of the errors alone: over a whole turn a function of the distance from the middle.
 *
 * @param gains relative gain error of each channel, `channelsFor` values
 */
export function ring(plane: ArtifactPlane, gains: Float64Array): Float32Array {
  const { values, rows, columns } = plane;
  const profile = ringProfile(gains, Math.hypot(rows, columns) / 2);
  const factor = valuePerAttenuation(plane);
  const [middleX, middleY] = [(columns - 1) / 2, (rows - 1) / 2];
  const out = new Float32Array(values.length);
  for (let y = 0, i = 0; y < rows; y++)
    for (let x = 0; x < columns; x++, i++) {
      const at = FINE * Math.hypot(x - middleX, y - middleY);
      const low = Math.floor(at);
      const part = at - low;
      out[i] = values[i] + factor * ((1 - part) * profile[low] + part * profile[low + 1]);
    }
  return out;
}

/** Filtered backprojection over a whole turn of views that are all alike, by distance from the middle. */
function ringProfile(gains: Float64Array, reach: number): Float64Array {
  const channels = gains.length;
  const errors = gains.map((gain) => -Math.log1p(gain));
  const { values } = filterViews({ values: errors, views: 1, channels });
  const middle = (channels - 1) / 2;
  const angles = Math.ceil(FINE * Math.PI * reach);
  const cosines = Float64Array.from({ length: angles }, (_, i) =>
    Math.cos((2 * Math.PI * (i + 0.5)) / angles),
  );
  return Float64Array.from({ length: Math.ceil(FINE * reach) + 2 }, (_, k) => {
    // the corner pixels lie under half a pixel inside the last channels
    const radius = Math.min(k / FINE, middle - 1);
    let sum = 0;
    for (const cosine of cosines) {
      const at = middle + radius * cosine;
      const low = Math.floor(at);
      sum += (1 - at + low) * values[low] + (at - low) * values[low + 1];
    }
    return (Math.PI * sum) / angles;
  });
}

/** Share of the channels that are wrong. */
const BROKEN = 0.1;

/** Gain errors in [-1, ...) of which most are 0. */
export function drawGains(severity: number, size: PlaneSize, random: Random): Float64Array {
  const channels = channelsFor(size);
  return Float64Array.from({ length: channels }, () =>
    random.uniform() < BROKEN ? Math.max(-0.9, (severity / 100) * random.normal()) : 0,
  );
}

export const ringModel: ArtifactModel = {
  severity: {
    unit: '%',
    meaning: 'standard deviation of the gain error of the broken detector channels, one in ten',
    usual: 5,
    least: 0,
    most: 50,
  },
  prepare: (severity, size, random) => {
    const gains = drawGains(severity, size, random);
    return (plane) => ring(plane, gains);
  },
};
