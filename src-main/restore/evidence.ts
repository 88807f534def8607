/**
 * How good denoisers are on one noisy series, measured without a clean image, so that they can be compared. All are
 * judged in unit noise, where the error is in units of the noise variance.
 */
import type { Random } from '../base/random.js';
import { bytes, cutBox, cutValues, type Place } from '../imaging/box.js';
import type { Volume } from '../imaging/volume.js';
import { type NoiseModel, noiseOfBox, toUnitNoise, type UnitNoiseImage } from '../noise/domain.js';
import { spectralNoise } from '../noise/simulate.js';
import { type Conditions, conditionsOf, recorruptedConditions } from '../training/samples/conditions.js';
import { drawNoise } from '../training/samples/objective.js';
import { RECORRUPTION } from '../training/self.js';

/**
 * Recorrupted: the denoiser restores y + alpha z and is judged against y - z / alpha, whose noise is independent (Pang
 * et al, Recorrupted-to-Recorrupted, CVPR 2021); it rests on the level and the spectrum of the noise. Repeats: it
 * restores two frames of three and is judged against the third, which it never sees.
 */
export type EvidenceKind = 'recorrupted' | 'repeats';

/** A denoiser of volumes in unit noise. `conditions`: what a network is told of the series, at that noise. */
export type UnitDenoiser = (
  part: Volume,
  noise: NoiseModel,
  place: Place,
  conditions: Conditions,
) => Promise<Volume>;

export interface EvidenceInput {
  readonly volume: Volume;
  readonly noise: NoiseModel;
  /** The volume in unit noise, where it was made already. */
  readonly image?: UnitNoiseImage;
  readonly only2d: boolean;
  /** Where to look. */
  readonly place: Place;
  /** 1 where a voxel of the volume is tissue: only there is anything judged. */
  readonly foreground: Uint8Array;
  readonly kind: EvidenceKind;
  readonly random: Random;
}

/** Squared error of one denoiser, less what no denoiser can be blamed for, by blocks of the image. */
export interface Measured {
  /** Mean squared error over the noise variance; noise of the measurement can bring it under 0. */
  readonly error: number;
  /** Sum of squared differences in each block, for the error of a comparison. */
  readonly blocks: Float64Array;
  /** Voxels judged in each block. */
  readonly counts: Int32Array;
}

/** Everything that the denoisers are given, and what they are judged against. */
export interface Trial {
  readonly input: Volume;
  readonly noise: NoiseModel;
  readonly place: Place;
  readonly conditions: Conditions;
  /** As long as the input. */
  readonly target: Float32Array;
  readonly judged: Uint8Array;
  /** What a value of the output stands for in the target. */
  readonly scale: number;
  /** Mean squared difference of a perfect denoiser. */
  readonly unavoidable: number;
}

/** Pixels of a block: errors within it hang together. */
const BLOCK = 16;
/** Pixels at a cut border that are not judged: neighbours are missing there. */
const MARGIN = 8;

/** Makes the trial that all denoisers go through. `repeats` needs four frames or more. */
export function makeTrial(input: EvidenceInput): Trial {
  const { volume, noise, only2d, place, foreground, kind, random } = input;
  const part = cutBox(volume, place.box);
  const cut = noiseOfBox(noise, volume, place.box);
  const unit = toUnitNoise(part, cut);
  const judged = judgedVoxels(cutValues(foreground, volume, place.box, bytes), unit, volume, place);
  const own = conditionsOf(input.image ?? toUnitNoise(volume, noise), only2d);
  const white: NoiseModel = {
    sigma: 1,
    map: null,
    distribution: 'gaussian',
    correlation: noise.correlation,
    ...(noise.lags === undefined ? {} : { lags: noise.lags }),
    airMasked: false,
    certain: noise.certain,
  };
  // of repeats some frames are held out, and the others are numbered anew
  const frames = cut.outliers === undefined ? {} : { outliers: cut.outliers };
  return kind === 'repeats'
    ? repeated(part, unit, judged, { noise: white, place, conditions: own })
    : recorrupted(part, unit, judged, { noise: { ...white, ...frames }, place, conditions: own }, random);
}

type Common = Pick<Trial, 'noise' | 'place' | 'conditions'>;

function recorrupted(
  part: Volume,
  { values, usable, correlation, lags }: UnitNoiseImage,
  judged: Uint8Array,
  common: Common,
  random: Random,
): Trial {
  const { rows, columns } = part;
  const area = rows * columns;
  const scale = Math.sqrt(1 + RECORRUPTION ** 2);
  const input = values.slice();
  const target = values.slice();
  const draw =
    lags === undefined
      ? (fresh: Random) => drawNoise(rows, columns, correlation, fresh)
      : spectralNoise(rows, columns, lags);
  for (let start = 0; start < values.length; start += area) {
    const drawn = draw(random.fork(`plane ${start / area}`));
    for (let i = 0; i < area; i++) {
      if (usable !== null && usable[start + i] === 0) continue;
      input[start + i] += RECORRUPTION * drawn[i];
      target[start + i] -= drawn[i] / RECORRUPTION;
    }
  }
  for (let i = 0; i < input.length; i++) input[i] /= scale;
  return {
    ...common,
    conditions: recorruptedConditions(common.conditions, scale),
    input: { ...part, data: input, measured: usable, quantum: 0, units: 'noise' },
    target,
    judged,
    scale,
    unavoidable: 1 + 1 / RECORRUPTION ** 2,
  };
}

function repeated(part: Volume, unit: UnitNoiseImage, judged: Uint8Array, common: Common): Trial {
  const length = part.rows * part.columns * part.slices;
  const { given, against } = splitFrames(part.frames);
  const picked = <T extends Float32Array | Uint8Array>(values: T, into: T, frames: readonly number[]): T => {
    frames.forEach((frame, at) => {
      into.set(values.subarray(frame * length, (frame + 1) * length), at * length);
    });
    return into;
  };
  const size = given.length * length;
  const seen = picked(judged, new Uint8Array(size), given);
  const held = [...new Set(against)];
  return {
    ...common,
    input: {
      ...part,
      frames: given.length,
      data: picked(unit.values, new Float32Array(size), given),
      measured: unit.usable === null ? null : picked(unit.usable, new Uint8Array(size), given),
      quantum: 0,
      units: 'noise',
    },
    target: picked(unit.values, new Float32Array(size), against),
    judged: seen,
    scale: 1,
    unavoidable: spreadOf(picked(unit.values, new Float32Array(held.length * length), held), seen, length),
  };
}

/** Every third frame (of fewer than 6: every second) is held out; the others are given, each against the nearest. */
export function splitFrames(frames: number): { given: number[]; against: number[] } {
  const period = frames < 6 ? 2 : 3;
  const last = period - 1;
  const given: number[] = [];
  const against: number[] = [];
  for (let frame = 0; frame < frames; frame++) {
    if (frame % period === last) continue;
    const next = frame - (frame % period) + last;
    const nearest = period === 3 && frame % 3 === 0 && frame > 0 ? frame - 1 : next;
    given.push(frame);
    against.push(nearest < frames ? nearest : next - period);
  }
  return { given, against };
}

/** Half the mean squared difference of held-out frames that follow one another: the variance of one. */
function spreadOf(frames: Float32Array, judged: Uint8Array, length: number): number {
  let sum = 0;
  let count = 0;
  for (let i = length; i < frames.length; i++) {
    if (judged[i % length] === 0) continue;
    sum += (frames[i] - frames[i - length]) ** 2 / 2;
    count++;
  }
  return sum / Math.max(1, count);
}

/** Runs one denoiser through a trial. */
export async function measure(trial: Trial, denoise: UnitDenoiser): Promise<Measured> {
  return judge(trial, await answer(trial, denoise));
}

/** What a denoiser makes of what a trial gives. */
export async function answer(
  { input, noise, place, conditions }: Trial,
  denoise: UnitDenoiser,
): Promise<Float32Array> {
  return (await denoise(input, noise, place, conditions)).data;
}

/** How far an answer is from what it is judged against. */
export function judge(trial: Trial, data: Float32Array): Measured {
  const { target, scale, unavoidable } = trial;
  const { sums, counts } = byBlocks(trial, (i) => (scale * data[i] - target[i]) ** 2);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const error = sums.reduce((sum, value) => sum + value, 0) / Math.max(1, total) - unavoidable;
  return { error, blocks: sums, counts };
}

/** Standard errors that are taken off a share, so that chance alone blends nothing in. */
const DOUBT = 1;

/**
 * How much of the difference to another answer brings an answer nearest to what both are judged against, from 0 to 1:
 * the noise of that is independent of both, so least squares tell it without bias. What chance may have made of it
 * counts for nothing.
 */
export function bestShare(trial: Trial, one: Float32Array, other: Float32Array): number {
  const { target, scale } = trial;
  const along = byBlocks(trial, (i) => (other[i] - one[i]) * (target[i] / scale - one[i])).sums;
  const lengths = byBlocks(trial, (i) => (other[i] - one[i]) ** 2).sums;
  const length = lengths.reduce((sum, value) => sum + value, 0);
  if (!(length > 0)) return 0;
  const share = along.reduce((sum, value) => sum + value, 0) / length;
  const squares = along.reduce((sum, value, i) => sum + (value - share * lengths[i]) ** 2, 0);
  return Math.max(0, Math.min(1, share - (DOUBT * Math.sqrt(squares)) / length));
}

/** Sums of a value over the judged voxels of each block, and how many these are. */
function byBlocks(
  { input: { columns, rows }, judged }: Trial,
  measuredAt: (voxel: number) => number,
): { readonly sums: Float64Array; readonly counts: Int32Array } {
  const across = Math.ceil(columns / BLOCK);
  const down = Math.ceil(rows / BLOCK);
  const planes = judged.length / (columns * rows);
  const sums = new Float64Array(planes * across * down);
  const counts = new Int32Array(sums.length);
  for (let i = 0; i < judged.length; i++) {
    if (judged[i] === 0) continue;
    const [x, y] = [i % columns, Math.floor(i / columns) % rows];
    const plane = Math.floor(i / (columns * rows));
    const block = (plane * down + Math.floor(y / BLOCK)) * across + Math.floor(x / BLOCK);
    sums[block] += measuredAt(i);
    counts[block]++;
  }
  return { sums, counts };
}

/** How much larger the error of `a` is than that of `b`, with the standard error of that. Of the same trial. */
export function difference(a: Measured, b: Measured): { difference: number; standardError: number } {
  const total = a.counts.reduce((sum, count) => sum + count, 0);
  const mean = a.error - b.error;
  let squares = 0;
  a.blocks.forEach((sum, i) => {
    squares += (sum - b.blocks[i] - mean * a.counts[i]) ** 2;
  });
  return { difference: mean, standardError: Math.sqrt(squares) / Math.max(1, total) };
}

/** Tissue that carries noise, in the slices that are looked at, away from where the part was cut out. */
function judgedVoxels(
  tissue: Uint8Array,
  { usable, rows, columns, slices }: UnitNoiseImage,
  volume: Volume,
  { box, looked }: Place,
): Uint8Array {
  const [left, top] = [box.column > 0 ? MARGIN : 0, box.row > 0 ? MARGIN : 0];
  const right = columns - (box.column + columns < volume.columns ? MARGIN : 0);
  const bottom = rows - (box.row + rows < volume.rows ? MARGIN : 0);
  return tissue.map((flag, i) => {
    if (flag === 0 || (usable !== null && usable[i] === 0)) return 0;
    const [x, y] = [i % columns, Math.floor(i / columns) % rows];
    const slice = Math.floor(i / (columns * rows)) % slices;
    const inside = x >= left && x < right && y >= top && y < bottom;
    return inside && slice >= looked.from && slice < looked.to ? 1 : 0;
  });
}
