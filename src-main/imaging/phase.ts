import { type ComplexImage, fft2, frequencyOf, inverseFft2 } from '../base/fft.js';

/**
 * The phase of complex images that is smooth: it says little of the object and much of shots, in which motion under a
 * diffusion gradient turns all of the image. Taken away, signal is in the real parts and alike in all volumes, so that
 * few components hold it; what is left of the phase is no more than details and noise.
 */

/** Frequencies that are kept reach to this share of the highest one, from the strongest on, under a Hann window. */
const KEPT = 0.25;

interface Planes {
  /** All real parts, then all imaginary ones; whole planes. */
  readonly parts: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/**
 * Radians of every voxel: of the plane seen through a low pass around its strongest frequency (a ramp of the phase moves
 * that), as NORDIC and Cordero-Grande et al (NeuroImage 200:391, 2019) take it away.
 */
function smoothPhaseOf({ parts, rows, columns }: Planes): Float32Array {
  const count = parts.length / 2;
  const area = rows * columns;
  const phase = new Float32Array(count);
  for (let start = 0; start < count; start += area) {
    const plane: ComplexImage = {
      re: Float64Array.from(parts.subarray(start, start + area)),
      im: Float64Array.from(parts.subarray(count + start, count + start + area)),
      rows,
      columns,
    };
    fft2(plane);
    keepAround(plane, strongest(plane));
    inverseFft2(plane);
    for (let i = 0; i < area; i++) phase[start + i] = Math.atan2(plane.im[i], plane.re[i]);
  }
  return phase;
}

/** Volumes whose phases agree by more than this, of 1, are as well denoised with them: 0.45 radians apart. */
const AGREEING = 0.85;

/**
 * The smooth phase, where it differs from volume to volume by more than a turn of the whole plane; else null: with it
 * taken away, its own noise would be all that is new.
 *
 * @param volumes how many there are, of as many planes each
 */
export function shotPhaseOf(planes: Planes, volumes: number): Float32Array | null {
  const phase = smoothPhaseOf(planes);
  const { parts, rows, columns } = planes;
  const area = rows * columns;
  const count = phase.length;
  const size = count / volumes;
  let [agreeing, all] = [0, 0];
  for (let start = size; start < count; start += area) {
    let [re, im, sum] = [0, 0, 0];
    for (let i = start; i < start + area; i++) {
      const first = i % size;
      const weight = Math.hypot(parts[i], parts[count + i]) * Math.hypot(parts[first], parts[count + first]);
      re += weight * Math.cos(phase[i] - phase[first]);
      im += weight * Math.sin(phase[i] - phase[first]);
      sum += weight;
    }
    agreeing += Math.hypot(re, im);
    all += sum;
  }
  return agreeing > AGREEING * all ? null : phase;
}

/** Parts turned by a phase in radians, or back where `sign` is 1; a new array. */
export function turnedBy(parts: Float32Array, phase: Float32Array, sign: 1 | -1): Float32Array {
  const count = phase.length;
  const out = new Float32Array(parts.length);
  for (let i = 0; i < count; i++) {
    const [cos, sin] = [Math.cos(phase[i]), sign * Math.sin(phase[i])];
    out[i] = parts[i] * cos - parts[count + i] * sin;
    out[count + i] = parts[i] * sin + parts[count + i] * cos;
  }
  return out;
}

/** Its index. */
function strongest({ re, im }: ComplexImage): number {
  let [best, most] = [0, -1];
  for (let i = 0; i < re.length; i++) {
    const power = re[i] * re[i] + im[i] * im[i];
    if (power > most) [best, most] = [i, power];
  }
  return best;
}

function keepAround({ re, im, rows, columns }: ComplexImage, center: number): void {
  const [cx, cy] = [center % columns, Math.floor(center / columns)];
  const window = (index: number, from: number, length: number) => {
    const apart = frequencyOf((index - from + length) % length, length);
    const share = Math.abs(apart) / (KEPT * Math.max(1, length / 2));
    return share < 1 ? 0.5 + 0.5 * Math.cos(Math.PI * share) : 0;
  };
  const across = Float64Array.from({ length: columns }, (_, x) => window(x, cx, columns));
  for (let y = 0; y < rows; y++) {
    const along = window(y, cy, rows);
    for (let x = 0; x < columns; x++) {
      re[y * columns + x] *= along * across[x];
      im[y * columns + x] *= along * across[x];
    }
  }
}
