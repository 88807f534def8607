import protobuf from 'protobufjs/minimal.js';

/** Weights that an ONNX model keeps in files beside it (TensorProto.external_data of onnx.proto). */
export interface ExternalPart {
  /** Path of the file, relative to the model's folder. */
  readonly location: string;
  /** In bytes from the start of that file. */
  readonly offset: number;
  /** In bytes; null: to the end of the file. */
  readonly length: number | null;
}

type Kind = 'model' | 'function' | 'graph' | 'node' | 'attribute' | 'sparse' | 'tensor';

/** Where messages that may hold tensors lie in others: field numbers of onnx.proto. */
const HELD: Readonly<Record<Exclude<Kind, 'tensor'>, Readonly<Record<number, Kind>>>> = {
  model: { 7: 'graph', 25: 'function' },
  function: { 7: 'node', 11: 'attribute' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
};
const [RAW_DATA, EXTERNAL_DATA, DATA_LOCATION] = [9, 13, 14];
/** Graphs in graphs deeper than this are made to exhaust the stack. */
const MOST_DEPTH = 100;

/**
 * What the model keeps elsewhere, in the order of the file.
 *
 * @throws RangeError or Error when the bytes are no protobuf message
 */
export function externalParts(model: Uint8Array): ExternalPart[] {
  const parts: ExternalPart[] = [];
  copied(model, 'model', 0, (part) => {
    parts.push(part);
    return new Uint8Array(0);
  });
  return parts;
}

/**
 * The same model with these weights inside; the very same bytes where it keeps none elsewhere.
 *
 * @param read the bytes of a part
 * @throws RangeError or Error when the bytes are no protobuf message; what `read` throws
 */
export function withExternalInside(model: Uint8Array, read: (part: ExternalPart) => Uint8Array): Uint8Array {
  return copied(model, 'model', 0, read) ?? model;
}

type Read = (part: ExternalPart) => Uint8Array;

/** The message with its parts inside; null where there is nothing to change. */
function copied(bytes: Uint8Array, kind: Kind, depth: number, read: Read): Uint8Array | null {
  if (depth > MOST_DEPTH) throw new RangeError('graphs are nested too deeply');
  if (kind === 'tensor') return tensorInside(bytes, read);
  const held = HELD[kind];
  const reader = protobuf.Reader.create(bytes);
  const changes: { from: number; to: number; tag: number; inner: Uint8Array }[] = [];
  while (reader.pos < reader.len) {
    const from = reader.pos;
    const tag = reader.uint32();
    const inside = (tag & 7) === 2 ? held[tag >>> 3] : undefined;
    if (inside === undefined) {
      reader.skipType(tag & 7);
      continue;
    }
    const inner = copied(reader.bytes(), inside, depth + 1, read);
    if (inner !== null) changes.push({ from, to: reader.pos, tag, inner });
  }
  if (changes.length === 0) return null;
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const { from, to, tag, inner } of changes) {
    const head = protobuf.Writer.create().uint32(tag).uint32(inner.length).finish();
    pieces.push(bytes.subarray(at, from), head, inner);
    at = to;
  }
  pieces.push(bytes.subarray(at));
  return Buffer.concat(pieces);
}

function tensorInside(bytes: Uint8Array, read: Read): Uint8Array | null {
  const reader = protobuf.Reader.create(bytes);
  const kept: Uint8Array[] = [];
  const told: Record<string, string> = {};
  let external = false;
  while (reader.pos < reader.len) {
    const from = reader.pos;
    const tag = reader.uint32();
    const field = tag >>> 3;
    if (field === DATA_LOCATION && (tag & 7) === 0) external = reader.int32() === 1;
    else if (field === EXTERNAL_DATA && (tag & 7) === 2) {
      const [key, value] = entryOf(reader.bytes());
      told[key] = value;
    } else {
      reader.skipType(tag & 7);
      if (field !== RAW_DATA) kept.push(bytes.subarray(from, reader.pos));
    }
  }
  // Entries without the word that they count are nothing to ONNX Runtime either.
  if (!external) return null;
  const data = read({
    location: told.location ?? '',
    offset: wholeOf(told.offset ?? '0'),
    length: told.length === undefined ? null : wholeOf(told.length),
  });
  const head = protobuf.Writer.create()
    .uint32((RAW_DATA << 3) | 2)
    .uint32(data.length)
    .finish();
  return Buffer.concat([...kept, head, data]);
}

function entryOf(bytes: Uint8Array): readonly [key: string, value: string] {
  const reader = protobuf.Reader.create(bytes);
  let [key, value] = ['', ''];
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) key = reader.string();
    else if (tag >>> 3 === 2) value = reader.string();
    else reader.skipType(tag & 7);
  }
  return [key, value];
}

function wholeOf(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new RangeError('no whole number of bytes');
  return value;
}
