import { type Place, wholePlace } from '../imaging/box.js';
import type { Volume } from '../imaging/volume.js';

/**
 * The denoiser under test: the very same weights, noise and strength on a part of the series, which is what `place`
 * says (left out: the whole series). Same size and geometry back; only the slices that are looked at need be restored.
 */
export type DenoiseFunction = (volume: Volume, place?: Place) => Promise<Volume>;

export interface PartSettings {
  /** Voxels that one pass may restore, as a share of those of the series. */
  readonly share: number;
  /** Slices on each side that a slice is restored from. */
  readonly context: number;
  /** At least so many slices and pixels a side, where the series has them; left out: 3 and 128. */
  readonly leastSlices?: number;
  readonly leastSide?: number;
}

/** More slices than this would say the same. */
const MOST = 12;
const LEAST = 3;
/** Pixels; smaller parts have no room for lesions. */
const SMALLEST_SIDE = 128;
/** A network reaches two slices at most, and restores only the slices that are looked at. */
const NETWORK_CONTEXT = 2;

/**
 * The part of a series that questions are asked on: some slices around its middle (or where most tissue is, if the
 * middle has little), and of these the rectangle with most tissue. At least 3 slices of 128 x 128 pixels or what there is.
 *
 * @param foreground 1 where a voxel is tissue; all frames
 */
export function choosePart(volume: Volume, foreground: Uint8Array, settings: PartSettings): Place {
  const { share, context, leastSlices = LEAST, leastSide = SMALLEST_SIDE } = settings;
  const { slices, columns, rows } = volume;
  const budget = share * slices;
  // filters reach far, and restore the neighbours too: one on each side has to do
  const halo = Math.min(slices - 1, context > NETWORK_CONTEXT ? 1 : context);
  const looked = Math.min(slices, Math.max(leastSlices, Math.min(MOST, Math.floor(budget))));
  const restored = context > NETWORK_CONTEXT ? Math.min(slices, looked + 2 * halo) : looked;
  const first = chooseSlices(foregroundOfSlices(volume, foreground), looked);
  const from = Math.max(0, first - halo);
  const to = Math.min(slices, first + looked + halo);
  const side = Math.sqrt(Math.min(1, budget / restored));
  const sideOf = (length: number) =>
    Math.min(length, Math.max(leastSide, 8 * Math.ceil((side * length) / 8)));
  const rectangle = chooseRectangle(volume, foreground, first, looked, sideOf(columns), sideOf(rows));
  return {
    box: { ...rectangle, slice: from, slices: to - from },
    looked: { from: first - from, to: first - from + looked },
  };
}

/** Whether a part is all of a series. */
export function isWhole(volume: Volume, { box, looked }: Place): boolean {
  const whole = wholePlace(volume);
  return (
    box.columns === whole.box.columns &&
    box.rows === whole.box.rows &&
    looked.to - looked.from === volume.slices
  );
}

function chooseSlices(foreground: readonly number[], count: number): number {
  const total = foreground.length;
  const amount = (first: number) =>
    foreground.slice(first, first + count).reduce((sum, voxels) => sum + voxels, 0);
  const firsts = Array.from({ length: total - count + 1 }, (_, first) => first);
  const best = firsts.reduce((a, b) => (amount(b) > amount(a) ? b : a));
  const middle = Math.floor((total - count) / 2);
  return 2 * amount(middle) >= amount(best) ? middle : best;
}

/** The rectangle of this size with most tissue in the slices, by sums over all rectangles from a corner. */
function chooseRectangle(
  { columns, rows, slices, frames }: Volume,
  foreground: Uint8Array,
  first: number,
  count: number,
  width: number,
  height: number,
): { column: number; row: number; columns: number; rows: number } {
  const sums = new Float64Array((columns + 1) * (rows + 1));
  const area = columns * rows;
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) {
      let here = 0;
      for (let frame = 0; frame < frames; frame++)
        for (let z = first; z < first + count; z++)
          here += foreground[(frame * slices + z) * area + y * columns + x];
      const at = (y + 1) * (columns + 1) + x + 1;
      sums[at] = here + sums[at - 1] + sums[at - columns - 1] - sums[at - columns - 2];
    }
  const amount = (x: number, y: number) =>
    sums[(y + height) * (columns + 1) + x + width] -
    sums[y * (columns + 1) + x + width] -
    sums[(y + height) * (columns + 1) + x] +
    sums[y * (columns + 1) + x];
  const [centreX, centreY] = [(columns - width) >> 1, (rows - height) >> 1];
  let best = { x: centreX, y: centreY };
  for (let y = 0; y + height <= rows; y += 4)
    for (let x = 0; x + width <= columns; x += 4) if (amount(x, y) > amount(best.x, best.y)) best = { x, y };
  return { column: best.x, row: best.y, columns: width, rows: height };
}

/** 1 where a voxel is measured and above the threshold; one value a voxel. */
export function foregroundMask(volume: Volume, threshold: number): Uint8Array {
  const { data, measured } = volume;
  const mask = new Uint8Array(data.length);
  for (let i = 0; i < mask.length; i++)
    if (data[i] > threshold && (measured === null || measured[i % measured.length] !== 0)) mask[i] = 1;
  return mask;
}

/** The mask with nothing outside the slices that are looked at. */
export function lookedMask(mask: Uint8Array, part: Volume, { looked }: Place): Uint8Array {
  const area = part.columns * part.rows;
  return mask.map((flag, i) => {
    const slice = Math.floor(i / area) % part.slices;
    return slice >= looked.from && slice < looked.to ? flag : 0;
  });
}

/** Foreground voxels of each slice, over all frames. */
function foregroundOfSlices(volume: Volume, mask: Uint8Array): number[] {
  const area = volume.columns * volume.rows;
  const counts = new Array<number>(volume.slices).fill(0);
  for (let i = 0; i < mask.length; i++) counts[Math.floor(i / area) % volume.slices] += mask[i];
  return counts;
}
