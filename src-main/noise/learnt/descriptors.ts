import type { Air } from '../air.js';
import type { Plane } from '../planes.js';
import { solidShare } from '../planes.js';
import { sigmaFromMagnitude } from '../rician.js';
import { median, quantile } from '../robust.js';
import { type Block, COEFFICIENTS, orderOf, parityOf, SIDE, tissueDct, tissueSpectrum } from '../spectrum.js';

/**
 * What a magnitude image shows of its noise, as numbers that neither depend on the units nor jump: the spectra of
 * blocks of 8 x 8 pixels of tissue from the flattest to nearly half of all, of differences of neighbouring slices, and
 * of air, all over one deviation. How structure falls from one share of the blocks to the next, and whether tissue and air
 * have the same spectrum, tells noise from texture; `LevelNetwork` has learnt how. What rules made of the same image is
 * among them.
 */
export interface LevelDescriptors {
  /** Most of them logarithms. */
  readonly values: Float64Array;
  /** Logarithms over the reference of the level by rules and of the level of the air; null where they found none. */
  readonly found: readonly (number | null)[];
  /** Deviation of the flattest blocks, in the units of the image: what the level is told in. */
  readonly reference: number;
}

/** What rules found. */
export interface RuleLevel {
  /** By tissue and air together; 0: none. */
  readonly sigma: number;
  /** Of air that has no more noise than air can have. */
  readonly air: number | null;
  /** How far the level rests on more than details that hang together. */
  readonly certainty: number;
  /** 0 where tissue has flat parts, 1 where what it shows may all be structure. */
  readonly structured: number;
  /** How far the level varies over the image; null where it is the same everywhere. */
  readonly variation: number | null;
}

/** Blocks of tissue, of differences, and of air that are looked at. */
const MOST = { tissue: 8_000, beside: 4_000, air: 4_000 } as const;
/** Blocks that a spectrum asks for, and that are chosen at least. */
const LEAST = { blocks: 60, chosen: 40 } as const;
/** Shares of the blocks of tissue, from flat to anatomy, those of differences and of air. */
const SHARES = [0.02, 0.1, 0.4] as const;
const SHARE_BESIDE = 0.05;
const SHARE_AIR = 0.3;
/** Coefficients of one row or column that share a band: high ones are many and alike. */
const BAND_OF = [0, 1, 2, 3, 4, 4, 5, 5] as const;
const BANDS_A_SIDE = 6;
/** Without that of the mean. */
const BANDS = BANDS_A_SIDE ** 2 - 1;
/** Orders from which on coefficients tell how the level varies from place to place. */
const HIGH = SIDE - 1;
const QUANTILES = [0.25, 0.5, 0.75, 0.95] as const;
const LOWEST_QUANTILE = 0.05;
/** Share of the image in patches of one value from which on its air is called masked. */
const MASKED = 0.02;
/** Logarithms of levels are cut here: what is farther off than so many times is no level. */
const FARTHEST = 3;
/** The same of the level of the air over that by rules. */
const AIR_FARTHEST = 2;

/**
 * @param planes some slices, neighbours behind one another
 * @param level values above are tissue
 * @param air noise of what is below, null where there is none
 * @param rules what was made of all that
 * @returns null with too few blocks of tissue to tell
 */
export function levelDescriptors(
  planes: readonly Plane[],
  level: number,
  hasAir: boolean,
  air: Air | null,
  rules: RuleLevel,
): LevelDescriptors | null {
  const blocks = tissueDct(planes, level, null, MOST.tissue);
  const spectrum = tissueSpectrum(planes, level, true);
  if (spectrum === null) return null;
  const known = floored(spectrum.variance);
  const sets = SHARES.map((share) => spectrumOf(blocks, known, share));
  const energy = sets[0].variance.reduce((sum, v) => sum + v, 0) / (COEFFICIENTS - 1);
  const reference = Math.sqrt(energy);
  if (!(reference > 0)) return null;
  const isMasked = solidShare(planes) > MASKED;
  const values = [
    ...sets.flatMap(({ variance }) => bandsOf(variance, energy)),
    ...besideOf(planes, level, known, energy),
    ...darkOf(hasAir && !isMasked ? darkDct(planes, level) : [], energy),
    ...airOf(air, reference),
    ...evennessOf(blocks, known),
    ...sets.map(({ mean }) => Math.log(Math.max(mean / reference, 1e-2))),
    Math.log(blocks.length) / 5,
    isMasked ? 1 : 0,
    cut(sigmaFromMagnitude(sets[0].mean, reference) / reference, FARTHEST),
    ...rulesOf(rules, reference),
  ];
  return {
    values: Float64Array.from(values, (v) => (Number.isFinite(v) ? v : 0)),
    found: [rules.sigma, rules.air].map((level) =>
      level !== null && level > 0 ? Math.log(level / reference) : null,
    ),
    reference,
  };
}

interface ShareSpectrum {
  /** Of each coefficient but the first. */
  readonly variance: Float64Array;
  /** Median brightness of the chosen blocks. */
  readonly mean: number;
}

/** Coefficients of one parity in the share of the blocks that has the least energy in those of the other. */
function spectrumOf(blocks: readonly Block[], known: Float64Array, share: number): ShareSpectrum {
  const variance = new Float64Array(COEFFICIENTS);
  const means: number[] = [];
  for (const parity of [0, 1]) {
    const energies = Float64Array.from(blocks, ({ coefficients }) =>
      energyOf(coefficients, known, (k) => parityOf(k) !== parity),
    );
    const limit = quantile(energies, Math.min(1, Math.max(share, LEAST.chosen / blocks.length)));
    const chosen = blocks.filter((_, i) => energies[i] <= limit);
    for (const block of chosen) means.push(block.mean);
    for (let k = 1; k < COEFFICIENTS; k++)
      if (parityOf(k) === parity)
        variance[k] = chosen.reduce((sum, { coefficients: c }) => sum + c[k] * c[k], 0) / chosen.length;
  }
  return { variance, mean: median(means) };
}

function energyOf(coefficients: Float64Array, known: Float64Array, counts: (k: number) => boolean): number {
  let sum = 0;
  for (let k = 1; k < COEFFICIENTS; k++) if (counts(k)) sum += coefficients[k] ** 2 / known[k];
  return sum;
}

/** Coefficients that hold no noise at all must not decide what is flat. */
function floored(variance: Float64Array): Float64Array {
  const mean = variance.reduce((sum, v) => sum + v, 0) / COEFFICIENTS;
  return variance.map((v) => Math.max(v, 1e-3 * mean));
}

/** Logarithms of the deviation by band, over that of `energy`. */
function bandsOf(variance: Float64Array, energy: number): number[] {
  const sums = new Float64Array(BANDS + 1);
  const counts = new Float64Array(BANDS + 1);
  for (let k = 0; k < COEFFICIENTS; k++) {
    const band = BAND_OF[k % SIDE] + BANDS_A_SIDE * BAND_OF[Math.floor(k / SIDE)];
    counts[band]++;
    if (k > 0) sums[band] += variance[k];
  }
  return Array.from(sums, (sum, b) => Math.log(Math.max(sum / counts[b] / energy, 1e-4)) / 2).slice(1);
}

/** The spectrum of differences of neighbouring slices, which hold less of the structure; a one before it where there is one. */
function besideOf(planes: readonly Plane[], level: number, known: Float64Array, energy: number): number[] {
  const next = new Map(
    planes.map((plane, i) => [plane, isNext(plane, planes[i + 1]) ? planes[i + 1] : null]),
  );
  const blocks = tissueDct(planes, level, null, MOST.beside, (plane) => next.get(plane) ?? null);
  if (blocks.length < LEAST.blocks) return new Array<number>(1 + BANDS).fill(0);
  return [1, ...bandsOf(spectrumOf(blocks, known, SHARE_BESIDE).variance, energy)];
}

function isNext(plane: Plane, other: Plane | undefined): boolean {
  return other !== undefined && other.slice === plane.slice + 1 && other.frame === plane.frame;
}

/** Blocks of what is dark throughout. */
function darkDct(planes: readonly Plane[], level: number): Block[] {
  const turned = planes.map((plane) => ({ ...plane, values: plane.values.map((value) => -value) }));
  return tissueDct(turned, -level, null, MOST.air);
}

const WHITE = new Float64Array(COEFFICIENTS).fill(1);

function darkOf(blocks: readonly Block[], energy: number): number[] {
  if (blocks.length < LEAST.blocks) return new Array<number>(2 + BANDS).fill(0);
  const { variance, mean } = spectrumOf(blocks, WHITE, SHARE_AIR);
  return [1, Math.log(Math.max(-mean / Math.sqrt(energy), 1e-3)), ...bandsOf(variance, energy)];
}

function airOf(air: Air | null, reference: number): number[] {
  if (air === null) return [0, 0, 0, 0, 0];
  return [1, Math.log(air.sigma / reference), Math.log(air.channels), air.even, air.share];
}

/** How far the energy at high frequencies rises from block to block: where the level varies, and where there is anatomy. */
function evennessOf(blocks: readonly Block[], known: Float64Array): number[] {
  const logs = Float64Array.from(blocks, ({ coefficients }) =>
    Math.log(energyOf(coefficients, known, (k) => orderOf(k) >= HIGH) + 1e-9),
  );
  const lowest = quantile(logs, LOWEST_QUANTILE);
  return QUANTILES.map((q) => quantile(logs, q) - lowest);
}

function rulesOf({ sigma, air, certainty, structured, variation }: RuleLevel, reference: number): number[] {
  return [
    sigma > 0 ? 1 : 0,
    cut(sigma / reference, FARTHEST),
    air === null ? 0 : 1,
    air === null || !(sigma > 0) ? 0 : cut(air / sigma, AIR_FARTHEST),
    certainty,
    structured,
    variation === null ? 0 : 1,
    variation ?? 0,
  ];
}

function cut(ratio: number, most: number): number {
  return ratio > 0 ? Math.max(-most, Math.min(most, Math.log(ratio))) : 0;
}
