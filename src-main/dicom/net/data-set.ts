import { VERSION } from '../../base/version.js';
import { type Attributes, readAttributes } from '../elements/attributes.js';
import { walkElements } from '../elements/elements.js';
import { encodeElement, encodeMeta, type NewElement } from '../elements/encode.js';
import { EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN } from '../elements/transfer-syntax.js';
import type { Message } from './association.js';
import { ProtocolError } from './pdu.js';

/** What small data sets of messages may be written in; the peer chooses. */
export const DATA_SET_SYNTAXES: readonly string[] = [EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN];

/** An identifier takes some hundred bytes; references of storage commitment some hundred an instance. */
const LONGEST = 16 * 2 ** 20;
/** Stands where file meta information wants a UID: nothing of it is kept. */
const NO_UID = '2.25.0';

/** The elements of a message in order of their tags. */
export function encodeDataSet(elements: readonly NewElement[], transferSyntax: string): Buffer {
  const sorted = [...elements].sort((a, b) => a.tag - b.tag);
  return Buffer.concat(
    sorted.map((element) => encodeElement(element, transferSyntax === IMPLICIT_LITTLE_ENDIAN)),
  );
}

/**
 * The data set of a message, read as the start of a file would be.
 *
 * @throws ProtocolError where there is none or it is too long; LimpidError E_ELEMENT, E_TRUNCATED for damage
 */
export async function readDataSet({ data }: Message, transferSyntax: string): Promise<Attributes> {
  if (data === null) throw new ProtocolError('A message came without its data set.');
  const parts: Uint8Array[] = [
    encodeMeta({
      sopClassUid: NO_UID,
      sopInstanceUid: NO_UID,
      transferSyntax,
      softwareVersion: VERSION,
    }),
  ];
  let size = 0;
  for await (const bytes of data) {
    size += bytes.length;
    if (size > LONGEST) throw new ProtocolError('A data set is too long.');
    parts.push(bytes);
  }
  const bytes = Buffer.concat(parts);
  return readAttributes(bytes, walkElements(bytes));
}

/** A data set as the association sends it. */
export async function* asData(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
