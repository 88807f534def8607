/** Whether the image is still there: measured where the source shows tissue, whatever the result shows. */
import { Pair } from '../../base/linear/pair.js';
import { sayingOf, spoken } from '../../contract/errors.js';
import type { SignalReport, TrustReason } from '../../contract/trust.js';
import type { Saying } from '../../contract/words/template.js';
import type { Volume } from '../../imaging/volume.js';
import type { NoiseEstimate } from '../../noise/noise-estimate.js';
import { meanAround } from './around.js';
import { foregroundThreshold } from './foreground.js';
import { type NoiseModel, noiseModel } from './noise-model.js';

const SIGNAL_LIMITS = {
  /** Share of the source's tissue that is not dark in the result. */
  left: { fail: 0.5 },
  /** Pearson correlation of source and result; of an honest result the root of 3/4 or more, by LEAST_STRUCTURE. */
  alike: { fail: 0.5 },
  /** Root mean square of what was changed in the source's tissue over what noise makes. */
  changeOverSigma: { fail: 2 },
} as const;

/** A source whose variance is less than so many times that of its noise has no structure to recognise. */
const LEAST_STRUCTURE = 4;
/** Part of the variance that means of 3 x 3 pixels keep where there is structure; a ninth of that of white noise. */
const KEPT_BY_MEANS = 0.6;
/** Part of the way from the darkest to the brightest percentile of the source up to which a voxel is dark. */
const DARK = 0.5;
/** Voxels that are compared at most, but for one plane in any case. */
const ENOUGH = 8_000_000;

/**
 * Compares a result with its source over the tissue of the source: means of 3 x 3 pixels above the threshold of its
 * foreground, so that noise in air does not count.
 *
 * @param model of the noise; null where its level is not known
 */
export function signalReport(before: Volume, after: Volume, model: NoiseModel | null): SignalReport {
  const noise = model !== null && model.typical > 0 ? model : null;
  const level = model?.typical ?? 0;
  const threshold = foregroundThreshold(before, level, noise?.floor ?? false);
  const dark = DARK * foregroundThreshold(before, 0, false) + (1 - DARK) * darkest(before);
  const sums = { voxels: 0, light: 0, energy: 0 };
  const pair = new Pair();
  const means = new Pair();
  const { columns, rows, measured } = before;
  const area = columns * rows;
  // More would say the same.
  const step = area * Math.max(1, Math.round(before.data.length / ENOUGH));
  for (let start = 0; start < before.data.length; start += step)
    for (let i = 0; i < area; i++) {
      const at = start + i;
      if (measured !== null && measured[at % measured.length] === 0) continue;
      const source = before.data[at];
      const result = after.data[at];
      if (!Number.isFinite(result)) continue;
      pair.add(source, result);
      const mean = meanAround(before, start, i % columns, Math.floor(i / columns));
      means.add(mean, mean);
      if (mean <= threshold) continue;
      sums.voxels++;
      if (result > dark) sums.light++;
      if (noise !== null) sums.energy += noise.standardise(source, result, at) ** 2;
    }
  const structured =
    pair.variance() > LEAST_STRUCTURE * level ** 2 && means.variance() > KEPT_BY_MEANS * pair.variance();
  return {
    voxels: sums.voxels,
    left: sums.voxels === 0 ? null : sums.light / sums.voxels,
    alike: structured ? (pair.correlation() ?? 0) : null,
    changeOverSigma: noise === null || sums.voxels === 0 ? null : Math.sqrt(sums.energy / sums.voxels),
    notFinite: shareWithoutNumber(after),
  };
}

/** A level that was given is believed of where tissue is up to so many times what the images show. */
const BELIEVED = 3;

/**
 * The noise by which a result is judged. A level that was given in other units, or for another series, would make noise
 * of the whole image, and then nothing was left that could be missed: it counts only up to some times the highest that
 * the images show, and of magnitudes to what would be all of their energy (E[M^2] = A^2 + 2 sigma^2). A map keeps its
 * shape.
 */
export function believedNoise(before: Volume, noise: NoiseEstimate): NoiseEstimate {
  const { told, ...shown } = noise.methods;
  if (told === null) return noise;
  const { typical, floor } = noiseModel(noise.map ?? noise.sigma, noise.distribution);
  const levels = Object.values(shown)
    .filter((level) => level !== null)
    .filter((level) => level > 0);
  const seen = levels.length > 0 ? BELIEVED * Math.max(...levels) : Number.POSITIVE_INFINITY;
  const most = Math.min(seen, floor ? Math.sqrt(energyOf(before) / 2) : Number.POSITIVE_INFINITY);
  if (!(typical > most)) return noise;
  const share = most / typical;
  return { ...noise, sigma: share * noise.sigma, map: noise.map?.map((level) => share * level) ?? null };
}

/** Mean square of the measured values that are not 0, which masked air is. */
function energyOf({ data, measured }: Volume): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < data.length; i++) {
    if (data[i] === 0 || !Number.isFinite(data[i]) || measured?.[i % measured.length] === 0) continue;
    sum += data[i] ** 2;
    count++;
  }
  return sum / Math.max(1, count);
}

/** Why the image is not there any more; at most one reason. @param noisy whether it was noise that was to go */
export function signalReason(signal: SignalReport, noisy: boolean): TrustReason[] {
  const { left, alike, changeOverSigma, notFinite } = signal;
  const { left: leftLimit, alike: alikeLimit, changeOverSigma: changeLimit } = SIGNAL_LIMITS;
  if (notFinite > 0) return [failed(notFinite, 0, sayingOf('trust/not-finite', { share: notFinite }))];
  if (left !== null && left < leftLimit.fail)
    return [failed(left, leftLimit.fail, sayingOf('trust/tissue-left', { share: left }))];
  if (alike !== null && alike < alikeLimit.fail)
    return [failed(alike, alikeLimit.fail, sayingOf('trust/unlike'))];
  if (noisy && changeOverSigma !== null && changeOverSigma > changeLimit.fail)
    return [failed(changeOverSigma, changeLimit.fail, sayingOf('trust/far-changed'))];
  return [];
}

/** Whether what the source shows is gone. */
export function isGone({ left, alike, notFinite }: SignalReport): boolean {
  return (
    notFinite === 1 ||
    (left !== null && left < SIGNAL_LIMITS.left.fail) ||
    (alike !== null && alike < SIGNAL_LIMITS.alike.fail)
  );
}

/** The result with the source's values where it has no numbers; the same volume where all are. */
export function withNumbers(before: Volume, after: Volume): Volume {
  if (after.data.every(Number.isFinite)) return after;
  const data = after.data.map((value, i) => (Number.isFinite(value) ? value : before.data[i]));
  return { ...after, data };
}

function failed(value: number, limit: number, saying: Saying): TrustReason {
  return { test: 'signal', verdict: 'fail', value, limit, ...spoken(saying) };
}

function shareWithoutNumber({ data }: Volume): number {
  let count = 0;
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) count++;
  return count / Math.max(1, data.length);
}

/** The least measured value. */
function darkest({ data, measured }: Volume): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < data.length; i++)
    if ((measured === null || measured[i % measured.length] !== 0) && data[i] < least) least = data[i];
  return Number.isFinite(least) ? least : 0;
}
