import type { Volume } from '../imaging/volume.js';
import { ramp } from '../noise/levels.js';
import type { NoiseEstimate } from '../noise/noise-estimate.js';
import { darkLevel, foregroundLevel, type Plane, samplePlanes } from '../noise/planes.js';
import { median, quantile } from '../noise/robust.js';
import { CLEAN_PERCENT, CLEAN_STEP, isUnknown } from '../noise/warnings.js';

const WINDOW = 8;
/** The quietest twentieth of the tissue. */
const QUIET = 0.05;
/** Detail in quiet tissue, over its brightness, of an image without other sign of noise: clean, and not. */
const SMOOTH = { rician: [0.014, 0.021], hounsfield: [0.0004, 0.0006] } as const;
/** Noise of the air over that of tissue: up to the one it is noise, from the other on a ghost or the rim of the head. */
const AIR_OVER_TISSUE = [1.6, 2.5] as const;
/** A level that methods agree on, percent of the foreground: nothing of it need be noise, and all of it is. */
const NOISY_PERCENT = [0.7, 1.4] as const;
/** Certainty of that level up to which it shows no noise, and from which on it does: anatomy without noise reaches the first. */
const CERTAIN = [0.8, 0.95] as const;
/** Correlation of white noise and of details that hang together. */
const CORRELATED = [0.2, 0.3] as const;
/** Times the level that is too small to matter, from which on there is noise to remove. */
const MATTERS = 2;
const AIR_HU = -1000;
const LEAST_WINDOWS = 20;
/** CT below this is air and lung. */
const CT_TISSUE = -500;
/** An input called clean comes back with at least this ratio of its range to the change. */
export const CLEAN_PSNR = 51;

/** Whether an image is clean for certain: it comes back as it is. */
export function isClean(volume: Volume, noise: NoiseEstimate): boolean {
  return cleanness(volume, noise) === 1;
}

/**
 * 1 where there is no noise to remove, 0 where there is, and a part between, so that neighbours in the level are
 * treated alike. No noise: the estimate found next to none, or the image looks denoised before: no air or repeat shows
 * noise, the details of tissue hang together as structure does, and the quietest tissue is smooth. Images like that
 * have nothing to gain and everything to lose. Where a person says that there is noise there is. An image whose level
 * is unknown is clean only as far as it is smooth.
 */
export function cleanness(volume: Volume, noise: NoiseEstimate): number {
  if (isUnknown(noise)) return smoothness(volume);
  if (!(noise.sigma > 0)) return 1;
  if (noise.methods.told !== null) return 0;
  const little = 1 - aboveLittle(noise);
  const doubtful =
    (1 - shownNoise(noise)) * ramp(Math.max(noise.correlation.x, noise.correlation.y), CORRELATED);
  if (little === 1 || doubtful === 0) return little;
  return Math.max(little, doubtful * smoothness(volume));
}

/** How far the quietest tissue is as smooth as a filter leaves it, 0 to 1; 0 with too little tissue. */
function smoothness(volume: Volume): number {
  const quiet = quietness(volume);
  return quiet === null ? 0 : 1 - ramp(quiet, volume.units === 'HU' ? SMOOTH.hounsfield : SMOOTH.rician);
}

/** 0 where the level is so small that W_CLEAN says so, 1 where it is not nearly. */
function aboveLittle({ relative, sigma, distribution, quantisation, warnings }: NoiseEstimate): number {
  if (warnings.some(({ code }) => code === 'W_CLEAN')) return 0;
  const least = CLEAN_PERCENT[distribution];
  const step = CLEAN_STEP * quantisation.step;
  return Math.min(
    ramp(relative, [least, MATTERS * least]),
    step > 0 ? ramp(sigma, [step, MATTERS * step]) : 1,
  );
}

/** How far repeats, the air or a level that methods agree on show noise, which no denoiser leaves: 0 to 1. */
function shownNoise({ methods, certainty, relative }: NoiseEstimate): number {
  const { background, wavelet, repeats } = methods;
  if (repeats !== null) return 1;
  const byAir =
    background === null || wavelet === null
      ? 0
      : 1 - ramp(background, [AIR_OVER_TISSUE[0] * wavelet, AIR_OVER_TISSUE[1] * wavelet]);
  return Math.max(byAir, ramp(certainty, CERTAIN) * ramp(relative, NOISY_PERCENT));
}

/** Detail in the quietest tissue over the brightness of tissue (of CT: above air); null with too little tissue. */
function quietness(volume: Volume): number | null {
  const windows = windowDetails(volume);
  if (windows.length < LEAST_WINDOWS) return null;
  // of values with a sign the dark ones are no air, and count from 0
  const dark = Math.max(
    volume.units === 'HU' ? AIR_HU : 0,
    darkLevel(samplePlanes(volume), volume.units === 'HU'),
  );
  const brightness = median(windows.map(({ mean }) => mean)) - dark;
  const quiet = quantile(
    windows.map(({ detail }) => detail),
    QUIET,
  );
  return brightness > 0 ? quiet / brightness : null;
}

/** Windows of 8 x 8 pixels that lie wholly in tissue. */
function windowDetails(volume: Volume): Window[] {
  const planes = samplePlanes(volume);
  const level = Math.max(
    foregroundLevel(planes),
    volume.units === 'HU' ? CT_TISSUE : Number.NEGATIVE_INFINITY,
  );
  return planes.flatMap((plane) => windowsOf(plane, level));
}

interface Window {
  /** Root mean square of the diagonal details. */
  readonly detail: number;
  readonly mean: number;
}

function windowsOf(plane: Plane, level: number): Window[] {
  const { columns, rows } = plane;
  const found: Window[] = [];
  for (let top = 0; top + WINDOW <= rows; top += WINDOW / 2)
    for (let left = 0; left + WINDOW <= columns; left += WINDOW / 2) {
      const window = windowAt(plane, top, left, level);
      if (window !== null) found.push(window);
    }
  return found;
}

function windowAt(
  { values, usable, columns }: Plane,
  top: number,
  left: number,
  level: number,
): Window | null {
  let energy = 0;
  let sum = 0;
  for (let y = top; y < top + WINDOW; y += 2)
    for (let x = left; x < left + WINDOW; x += 2) {
      const i = y * columns + x;
      const j = i + columns;
      if (usable[i] === 0 || usable[i + 1] === 0 || usable[j] === 0 || usable[j + 1] === 0) return null;
      const a = values[i];
      const b = values[i + 1];
      const c = values[j];
      const d = values[j + 1];
      if (a <= level || b <= level || c <= level || d <= level) return null;
      energy += ((a - b - c + d) / 2) ** 2;
      sum += a + b + c + d;
    }
  return { detail: Math.sqrt((4 * energy) / WINDOW ** 2), mean: sum / WINDOW ** 2 };
}

/**
 * Ratio in dB of the range of the input (0.1st to 99.9th percentile) to the root mean square of the change over the
 * foreground; null where nothing changed or nothing is foreground.
 */
export function changePsnr(before: Volume, after: Volume, foreground: Uint8Array): number | null {
  let energy = 0;
  let count = 0;
  for (let i = 0; i < foreground.length; i++) {
    if (foreground[i] === 0) continue;
    energy += (after.data[i] - before.data[i]) ** 2;
    count++;
  }
  if (count === 0 || energy === 0) return null;
  return 20 * Math.log10(rangeOf(before) / Math.sqrt(energy / count));
}

function rangeOf({ data }: Volume): number {
  const stride = Math.max(1, Math.floor(data.length / 500_000));
  const sample = new Float32Array(Math.floor(data.length / stride));
  for (let i = 0; i < sample.length; i++) sample[i] = data[i * stride];
  return quantile(sample, 0.999) - quantile(sample, 0.001);
}
