import { type Components, principalComponents } from '../../base/linear/pca.js';
import type { Random } from '../../base/random.js';
import type { SegmentFeature } from '../../contract/requests/choices.js';
import { mirrorIndex } from '../../imaging/tiles.js';
import type { OpenModel } from '../../model-files/model-file.js';
import type { ScaledStack } from '../../restore/apply.js';
import { denseLatent, latentCells } from './dense-latent.js';

/** What describes a pixel: which features, and what these need. */
export interface PixelFeatures {
  readonly kinds: readonly SegmentFeature[];
  /** Numbers a pixel, all kinds together. */
  readonly length: number;
  /** Of a plane (frame * slices + slice): rows * columns * length. */
  of(stack: ScaledStack, plane: number): Promise<Float32Array>;
}

/** Widths of the Gaussians (standard deviation, pixels) that intensities are blurred by. */
const BLURS = [1, 2, 4, 8] as const;
/** The value, its blurs, the standard deviation around it, the gradient. */
const INTENSITY_LENGTH = BLURS.length + 3;
/** Along a row, along a column and across the slices from -1 to 1, and the squares of these. */
const PLACE_LENGTH = 6;
/** Components of patches where no model tells how many numbers a cell has, and how large it is. */
const COMPONENTS = 8;
const PATCH = 9;
/** Patches that components are sought of. */
const MOST_PATCHES = 20_000;

/**
 * @param components of patches, where these are among the kinds
 * @throws LimpidError E_MODEL for latents of a model that has none a place
 */
export function pixelFeatures(
  kinds: readonly SegmentFeature[],
  model: OpenModel | null,
  components: Components | null,
): PixelFeatures {
  const parts = kinds.flatMap((kind): Part[] => {
    if (kind === 'intensity')
      return [{ length: INTENSITY_LENGTH, of: async (stack, plane) => intensities(stack, plane) }];
    if (kind === 'place') return [{ length: PLACE_LENGTH, of: async (stack, plane) => places(stack, plane) }];
    if (kind === 'components' && components !== null)
      return [
        {
          length: components.variances.length,
          of: async (stack, plane) => alongComponents(components, stack, plane),
        },
      ];
    if (kind === 'latent' && model !== null)
      return [
        {
          length: latentCells(model).channels,
          of: (stack, plane) => denseLatent(model, stack, plane),
        },
      ];
    return [];
  });
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return {
    kinds,
    length,
    async of(stack, plane) {
      const pixels = stack.rows * stack.columns;
      const out = new Float32Array(pixels * length);
      let at = 0;
      for (const part of parts) {
        const values = await part.of(stack, plane);
        for (let i = 0; i < pixels; i++)
          for (let j = 0; j < part.length; j++) out[i * length + at + j] = values[i * part.length + j];
        at += part.length;
      }
      return out;
    },
  };
}

interface Part {
  readonly length: number;
  readonly of: (stack: ScaledStack, plane: number) => Promise<Float32Array>;
}

function planeOf({ values, rows, columns }: ScaledStack, plane: number): Float32Array {
  return values.subarray(plane * rows * columns, (plane + 1) * rows * columns);
}

function intensities(stack: ScaledStack, plane: number): Float32Array {
  const { rows, columns } = stack;
  const values = planeOf(stack, plane);
  const blurs = BLURS.map((width) => blurred(values, rows, columns, width));
  const squares = blurred(
    values.map((value) => value * value),
    rows,
    columns,
    BLURS[1],
  );
  const out = new Float32Array(values.length * INTENSITY_LENGTH);
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) {
      const i = y * columns + x;
      const at = i * INTENSITY_LENGTH;
      out[at] = values[i];
      for (const [k, blur] of blurs.entries()) out[at + 1 + k] = blur[i];
      out[at + 1 + BLURS.length] = Math.sqrt(Math.max(0, squares[i] - blurs[1][i] ** 2));
      const [left, right] = [Math.max(0, x - 1), Math.min(columns - 1, x + 1)];
      const [up, down] = [Math.max(0, y - 1), Math.min(rows - 1, y + 1)];
      out[at + 2 + BLURS.length] = Math.hypot(
        blurs[0][y * columns + right] - blurs[0][y * columns + left],
        blurs[0][down * columns + x] - blurs[0][up * columns + x],
      );
    }
  return out;
}

/** By a Gaussian; planes go on as their mirror image. */
function blurred(values: Float32Array, rows: number, columns: number, width: number): Float32Array {
  const reach = Math.ceil(3 * width);
  const kernel = Float64Array.from({ length: 2 * reach + 1 }, (_, k) =>
    Math.exp(-((k - reach) ** 2) / (2 * width * width)),
  );
  const sum = kernel.reduce((total, value) => total + value, 0);
  const along = (from: Float32Array, count: number, length: number, stride: number, next: number) => {
    const out = new Float32Array(from.length);
    const source = Int32Array.from({ length: length + 2 * reach }, (_, i) => mirrorIndex(i - reach, length));
    for (let line = 0; line < count; line++)
      for (let i = 0; i < length; i++) {
        let total = 0;
        for (let k = 0; k < kernel.length; k++)
          total += kernel[k] * from[line * next + source[i + k] * stride];
        out[line * next + i * stride] = total / sum;
      }
    return out;
  };
  return along(along(values, rows, columns, 1, columns), columns, rows, columns, 1);
}

function places({ rows, columns, slices }: ScaledStack, plane: number): Float32Array {
  const out = new Float32Array(rows * columns * PLACE_LENGTH);
  const from = (index: number, length: number): number => (length < 2 ? 0 : (2 * index) / (length - 1) - 1);
  const z = from(plane % slices, slices);
  for (let i = 0; i < rows * columns; i++) {
    const [x, y] = [from(i % columns, columns), from(Math.floor(i / columns), rows)];
    out.set([x, y, z, x * x, y * y, z * z], i * PLACE_LENGTH);
  }
  return out;
}

/**
 * Principal components of the patches around pixels: as many, of patches as large, as a model's latent has, so that the
 * two are held against each other fairly.
 *
 * @param planes frame * slices + slice of each stack: those that may be learnt from
 */
export function patchComponents(
  stacks: readonly { readonly stack: ScaledStack; readonly planes: readonly number[] }[],
  model: OpenModel | null,
  random: Random,
): Components {
  const latent = model?.card.latent ?? null;
  const side = latent === null ? PATCH : 2 * Math.floor(latent.cell / 2) + 1;
  const count = latent === null ? COMPONENTS : latent.channels;
  const total = stacks.reduce(
    (sum, { stack, planes }) => sum + planes.length * stack.rows * stack.columns,
    0,
  );
  const patches = Math.min(MOST_PATCHES, total);
  const data = new Float32Array(patches * side * side);
  for (let n = 0; n < patches; n++) {
    const { stack, planes } = stacks[random.integer(stacks.length)];
    const values = planeOf(stack, planes[random.integer(planes.length)]);
    const [y, x] = [random.integer(stack.rows), random.integer(stack.columns)];
    putPatch(values, stack, y, x, side, data.subarray(n * side * side, (n + 1) * side * side));
  }
  return principalComponents(data, side * side, Math.min(count, side * side), random);
}

function putPatch(
  values: Float32Array,
  { rows, columns }: ScaledStack,
  y: number,
  x: number,
  side: number,
  out: Float32Array,
): void {
  const reach = side >> 1;
  for (let v = 0; v < side; v++) {
    const row = mirrorIndex(y + v - reach, rows) * columns;
    for (let u = 0; u < side; u++) out[v * side + u] = values[row + mirrorIndex(x + u - reach, columns)];
  }
}

function alongComponents(
  { mean, vectors, variances }: Components,
  stack: ScaledStack,
  plane: number,
): Float32Array {
  const area = mean.length;
  const side = Math.round(Math.sqrt(area));
  const values = planeOf(stack, plane);
  const count = variances.length;
  const patch = new Float32Array(area);
  const out = new Float32Array(values.length * count);
  for (let y = 0; y < stack.rows; y++)
    for (let x = 0; x < stack.columns; x++) {
      putPatch(values, stack, y, x, side, patch);
      const at = (y * stack.columns + x) * count;
      for (let k = 0; k < count; k++) {
        let sum = 0;
        for (let i = 0; i < area; i++) sum += vectors[k * area + i] * (patch[i] - mean[i]);
        out[at + k] = sum;
      }
    }
  return out;
}
