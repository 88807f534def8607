import type { Volume } from '../../imaging/volume.js';
import { type Air, airNoise } from '../air.js';
import { atMost, beyondDoubt, detailVariance, STRUCTURE, separable } from '../autocorrelation.js';
import { between, disagreement, ramp } from '../levels.js';
import { noiseMap, variationOver } from '../map/map.js';
import { raysMap } from '../map/rays.js';
import type { Plane } from '../planes.js';
import { sigmaFromChannels } from '../rician.js';
import { median } from '../robust.js';
import { SIDE as BLOCK, type TissueSpectrum, tissueSpectrum } from '../spectrum.js';
import {
  type FlatBlocks,
  flattest,
  planeCorrelation,
  type TissueBlocks,
  tissueBlocks,
  waveletNoise,
} from '../wavelet.js';
import { showsHounsfield } from './tissue.js';

/** Air that has more noise than so many times that of tissue is dark tissue, or the blurred rim of the head. */
const AIR_OVER_TISSUE = 1.5;

/** How the noise of magnitudes and of CT is to be read. */
interface Kind {
  readonly rician: boolean;
  readonly ct: boolean;
}

/**
 * What the tissue of a sample of planes says of the noise, and what its air does.
 *
 * @param level values above are tissue
 * @param dark noise of what is below; where that is far more than tissue has it is taken for no air
 */
export function tissueAndAir(
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
export interface TissueNoise {
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

/** A plane as it would be if its noise had the typical level everywhere. */
export function overMap(plane: Plane, map: Float32Array): Plane {
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
export function structureOf(
  { spectrum, correlation, air, typical }: TissueNoise,
  { spacing }: Volume,
): number {
  const texture = ramp(Math.max(correlation.x, correlation.y), TEXTURES);
  if (spectrum === null) return air === null ? texture : disagreement(typical ?? 0, air.sigma);
  if (air !== null) return ramp(spectrum.rise, RISES) * ramp(spectrum.blocks, TELLING);
  return texture * ramp(BLOCK * Math.min(spacing[0], spacing[1]), SPANS);
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
