import { fault } from '../../contract/errors.js';
import type { Volume } from '../../imaging/volume.js';
import type { FrameOutliers } from '../noise-estimate.js';
import { type Group, groupsOf } from './groups.js';
import { coarserOf, type Level, levelsOf, valueAt } from './levels.js';
import { type Contrast, type Fit, fitOf, registered, type Template, templateOf } from './register.js';
import {
  applied,
  type Frame,
  frameOf,
  IDENTITY,
  inverted,
  type Matrix,
  multiplied,
  valuesOf,
} from './rigid.js';
import { shiftBetween, spectrumOf } from './shift.js';

/** Where one frame lies against the frame of reference. */
interface FramePose {
  /** From where tissue lies in the frame of reference to where it lies in this one, mm; null where nothing tells it. */
  readonly motion: Matrix | null;
  /** mm along the axes and degrees about them; null likewise. */
  readonly values: readonly number[] | null;
  /** What a place at 50 mm from the centre may be off by, mm: one standard deviation. */
  readonly deviation: number;
  /** Correlation with the frames that it was held against. */
  readonly correlation: number;
  /**
   * Framewise displacement from the frame before of the same group, mm: another contrast looks displaced. Null for the
   * first, and where one of both is not known.
   */
  readonly displacement: number | null;
  /** Frames of one brightness are held against one another, and their means against those of others. */
  readonly group: number;
}

export interface SeriesMotion {
  /** Only in the plane where slices are few or no neighbours. */
  readonly kind: 'volume' | 'plane';
  readonly frame: Frame;
  /** Frame that the others are told against. */
  readonly reference: number;
  readonly poses: readonly FramePose[];
}

export interface MotionOptions {
  /** Neighbouring slices are no neighbours in space. */
  readonly only2d: boolean;
  /** Slices that lost signal or have stripes: they tell nothing. */
  readonly outliers?: readonly FrameOutliers[];
  readonly onProgress?: (done: number, total: number) => void;
}

/** Fewer slices tell no motion through them. */
const LEAST_SLICES = 5;
const LEAST_SIDE = 16;
/** Radius of the sphere that an angle is made a displacement on, mm (Power et al, NeuroImage 59:2142, 2012). */
const HEAD_RADIUS = 50;
/** Of a voxel: what may be off by more is not known. */
const UNKNOWN = 0.5;
const LEAST_CORRELATION = 0.3;
const LEAST_OVERLAP = 0.3;

/**
 * Rigid motion between the frames of a series: six parameters a frame, or three where slices are few. Frames of like
 * brightness are held against their mean, and means of other contrast against that of the largest group, by a curve
 * between their values. What moves within a volume, slice by slice, is not told.
 *
 * @throws LimpidError E_NOT_ELIGIBLE with a single frame; E_TOO_SMALL where planes are too small
 */
export function estimateMotion(volume: Volume, options: MotionOptions): SeriesMotion {
  const { frames, columns, rows, slices } = volume;
  if (frames < 2) throw fault('E_NOT_ELIGIBLE/motion');
  if (columns < LEAST_SIDE || rows < LEAST_SIDE) throw fault('E_TOO_SMALL/motion', { side: LEAST_SIDE });
  const inPlane = options.only2d || slices < LEAST_SLICES;
  const frame = frameOf(volume, inPlane);
  const series = { volume, frame, options, done: 0 };
  const groups = groupsOf(volume);
  const found = groups.map((group) => registerGroup(series, group));
  const main = found[0];
  const all: { pose: Placed | null; group: number }[] = Array.from({ length: frames }, () => ({
    pose: null,
    group: 0,
  }));
  found.forEach((group, g) => {
    const link = g === 0 ? SELF : linked(main.template, group.mean, frame, volume);
    group.frames.forEach((at, k) => {
      const own = group.placed[k];
      all[at] = { group: g, pose: own === null || link === null ? null : joined(link, own) };
    });
  });
  const reference = groups[0].reference;
  const origin = inverted(all[reference].pose?.motion ?? IDENTITY);
  const poses: FramePose[] = [];
  for (const { pose, group } of all) {
    const motion = pose === null ? null : multiplied(pose.motion, origin);
    const values = motion === null ? null : degrees(valuesOf(frame, motion));
    const last = poses.findLast((one) => one.group === group)?.values ?? null;
    poses.push({
      motion,
      values,
      deviation: pose?.deviation ?? Number.POSITIVE_INFINITY,
      correlation: pose?.correlation ?? 0,
      displacement: values === null || last === null ? null : displacementOf(last, values),
      group,
    });
  }
  return { kind: inPlane ? 'plane' : 'volume', frame, reference, poses };
}

/** The sum of what six parameters change, angles as arcs on a sphere of 50 mm (Power et al 2012). */
function displacementOf(before: readonly number[], after: readonly number[]): number {
  return after.reduce((sum, value, k) => {
    const change = Math.abs(value - before[k]);
    return sum + (k < 3 ? change : (HEAD_RADIUS * change * Math.PI) / 180);
  }, 0);
}

function degrees(values: readonly number[]): number[] {
  return values.map((value, k) => (k < 3 ? value : (value * 180) / Math.PI));
}

interface Placed {
  readonly motion: Matrix;
  readonly deviation: number;
  readonly correlation: number;
}

const SELF: Placed = { motion: IDENTITY, deviation: 0, correlation: 1 };

/** First to the mean of the group, then on to the frame. */
function joined(link: Placed, own: Placed): Placed {
  return {
    motion: multiplied(own.motion, link.motion),
    deviation: Math.hypot(link.deviation, own.deviation),
    correlation: Math.min(link.correlation, own.correlation),
  };
}

interface Series {
  readonly volume: Volume;
  readonly frame: Frame;
  readonly options: MotionOptions;
  done: number;
}

interface Registered extends Group {
  /** Of the finest level. */
  readonly template: Template;
  readonly mean: Level;
  /** Of each frame, from the mean. */
  readonly placed: readonly (Placed | null)[];
}

/** First against one frame, coarse to fine, then against the mean of all where they were found. */
function registerGroup(series: Series, group: Group): Registered {
  const { volume, frame } = series;
  const firsts = levelsOf(volume, group.reference, badSlices(series, group.reference)).map((level) =>
    templateOf(level, frame),
  );
  const finest = firsts[0].level;
  const usual = spectrumOf(firsts[firsts.length - 1].level);
  const sum = new Float64Array(finest.data.length);
  const counts = new Float64Array(finest.data.length);
  let last: Matrix = IDENTITY;
  const starts = group.frames.map((at) => {
    const levels = levelsOf(volume, at, badSlices(series, at));
    const usable = usableSlices(series, at);
    const fit = at === group.reference ? null : coarseFit(firsts, levels, usual, last, usable);
    const motion = fit?.motion ?? IDENTITY;
    // what shows nothing would be held against itself
    if (fit === null || (fit.correlation > LEAST_CORRELATION && fit.overlap > LEAST_OVERLAP)) {
      last = motion;
      addAligned(sum, counts, levels[0], motion, finest);
    }
    tell(series, 0.5);
    return motion;
  });
  const mean: Level = {
    ...finest,
    data: Float32Array.from(sum, (value, i) => (counts[i] > 0 ? value / counts[i] : 0)),
  };
  const template = templateOf(mean, frame);
  const placed = group.frames.map((at, k) => {
    if (group.frames.length === 1) return { ...SELF };
    const fit = registered(
      template,
      levelsOf(volume, at, badSlices(series, at))[0],
      starts[k],
      'same',
      usableSlices(series, at)(finest),
    );
    tell(series, 0.5);
    return knownOnly(fit, volume);
  });
  return { ...group, template, mean, placed };
}

function tell(series: Series, share: number): void {
  series.done += share;
  series.options.onProgress?.(Math.floor(series.done), series.volume.frames);
}

type Usable = (level: Level) => (slice: number) => boolean;

function coarseFit(
  templates: readonly Template[],
  levels: readonly Level[],
  usual: ReturnType<typeof spectrumOf>,
  last: Matrix,
  usable: Usable,
): Fit {
  const coarsest = templates.length - 1;
  const template = templates[coarsest];
  const moved = levels[coarsest];
  const shift = shiftBetween(usual, spectrumOf(moved), moved, template.frame);
  const start = bestStart(template, moved, [IDENTITY, last, shift], 'same', usable(moved));
  let fit = registered(template, moved, start, 'same', usable(moved));
  for (let k = coarsest - 1; k >= 1; k--)
    fit = registered(templates[k], levels[k], fit.motion, 'same', usable(levels[k]));
  return fit;
}

function bestStart(
  template: Template,
  moved: Level,
  starts: readonly Matrix[],
  contrast: Contrast,
  usable: (slice: number) => boolean,
): Matrix {
  const fits = starts.map((start) => fitOf(template, moved, start, contrast, usable));
  return starts[fits.indexOf(Math.max(...fits))];
}

/** Where the mean of a group of other contrast lies; null where nothing tells it. */
function linked(main: Template, mean: Level, frame: Frame, volume: Volume): Placed | null {
  const usual = coarserOf(main.level).map((level, k) => (k === 0 ? main : templateOf(level, frame)));
  const moved = coarserOf(mean);
  const coarsest = usual.length - 1;
  const all = () => true;
  const start = shiftBetween(
    spectrumOf(usual[coarsest].level),
    spectrumOf(moved[coarsest]),
    moved[coarsest],
    frame,
  );
  let motion = bestStart(usual[coarsest], moved[coarsest], [IDENTITY, start], 'other', all);
  let fit: Fit | null = null;
  for (let k = coarsest; k >= 0; k--) {
    fit = registered(usual[k], moved[k], motion, 'other', all);
    motion = fit.motion;
  }
  return fit === null ? null : knownOnly(fit, volume);
}

function knownOnly(fit: Fit, { spacing }: Volume): Placed | null {
  const half = fit.deviations.length === 6 ? 3 : 2;
  const deviation = Math.hypot(...fit.deviations.map((value, k) => (k < half ? value : HEAD_RADIUS * value)));
  const voxel = Math.min(...spacing.filter((value) => value > 0));
  if (!(deviation < UNKNOWN * voxel)) return null;
  if (fit.correlation < LEAST_CORRELATION || fit.overlap < LEAST_OVERLAP) return null;
  return { motion: fit.motion, deviation, correlation: fit.correlation };
}

function badSlices({ options }: Series, frame: number): number[] {
  const named = (options.outliers ?? []).filter((one) => one.frame === frame);
  return named.flatMap(({ dropOuts, spikes }) => [...dropOuts, ...spikes]);
}

/** Of each level the slices that count: not next to one that is named. */
function usableSlices(series: Series, frame: number): Usable {
  const bad = badSlices(series, frame);
  if (bad.length === 0) return () => () => true;
  return ({ size }) => {
    const factor = series.volume.slices / size[2];
    return (slice) => {
      const place = slice * factor + (factor - 1) / 2;
      return bad.every((one) => Math.abs(place - one) > factor);
    };
  };
}

/** Adds a frame, taken back to where the finest level has the tissue. */
function addAligned(
  sum: Float64Array,
  counts: Float64Array,
  moved: Level,
  motion: Matrix,
  { size, places }: Level,
): void {
  const [columns, rows, slices] = size;
  const m = multiplied(multiplied(inverted(moved.places), motion), places);
  let i = 0;
  for (let z = 0; z < slices; z++)
    for (let y = 0; y < rows; y++)
      for (let x = 0; x < columns; x++, i++) {
        const [u, v, w] = applied(m, [x, y, z]);
        const value = valueAt(moved, u, v, w);
        if (Number.isNaN(value)) continue;
        sum[i] += value;
        counts[i]++;
      }
}
