import { frequencyOf } from '../base/fft.js';
import { type ArtifactModel, type ArtifactPlane, magnitudeOfKSpace, toKSpace } from './plane.js';

export interface GibbsSettings {
  /** Part of k-space that was acquired, along a row and along a column, in (0, 1]. */
  readonly keptX: number;
  readonly keptY: number;
}

/**
 * Gibbs ringing: k-space beyond the acquired part is zero. A step then rings with a period of 2 / kept pixels
 * (Veraart et al, Magn Reson Med 76:301, 2016). Energy never grows.
 */
export function gibbs(plane: ArtifactPlane, { keptX, keptY }: GibbsSettings): Float32Array {
  const kSpace = toKSpace(plane);
  const { rows, columns } = plane;
  for (let y = 0, i = 0; y < rows; y++) {
    const outside = Math.abs(frequencyOf(y, rows)) > (keptY * rows) / 2;
    for (let x = 0; x < columns; x++, i++)
      if (outside || Math.abs(frequencyOf(x, columns)) > (keptX * columns) / 2) {
        kSpace.re[i] = 0;
        kSpace.im[i] = 0;
      }
  }
  return magnitudeOfKSpace(kSpace);
}

export const gibbsModel: ArtifactModel = {
  severity: {
    unit: '%',
    meaning: 'part of k-space along each axis that was not acquired and is filled with zeros',
    usual: 50,
    least: 0,
    most: 90,
  },
  prepare: (severity) => {
    const kept = 1 - severity / 100;
    return (plane) => gibbs(plane, { keptX: kept, keptY: kept });
  },
};
