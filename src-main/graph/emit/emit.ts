import { encodeModel, type OnnxGraph } from '../onnx.js';
import { type Shape, sizeOf, type Target } from '../types.js';
import { type Operation, reachable, type Value } from '../value.js';
import { addConstant, addNode, addOutput, finish, newBuilder } from './builder.js';
import { emitConvolution, emitFilterGradient, emitInputGradient } from './convolution.js';
import { emitCast, emitElementwise } from './elementwise.js';
import { type Emission, identity, type Physical, placeValue, stored } from './layout.js';
import {
  emitAveragePoolGradient,
  emitMaxPoolGradient,
  emitPool,
  emitUpsample,
  emitUpsampleGradient,
} from './pooling.js';
import * as shapes from './shapes.js';

/** An input or output of the graph. Without `layout`, an input is in logical layout. */
export interface Port {
  readonly name: string;
  readonly value: Value;
  readonly layout?: Shape;
}

export interface Emitted {
  readonly graph: OnnxGraph;
  /** The layout in which each output came to be, in the order of the outputs. */
  readonly natural: readonly Shape[];
}

/** Turns what `outputs` depend on into one ONNX graph. */
export function emitGraph(
  inputs: readonly Port[],
  outputs: readonly Port[],
  target: Target,
  sizeless = false,
): Emitted {
  const values = reachable(outputs.map((port) => port.value));
  const builder = newBuilder();
  const emission: Emission = {
    builder,
    target,
    physical: new Map(),
    activations: activationsIn(values),
    biased: biasedIn(values, new Set(outputs.map((port) => port.value))),
    sizeless,
  };
  for (const { name, value, layout } of inputs) {
    const perm = layout ?? identity(value.shape.length);
    builder.inputs.push({ name, dims: perm.map((axis) => value.shape[axis]) });
    emission.physical.set(value, stored(name, perm));
  }
  for (const value of values)
    if (!emission.physical.has(value) && !emission.biased.has(value))
      emission.physical.set(value, emitValue(emission, value));
  const natural = outputs.map(({ name, value, layout }) => {
    const physical = emission.physical.get(value);
    const logical = identity(value.shape.length);
    const perm = layout ?? logical;
    const placed = placeValue(emission, value, perm);
    const typed = value.type === 'float32' ? placed : addNode(builder, 'Cast', [placed], { to: { int: 1 } });
    addOutput(
      builder,
      name,
      typed,
      perm.map((axis) => value.shape[axis]),
    );
    return physical?.kind === 'stored' ? physical.perm : logical;
  });
  return { graph: finish(builder), natural };
}

export function encodeGraph(graph: OnnxGraph, metadata?: Readonly<Record<string, string>>): Uint8Array {
  return encodeModel(graph, metadata);
}

function emitValue(emission: Emission, value: Value): Physical {
  const { source } = value;
  switch (source.kind) {
    case 'input':
      throw new Error('an input of the trace is not declared');
    case 'constant':
      return sizeOf(value.shape) === 1
        ? { kind: 'uniform', name: addConstant(emission.builder, source.data, []) }
        : { kind: 'constant', data: source.data };
    case 'operation':
      return emitOperation(emission, value, source.operation, source.inputs);
  }
}

function emitOperation(
  emission: Emission,
  value: Value,
  operation: Operation,
  inputs: readonly Value[],
): Physical {
  switch (operation.op) {
    case 'elementwise':
      return emitElementwise(emission, value, operation, inputs);
    case 'cast':
      return emitCast(emission, value, inputs[0]);
    case 'fill':
      return { kind: 'uniform', name: addConstant(emission.builder, filled(value, operation.value), []) };
    case 'broadcast':
      return shapes.emitBroadcast(emission, value, inputs[0]);
    case 'reshape':
      return shapes.emitReshape(emission, value, inputs[0]);
    case 'transpose':
      return shapes.emitTranspose(emission, operation, inputs[0]);
    case 'slice':
      return shapes.emitSlice(emission, value, operation, inputs[0]);
    case 'concat':
      return shapes.emitConcat(emission, operation, inputs);
    case 'pad':
      return shapes.emitPad(emission, operation, inputs[0]);
    case 'tile':
      return shapes.emitTile(emission, operation, inputs[0]);
    case 'reverse':
      return shapes.emitReverse(emission, operation, inputs[0]);
    case 'reduce':
      return shapes.emitReduce(emission, operation, inputs[0]);
    case 'argument':
      return shapes.emitArgument(emission, operation, inputs[0]);
    case 'softmax':
      return shapes.emitSoftmax(emission, operation, inputs[0]);
    case 'cumsum':
      return shapes.emitCumsum(emission, operation, inputs[0]);
    case 'matMul':
      return shapes.emitMatMul(emission, value, operation, inputs);
    case 'gather':
      return shapes.emitGather(emission, value, operation, inputs);
    case 'conv':
      return emitConvolution(emission, value, operation.window, operation.depthwise, inputs);
    case 'convInputGradient':
      return emitInputGradient(emission, value, operation.window, operation.depthwise, inputs);
    case 'convFilterGradient':
      return emitFilterGradient(emission, value, operation.window, operation.depthwise, inputs);
    case 'pool':
      return emitPool(emission, value, operation.type, operation.window, inputs[0]);
    case 'averagePoolGradient':
      return emitAveragePoolGradient(emission, value, operation.window, inputs[0]);
    case 'maxPoolGradient':
      return emitMaxPoolGradient(emission, value, operation.window, inputs);
    case 'upsample':
      return emitUpsample(emission, value, operation.factors, inputs[0]);
    case 'upsampleGradient':
      return emitUpsampleGradient(emission, value, operation.factors, inputs[0]);
  }
}

function filled(value: Value, number: number): Float32Array | Int32Array | Uint8Array {
  if (value.type === 'float32') return Float32Array.of(number);
  return value.type === 'int32' ? Int32Array.of(number) : Uint8Array.of(number);
}

function activationsIn(values: readonly Value[]): Map<Value, Value> {
  const found = new Map<Value, Value>();
  for (const value of values) {
    if (value.source.kind !== 'operation') continue;
    const { operation, inputs } = value.source;
    if (operation.op !== 'elementwise') continue;
    const keepsSign =
      operation.type === 'Relu' || (operation.type === 'LeakyRelu' && (operation.alpha ?? 0) >= 0);
    if (keepsSign && !found.has(inputs[0])) found.set(inputs[0], value);
  }
  return found;
}

/** Convolutions whose only use is a sum with one number for each filter. */
function biasedIn(values: readonly Value[], outputs: ReadonlySet<Value>): Set<Value> {
  const uses = new Map<Value, number>();
  for (const value of values)
    if (value.source.kind === 'operation')
      for (const input of value.source.inputs) uses.set(input, (uses.get(input) ?? 0) + 1);
  const found = new Set<Value>();
  for (const value of values) {
    if (value.source.kind !== 'operation') continue;
    const { operation, inputs } = value.source;
    if (operation.op !== 'elementwise' || operation.type !== 'Add') continue;
    for (const [convolution, bias] of [inputs, [...inputs].reverse()]) {
      const isConvolution =
        convolution.source.kind === 'operation' && convolution.source.operation.op === 'conv';
      const filters = convolution.shape[convolution.shape.length - 1];
      if (!isConvolution || bias.shape.length !== 1 || bias.shape[0] !== filters) continue;
      if (uses.get(convolution) === 1 && !outputs.has(convolution)) found.add(convolution);
    }
  }
  return found;
}
