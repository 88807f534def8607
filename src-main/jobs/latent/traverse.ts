import type { LatentTraversal } from '../../contract/encoders/latent.js';
import type { NamedArray } from '../../graph/types.js';
import { grayPng } from '../../imaging/png.js';
import type { OpenModel } from '../../model-files/model-file.js';
import { decodeLatent, encodePlane, type ScaledStack } from '../../restore/apply.js';
import { squarePlane } from '../../training/samples/corpus.js';

/** Steps along an axis, in standard deviations. */
const STEPS = [-3, -2, -1, 0, 1, 2, 3];
/** Axes that are shown, those that vary most. */
const MOST_AXES = 32;
/** Slices that tell how much an axis varies. */
const MOST_SLICES = 64;
const SIDE = 96;
const GAP = 4;
const GROUND = 0.35;

/** A sheet with a row an axis, and which axes these are. */
export interface Traversal {
  readonly sheet: Uint8Array;
  readonly axes: LatentTraversal;
}

/**
 * What a model decodes where one number of its latent is moved and the others stay: the middle slice of the first
 * series, a row for each axis, by 3 standard deviations either way. A latent of many cells is moved in all of them.
 *
 * @param model one that decodes
 * @throws LimpidError E_MODEL for a model without latent
 */
export async function traverse(model: OpenModel, stacks: readonly ScaledStack[]): Promise<Traversal> {
  const [first] = stacks;
  const middle = Math.floor((first.slices * first.frames) / 2);
  const base = (await encodePlane(model, first, middle)).latent;
  const channels = base.shape[3];
  const spread = await deviations(model, stacks, channels);
  const axes = [...spread.keys()].sort((a, b) => spread[b] - spread[a] || a - b).slice(0, MOST_AXES);
  const width = STEPS.length * (SIDE + GAP) + GAP;
  const sheet = new Float32Array(width * (axes.length * (SIDE + GAP) + GAP)).fill(GROUND);
  for (const [line, axis] of axes.entries())
    for (const [place, step] of STEPS.entries()) {
      const { values, rows, columns } = await decodeLatent(model, moved(base, axis, step * spread[axis]));
      const small = squarePlane(values, rows, columns, SIDE);
      for (let y = 0; y < SIDE; y++)
        sheet.set(
          small.subarray(y * SIDE, (y + 1) * SIDE),
          (GAP + line * (SIDE + GAP) + y) * width + GAP + place * (SIDE + GAP),
        );
    }
  return {
    sheet: grayPng(sheet, width, sheet.length / width, { low: 0, high: 1 }),
    axes: {
      slice: { series: 0, slice: middle % first.slices, frame: Math.floor(middle / first.slices) },
      side: SIDE,
      gap: GAP,
      steps: STEPS,
      axes: axes.map((axis) => ({ axis, deviation: spread[axis] })),
    },
  };
}

function moved({ data, shape, ...rest }: NamedArray, axis: number, by: number): NamedArray {
  const channels = shape[3];
  return { ...rest, shape, data: data.map((value, i) => (i % channels === axis ? value + by : value)) };
}

/** Standard deviation of each channel over cells and slices of all stacks, evenly chosen. */
async function deviations(
  model: OpenModel,
  stacks: readonly ScaledStack[],
  channels: number,
): Promise<Float64Array> {
  const planes = stacks.flatMap((stack) =>
    Array.from({ length: stack.slices * stack.frames }, (_, plane) => ({ stack, plane })),
  );
  const step = Math.max(1, Math.ceil(planes.length / MOST_SLICES));
  const [sum, square] = [new Float64Array(channels), new Float64Array(channels)];
  let count = 0;
  for (let i = 0; i < planes.length; i += step) {
    const { data } = (await encodePlane(model, planes[i].stack, planes[i].plane)).latent;
    count += data.length / channels;
    data.forEach((value, at) => {
      sum[at % channels] += value;
      square[at % channels] += value ** 2;
    });
  }
  return sum.map((value, c) => Math.sqrt(Math.max(0, square[c] / count - (value / count) ** 2)));
}
