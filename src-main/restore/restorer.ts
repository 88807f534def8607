import { fault } from '../contract/errors.js';
import { tilePlane } from '../imaging/tiles.js';
import { type Learnt, type Recorruption, recorruptionOf } from '../model-files/model-card.js';
import { inferenceDefinition, type OpenModel, type RunnableModel } from '../model-files/model-file.js';
import { inputOf } from '../model-files/trained-card.js';
import { FOLDS } from '../models/family.js';
import type { InferenceProgram, Runtime } from '../runtime/types.js';
import type { Along } from '../training/samples/samples.js';
import type { Model } from '../training/train.js';

/** A model that takes something away, ready to run on windows, wherever it came from. Close it. */
export interface Restorer {
  /** Neighbouring slices (or frames) on each side. */
  readonly context: number;
  /** Whether the centre slice follows the slices, folded (training/samples/folds.ts); absent: no. */
  readonly folded?: boolean;
  /** What the neighbours are; absent: slices. */
  readonly along?: Along;
  /** Planes that tell about the image, after all others: none, or as many as models/family.ts names. */
  readonly conditions: number;
  /** Rows and columns of a window are multiples of this. */
  readonly multiple: number;
  /** Reach in pixels. */
  readonly radius: number;
  /** What is to be added to the centre slice, because the model learnt from such; null: nothing. */
  readonly recorruption: Recorruption | null;
  /** [rows, columns, channels] in, channel fastest; [rows, columns] of the centre slice out. */
  readonly restore: (window: Float32Array, rows: number, columns: number) => Promise<Float32Array>;
  readonly close: () => Promise<void>;
}

/**
 * A model file as a restorer, which closes it.
 *
 * @param sigma standard deviation of the noise, scaled like the image, for models of others that are told it
 * @throws LimpidError E_MODEL for a model that takes nothing away, or that sees planes only at one size
 */
export function restorerOfFile(model: OpenModel, sigma = 0): Restorer {
  const { card } = model;
  if (!card.tasks.includes('denoise')) throw fault('E_MODEL/rebuilds', { family: card.family });
  return restorer(model, card.objective, sigma);
}

/** A model as it was trained as a restorer; what it is shown follows from what it learnt. */
export function restorerOf(runtime: Runtime, model: Model, objective: Learnt = { kind: 'clean' }): Restorer {
  return restorer(compiled(runtime, model), objective, 0);
}

function restorer(model: RunnableModel, objective: Learnt, sigma: number): Restorer {
  const { input, run } = model;
  const { context, multiple, radius, channels, planeSide, fixedSide, along, folded = false } = input;
  const conditions = input.conditions?.length ?? 0;
  const usable = planeSide === null && (radius !== null || fixedSide !== undefined);
  if (!usable || channels !== 2 * context + 1 + (folded ? FOLDS : 0) + conditions)
    throw fault('E_MODEL/one-size');
  return {
    context,
    folded,
    ...(along === undefined ? {} : { along }),
    conditions,
    multiple,
    radius: radius ?? 0,
    recorruption: recorruptionOf(objective),
    restore: async (window, rows, columns) =>
      fixedSide === undefined
        ? (await run(window, rows, columns, sigma)).reconstruction.data
        : overlapped(run, { side: fixedSide, channels }, window, rows, columns),
    close: model.close,
  };
}

/** Compiled once for each size of window. */
function compiled(runtime: Runtime, { model, kept }: Model): RunnableModel {
  const programs = new Map<string, Promise<InferenceProgram>>();
  const programFor = (rows: number, columns: number): Promise<InferenceProgram> => {
    const key = `${rows} ${columns}`;
    const known = programs.get(key);
    if (known !== undefined) return known;
    const image = [1, rows, columns, model.channels];
    const program = runtime.compileInference(inferenceDefinition(model, kept, { image }));
    programs.set(key, program);
    return program;
  };
  return {
    input: inputOf(model),
    async run(image, rows, columns) {
      const { reconstruction } = await (await programFor(rows, columns)).run({ image });
      return { reconstruction: { data: reconstruction, shape: [1, rows, columns, 1] } };
    },
    async close() {
      for (const program of programs.values()) await (await program).close();
      programs.clear();
    },
  };
}

/** A model of one size, in windows that overlap: what lies near the edge of a window is taken from the next one. */
async function overlapped(
  run: RunnableModel['run'],
  { side, channels }: { readonly side: number; readonly channels: number },
  image: Float32Array,
  rows: number,
  columns: number,
): Promise<Float32Array> {
  const halo = side >> 2;
  const out = new Float32Array(rows * columns);
  const window = new Float32Array(side * side * channels);
  for (const { row, column, keep } of tilePlane(rows, columns, { limit: side, halo, multiple: halo }).tiles) {
    for (let y = 0; y < side; y++) {
      const from = ((row + y) * columns + column) * channels;
      window.set(image.subarray(from, from + side * channels), y * side * channels);
    }
    const { data } = (await run(window, side, side)).reconstruction;
    for (let y = keep.top; y < keep.bottom; y++) {
      const from = (y - row) * side - column;
      out.set(data.subarray(from + keep.left, from + keep.right), y * columns + keep.left);
    }
  }
  return out;
}
