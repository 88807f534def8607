import protobuf from 'protobufjs/minimal.js';
import type { ExternalPart } from './onnx-external.js';

/** The subset of onnx.proto (IR version 8, opset 17) that the emitter writes. */
const IR_VERSION = 8;
const OPSET = 17;

export type OnnxType = 'float32' | 'int32' | 'int64' | 'bool' | 'float16';
/** TensorProto.DataType */
export const ONNX_TYPE: Readonly<Record<OnnxType, number>> = {
  float32: 1,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
};

export type Attribute =
  | readonly number[]
  | { readonly int: number }
  | { readonly float: number }
  | { readonly graph: OnnxGraph }
  | string;

export interface OnnxNode {
  readonly type: string;
  /** An empty name is an input left out. */
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface OnnxInitializer {
  readonly name: string;
  readonly type: OnnxType;
  readonly dims: readonly number[];
  /** Little-endian values. */
  readonly bytes: Uint8Array;
  /** Where the values lie beside the file; `bytes` do not count then. */
  readonly external?: ExternalPart;
}

export interface OnnxPort {
  readonly name: string;
  /** A name stands for a length that is free at each run; equal names are equal lengths. */
  readonly dims: readonly (number | string)[];
  /** Absent: float32. */
  readonly type?: OnnxType;
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
}

/** Encodes a graph as ModelProto; field numbers are those of onnx.proto. */
export function encodeModel(graph: OnnxGraph, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const model = protobuf.Writer.create();
  model.uint32(tag(1, 0)).int64(IR_VERSION);
  model.uint32(tag(2, 2)).string('limpid');
  message(model, 7, (writer) => writeGraph(writer, graph));
  message(model, 8, (writer) => {
    writer.uint32(tag(1, 2)).string('');
    writer.uint32(tag(2, 0)).int64(OPSET);
  });
  for (const [key, value] of Object.entries(metadata))
    message(model, 14, (writer) => {
      writer.uint32(tag(1, 2)).string(key);
      writer.uint32(tag(2, 2)).string(value);
    });
  return model.finish();
}

/** Whether bytes are a whole ModelProto with a graph; what is in the graph is not looked at. */
export function isModel(bytes: Uint8Array): boolean {
  const reader = protobuf.Reader.create(bytes);
  let hasGraph = false;
  try {
    while (reader.pos < reader.len) {
      const key = reader.uint32();
      hasGraph ||= key === tag(7, 2);
      reader.skipType(key & 7);
    }
  } catch {
    // A field that runs past the end, or is of no type there is, tells that they are not.
    return false;
  }
  return hasGraph;
}

/**
 * metadata_props of an encoded model.
 *
 * @throws RangeError or Error when the bytes are no protobuf message.
 */
export function decodeMetadata(model: Uint8Array): Record<string, string> {
  const reader = protobuf.Reader.create(model);
  const metadata: Record<string, string> = {};
  while (reader.pos < reader.len) {
    const key = reader.uint32();
    if (key >>> 3 !== 14) {
      reader.skipType(key & 7);
      continue;
    }
    const end = reader.uint32() + reader.pos;
    let name = '';
    let value = '';
    while (reader.pos < end) {
      const field = reader.uint32();
      if (field >>> 3 === 1) name = reader.string();
      else if (field >>> 3 === 2) value = reader.string();
      else reader.skipType(field & 7);
    }
    metadata[name] = value;
  }
  return metadata;
}

function tag(field: number, wire: number): number {
  return (field << 3) | wire;
}

function message(writer: protobuf.Writer, field: number, body: (writer: protobuf.Writer) => void): void {
  writer.uint32(tag(field, 2)).fork();
  body(writer);
  writer.ldelim();
}

function writeGraph(writer: protobuf.Writer, graph: OnnxGraph): void {
  for (const node of graph.nodes) message(writer, 1, (inner) => writeNode(inner, node));
  writer.uint32(tag(2, 2)).string('limpid');
  for (const initializer of graph.initializers)
    message(writer, 5, (inner) => writeInitializer(inner, initializer));
  for (const port of graph.inputs) message(writer, 11, (inner) => writePort(inner, port));
  for (const port of graph.outputs) message(writer, 12, (inner) => writePort(inner, port));
}

function writeNode(writer: protobuf.Writer, node: OnnxNode): void {
  for (const input of node.inputs) writer.uint32(tag(1, 2)).string(input);
  writer.uint32(tag(2, 2)).string(node.output);
  writer.uint32(tag(4, 2)).string(node.type);
  for (const [name, value] of Object.entries(node.attributes))
    message(writer, 5, (inner) => writeAttribute(inner, name, value));
}

/** AttributeProto; `type` (field 20) is FLOAT 1, INT 2, STRING 3, GRAPH 5 or INTS 7. */
function writeAttribute(writer: protobuf.Writer, name: string, value: Attribute): void {
  writer.uint32(tag(1, 2)).string(name);
  if (typeof value === 'string') {
    writer.uint32(tag(4, 2)).string(value);
    writer.uint32(tag(20, 0)).int32(3);
  } else if ('int' in value) {
    writer.uint32(tag(3, 0)).int64(value.int);
    writer.uint32(tag(20, 0)).int32(2);
  } else if ('float' in value) {
    writer.uint32(tag(2, 5)).float(value.float);
    writer.uint32(tag(20, 0)).int32(1);
  } else if ('graph' in value) {
    message(writer, 6, (inner) => writeGraph(inner, value.graph));
    writer.uint32(tag(20, 0)).int32(5);
  } else {
    for (const item of value) writer.uint32(tag(8, 0)).int64(item);
    writer.uint32(tag(20, 0)).int32(7);
  }
}

function writeInitializer(writer: protobuf.Writer, initializer: OnnxInitializer): void {
  for (const length of initializer.dims) writer.uint32(tag(1, 0)).int64(length);
  writer.uint32(tag(2, 0)).int32(ONNX_TYPE[initializer.type]);
  writer.uint32(tag(8, 2)).string(initializer.name);
  if (initializer.external !== undefined) writeExternal(writer, initializer.external);
  else writer.uint32(tag(9, 2)).bytes(initializer.bytes);
}

/** external_data, and data_location EXTERNAL. */
function writeExternal(writer: protobuf.Writer, { location, offset, length }: ExternalPart): void {
  const told = { location, offset: String(offset), ...(length === null ? {} : { length: String(length) }) };
  for (const [key, value] of Object.entries(told))
    message(writer, 13, (entry) => {
      entry.uint32(tag(1, 2)).string(key);
      entry.uint32(tag(2, 2)).string(value);
    });
  writer.uint32(tag(14, 0)).int32(1);
}

function writePort(writer: protobuf.Writer, port: OnnxPort): void {
  writer.uint32(tag(1, 2)).string(port.name);
  message(writer, 2, (type) =>
    message(type, 1, (tensor) => {
      tensor.uint32(tag(1, 0)).int32(ONNX_TYPE[port.type ?? 'float32']);
      message(tensor, 2, (shape) => {
        for (const length of port.dims)
          message(shape, 1, (dim) => {
            if (typeof length === 'string') dim.uint32(tag(2, 2)).string(length);
            else dim.uint32(tag(1, 0)).int64(length);
          });
      });
    }),
  );
}
