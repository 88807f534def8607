import { decodePdu, PDU_HEADER, type Pdu, ProtocolError } from './pdu.js';

/** Longest association request or answer that is read: 128 contexts with 30 syntaxes each take 250 kB. */
const LONGEST_ASSOCIATE = 1 << 20;
const DATA_TYPE = 4;

/**
 * Cuts a stream into protocol data units. Memory holds at most one unit and what came with it.
 *
 * @param longestData most bytes of a P-DATA-TF without its header: what this side announced
 * @throws ProtocolError for a unit that is too long or not to be understood, and for a stream that ends in one
 */
export async function* readPdus(
  stream: AsyncIterable<Buffer>,
  longestData: number,
): AsyncGenerator<Pdu, undefined, undefined> {
  let parts: Buffer[] = [];
  let held = 0;
  const take = (): Buffer => {
    const all = parts.length === 1 ? parts[0] : Buffer.concat(parts, held);
    parts = [];
    held = 0;
    return all;
  };
  let needed = PDU_HEADER;
  for await (const chunk of stream) {
    parts.push(chunk);
    held += chunk.length;
    if (held < needed) continue;
    let bytes = take();
    for (;;) {
      needed = bytes.length < PDU_HEADER ? PDU_HEADER : PDU_HEADER + lengthOf(bytes, longestData);
      if (bytes.length < needed) break;
      yield decodePdu(bytes[0], bytes.subarray(PDU_HEADER, needed));
      bytes = bytes.subarray(needed);
    }
    if (bytes.length > 0) {
      parts = [bytes];
      held = bytes.length;
    }
  }
  if (held > 0) throw new ProtocolError('The connection ended within a protocol data unit.');
  return undefined;
}

function lengthOf(bytes: Buffer, longestData: number): number {
  const length = bytes.readUInt32BE(2);
  const longest = bytes[0] === DATA_TYPE ? longestData : LONGEST_ASSOCIATE;
  if (length > longest) throw new ProtocolError('A protocol data unit is longer than was agreed.');
  return length;
}
