import type { Random } from '../base/random.js';
import { mirrorPlane, tilePlane } from '../imaging/tiles.js';
import { FOLDS } from '../models/family.js';
import { type Conditions, fillConditions, swapped } from '../training/samples/conditions.js';
import { foldedPlanes } from '../training/samples/folds.js';
import { drawNoise } from '../training/samples/objective.js';
import { contextPlanes } from '../training/samples/samples.js';
import type { Restorer } from './restorer.js';

/** Planes of unit noise to restore; what noise/domain.ts makes of a Volume. */
export interface PlaneStack {
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
  readonly slices: number;
  /** Only a network whose neighbours are frames asks; absent: 1. */
  readonly frames?: number;
}

export interface PredictSettings {
  /** Longest side of a window in pixels; only memory depends on it, never the result. */
  readonly tileLimit: number;
  /** What a conditioned network is told about the image; null for the others. */
  readonly conditions: Conditions | null;
  /** Symmetries of the square under which a plane is restored and averaged, by number; all eight unless given. */
  readonly symmetries?: readonly number[];
}

/** Pixels mirrored around every plane, so that its edge is restored with neighbours on all sides. */
const MARGIN = 8;
/** The symmetries of the square: rows reversed (1), columns reversed (2), rows and columns swapped (4). */
const SYMMETRIES = [0, 1, 2, 3, 4, 5, 6, 7];

/** Restores planes with a network, window by window. */
export class Predictor {
  readonly #restorer: Restorer;
  readonly #settings: PredictSettings;

  constructor(restorer: Restorer, settings: PredictSettings) {
    this.#restorer = restorer;
    this.#settings = settings;
  }

  /**
   * One plane, rows * columns, averaged over the symmetries and, for a recorrupted model, over as many draws
   * of the noise it was trained under. `random` decides the draws: fork one a plane.
   */
  async plane(stack: PlaneStack, plane: number, random: Random): Promise<Float32Array> {
    const { context, multiple, folded, along } = this.#restorer;
    const area = stack.rows * stack.columns;
    const seen = contextPlanes(stack, plane, context, along).map((index) =>
      stack.values.subarray(index * area, (index + 1) * area),
    );
    if (folded === true) seen.push(...foldedPlanes(seen[context], stack.rows, stack.columns));
    const channels = seen.map((values) => mirrorPlane(values, stack.rows, stack.columns, MARGIN, multiple));
    const { rows, columns } = channels[0];
    const sum = new Float32Array(rows * columns);
    const { symmetries = SYMMETRIES } = this.#settings;
    for (const symmetry of symmetries) {
      const restored = await this.#oneView(channels, symmetry, random);
      for (let i = 0; i < sum.length; i++) sum[i] += restored[i];
    }
    return crop(sum, columns, stack.rows, stack.columns, 1 / symmetries.length);
  }

  /** Restores under one symmetry and turns the result back. */
  async #oneView(planes: readonly PaddedPlane[], symmetry: number, random: Random): Promise<Float32Array> {
    const { rows, columns } = planes[0];
    const turned = (symmetry & 4) !== 0;
    const channels = turned && this.#restorer.folded === true ? foldsSwapped(planes) : planes;
    const [viewRows, viewColumns] = turned ? [columns, rows] : [rows, columns];
    const source = symmetryIndex(symmetry, rows, columns);
    const noise = this.#recorruption(rows, columns, random);
    const { conditions } = this.#settings;
    const width = channels.length + this.#restorer.conditions;
    const view = new Float32Array(source.length * width);
    const centre = this.#restorer.context;
    for (const [c, { values }] of channels.entries())
      for (let i = 0, at = c; i < source.length; i++, at += width) view[at] = values[source[i]];
    if (noise !== null)
      for (let i = 0, at = centre; i < source.length; i++, at += width) view[at] += noise[source[i]];
    if (conditions !== null) fillConditions(view, channels.length, turned ? swapped(conditions) : conditions);
    const restored = await this.#tiled(view, viewRows, viewColumns, width);
    const back = new Float32Array(restored.length);
    for (let i = 0; i < source.length; i++) back[source[i]] = restored[i];
    return back;
  }

  /** Noise to add to the centre slice, or null when the model was not trained under recorruption. */
  #recorruption(rows: number, columns: number, random: Random): Float32Array | null {
    const { recorruption } = this.#restorer;
    if (recorruption === null) return null;
    const noise = drawNoise(rows, columns, recorruption.correlation, random);
    for (let i = 0; i < noise.length; i++) noise[i] *= recorruption.alpha;
    return noise;
  }

  async #tiled(view: Float32Array, rows: number, columns: number, channels: number): Promise<Float32Array> {
    const { radius, multiple } = this.#restorer;
    const tiling = tilePlane(rows, columns, {
      limit: this.#settings.tileLimit,
      halo: radius,
      multiple,
    });
    const { tileRows, tileColumns } = tiling;
    const out = new Float32Array(rows * columns);
    for (const { row, column, keep } of tiling.tiles) {
      const window = new Float32Array(tileRows * tileColumns * channels);
      const width = tileColumns * channels;
      for (let y = 0; y < tileRows; y++) {
        const from = ((row + y) * columns + column) * channels;
        window.set(view.subarray(from, from + width), y * width);
      }
      const restored = await this.#restorer.restore(window, tileRows, tileColumns);
      for (let y = keep.top; y < keep.bottom; y++) {
        const from = (y - row) * tileColumns - column;
        out.set(restored.subarray(from + keep.left, from + keep.right), y * columns + keep.left);
      }
    }
    return out;
  }
}

/** The last two channels change places: rows of the view are columns of the plane. */
function foldsSwapped(planes: readonly PaddedPlane[]): PaddedPlane[] {
  const slices = planes.slice(0, -FOLDS);
  return [...slices, ...planes.slice(-FOLDS).reverse()];
}

interface PaddedPlane {
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/** For every pixel of the view, the index of the padded plane's pixel it shows. */
function symmetryIndex(symmetry: number, rows: number, columns: number): Int32Array {
  const swapped = (symmetry & 4) !== 0;
  const [viewRows, viewColumns] = swapped ? [columns, rows] : [rows, columns];
  const index = new Int32Array(rows * columns);
  for (let v = 0; v < viewRows; v++)
    for (let u = 0; u < viewColumns; u++) {
      const [y, x] = swapped ? [u, v] : [v, u];
      const row = symmetry & 1 ? rows - 1 - y : y;
      const column = symmetry & 2 ? columns - 1 - x : x;
      index[v * viewColumns + u] = row * columns + column;
    }
  return index;
}

function crop(
  padded: Float32Array,
  paddedColumns: number,
  rows: number,
  columns: number,
  scale: number,
): Float32Array {
  const out = new Float32Array(rows * columns);
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++)
      out[y * columns + x] = padded[(y + MARGIN) * paddedColumns + x + MARGIN] * scale;
  return out;
}
