import * as tf from '@tensorflow/tfjs-core';
import { type Problem, problemOf } from '../contract/errors.js';
import { mapValues } from '../graph/emit/trace.js';
import { operatorError, withBackend } from '../graph/tracer.js';
import type { InferenceDefinition, NamedArrays, StepDefinition } from '../graph/types.js';
import { checkFeeds, checkState } from './arrays.js';
import type { DeviceChoice, InferenceProgram, Runtime, StepProgram } from './types.js';

/**
 * Runs the same functions eagerly, operator by operator, on a tfjs backend that is registered with the engine.
 * The backend must start synchronously, as `cpu` and tfjs-node's `tensorflow` do.
 *
 * @param files runs model files, which are graphs of ONNX; closed with this runtime
 */
export function eagerRuntime(backend: string, choice: DeviceChoice, files: Runtime): Runtime {
  const open = new Set<{ close(): Promise<void> }>();
  const track = <P extends { close(): Promise<void> }>(program: P): P => {
    open.add(program);
    return program;
  };
  return {
    choice,
    files: { ...files.choice, warnings: [...files.choice.warnings, elsewhere(files.choice)] },
    compileStep: async (definition, initial) => track(compileStep(backend, definition, initial)),
    compileInference: async (definition) => track(compileInference(backend, definition)),
    loadModel: (onnx) => files.loadModel(onnx),
    close: async () => {
      for (const program of open) await program.close();
      open.clear();
      await files.close();
    },
  };
}

function elsewhere({ description }: DeviceChoice): Problem {
  return problemOf('W_DEVICE_FALLBACK/tensorflow', { device: description });
}

function compileStep(backend: string, definition: StepDefinition, initial: NamedArrays): StepProgram {
  let state: Record<string, tf.Tensor> = {};
  const load = (arrays: NamedArrays): void => {
    checkState(definition.state, arrays);
    tf.dispose(state);
    state = tensorsOf(backend, arrays);
  };
  load(initial);
  return {
    async run(inputs) {
      checkFeeds(definition.inputs, inputs);
      const result = compute(backend, () => {
        const { state: next, outputs } = definition.step(state, feedsOf(definition.inputs, inputs));
        // A state that comes back unchanged must outlive the one that is disposed below.
        return { next: mapValues(next, (tensor) => tf.clone(tensor)), outputs };
      });
      tf.dispose(state);
      state = result.next;
      return read(result.outputs);
    },
    async readState() {
      const arrays: Record<string, NamedArrays[string]> = {};
      for (const [name, tensor] of Object.entries(state))
        arrays[name] = { data: await floats(tensor), shape: [...tensor.shape] };
      return arrays;
    },
    async writeState(arrays) {
      load(arrays);
    },
    async close() {
      tf.dispose(state);
      state = {};
    },
  };
}

function compileInference(backend: string, definition: InferenceDefinition): InferenceProgram {
  const parameters = tensorsOf(backend, definition.parameters);
  return {
    run: (inputs) => {
      checkFeeds(definition.inputs, inputs);
      return read(compute(backend, () => definition.apply(parameters, feedsOf(definition.inputs, inputs))));
    },
    close: async () => {
      tf.dispose(parameters);
    },
  };
}

function compute<T extends tf.TensorContainer>(backend: string, body: () => T): T {
  try {
    return withBackend(backend, () => tf.tidy(body));
  } catch (error) {
    throw operatorError(error);
  }
}

function tensorsOf(backend: string, arrays: NamedArrays): Record<string, tf.Tensor> {
  return withBackend(backend, () =>
    mapValues(arrays, ({ data, shape }) => tf.tensor(data.slice(), [...shape], 'float32')),
  );
}

function feedsOf(
  shapes: StepDefinition['inputs'],
  inputs: Readonly<Record<string, Float32Array>>,
): Record<string, tf.Tensor> {
  return mapValues(shapes, (shape, name) => tf.tensor(inputs[name].slice(), [...shape], 'float32'));
}

/** Reads and disposes. */
async function read(tensors: Readonly<Record<string, tf.Tensor>>): Promise<Record<string, Float32Array>> {
  const values: Record<string, Float32Array> = {};
  for (const [name, tensor] of Object.entries(tensors)) values[name] = await floats(tensor);
  tf.dispose({ ...tensors });
  return values;
}

async function floats(tensor: tf.Tensor): Promise<Float32Array> {
  return Float32Array.from(await tensor.data());
}
