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
/**
 * Power falls towards high frequencies by itself, steeply where objects are smooth or k-space was filtered. A border is
 * a fall beyond that: so many times further than the falls beside it, in logarithms, and so much more power in every
 * band of the other axis. The zeros of an object's own spectrum lie elsewhere in each of them.
 */
const [FURTHER, OF_BANDS, BANDS] = [2, 2.5, 3];
/** Borders are looked for from this share of the matrix on: less would be no image. */
const LEAST = 0.25;
/** Lines at lower frequencies of the other axis, where there is signal; share of that axis. */
const BAND = 0.15;
/** Power that is none, so that its logarithm is a number. */
const TINY = 1e-30;

/** Both axes of the planes of a volume. */
export function acquiredGrid(volume: Volume): Readonly<Record<Axis, AcquiredAxis>> {
  const spectra = middlePlanes(volume).map((values) => spectrumOf(values, volume));
  return { x: axisOf(spectra, 'x'), y: axisOf(spectra, 'y') };
}

/** Mean power at each frequency along an axis from 0 up, in bands of the other axis at lower frequencies, where there is signal. */
export function powerBands(volume: Volume, axis: Axis): Float64Array[] {
  return powerAlong(
    middlePlanes(volume).map((values) => spectrumOf(values, volume)),
    axis,
  );
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
  const bands = powerAlong(spectra, axis);
  const power = meanOf(bands);
  const most = power.length - 1;
  const least = Math.max(2 * REACH, Math.ceil(LEAST * most));
  let best = { highest: most, excess: Number.NEGATIVE_INFINITY };
  for (let highest = least; highest <= most - REACH; highest++) {
    const excess = Math.min(...bands.map((band) => excessOf(fallsAt(band, highest))));
    if (excess > best.excess) best = { highest, excess };
  }
  if (best.highest === most) return { highest: most, most, step: 1 };
  const falls = fallsAt(power, best.highest);
  const step = Math.exp(falls.here);
  const isBorder =
    best.excess >= Math.log(OF_BANDS) && step >= STEP && falls.here >= FURTHER * Math.max(0, falls.beside);
  return { highest: isBorder ? sharpest(power, best.highest, least) : most, most, step };
}

/** Logarithms of how much power falls from the frequencies up to one to those beyond, and the more of on either side. */
interface Falls {
  readonly here: number;
  readonly beside: number;
}

/** @param highest at least two reaches from zero frequency, and one from the end */
function fallsAt(power: Float64Array, highest: number): Falls {
  const levelAt = (from: number) => Math.log(Math.max(mean(power.subarray(from, from + REACH)), TINY));
  const inside = levelAt(highest - REACH + 1);
  const beyond = Math.max(levelAt(highest + 1), Math.log(Math.max(mean(power.subarray(highest + 1)), TINY)));
  const before = levelAt(highest - 2 * REACH + 1) - inside;
  const isLast = highest + 2 * REACH >= power.length;
  const after = isLast ? Number.NEGATIVE_INFINITY : beyond - levelAt(highest + REACH + 1);
  return { here: inside - beyond, beside: Math.max(before, after) };
}

function excessOf({ here, beside }: Falls): number {
  return here - Math.max(0, beside);
}

/** The frequency near a border after which the power falls most. */
function sharpest(power: Float64Array, near: number, least: number): number {
  let best = { highest: near, fall: 0 };
  for (
    let highest = Math.max(least, near - REACH);
    highest <= Math.min(near + REACH, power.length - 2);
    highest++
  ) {
    const fall = power[highest] / Math.max(power[highest + 1], Number.MIN_VALUE);
    if (fall > best.fall) best = { highest, fall };
  }
  return best.highest;
}

/** Mean power at each frequency along an axis, in bands of the other of one width; zero frequency first. */
function powerAlong(spectra: readonly ComplexImage[], axis: Axis): Float64Array[] {
  const [{ rows, columns }] = spectra;
  const [length, other] = axis === 'x' ? [columns, rows] : [rows, columns];
  const half = (length - 1) >> 1;
  const lines = Math.floor(BAND * other) + 1;
  const count = Math.min(BANDS, lines);
  const sums = Array.from({ length: count }, () => new Float64Array(half + 1));
  const counts = Array.from({ length: count }, () => new Float64Array(half + 1));
  for (const { re, im } of spectra)
    for (let y = 0, i = 0; y < rows; y++)
      for (let x = 0; x < columns; x++, i++) {
        const [along, across] = axis === 'x' ? [x, y] : [y, x];
        const frequency = Math.abs(frequencyOf(along, length));
        const line = Math.abs(frequencyOf(across, other));
        if (frequency > half || line >= lines) continue;
        const band = Math.floor((line * count) / lines);
        sums[band][frequency] += re[i] * re[i] + im[i] * im[i];
        counts[band][frequency]++;
      }
  return sums.map((power, band) => power.map((sum, i) => sum / Math.max(1, counts[band][i])));
}

function meanOf(bands: readonly Float64Array[]): Float64Array {
  return bands[0].map((_, i) => bands.reduce((sum, band) => sum + band[i], 0) / bands.length);
}

function mean(values: Float64Array): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
