import { ricianDensity } from './rician.js';

/**
 * The variance-stabilising transform of the Rician family at sigma = 1, found numerically once a process.
 *
 * Foi (ISBI 2011) optimises f so that Var[f(m) | nu] = 1 for every nu. Here f is increasing by construction,
 * f' = exp(h) with h piecewise linear, and h is found by regularised Gauss-Newton. Past the last knot h follows
 * the delta method, f' = 1 / sd(m) = 1 + 1 / (4 x^2) + O(x^-4), so f(x) = x - 1 / (4 x) there.
 */
export interface Stabiliser {
  /** f(x) of a magnitude in units of sigma. */
  forward(x: number): number;
  /** nu in units of sigma with E[f(m) | nu] = y; 0 for y under E[f(m) | 0]. */
  inverse(y: number): number;
  /** E[f(m) | nu], the inverse of `inverse`, for nu in units of sigma. */
  expected(nu: number): number;
}

/** Steps of the tables a unit; linear interpolation between them errs by less than 1e-4. */
const FORWARD_STEPS = 64;
const INVERSE_STEPS = 128;
/** Above these the asymptotic forms take over. */
const FORWARD_END = 12;
const AMPLITUDE_END = 24;
const AMPLITUDE_STEPS = 32;

/** Knots of h. */
const KNOT_SPACING = 0.35;
const LAST_KNOT = 10.5;
/**
 * Weight of the smoothness of h. Less would stabilise the lowest amplitudes better (variance 0.99 at nu = 0 for
 * 1e-3) with a slope of 18 at zero, which turns black voxels into outliers; here the variance stays in 0.96..1.04.
 */
const SMOOTHNESS = 0.2;
const ITERATIONS = 12;

let shared: Stabiliser | undefined;

/** The transform, built at the first call (some 50 ms). */
export function stabiliser(): Stabiliser {
  shared ??= build();
  return shared;
}

function build(): Stabiliser {
  const table = integrate(slopes(optimalLogSlopes()));
  const forward = (x: number): number => {
    if (x >= FORWARD_END) return x - 1 / (4 * x);
    const at = x * FORWARD_STEPS;
    const i = Math.max(0, Math.floor(at));
    return table[i] + (at - i) * (table[i + 1] - table[i]);
  };
  const expectations = expectedTable(forward);
  const { start, squares, end } = inverseTable(expectations);
  const expected = (nu: number): number => {
    if (nu >= AMPLITUDE_END) return nu + 1 / (4 * nu);
    const at = nu * AMPLITUDE_STEPS;
    const i = Math.floor(at);
    return expectations[i] + (at - i) * (expectations[i + 1] - expectations[i]);
  };
  const inverse = (y: number): number => {
    if (y <= start) return 0;
    if (y >= end) return (y + Math.sqrt(y * y - 1)) / 2;
    const at = (y - start) * INVERSE_STEPS;
    const i = Math.floor(at);
    return Math.sqrt(squares[i] + (at - i) * (squares[i + 1] - squares[i]));
  };
  return { forward, inverse, expected };
}

const KNOTS = Math.round(LAST_KNOT / KNOT_SPACING) + 1;

/** Magnitudes and their probabilities for one amplitude. */
interface Sample {
  readonly x: Float64Array;
  readonly weight: Float64Array;
}

/** Simpson's rule over the density of unit sigma, normalised. */
function sampleDensity(nu: number): Sample {
  const reach = 7.5;
  const intervals = 240;
  const low = Math.max(0, nu - reach);
  const step = (nu + reach - low) / intervals;
  const x = Float64Array.from({ length: intervals + 1 }, (_, i) => low + i * step);
  const weight = x.map((at, i) => simpson(i, intervals) * ricianDensity(at, nu, 1));
  const total = weight.reduce((sum, w) => sum + w, 0);
  return { x, weight: weight.map((w) => w / total) };
}

function simpson(i: number, intervals: number): number {
  if (i === 0 || i === intervals) return 1;
  return i % 2 === 1 ? 4 : 2;
}

function logSlopeBeyond(x: number): number {
  return Math.log1p(1 / (4 * x * x));
}

function slopes(logSlopes: Float64Array): (x: number) => number {
  return (x) => {
    const at = x / KNOT_SPACING;
    const k = Math.floor(at);
    if (k >= KNOTS - 1) return Math.exp(logSlopeBeyond(x));
    return Math.exp(logSlopes[k] + (at - k) * (logSlopes[k + 1] - logSlopes[k]));
  };
}

/** f on a regular grid over [0, FORWARD_END], shifted so that it meets its asymptote. */
function integrate(slope: (x: number) => number): Float64Array {
  const length = FORWARD_END * FORWARD_STEPS + 1;
  const step = 1 / FORWARD_STEPS;
  const table = new Float64Array(length + 1);
  for (let i = 1; i < length; i++) table[i] = table[i - 1] + step * slope((i - 0.5) * step);
  const shift = FORWARD_END - 1 / (4 * FORWARD_END) - table[length - 1];
  for (let i = 0; i < length; i++) table[i] += shift;
  table[length] = table[length - 1] + step;
  return table;
}

/** h at the knots such that the stabilised variance is as near to 1 as can be for all nu in [0, LAST_KNOT]. */
function optimalLogSlopes(): Float64Array {
  const amplitudes = Array.from({ length: 64 }, (_, i) => (i * LAST_KNOT) / 63);
  const samples = amplitudes.map(sampleDensity);
  const h = Float64Array.from({ length: KNOTS }, (_, k) => logSlopeBeyond(Math.max(1, k * KNOT_SPACING)));
  for (let iteration = 0; iteration < ITERATIONS; iteration++) gaussNewtonStep(h, samples);
  return h;
}

/** The last knot stays on the asymptote; all others move. */
function gaussNewtonStep(h: Float64Array, samples: readonly Sample[]): void {
  const free = KNOTS - 1;
  const basis = integratedBasis(h);
  const normal = Array.from({ length: free }, () => new Float64Array(free));
  const right = new Float64Array(free);
  for (const sample of samples) {
    const { variance, gradient } = varianceAndGradient(basis, sample, free);
    for (let a = 0; a < free; a++) {
      right[a] += gradient[a] * (1 - variance);
      for (let b = 0; b < free; b++) normal[a][b] += gradient[a] * gradient[b];
    }
  }
  addSmoothness(h, normal, right);
  const step = solve(normal, right);
  for (let k = 0; k < free; k++) h[k] += Math.max(-0.5, Math.min(0.5, step[k]));
}

/** Penalty on the second differences of h: keeps f smooth where the variance does not care. */
function addSmoothness(h: Float64Array, normal: Float64Array[], right: Float64Array): void {
  const pattern = [1, -2, 1];
  for (let k = 0; k + 2 < KNOTS; k++) {
    const second = h[k] - 2 * h[k + 1] + h[k + 2];
    for (let a = 0; a < 3; a++) {
      if (k + a >= right.length) continue;
      right[k + a] -= SMOOTHNESS * pattern[a] * second;
      for (let b = 0; b < 3; b++)
        if (k + b < right.length) normal[k + a][k + b] += SMOOTHNESS * pattern[a] * pattern[b];
    }
  }
}

/** f and its derivative by every h_k, on a fine grid. */
interface Basis {
  readonly f: Float64Array;
  readonly byKnot: readonly Float64Array[];
}

const BASIS_STEPS = 32;
const BASIS_END = LAST_KNOT + 8;

function integratedBasis(h: Float64Array): Basis {
  const length = BASIS_END * BASIS_STEPS + 2;
  const slope = slopes(h);
  const f = new Float64Array(length);
  const byKnot = Array.from({ length: KNOTS }, () => new Float64Array(length));
  for (let i = 1; i < length; i++) {
    const x = (i - 0.5) / BASIS_STEPS;
    const area = slope(x) / BASIS_STEPS;
    f[i] = f[i - 1] + area;
    for (let k = 0; k < KNOTS; k++) byKnot[k][i] = byKnot[k][i - 1];
    const at = x / KNOT_SPACING;
    const k = Math.floor(at);
    if (k >= KNOTS - 1) continue;
    byKnot[k][i] += area * (1 - (at - k));
    byKnot[k + 1][i] += area * (at - k);
  }
  return { f, byKnot };
}

function varianceAndGradient(
  basis: Basis,
  sample: Sample,
  free: number,
): { variance: number; gradient: Float64Array } {
  const values = sample.x.map((x) => interpolate(basis.f, x * BASIS_STEPS));
  const mean = dot(values, sample.weight);
  let variance = 0;
  for (let i = 0; i < values.length; i++) {
    values[i] = (values[i] - mean) * sample.weight[i];
    variance += values[i] * (interpolate(basis.f, sample.x[i] * BASIS_STEPS) - mean);
  }
  const gradient = new Float64Array(free);
  for (let k = 0; k < free; k++) {
    let sum = 0;
    for (let i = 0; i < values.length; i++)
      sum += values[i] * interpolate(basis.byKnot[k], sample.x[i] * BASIS_STEPS);
    gradient[k] = 2 * sum;
  }
  return { variance, gradient };
}

function interpolate(table: Float64Array, at: number): number {
  const i = Math.floor(at);
  return table[i] + (at - i) * (table[i + 1] - table[i]);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** Solves a symmetric positive definite system in place (Cholesky). */
function solve(matrix: Float64Array[], right: Float64Array): Float64Array {
  const n = right.length;
  const x = Float64Array.from(right);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i][j];
      for (let k = 0; k < j; k++) sum -= matrix[i][k] * matrix[j][k];
      matrix[i][j] = i === j ? Math.sqrt(sum) : sum / matrix[j][j];
    }
  }
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i] -= matrix[i][k] * x[k];
    x[i] /= matrix[i][i];
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i] -= matrix[k][i] * x[k];
    x[i] /= matrix[i][i];
  }
  return x;
}

/** E[f(m) | nu] on a regular grid of nu in [0, AMPLITUDE_END]. */
function expectedTable(forward: (x: number) => number): Float64Array {
  return Float64Array.from({ length: AMPLITUDE_END * AMPLITUDE_STEPS + 1 }, (_, j) => {
    const { x, weight } = sampleDensity(j / AMPLITUDE_STEPS);
    return dot(x.map(forward), weight);
  });
}

/** nu^2 (which is smooth in y down to nu = 0, as nu is not) on a regular grid of y = E[f(m) | nu]. */
function inverseTable(expected: Float64Array): {
  start: number;
  end: number;
  squares: Float64Array;
} {
  const count = expected.length;
  const start = expected[0];
  const length = Math.floor((expected[count - 1] - start) * INVERSE_STEPS);
  const squares = new Float64Array(length + 1);
  let j = 0;
  for (let i = 0; i <= length; i++) {
    const y = start + i / INVERSE_STEPS;
    while (j < count - 2 && expected[j + 1] < y) j++;
    const low = (j / AMPLITUDE_STEPS) ** 2;
    const high = ((j + 1) / AMPLITUDE_STEPS) ** 2;
    squares[i] = low + ((y - expected[j]) / (expected[j + 1] - expected[j])) * (high - low);
  }
  return { start, squares, end: start + (length - 1) / INVERSE_STEPS };
}
