/** Correlation of the noise of one voxel with its nearest neighbours in the plane. */
export interface Autocorrelation {
  /** Along a row, along a column, and along the two diagonals. */
  readonly x: number;
  readonly y: number;
  readonly down: number;
  readonly up: number;
}

/** What separable filters leave: the diagonals are the products. */
export function separable({ x, y }: { readonly x: number; readonly y: number }): Autocorrelation {
  return { x, y, down: x * y, up: x * y };
}

/** No more correlation along either axis than `most` has, and as much less along the diagonals. */
export function atMost(
  known: Autocorrelation,
  most: { readonly x: number; readonly y: number },
): Autocorrelation {
  const x = Math.min(known.x, Math.max(0, most.x));
  const y = Math.min(known.y, Math.max(0, most.y));
  const share = known.x * known.y > 0 ? Math.sqrt((x * y) / (known.x * known.y)) : 0;
  return { x, y, down: share * known.down, up: share * known.up };
}

/** The least that is taken to be left of the variance: below it the rest of the image's noise tells nothing. */
const LEAST_LEFT = 0.05;

/** Variance of the diagonal detail (a - b - c + d) / 2 of noise of variance 1. */
export function detailVariance({ x, y, down, up }: Autocorrelation): number {
  return Math.max(LEAST_LEFT, 1 - x - y + (down + up) / 2);
}

/** Lag-1 correlation that structure makes by itself, and from where on all of it is taken for that of the noise. */
export const STRUCTURE = 0.1;
const ALL_NOISE = 0.3;

/** Nothing of a lag-1 correlation that structure makes, all of a large one, and a ramp between: no jump anywhere. */
export function beyondDoubt(rho: number): number {
  const size = Math.abs(rho);
  if (size >= ALL_NOISE) return rho;
  return (Math.sign(rho) * ALL_NOISE * Math.max(0, size - STRUCTURE)) / (ALL_NOISE - STRUCTURE);
}

/** The noise that training draws: a moving average up to a correlation of 0.5, an autoregression above. */
export function lagCovariance(rho: number, lag: number): number {
  if (lag < 2) return lag === 0 ? 1 : rho;
  return Math.abs(rho) <= 0.5 ? 0 : rho ** lag;
}
