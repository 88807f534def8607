/** The grid on which k-space was acquired, told from the images: what lies beyond was filled with zeros. */
import { type Axis, type ComplexImage, fft2, frequencyOf } from '../../base/fft.js';
import { sliceView, type Volume } from '../../imaging/volume.js';

/** What is known of one axis of the plane. */
export interface AcquiredAxis {
  /** Highest frequency that was acquired, in cycles over the field of view. */
  readonly highest: number;
  /** Frequencies that the matrix could hold: `highest` of an image that was not zero-filled. */
  readonly most: number;
  /** Power just inside the border over that just beyond; 1 where there is none. */
  readonly step: number;
}

/** Planes that are looked at. */
const PLANES = 8;
/** A border: this much more power inside than beyond, on average over so many frequencies on each side. */
const [STEP, REACH] = [5, 3];
/** Borders are looked for from this share of the matrix on: less would be no image. */
const LEAST = 0.25;
/** Lines at lower frequencies of the other axis, where there is signal; share of that axis. */
const BAND = 0.15;

/** Both axes of the planes of a volume. */
export function acquiredGrid(volume: Volume): Readonly<Record<Axis, AcquiredAxis>> {
  const spectra = middlePlanes(volume).map((values) => spectrumOf(values, volume));
  return { x: axisOf(spectra, 'x'), y: axisOf(spectra, 'y') };
}

/** Planes of the middle half of the volume. */
export function middlePlanes(volume: Volume, most = PLANES): Float32Array[] {
  const count = Math.min(most, volume.slices);
  return Array.from({ length: count }, (_, k) => {
    const slice = Math.floor(volume.slices * (0.25 + (0.5 * (k + 0.5)) / count));
    return sliceView(volume, slice, Math.floor((k * volume.frames) / count));
  });
}

function spectrumOf(values: Float32Array, { rows, columns }: Volume): ComplexImage {
  const image = { re: Float64Array.from(values), im: new Float64Array(values.length), rows, columns };
  fft2(image);
  return image;
}

function axisOf(spectra: readonly ComplexImage[], axis: Axis): AcquiredAxis {
  const power = powerAlong(spectra, axis);
  const most = power.length - 1;
  let best = { highest: most, step: 1 };
  for (let highest = Math.ceil(LEAST * most); highest <= most - REACH; highest++) {
    const inside = mean(power.subarray(highest - REACH + 1, highest + 1));
    const beyond = power.subarray(highest + 1);
    const step = inside / Math.max(mean(beyond.subarray(0, REACH)), mean(beyond), Number.MIN_VALUE);
    if (step > best.step) best = { highest, step };
  }
  if (best.step < STEP) return { highest: most, most, step: best.step };
  return { highest: sharpest(power, best.highest), most, step: best.step };
}

/** The frequency near a border after which the power falls most. */
function sharpest(power: Float64Array, near: number): number {
  let best = { highest: near, fall: 0 };
  for (let highest = near - REACH; highest <= Math.min(near + REACH, power.length - 2); highest++) {
    const fall = power[highest] / Math.max(power[highest + 1], Number.MIN_VALUE);
    if (fall > best.fall) best = { highest, fall };
  }
  return best.highest;
}

/** Mean power at each frequency along an axis, in the band of the other; zero frequency first. */
function powerAlong(spectra: readonly ComplexImage[], axis: Axis): Float64Array {
  const [{ rows, columns }] = spectra;
  const [length, other] = axis === 'x' ? [columns, rows] : [rows, columns];
  const half = (length - 1) >> 1;
  const power = new Float64Array(half + 1);
  const counts = new Float64Array(half + 1);
  for (const { re, im } of spectra)
    for (let y = 0, i = 0; y < rows; y++)
      for (let x = 0; x < columns; x++, i++) {
        const [along, across] = axis === 'x' ? [x, y] : [y, x];
        const frequency = Math.abs(frequencyOf(along, length));
        if (frequency > half || Math.abs(frequencyOf(across, other)) > BAND * other) continue;
        power[frequency] += re[i] * re[i] + im[i] * im[i];
        counts[frequency]++;
      }
  return power.map((sum, i) => sum / Math.max(1, counts[i]));
}

function mean(values: Float64Array): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
