/** What was removed, plane by plane, as noise of one level: what tests that look for small things look at. */
import type { Volume } from '../../imaging/volume.js';
import type { NoiseModel } from './noise-model.js';
import { Sizes } from './sums.js';

/** Side of the tiles that the residual is measured in, pixels, and how many on each side count too. */
const TILE = 16;
const AROUND = 2;
const LEAST_IN_TILES = 200;
/** However little of the noise was removed around, this much of it says nothing. */
export const LEAST_SPREAD = 0.4;
/** Pixels around the tissue of the result that are looked at too. */
const MARGIN = 8;

/** The rectangle of all planes that holds the tissue of the result. */
export interface Window {
  readonly left: number;
  readonly top: number;
  readonly columns: number;
  readonly rows: number;
}

export interface RemovedPlane {
  /** Residual over the noise around it; 0 outside tissue. In the window, as what follows. */
  readonly residual: Float32Array;
  /** 1 in tissue. */
  readonly tissue: Uint8Array;
  /** What the standardised residual was divided by. */
  readonly level: Float32Array;
}

export interface Removed {
  readonly before: Volume;
  readonly after: Volume;
  readonly model: NoiseModel;
  /** Values above are tissue. */
  readonly threshold: number;
}

/** null without tissue */
export function windowOf({ after, threshold }: Removed): Window | null {
  const { data, columns, rows } = after;
  let [left, right, top, bottom] = [columns, -1, rows, -1];
  for (let i = 0, x = 0, y = 0; i < data.length; i++) {
    if (data[i] > threshold) {
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      if (y > bottom) bottom = y;
    }
    if (++x < columns) continue;
    x = 0;
    y = y + 1 < rows ? y + 1 : 0;
  }
  if (right < 0) return null;
  left = Math.max(0, left - MARGIN);
  top = Math.max(0, top - MARGIN);
  return {
    left,
    top,
    columns: Math.min(columns, right + 1 + MARGIN) - left,
    rows: Math.min(rows, bottom + 1 + MARGIN) - top,
  };
}

/**
 * One plane of the residual, standardised by the noise, and by what it shows of its own level in a wide area around:
 * where the level that is known is off, and where little was removed, a place stands out of what was removed there.
 * Tissue is that of the result and that of the source, since what was erased into air is missed most.
 *
 * @param plane frame * slices + slice
 */
export function removedPlane(removed: Removed, window: Window, plane: number): RemovedPlane {
  const { before, after, model, threshold } = removed;
  const { measured } = before;
  const { left, top, columns, rows } = window;
  const start = plane * before.columns * before.rows;
  const residual = new Float32Array(columns * rows);
  const tissue = new Uint8Array(columns * rows);
  for (let y = 0, i = 0; y < rows; y++)
    for (let x = 0; x < columns; x++, i++) {
      const at = start + (top + y) * before.columns + left + x;
      if (measured !== null && measured[at % measured.length] === 0) continue;
      if (after.data[at] <= threshold && meanAround(before, at, left + x, top + y) <= threshold) continue;
      tissue[i] = 1;
      residual[i] = model.standardise(before.data[at], after.data[at], at);
    }
  return { residual, tissue, level: evened(residual, tissue, columns, rows) };
}

/** Of 3 x 3 pixels; of one at a border. */
function meanAround({ data, columns, rows }: Volume, at: number, x: number, y: number): number {
  if (x === 0 || y === 0 || x === columns - 1 || y === rows - 1) return data[at];
  let sum = 0;
  for (let i = at - columns; i <= at + columns; i += columns) sum += data[i - 1] + data[i] + data[i + 1];
  return sum / 9;
}

/** Divides the residual by its level in tiles and those around them, and returns that. */
function evened(residual: Float32Array, tissue: Uint8Array, columns: number, rows: number): Float32Array {
  const [across, down] = [Math.ceil(columns / TILE), Math.ceil(rows / TILE)];
  const tiles = Array.from({ length: across * down }, () => new Sizes());
  for (let y = 0, i = 0; y < rows; y++)
    for (let x = 0; x < columns; x++, i++)
      if (tissue[i] !== 0) tiles[Math.floor(y / TILE) * across + Math.floor(x / TILE)].add(residual[i]);
  const levels = tiles.map((_, k) => levelAround(tiles, across, down, k % across, Math.floor(k / across)));
  const level = new Float32Array(residual.length);
  for (let y = 0, i = 0; y < rows; y++)
    for (let x = 0; x < columns; x++, i++) {
      level[i] = levels[Math.floor(y / TILE) * across + Math.floor(x / TILE)];
      residual[i] /= level[i];
    }
  return level;
}

function levelAround(
  tiles: readonly Sizes[],
  across: number,
  down: number,
  column: number,
  row: number,
): number {
  const around = new Sizes();
  for (let y = Math.max(0, row - AROUND); y <= Math.min(down - 1, row + AROUND); y++)
    for (let x = Math.max(0, column - AROUND); x <= Math.min(across - 1, column + AROUND); x++)
      around.join(tiles[y * across + x]);
  return around.count < LEAST_IN_TILES ? 1 : Math.max(LEAST_SPREAD, around.deviation());
}
