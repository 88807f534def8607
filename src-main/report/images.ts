import { encode } from 'fast-png';
import type { Borders, SeriesImages, SliceImages } from '../contract/report.js';
import type { Calibration } from '../contract/viewing.js';
import { sliceView, type Volume } from '../imaging/volume.js';
import type { UncertaintyPart } from '../trust/assess.js';

/** The extreme greys of a residual picture stand for this many sigma. */
const RESIDUAL_RANGE = 5;
/** White of an uncertainty picture, in sigma; about 1 is usual at edges and in texture, and must not saturate. */
const UNCERTAINTY_RANGE = 2;
const SLICES = 5;
const SAMPLES = 100_000;

export interface ImageOptions {
  /** Units of the volume; one number, or one a voxel (of the volume, or of one frame). 0 where it is not known. */
  readonly sigma: number | Float32Array;
  /** What a reader would set; chosen from the values when left out. */
  readonly window?: { readonly low: number; readonly high: number };
  /** How many slices, evenly through the volume. */
  readonly slices?: number;
  /** Where the slices of the volumes lie in a series of which they hold a part, ascending. */
  readonly sampled?: { readonly places: readonly number[]; readonly of: number };
  readonly frame?: number;
  /** What the volume's lengths are; sizes in the patient when left out. */
  readonly calibration?: Calibration;
  /** Where it was measured, the slice in its middle is shown too, and the uncertainty of all slices in it. */
  readonly uncertainty?: UncertaintyPart | null;
}

/**
 * Grey pictures of a few slices before and after, in one window, and of the residual over sigma. Rows and columns are
 * turned over (never resampled) where that puts anterior or head at the top, and the patient's right, or anterior in
 * a sagittal slice, at the left.
 *
 * @param before, after volumes of the same size and affine
 */
export function renderSeriesImages(
  seriesId: string,
  before: Volume,
  after: Volume,
  options: ImageOptions,
): SeriesImages {
  const frame = options.frame ?? 0;
  const view = viewOf(before);
  const window = options.window ?? windowOf(before);
  // without a level the maps show grey steps instead
  const sigma = options.sigma === 0 ? before.quantum || 1 : options.sigma;
  const typical = typeof sigma === 'number' ? sigma : meanOf(sigma);
  const shown = withProbed(shownSlices(before, options), before, options);
  const slices = shown.map((slice): SliceImages => {
    const input = sliceView(before, slice, frame);
    const output = sliceView(after, slice, frame);
    const level = sigmaOfSlice(before, sigma, slice, frame);
    return {
      number: (options.sampled?.places[slice] ?? slice) + 1,
      of: options.sampled?.of ?? before.slices,
      before: png(before, view, windowed(input, window)),
      after: png(before, view, windowed(output, window)),
      residual: png(before, view, residualGreys(input, output, level)),
      uncertainty: uncertaintyPicture(before, view, options, slice, frame, level),
    };
  });
  return {
    seriesId,
    columns: before.columns,
    rows: before.rows,
    spacing: [before.spacing[0], before.spacing[1]],
    calibration: options.calibration ?? 'patient',
    units: before.units,
    window,
    sigma: typical,
    residualRange: RESIDUAL_RANGE,
    uncertaintyRange: UNCERTAINTY_RANGE,
    borders: view.borders,
    slices,
  };
}

/** Spread evenly over the series; of a part of it those that lie nearest. */
function shownSlices({ slices }: Volume, { slices: count = SLICES, sampled }: ImageOptions): number[] {
  if (sampled === undefined) return evenly(slices, count);
  const { places, of } = sampled;
  const nearest = (wanted: number): number =>
    places.reduce(
      (best, place, at) => (Math.abs(place - wanted) < Math.abs(places[best] - wanted) ? at : best),
      0,
    );
  return [...new Set(evenly(of, count).map(nearest))];
}

/** `count` indices (or all, if there are fewer) at the middles of equal parts of [0, length). */
function evenly(length: number, count: number): number[] {
  const parts = Math.min(length, count);
  return Array.from({ length: parts }, (_, i) => Math.floor(((i + 0.5) * length) / parts));
}

/** The slice nearest to the middle of what was probed gives way to that middle. */
function withProbed(slices: number[], volume: Volume, { uncertainty }: ImageOptions): number[] {
  if (uncertainty == null || uncertainty.to - uncertainty.from === volume.slices || slices.length === 0)
    return slices;
  const middle = Math.floor((uncertainty.from + uncertainty.to) / 2);
  const nearest = slices.reduce((a, b) => (Math.abs(b - middle) < Math.abs(a - middle) ? b : a));
  return slices.map((slice) => (slice === nearest ? middle : slice));
}

function uncertaintyPicture(
  volume: Volume,
  view: View,
  { uncertainty }: ImageOptions,
  slice: number,
  frame: number,
  sigma: (index: number) => number,
): string | null {
  if (uncertainty == null) return null;
  const { from, to, values } = uncertainty;
  if (slice < from || slice >= to) return null;
  const area = volume.columns * volume.rows;
  const start = (frame * volume.slices + slice) * area;
  const greys = new Uint8ClampedArray(area);
  for (let i = 0; i < area; i++) greys[i] = (255 / UNCERTAINTY_RANGE) * (values[start + i] / sigma(i));
  return png(volume, view, greys);
}

/** Soft tissue for CT; else from the first to the 99.5th percentile. */
function windowOf(volume: Volume): { low: number; high: number } {
  if (volume.units === 'HU') return { low: -160, high: 240 };
  const stride = Math.max(1, Math.floor(volume.data.length / SAMPLES));
  const values = new Float32Array(Math.ceil(volume.data.length / stride));
  for (let i = 0; i < values.length; i++) values[i] = volume.data[i * stride];
  values.sort();
  const low = values[Math.floor(0.01 * (values.length - 1))];
  const high = values[Math.floor(0.995 * (values.length - 1))];
  return { low, high: high > low ? high : low + 1 };
}

function windowed(values: Float32Array, window: { low: number; high: number }): Uint8ClampedArray {
  const scale = 255 / (window.high - window.low);
  // the clamped array rounds and clips
  const out = new Uint8ClampedArray(values.length);
  for (let i = 0; i < values.length; i++) out[i] = (values[i] - window.low) * scale;
  return out;
}

function residualGreys(
  input: Float32Array,
  output: Float32Array,
  sigma: (index: number) => number,
): Uint8ClampedArray {
  const greys = new Uint8ClampedArray(input.length);
  for (let i = 0; i < greys.length; i++) {
    const residual = (input[i] - output[i]) / sigma(i);
    greys[i] = Math.max(1, 128 + (127 / RESIDUAL_RANGE) * residual);
  }
  return greys;
}

function sigmaOfSlice(
  volume: Volume,
  sigma: number | Float32Array,
  slice: number,
  frame: number,
): (index: number) => number {
  if (typeof sigma === 'number') return () => sigma;
  const start = (frame * volume.slices + slice) * volume.columns * volume.rows;
  const typical = meanOf(sigma);
  return (index) => {
    const value = sigma[(start + index) % sigma.length];
    return value > 0 ? value : typical;
  };
}

function meanOf(values: Float32Array): number {
  let sum = 0;
  let count = 0;
  for (const value of values)
    if (value > 0) {
      sum += value;
      count++;
    }
  return count > 0 ? sum / count : 1;
}

function png(volume: Volume, view: View, greys: Uint8ClampedArray): string {
  const { columns, rows } = volume;
  const data = view.flipX || view.flipY ? turned(greys, columns, rows, view) : greys;
  const bytes = encode({ width: columns, height: rows, data, depth: 8, channels: 1 });
  return `data:image/png;base64,${Buffer.from(bytes).toString('base64')}`;
}

function turned(greys: Uint8ClampedArray, columns: number, rows: number, view: View): Uint8ClampedArray {
  const out = new Uint8ClampedArray(greys.length);
  for (let y = 0, i = 0; y < rows; y++) {
    const from = (view.flipY ? rows - 1 - y : y) * columns;
    for (let x = 0; x < columns; x++, i++) out[i] = greys[from + (view.flipX ? columns - 1 - x : x)];
  }
  return out;
}

interface View {
  readonly flipX: boolean;
  readonly flipY: boolean;
  readonly borders: Borders;
}

/** Names of the ends of the LPS axes: towards plus, towards minus. */
const ENDS = [
  ['L', 'R'],
  ['P', 'A'],
  ['H', 'F'],
] as const;

function viewOf(volume: Volume): View {
  const along = directionOf(volume.affine, 0);
  const down = directionOf(volume.affine, 1);
  if (along === null || down === null || along.axis === down.axis)
    return { flipX: false, flipY: false, borders: { left: '', right: '', top: '', bottom: '' } };
  // shown from left to right: towards L, or towards P in a sagittal slice; from top to bottom: towards P or F
  const flipX = !along.plus;
  const flipY = down.axis === 2 ? down.plus : !down.plus;
  const [right, left] = flipX ? [...along.ends].reverse() : along.ends;
  const [bottom, top] = flipY ? [...down.ends].reverse() : down.ends;
  return { flipX, flipY, borders: { left, right, top, bottom } };
}

/** The patient axis that a column of the affine mostly follows; null where the affine is degenerate. */
function directionOf(
  affine: readonly number[],
  column: 0 | 1,
): { axis: number; plus: boolean; ends: readonly [string, string] } | null {
  const components = [affine[column], affine[4 + column], affine[8 + column]];
  const sizes = components.map(Math.abs);
  const axis = sizes.indexOf(Math.max(...sizes));
  if (!(sizes[axis] > 0)) return null;
  const plus = components[axis] > 0;
  const [up, downward] = ENDS[axis];
  return { axis, plus, ends: plus ? [up, downward] : [downward, up] };
}
