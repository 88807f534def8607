import type * as tf from '@tensorflow/tfjs-core';
import '../kernels/index.js';
import { fault } from '../../contract/errors.js';
import { registerGradients } from '../gradients.js';
import type { OnnxGraph } from '../onnx.js';
import { constant, placeholder, recorded, tensorOf, tracing } from '../tracer.js';
import {
  type InferenceDefinition,
  type NamedArrays,
  type NamedShapes,
  type Shape,
  type StepDefinition,
  sizeOf,
  type Target,
} from '../types.js';
import type { Value } from '../value.js';
import { emitGraph, encodeGraph, type Port } from './emit.js';

registerGradients();

/** How the names of a step map to those of its graph: state and outputs may share names. */
export const STEP_NAMES = {
  state: (name: string) => `state/${name}`,
  input: (name: string) => `input/${name}`,
  nextState: (name: string) => `next/${name}`,
  output: (name: string) => `output/${name}`,
} as const;

export interface EmittedStep {
  readonly model: Uint8Array;
  /** The physical axis order of each state tensor at the graph's boundary. */
  readonly layouts: Readonly<Record<string, Shape>>;
  readonly outputs: readonly string[];
}

/**
 * Traces a training step into one ONNX graph whose state keeps the layout that its own update gives it.
 *
 * @throws LimpidError E_OPERATOR when tfjs asks for a kernel or gradient that the tracer lacks, or when the step
 * returns other state names or shapes than it was given.
 */
export function emitStepGraph(definition: StepDefinition, target: Target): EmittedStep {
  return tracing(() => {
    const state = placeholders(definition.state, STEP_NAMES.state);
    const inputs = placeholders(definition.inputs, STEP_NAMES.input);
    const result = definition.step(tensorsOf(state), tensorsOf(inputs));
    const next = valuesOf(result.state);
    checkState(definition.state, next);
    const names = Object.keys(definition.state);
    const outputs = Object.entries(valuesOf(result.outputs)).map(([name, value]) => ({
      name: STEP_NAMES.output(name),
      value,
    }));
    const fed = Object.entries(inputs).map(([name, value]) => ({ name: STEP_NAMES.input(name), value }));
    const emitWith = (layouts: Readonly<Record<string, Shape>>) =>
      emitGraph(
        [...names.map((name) => port(STEP_NAMES.state(name), state[name], layouts[name])), ...fed],
        [...names.map((name) => port(STEP_NAMES.nextState(name), next[name], layouts[name])), ...outputs],
        target,
      );
    const { natural } = emitWith({});
    const layouts = Object.fromEntries(names.map((name, i) => [name, natural[i]]));
    const { graph } = emitWith(layouts);
    return { model: encodeGraph(graph), layouts, outputs: Object.keys(result.outputs) };
  });
}

/**
 * Traces a function with its parameters frozen into a portable model: inputs and outputs are named as in the
 * definition, float32, in logical layout.
 *
 * @param metadata written as the model's metadata_props.
 * @throws LimpidError E_OPERATOR as emitStepGraph.
 */
export function emitInference(
  definition: InferenceDefinition,
  target: Target,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  return encodeGraph(inferenceGraph(definition, target, false), metadata);
}

/**
 * Like `emitInference`, for a function that runs on images of any size: `sizes` names the free axes of each input
 * and output, for example { image: [null, 'rows', 'columns', null] }. The function is traced at two sizes, and the
 * two graphs must be the same.
 *
 * @param larger the shapes of the second trace: other lengths on every free axis, equal ones elsewhere.
 * @throws LimpidError E_OPERATOR when the graph depends on the size; else as emitInference.
 */
export function emitPortable(
  definition: InferenceDefinition,
  larger: NamedShapes,
  sizes: Readonly<Record<string, readonly (string | null)[]>>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  const graph = inferenceGraph(definition, 'cpu', true);
  const other = inferenceGraph({ ...definition, inputs: larger }, 'cpu', true);
  if (!sameComputation(graph, other)) throw fault('E_OPERATOR/fixed-size');
  const free = (ports: OnnxGraph['inputs']): OnnxGraph['inputs'] =>
    ports.map(({ name, dims }) => ({
      name,
      dims: dims.map((length, axis) => sizes[name]?.[axis] ?? length),
    }));
  return encodeGraph({ ...graph, inputs: free(graph.inputs), outputs: free(graph.outputs) }, metadata);
}

/** Whether two graphs do the same: all is equal but the shapes of their ports. */
function sameComputation(a: OnnxGraph, b: OnnxGraph): boolean {
  return (
    JSON.stringify(a.nodes) === JSON.stringify(b.nodes) &&
    a.initializers.length === b.initializers.length &&
    a.initializers.every((initializer, i) => {
      const other = b.initializers[i];
      return (
        initializer.dims.join() === other.dims.join() && Buffer.compare(initializer.bytes, other.bytes) === 0
      );
    })
  );
}

function inferenceGraph(definition: InferenceDefinition, target: Target, sizeless: boolean): OnnxGraph {
  return tracing(() => {
    const inputs = placeholders(definition.inputs, (name) => name);
    const result = valuesOf(definition.apply(frozen(definition.parameters), tensorsOf(inputs)));
    const clash = Object.keys(result).find((name) => name in inputs);
    if (clash !== undefined) throw fault('E_MODEL/names');
    return emitGraph(portsOf(inputs), portsOf(result), target, sizeless).graph;
  });
}

function placeholders(shapes: NamedShapes, nameOf: (name: string) => string): Record<string, Value> {
  return mapValues(shapes, (shape, name) => placeholder(nameOf(name), shape));
}

function tensorsOf(values: Readonly<Record<string, Value>>): Record<string, tf.Tensor> {
  return mapValues(values, tensorOf);
}

function valuesOf(tensors: Readonly<Record<string, tf.Tensor>>): Record<string, Value> {
  return mapValues(tensors, recorded);
}

function frozen(parameters: NamedArrays): Record<string, tf.Tensor> {
  return mapValues(parameters, ({ data, shape }, name) => {
    if (data.length !== sizeOf(shape)) throw fault('E_MODEL/parameter', { name });
    return tensorOf(constant(data, shape));
  });
}

function portsOf(values: Readonly<Record<string, Value>>): Port[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}

function port(name: string, value: Value, layout: Shape | undefined): Port {
  return layout === undefined ? { name, value } : { name, value, layout };
}

function checkState(before: NamedShapes, after: Readonly<Record<string, Value>>): void {
  const names = Object.keys(before);
  const same =
    names.length === Object.keys(after).length &&
    names.every((name) => after[name]?.shape.join() === before[name].join());
  if (!same) throw fault('E_OPERATOR/state');
}

export function mapValues<A, B>(
  record: Readonly<Record<string, A>>,
  change: (value: A, name: string) => B,
): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value, name)]));
}
