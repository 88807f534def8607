import { fault } from '../contract/errors.js';
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
 * @throws LimpidError E_VALUES for a sigma that is not positive; E_SHAPE for a map or `out` of another length
 */
export function stabilise(values: Float32Array, sigma: Sigma, out?: Float32Array): Float32Array {
  return transform(values, sigma, out, (value, level, table) => table.forward(value / level));
}

/**
 * The exact unbiased inverse: maps the expectation of the stabilised magnitudes back to the amplitude nu that is
 * free of noise (not to the mean magnitude, which the noise floor lifts). Values under E[f(m) | nu = 0] give 0.
 *
 * @param values denoised values of the stabilised domain
 * @param sigma the same that went into `stabilise`
 * @throws as `stabilise`
 */
export function unstabilise(values: Float32Array, sigma: Sigma, out?: Float32Array): Float32Array {
  return transform(values, sigma, out, (value, level, table) => level * table.inverse(value));
}

function transform(
  values: Float32Array,
  sigma: Sigma,
  out: Float32Array | undefined,
  each: (value: number, level: number, table: Stabiliser) => number,
): Float32Array {
  const result = out ?? new Float32Array(values.length);
  if (result.length !== values.length || (typeof sigma !== 'number' && sigma.length !== values.length))
    throw fault('E_SHAPE/noise-values');
  const table = stabiliser();
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
