import { fault } from '../../contract/errors.js';
import { mirrorIndex } from '../../imaging/tiles.js';
import type { OpenModel } from '../../model-files/model-file.js';
import { encodePlane, type ScaledStack } from '../../restore/apply.js';
import { contextPlanes } from '../../training/samples/samples.js';

/** Encoder passes along an axis of a plane: latents come at every fourth part of a cell. */
const MOST_PHASES = 4;

/** Length of a latent vector of a cell, and the side of the cell in pixels. @throws LimpidError E_MODEL without such cells */
export function latentCells({ card }: OpenModel): { readonly cell: number; readonly channels: number } {
  const { latent, input } = card;
  if (latent === null) throw fault('E_MODEL/no-features', { family: card.family });
  if (input.planeSide !== null || input.along === 'frames')
    throw fault('E_MODEL/no-cells', { family: card.family });
  return { cell: latent.cell, channels: latent.channels };
}

/**
 * The latent at every pixel of a plane: the encoder sees the plane moved by parts of a cell (shift and stitch,
 * Sermanet 2013), so that its vectors lie closer than its cells do, and pixels between them get straight blends.
 *
 * @param plane frame * slices + slice
 * @returns rows * columns * channels
 */
export async function denseLatent(
  model: OpenModel,
  stack: ScaledStack,
  plane: number,
): Promise<Float32Array> {
  const { cell, channels } = latentCells(model);
  const step = stepOf(cell);
  const phases = cell / step;
  const { rows, columns } = stack;
  const [down, across] = [rows, columns].map((side) => phases * (Math.ceil(side / cell) + 1));
  const lattice = new Float32Array(down * across * channels);
  for (let v = 0; v < phases; v++)
    for (let u = 0; u < phases; u++) {
      const moved = movedPlane(model, stack, plane, v * step, u * step);
      const { latent } = await encodePlane(model, moved.stack, moved.plane);
      const [, cellRows, cellColumns] = latent.shape;
      for (let i = 0; i < cellRows; i++)
        for (let j = 0; j < cellColumns; j++) {
          const [y, x] = [phases * i + phases - 1 - v, phases * j + phases - 1 - u];
          if (y >= down || x >= across) continue;
          const from = (i * cellColumns + j) * channels;
          lattice.set(latent.data.subarray(from, from + channels), (y * across + x) * channels);
        }
    }
  const first = (cell - 1) / 2 - (phases - 1) * step;
  return blended({ lattice, across, channels }, weights(rows, first, step), weights(columns, first, step));
}

/** The smallest part of a cell that needs no more passes than there may be. */
function stepOf(cell: number): number {
  let step = Math.ceil(cell / MOST_PHASES);
  while (cell % step !== 0) step++;
  return step;
}

interface Weight {
  readonly low: number;
  readonly share: number;
}

/** Between which two points of a lattice each pixel lies; beyond the last, at it. */
function weights(length: number, first: number, step: number): Weight[] {
  const last = Math.floor((length - 1 - first) / step);
  return Array.from({ length }, (_, pixel) => {
    const at = Math.min(last, Math.max(0, (pixel - first) / step));
    const low = Math.min(Math.floor(at), Math.max(0, last - 1));
    return { low, share: at - low };
  });
}

function blended(
  { lattice, across, channels }: { lattice: Float32Array; across: number; channels: number },
  down: readonly Weight[],
  right: readonly Weight[],
): Float32Array {
  const out = new Float32Array(down.length * right.length * channels);
  let at = 0;
  for (const y of down)
    for (const x of right) {
      const corner = (y.low * across + x.low) * channels;
      const below = corner + across * channels;
      for (let c = 0; c < channels; c++) {
        const top = lattice[corner + c] * (1 - x.share) + lattice[corner + channels + c] * x.share;
        const bottom = lattice[below + c] * (1 - x.share) + lattice[below + channels + c] * x.share;
        out[at++] = top * (1 - y.share) + bottom * y.share;
      }
    }
  return out;
}

/** A plane and the neighbours that the model looks at, moved down and right, mirrored at what comes in. */
function movedPlane(
  { card }: OpenModel,
  stack: ScaledStack,
  plane: number,
  down: number,
  right: number,
): { readonly stack: ScaledStack; readonly plane: number } {
  const { context } = card.input;
  const [rows, columns] = [stack.rows + down, stack.columns + right];
  const area = stack.rows * stack.columns;
  const seen = contextPlanes(stack, plane, context);
  const values = new Float32Array(rows * columns * seen.length);
  for (const [k, index] of seen.entries()) {
    const from = stack.values.subarray(index * area, (index + 1) * area);
    for (let y = 0; y < rows; y++) {
      const row = mirrorIndex(y - down, stack.rows) * stack.columns;
      for (let x = 0; x < columns; x++)
        values[(k * rows + y) * columns + x] = from[row + mirrorIndex(x - right, stack.columns)];
    }
  }
  return {
    stack: { ...stack, values, rows, columns, slices: seen.length, frames: 1, measured: null },
    plane: context,
  };
}
