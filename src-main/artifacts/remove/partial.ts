/**
 * Partial Fourier: along one axis k-space was acquired on one side to the end, on the other up to a short side. Where
 * the rest was filled with zeros, the magnitude of a high frequency is that of one side: half of what it is. In the
 * power of a magnitude image that is a fall by four at the short side, rounded where the phase of the image changes.
 * Where the scanner took the other side from the conjugate (homodyne, POCS) there is none, and nothing to mend.
 */

import { ramp } from '../../noise/levels.js';

/** Where one side ends, and how much less is beyond. */
export interface ShortSide {
  /** Highest frequency that was acquired on both sides; cycles over the field of view. */
  readonly highest: number;
  /** Power up to there over that beyond, less what it falls by itself; logarithm to base 2. */
  readonly fall: number;
  /** How sure it is, from 0 to 1: as much of the fall is made good. */
  readonly share: number;
}

/** Short sides are looked for between these shares of the highest frequency: 5/8 of k-space is 0.25, 7/8 0.75. */
const [LEAST, MOST] = [0.2, 0.83];
/** Frequencies beside it that tell how power falls by itself, over it. */
const [FROM, TO] = [0.4, 1.8];
/** Lines over which the phase of images rounds the fall. */
const ROUNDED = 1.5;
/** Spread of logarithms of power that images have beside noise: without it smooth spectra would be surer than they are. */
const OWN_SPREAD = 0.15;
/** A fall from which it is that of a filter, or of a border, rather, and from which it is certainly none of zeros on one side. */
const [FAR, TOO_FAR] = [3.5, 4.5];
/** A fall of all bands beyond which more is no surer; that of zeros is 2. */
const ENOUGH = 1.5;
/** Falls over their errors, times the least of the bands, from which a short side is there, and is there for certain. */
const [THERE, CERTAIN] = [3.5, 5];
/** Frequencies that a fit needs besides those that it spends. */
const SPENT = 4;
/** Power that is none, so that its logarithm is a number. */
const TINY = 1e-30;

/**
 * The short side along one axis, told by a step in the logarithm of power beside a parabola of logarithms.
 *
 * @param bands mean power at each frequency from 0 up, in bands of the other axis
 * @param highest frequency that was acquired at all
 * @returns null where there is none
 */
export function shortSide(bands: readonly Float64Array[], highest: number): ShortSide | null {
  const best = clearestStep(bands, highest);
  const share = (1 - ramp(best.fall, [FAR, TOO_FAR])) * ramp(best.score, [THERE, CERTAIN]);
  return share === 0 ? null : { highest: best.at, fall: best.fall, share };
}

/** Falls over their errors from which a short side may be there of which no file tells. */
const SUSPECTED = [2.5, 3.5] as const;
/** Falls that zeros on one side may make, in images whose phase changes: the ends of both ramps. */
const OF_ZEROS = { least: [1, 1.5], most: [3, 4] } as const;
/** Short sides, as shares of the highest frequency, up to which and from which on removing ringing as of both sides harms, and does not. */
const HARMFUL = [0.3, 0.45] as const;

/**
 * How far images along one axis are such that to remove ringing as of k-space that was acquired on both sides would harm:
 * most frequencies look like those of one side, filled with zeros, and no file tells of it. From 0 to 1.
 */
export function oneSided(bands: readonly Float64Array[], highest: number): number {
  const { at, fall, score } = clearestStep(bands, highest);
  const likely = ramp(fall, OF_ZEROS.least) * (1 - ramp(fall, OF_ZEROS.most));
  return likely * ramp(score, SUSPECTED) * (1 - ramp(at / highest, HARMFUL));
}

interface Step {
  /** Highest frequency before it. */
  readonly at: number;
  readonly fall: number;
  /** Falls over their errors, times the least of the bands. */
  readonly score: number;
}

function clearestStep(bands: readonly Float64Array[], highest: number): Step {
  const logarithms = bands.map((band) => band.map((power) => Math.log2(Math.max(power, TINY))));
  let best: Step = { at: 0, fall: 0, score: 0 };
  const last = Math.floor(MOST * highest);
  for (let at = Math.max(2 * SPENT, Math.ceil(LEAST * highest)); at <= last; at++) {
    const { fall, score } = stepAt(logarithms, at, highest);
    if (score > best.score) best = { at, fall, score };
  }
  return best;
}

/** What frequencies from 0 up are multiplied by, so that the fall is made good: at most twice, since one side is missing. */
export function gainsOf({ highest, fall, share }: ShortSide, most: number): Float64Array {
  const more = share * (2 ** (Math.min(2, fall) / 2) - 1);
  return Float64Array.from({ length: most + 1 }, (_, f) => 1 + more * beyond(f, highest));
}

/** From 0 to 1 over some lines. */
function beyond(frequency: number, highest: number): number {
  return 1 / (1 + Math.exp((highest + 0.5 - frequency) / ROUNDED));
}

function stepAt(
  logarithms: readonly Float64Array[],
  at: number,
  highest: number,
): { readonly fall: number; readonly score: number } {
  const from = Math.max(2, Math.floor(FROM * at));
  const length = Math.min(highest, Math.round(TO * at)) - from + 1;
  if (length <= 2 * SPENT) return { fall: 0, score: 0 };
  const own: Float64Array[] = [];
  for (const power of [0, 1, 2])
    own.push(
      unit(
        Float64Array.from({ length }, (_, i) => Math.log(from + i) ** power),
        own,
      ),
    );
  const step = without(
    Float64Array.from({ length }, (_, i) => -beyond(from + i, at)),
    own,
  );
  const energy = dot(step, step);
  let [explained, left] = [0, 0];
  const falls = logarithms.map((band) => {
    const rest = without(band.subarray(from, from + length), own);
    const fall = dot(rest, step) / energy;
    explained += fall * fall * energy;
    left += dot(rest, rest) - fall * fall * energy;
    return fall;
  });
  const error = Math.sqrt(Math.max(0, left) / (falls.length * (length - SPENT))) + OWN_SPREAD;
  const certain = Math.max(0, Math.min(ENOUGH, ...falls));
  return {
    fall: falls.reduce((sum, fall) => sum + fall, 0) / falls.length,
    score: (certain * Math.sqrt(explained)) / error,
  };
}

/** What vectors of length 1, at right angles to one another, do not explain. */
function without(values: Float64Array, vectors: readonly Float64Array[]): Float64Array {
  const rest = values.slice();
  for (const vector of vectors) {
    const share = dot(rest, vector);
    for (let i = 0; i < rest.length; i++) rest[i] -= share * vector[i];
  }
  return rest;
}

function unit(values: Float64Array, vectors: readonly Float64Array[]): Float64Array {
  const rest = without(values, vectors);
  const size = Math.sqrt(dot(rest, rest));
  return rest.map((value) => value / size);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
