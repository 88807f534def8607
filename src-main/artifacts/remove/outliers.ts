import { choleskyInPlace, choleskySolved } from '../../base/linear/cholesky.js';
import { planeLength, sliceView, type Volume, withData } from '../../imaging/volume.js';
import type { FrameOutliers } from '../../noise/noise-estimate.js';
import { frameOutliers } from '../../noise/outliers/frame-outliers.js';
import { tissueLevel } from '../../noise/outliers/signals.js';
import { meanPlane } from '../../noise/planes.js';
import { type Look, nothing, type Remover } from './remover.js';

/**
 * Slices of a series that lost signal or have stripes, replaced by what the other volumes predict: the combination of
 * them that is nearest in the good slices around. What is there then was not acquired, so it is done on request alone.
 */
export const outlierRemover: Remover = { name: 'outliers', when: 'before', onRequest: true, look };

/** Slices on each side that the combination is found in. */
const REACH = 3;
/** Volumes that are combined, those of most like brightness, and the fewest that tell anything. */
const [MOST, LEAST] = [32, 3];
/** Weights are held to those of a mean by this share of the mean power of the volumes. */
const HELD = 0.003;
/** Voxels that weights are found from at least, and about how many at most. */
const [LEAST_VOXELS, MOST_VOXELS] = [200, 6000];

interface Slice {
  readonly frame: number;
  readonly slice: number;
}

/** What a slice is predicted from. */
interface Plan extends Slice {
  /** Places of tissue in a frame, in good slices around. */
  readonly samples: readonly number[];
  /** Frames that are combined. */
  readonly chosen: readonly number[];
}

function look(volume: Volume): Look {
  const outliers = frameOutliers(volume);
  const bad = slicesOf(outliers);
  const plans = plansOf(volume, bad, outliers);
  if (plans.length === 0) return { ...nothing('slices', { found: bad.length }), remove: () => volume };
  const frames = new Set(plans.map(({ frame }) => frame)).size;
  return {
    sure: 0.9,
    amount: bad.length,
    unit: 'slices',
    facts: { replaceable: plans.length, volumes: frames },
    words: `${plans.length} slices of ${frames} volumes that lost signal or have stripes replaced by what other volumes predict`,
    remove: (onProgress) => {
      const data = volume.data.slice();
      const area = planeLength(volume);
      for (const [done, plan] of plans.entries()) {
        data.set(predicted(volume, plan), (plan.frame * volume.slices + plan.slice) * area);
        onProgress?.(
          Math.floor((volume.slices * volume.frames * (done + 1)) / plans.length),
          volume.slices * volume.frames,
        );
      }
      return withData(volume, data);
    },
    left: (after) => slicesOf(frameOutliers(after)).length,
  };
}

function slicesOf(outliers: readonly FrameOutliers[]): Slice[] {
  return outliers.flatMap(({ frame, dropOuts, spikes }) =>
    [...new Set([...dropOuts, ...spikes])].sort((a, b) => a - b).map((slice) => ({ frame, slice })),
  );
}

/** Of slices that enough is there for. */
function plansOf(volume: Volume, bad: readonly Slice[], outliers: readonly FrameOutliers[]): Plan[] {
  if (bad.length === 0) return [];
  const level = tissueLevel(volume);
  const isBad = (frame: number, slice: number) =>
    bad.some((one) => one.frame === frame && one.slice === slice);
  const displaced = new Set(outliers.filter((one) => one.displaced !== null).map(({ frame }) => frame));
  return bad.flatMap((one) => {
    const around = Array.from({ length: 2 * REACH + 1 }, (_, k) => one.slice + k - REACH).filter(
      (slice) => slice >= 0 && slice < volume.slices,
    );
    const others = Array.from({ length: volume.frames }, (_, frame) => frame).filter(
      (frame) => frame !== one.frame && !displaced.has(frame) && !around.some((slice) => isBad(frame, slice)),
    );
    const samples = tissueOf(
      volume,
      around.filter((slice) => !isBad(one.frame, slice)),
      level,
    );
    if (others.length < LEAST || samples.length < LEAST_VOXELS) return [];
    return [{ ...one, samples, chosen: alike(volume, one.frame, others, samples) }];
  });
}

function valueAt(volume: Volume, frame: number, place: number): number {
  return volume.data[frame * volume.slices * planeLength(volume) + place];
}

/** The frames of most like brightness. */
function alike(volume: Volume, own: number, others: readonly number[], samples: readonly number[]): number[] {
  const logOf = (frame: number) =>
    Math.log(
      Math.max(
        Number.MIN_VALUE,
        samples.reduce((sum, place) => sum + valueAt(volume, frame, place), 0),
      ),
    );
  const wanted = logOf(own);
  return others
    .map((frame) => ({ frame, apart: Math.abs(logOf(frame) - wanted) }))
    .sort((a, b) => a.apart - b.apart)
    .slice(0, MOST)
    .map(({ frame }) => frame);
}

/** The slice as other volumes have it. Padding stays as it was, and magnitudes stay magnitudes. */
function predicted(volume: Volume, plan: Plan): Float32Array {
  const weights = weightsOf(volume, plan);
  const { measured } = volume;
  const start = plan.slice * planeLength(volume);
  const first = plan.frame * volume.slices * planeLength(volume) + start;
  return sliceView(volume, plan.slice, plan.frame).map((value, i) => {
    if (measured !== null && measured[(first + i) % measured.length] === 0) return value;
    const sum = plan.chosen.reduce(
      (total, frame, k) => total + weights[k] * valueAt(volume, frame, start + i),
      0,
    );
    return value >= 0 ? Math.max(0, sum) : sum;
  });
}

/** Places of some voxels of tissue in a frame. */
function tissueOf(volume: Volume, slices: readonly number[], level: number): number[] {
  const area = planeLength(volume);
  const found = slices.flatMap((slice) => {
    const { values } = meanPlane(volume, slice);
    return [...values.keys()].filter((i) => values[i] > level).map((i) => slice * area + i);
  });
  const step = Math.max(1, Math.floor(found.length / MOST_VOXELS));
  return found.filter((_, i) => i % step === 0);
}

/** Of least squares, held to those of the mean with the brightness of the frame. */
function weightsOf(volume: Volume, { samples, chosen, frame }: Plan): Float64Array {
  const side = chosen.length;
  const matrix = new Float64Array(side * side);
  const right = new Float64Array(side);
  let [product, power] = [0, 0];
  for (const place of samples) {
    const values = chosen.map((other) => valueAt(volume, other, place));
    const wanted = valueAt(volume, frame, place);
    const mean = values.reduce((sum, value) => sum + value, 0) / side;
    product += mean * wanted;
    power += mean * mean;
    for (let a = 0; a < side; a++) {
      right[a] += values[a] * wanted;
      for (let b = 0; b <= a; b++) matrix[a * side + b] += values[a] * values[b];
    }
  }
  const usual = power > 0 ? product / power / side : 0;
  let trace = 0;
  for (let a = 0; a < side; a++) trace += matrix[a * side + a];
  const held = (HELD * trace) / side;
  for (let a = 0; a < side; a++) {
    matrix[a * side + a] += held;
    right[a] += held * usual;
  }
  choleskyInPlace(matrix, side, held);
  return choleskySolved(matrix, right);
}
