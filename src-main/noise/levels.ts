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

export function agree(a: number, b: number, factor = AGREEMENT): boolean {
  return Math.max(a / b, b / a) <= factor;
}
