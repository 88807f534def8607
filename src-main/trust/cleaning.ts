/**
 * What taking an artifact away did to the image: whether structure went with it, whether lesions are still there, and
 * where to look. The level of the noise says nothing here, since it is not noise that was removed.
 */
import { Pair } from '../base/linear/pair.js';
import type { Random } from '../base/random.js';
import type { CleaningTrust } from '../contract/trust.js';
import { cutBox, wholeBox } from '../imaging/box.js';
import { planeLength, type Volume } from '../imaging/volume.js';
import { median, quantile } from '../noise/robust.js';
import { changePsnr } from './clean.js';
import { cleaningReasons, cleaningVerdict } from './cleaning-verdict.js';
import { placeLesions, withLesions } from './lesions.js';
import { foregroundMask } from './part.js';
import { recovered } from './retention.js';
import type { AcquiredAxes } from './signs/acquired.js';
import { levelOfDetails, signsOf } from './signs/signs.js';
import { meanAround } from './tests/around.js';
import { foregroundThreshold } from './tests/foreground.js';
import { noiseModel } from './tests/noise-model.js';
import { isGone, signalReport } from './tests/signal.js';

/** Bright is what has at least this share of a bright value of the foreground. */
const BRIGHT = { share: 0.5, quantile: 0.9 } as const;
/** Slices that lesions are put into. */
const PROBED = 5;
/** A step of brightness that an inserted lesion has at least, over the brightness of tissue. */
const LEAST_STEP = 0.03;
/** Planes that structure and places are looked for in. */
const PLANES = 40;
/** Planes that signs are looked for in, which takes a tenth of a second in each of 320 x 320 pixels. */
const SIGN_PLANES = 20;
/** Share of the tissue that changes more than what is told as the largest change. */
const RARE = 0.001;
/** Share of the tissue of a place that changes less than what is told of it: a line is a few pixels of many. */
const OF_PLACE = 0.95;
/** Side of a place, pixels, and how many are told. */
const [SIDE, LISTED] = [16, 5];

interface Removed {
  readonly before: Volume;
  readonly after: Volume;
  /** The same removal on other values of some slices of the series: its settings are the same, what it finds is theirs. */
  readonly again: (volume: Volume) => Volume | Promise<Volume>;
  /** What of k-space was acquired, where ringing was removed (`Look.acquired`). Absent: it was not. */
  readonly acquired?: AcquiredAxes;
  /** Level of the noise; 0: not known. */
  readonly sigma: number;
  readonly random: Random;
}

/** Judges what was removed. Nothing throws for an odd image. */
export async function cleaningTrust({
  before,
  after,
  again,
  acquired,
  sigma,
  random,
}: Removed): Promise<CleaningTrust> {
  const mask = tissueOf(before, sigma);
  const bright = brightness(before, mask);
  const structure = structureOf(before, after, mask);
  const { kept, lesions } = await lesionsKept({ before, after, again, sigma, random }, bright);
  // What is dark, as a veil of stripes over air is, may go: what is bright may not.
  const gone = isGone({ ...signalReport(before, after, null), left: brightLeft(before, after, mask) });
  const planes = [...planesOf(before, SIGN_PLANES)];
  // Of the two the lesser: what is taken away may be fine, and so may what is put in.
  const level =
    sigma > 0
      ? sigma
      : Math.min(...[before, after].map((volume) => levelOfDetails(volume, mask, planes, bright)));
  const signs = signsOf(before, after, mask, planes, level, acquired);
  const largest = largestOf(before, after, mask, planes, level);
  const reasons = cleaningReasons({ gone, kept, structure, signs, largest });
  return {
    verdict: cleaningVerdict(reasons),
    reasons,
    psnr: changePsnr(before, after, mask),
    structure,
    kept,
    lesions,
    signs,
    largest,
    places: placesOf(before, after, mask, bright, level),
  };
}

/** Of all changes of tissue one in a thousand is larger: that, over the level. An image as a whole may become brighter. */
function largestOf(
  before: Volume,
  after: Volume,
  mask: Uint8Array,
  planes: readonly number[],
  level: number,
): number | null {
  if (!(level > 0)) return null;
  const area = planeLength(before);
  let [product, square] = [0, 0];
  for (const plane of planes)
    for (let at = plane * area; at < (plane + 1) * area; at++) {
      if (mask[at] === 0) continue;
      product += before.data[at] * after.data[at];
      square += after.data[at] ** 2;
    }
  const scale = before.units === 'HU' || !(product > 0) ? 1 : square / product;
  const changes: number[] = [];
  for (const plane of planes)
    for (let at = plane * area; at < (plane + 1) * area; at++)
      if (mask[at] !== 0) changes.push(Math.abs(scale * before.data[at] - after.data[at]));
  return changes.length === 0 ? null : quantile(changes, 1 - RARE) / level;
}

/** Median of the foreground. */
function brightness(volume: Volume, mask: Uint8Array): number {
  const sample = sampleOf(volume, mask);
  return sample.length === 0 ? 0 : median(sample);
}

/** Sizes of values of the foreground. */
function sampleOf({ data }: Volume, mask: Uint8Array): number[] {
  const stride = Math.max(1, Math.floor(data.length / 300_000));
  const sample: number[] = [];
  for (let i = 0; i < data.length; i += stride) if (mask[i] !== 0) sample.push(Math.abs(data[i]));
  return sample;
}

/** Share of the bright voxels that have more than half of what counts as bright in the result; null where there are none. */
function brightLeft(before: Volume, after: Volume, mask: Uint8Array): number | null {
  const sample = sampleOf(before, mask);
  if (sample.length === 0) return null;
  const least = BRIGHT.share * quantile(sample, BRIGHT.quantile);
  let [count, left] = [0, 0];
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0 || Math.abs(before.data[i]) < least) continue;
    count++;
    if (Math.abs(after.data[i]) > least / 2) left++;
  }
  return count === 0 ? null : left / count;
}

/** First voxels of planes that stand for all. */
function* planesOf(volume: Volume, most = PLANES): Generator<number> {
  const count = volume.slices * volume.frames;
  const step = Math.max(1, Math.floor(count / most));
  for (let plane = Math.floor(step / 2); plane < count; plane += step) yield plane;
}

/** Correlation of input minus result with the result minus its means of 3 x 3; null where either is nothing. */
function structureOf(before: Volume, after: Volume, mask: Uint8Array): number | null {
  const { columns, rows } = before;
  const area = planeLength(before);
  const pair = new Pair();
  for (const plane of planesOf(before))
    for (let y = 1; y < rows - 1; y++)
      for (let x = 1; x < columns - 1; x++) {
        const at = plane * area + y * columns + x;
        if (mask[at] === 0) continue;
        pair.add(before.data[at] - after.data[at], after.data[at] - meanAround(after, plane * area, x, y));
      }
  return pair.correlation();
}

/**
 * Lesions are put into a few slices, which are cleaned once more, with and without them. They lie in what is tissue with
 * the artifact and without: a ghost in air is no place for one. Contrast that an artifact had hidden and that came back
 * is no more than all of it. Slices in which nothing is removed again tell nothing.
 */
async function lesionsKept(
  { before, after, again, sigma, random }: Removed,
  bright: number,
): Promise<Pick<CleaningTrust, 'kept' | 'lesions'>> {
  const untold = { kept: null, lesions: 0 };
  const part = mostChanged(before, after);
  const step = Math.max(sigma, LEAST_STEP * bright);
  if (!(step > 0)) return untold;
  const without = await again(part);
  if (isSame(part, without)) return untold;
  const cleaned = tissueOf(without, sigma);
  const tissue = tissueOf(part, sigma).map((value, i) => value & cleaned[i]);
  const where = { tissue, centres: tissue };
  const lesions = placeLesions(without, where, noiseModel(step, 'gaussian'), 0, random, { rounds: 2 });
  if (lesions.length === 0) return untold;
  const probed = withLesions(part, lesions);
  const withThem = await again(probed);
  if (isSame(probed, withThem)) return untold;
  const seen = new Uint8Array(part.data.length).fill(1);
  const percents = recovered(lesions, without, withThem, seen);
  return {
    kept: percents.reduce((sum, value) => sum + Math.min(100, value), 0) / percents.length,
    lesions: lesions.length,
  };
}

function tissueOf(volume: Volume, sigma: number): Uint8Array {
  return foregroundMask(volume, foregroundThreshold(volume, sigma, false));
}

function isSame(a: Volume, b: Volume): boolean {
  return a === b || a.data.every((value, i) => value === b.data[i]);
}

/** Some slices around the one that was changed most, of its frame. */
function mostChanged(before: Volume, after: Volume): Volume {
  const area = planeLength(before);
  let most = { plane: before.slices >> 1, energy: 0 };
  for (let plane = 0; plane < before.slices * before.frames; plane++) {
    let energy = 0;
    for (let i = plane * area; i < (plane + 1) * area; i++) energy += (before.data[i] - after.data[i]) ** 2;
    if (energy > most.energy) most = { plane, energy };
  }
  const length = area * before.slices;
  const frame = Math.floor(most.plane / before.slices);
  const one = { ...before, frames: 1, data: before.data.subarray(frame * length, (frame + 1) * length) };
  const slices = Math.min(PROBED, before.slices);
  const slice = Math.max(0, Math.min(before.slices - slices, (most.plane % before.slices) - (slices >> 1)));
  return cutBox(one, { ...wholeBox(one), slice, slices });
}

/** Where most was changed, in planes that stand for all: the largest changes over the level of the noise first. */
function placesOf(
  before: Volume,
  after: Volume,
  mask: Uint8Array,
  bright: number,
  level: number,
): CleaningTrust['places'] {
  if (!(bright > 0)) return [];
  const { columns, rows, slices } = before;
  const area = planeLength(before);
  const found: CleaningTrust['places'][number][] = [];
  for (const plane of planesOf(before))
    for (let top = 0; top < rows; top += SIDE)
      for (let left = 0; left < columns; left += SIDE) {
        let [energy, count] = [0, 0];
        const inTissue: number[] = [];
        for (let y = top; y < Math.min(rows, top + SIDE); y++)
          for (let x = left; x < Math.min(columns, left + SIDE); x++, count++) {
            const at = plane * area + y * columns + x;
            const change = Math.abs(before.data[at] - after.data[at]);
            energy += change ** 2;
            if (mask[at] !== 0) inTissue.push(change);
          }
        const change = (100 * Math.sqrt(energy / count)) / bright;
        if (change > 0)
          found.push({
            slice: (plane % slices) + 1,
            frame: Math.floor(plane / slices) + 1,
            column: left + (SIDE >> 1),
            row: top + (SIDE >> 1),
            change,
            changeOverSigma:
              inTissue.length === 0 || !(level > 0) ? null : quantile(inTissue, OF_PLACE) / level,
          });
      }
  return found
    .sort((a, b) => (b.changeOverSigma ?? 0) - (a.changeOverSigma ?? 0) || b.change - a.change)
    .slice(0, LISTED);
}
