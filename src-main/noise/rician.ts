/**
 * The Rician distribution: the magnitude of a complex signal of amplitude nu whose two channels carry Gaussian
 * noise of standard deviation sigma each (Rice 1944; Gudbjartsson and Patz, Magn Reson Med 34:910, 1995).
 */

/** Past this argument the asymptotic series of the Bessel functions is exact to double precision. */
const ASYMPTOTIC_FROM = 30;

/** exp(-x) I0(x) for x >= 0: the modified Bessel function of order 0, scaled so that it never overflows. */
export function besselI0Scaled(x: number): number {
  return x > ASYMPTOTIC_FROM ? asymptotic(x, 0) : series(x, 0);
}

/** exp(-x) I1(x) for x >= 0. */
export function besselI1Scaled(x: number): number {
  return x > ASYMPTOTIC_FROM ? asymptotic(x, 1) : series(x, 1);
}

/** Power series, Abramowitz and Stegun 9.6.10; every term is positive, so nothing cancels. */
function series(x: number, order: 0 | 1): number {
  const q = (x * x) / 4;
  let term = order === 0 ? 1 : x / 2;
  let sum = term;
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= q / (k * (k + order));
    sum += term;
  }
  return sum * Math.exp(-x);
}

/** Abramowitz and Stegun 9.7.1. */
function asymptotic(x: number, order: 0 | 1): number {
  const mu = 4 * order * order;
  let term = 1;
  let sum = 1;
  for (let k = 1; k < 2 * ASYMPTOTIC_FROM; k++) {
    term *= -(mu - (2 * k - 1) ** 2) / (8 * k * x);
    sum += term;
    if (Math.abs(term) < 1e-17) break;
  }
  return sum / Math.sqrt(2 * Math.PI * x);
}

/** Probability density of a magnitude `m` given amplitude `nu` and channel noise `sigma` (> 0). */
export function ricianDensity(m: number, nu: number, sigma: number): number {
  if (m < 0) return 0;
  const x = m / sigma;
  const a = nu / sigma;
  return (x / sigma) * Math.exp(-((x - a) ** 2) / 2) * besselI0Scaled(x * a);
}

/** Mean magnitude, in the units of `nu` and `sigma` (> 0). */
export function ricianMean(nu: number, sigma: number): number {
  const t = (nu / sigma) ** 2 / 2;
  return sigma * Math.sqrt(Math.PI / 2) * ((1 + t) * besselI0Scaled(t / 2) + t * besselI1Scaled(t / 2));
}

/** Variance of the magnitude; between (2 - pi/2) sigma^2 at nu = 0 and sigma^2 at high nu. */
export function ricianVariance(nu: number, sigma: number): number {
  const r2 = (nu / sigma) ** 2;
  // the difference of two near-equal squares loses digits where the series has none to lose
  if (r2 > 2500) return sigma * sigma * (1 - 1 / (2 * r2) - 1 / (2 * r2 * r2));
  const mean = ricianMean(nu / sigma, 1);
  return sigma * sigma * (2 + r2 - mean * mean);
}

/** Mean over standard deviation of pure noise (nu = 0): the least that a Rician magnitude can have, 1.913. */
export const RAYLEIGH_SNR = Math.sqrt(Math.PI / (4 - Math.PI));

/** Mean of pure noise (Rayleigh) of unit channel sigma. */
export const RAYLEIGH_MEAN = Math.sqrt(Math.PI / 2);

/**
 * Amplitude over sigma of a magnitude whose mean over standard deviation is `ratio`; 0 at or below the Rayleigh
 * ratio. Fixed point of Koay and Basser, J Magn Reson 179:317, 2006.
 */
export function snrFromMagnitudeRatio(ratio: number): number {
  if (!(ratio > RAYLEIGH_SNR)) return 0;
  const lower = ratio - RAYLEIGH_SNR;
  let theta = lower;
  for (let i = 0; i < 200; i++) {
    const next = Math.sqrt(Math.max(ricianVariance(theta, 1) * (1 + ratio * ratio) - 2, 0));
    if (Math.abs(next - theta) < 1e-9 * (1 + theta)) return next;
    theta = next;
  }
  return theta;
}

/**
 * Channel sigma from a local mean and a local standard deviation of magnitudes: undoes the shrinking of the
 * standard deviation at low signal (Koay and Basser 2006, the factor xi).
 */
export function sigmaFromMagnitude(mean: number, sd: number): number {
  if (!(sd > 0)) return 0;
  return sd / Math.sqrt(ricianVariance(snrFromMagnitudeRatio(mean / sd), 1));
}

/**
 * Channel sigma from mean and standard deviation of the root of a sum of squares of so many channels: the square has
 * the mean A^2 + 2 n sigma^2 and the variance 4 sigma^2 (A^2 + n sigma^2), and the root a variance of that over four
 * times the mean square, to first order. Above no signal at all this is within some percent.
 */
export function sigmaFromChannels(mean: number, sd: number, channels: number): number {
  const square = mean * mean + sd * sd;
  const rest = Math.max(0, square * square - 4 * channels * square * sd * sd);
  return Math.sqrt((square - Math.sqrt(rest)) / (2 * channels));
}
