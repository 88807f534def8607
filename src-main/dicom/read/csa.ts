const MAGIC = 'SV10';
const HEAD_BYTES = 16;
const TAG_BYTES = 84;
const ITEM_BYTES = 16;
/** Real headers hold about 100 tags. */
const MOST_TAGS = 1000;
const MOST_ITEMS = 10_000;

/**
 * Values of a Siemens CSA header of the second kind (little endian: 'SV10', the number of tags, then of each its name in
 * 64 bytes and its items; as gdcm and dcm2niix read it). What is damaged ends it: what came before is given.
 */
export function readCsa(bytes: Uint8Array): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < HEAD_BYTES || buffer.toString('latin1', 0, 4) !== MAGIC) return found;
  const count = Math.min(buffer.readUInt32LE(8), MOST_TAGS);
  let at = HEAD_BYTES;
  for (let tag = 0; tag < count && at + TAG_BYTES <= buffer.length; tag++) {
    const name = textAt(buffer, at, 64);
    const items = Math.min(buffer.readUInt32LE(at + 76), MOST_ITEMS);
    at += TAG_BYTES;
    const values: string[] = [];
    for (let i = 0; i < items; i++) {
      if (at + ITEM_BYTES > buffer.length) return found;
      const length = buffer.readUInt32LE(at + 4);
      at += ITEM_BYTES;
      if (at + length > buffer.length) return found;
      if (length > 0) values.push(textAt(buffer, at, length));
      at += Math.ceil(length / 4) * 4;
    }
    found.set(name, values);
  }
  return found;
}

function textAt(buffer: Buffer, start: number, length: number): string {
  return buffer
    .toString('latin1', start, start + length)
    .split('\0')[0]
    .trim();
}
