import type { Volume } from '../imaging/volume.js';
import type { NoiseEstimate } from '../noise/noise-estimate.js';
import { foregroundLevel, type Plane, samplePlanes } from '../noise/planes.js';
import { median, quantile } from '../noise/robust.js';

const WINDOW = 8;
/** The quietest twentieth of the tissue. */
const QUIET = 0.05;
/** Detail in quiet tissue, over its brightness, under which an image without other sign of noise counts as clean. */
const LIMIT = { rician: 0.017, hounsfield: 0.0005 } as const;
/** Air with more noise than so many times that of tissue is a ghost, or the blurred rim of the head. */
const AIR_OVER_TISSUE = 2;
/** A level that methods agree on is noise from here on, percent of the foreground. */
const NOISY_PERCENT = 1;
const AIR_HU = -1000;
const LEAST_WINDOWS = 20;
/** CT below this is air and lung. */
const CT_TISSUE = -500;
/** An input called clean comes back with at least this ratio of its range to the change. */
export const CLEAN_PSNR = 51;

/**
 * Whether there is noise to remove at all: false where the estimate found next to none, and where the image looks
 * denoised before: no air or repeat shows noise, the details of tissue hang together as structure does, and the
 * quietest tissue is smooth. Images like that have nothing to gain and everything to lose.
 */
export function isClean(volume: Volume, noise: NoiseEstimate): boolean {
  if (noise.warnings.some(({ code }) => code === 'W_CLEAN') || !(noise.sigma > 0)) return true;
  if (!noise.correlated || showsNoise(noise)) return false;
  const quiet = quietness(volume);
  return quiet !== null && quiet < (volume.units === 'HU' ? LIMIT.hounsfield : LIMIT.rician);
}

/** Whether repeats or the air show noise, which no denoiser leaves; air far above the tissue's details is no air. */
function showsNoise({ methods, certain, relative }: NoiseEstimate): boolean {
  const { background, wavelet, repeats } = methods;
  if (certain && relative > NOISY_PERCENT) return true;
  return (
    repeats !== null || (background !== null && wavelet !== null && background < AIR_OVER_TISSUE * wavelet)
  );
}

/** Detail in the quietest tissue over the brightness of tissue (of CT: above air); null with too little tissue. */
function quietness(volume: Volume): number | null {
  const windows = windowDetails(volume);
  if (windows.length < LEAST_WINDOWS) return null;
  const brightness = median(windows.map(({ mean }) => mean)) - (volume.units === 'HU' ? AIR_HU : 0);
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
      const corners = [0, 1, columns, columns + 1].map((offset) => y * columns + x + offset);
      if (corners.some((i) => usable[i] === 0 || values[i] <= level)) return null;
      const [a, b, c, d] = corners.map((i) => values[i]);
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
  const sample = Float32Array.from({ length: Math.floor(data.length / stride) }, (_, i) => data[i * stride]);
  return quantile(sample, 0.999) - quantile(sample, 0.001);
}
