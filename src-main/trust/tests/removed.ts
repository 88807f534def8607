/** What was removed, plane by plane, as noise of one level: what tests that look for small things look at. */
import type { Volume } from '../../imaging/volume.js';
import { ricianMean } from '../../noise/rician.js';
import { meanAround } from './around.js';
import type { NoiseModel } from './noise-model.js';
import { Sizes, Spread } from './sums.js';

/** Side of the tiles that the residual is measured in, pixels, and how many on each side count too. */
const TILE = 16;
const AROUND = 2;
const LEAST_IN_TILES = 200;
/** However little of the noise was removed around, this much of it says nothing. */
export const LEAST_SPREAD = 0.4;
/** Pixels around the tissue of the result that are looked at too. */
const MARGIN = 8;
/** Less than this many sigma were not changed: what was left alone does not tell how much noise was removed. */
const CHANGED = 0.1;
/** Up to this many sigma a result is as dark as air, and up to the second noise makes magnitudes brighter. */
const DARK = 1;
const LIFTED = 4;
/** Pixels of air along the border of the body that count as it: what was erased there is missed. */
const BORDER = 2;

/** The rectangle of all planes that holds the tissue of the result. */
export interface Window {
  readonly left: number;
  readonly top: number;
  readonly columns: number;
  readonly rows: number;
}

export interface RemovedPlane {
  /** Residual over the noise around it; 0 outside the body. In the window, as what follows. */
  readonly residual: Float32Array;
  /** 1 in tissue, in what lies dark within it, and at its border; 0 where nothing was measured. */
  readonly tissue: Uint8Array;
  /** 1 where the tissue was changed by more than next to nothing. */
  readonly changed: Uint8Array;
  /** What the result shows, in such residuals, which it is too bright by at most; infinite where values have no floor. */
  readonly shown: Float32Array;
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
  const bright = new Uint8Array(columns * rows);
  const indexOf = (x: number, y: number): number => start + (top + y) * before.columns + left + x;
  for (let y = 0, i = 0; y < rows; y++)
    for (let x = 0; x < columns; x++, i++) {
      const at = indexOf(x, y);
      if (after.data[at] > threshold || meanAround(before, start, left + x, top + y) > threshold)
        bright[i] = 1;
    }
  const tissue = bodyOf(bright, columns, rows);
  const changed = new Uint8Array(tissue.length);
  const snr = new Float32Array(tissue.length).fill(Number.POSITIVE_INFINITY);
  for (let y = 0, i = 0; y < rows; y++)
    for (let x = 0; x < columns; x++, i++) {
      if (tissue[i] === 0) continue;
      const at = indexOf(x, y);
      if (measured !== null && measured[at % measured.length] === 0) {
        tissue[i] = 0;
        continue;
      }
      const sigma = model.sigmaAt(at);
      residual[i] = model.standardise(before.data[at], after.data[at], at);
      changed[i] = Math.abs(before.data[at] - after.data[at]) >= CHANGED * sigma ? 1 : 0;
      if (model.floor) snr[i] = Math.max(0, after.data[at]) / sigma;
    }
  const grid = tilesOf(columns, rows);
  if (model.floor) centreDark(residual, snr, grid);
  const level = evenedOn(residual, changed, grid);
  const shown = snr.map((value, i) => value / level[i]);
  return { residual, tissue, changed, shown, level };
}

/**
 * What is bright, what is dark within it (fluid, bone, vessels), and a border: all that dark pixels from the sides of
 * the window do not reach, but for the nearest of these.
 */
function bodyOf(bright: Uint8Array, columns: number, rows: number): Uint8Array {
  const outside = new Uint8Array(bright.length);
  // no pixel is reached twice
  const open = new Uint32Array(bright.length);
  let count = 0;
  const reach = (i: number): void => {
    if (bright[i] !== 0 || outside[i] !== 0) return;
    outside[i] = 1;
    open[count++] = i;
  };
  for (let x = 0; x < columns; x++) {
    reach(x);
    reach((rows - 1) * columns + x);
  }
  for (let y = 0; y < rows; y++) {
    reach(y * columns);
    reach((y + 1) * columns - 1);
  }
  while (count > 0) {
    const i = open[--count];
    const x = i % columns;
    if (x > 0) reach(i - 1);
    if (x + 1 < columns) reach(i + 1);
    if (i >= columns) reach(i - columns);
    if (i + columns < bright.length) reach(i + columns);
  }
  let body = outside.map((value) => 1 - value);
  for (let step = 0; step < BORDER; step++) body = grown(body, columns);
  return body;
}

/** With the pixels above, below, left and right. */
function grown(body: Uint8Array<ArrayBuffer>, columns: number): Uint8Array<ArrayBuffer> {
  return body.map((value, i) => {
    const x = i % columns;
    return value |
      (x > 0 ? body[i - 1] : 0) |
      (x + 1 < columns ? body[i + 1] : 0) |
      (body[i - columns] ?? 0) |
      (body[i + columns] ?? 0)
      ? 1
      : 0;
  });
}

interface Tiles {
  readonly across: number;
  readonly down: number;
  /** That of each pixel. */
  readonly tile: Uint32Array;
}

function tilesOf(columns: number, rows: number): Tiles {
  const [across, down] = [Math.ceil(columns / TILE), Math.ceil(rows / TILE)];
  const tile = new Uint32Array(columns * rows);
  for (let y = 0, i = 0; y < rows; y++)
    for (let x = 0; x < columns; x++, i++) tile[i] = Math.floor(y / TILE) * across + Math.floor(x / TILE);
  return { across, down, tile };
}

/**
 * What is dark is not held against the magnitudes of noise at the level of the tissue, but against those around it that
 * are dark too: air and bone that a scanner filtered, scaled or masked in part are darker or brighter than these all over.
 */
function centreDark(residual: Float32Array, snr: Float32Array, grid: Tiles): void {
  const middles = middlesOfDark(residual, snr, grid);
  for (let i = 0; i < residual.length; i++)
    if (snr[i] < LIFTED) residual[i] -= middles[grid.tile[i]] * lift(snr[i]);
}

/** Medians of what is dark in tiles and those around them; where these hold little, in all; 0 where all is little. */
function middlesOfDark(residual: Float32Array, snr: Float32Array, grid: Tiles): number[] {
  const tiles = Array.from({ length: grid.across * grid.down }, () => new Spread());
  const all = new Spread();
  for (let i = 0; i < residual.length; i++) if (snr[i] < DARK) tiles[grid.tile[i]].add(residual[i]);
  for (const one of tiles) all.join(one);
  if (all.count < LEAST_IN_TILES) return tiles.map(() => 0);
  return joined(tiles, grid, () => new Spread()).map((around) =>
    (around.count < LEAST_IN_TILES ? all : around).median(),
  );
}

/** How much brighter noise makes a magnitude, over how much it makes air. */
function lift(snr: number): number {
  return (ricianMean(snr, 1) - snr) / ricianMean(0, 1);
}

/** Divides a plane by its level in what was changed of tiles and those around them, and returns that level. */
export function evened(residual: Float32Array, changed: Uint8Array, { columns, rows }: Window): Float32Array {
  return evenedOn(residual, changed, tilesOf(columns, rows));
}

function evenedOn(residual: Float32Array, changed: Uint8Array, grid: Tiles): Float32Array {
  const tiles = Array.from({ length: grid.across * grid.down }, () => new Sizes());
  for (let i = 0; i < residual.length; i++) if (changed[i] !== 0) tiles[grid.tile[i]].add(residual[i]);
  const levels = joined(tiles, grid, () => new Sizes()).map((around) =>
    around.count < LEAST_IN_TILES ? 1 : Math.max(LEAST_SPREAD, around.deviation()),
  );
  const level = new Float32Array(residual.length);
  for (let i = 0; i < residual.length; i++) {
    level[i] = levels[grid.tile[i]];
    residual[i] /= level[i];
  }
  return level;
}

/** Each tile and those around it, in one: those of its row first, then these of the rows around. */
function joined<T extends { join(other: T): void }>(
  tiles: readonly T[],
  { across, down }: Tiles,
  empty: () => T,
): T[] {
  const some = (from: readonly T[], k: number, at: number, length: number, step: number): T => {
    const into = empty();
    for (let i = Math.max(-AROUND, -at); i <= Math.min(AROUND, length - 1 - at); i++)
      into.join(from[k + i * step]);
    return into;
  };
  const inRows = tiles.map((_, k) => some(tiles, k, k % across, across, 1));
  return inRows.map((_, k) => some(inRows, k, Math.floor(k / across), down, across));
}
