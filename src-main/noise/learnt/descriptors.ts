import type { Air } from '../air.js';
import { ramp } from '../levels.js';
import type { Plane } from '../planes.js';
import { solidShare } from '../planes.js';
import { sigmaFromMagnitude } from '../rician.js';
import { median, quantile } from '../robust.js';
import { type Block, COEFFICIENTS, orderOf, parityOf, SIDE, tissueDct } from '../spectrum.js';

/**
 * What an image shows of its noise, as numbers that neither depend on the units nor jump: the spectra of
 * blocks of 8 x 8 pixels of tissue from the flattest to nearly half of all, of differences of neighbouring slices, and
 * of air, all over one deviation. How structure falls from one share of the blocks to the next, and whether tissue and air
 * have the same spectrum, tells noise from texture; `LevelNetwork` has learnt how. What rules made of the same image is
 * among them.
 */
export interface LevelDescriptors {
  /** Most of them logarithms. */
  readonly values: Float64Array;
  /** Logarithms over the reference of the levels by rules, of air, of tissue alone, of its details, and of what is dark; null where there is none. */
  readonly found: readonly (number | null)[];
  /** Deviation of the flattest blocks, in the units of the image: what the level is told in. */
  readonly reference: number;
  /** No magnitudes: another network is asked. */
  readonly signed: boolean;
}

/** Where there is tissue in what is described. */
export interface Described {
  /** Values above are tissue. */
  readonly level: number;
  /** No magnitudes: noise is as strong and even in what is dark, and how bright something is tells nothing. */
  readonly signed: boolean;
  /** Whether what is below is air with noise. */
  readonly hasAir: boolean;
  /** Noise of that, null where there is none. */
  readonly air: Air | null;
}

/** What rules found. */
export interface RuleLevel {
  /** By tissue and air together; 0: none. */
  readonly sigma: number;
  /** Of air that has no more noise than air can have. */
  readonly air: number | null;
  /** By tissue alone, details and spectrum together. */
  readonly tissue: number | null;
  /** By the diagonal details of flat tissue, which are all that white noise asks for. */
  readonly details: number | null;
  /** Of what is dark as it is, also where a map of the level, which structure may have made, has it otherwise. */
  readonly dark: number | null;
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
/** Ranks over the number of blocks that are asked for, up to which blocks count in full and from which on not at all. */
const FADE = [0.5, 1.5] as const;
/** Medians of the energies of chosen blocks that one of them counts for at most. */
const MOST_ENERGY = 2;
/** Times that the flattest blocks are chosen by the spectrum of those before. */
const ROUNDS = 3;
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
/** The same of the levels of air, tissue and details over that by rules. */
const OTHERS_FARTHEST = 2;

/**
 * @param planes some slices, neighbours behind one another
 * @param rules what was made of the same planes
 * @returns null with too few blocks of tissue to tell
 */
export function levelDescriptors(
  planes: readonly Plane[],
  { level, signed, hasAir, air }: Described,
  rules: RuleLevel,
): LevelDescriptors | null {
  const blocks = tissueDct(planes, level, null, MOST.tissue);
  if (blocks.length < LEAST.blocks) return null;
  const known = flatSpectrum(blocks);
  const ranked = rankedBy(blocks, known);
  const sets = SHARES.map((share) => spectrumOf(ranked, share));
  const energy = sets[0].variance.reduce((sum, v) => sum + v, 0) / (COEFFICIENTS - 1);
  const reference = Math.sqrt(energy);
  if (!(reference > 0)) return null;
  const isMasked = solidShare(planes) > MASKED;
  const values = [
    ...sets.flatMap(({ variance }) => bandsOf(variance, energy)),
    ...besideOf(planes, level, known, energy),
    ...darkOf(signed || (hasAir && !isMasked) ? darkDct(planes, level) : [], energy, signed),
    ...airOf(air, reference),
    ...evennessOf(blocks, known),
    ...sets.map(({ mean }) => (signed ? 0 : Math.log(Math.max(mean / reference, 1e-2)))),
    Math.log(blocks.length) / 5,
    isMasked ? 1 : 0,
    signed ? 0 : cut(sigmaFromMagnitude(sets[0].mean, reference) / reference, FARTHEST),
    ...rulesOf(rules, reference),
  ];
  return {
    values: Float64Array.from(values, (v) => (Number.isFinite(v) ? v : 0)),
    found: [rules.sigma, rules.air, rules.tissue, rules.details, rules.dark].map((level) =>
      level !== null && level > 0 ? Math.log(level / reference) : null,
    ),
    reference,
    signed,
  };
}

interface ShareSpectrum {
  /** Of each coefficient but the first. */
  readonly variance: Float64Array;
  /** Median brightness of the chosen blocks. */
  readonly mean: number;
}

/**
 * Coefficients of one parity in the share of the blocks that has the least energy in those of the other. No single block
 * moves them: the last ones count less and less, and none for more than `MOST_ENERGY`.
 */
function spectrumOf({ blocks, energies, order }: Ranked, share: number): ShareSpectrum {
  const variance = new Float64Array(COEFFICIENTS);
  const means: number[] = [];
  const count = Math.min(blocks.length, Math.max(share * blocks.length, LEAST.chosen));
  for (const parity of [0, 1]) {
    const ranked = order[1 - parity];
    const own = energies[parity];
    const inner = ranked.subarray(0, Math.round(count));
    const most = MOST_ENERGY * median(Float64Array.from(inner, (i) => own[i]));
    let weights = 0;
    for (let rank = 0; rank < Math.min(blocks.length, FADE[1] * count); rank++) {
      const weight = 1 - ramp(rank / count, FADE);
      const { coefficients: c } = blocks[ranked[rank]];
      const energy = own[ranked[rank]];
      const kept = energy > most ? (weight * most) / energy : weight;
      for (let k = 1; k < COEFFICIENTS; k++) if (parityOf(k) === parity) variance[k] += kept * c[k] * c[k];
      weights += weight;
    }
    for (let k = 1; k < COEFFICIENTS; k++) if (parityOf(k) === parity) variance[k] /= weights;
    for (const i of inner) means.push(blocks[i].mean);
  }
  return { variance, mean: median(means) };
}

/** Blocks with their energy in coefficients of even and of odd order, over what is known of their variance. */
interface Ranked {
  readonly blocks: readonly Block[];
  readonly energies: readonly Float64Array[];
  /** Indices of the blocks by these energies, the least first. */
  readonly order: readonly Uint32Array[];
}

function rankedBy(blocks: readonly Block[], known: Float64Array): Ranked {
  const weights = known.map((variance) => 1 / variance);
  const energies = [0, 1].map((parity) => {
    const counted = weights.map((weight, k) => (k > 0 && parityOf(k) === parity ? weight : 0));
    return Float64Array.from(blocks, ({ coefficients }) => energyOf(coefficients, counted));
  });
  const order = energies.map((list) =>
    Uint32Array.from(list, (_, i) => i).sort((a, b) => list[a] - list[b] || a - b),
  );
  return { blocks, energies, order };
}

/** Spectrum of the flattest blocks, by which the flattest are told. */
function flatSpectrum(blocks: readonly Block[]): Float64Array {
  let known: Float64Array = WHITE;
  for (let round = 0; round < ROUNDS; round++)
    known = floored(spectrumOf(rankedBy(blocks, known), SHARES[0]).variance);
  return known;
}

const WHITE = new Float64Array(COEFFICIENTS).fill(1);

function energyOf(coefficients: Float64Array, weights: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < COEFFICIENTS; k++) sum += coefficients[k] * coefficients[k] * weights[k];
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
  return [1, ...bandsOf(spectrumOf(rankedBy(blocks, known), SHARE_BESIDE).variance, energy)];
}

function isNext(plane: Plane, other: Plane | undefined): boolean {
  return other !== undefined && other.slice === plane.slice + 1 && other.frame === plane.frame;
}

/** Blocks of what is dark throughout. */
function darkDct(planes: readonly Plane[], level: number): Block[] {
  const turned = planes.map((plane) => ({ ...plane, values: plane.values.map((value) => -value) }));
  return tissueDct(turned, -level, null, MOST.air);
}

function darkOf(blocks: readonly Block[], energy: number, signed: boolean): number[] {
  if (blocks.length < LEAST.blocks) return new Array<number>(2 + BANDS).fill(0);
  const { variance, mean } = spectrumOf(rankedBy(blocks, WHITE), SHARE_AIR);
  const over = signed ? 0 : Math.log(Math.max(-mean / Math.sqrt(energy), 1e-3));
  return [1, over, ...bandsOf(variance, energy)];
}

function airOf(air: Air | null, reference: number): number[] {
  if (air === null) return [0, 0, 0, 0, 0];
  return [1, Math.log(air.sigma / reference), Math.log(air.channels), air.even, air.share];
}

/** How far the energy at high frequencies rises from block to block: where the level varies, and where there is anatomy. */
function evennessOf(blocks: readonly Block[], known: Float64Array): number[] {
  const weights = known.map((variance, k) => (orderOf(k) >= HIGH ? 1 / variance : 0));
  const logs = Float64Array.from(blocks, ({ coefficients }) =>
    Math.log(energyOf(coefficients, weights) + 1e-9),
  );
  const lowest = quantile(logs, LOWEST_QUANTILE);
  return QUANTILES.map((q) => quantile(logs, q) - lowest);
}

function rulesOf(rules: RuleLevel, reference: number): number[] {
  const { sigma, certainty, structured, variation } = rules;
  const others = [rules.air, rules.tissue, rules.details, rules.dark].flatMap((level) => [
    level === null ? 0 : 1,
    level === null || !(sigma > 0) ? 0 : cut(level / sigma, OTHERS_FARTHEST),
  ]);
  return [
    sigma > 0 ? 1 : 0,
    cut(sigma / reference, FARTHEST),
    ...others,
    certainty,
    structured,
    variation === null ? 0 : 1,
    variation ?? 0,
  ];
}

function cut(ratio: number, most: number): number {
  return ratio > 0 ? Math.max(-most, Math.min(most, Math.log(ratio))) : 0;
}
