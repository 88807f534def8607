import type { Volume } from '../../imaging/volume.js';
import { type Air, airNoise } from '../air.js';
import { atMost, beyondDoubt, detailVariance, STRUCTURE, separable } from '../autocorrelation.js';
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
import { noiseMap, variationOver } from '../map/map.js';
import { raysMap } from '../map/rays.js';
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
import { sigmaFromChannels } from '../rician.js';
import { median } from '../robust.js';
import {
  SIDE as BLOCK,
  guidedSigma,
  lagCorrelations,
  type TissueSpectrum,
  tissueSpectrum,
} from '../spectrum.js';
import { noiseWarnings } from '../warnings.js';
import {
  type FlatBlocks,
  flattest,
  planeCorrelation,
  sliceCorrelation,
  type TissueBlocks,
  tissueBlocks,
  waveletNoise,
} from '../wavelet.js';
import { magnitudeTissue, showsHounsfield, signedTissue } from './tissue.js';

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

/** Air that has more noise than so many times that of tissue is dark tissue, or the blurred rim of the head. */
const AIR_OVER_TISSUE = 1.5;

interface Kind {
  readonly rician: boolean;
  readonly ct: boolean;
}

function tissueAndAir(
  volume: Volume,
  planes: readonly Plane[],
  level: number,
  dark: Air | null,
  kind: Kind,
): { readonly tissue: TissueNoise; readonly air: Air | null } {
  const tissue = tissueNoise(volume, planes, level, dark, kind);
  const { air, typical } = tissue;
  if (air === null || typical === null || air.sigma <= AIR_OVER_TISSUE * typical) return { tissue, air };
  return { tissue: tissueNoise(volume, planes, level, null, kind), air: null };
}

/** What tissue says of the noise. */
interface TissueNoise {
  readonly blocks: FlatBlocks;
  readonly wavelet: number | null;
  readonly spectrum: TissueSpectrum | null;
  /** What both together say. */
  readonly typical: number | null;
  readonly correlation: { readonly x: number; readonly y: number };
  /** Noise of the air, as if it had the level of the tissue everywhere where there is a map. */
  readonly air: Air | null;
  /** Level at each voxel of a frame over the typical one; null where it is the same everywhere. */
  readonly map: Float32Array | null;
  readonly variation: number;
  /** The same of the part of the map that was drawn through the tissue; null where none was, whatever rays tell. */
  readonly drawn: number | null;
}

/**
 * Where there is air its noise tells the correlation, also where it is quieter than that of tissue: every voxel went
 * through the same filter. Else the least of what tissue says counts, since structure only ever adds to it.
 */
function tissueNoise(
  volume: Volume,
  planes: readonly Plane[],
  level: number,
  air: Air | null,
  { rician, ct }: Kind,
): TissueNoise {
  const all = tissueBlocks(planes, level);
  const first = measuredBy(planes, level, all, null, air, rician);
  if (first.spectrum === null) return { ...first, air, map: null, variation: 0, drawn: null };
  const isHounsfield = ct && (volume.units === 'HU' || showsHounsfield(planes));
  const rays = isHounsfield ? raysMap(volume, planes, level, first.spectrum) : null;
  const even = rays === null ? first : measuredBy(planes, level, all, rays, air, rician);
  const found = noiseMap(volume, planes, level, even.spectrum ?? first.spectrum, rician, rays);
  const map = product(rays, found.map);
  if (map === null) return { ...first, air, map, variation: found.variation, drawn: null };
  const variation = rays === null ? found.variation : variationOver(planes, level, map);
  const evened =
    air === null
      ? null
      : airNoise(
          planes.map((plane) => overMap(plane, map)),
          level,
        );
  const drawn = found.map === null ? null : found.variation;
  // without air, which values with a sign have none of, rays alone were measured already
  const known =
    found.map === null && evened === null ? even : measuredBy(planes, level, all, map, evened, rician);
  return { ...known, air: evened, map, variation, drawn };
}

function product(a: Float32Array | null, b: Float32Array | null): Float32Array | null {
  return a === null || b === null ? (a ?? b) : a.map((factor, i) => factor * b[i]);
}

function overMap(plane: Plane, map: Float32Array): Plane {
  const start = plane.slice * plane.values.length;
  return { ...plane, values: plane.values.map((value, i) => value / map[start + i]) };
}

function measuredBy(
  planes: readonly Plane[],
  level: number,
  all: TissueBlocks,
  map: Float32Array | null,
  air: Air | null,
  rician: boolean,
): Omit<TissueNoise, 'air' | 'map' | 'variation' | 'drawn'> {
  const blocks = flattest(planes, all, map);
  const spectrum = tissueSpectrum(planes, level, rician, map);
  const near = planeCorrelation(planes, blocks);
  const known = air?.correlation ?? spectrum?.correlation ?? separable(near);
  // tissue tells of less than the air has only as far as so many blocks can tell
  const chance = air === null ? 0 : 2 * Math.sqrt(4 / Math.max(1, blocks.detail.length));
  const doubted =
    air === null
      ? { x: beyondDoubt(near.x), y: beyondDoubt(near.y) }
      : { x: near.x + chance, y: near.y + chance };
  const wavelet = waveletNoise(blocks, rician, detailVariance(atMost(known, doubted)));
  const correlation = { x: Math.min(near.x + chance, known.x), y: Math.min(near.y + chance, known.y) };
  const ofOneCoil = levelOfTissue(wavelet, spectrum, Math.max(correlation.x, correlation.y));
  const shown = ofOneCoil === null || !rician ? ofOneCoil : ofOneCoil * gainOfCoils(ofOneCoil, blocks, air);
  const typical =
    shown === null || spectrum === null || !rician || map !== null ? shown : shown / structureIn(spectrum);
  return { blocks, wavelet, typical, spectrum, correlation };
}

/** By how much more the noise of coils whose squares were summed shrinks in weak signal than that of one. */
function gainOfCoils(sd: number, { mean }: FlatBlocks, air: Air | null): number {
  if (air === null || mean.length === 0 || !(sd > 0)) return 1;
  const typical = median(mean);
  return sigmaFromChannels(typical, sd, air.channels) / sigmaFromChannels(typical, sd, 1);
}

/** More structure than this is no matter of a factor. */
const MOST_STRUCTURE = 1.25;
/** Of so few blocks five times as many as the flattest hold borders; from the other number on they are anatomy's own. */
const BLOCKS = [2000, 4000] as const;

/**
 * By how much structure raises the level that the flattest blocks of anatomy show: as much as it falls from five times
 * as many blocks to these it would fall once more if there were blocks a fifth as frequent. Where
 * the level varies, what a map leaves of that does the same.
 */
function structureIn({ rise, blocks }: TissueSpectrum): number {
  return Math.min(MOST_STRUCTURE, Math.max(1, rise)) ** ramp(blocks, BLOCKS);
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

/** Rise up to which all is taken for noise, and from which on for structure. */
const RISES = [1.2, 1.35] as const;
/** Five times as many of so few blocks hold all borders there are, whatever the flattest have: they tell nothing of these. */
const TELLING = [500, 1000] as const;
/** Millimetres that a block spans: up to the one tissue may be flat there, from the other on anatomy is in all. */
const SPANS = [16, 20] as const;
/** Correlation that coarse voxels of anatomy show by themselves. */
const TEXTURES = [0.2, 0.3] as const;

/**
 * 1 where what tissue shows may all be structure, 0 where it has flat parts. Where blocks span centimetres all have
 * some, and alike: only noise that is white can be told from it, or air. One frame of an EPI of 3 mm voxels shows five
 * to ten times the noise there is. Where five times as many blocks have far more variance the flattest may have
 * structure in them too, but as little as a fifth of it: air is believed then, and where there is none the level stays.
 * Of tissue in pieces too small for blocks the details are those of its borders: where air tells less, by what they are
 * more; without air, unless they are white.
 */
function structureOf({ spectrum, correlation, air, typical }: TissueNoise, { spacing }: Volume): number {
  const texture = ramp(Math.max(correlation.x, correlation.y), TEXTURES);
  if (spectrum === null) return air === null ? texture : disagreement(typical ?? 0, air.sigma);
  if (air !== null) return ramp(spectrum.rise, RISES) * ramp(spectrum.blocks, TELLING);
  return texture * ramp(BLOCK * Math.min(spacing[0], spacing[1]), SPANS);
}

function withAir(tissue: number, air: number): number {
  return air >= tissue ? tissue : between(air, tissue, disagreement(tissue, air));
}

/**
 * Details are what structure disturbs least, and all that white noise asks for; how much of correlated noise is in
 * them follows from its correlation, errors of which count the more the stronger it is. The spectrum asks for none.
 */
function levelOfTissue(wavelet: number | null, spectrum: TissueSpectrum | null, rho: number): number | null {
  if (wavelet === null || spectrum === null) return wavelet ?? spectrum?.sigma ?? null;
  const share = ramp(rho, [STRUCTURE, STRONG]);
  const lower = Math.min(wavelet, spectrum.sigma);
  const apart = disagreement(Math.max(wavelet, spectrum.sigma), lower);
  return between(between(wavelet, spectrum.sigma, share), lower, apart);
}

/** Correlation from which on the level is that of the spectrum. */
const STRONG = 0.5;

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
