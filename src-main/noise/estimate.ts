import type { Problem } from '../contract/errors.js';
import type { Volume } from '../imaging/volume.js';
import { type Background, backgroundNoise } from './background.js';
import { noiseMap } from './map.js';
import { foregroundLevel, type Plane, samplePlanes, sampleValues } from './planes.js';
import { repeatsNoise } from './repeats.js';
import { median } from './robust.js';
import { noiseWarnings } from './warnings.js';
import { flatBlocks, planeCorrelation, sliceCorrelation, waveletNoise } from './wavelet.js';

/** What is known of the noise of one series. Levels in the units of the volume. */
export interface NoiseEstimate {
  /** Standard deviation of the Gaussian noise in each channel of the underlying complex signal. */
  readonly sigma: number;
  readonly distribution: 'rician' | 'gaussian';
  /** The level by each method; null where it does not apply. */
  readonly methods: {
    readonly background: number | null;
    readonly wavelet: number | null;
    readonly repeats: number | null;
    /** From the loss that training could not get under; null until it was tried. */
    readonly training: number | null;
  };
  /** sigma over the median foreground, percent; CT counts from air, -1000 HU. */
  readonly relative: number;
  /** Lag-1 correlation of the noise along columns, rows and slices. */
  readonly correlation: { readonly x: number; readonly y: number; readonly z: number };
  readonly correlated: boolean;
  /**
   * False where the level rests on the details of tissue alone and these look correlated: then fine structure may
   * pass for noise, and the true level can be many times lower. Nothing may rely on the level then.
   */
  readonly certain: boolean;
  /**
   * sigma at each voxel of a frame (slices * rows * columns); null where one level serves, and where the noise is
   * correlated, because the map would follow the structure then.
   */
  readonly map: Float32Array | null;
  /** (90th - 10th percentile) / median of the local level; includes the map's own scatter, some 0.1. */
  readonly mapVariation: number;
  /** True when the scanner or an anonymiser set the air to one value. */
  readonly airMasked: boolean;
  /** Distinct values in the sample (at most 65536) and the smallest step between them. */
  readonly quantisation: { readonly levels: number; readonly step: number };
  /** Share of the voxels that is tissue, 0 to 1. */
  readonly foreground: number;
  readonly warnings: readonly Problem[];
}

/** Lag-1 correlation above which the noise is called correlated; structure alone can make about 0.2. */
const CORRELATED = 0.25;
/** Share of solid patches above which the air is called masked. */
const MASKED_SHARE = 0.02;

/**
 * Noise of a series, from a sample of its slices: from air, from diagonal details of flat tissue, and from
 * repeats where there are frames. Never throws for an odd image: what cannot be known is null and the level 0.
 */
export function estimateNoise(volume: Volume, hint: { modality?: string } = {}): NoiseEstimate {
  const planes = samplePlanes(volume);
  const signed = hint.modality === 'CT' || sampleValues(planes, 100_000, true).some((value) => value < 0);
  const background = signed ? null : backgroundNoise(planes);
  const airMasked = solidShare(planes) > MASKED_SHARE;
  const rician = !signed && (hint.modality === 'MR' || background !== null || airMasked);
  const level = tissueLevel(planes, background, hint.modality === 'CT');
  const blocks = flatBlocks(planes, level);
  const repeats = repeatsNoise(volume, planes, blocks, rician);
  const inPlane = repeats?.correlation ?? lower(planeCorrelation(planes, blocks), background);
  const correlation = { ...inPlane, z: sliceCorrelation(planes, blocks) };
  const correlated = Math.max(correlation.x, correlation.y) > CORRELATED;
  const wavelet = waveletNoise(blocks, rician, correlated ? correlation : { x: 0, y: 0 });
  const methods = {
    background: background?.sigma ?? null,
    wavelet,
    repeats: repeats?.sigma ?? null,
    training: null,
  };
  const sigma = choose(methods, correlated);
  const foreground = foregroundOf(planes, level, hint.modality === 'CT' ? -1000 : 0);
  // details that see more than the noise would draw a map of the anatomy
  const mappable = wavelet !== null && wavelet <= AGREEMENT * sigma;
  const spatial = mappable ? noiseMap(volume, planes, blocks, sigma, rician) : { map: null, variation: 0 };
  const estimate: Omit<NoiseEstimate, 'warnings'> = {
    sigma,
    distribution: rician ? 'rician' : 'gaussian',
    methods,
    relative: foreground.median > 0 ? (100 * sigma) / foreground.median : 0,
    correlation,
    correlated,
    certain: background !== null || repeats !== null || !correlated,
    map: correlated ? null : spatial.map,
    mapVariation: spatial.variation,
    airMasked,
    quantisation: quantisationOf(planes, volume.quantum),
    foreground: foreground.share,
  };
  return { ...estimate, warnings: noiseWarnings(estimate) };
}

/** Structure only ever adds to either: in tissue its texture, in air ghosts and the rim of the head. */
function lower(tissue: { x: number; y: number }, air: Background | null): { x: number; y: number } {
  if (air === null) return tissue;
  const { x, y } = air.correlation;
  return { x: Math.min(tissue.x, x), y: Math.min(tissue.y, y) };
}

/** CT below this is air and lung, HU. */
const CT_TISSUE = -500;

/** Above air, and above its noise where that is known. */
function tissueLevel(planes: readonly Plane[], air: Background | null, ct: boolean): number {
  const level = foregroundLevel(planes);
  if (ct) return Math.max(level, CT_TISSUE);
  return air === null ? level : Math.max(level, 3 * air.sigma);
}

/** Factor by which two methods may differ before one of them is taken to see something else. */
const AGREEMENT = 1.3;

/**
 * Repeats see the noise of the tissue itself and nothing else, unless the frames are no repeats: then they see too
 * much. Air is free of structure, so it wins over the details where these agree. Where they see more, it is structure
 * if it looks correlated, and noise that parallel imaging raised in the tissue if it looks white.
 */
function choose(methods: NoiseEstimate['methods'], correlated: boolean): number {
  const { background, wavelet, repeats } = methods;
  if (repeats !== null && (wavelet === null || repeats <= AGREEMENT * wavelet)) return repeats;
  if (background !== null && wavelet !== null) {
    const agree = Math.max(wavelet / background, background / wavelet) <= AGREEMENT;
    // Structure in the details and ghosts in the air only ever add: of two that agree the lower is nearer.
    if (agree && !correlated) return Math.min(background, wavelet);
    return agree || (wavelet > background && correlated) ? background : wavelet;
  }
  return background ?? wavelet ?? repeats ?? 0;
}

function solidShare(planes: readonly Plane[]): number {
  let solid = 0;
  let total = 0;
  for (const { usable } of planes) {
    total += usable.length;
    for (const flag of usable) if (flag === 0) solid++;
  }
  return total > 0 ? solid / total : 0;
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
