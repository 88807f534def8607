import type { UnitNoiseImage } from '../noise/domain.js';
import type { Runtime } from '../runtime/types.js';
import { RECORRUPTION, type SelfTrainingOptions, trainSelf } from './self.js';

/**
 * How far a guessed noise level is above the true one, found by training.
 *
 * Under recorruption the target y - z / alpha carries the drawn noise z, whose share 1 / alpha^2 of the loss no network
 * can learn, and the noise of the image itself, which it cannot learn either. What structure there is in y, it can.
 * So the held-out loss less 1 / alpha^2 is the variance of the image's own noise, in units of the guess, plus the error
 * of the network: an upper bound of the true level. A guess that took fine structure for noise shows as a loss too low.
 */
const PILOT_STEPS = 400;
const MOST_ROUNDS = 5;
/** Variance in units of the guess from which the guess is taken to be right. */
const AGREES = 0.9;
/** Furthest that one round goes down, because a small remainder is mostly error of the measurement. */
const LARGEST_CUT = 0.35;

/**
 * Lowers a guessed level until short trainings agree with it.
 *
 * @returns the factor to multiply the level with, at most 1
 */
export async function levelFactor(
  runtime: Runtime,
  image: UnitNoiseImage,
  options: SelfTrainingOptions,
  onRound: (round: number, rounds: number) => void = () => {},
): Promise<number> {
  const steps = Math.min(PILOT_STEPS, options.steps ?? PILOT_STEPS);
  let factor = 1;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    onRound(round, MOST_ROUNDS);
    const pilot = await trainSelf(runtime, rescaled(image, factor), { ...options, steps });
    const losses = pilot.result.curve.map(({ heldOut }) => heldOut ?? Number.POSITIVE_INFINITY);
    const variance = Math.min(...losses) - 1 / RECORRUPTION ** 2;
    if (variance >= AGREES) break;
    factor *= Math.max(LARGEST_CUT, Math.sqrt(Math.max(0, variance)));
  }
  return factor;
}

/** The same image in units of a level that is `factor` times as high. Only where values are not stabilised. */
function rescaled(image: UnitNoiseImage, factor: number): UnitNoiseImage {
  return factor === 1 ? image : { ...image, values: image.values.map((value) => value / factor) };
}
