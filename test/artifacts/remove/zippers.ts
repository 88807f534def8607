import { Random } from '../../../src-main/base/random.js';
import { planeLength, type Volume, withData } from '../../../src-main/imaging/volume.js';
import { quantile } from '../../../src-main/noise/robust.js';

/** Interference of one frequency. */
export interface Interference {
  /** Place on the read-out; between two pixels it spreads over those around. */
  readonly at: number;
  /** Root mean square of what it adds to the complex image at its place, over what is bright; %. */
  readonly percent: number;
}

/**
 * A zipper: each line of k-space meets a wave of one frequency at a phase by chance, so that along the phase encoding
 * (columns of the plane) there are complex numbers by chance, and along the read-out the spectrum of the wave.
 */
export function withZippers(truth: Volume, all: readonly Interference[], seed: number): Volume {
  const random = new Random(seed);
  const { rows, columns } = truth;
  const bright = quantile(truth.data, 0.99);
  const data = truth.data.slice();
  for (let plane = 0; plane < truth.slices * truth.frames; plane++) {
    const re = Float64Array.from(data.subarray(plane * planeLength(truth), (plane + 1) * planeLength(truth)));
    const im = new Float64Array(re.length);
    for (const { at, percent } of all)
      for (let y = 0; y < rows; y++) {
        const size = ((percent / 100) * bright) / Math.SQRT2;
        const [c, s] = [size * random.normal(), size * random.normal()];
        for (let x = 0; x < columns; x++) {
          const part = spectrum(x - at, columns);
          re[y * columns + x] += part * c;
          im[y * columns + x] += part * s;
        }
      }
    data.set(
      re.map((value, i) => Math.hypot(value, im[i])),
      plane * planeLength(truth),
    );
  }
  return withData(truth, data);
}

/** Of a wave over so many samples, at this distance from its frequency. */
function spectrum(distance: number, samples: number): number {
  const angle = (Math.PI * distance) / samples;
  return Math.abs(Math.sin(angle)) < 1e-12 ? 1 : Math.sin(samples * angle) / (samples * Math.tan(angle));
}
