import {
  attenuation,
  enoughViews,
  project,
  reconstruct,
  type Sinogram,
  valuePerAttenuation,
} from '../imaging/ct/projection.js';
import type { ArtifactModel, ArtifactPlane } from './plane.js';

/**
 * Streaks of too few views: the plane plus what filtered backprojection of every `every`-th view gives beyond that
 * of all (Kak and Slaney 1988, 5.1). Reconstruction is linear, so nothing else of the plane changes.
 *
 * @param first the first view that is kept, 0 to every - 1
 */
export function streak(plane: ArtifactPlane, every: number, first = 0): Float32Array {
  const { values, rows, columns } = plane;
  const kept = Math.max(2, Math.round(enoughViews(plane) / every));
  const all = project(attenuation(plane), plane, kept * every);
  const excess = reconstruct(excessOf(all, every, first), { rows, columns });
  const factor = valuePerAttenuation(plane);
  return values.map((value, i) => value + factor * excess[i]);
}

/** The kept views, weighted for those that are missing, less all views. */
function excessOf({ values, views, channels }: Sinogram, every: number, first: number): Sinogram {
  const excess = values.map(
    (value, i) => (Math.floor(i / channels) % every === first ? every - 1 : -1) * value,
  );
  return { values: excess, views, channels };
}

export const streakModel: ArtifactModel = {
  severity: {
    unit: 'times',
    meaning: 'too few views: only one in so many of the views that the matrix needs (whole number)',
    usual: 8,
    least: 1,
    most: 64,
  },
  prepare: (severity) => {
    const every = Math.max(1, Math.round(severity));
    return (plane, random) => streak(plane, every, random.integer(every));
  },
};
