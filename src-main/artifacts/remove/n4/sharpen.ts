/**
 * What the logarithms of an image would be without a smooth field, by the histogram alone (Sled, Zijdenbos and Evans,
 * IEEE Trans Med Imaging 17:87, 1998): the field blurs the histogram by a Gaussian, which a Wiener filter undoes; of each
 * value that is seen the expected true one is told.
 */
import { fft, inverseFft } from '../../../base/fft.js';

const BINS = 200;
const PADDED = 512;
/** Full width at half maximum of the Gaussian, in logarithms, and the noise of the Wiener filter: those of N4. */
const [WIDTH, NOISE] = [0.15, 0.01];

/** A table of expected values: linear between its entries. */
export interface Expected {
  readonly least: number;
  readonly step: number;
  readonly values: Float64Array;
}

/** null where all values are one. @param mask 0 or 1 a value */
export function expectedValues(logs: Float32Array, mask: Float32Array): Expected | null {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < logs.length; i++) {
    if (mask[i] === 0) continue;
    if (logs[i] < least) least = logs[i];
    if (logs[i] > most) most = logs[i];
  }
  const step = (most - least) / (BINS - 1);
  if (!(step > 0)) return null;
  const offset = (PADDED - BINS) >> 1;
  const blur = gaussian(WIDTH / step);
  const counted = deconvolved(histogram(logs, mask, least, step, offset), blur);
  const weighted = counted.map((count, n) => count * (least + (n - offset) * step));
  const counts = convolved(counted, blur);
  const sums = convolved(weighted, blur);
  const values = new Float64Array(BINS);
  for (let n = 0; n < BINS; n++) {
    const count = counts[n + offset];
    values[n] = Math.abs(count) > 1e-9 ? sums[n + offset] / count : least + n * step;
  }
  return { least, step, values };
}

/** The expected true value of one that is seen. */
export function expectedOf({ least, step, values }: Expected, log: number): number {
  const at = (log - least) / step;
  const low = Math.max(0, Math.min(values.length - 2, Math.floor(at)));
  return values[low] + (at - low) * (values[low + 1] - values[low]);
}

/** Counts, each shared between the two nearest bins. */
function histogram(
  logs: Float32Array,
  mask: Float32Array,
  least: number,
  step: number,
  offset: number,
): Float64Array {
  const counts = new Float64Array(PADDED);
  for (let i = 0; i < logs.length; i++) {
    if (mask[i] === 0) continue;
    const at = (logs[i] - least) / step;
    const low = Math.floor(at);
    counts[offset + low] += 1 - at + low;
    counts[offset + low + 1] += at - low;
  }
  return counts;
}

/** Spectrum of a Gaussian of area 1 around the first bin, a real one. @param width full width at half maximum, bins */
function gaussian(width: number): Float64Array {
  const re = new Float64Array(PADDED);
  const scale = (2 * Math.sqrt(Math.LN2 / Math.PI)) / width;
  for (let n = 0; n <= PADDED / 2; n++) {
    const value = scale * Math.exp((-4 * Math.LN2 * n * n) / (width * width));
    re[n] = value;
    if (n > 0 && n < PADDED / 2) re[PADDED - n] = value;
  }
  fft(re, new Float64Array(PADDED));
  return re.map((value) => value * Math.sqrt(PADDED));
}

function deconvolved(counts: Float64Array, blur: Float64Array): Float64Array {
  const wiener = blur.map((value) => value / (value * value + NOISE));
  return convolved(counts, wiener).map((value) => Math.max(0, value));
}

function convolved(values: Float64Array, spectrum: Float64Array): Float64Array {
  const re = values.slice();
  const im = new Float64Array(PADDED);
  fft(re, im);
  for (let n = 0; n < PADDED; n++) {
    re[n] *= spectrum[n];
    im[n] *= spectrum[n];
  }
  inverseFft(re, im);
  return re;
}
