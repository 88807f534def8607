/**
 * Adds an entry to the metadata of an ONNX model without touching the rest: messages of Protocol Buffers that are
 * written one after the other are read as one (encoding, "Last One Wins"), and metadata_props is a list.
 */
export function withMetadata(model: Uint8Array, key: string, value: string): Uint8Array {
  const entry = Buffer.concat([field(1, Buffer.from(key)), field(2, Buffer.from(value))]);
  return Buffer.concat([model, field(METADATA_PROPS, entry)]);
}

/** ModelProto.metadata_props in onnx.proto. */
const METADATA_PROPS = 14;
const LENGTH_DELIMITED = 2;

function field(number: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([varint((number << 3) | LENGTH_DELIMITED), varint(content.length), content]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest & 127) | 128);
    rest = Math.floor(rest / 128);
  }
  return Uint8Array.from([...bytes, rest]);
}
