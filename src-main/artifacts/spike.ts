import {
  type ArtifactModel,
  type ArtifactPlane,
  between,
  brightest,
  magnitudeOfKSpace,
  toKSpace,
} from './plane.js';

export interface Spike {
  /** Place in k-space in cycles over the field of view, along a row and along a column. */
  readonly kx: number;
  readonly ky: number;
  /** Amplitude of the stripes that it makes, in the units of the image, and their phase in radians. */
  readonly amplitude: number;
  readonly phase: number;
}

/**
 * Herringbone: each outlier in k-space adds a plane wave over the whole (complex) image. An outlier of amplitude
 * A sqrt(rows columns) in the unitary transform is a wave of amplitude A.
 */
export function spike(plane: ArtifactPlane, spikes: readonly Spike[]): Float32Array {
  const { rows, columns } = plane;
  const kSpace = toKSpace(plane);
  for (const { kx, ky, amplitude, phase } of spikes) {
    const x = ((kx % columns) + columns) % columns;
    const y = ((ky % rows) + rows) % rows;
    const size = amplitude * Math.sqrt(rows * columns);
    kSpace.re[y * columns + x] += size * Math.cos(phase);
    kSpace.im[y * columns + x] += size * Math.sin(phase);
  }
  return magnitudeOfKSpace(kSpace);
}

const MOST_SPIKES = 3;

export const spikeModel: ArtifactModel = {
  severity: {
    unit: '%',
    meaning: 'amplitude of the stripes over the brightest value of the plane; one to three outliers a plane',
    usual: 10,
    least: 0,
    most: 200,
  },
  prepare: (severity) => (plane, random) => {
    const { rows, columns } = plane;
    const bright = brightest(plane.values);
    const spikes = Array.from({ length: 1 + random.integer(MOST_SPIKES) }, () => {
      // beyond a twentieth of k-space: nearer its centre an outlier is shading, not stripes
      const radius = between(random, 0.05, 0.45);
      const angle = between(random, 0, 2 * Math.PI);
      return {
        kx: Math.round(radius * columns * Math.cos(angle)),
        ky: Math.round(radius * rows * Math.sin(angle)),
        amplitude: (severity / 100) * bright * between(random, 0.7, 1.3),
        phase: between(random, 0, 2 * Math.PI),
      };
    });
    return spike(plane, spikes);
  },
};
