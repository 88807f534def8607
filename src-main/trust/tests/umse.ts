import type { UmseReport } from '../../contract/trust.js';
import type { Volume } from '../../imaging/volume.js';
import type { NoiseEstimate } from '../../noise/noise-estimate.js';
import { median } from '../../noise/robust.js';
import type { NoiseModel } from './noise-model.js';

/** The input and three more repeats. */
const REPEATS = 4;
/** Frames that are looked at; more would say the same. */
const FRAMES = 6;

/**
 * The median squared difference of neighbours may be so much more than noise makes it. Repeats of an EPI reach 2.2; the
 * directions of a diffusion series 3.2, and its first image and the next 440.
 */
const MOST_DIFFERENCE = 3;
/** Median of the square of a value of standard deviation 1. */
const MEDIAN_SQUARE = 0.455;
/** Voxels of a frame that are looked at for the median; only those of tissue count. */
const SAMPLES = 20_000;

/** Frames far apart may differ so much more than neighbours, in mean square, before they are taken to show a change. */
const DRIFT = 1.5;

/**
 * Whether frames show the same image again: four or more, which differ by little more than the noise that the estimate
 * took from them, each from the next, and neighbours not much less than frames half a series apart, as they do where something moves or fills.
 */
export function areRepeats(
  { data, frames }: Volume,
  foreground: Uint8Array,
  estimate: Pick<NoiseEstimate, 'methods' | 'sigma'>,
): boolean {
  const { repeats } = estimate.methods;
  if (frames < REPEATS || repeats === null || repeats > 1.3 * estimate.sigma) return false;
  const length = data.length / frames;
  for (let frame = 1; frame < frames; frame++)
    if (typicalDifference(data, length, frame, foreground) > MOST_DIFFERENCE * estimate.sigma ** 2)
      return false;
  const apart = (distance: number): number => {
    let sum = 0;
    let count = 0;
    for (let first = 0; first + distance < frames; first += Math.max(1, Math.floor(frames / FRAMES)))
      for (let i = 0; i < length; i++) {
        if (foreground[first * length + i] === 0) continue;
        sum += (data[(first + distance) * length + i] - data[first * length + i]) ** 2;
        count++;
      }
    return sum / Math.max(1, count);
  };
  return apart(frames >> 1) <= DRIFT * apart(1);
}

/** Half the squared difference of a frame and the one before it that noise alone of such variance would make. */
function typicalDifference(
  data: Float32Array,
  length: number,
  frame: number,
  foreground: Uint8Array,
): number {
  const squares: number[] = [];
  const start = frame * length;
  const step = Math.max(1, Math.floor(length / SAMPLES));
  for (let i = 0; i < length; i += step)
    if (foreground[start + i] !== 0) squares.push((data[start + i] - data[start - length + i]) ** 2 / 2);
  return squares.length === 0 ? 0 : median(squares) / MEDIAN_SQUARE;
}

/**
 * Unsupervised mean squared error (Marcos Morales et al, "Evaluating unsupervised denoising requires unsupervised
 * metrics", ICML 2023, equation 3): (a - f(y))^2 - (b - c)^2 / 2 over other repeats a, b, c of the same image, which
 * has the expectation of the squared error against the unknown truth. In units of sigma^2, over the foreground; the
 * Rician bias of a is taken away. Null where the frames are no repeats: fewer than four, or differing by more than
 * the noise that the estimate took from them.
 */
export function unsupervisedError(
  before: Volume,
  after: Volume,
  foreground: Uint8Array,
  estimate: Pick<NoiseEstimate, 'methods' | 'sigma'>,
  noise: NoiseModel,
): UmseReport | null {
  const { frames } = before;
  if (!(noise.typical > 0) || !areRepeats(before, foreground, estimate)) return null;
  const length = before.data.length / frames;
  const used = Math.min(frames, FRAMES);
  let denoised = 0;
  let noisy = 0;
  let spread = 0;
  let count = 0;
  for (let k = 0; k < used; k++) {
    const y = Math.floor((k * frames) / used);
    const [a, b, c] = [1, 2, 3].map((step) => ((y + step) % frames) * length);
    const own = y * length;
    for (let i = 0; i < length; i++) {
      if (foreground[own + i] === 0) continue;
      const level = noise.sigmaAt(own + i);
      denoised += noise.standardise(before.data[a + i], after.data[own + i], own + i) ** 2;
      noisy += ((before.data[a + i] - before.data[own + i]) / level) ** 2;
      spread += 0.5 * ((before.data[b + i] - before.data[c + i]) / level) ** 2;
      count++;
    }
  }
  if (count === 0) return null;
  const output = (denoised - spread) / count;
  const input = (noisy - spread) / count;
  return {
    output,
    input,
    gain: output > 0 && input > 0 ? 10 * Math.log10(input / output) : null,
    frames: used,
  };
}
