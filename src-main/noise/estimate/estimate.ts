import type { Volume } from '../../imaging/volume.js';
import type { Air } from '../air.js';
import { componentsNoise } from '../components.js';
import { type LevelDescriptors, levelDescriptors, type RuleLevel } from '../learnt/descriptors.js';
import { type LearntLevel, learntLevel } from '../learnt/learnt-level.js';
import { withLearnt } from '../learnt/weighed.js';
import {
  AGREEMENT,
  between,
  CORRELATED,
  DISAGREEMENT,
  disagreement,
  levelCertainty,
  ramp,
  SURE,
} from '../levels.js';
import type { NoiseEstimate } from '../noise-estimate.js';
import {
  darkLevel,
  isSolid,
  negativeShare,
  type Plane,
  reachesZero,
  samplePlanes,
  sampleValues,
  solidShare,
} from '../planes.js';
import { type Repeats, repeatsNoise } from '../repeats.js';
import { median } from '../robust.js';
import { guidedSigma, lagCorrelations } from '../spectrum.js';
import { noiseWarnings } from '../warnings.js';
import { sliceCorrelation } from '../wavelet.js';
import { magnitudeTissue, showsHounsfield, signedTissue } from './tissue.js';
import { overMap, structureOf, type TissueNoise, tissueAndAir } from './tissue-noise.js';

/** Share of solid patches above which the air is called masked. */
const MASKED_SHARE = 0.02;
/** Share of the values that may be negative in magnitudes: what interpolation and rounding leave. */
const FEW_NEGATIVE = 0.02;

/**
 * Noise of a series, from a sample of its slices: from air, from diagonal details and the spectrum of flat tissue, and
 * from repeats where there are frames. Never throws for an odd image: what cannot be known is null and the level 0.
 */
export function estimateNoise(volume: Volume, hint: { modality?: string } = {}): NoiseEstimate {
  const seen = seenIn(volume, hint);
  const { planes, ct, level, airMasked, rician, tissue } = seen;
  const repeats = repeatsNoise(volume, planes, tissue.blocks, rician);
  const components = componentsNoise(volume, planes, rician);
  const inPlane = repeats?.correlation ?? tissue.correlation;
  const correlation = { x: inPlane.x, y: inPlane.y, z: sliceCorrelation(planes, tissue.blocks) };
  const frames = framesLevel(repeats, components, tissue.typical);
  const rules = byRules(seen, volume, repeats?.sigma ?? Number.POSITIVE_INFINITY, correlation);
  const learnt = frames.doubt === 0 ? null : learntOf(seen, rules);
  const foreground = foregroundOf(planes, level, darkLevel(planes, ct));
  const single = withLearnt(rules, learnt, seen.rician ? foreground.median : null);
  const sigma = frames.sigma === null ? single.sigma : between(frames.sigma, single.sigma, frames.doubt);
  const wavelet = tissue.wavelet ?? (isSolid(planes, level) ? 0 : null);
  const isSeen = sigma > 0 || wavelet !== null;
  const certainty = isSeen ? Math.max(frames.sigma === null ? 0 : 1 - frames.doubt, single.certainty) : 0;
  // where tissue shows structure, what varies in it is no noise either
  const varies = 1 - rules.structured;
  const estimate: Omit<NoiseEstimate, 'warnings'> = {
    sigma,
    distribution: rician ? 'rician' : 'gaussian',
    methods: {
      background: rules.air,
      wavelet,
      spectrum: tissue.spectrum?.sigma ?? null,
      guided: null,
      learnt: learnt?.sigma ?? null,
      repeats: frames.sigma,
      training: null,
      told: null,
    },
    relative: foreground.median > 0 ? (100 * sigma) / foreground.median : 0,
    correlation,
    ...(tissue.spectrum === null ? {} : { lags: lagCorrelations(tissue.spectrum.variance) }),
    correlated: Math.max(correlation.x, correlation.y) > CORRELATED,
    certain: certainty >= SURE,
    certainty,
    structured: rules.structured,
    map: sigma > 0 && varies > 0 ? (tissue.map?.map((gain) => gain ** varies * sigma) ?? null) : null,
    mapVariation: varies * tissue.variation,
    airMasked,
    quantisation: quantisationOf(planes, volume.quantum),
    foreground: foreground.share,
  };
  return { ...estimate, warnings: noiseWarnings(estimate) };
}

/** What is looked at of a series, and what is seen there. */
interface Seen {
  readonly planes: readonly Plane[];
  readonly ct: boolean;
  readonly rician: boolean;
  readonly airMasked: boolean;
  /** Values above are tissue. */
  readonly level: number;
  readonly hasAir: boolean;
  /** Noise of what is below, whatever tissue says of it. */
  readonly dark: Air | null;
  readonly tissue: TissueNoise;
  /** Noise of the air, unless it is more than air has. */
  readonly air: Air | null;
}

function seenIn(volume: Volume, { modality }: { modality?: string }): Seen {
  const planes = samplePlanes(volume);
  const ct = isCt(planes, modality);
  const signed = ct || volume.signed === true || negativeShare(planes) > FEW_NEGATIVE;
  const { level, hasAir, air: dark } = signed ? signedTissue(planes, ct) : magnitudeTissue(planes);
  const airMasked = solidShare(planes) > MASKED_SHARE;
  const rician = !signed && (modality === 'MR' || hasAir || airMasked || reachesZero(planes));
  const found = tissueAndAir(volume, planes, level, dark, { rician, ct });
  return { planes, ct, rician, airMasked, level, hasAir, dark, ...found };
}

function isCt(planes: readonly Plane[], modality: string | undefined): boolean {
  return modality === 'CT' || (modality !== 'MR' && showsHounsfield(planes));
}

/**
 * What tissue and air of a single frame say.
 *
 * @param most a level that it has at most, whatever tissue shows
 */
function byRules(
  { rician, tissue, dark, air }: Seen,
  volume: Volume,
  most: number,
  correlation: { readonly x: number; readonly y: number },
): RuleLevel {
  const structured = rician ? structureOf(tissue, volume) : 0;
  const background = air === null ? null : between(air.sigma, dark?.sigma ?? air.sigma, structured);
  const shown = Number.isFinite(most) ? Math.min(tissue.typical ?? most, most) : tissue.typical;
  const sigma = singleLevel(background, shown, structured);
  const rho = Math.max(correlation.x, correlation.y);
  const certainty = levelCertainty({ ...tissue, sigma, air, structured, rho });
  return {
    sigma,
    air: background,
    tissue: tissue.typical,
    details: tissue.wavelet,
    dark: dark?.sigma ?? null,
    certainty,
    structured,
    variation: tissue.drawn === null ? null : (1 - structured) * tissue.drawn,
  };
}

/** What the networks are asked about: images as they would be if their noise were the same everywhere. */
function describe(
  { planes, rician, level, hasAir, dark, tissue }: Seen,
  rules: RuleLevel,
): LevelDescriptors | null {
  const { map } = tissue;
  const where = { level, signed: !rician, hasAir, air: map === null ? dark : tissue.air };
  const evened = map === null ? planes : planes.map((plane) => overMap(plane, map));
  return levelDescriptors(evened, where, rules);
}

function learntOf(seen: Seen, rules: RuleLevel): LearntLevel | null {
  const described = describe(seen, rules);
  const learnt = described === null ? null : learntLevel(described);
  return learnt === null || learnt.strange === 1 ? null : learnt;
}

/** What the networks learn from; null with too little to tell. */
export function noiseDescriptors(volume: Volume, hint: { modality?: string } = {}): LevelDescriptors | null {
  const seen = seenIn(volume, hint);
  const { x, y } = seen.tissue.correlation;
  return describe(seen, byRules(seen, volume, Number.POSITIVE_INFINITY, { x, y }));
}

/** Certainty of the network's level up to which a filtered image has its full say, and from which on it has none. */
const TRUSTED = [0.8, 0.95] as const;
/** How far a level is from the network's, in logarithms, from which on it rests on something else. */
const APART = [0.02, 0.1] as const;

/**
 * How far a level is the network's, and certain. That has learnt what structure adds, and a filter leaves noise that hangs
 * together over many pixels: in CT it finds three quarters of a level that the network tells to 5 %.
 */
function trustOf({ sigma, certainty, methods: { learnt } }: NoiseEstimate): number {
  if (learnt === null || !(sigma > 0)) return 0;
  return ramp(certainty, TRUSTED) * (1 - ramp(Math.abs(Math.log(sigma / learnt)), APART));
}

/** Percent of the brightness of tissue: magnitudes with so much noise do not show a filter where they are flat. */
const BURIED = [30, 50] as const;

/**
 * The same with the level measured once more where filtered planes show tissue to be flat. Structure only ever adds to
 * what tissue shows: a higher level is not taken.
 *
 * @param guides the planes, some of `samplePlanes`, as a filter restores them
 */
export function withGuides(
  estimate: NoiseEstimate,
  planes: readonly Plane[],
  guides: readonly Float32Array[],
  hint: { modality?: string } = {},
): NoiseEstimate {
  const ct = isCt(planes, hint.modality);
  const signed = ct || negativeShare(planes) > FEW_NEGATIVE;
  const rician = estimate.distribution === 'rician';
  const gains = estimate.map?.map((level) => level / estimate.sigma) ?? null;
  const { level } = signed ? signedTissue(planes, ct) : magnitudeTissue(planes);
  const guided = guidedSigma(planes, guides, level, rician, gains);
  if (guided === null || !(guided > 0)) return estimate;
  const seen = (1 - trustOf(estimate)) * (rician ? 1 - ramp(estimate.relative, BURIED) : 1);
  const factor = Math.min(1, guided / estimate.sigma) ** seen;
  const next: Omit<NoiseEstimate, 'warnings'> = {
    ...estimate,
    methods: { ...estimate.methods, guided },
    sigma: factor * estimate.sigma,
    relative: factor * estimate.relative,
    map: estimate.map?.map((value) => factor * value) ?? null,
  };
  return { ...next, warnings: noiseWarnings(next) };
}

/** What frames tell of the level. */
interface FramesLevel {
  readonly sigma: number | null;
  /** 0 where nothing speaks against it, 1 where only what a single frame tells counts. */
  readonly doubt: number;
}

/** Range of the pairs up to which frames may all be repeats, and from which on they are none. */
const UNLIKE = [AGREEMENT, DISAGREEMENT] as const;
/**
 * Share of its brightness by which tissue may change between repeats, and from which on frames have another contrast:
 * their differences have the texture of the tissue in them, by less than what tissue shows in itself.
 */
const CHANGED = [0.1, 0.25] as const;

/**
 * What frames tell: repeats see the noise of the tissue itself and nothing else, unless the frames are no repeats.
 * Then they see too much, and the principal components that hold noise tell the level. Of frames too few for these,
 * the less is known the more they differ unlike one another, or by more than tissue does in itself.
 */
function framesLevel(repeats: Repeats | null, components: number | null, tissue: number | null): FramesLevel {
  if (repeats === null) return { sigma: components, doubt: components === null ? 1 : 0 };
  const { sigma, range, change } = repeats;
  if (components !== null)
    return { sigma: between(sigma, components, disagreement(sigma, components)), doubt: 0 };
  const doubt = Math.max(
    ramp(range, UNLIKE),
    ramp(change, CHANGED),
    tissue === null ? 0 : disagreement(sigma, tissue),
  );
  return { sigma: doubt === 1 ? null : sigma, doubt };
}

/**
 * Of a single frame. Of what tissue says the least is nearest, since structure only ever adds. So do ghosts to the air, but coil
 * combination and normalisation make air quieter than tissue: air decides where it agrees with the tissue, or where
 * that is nowhere flat.
 *
 * @param structure 0 where tissue has flat parts, 1 where what it shows may all be structure
 */
function singleLevel(background: number | null, tissue: number | null, structure: number): number {
  if (tissue === null) return background ?? 0;
  const shown = background === null ? tissue : withAir(tissue, background);
  return between(shown, Math.min(shown, background ?? 0), structure);
}

function withAir(tissue: number, air: number): number {
  return air >= tissue ? tissue : between(air, tissue, disagreement(tissue, air));
}

function foregroundOf(
  planes: readonly Plane[],
  level: number,
  air: number,
): { median: number; share: number } {
  const all = sampleValues(planes, 200_000, false);
  const tissue = all.filter((value) => value > level);
  return tissue.length === 0
    ? { median: 0, share: 0 }
    : { median: median(tissue) - air, share: tissue.length / all.length };
}

const MOST_LEVELS = 65_536;

function quantisationOf(planes: readonly Plane[], quantum: number): NoiseEstimate['quantisation'] {
  const seen = new Set<number>();
  for (const value of sampleValues(planes, 1_000_000, false)) {
    seen.add(value);
    if (seen.size === MOST_LEVELS) break;
  }
  const sorted = Float64Array.from(seen).sort();
  let step = Number.POSITIVE_INFINITY;
  for (let i = 1; i < sorted.length; i++) step = Math.min(step, sorted[i] - sorted[i - 1]);
  return { levels: sorted.length, step: quantum > 0 ? quantum : Number.isFinite(step) ? step : 0 };
}
