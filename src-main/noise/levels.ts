/** How levels that several methods found are put together, so that neighbours in what was found get neighbours. */

/** Factor by which two methods may differ before one of them is taken to see something else. */
export const AGREEMENT = 1.3;
/** Factor from which on it is taken so in full: between the two the levels blend, so that none jumps. */
export const DISAGREEMENT = 1.6;

/** 0 up to the first limit, 1 from the second on. */
export function ramp(value: number, [from, to]: readonly [number, number]): number {
  return Math.min(1, Math.max(0, (value - from) / (to - from)));
}

/** From one level to another, by a part from 0 to 1. */
export function between(from: number, to: number, part: number): number {
  return from > 0 && to > 0 ? from ** (1 - part) * to ** part : from + part * (to - from);
}

/** 0 where `higher` is no more than methods may differ, 1 where it is far more. */
export function disagreement(higher: number, lower: number): number {
  if (!(lower > 0)) return higher > 0 ? 1 : 0;
  return ramp(Math.log(higher / lower), [Math.log(AGREEMENT), Math.log(DISAGREEMENT)]);
}

/** From here on a level is called certain. */
export const SURE = 0.5;
/** Where five times as many blocks of tissue show no more than the first times as much, they show noise. */
const STEADY = [1.1, 1.2] as const;
/** Lag-1 correlation above which the noise is called correlated; structure alone can make about 0.2. */
export const CORRELATED = 0.25;
/** Correlation up to which what the details of tissue show is noise, and from which on it may be fine structure. */
const HANGING = [CORRELATED - 0.05, CORRELATED + 0.05] as const;
/** Share of structure from which on only air counts. */
const MIXED = [0, 0.5] as const;

/** What was found of the level of a single frame. */
interface Evidence {
  readonly sigma: number;
  /** Level and evenness of the air; null where there is none. */
  readonly air: { readonly sigma: number; readonly even: number } | null;
  /** 0 where tissue has flat parts, 1 where what it shows may all be structure. */
  readonly structured: number;
  /** Lag-1 correlation along the axis that has more of it. */
  readonly rho: number;
  /** The level by details and by the spectrum of tissue, and what both together say. */
  readonly wavelet: number | null;
  readonly spectrum: { readonly sigma: number; readonly rise: number } | null;
  readonly typical: number | null;
}

/**
 * How far the level rests on more than the details of tissue that hang together as fine structure does, 0 to 1. Where
 * what tissue shows may be structure, air tells the level that agrees with it: where it is even, as no ghosts or shading
 * leave it, or where tissue says the same.
 */
export function levelCertainty({
  sigma,
  air,
  structured,
  rho,
  wavelet,
  spectrum,
  typical,
}: Evidence): number {
  const agreement = (a: number, b: number): number => 1 - disagreement(Math.max(a, b), Math.min(a, b));
  // Tissue too small for a spectrum cannot tell structure from air that is quieter than it: both must say the same.
  const evenly = air === null || (spectrum === null && typical !== null) ? 0 : air.even;
  const byAir =
    air === null
      ? 0
      : agreement(sigma, air.sigma) * Math.max(evenly, typical === null ? 0 : agreement(typical, air.sigma));
  const steady =
    wavelet === null || spectrum === null
      ? 0
      : (1 - ramp(spectrum.rise, STEADY)) * agreement(wavelet, spectrum.sigma);
  const byTissue = air !== null ? 1 : Math.max(1 - ramp(rho, HANGING), steady);
  const share = ramp(structured, MIXED);
  return (1 - share) * byTissue + share * byAir;
}
