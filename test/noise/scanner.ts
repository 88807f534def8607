import { type ComplexImage, fft2, frequencyOf, inverseFft2 } from '../../src-main/base/fft.js';
import { Random } from '../../src-main/base/random.js';
import { LimpidError } from '../../src-main/contract/errors.js';
import { planeLength, sliceView, type Volume, withData } from '../../src-main/imaging/volume.js';
import { median } from '../../src-main/noise/robust.js';
import { type Coils, coilsAround, noiseGain, rootSumOfSquares } from './coils.js';

/** How a scanner makes magnitude images of an object: what decides where its noise is and how it looks. */
export interface Scanner {
  /** Receivers around the object; 1: one that sees all places alike. */
  readonly coils: number;
  /**
   * 'adaptive': the combination of most signal (Roemer et al, Magn Reson Med 16:192, 1990; Walsh et al 2000), whose
   * magnitude is Rician; 'sum-of-squares': non-central chi, with a noise floor that grows with the coils.
   */
  readonly combination: 'adaptive' | 'sum-of-squares';
  /** Every how many lines one is acquired; the rest is unfolded, which raises the noise by the g-factor. */
  readonly acceleration: number;
  /** Part of k-space that was acquired, along a row and along a column, in (0, 1]; the rest is zero. */
  readonly acquired: readonly [number, number];
  /** Window over what was acquired. */
  readonly window: 'none' | 'fermi' | 'hann';
  /** Sensitivities divided out: tissue is bright alike, and noise rises where coils see little. */
  readonly normalised: boolean;
  /** What air is multiplied with: normalisation and combination often make it quieter than tissue. */
  readonly airGain: number;
}

/** The plainest scanner: white Rician noise, the same everywhere. */
export const PLAIN_SCANNER: Scanner = {
  coils: 1,
  combination: 'adaptive',
  acceleration: 1,
  acquired: [1, 1],
  window: 'none',
  normalised: false,
  airGain: 1,
};

export interface Scan {
  /** Magnitudes with noise. */
  readonly noisy: Volume;
  /** What the same scanner makes of the object without noise. */
  readonly clean: Volume;
  /** Standard deviation of the noise at each voxel of a frame, of one channel of the complex signal. */
  readonly map: Float32Array;
  /** The median of the map in tissue. */
  readonly sigma: number;
}

/** Values above this part of the brightest are tissue: what the level refers to. */
const TISSUE = 0.1;

/**
 * A scan of an object, slice by slice: signal and noise of the receivers, acceleration, k-space window, combination,
 * normalisation, magnitude. The level of the receivers is such that the median level in tissue is `sigma`.
 *
 * @param object magnitudes of the first frame, not negative
 * @throws LimpidError E_VALUES for a setting out of its range
 */
export function simulateScan(object: Volume, scanner: Scanner, sigma: number, seed: number): Scan {
  check(scanner, sigma);
  const { columns, rows, slices } = object;
  const coils = coilsAround(scanner.coils, columns, rows);
  const filter = kSpaceWindow(scanner, columns, rows);
  const area = planeLength(object);
  const air = airGains(object, scanner.airGain);
  const signal = rootSumOfSquares(coils);
  const raised = noiseGain(coils, scanner.acceleration);
  const energy = Math.sqrt(filter.reduce((sum, w) => sum + w * w, 0) / area);
  const map = new Float32Array(area * slices);
  for (let i = 0; i < map.length; i++) {
    const divided = scanner.normalised ? signal[i % area] : 1;
    map[i] = (energy * raised[i % area] * air[i]) / divided;
  }
  const factor = sigma / typicalInTissue(object, map);
  for (let i = 0; i < map.length; i++) map[i] *= factor;
  const random = new Random(seed);
  const data = new Float32Array(area * slices);
  const ideal = new Float32Array(area * slices);
  for (let slice = 0; slice < slices; slice++) {
    const object2d = sliceView(object, slice);
    const start = slice * area;
    const sums = { noisy: new Float64Array(area), clean: new Float64Array(area) };
    for (const coil of receivers(scanner, coils, signal)) addReceiver(object2d, coil, sums, random);
    for (let i = 0; i < area; i++) {
      const gain = air[start + i] / (scanner.normalised ? signal[i] : 1);
      data[start + i] = gain * Math.sqrt(sums.noisy[i]);
      ideal[start + i] = gain * Math.sqrt(sums.clean[i]);
    }
  }
  const frame = { ...object, frames: 1, measured: null };
  return { noisy: withData(frame, data), clean: withData(frame, ideal), map, sigma };

  function addReceiver(
    plane: Float32Array,
    { re, im }: ComplexImage,
    sums: { readonly noisy: Float64Array; readonly clean: Float64Array },
    draws: Random,
  ): void {
    const clean = filtered(
      { re: re.map((s, i) => s * plane[i]), im: im.map((s, i) => s * plane[i]), rows, columns },
      filter,
    );
    const level = (i: number): number => factor * raised[i] * draws.normal();
    const noise = filtered(
      {
        re: Float64Array.from(re, (_, i) => level(i)),
        im: Float64Array.from(im, (_, i) => level(i)),
        rows,
        columns,
      },
      filter,
    );
    for (let i = 0; i < plane.length; i++) {
      sums.clean[i] += clean.re[i] ** 2 + clean.im[i] ** 2;
      sums.noisy[i] += (clean.re[i] + noise.re[i]) ** 2 + (clean.im[i] + noise.im[i]) ** 2;
    }
  }
}

/** What is received and squared: every coil by itself, or the one combination that an adaptive reconstruction makes. */
function receivers(scanner: Scanner, coils: Coils, signal: Float64Array): readonly ComplexImage[] {
  if (scanner.combination === 'sum-of-squares') return coils.fields;
  return [{ re: signal, im: new Float64Array(signal.length), rows: coils.rows, columns: coils.columns }];
}

function typicalInTissue(object: Volume, map: Float32Array): number {
  const area = planeLength(object) * object.slices;
  const frame = object.data.subarray(0, area);
  const brightest = frame.reduce((a, b) => Math.max(a, b), 0);
  const levels = map.filter((_, i) => frame[i] > TISSUE * brightest);
  if (levels.length === 0) throw bad('an object without any signal');
  return median(levels);
}

/** 1 in tissue, `gain` in air, with a soft border that leaves tissue alone. */
function airGains(object: Volume, gain: number): Float32Array {
  const { columns, rows, slices } = object;
  const area = planeLength(object);
  const gains = new Float32Array(area * slices).fill(1);
  if (gain === 1) return gains;
  const brightest = object.data.subarray(0, gains.length).reduce((a, b) => Math.max(a, b), 0);
  const kernel = fermiRadial(columns, rows, 0.06);
  for (let slice = 0; slice < slices; slice++) {
    const plane = sliceView(object, slice);
    const inside = Float64Array.from(plane, (value) => (value > TISSUE * brightest ? 1 : 0));
    const soft = filtered({ re: inside, im: new Float64Array(area), rows, columns }, kernel).re;
    for (let i = 0; i < area; i++) {
      const share = inside[i] === 1 ? 1 : Math.min(1, Math.max(0, 2 * soft[i]));
      gains[slice * area + i] = gain + share * (1 - gain);
    }
  }
  return gains;
}

/** A low pass: half at `cut` of the length of k-space. */
function fermiRadial(columns: number, rows: number, cut: number): Float64Array {
  return Float64Array.from({ length: columns * rows }, (_, i) => {
    const fx = frequencyOf(i % columns, columns) / columns;
    const fy = frequencyOf(Math.floor(i / columns), rows) / rows;
    return Math.exp(-Math.LN2 * ((fx * fx + fy * fy) / (cut * cut)));
  });
}

/** Weights over k-space, frequency 0 at index 0. */
export function kSpaceWindow({ acquired, window }: Scanner, columns: number, rows: number): Float64Array {
  return Float64Array.from({ length: columns * rows }, (_, i) => {
    const x = Math.abs(frequencyOf(i % columns, columns)) / ((acquired[0] * columns) / 2);
    const y = Math.abs(frequencyOf(Math.floor(i / columns), rows)) / ((acquired[1] * rows) / 2);
    if (x > 1 || y > 1) return 0;
    switch (window) {
      case 'none':
        return 1;
      case 'fermi':
        // half at 0.9 of the acquired radius, as clinical reconstructions have it
        return 1 / (1 + Math.exp((Math.hypot(x, y) - 0.9) / 0.05));
      case 'hann':
        return (0.5 + 0.5 * Math.cos(Math.PI * x)) * (0.5 + 0.5 * Math.cos(Math.PI * y));
    }
  });
}

function filtered(image: ComplexImage, weights: Float64Array): ComplexImage {
  fft2(image);
  for (let i = 0; i < weights.length; i++) {
    image.re[i] *= weights[i];
    image.im[i] *= weights[i];
  }
  inverseFft2(image);
  return image;
}

function check(scanner: Scanner, sigma: number): void {
  if (!(sigma > 0)) throw bad('a level that is not positive');
  if (!(Number.isInteger(scanner.coils) && scanner.coils >= 1)) throw bad('a number of coils under 1');
  if (!(Number.isInteger(scanner.acceleration) && scanner.acceleration >= 1))
    throw bad('an acceleration under 1');
  if (scanner.acceleration > scanner.coils) throw bad('an acceleration above the number of coils');
  if (!scanner.acquired.every((part) => part > 0 && part <= 1)) throw bad('a part of k-space outside (0, 1]');
  if (!(scanner.airGain > 0)) throw bad('a gain of air that is not positive');
}

function bad(what: string): LimpidError {
  return new LimpidError({
    code: 'E_VALUES',
    message: `The scanner cannot be simulated with ${what}.`,
    remedy: 'Change that setting.',
  });
}
