import { fault } from '../contract/errors.js';
import type { NamedArray, NamedArrays } from '../graph/types.js';
import { mirrorPlane } from '../imaging/tiles.js';
import type { Volume } from '../imaging/volume.js';
import type { OpenModel } from '../model-files/model-file.js';
import {
  type IntensityScale,
  intensityScale,
  requireFrames,
  scaled,
  squarePlane,
} from '../training/samples/corpus.js';
import { foldedPlanes } from '../training/samples/folds.js';
import { contextPlanes } from '../training/samples/samples.js';

/** A volume scaled as the training images of a model were: see `scaledStack`. */
export interface ScaledStack {
  /** frames * slices planes of rows * columns; most values lie in [0, 1]. */
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
  readonly slices: number;
  readonly frames: number;
  /** 0 in padding, which counts as darkest; null: none. */
  readonly measured: Uint8Array | null;
  /** value * (high - low) + low is in the units of the volume. */
  readonly scale: IntensityScale;
}

/** @throws LimpidError E_VALUES as `intensityScale` */
export function scaledStack(volume: Volume, scale: IntensityScale = intensityScale(volume)): ScaledStack {
  const { rows, columns, slices, frames, measured } = volume;
  return { values: scaled(volume.data, measured, scale), rows, columns, slices, frames, measured, scale };
}

/**
 * What a model makes of one plane of a stack. Planes are mirrored at their lower and right edge up to what the model
 * divides by, or padded and scaled to its square and back, as the card says.
 *
 * @param plane frame * slices + slice
 * @returns rows * columns, scaled like the input
 */
export async function applyToPlane(
  model: OpenModel,
  stack: ScaledStack,
  plane: number,
): Promise<Float32Array> {
  const { rows, columns } = stack;
  const { planeSide, multiple } = model.card.input;
  const fed = fedPlane(model, stack, plane, multiple);
  const { reconstruction } = await model.run(fed.values, fed.rows, fed.columns);
  if (planeSide !== null) return fromSquare(reconstruction.data, planeSide, rows, columns);
  return cropped(reconstruction.data, fed.columns, rows, columns);
}

/**
 * Everything that the encoder of a model gives of one plane of a stack, fed as to `applyToPlane`, but mirrored up to
 * whole cells only where windows of one side are cut: `latent` [1, cell rows, cell columns, channels], `codes`,
 * `logVariance`.
 *
 * @param plane frame * slices + slice
 * @throws LimpidError E_MODEL for a model without latent
 */
export async function encodePlane(model: OpenModel, stack: ScaledStack, plane: number): Promise<NamedArrays> {
  const { input, latent } = model.card;
  const multiple = input.fixedSide === undefined ? input.multiple : (latent?.cell ?? input.multiple);
  const fed = fedPlane(model, stack, plane, multiple);
  return model.encode(fed.values, fed.rows, fed.columns);
}

/** An image from a latent, as large as its cells make it: rows * columns, scaled. @throws LimpidError E_MODEL */
export async function decodeLatent(
  model: OpenModel,
  latent: NamedArray,
): Promise<{ readonly values: Float32Array; readonly rows: number; readonly columns: number }> {
  const { channels } = model.card.latent ?? {};
  if (latent.shape.length !== 4 || latent.shape[3] !== channels) throw fault('E_MODEL/other-latent');
  const { data, shape } = await model.decode(latent);
  return { values: data, rows: shape[1], columns: shape[2] };
}

interface Fed {
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

function fedPlane({ card }: OpenModel, stack: ScaledStack, plane: number, multiple: number): Fed {
  const { context, planeSide, along } = card.input;
  if (along === 'frames') requireFrames(stack);
  const area = stack.rows * stack.columns;
  const seen = contextPlanes(stack, plane, context, along).map((index) =>
    stack.values.subarray(index * area, (index + 1) * area),
  );
  if (card.input.folded === true) seen.push(...foldedPlanes(seen[context], stack.rows, stack.columns));
  const planes = seen.map((values): Fed => {
    if (planeSide !== null)
      return {
        values: squarePlane(values, stack.rows, stack.columns, planeSide),
        rows: planeSide,
        columns: planeSide,
      };
    return mirrorPlane(values, stack.rows, stack.columns, 0, multiple);
  });
  const [{ rows, columns }] = planes;
  const values = new Float32Array(rows * columns * planes.length);
  planes.forEach((one, c) => {
    for (let i = 0; i < rows * columns; i++) values[i * planes.length + c] = one.values[i];
  });
  return { values, rows, columns };
}

function cropped(values: Float32Array, width: number, rows: number, columns: number): Float32Array {
  const out = new Float32Array(rows * columns);
  for (let y = 0; y < rows; y++) out.set(values.subarray(y * width, y * width + columns), y * columns);
  return out;
}

/** Undoes `squarePlane`, bilinear. */
function fromSquare(values: Float32Array, size: number, rows: number, columns: number): Float32Array {
  const side = Math.max(rows, columns);
  const [top, left] = [(side - rows) / 2, (side - columns) / 2];
  const clamp = (at: number): number => Math.min(size - 1, Math.max(0, at));
  const out = new Float32Array(rows * columns);
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) {
      const v = clamp(((y + top + 0.5) * size) / side - 0.5);
      const u = clamp(((x + left + 0.5) * size) / side - 0.5);
      const [row, column] = [Math.floor(v), Math.floor(u)];
      const [down, right] = [v - row, u - column];
      const at = (i: number, j: number): number => values[clamp(i) * size + clamp(j)];
      out[y * columns + x] =
        (1 - down) * ((1 - right) * at(row, column) + right * at(row, column + 1)) +
        down * ((1 - right) * at(row + 1, column) + right * at(row + 1, column + 1));
    }
  return out;
}
