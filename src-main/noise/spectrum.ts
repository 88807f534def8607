import { cosines, forward8x8 } from '../base/linear/dct.js';
import type { Autocorrelation } from './autocorrelation.js';
import type { Plane } from './planes.js';
import { sigmaFromMagnitude } from './rician.js';
import { median, quantile } from './robust.js';

/** What the flattest blocks of tissue say of the noise at each frequency. */
export interface TissueSpectrum {
  /** Variance of each of the 8 x 8 DCT coefficients, row by row; those of lowest frequency as their neighbours. */
  readonly variance: Float64Array;
  /** Standard deviation of a voxel: the root of the mean variance of the coefficients. */
  readonly deviation: number;
  /** Channel sigma: the same where values are no magnitudes. */
  readonly sigma: number;
  /** Of neighbouring voxels, as these variances have it. */
  readonly correlation: Autocorrelation;
  /** Deviation in five times as many blocks over that in the flattest: 1 where all is flat, more where structure is. */
  readonly rise: number;
  /** Blocks of tissue that there are, at most 8,000. */
  readonly blocks: number;
}

/** Pixels along a side of a block, and its coefficients. */
export const SIDE = 8;
export const COEFFICIENTS = SIDE * SIDE;
/** Enough blocks for a steady estimate, whatever the size of the series. */
const MOST_BLOCKS = 8_000;
/** Share of the blocks that counts, and the least number of them. */
const SHARE = 0.02;
const LEAST_CHOSEN = 60;
const ROUNDS = 3;
/** Coefficients up to this sum of indices hold what is left of structure in flat tissue. */
const LOW = 2;

/** A block of 8 x 8 pixels of tissue. */
export interface Block {
  readonly coefficients: Float64Array;
  readonly mean: number;
  readonly plane: Plane;
  /** Index of its first pixel. */
  readonly at: number;
}

/**
 * The spectrum of the noise in tissue: blocks with the least energy (Ponomarenko et al, Proc SPIE 6579, 2007). To
 * choose by energy would choose the places where noise is small by chance, so the coefficients of even order are
 * measured in blocks chosen by those of odd order and the other way round: these share structure, and no noise, since
 * even and odd functions see stationary noise independently. Where the noise is not white and nothing but tissue
 * tells so, this asks for no model of its correlation.
 *
 * @param level values above are tissue
 * @param map noise level at each voxel of a frame over the typical one, where it varies
 * @returns null with too few blocks in tissue
 */
export function tissueSpectrum(
  planes: readonly Plane[],
  level: number,
  rician: boolean,
  map: Float32Array | null = null,
): TissueSpectrum | null {
  const blocks = tissueDct(planes, level, map, MOST_BLOCKS);
  if (blocks.length < 2 * LEAST_CHOSEN) return null;
  const share = Math.max(SHARE, LEAST_CHOSEN / blocks.length);
  let measured = measure(blocks, new Float64Array(COEFFICIENTS).fill(1), share);
  for (let round = 1; round < ROUNDS; round++) measured = measure(blocks, measured.variance, share);
  const { variance, chosen } = measured;
  const more = measure(blocks, variance, Math.min(1, 5 * share)).variance;
  const rise = deviationOf(flattened(more)) / deviationOf(flattened(variance));
  const spectrum = flattened(variance);
  const deviation = deviationOf(spectrum);
  if (!(deviation > 0)) return null;
  const mean = median(chosen.map((block) => block.mean));
  return {
    variance: spectrum,
    deviation,
    sigma: rician ? sigmaFromMagnitude(mean, deviation) : deviation,
    correlation: correlationOf(spectrum),
    rise,
    blocks: blocks.length,
  };
}

/** Shares of the blocks that count as flat where a filtered image tells so. */
const GUIDED_SHARES = [0.05, 0.2] as const;
/**
 * What choosing the flattest twentieth of flat tissue takes from the level, since a filter leaves a little noise: 0.05
 * to 0.09 of white and correlated noise in a flat field, less than half of it for the flattest fifth. Where so much of
 * the tissue is flat both shares show nearly the same level; where the larger one shows far more, blocks with
 * structure are in it, and the smaller one chose by structure, not by noise.
 */
const CHOSEN = { loss: 0.07, flat: 1.05, structured: 1.2 } as const;

/**
 * Channel sigma of the blocks that are flattest in a filtered image, which shows structure that the noise hides.
 * Coefficients of one parity are measured where the filtered image has the least energy in those of the other.
 *
 * @param guides the filtered planes, in the order of the planes
 * @param map noise level at each voxel of a frame over the typical one, where it varies
 * @returns null with too few blocks in tissue
 */
export function guidedSigma(
  planes: readonly Plane[],
  guides: readonly Float32Array[],
  level: number,
  rician: boolean,
  map: Float32Array | null,
): number | null {
  const filtered = new Map(planes.map((plane, i) => [plane, { ...plane, values: guides[i] }]));
  const blocks = tissueDct(planes, level, map, MOST_BLOCKS).map((block) => ({
    block,
    guide: blockAt({ plane: filtered.get(block.plane) ?? block.plane, at: block.at }, map),
  }));
  if (blocks.length < 2 * LEAST_CHOSEN) return null;
  const [few, many] = GUIDED_SHARES.map((share) =>
    guidedBy(blocks, Math.max(share, LEAST_CHOSEN / blocks.length), rician),
  );
  if (!(few > 0)) return null;
  const structure = (many / few - CHOSEN.flat) / (CHOSEN.structured - CHOSEN.flat);
  return few / (1 - CHOSEN.loss * (1 - Math.min(1, Math.max(0, structure))));
}

interface GuidedBlock {
  readonly block: Block;
  /** The same of the filtered image. */
  readonly guide: Block;
}

function guidedBy(blocks: readonly GuidedBlock[], share: number, rician: boolean): number {
  const guides = blocks.map(({ guide }) => guide);
  const own = new Float64Array(COEFFICIENTS);
  const left = new Float64Array(COEFFICIENTS);
  const means: number[] = [];
  for (const parity of [0, 1]) {
    const energies = energiesOf(guides, WHITE, 1 - parity);
    const limit = quantile(energies, share);
    const chosen = blocks.filter((_, i) => energies[i] <= limit);
    for (let k = 1; k < COEFFICIENTS; k++)
      if (parityOf(k) === parity) {
        own[k] = meanSquare(chosen.map(({ block }) => block.coefficients[k]));
        left[k] = meanSquare(chosen.map(({ guide }) => guide.coefficients[k]));
      }
    for (const { block } of chosen) means.push(block.mean);
  }
  const plateau = plateauOf(own);
  // of low frequencies what the filter took away is noise, what it left may be structure
  const variance = own.map((v, k) =>
    orderOf(k) > LOW || k === 0 ? v : Math.min(v, Math.max(plateau, v - left[k])),
  );
  variance[0] = Math.max(plateau, (variance[1] + variance[SIDE]) / 2);
  const deviation = deviationOf(variance);
  return rician ? sigmaFromMagnitude(median(means), deviation) : deviation;
}

const WHITE = new Float64Array(COEFFICIENTS).fill(1);

function meanSquare(values: readonly number[]): number {
  return values.reduce((sum, v) => sum + v * v, 0) / values.length;
}

/** Variances in the flattest share of the blocks, flat by what was known of the variances. */
function measure(
  blocks: readonly Block[],
  known: Float64Array,
  share: number,
): { readonly variance: Float64Array; readonly chosen: readonly Block[] } {
  const next = new Float64Array(COEFFICIENTS);
  let chosen: readonly Block[] = [];
  for (const parity of [0, 1]) {
    chosen = flattest(blocks, known, 1 - parity, share);
    for (let k = 1; k < COEFFICIENTS; k++)
      if (parityOf(k) === parity)
        next[k] = chosen.reduce((sum, { coefficients: c }) => sum + c[k] * c[k], 0) / chosen.length;
  }
  return { variance: floored(next), chosen };
}

function deviationOf(variance: Float64Array): number {
  return Math.sqrt(variance.reduce((sum, v) => sum + v, 0) / COEFFICIENTS);
}

/** For every basis function the mean of the products of values that lie side by side. */
const BESIDE = Float64Array.from({ length: SIDE }, (_, k) => {
  const basis = cosines(SIDE).subarray(k * SIDE, (k + 1) * SIDE);
  return basis.reduce((sum, value, i) => (i + 1 < SIDE ? sum + value * basis[i + 1] : sum), 0) / (SIDE - 1);
});

function correlationOf(variance: Float64Array): Autocorrelation {
  const whole = variance.reduce((sum, v) => sum + v, 0) / COEFFICIENTS;
  const mean = (of: (u: number, v: number) => number): number =>
    variance.reduce((sum, value, k) => sum + value * of(k % SIDE, Math.floor(k / SIDE)), 0) / whole;
  const diagonal = mean((u, v) => BESIDE[u] * BESIDE[v]);
  return {
    x: mean((u) => BESIDE[u] / SIDE),
    y: mean((_, v) => BESIDE[v] / SIDE),
    down: diagonal,
    up: diagonal,
  };
}

/** For every basis function and distance the mean of the products of values so far apart. */
const APART = Array.from({ length: SIDE }, (_, far) =>
  Float64Array.from({ length: SIDE }, (__, k) => {
    const basis = cosines(SIDE).subarray(k * SIDE, (k + 1) * SIDE);
    let sum = 0;
    for (let i = 0; i + far < SIDE; i++) sum += basis[i] * basis[i + far];
    return sum / (SIDE - far);
  }),
);

/**
 * Correlation of the noise of voxels by their distance along a row and along a column, 0 to 7 each, row by row, as the
 * variances of the coefficients have it. One lag tells a low pass; band-pass and zero-filled noise is negative farther off.
 */
export function lagCorrelations(variance: Float64Array): number[] {
  const at = (dx: number, dy: number): number =>
    variance.reduce(
      (sum, value, k) => sum + value * APART[dx][k % SIDE] * APART[dy][Math.floor(k / SIDE)],
      0,
    );
  const whole = at(0, 0);
  return Array.from({ length: COEFFICIENTS }, (_, k) => at(k % SIDE, Math.floor(k / SIDE)) / whole);
}

/** Sum of the indices of a coefficient: 0 for the mean, 14 for the finest. */
export function orderOf(k: number): number {
  return (k % SIDE) + Math.floor(k / SIDE);
}

export function parityOf(k: number): number {
  return orderOf(k) % 2;
}

/** The blocks with the least energy in the coefficients of one parity, each over its variance. */
function flattest(blocks: readonly Block[], variance: Float64Array, parity: number, share: number): Block[] {
  const energies = energiesOf(blocks, variance, parity);
  const limit = quantile(energies, share);
  return blocks.filter((_, i) => energies[i] <= limit);
}

/** Energy of each block in the coefficients of one parity, each over its variance. */
function energiesOf(blocks: readonly Block[], variance: Float64Array, parity: number): Float64Array {
  const weights = variance.map((v, k) => (k > 0 && parityOf(k) === parity && v > 0 ? 1 / v : 0));
  return Float64Array.from(blocks, ({ coefficients: c }) => {
    let sum = 0;
    for (let k = 1; k < COEFFICIENTS; k++) sum += c[k] * c[k] * weights[k];
    return sum;
  });
}

/** Coefficients that hold no noise at all (k-space that was never acquired) must not decide what is flat. */
function floored(variance: Float64Array): Float64Array {
  const total = variance.reduce((sum, v) => sum + v, 0);
  return variance.map((v) => Math.max(v, 1e-3 * (total / COEFFICIENTS)));
}

/** Noise of a scanner has no more at low frequencies than at those next to them; what is above is structure. */
function flattened(variance: Float64Array): Float64Array {
  const plateau = plateauOf(variance);
  return variance.map((v, k) => (k === 0 || (orderOf(k) <= LOW && v > plateau) ? plateau : v));
}

/** Mean variance of the frequencies next to the lowest. */
function plateauOf(variance: Float64Array): number {
  const next = variance.filter((_, k) => orderOf(k) === LOW + 1);
  return next.reduce((sum, v) => sum + v, 0) / next.length;
}

/**
 * DCT of blocks of tissue that overlap by half, over the map where there is one; an even part of them above `most`.
 *
 * @param beside gives another plane of the same tissue, or none: the coefficients are then of the difference of both
 * over the root of 2, which has the noise of one of them and less of the structure
 */
export function tissueDct(
  planes: readonly Plane[],
  level: number,
  map: Float32Array | null,
  most: number,
  beside?: (plane: Plane) => Plane | null,
): Block[] {
  const places = planes.flatMap((plane) => {
    const other = beside?.(plane);
    return other === null ? [] : placesIn(plane, level).map((place) => ({ ...place, other }));
  });
  const step = Math.max(1, places.length / most);
  const count = Math.floor(places.length / step);
  return Array.from({ length: count }, (_, i) => {
    const { other, ...place } = places[Math.floor(i * step)];
    const block = blockAt(place, map);
    if (other === undefined) return block;
    const { coefficients } = blockAt({ plane: other, at: place.at }, map);
    return { ...block, coefficients: block.coefficients.map((c, k) => (c - coefficients[k]) / Math.SQRT2) };
  });
}

interface BlockPlace {
  readonly plane: Plane;
  readonly at: number;
}

function placesIn(plane: Plane, level: number): BlockPlace[] {
  const { values, usable, columns, rows } = plane;
  const stride = SIDE / 2;
  // quarters of 4 x 4 pixels, each usable and tissue throughout, of which four make a block
  const across = Math.floor(columns / stride);
  const down = Math.floor(rows / stride);
  const good = new Uint8Array(across * down);
  for (let v = 0; v < down; v++)
    for (let u = 0; u < across; u++) {
      let sum = 0;
      let count = 0;
      for (let y = 0; y < stride; y++)
        for (let x = 0; x < stride; x++) {
          const i = (v * stride + y) * columns + u * stride + x;
          sum += values[i];
          count += usable[i];
        }
      if (count === stride * stride && sum / count > level) good[v * across + u] = 1;
    }
  const places: BlockPlace[] = [];
  for (let v = 0; v + 1 < down; v++)
    for (let u = 0; u + 1 < across; u++) {
      const k = v * across + u;
      if (good[k] && good[k + 1] && good[k + across] && good[k + across + 1])
        places.push({ plane, at: v * stride * columns + u * stride });
    }
  return places;
}

function blockAt({ plane, at }: BlockPlace, map: Float32Array | null): Block {
  const middle = at + (SIDE / 2) * (plane.columns + 1);
  const local = map === null ? 1 : map[plane.slice * plane.columns * plane.rows + middle];
  const coefficients = new Float64Array(COEFFICIENTS);
  for (let k = 0; k < COEFFICIENTS; k++)
    coefficients[k] = plane.values[at + Math.floor(k / SIDE) * plane.columns + (k % SIDE)] / local;
  forward8x8(coefficients);
  return { coefficients, mean: coefficients[0] / SIDE, plane, at };
}
