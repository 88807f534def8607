import { fault } from '../contract/errors.js';
import { ricianMean } from './rician.js';
import { type Stabiliser, stabiliser } from './stabiliser.js';

/**
 * Variance stabilisation of Rician magnitudes and its exact unbiased inverse, after Foi, "Noise estimation and
 * removal in MR imaging: the variance-stabilization approach", IEEE ISBI 2011. A denoiser for Gaussian noise of
 * standard deviation 1 works between the two calls; the transform itself is in stabiliser.ts.
 */

/** One noise level for all values, or one a value (same length). Units of the values. */
export type Sigma = number | Float32Array;

/**
 * Magnitudes to a domain where the noise has standard deviation 1 whatever the signal. At high signal the result
 * tends to value / sigma.
 *
 * @param values magnitudes; negative ones (of an interpolated source) are taken as they come, by extension
 * @param sigma standard deviation of the underlying complex channel, > 0
 * @param out where to write; may be `values` itself; a new array when absent
 * @param certainty how far the level can be relied on, from 0 to 1: by as much the values are stabilised, and by the rest
 *   only divided by the level
 * @throws LimpidError E_VALUES for a sigma that is not positive; E_SHAPE for a map or `out` of another length
 */
export function stabilise(
  values: Float32Array,
  sigma: Sigma,
  out?: Float32Array,
  certainty = 1,
): Float32Array {
  return transform(values, sigma, out, certainty, (value, level, table) => table.forward(value / level));
}

/**
 * The exact unbiased inverse: maps the expectation of the stabilised magnitudes back to the amplitude nu that is
 * free of noise (not to the mean magnitude, which the noise floor lifts). Values under E[f(m) | nu = 0] give 0.
 *
 * @param values denoised values of the stabilised domain
 * @param sigma the same that went into `stabilise`
 * @param certainty the same that went into it: with less than 1 as much of the floor of the mean magnitude stays
 * @throws as `stabilise`
 */
export function unstabilise(
  values: Float32Array,
  sigma: Sigma,
  out?: Float32Array,
  certainty = 1,
): Float32Array {
  return transform(values, sigma, out, certainty, (value, level, table) => level * table.inverse(value));
}

/** Amplitudes of the table, in units of sigma: denser where the mean magnitude hardly tells them. */
const AMPLITUDES = Float64Array.from({ length: 2401 }, (_, i) => 24 * (i / 2400) ** 2);

/**
 * Between stabilising (1) and dividing by the level (0): both the value of an amplitude in the domain of denoising and
 * what is made of it are means of those of the two, so that neighbours in certainty give neighbours.
 */
function partly(certainty: number): Pick<Stabiliser, 'forward' | 'inverse'> {
  const whole = stabiliser();
  if (certainty >= 1) return whole;
  const mean = (a: number, b: number): number => certainty * a + (1 - certainty) * b;
  const magnitudes = AMPLITUDES.map((nu) => ricianMean(nu, 1));
  const inside = AMPLITUDES.map((nu, i) => mean(whole.expected(nu), magnitudes[i]));
  const results = AMPLITUDES.map((nu, i) => mean(nu, magnitudes[i]));
  const last = AMPLITUDES.length - 1;
  return {
    forward: (x) => mean(whole.forward(x), x),
    inverse: (y) => {
      // All that is left of values under the floor is the part that is no more than divided.
      if (y <= inside[0]) return (results[0] * y) / inside[0];
      if (y >= inside[last]) return y + results[last] - inside[last];
      const i = lastUpTo(inside, y);
      const part = (y - inside[i]) / (inside[i + 1] - inside[i]);
      return results[i] + part * (results[i + 1] - results[i]);
    },
  };
}

/** Index of the last of ascending values that is no more than a value, which lies between the first and the last. */
function lastUpTo(ascending: Float64Array, value: number): number {
  let [low, high] = [0, ascending.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (ascending[middle] <= value) low = middle;
    else high = middle;
  }
  return low;
}

function transform(
  values: Float32Array,
  sigma: Sigma,
  out: Float32Array | undefined,
  certainty: number,
  each: (value: number, level: number, table: Pick<Stabiliser, 'forward' | 'inverse'>) => number,
): Float32Array {
  const result = out ?? new Float32Array(values.length);
  if (result.length !== values.length || (typeof sigma !== 'number' && sigma.length !== values.length))
    throw fault('E_SHAPE/noise-values');
  const table = partly(certainty);
  if (typeof sigma === 'number') {
    const level = positive(sigma);
    for (let i = 0; i < values.length; i++) result[i] = each(values[i], level, table);
  } else {
    for (let i = 0; i < values.length; i++) result[i] = each(values[i], positive(sigma[i]), table);
  }
  return result;
}

function positive(sigma: number): number {
  if (sigma > 0 && sigma < Number.POSITIVE_INFINITY) return sigma;
  throw fault('E_VALUES/stabilise');
}
