import type { Restorer } from '../model-files/restorer.js';
import { channelsOf } from '../models/network.js';
import type { InferenceProgram, Runtime } from '../runtime/types.js';
import { inferenceDefinition, type TrainedModel } from '../training/self.js';

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
