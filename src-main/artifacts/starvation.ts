import type { Random } from '../base/random.js';
import {
  attenuation,
  enoughViews,
  project,
  reconstruct,
  valuePerAttenuation,
} from '../imaging/ct/projection.js';
import type { ArtifactModel, ArtifactPlane } from './plane.js';

/** Counts under this are read as this: the logarithm needs a signal. */
const LEAST_COUNT = 0.5;
/** Above this a Poisson count is drawn as a normal one; its skewness is under 0.15 there. */
const MANY = 50;

/**
 * Photon starvation: each ray keeps I = I0 exp(-p) photons of which a Poisson number is counted (Hsieh, Med Phys
 * 25:2139, 1998), so that rays through much bone streak. I0 is such that `photons` are expected in the ray that is
 * attenuated most. Reconstruction is linear: the plane gets the image of the errors of the line integrals.
 */
export function starvation(plane: ArtifactPlane, photons: number, random: Random): Float32Array {
  const { values, rows, columns } = plane;
  const sinogram = project(attenuation(plane), plane, enoughViews(plane));
  let densest = 0;
  for (const value of sinogram.values) if (value > densest) densest = value;
  const errors = sinogram.values.map((value) => {
    const expected = photons * Math.exp(densest - value);
    return Math.log(expected / Math.max(LEAST_COUNT, poisson(expected, random)));
  });
  const noise = reconstruct({ ...sinogram, values: errors }, { rows, columns });
  const factor = valuePerAttenuation(plane);
  return values.map((value, i) => value + factor * noise[i]);
}

/** A Poisson number: by multiplying uniforms (Knuth) for few, rounded normal for many. */
export function poisson(mean: number, random: Random): number {
  if (mean > MANY) return Math.max(0, Math.round(mean + Math.sqrt(mean) * random.normal()));
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random.uniform(); product > limit; product *= random.uniform()) count++;
  return count;
}

export const starvationModel: ArtifactModel = {
  severity: {
    unit: '%',
    meaning:
      'counting noise of the ray that is attenuated most, over its signal: 10 means a hundred photons left',
    usual: 10,
    least: 0.01,
    most: 200,
  },
  prepare: (severity) => (plane, random) => starvation(plane, (100 / severity) ** 2, random),
};
