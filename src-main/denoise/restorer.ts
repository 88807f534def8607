import { channelsOf } from '../models/network.js';
import type { InferenceProgram, Runtime } from '../runtime/types.js';
import type { CleanObjective, Objective } from '../training/objective.js';
import type { Along } from '../training/samples.js';
import { inferenceDefinition, type TrainedModel } from '../training/self.js';

/** A network that is ready to run on windows of unit noise, wherever it came from. Close it. */
export interface Restorer {
  /** Neighbouring slices (or frames) on each side; the window has channelsOf(restorer) channels, channel fastest. */
  readonly context: number;
  /** Whether the centre slice follows the slices, folded (training/folds.ts); absent: no. */
  readonly folded?: boolean;
  /** What the neighbours are; absent: slices. */
  readonly along?: Along;
  /** Planes that tell the network about the image, after the slices: none, or those of models/unet.ts. */
  readonly conditions: number;
  /** Rows and columns of a window are multiples of this. */
  readonly multiple: number;
  /** Reach of the network in pixels. */
  readonly radius: number;
  /** What it was trained for, because that decides what it must be fed. */
  readonly objective: Objective | CleanObjective;
  /** [rows, columns, channels] in, [rows, columns] of the centre slice out. */
  readonly restore: (window: Float32Array, rows: number, columns: number) => Promise<Float32Array>;
  readonly close: () => Promise<void>;
}

/** A trained model as a restorer: compiled once for each size of window. */
export function restorerOf(runtime: Runtime, model: TrainedModel): Restorer {
  const { network, objective } = model;
  const programs = new Map<string, Promise<InferenceProgram>>();
  const programFor = (rows: number, columns: number): Promise<InferenceProgram> => {
    const key = `${rows} ${columns}`;
    const known = programs.get(key);
    if (known !== undefined) return known;
    const shape = [1, rows, columns, channelsOf(network)];
    const program = runtime.compileInference(inferenceDefinition(model, shape));
    programs.set(key, program);
    return program;
  };
  return {
    context: network.context,
    conditions: network.conditions,
    multiple: network.multiple,
    radius: network.radius,
    objective,
    restore: async (window, rows, columns) => {
      const program = await programFor(rows, columns);
      const { restored } = await program.run({ image: window });
      return restored;
    },
    close: async () => {
      for (const program of programs.values()) await (await program).close();
      programs.clear();
    },
  };
}
