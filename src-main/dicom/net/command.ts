import { ProtocolError } from './pdu.js';

/**
 * Command sets of DIMSE messages (PS3.7 annex E): group 0000 in Implicit VR Little Endian, whatever the transfer
 * syntax of the data set.
 */

export const COMMAND_FIELD = {
  storeRequest: 0x0001,
  storeResponse: 0x8001,
  getRequest: 0x0010,
  getResponse: 0x8010,
  findRequest: 0x0020,
  findResponse: 0x8020,
  moveRequest: 0x0021,
  moveResponse: 0x8021,
  echoRequest: 0x0030,
  echoResponse: 0x8030,
  eventRequest: 0x0100,
  eventResponse: 0x8100,
  actionRequest: 0x0130,
  actionResponse: 0x8130,
  cancel: 0x0fff,
} as const;

/** Of CommandDataSetType: no data set follows. Any other value: one does. */
const NO_DATA_SET = 0x0101;
const DATA_SET = 0x0001;

/** Elements that are used here, with their value representation (PS3.7 table E.1-1). */
const ELEMENTS = {
  affectedClass: [0x0002, 'UI'],
  requestedClass: [0x0003, 'UI'],
  commandField: [0x0100, 'US'],
  messageId: [0x0110, 'US'],
  respondedTo: [0x0120, 'US'],
  moveDestination: [0x0600, 'AE'],
  priority: [0x0700, 'US'],
  dataSetType: [0x0800, 'US'],
  status: [0x0900, 'US'],
  errorComment: [0x0902, 'LO'],
  affectedInstance: [0x1000, 'UI'],
  requestedInstance: [0x1001, 'UI'],
  eventType: [0x1002, 'US'],
  actionType: [0x1008, 'US'],
  remaining: [0x1020, 'US'],
  completed: [0x1021, 'US'],
  failed: [0x1022, 'US'],
  warnings: [0x1023, 'US'],
  moveOriginator: [0x1030, 'AE'],
  moveOriginatorId: [0x1031, 'US'],
} as const;

type ElementName = keyof typeof ELEMENTS;
type TextName = { [K in ElementName]: (typeof ELEMENTS)[K][1] extends 'US' ? never : K }[ElementName];
type NumberName = Exclude<ElementName, TextName>;

/** A command: which values it has depends on its field. */
export type Command = { readonly [K in TextName]?: string } & { readonly [K in NumberName]?: number } & {
  readonly commandField: number;
};

/** A command as it is sent; whether a data set follows is said by the sender of the message. */
export type NewCommand = Omit<Command, 'dataSetType'>;

const NAMES = Object.entries(ELEMENTS) as readonly [
  ElementName,
  readonly [number, 'UI' | 'US' | 'AE' | 'LO'],
][];
const BY_ELEMENT = new Map(NAMES.map(([name, [element, vr]]) => [element, { name, vr }]));

export function hasDataSet(command: Command): boolean {
  return command.dataSetType !== undefined && command.dataSetType !== NO_DATA_SET;
}

export function encodeCommand(command: NewCommand, withDataSet: boolean): Buffer {
  const full: Record<string, string | number | undefined> = {
    ...command,
    dataSetType: withDataSet ? DATA_SET : NO_DATA_SET,
  };
  const parts: Buffer[] = [];
  for (const [name, [element, vr]] of NAMES) {
    const value = full[name];
    if (value !== undefined) parts.push(elementBytes(element, valueBytes(vr, value)));
  }
  const length = Buffer.alloc(4);
  length.writeUInt32LE(parts.reduce((sum, part) => sum + part.length, 0));
  return Buffer.concat([elementBytes(0, length), ...parts]);
}

function elementBytes(element: number, value: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16LE(element, 2);
  header.writeUInt32LE(value.length, 4);
  return Buffer.concat([header, value]);
}

function valueBytes(vr: 'UI' | 'US' | 'AE' | 'LO', value: string | number): Buffer {
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(2);
    bytes.writeUInt16LE(value);
    return bytes;
  }
  const padding = value.length % 2 === 0 ? '' : vr === 'UI' ? '\0' : ' ';
  return Buffer.from(value + padding, 'latin1');
}

/**
 * Elements that are not used here are skipped.
 *
 * @throws ProtocolError
 */
export function decodeCommand(bytes: Buffer): Command {
  const read: Record<string, string | number> = {};
  let offset = 0;
  while (offset < bytes.length) {
    if (offset + 8 > bytes.length) throw new ProtocolError('A command ends in the header of an element.');
    const group = bytes.readUInt16LE(offset);
    const start = offset + 8;
    const end = start + bytes.readUInt32LE(offset + 4);
    if (group !== 0 || end > bytes.length) throw new ProtocolError('A command is no command set.');
    const known = BY_ELEMENT.get(bytes.readUInt16LE(offset + 2));
    if (known !== undefined) {
      const value = readValue(known.vr, bytes.subarray(start, end));
      if (value !== null) read[known.name] = value;
    }
    offset = end;
  }
  const { commandField } = read;
  if (typeof commandField !== 'number') throw new ProtocolError('A command does not say what it is.');
  return { ...read, commandField };
}

/** Null for an empty value. */
function readValue(vr: 'UI' | 'US' | 'AE' | 'LO', value: Buffer): string | number | null {
  if (vr !== 'US') return value.toString('latin1').replace(/[\0 ]+$/, '');
  if (value.length === 0) return null;
  if (value.length !== 2) throw new ProtocolError('A number of a command is not of two bytes.');
  return value.readUInt16LE(0);
}
