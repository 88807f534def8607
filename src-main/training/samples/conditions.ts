import { CONDITIONS, type Condition } from '../../models/family.js';
import type { UnitNoiseImage } from '../../noise/domain.js';

/** What a conditioned network is told about an image. */
export type Conditions = Readonly<Record<Condition, number>>;

/** Fewer slices have no neighbours on both sides to learn from. */
const FEWEST_SLICES = 3;

/** The conditions of a series in unit noise. `only2d`: neighbouring slices are no neighbours in space. */
export function conditionsOf(image: UnitNoiseImage, only2d: boolean): Conditions {
  const { mean, deviation } = moments(image);
  const [correlationX, correlationY] = image.correlation;
  const context = only2d || image.slices < FEWEST_SLICES ? 0 : 1;
  return { level: 1 / deviation, mean, correlationX, correlationY, context };
}

/** The same where `noise` times as much noise is in the image, brought back to unit noise. */
export function recorruptedConditions(own: Conditions, noise: number): Conditions {
  return {
    ...own,
    // the image is scaled down by as much as its noise went up; unit noise is part of its deviation
    level: 1 / Math.hypot(1, Math.sqrt(Math.max(0, 1 / own.level ** 2 - 1)) / noise),
    mean: own.mean / noise,
  };
}

/** The same for an image whose rows and columns changed places. */
export function swapped(conditions: Conditions): Conditions {
  const { correlationX, correlationY } = conditions;
  return { ...conditions, correlationX: correlationY, correlationY: correlationX };
}

/** Writes the planes of the conditions behind the `slices` channels of each pixel of `window`. */
export function fillConditions(window: Float32Array, slices: number, conditions: Conditions): void {
  const channels = slices + CONDITIONS.length;
  CONDITIONS.forEach((name, k) => {
    const value = conditions[name];
    for (let i = slices + k; i < window.length; i += channels) window[i] = value;
  });
}

/** Mean and standard deviation of the usable values; the deviation is at least that of the noise. */
export function moments({ values, usable }: UnitNoiseImage): { mean: number; deviation: number } {
  let count = 0;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++)
    if (usable === null || usable[i] === 1) {
      count++;
      sum += values[i];
      squares += values[i] * values[i];
    }
  const mean = sum / Math.max(1, count);
  return { mean, deviation: Math.sqrt(Math.max(1, squares / Math.max(1, count) - mean * mean)) };
}
