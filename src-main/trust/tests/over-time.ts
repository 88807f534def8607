/**
 * Small things that lost or gained something at some time of a series: a focus of a few voxels that enhances, and that a
 * denoiser of all frames together made brighter before and less bright after. In no frame does that stand out of the
 * noise, but in the difference between the mean residual of some frames and that of all others it may. These differences
 * are looked through for spots as single frames are (places.ts), each as noise of one level.
 */
import type { PlaceReport, PlacesReport } from '../../contract/trust.js';
import type { Volume } from '../../imaging/volume.js';
import { newScan, type Peak, placeAt, type Scan, type SeenPlane, spreadOf, standing } from './places.js';
import { evened, LEAST_SPREAD, type RemovedPlane, removedPlane } from './removed.js';
import type { ResidualOptions } from './residual.js';

/** Fewer frames have no time worth the name. */
const LEAST_FRAMES = 6;
/** Times, evenly through the series, at which something may begin or end. */
const TIMES = 8;
/** Pixels on each side of one that tell with it how much was removed there. */
const NEAR = 3;
/** What lost or gained less than this, in sigma of a voxel, is not looked at twice: whoever keeps few components moves so much somewhere. */
const LEAST_CHANGE = 0.75;
/** Answers a voxel and difference that count as independent: as many as in single frames, since differences of what MP-PCA removed have longer tails than noise. */
const ANSWERS_A_VOXEL = 200;
/** Places that are listed. */
const LISTED = 50;

/** Frames from `from` to those before `to`. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * @param before, after series of the same size, in the same units; all values finite
 * @returns places whose frames tell when the result differs; null with too few frames, and as of `placesOf`
 */
export function placesOverTime(before: Volume, after: Volume, options: ResidualOptions): PlacesReport | null {
  if (before.frames < LEAST_FRAMES) return null;
  const frames = newScan(before, after, options);
  if (frames === null) return null;
  const spans = spansOf(before.frames);
  const scan = differences(frames, spans);
  const spread = spreadOf(scan).map((depth) =>
    depth.map((one, k) => (scan.bank.detectors[k].shape === 'spot' ? one : Number.POSITIVE_INFINITY)),
  );
  const { limit, peaks } = standing(scan, spread, ANSWERS_A_VOXEL);
  const places = onePlaceEach(peaks)
    .map((peak) => inSpan(placeAt(peak, scan), spans[peak.frame], before.frames))
    .filter(({ changeOverSigma }) => changeOverSigma >= LEAST_CHANGE);
  return { count: places.length, limit, places: places.slice(0, LISTED) };
}

/** Both lists in one, what stands out most first. */
export function joinedPlaces(inFrames: PlacesReport, overTime: PlacesReport): PlacesReport {
  const places = [...inFrames.places, ...overTime.places].sort((a, b) => b.sigma - a.sigma);
  return {
    count: inFrames.count + overTime.count,
    limit: Math.min(inFrames.limit, overTime.limit),
    places: places.slice(0, LISTED),
  };
}

/** All spans between times that are no more than half of the series, or begin or end with it: others are the rest of one. */
function spansOf(frames: number): Span[] {
  const count = Math.min(TIMES, frames);
  const times = Array.from({ length: count + 1 }, (_, k) => Math.round((k * frames) / count));
  const spans: Span[] = [];
  for (const [k, from] of times.entries())
    for (const to of times.slice(k + 1)) {
      // what begins and ends with the series is the rest of a span that does not
      if (to === frames) continue;
      if (to - from > 1) spans.push({ from, to });
    }
  return spans;
}

/** The differences in the place of the frames: each of variance 1 where the residual has it. */
function differences(scan: Scan, spans: readonly Span[]): Scan {
  const { before, window, bank } = scan;
  const area = window.columns * window.rows;
  const { frames, slices } = before;
  const held = new Map<number, SeenPlane>();
  const shown = new Float32Array(area).fill(Number.POSITIVE_INFINITY);
  const make = (slice: number): void => {
    const planes = Array.from({ length: frames }, (_, frame) =>
      removedPlane(scan, window, frame * slices + slice),
    );
    const tissue = new Uint8Array(area).fill(1);
    for (const plane of planes) for (let i = 0; i < area; i++) tissue[i] &= plane.tissue[i];
    const scale = removedAround(planes, tissue, window);
    const sums = [new Float32Array(area)];
    for (const { residual } of planes) {
      const last = sums[sums.length - 1];
      sums.push(last.map((sum, i) => sum + residual[i] / scale[i]));
    }
    for (const [look, span] of spans.entries()) {
      const residual = differenceOf(sums, span, tissue);
      const level = evened(residual, tissue, window).map((value, i) => value * scale[i]);
      const spots = bank.spots(residual);
      held.set(look * slices + slice, { residual, tissue, changed: tissue, shown, level, spots });
    }
  };
  const planeAt = (plane: number): SeenPlane => {
    const slice = plane % slices;
    if (!held.has(plane)) {
      for (const known of held.keys()) if (Math.abs((known % slices) - slice) > 2) held.delete(known);
      make(slice);
    }
    const seen = held.get(plane);
    if (seen === undefined) throw new RangeError(`plane ${plane}`);
    return seen;
  };
  return { ...scan, looks: spans.length, sliceBySlice: true, planeAt };
}

/**
 * Root mean square over time of the residual of a pixel and those near it: where few components were kept more of the
 * noise was removed, which stands out of what was removed where many were. 1 outside tissue.
 */
function removedAround(
  planes: readonly RemovedPlane[],
  tissue: Uint8Array,
  { columns, rows }: Scan['window'],
): Float32Array {
  const energy = Float32Array.from(tissue, (flag, i) =>
    flag === 0 ? 0 : planes.reduce((sum, { residual }) => sum + residual[i] ** 2, 0) / planes.length,
  );
  const around = (values: Float32Array, length: number, step: number): Float32Array =>
    values.map((_, i) => {
      const at = Math.floor(i / step) % length;
      let sum = 0;
      for (let k = Math.max(-NEAR, -at); k <= Math.min(NEAR, length - 1 - at); k++)
        sum += values[i + k * step];
      return sum;
    });
  const sums = around(around(energy, columns, 1), rows, columns);
  const counts = around(around(Float32Array.from(tissue), columns, 1), rows, columns);
  return sums.map((sum, i) => (tissue[i] === 0 ? 1 : Math.max(LEAST_SPREAD, Math.sqrt(sum / counts[i]))));
}

/** The mean of some frames less that of the others, over what that is in noise of 1; 0 outside tissue. */
function differenceOf(sums: readonly Float32Array[], { from, to }: Span, tissue: Uint8Array): Float32Array {
  const frames = sums.length - 1;
  const [inside, outside] = [to - from, frames - to + from];
  const scale = 1 / Math.sqrt(1 / inside + 1 / outside);
  return Float32Array.from(tissue, (flag, i) => {
    if (flag === 0) return 0;
    const within = sums[to][i] - sums[from][i];
    return scale * (within / inside - (sums[frames][i] - within) / outside);
  });
}

/** Spans that overlap see the same thing: the one that stands out most. */
function onePlaceEach(peaks: readonly Peak[]): Peak[] {
  const kept: Peak[] = [];
  for (const peak of peaks) {
    const near = kept.some(
      (other) =>
        Math.abs(other.slice - peak.slice) <= 2 &&
        Math.hypot(other.column - peak.column, other.row - peak.row) <= 4,
    );
    if (!near) kept.push(peak);
  }
  return kept;
}

function inSpan(place: PlaceReport, { from, to }: Span, frames: number): PlaceReport {
  const scale = Math.sqrt(1 / (to - from) + 1 / (frames - to + from));
  return { ...place, frame: from + 1, lastFrame: to, changeOverSigma: scale * place.changeOverSigma };
}
