import type { Attribute, OnnxGraph, OnnxInitializer, OnnxNode, OnnxPort, OnnxType } from '../onnx.js';
import { type Shape, sizeOf } from '../types.js';
import type { ConstantData } from '../value.js';

/** Collects nodes and initializers; equal nodes and equal small constants are made once. */
export interface Builder {
  readonly nodes: OnnxNode[];
  readonly initializers: OnnxInitializer[];
  readonly inputs: OnnxPort[];
  readonly outputs: OnnxPort[];
  readonly known: Map<string, string>;
  names: number;
}

export function newBuilder(): Builder {
  return { nodes: [], initializers: [], inputs: [], outputs: [], known: new Map(), names: 0 };
}

/** Adds a node with one output, or finds the equal node that is there, and returns the output's name. */
export function addNode(
  builder: Builder,
  type: string,
  inputs: readonly string[],
  attributes: Readonly<Record<string, Attribute>> = {},
): string {
  const key = JSON.stringify([type, inputs, attributes]);
  const known = builder.known.get(key);
  if (known !== undefined) return known;
  const output = newName(builder);
  builder.nodes.push({ type, inputs, attributes, output });
  builder.known.set(key, output);
  return output;
}

export function addOutput(builder: Builder, name: string, from: string, dims: Shape): void {
  builder.nodes.push({ type: 'Identity', inputs: [from], attributes: {}, output: name });
  builder.outputs.push({ name, dims });
}

export function addConstant(builder: Builder, data: ConstantData, shape: Shape): string {
  const type = data instanceof Float32Array ? 'float32' : data instanceof Int32Array ? 'int32' : 'bool';
  return addInitializer(builder, type, new Uint8Array(data.buffer, data.byteOffset, data.byteLength), shape);
}

export function scalarConstant(builder: Builder, value: number): string {
  return addConstant(builder, Float32Array.of(value), []);
}

/** A list of int64: shapes, axes, pads. */
export function integers(builder: Builder, values: readonly number[]): string {
  const data = BigInt64Array.from(values, BigInt);
  return addInitializer(builder, 'int64', new Uint8Array(data.buffer), [values.length]);
}

function addInitializer(builder: Builder, type: OnnxType, bytes: Uint8Array, dims: Shape): string {
  const small = bytes.byteLength <= 4096;
  const key = small ? `${type} ${dims.join()} ${Buffer.from(bytes).toString('base64')}` : undefined;
  const known = key === undefined ? undefined : builder.known.get(key);
  if (known !== undefined) return known;
  const name = newName(builder);
  builder.initializers.push({ name, type, dims, bytes });
  if (key !== undefined) builder.known.set(key, name);
  return name;
}

function newName(builder: Builder): string {
  return `limpid/${builder.names++}`;
}

/** The graph without the nodes and initializers that no output needs. */
export function finish(builder: Builder): OnnxGraph {
  const needed = new Set(builder.outputs.map((port) => port.name));
  const nodes: OnnxNode[] = [];
  for (let i = builder.nodes.length - 1; i >= 0; i--) {
    const node = builder.nodes[i];
    if (!needed.has(node.output)) continue;
    for (const input of node.inputs) needed.add(input);
    nodes.push(node);
  }
  return {
    nodes: nodes.reverse(),
    initializers: builder.initializers.filter((initializer) => needed.has(initializer.name)),
    inputs: builder.inputs,
    outputs: builder.outputs,
  };
}

/** Elements of a row-major array in the axis order `perm`. */
export function permuted(data: ConstantData, shape: Shape, perm: Shape): ConstantData {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const out = data.slice();
  const index = perm.map(() => 0);
  let from = 0;
  for (let to = 0; to < out.length; to++) {
    out[to] = data[from];
    for (let axis = perm.length - 1; axis >= 0; axis--) {
      index[axis]++;
      from += strides[perm[axis]];
      if (index[axis] < shape[perm[axis]]) break;
      from -= strides[perm[axis]] * shape[perm[axis]];
      index[axis] = 0;
    }
  }
  return out;
}

/** A copy of `data`, whose shape is `shape`, in the axis order `perm`. */
export function permutedFloats(data: Float32Array, shape: Shape, perm: Shape): Float32Array {
  const out = permuted(data, shape, perm);
  return out instanceof Float32Array ? out : Float32Array.from(out);
}
